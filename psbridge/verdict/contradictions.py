"""An answer, held against what the run itself knows: its trigger, the clocks, the list before. Pure; of the second rules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from psbridge.models.backup import Backup, Phase
from psbridge.models.observation import Case
from psbridge.models.text import ascii_lower
from psbridge.models.time import Instant
from psbridge.verdict.baseline import ENDED, roles_succeeded
from psbridge.verdict.state import Seen
from psbridge.verdict.witnesses import Difference, listed_worse

EARLIEST: Final = Instant.parse("2016-01-01T00:00:00Z")
"""The backup service's first API is of 2016-05-01; what lies before is a time that was never set, such as .NET's year 1."""
AHEAD: Final = 3600.0
"""Seconds by which a backup may end in the future of the host's clock; from two minutes on a clock is warned of."""
CLOCKS_AGREE: Final = 120.0
"""Seconds by which the host's clock and the stamp's may differ without a warning."""
_ROUND: Final = 60.0
"""Seconds by which a backup may have taken longer than the host's clock has counted since its trigger."""
_TRIGGER_TIME: Final = "trigger_time"


def impossible(case: Case, seen: Seen) -> str | None:
    """Return what can't be of the backup as it was seen last, None if all fits."""
    backup = seen.backup
    if backup is None:
        return None
    if backup.id != case.id:
        return f"the answers are about backup {backup.id}"
    if case.id in case.known_ids:
        return "the stamp listed this backup before our trigger was sent, so it is not what the trigger started"
    return _listed_twice(case.listed) or _end(case, seen, backup) or _listed_worse(case, backup)


def _listed_worse(case: Case, backup: Backup) -> str | None:
    """Return what the list before the first look said that is worse than what the backup says by itself."""
    worse = (listed_worse(it, backup) for it in case.listed if it.id == backup.id)
    return next((it for it in worse if it), None)


def host_clock(case: Case, seen: Seen) -> Instant:
    """Return the host's clock at the last answer; this machine's where the host did not tell its own."""
    return (seen.latest.host_time if seen.latest else None) or case.decided_at


def turned_down(case: Case, seen: Seen) -> tuple[Difference, ...]:
    """Return what would be impossible if the config did not turn it down."""
    if _TRIGGER_TIME not in case.inferred_checks or seen.backup is None:
        return ()
    early = _before_the_trigger(case, seen, seen.backup)
    return (Difference(_TRIGGER_TIME, early),) if early else ()


def _end(case: Case, seen: Seen, backup: Backup) -> str | None:
    now = host_clock(case, seen)
    if backup.phase not in ENDED:
        return None
    if backup.phase is Phase.SUCCEEDED:
        if backup.completed_at is None:
            return f"the stamp says {backup.status}, and not when the backup ended"
        if backup.completed_at < EARLIEST:
            return f"the stamp says that the backup ended at {backup.completed_at}, a time that was never set"
        if (backup.completed_at - now).seconds > AHEAD:
            return f"the stamp says that the backup ended at {backup.completed_at}, and it is {now} now"
    return None if _TRIGGER_TIME in case.inferred_checks else _before_the_trigger(case, seen, backup)


def _before_the_trigger(case: Case, seen: Seen, backup: Backup) -> str | None:
    """Return why a backup can't be what our trigger started: it ended, or began, before that was sent.

    One that is not good may have ended at once (recorded with PT0S), so there the clocks need agree within two minutes only.
    """
    sent, ended = case.intent_host_time, backup.completed_at
    if sent is None:
        return None
    apart = 0.0 if backup.phase is Phase.SUCCEEDED else CLOCKS_AGREE
    if ended is not None and (sent - ended).seconds > apart:
        return f"the stamp says that the backup ended at {ended}, and its trigger was sent at {sent}"
    if backup.started_at is not None and (sent - backup.started_at).seconds > AHEAD:
        return f"the stamp says that the backup began at {backup.started_at}, and its trigger was sent at {sent}"
    known = seen.first_end.host_time if seen.first_end else None
    if known is None or backup.duration is None or (took := backup.duration.seconds) <= (known - sent).seconds + _ROUND:
        return None
    return f"the stamp says that the backup took {took} s, and its trigger was sent at {sent}, less before {known}"


def _listed_twice(listed: Iterable[Backup]) -> str | None:
    known: dict[str, Backup] = {}
    for backup in listed:
        first = known.setdefault(backup.id, backup)
        if ascii_lower(first.status or "") != ascii_lower(backup.status or ""):
            return f"the list shows backup {backup.id} twice, {first.status} and {backup.status}"
    return None


def contradicting(listed: Iterable[Backup]) -> tuple[Backup, ...]:
    """Return the entries of a list that show one id with different statuses."""
    whole = tuple(listed)
    return tuple(it for it in whole if _listed_twice(each for each in whole if each.id == it.id))


def baseline(backup: Backup, listed: Iterable[Backup]) -> Backup | None:
    """Return the newest other backup that ended whole, whatever the dates say: what a backup's roles are measured by."""
    whole = [it for it in listed if it.id != backup.id and roles_succeeded(it)]
    return max(whole, key=lambda it: it.completed_at.ticks if it.completed_at else EARLIEST.ticks - 1, default=None)
