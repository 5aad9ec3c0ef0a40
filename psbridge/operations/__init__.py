"""start, dry_run, wait, confirm, list, show, settings: functions with the edge of `operation.py`.

They print nothing, read no clock but the one they are given, and own no sleep. Each is imported from its module, so that a
list does not load what a start needs.
"""
