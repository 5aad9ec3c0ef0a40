"""What can't be: an answer against what the run itself knows, its trigger, the clocks, the list before. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from psbridge.models.backup import Backup, Phase
from psbridge.models.case import Case
from psbridge.models.text import ascii_lower
from psbridge.verdict.age import AHEAD, CLOCKS_AGREE, EARLIEST
from psbridge.verdict.baseline import MAY_HAVE_ENDED
from psbridge.verdict.state import State, host_clock
from psbridge.verdict.witnesses import Difference, listed_worse

_ROUND: Final = 60.0
"""Seconds by which a backup may have taken longer than the host's clock has counted since its trigger."""
_TRIGGER_TIME: Final = "trigger_time"


def contradiction(case: Case, state: State, rules: int) -> str | None:
    """Return what can't be of a backup, by what was observed and by what the run knows; None if all fits."""
    found = state.contradiction or _other_stamp(case, state.backup)
    if found or rules == 1 or state.backup is None:
        return found
    return _impossible(case, state, state.backup)


def _impossible(case: Case, state: State, backup: Backup) -> str | None:
    """Return what can't be of the backup as it was seen last. The first rules did not ask."""
    if backup.id != case.id:
        return f"the answers are about backup {backup.id}"
    if case.id in case.known_ids:
        return "the stamp listed this backup before our trigger was sent, so it is not what the trigger started"
    return _listed_twice(case.listed) or _end(case, state, backup) or _listed_worse(case, backup)


def _listed_worse(case: Case, backup: Backup) -> str | None:
    """Return what the list before the first observation said that is worse than what the backup says by itself."""
    worse = (listed_worse(it, backup) for it in case.listed if it.id == backup.id)
    return next((it for it in worse if it), None)


def turned_down(case: Case, state: State) -> tuple[Difference, ...]:
    """Return what would be impossible if the config did not turn it down."""
    if _TRIGGER_TIME not in case.inferred_checks or state.backup is None:
        return ()
    early = _before_the_trigger(case, state, state.backup)
    return (Difference(_TRIGGER_TIME, early),) if early else ()


def _end(case: Case, state: State, backup: Backup) -> str | None:
    now = host_clock(case, state)
    if backup.phase not in MAY_HAVE_ENDED:
        return None
    if backup.phase is Phase.SUCCEEDED:
        if backup.completed_at is None:
            return f"the stamp says {backup.status} but shows no end time"
        if backup.completed_at < EARLIEST:
            return f"the stamp says that the backup ended at {backup.completed_at}, a time that was never set"
        if (backup.completed_at - now).seconds > AHEAD:
            return f"the stamp says that the backup ended at {backup.completed_at}, but it is now {now}"
    return None if _TRIGGER_TIME in case.inferred_checks else _before_the_trigger(case, state, backup)


def _before_the_trigger(case: Case, state: State, backup: Backup) -> str | None:
    """Return why a backup can't be what our trigger started: it ended, or began, before that was sent.

    One that is not good may have ended at once (recorded with PT0S), so there the clocks need agree within two minutes only.
    """
    sent, ended = case.intent_host_time, backup.completed_at
    if sent is None:
        return None
    apart = 0.0 if backup.phase is Phase.SUCCEEDED else CLOCKS_AGREE
    if ended is not None and (sent - ended).seconds > apart:
        return f"the stamp says that the backup ended at {ended}, but its start request was sent at {sent}"
    if backup.started_at is not None and (sent - backup.started_at).seconds > AHEAD:
        return f"the stamp says that the backup began at {backup.started_at}, but its start request was sent at {sent}"
    known = state.first_end.host_time if state.first_end else None
    if known is None or backup.duration is None or (took := backup.duration.seconds) <= (known - sent).seconds + _ROUND:
        return None
    return (
        f"the stamp says that the backup took {took} s, but its start request was sent at {sent}, less before {known}"
    )


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


def _other_stamp(case: Case, backup: Backup | None) -> str | None:
    """Return why a backup is not, or can't be shown to be, one of the stamp that is expected.

    The list before it may have been empty, and then it names no stamp.
    """
    expected = case.expect_deployment_id
    if expected is None or backup is None:
        return None
    found = backup.deployment_id or next((it.deployment_id for it in case.listed if it.deployment_id), None)
    if found is None:
        return (
            f"nothing shows that it is of stamp {expected}, as is expected" if backup.phase in MAY_HAVE_ENDED else None
        )
    if ascii_lower(found) == ascii_lower(expected):
        return None
    return f"it is a backup of stamp {found}, and {expected} is expected"
