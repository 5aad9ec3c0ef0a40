"""How old a backup is, by which clock, and whether that is more than was asked for."""

from __future__ import annotations

from typing import Final

from psbridge.errors import Stale
from psbridge.models.backup import Backup, Phase
from psbridge.models.case import Case
from psbridge.models.text import approximate_duration
from psbridge.models.time import Instant
from psbridge.models.verdict import Judgement, Verdict

EARLIEST: Final = Instant.parse("2016-01-01T00:00:00Z")
"""The backup service's first API is of 2016-05-01; what lies before is a time that was never set, such as .NET's year 1."""
AHEAD: Final = 3600.0
"""Seconds by which a backup may end in the future of the host's clock; from two minutes on a clock is warned of."""
CLOCKS_AGREE: Final = 120.0
"""Seconds by which the host's clock and the stamp's may differ without a warning."""
_START_ONE: Final = "Start one: psbridge backup start"


def too_old(case: Case, verdict: Verdict, now: Instant, rules: int) -> Stale | None:
    """Return why a backup is older than was asked for, None if it is not or nothing was asked."""
    if not case.id:
        return Stale("the stamp lists no backup that has ended", hint=_START_ONE)
    if case.max_age is None or _not_ended(case, verdict, rules):
        return None
    measured = verdict.last_good if case.latest else verdict.backup
    return _older(case.max_age, measured, now)


def _not_ended(case: Case, verdict: Verdict, rules: int) -> bool:
    """Return whether the backup that was asked for has not ended, and so has no age."""
    if case.latest:
        return False
    live = verdict.backup is not None and verdict.backup.phase is Phase.LIVE
    return live or (verdict.judgement is Judgement.RUNNING and rules > 1)


def _older(max_age: float, backup: Backup | None, now: Instant) -> Stale | None:
    if backup is None or backup.completed_at is None:
        return Stale("the stamp lists no good backup", hint=_START_ONE)
    age = (now - backup.completed_at).seconds
    if age <= max_age:
        return None
    return Stale(
        f"the newest good backup, {backup.id}, is {approximate_duration(age)} old (limit {approximate_duration(max_age)})",
        id=backup.id,
        hint=_START_ONE,
        detail={"age_seconds": age, "max_age_seconds": max_age},
    )
