"""Frozen values: what psbridge knows, without a way to get it. Each is imported from where it is defined."""
