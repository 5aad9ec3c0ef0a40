"""The progress of a backup, and how long one takes: for people, and for the length of the search after a lost answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from psbridge.models.backup import Backup, Phase, phase_of

# How long a backup of a stamp without history may take: 20 to 40 minutes are normal (Microsoft's documentation).
_LONGEST_UNKNOWN = 3600.0


def usual_seconds(history: Sequence[Backup]) -> float | None:
    """Return how long a backup of this stamp takes: the median of its five newest good ones, None without history."""
    took = _durations(it for it in history if it.phase is Phase.SUCCEEDED and it.completed_at)
    return median(took[:5]) if took else None


def normal_run_seconds(history: Sequence[Backup]) -> float:
    """Return within how long a backup of this stamp ends: the longest in its list, an hour without history."""
    return max(_durations(history), default=_LONGEST_UNKNOWN)


def _durations(backups: Iterable[Backup]) -> list[float]:
    """Return how long they took, in seconds, of those of which it is known."""
    return [it.known_duration.seconds for it in backups if it.known_duration is not None]


def roles_done(backup: Backup | None) -> tuple[int | None, int | None]:
    """Return how many roles have ended, and how many there are."""
    if backup is None or backup.roles is None:
        return None, None
    done = sum(1 for role in backup.roles if phase_of(role.status) is not Phase.LIVE)
    return done, len(backup.roles)
