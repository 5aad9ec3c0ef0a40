"""Durable records of runs, and the lock that keeps two triggers of one target apart."""

from psbridge.journal.lock import TargetLock
from psbridge.journal.runs import Journal, NoJournal, RunLog, new_run_id

__all__ = ["Journal", "NoJournal", "RunLog", "TargetLock", "new_run_id"]
