"""Which state of Nagios a stamp's status is, and when an age is a problem; pure functions of the document.

The states are those of the monitoring plugins' guidelines, and not psbridge's exit codes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import IntEnum
from typing import Final

import msgspec

from psbridge import defaults
from psbridge.documents.stamp_status import StampStatusDocument
from psbridge.errors import ExitCode
from psbridge.models.text import approximate_duration


class State(IntEnum):
    """What a plugin ends with; Icinga has the same."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


_SEVERITY: Final = (State.OK, State.UNKNOWN, State.WARNING, State.CRITICAL)
"""From the best to the worst."""
_TOO_OLD: Final = ExitCode.STALE
_STATES: Final[Mapping[int, State]] = {
    ExitCode.OK: State.OK,
    ExitCode.FAILED: State.CRITICAL,
    ExitCode.PARTIAL: State.CRITICAL,
    ExitCode.UNREACHABLE: State.CRITICAL,
    ExitCode.TIMEOUT: State.CRITICAL,  # the guidelines: a timeout is not UNKNOWN
    ExitCode.UNKNOWN: State.CRITICAL,
    ExitCode.NOT_VERIFIED: State.CRITICAL,
    ExitCode.STALE: State.CRITICAL,
    ExitCode.BUSY: State.WARNING,
    ExitCode.UNPROVEN: State.WARNING,
}


class Thresholds(msgspec.Struct, frozen=True):
    """Ages in seconds that the newest good backup may have without a warning, and without being critical; None: no limit."""

    warning: float | None
    critical: float | None


class Finding(msgspec.Struct, frozen=True):
    """One thing that was found, and its state."""

    state: State
    text: str


def state_of(code: int) -> State:
    """Return the state of an exit code of psbridge."""
    return _STATES.get(code, State.UNKNOWN)


def thresholds(
    document: StampStatusDocument, warning: float | None = None, critical: float | None = None
) -> Thresholds:
    """Return the ages that apply: those given, else those of the stamp's schedule.

    The critical age is the document's `max_age_seconds`: twice the schedule's interval, or 26 hours if the scheduler is off or
    its interval is unknown. The warning age is one and a half times the interval; without an interval there is none.
    """
    if critical is None:
        critical = document.max_age_seconds
    if warning is None:
        schedule = document.schedule
        hours = schedule.frequency_hours if schedule and schedule.enabled is not False else None
        derived = hours * 3600 * defaults.MISSED_INTERVALS if hours and hours > 0 else None
        warning = derived if derived is not None and (critical is None or derived < critical) else None
    return Thresholds(warning, critical)


def judge(document: StampStatusDocument, limits: Thresholds, *, strict: bool = False) -> list[Finding]:
    """Return what was found, the worst first; the first one's state is the answer.

    Args:
        document: the status.
        limits: the ages that apply.
        strict: a row that is not ok is a warning.
    """
    found = list(_findings(document, limits))
    if strict:
        found += [Finding(State.WARNING, f"{it.name}: {it.text}") for it in document.rows if it.state != "ok"]
    return sorted(found, key=lambda it: -_SEVERITY.index(it.state))


def _findings(document: StampStatusDocument, limits: Thresholds) -> Iterator[Finding]:
    if document.error is not None:
        yield Finding(state_of(document.exit_code), document.error.message)
        return
    code, newest = document.exit_code, document.newest
    if code not in {ExitCode.OK, _TOO_OLD}:
        yield Finding(state_of(code), document.message or document.code)
    elif newest is not None and newest.exit_code not in {ExitCode.OK, _TOO_OLD}:
        yield Finding(state_of(newest.exit_code), newest.message or newest.code)  # such as one that is not proved yet
    if document.last_good is not None:
        yield _age(document.age_seconds, limits)
    elif code in {ExitCode.OK, _TOO_OLD}:
        yield Finding(State.CRITICAL, "no good backup")


def _age(age: float | None, limits: Thresholds) -> Finding:
    """Return the state of an age; one that equals a limit is within it, as in a range of Nagios."""
    if age is None:
        return Finding(State.UNKNOWN, "the age of the newest good backup is unknown")
    text = f"newest good backup {approximate_duration(age)} ago"
    for limit, state in ((limits.critical, State.CRITICAL), (limits.warning, State.WARNING)):
        if limit is not None and age > limit:
            return Finding(state, f"{text}, more than {approximate_duration(limit)}")
    return Finding(State.OK, text)
