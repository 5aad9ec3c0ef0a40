"""A backup as whoever looks into the stamp itself sees it, whatever its cmdlets and its REST API say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from psbridge.emulator.stamp import ticks
from psbridge.emulator.stamp.lifecycle import view
from psbridge.emulator.stamp.records import BackupRecord


@dataclass(frozen=True, slots=True)
class StoredBackup:
    """A backup at one moment.

    Attributes:
        id: the GUID.
        status: the word that the stamp has for it now, such as `Running` or `Succeeded`.
        running: it has not ended.
        started, ends: in UTC; `ends` is in the future while it runs.
        done: when its upload is over too and its operation ends; None: never.
        automatic: the stamp's scheduler made it.
        listed: a client can see it.
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
