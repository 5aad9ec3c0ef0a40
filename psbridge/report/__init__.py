"""Sheets for people, made of values that were read. Nothing is asked here."""
