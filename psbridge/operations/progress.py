"""How far a backup is, and how long one takes: for people, and for how long a lost one is looked for."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from psbridge.models.backup import Backup, Phase, phase_of


def usual_seconds(history: Sequence[Backup]) -> float | None:
    """Return how long a backup of this stamp takes: the median of its five newest good ones, None without history."""
    took = [it.duration.seconds for it in history if it.phase is Phase.SUCCEEDED and it.duration and it.completed_at]
    return median(took[:5]) if took else None


def longest_seconds(history: Sequence[Backup]) -> float | None:
    """Return the longest that a backup in the stamp's list took."""
    return max((it.duration.seconds for it in history if it.duration), default=None)


def roles_done(backup: Backup | None) -> tuple[int | None, int | None]:
    """Return how many roles have ended, and how many there are."""
    if backup is None or backup.roles is None:
        return None, None
    done = sum(1 for role in backup.roles if phase_of(role.status) is not Phase.LIVE)
    return done, len(backup.roles)
