"""The state of a backup as a pure function of its record and now, and the effects of events on it.

What is known (recordings, March 2020): `operationResults` is 202 from the trigger until 60 to 108 s after
`createdDateTime`, then 200; the ended backup has every field. What is inferred: the words that a running backup shows,
that its roles go one after another, that `createdDateTime` and `timeTakenToCreate` are null until its end, and that it
blocks others until its end and not until its upload is done. So is all that events do: no recording shows a backup that
fails. A share that goes bad ends the backup there and then as Failed, with the roles that were not done; a role that fails
leaves it PartialSucceeded; nothing else touches it, an update's beginning included.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from psbridge.emulator.stamp import ticks
from psbridge.emulator.stamp.records import BackupRecord, EventRecord
from psbridge.emulator.stamp.scenario import BAD_SHARES

# From which part of its time on a backup shows which word; from 1.0 on it shows the status that it ends with.
PHASES: tuple[tuple[float, str], ...] = ((0.0, "Queued"), (0.02, "Creating"), (0.05, "Running"))
_ROLES_FROM = PHASES[-1][0]
_LIVE = {word for _, word in PHASES}


@dataclass(frozen=True, slots=True)
class View:
    """A backup at one moment.

    Attributes:
        visible: whether the list and a read by id have it.
        ended: it has reached the status that it ends with.
        uploaded: `completelyUploaded`.
        operation_done: `operationResults` answers 200.
    """

    status: str
    roles: tuple[tuple[str, str], ...]
    visible: bool
    ended: bool
    uploaded: bool
    operation_done: bool


def progress(record: BackupRecord, now: int) -> float:
    """Return how much of its time a backup has had, 0.0 to 1.0, as if it ended when it was planned to."""
    planned = record.end if record.planned is None else record.planned
    if now >= planned:
        return 1.0
    return max(0.0, (now - record.start) / (planned - record.start))


def _role(index: int, total: int, end_status: str, done: float) -> str:
    """Return what one role shows: they take their turns, each the same time."""
    turn = (done - _ROLES_FROM) / (1.0 - _ROLES_FROM) * total
    if turn >= index + 1:
        return end_status
    return "Running" if turn >= index else "Queued"


def _roles_now(record: BackupRecord, done: float, now: int) -> tuple[tuple[str, str], ...]:
    """Return the statuses of a running backup's roles; a later failure is not shown before its time."""
    failures = dict(record.failures)
    total = len(record.roles)
    shown = []
    for at, (name, end) in enumerate(record.roles):
        status = _role(at, total, "Running" if failures.get(name, 0) > now else end, done)
        shown.append((name, end if name in failures and failures[name] <= now else status))
    return tuple(shown)


def view(record: BackupRecord, now: int) -> View:
    """Return a backup as it is at `now`."""
    if record.recorded is not None:
        ended = has_ended(record, now)
        return View(record.status, record.roles, visible=True, ended=ended, uploaded=ended, operation_done=ended)
    done = progress(record, now)
    ended = has_ended(record, now)
    return View(
        status=record.status if ended else next(word for since, word in reversed(PHASES) if done >= since),
        roles=record.roles if ended else _roles_now(record, done, now),
        visible=ended or not record.hidden,
        ended=ended,
        uploaded=record.uploaded_at is not None and now >= record.uploaded_at,
        operation_done=record.operation_end is not None and now >= record.operation_end,
    )


def has_ended(record: BackupRecord, now: int) -> bool:
    """Return whether a backup has reached the status that it ends with."""
    return now >= record.end if record.recorded is None else record.status not in _LIVE


def is_running(record: BackupRecord, now: int) -> bool:
    """Return whether a backup keeps others from starting."""
    return not has_ended(record, now)


def after_events(record: BackupRecord, events: Iterable[EventRecord]) -> BackupRecord:
    """Return a backup after the events of its time, given in their order."""
    for event in events:
        if record.start <= event.at < record.end:
            record = _after(record, event)
    return record


def _after(record: BackupRecord, event: EventRecord) -> BackupRecord:
    if event.what == "share" and event.value in BAD_SHARES:
        return failed(record, event.at, BAD_SHARES[event.value])
    if event.what == "role_fails" and event.value in dict(record.roles):
        return _role_failed(record, event)
    return record


def failed(record: BackupRecord, at: int, code: str) -> BackupRecord:
    """Return a backup that fails at a moment, because of the error with that code."""
    done = dict(view(record, at).roles)
    took = (record.operation_end or record.end) - record.end
    return replace(
        record,
        end=at,
        planned=record.end if record.planned is None else record.planned,
        operation_end=at + took,
        uploaded_at=None,
        status="Failed",
        roles=tuple((name, end if done[name] == end else "Failed") for name, end in record.roles),
        failures=(),
        ready=None if record.ready is None else False,
        cause=code,
    )


def _role_failed(record: BackupRecord, event: EventRecord) -> BackupRecord:
    return replace(
        record,
        status="PartialSucceeded" if record.status == "Succeeded" else record.status,
        roles=tuple((name, "Failed" if name == event.value else end) for name, end in record.roles),
        failures=(*record.failures, (event.value, event.at)),
        ready=None if record.ready is None else False,
    )


@dataclass(frozen=True, slots=True)
class StoredBackup:
    """The true state of a backup at one time, whatever the cmdlets and the REST API return.

    Attributes:
        id: the GUID.
        status: its current status, such as `Running` or `Succeeded`.
        running: whether it has not ended yet.
        started, ends: in UTC; `ends` is in the future while it runs.
        done: when its upload is over too and its operation ends; None: never.
        automatic: whether the stamp's scheduler started it.
        listed: whether clients can see it.
        roles: status by role.
    """

    id: str
    status: str
    running: bool
    started: datetime
    ends: datetime
    done: datetime | None
    automatic: bool
    listed: bool
    roles: Mapping[str, str]


def stored_backup(record: BackupRecord, now: int) -> StoredBackup:
    """Return a backup as it is at `now`, in ticks."""
    seen = view(record, now)
    return StoredBackup(
        id=record.id,
        status=seen.status,
        running=not seen.ended,
        started=ticks.as_datetime(record.start),
        ends=ticks.as_datetime(record.end),
        done=None if record.operation_end is None else ticks.as_datetime(record.operation_end),
        automatic=record.automatic,
        listed=seen.visible,
        roles=dict(seen.roles),
    )
