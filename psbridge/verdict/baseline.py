"""Which backups of a list serve as a measure for others."""

from __future__ import annotations

from collections.abc import Iterable

from psbridge.models.backup import Backup, Phase, phase_of

ENDED = {Phase.SUCCEEDED, Phase.PARTIAL, Phase.FAILED, Phase.UNKNOWN}


def looks_good(backup: Backup) -> bool:
    """Tell whether a backup, by its own words alone, ended whole, and says when."""
    return backup.completed_at is not None and roles_succeeded(backup)


def roles_succeeded(backup: Backup) -> bool:
    """Tell whether a backup and each of its roles succeeded: others' roles may be measured by it."""
    return (
        backup.phase is Phase.SUCCEEDED
        and bool(backup.roles)
        and all(phase_of(role.status) is Phase.SUCCEEDED for role in backup.roles or ())
    )


def last_good_before(backup: Backup, others: Iterable[Backup]) -> Backup | None:
    """Return the newest other backup that looks good and ended before this one (or at all, while this one runs)."""
    earlier = [
        other
        for other in others
        if other.id != backup.id
        and looks_good(other)
        and other.completed_at is not None
        and (backup.completed_at is None or other.completed_at <= backup.completed_at)
    ]
    return max(earlier, key=lambda it: it.completed_at.ticks if it.completed_at else 0, default=None)


def newest_ended(backups: Iterable[Backup]) -> list[Backup]:
    """Return the backups that have ended, newest first; skipped and deleted ones are passed over."""
    ended = [it for it in backups if it.completed_at is not None and it.phase in ENDED]
    return sorted(ended, key=lambda it: it.completed_at.ticks if it.completed_at else 0, reverse=True)
