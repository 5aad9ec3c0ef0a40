"""Durable records of runs, and the lock that keeps two triggers of one target apart."""

from psbridge.journal.lock import TargetLock
from psbridge.journal.runs import Journal, NoJournal, RunLog, new_run_id
from psbridge.journal.shells import ShellBook, ShellMark

__all__ = ["Journal", "NoJournal", "RunLog", "ShellBook", "ShellMark", "TargetLock", "new_run_id"]
