"""What the events of its time do to a backup that runs.

All of it is inferred: no recording shows a backup that fails. A share that goes bad ends the backup there and then as
Failed, with the roles that were not done; a role that fails leaves it PartialSucceeded; nothing else touches it, an
update's beginning included.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from psbridge.emulator.stamp.lifecycle import view
from psbridge.emulator.stamp.records import BackupRecord, EventRecord
from psbridge.emulator.stamp.scenario import BAD_SHARES


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
