"""Durable records of runs, and the lock that keeps two triggers of one target apart."""
