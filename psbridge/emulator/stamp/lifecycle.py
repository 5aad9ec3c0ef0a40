"""The life of a backup as a pure function of its record and now.

What is known (recordings, March 2020): `operationResults` is 202 from the trigger until 60 to 108 s after
`createdDateTime`, then 200; the ended backup has every field. What is inferred: the words that a running backup shows,
that its roles go one after another, that `createdDateTime` and `timeTakenToCreate` are null until its end, and that it
blocks others until its end and not until its upload is done.
"""

from __future__ import annotations

from dataclasses import dataclass

from psbridge.emulator.stamp.records import BackupRecord

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
    """Return what the roles of a running backup show; one that fails out of its turn shows nothing of it before."""
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
