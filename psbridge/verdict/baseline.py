"""Which backups of a list may have ended, appear good, and serve as a measure for the roles of others."""

from __future__ import annotations

from collections.abc import Iterable

from psbridge.models.backup import Backup, Phase
from psbridge.verdict.age import EARLIEST
from psbridge.verdict.roles import roles_succeeded

MAY_HAVE_ENDED = {Phase.SUCCEEDED, Phase.PARTIAL, Phase.FAILED, Phase.UNKNOWN}
"""The phases of a backup that holds something, and does not run by any word that psbridge knows."""


def looks_good(backup: Backup) -> bool:
    """Return whether a backup, by its own words alone, ended whole, and says when."""
    return backup.completed_at is not None and roles_succeeded(backup)


def newest_ended(backups: Iterable[Backup]) -> list[Backup]:
    """Return the backups that have ended, newest first; skipped and deleted ones are passed over."""
    ended = [it for it in backups if it.completed_at is not None and it.phase in MAY_HAVE_ENDED]
    return sorted(ended, key=lambda it: it.completed_at.ticks if it.completed_at else 0, reverse=True)


def baseline(backup: Backup, listed: Iterable[Backup]) -> Backup | None:
    """Return what a backup's roles are measured by: `good_baseline`, else the newest other one that ended incomplete.

    On a stamp of build 1.2108 every backup with all 23 roles was incomplete, and one with a single role succeeded (recorded
    in October 2021): without the incomplete ones nothing shows that 22 roles are missing from it.
    """
    others = tuple(listed)
    good = good_baseline(backup, others)
    if good is not None:
        return good
    incomplete = (Phase.PARTIAL, Phase.FAILED)
    ended = (it for it in newest_ended(others) if it.id != backup.id and it.phase in incomplete and it.roles)
    return next(ended, None)


def good_baseline(backup: Backup, listed: Iterable[Backup]) -> Backup | None:
    """Return the newest other backup that ended whole, whatever the dates say: what a backup's roles are measured by."""
    whole = [it for it in listed if it.id != backup.id and roles_succeeded(it)]
    return max(whole, key=lambda it: it.completed_at.ticks if it.completed_at else EARLIEST.ticks - 1, default=None)
