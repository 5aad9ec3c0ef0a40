"""Frozen values: what psbridge knows, without a way to get it. Standard library only."""
