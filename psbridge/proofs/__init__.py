"""Proof records: a file that holds what a verdict rests on, and the check that judges it again."""
