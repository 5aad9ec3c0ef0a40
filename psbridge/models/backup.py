"""What the stamp reports about a backup, as values. Names and types: recordings of a real stamp, March 2020."""

from __future__ import annotations

import re
from enum import StrEnum

import msgspec

from psbridge.models.text import ascii_lower
from psbridge.models.time import Instant, Span

_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


_MAY_NOT_LIST = "(a stamp may not list one before it has ended)"
NONE_LISTED = f"none is listed {_MAY_NOT_LIST}"
NONE_RUNNING = f"no running backup is listed {_MAY_NOT_LIST}"
NONE_NEW = f"no new backup is listed {_MAY_NOT_LIST}"
"""An empty list does not prove that none is running (`psbridge.operations.running`)."""


class Phase(StrEnum):
    """What a status word means for a wait."""

    LIVE = "live"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"
    SKIPPED = "skipped"
    GONE = "gone"
    UNKNOWN = "unknown"


# OperationStatus: swagger 2016-05-01 and 2018-09-01, Skipped from 2021-09-01, Corrupted from the server's own interface.
# Which of them end a backup is inferred from their names; the sources only list them.
_WORDS = {
    "Creating": Phase.LIVE,
    "Queued": Phase.LIVE,
    "Running": Phase.LIVE,
    "Succeeded": Phase.SUCCEEDED,
    "PartialSucceeded": Phase.PARTIAL,
    "Failed": Phase.FAILED,
    "Corrupted": Phase.FAILED,
    "Skipped": Phase.SKIPPED,
    "Deleted": Phase.GONE,
}
STATUS_WORDS = tuple(_WORDS)
"""The words as the stamp writes them."""
PHASES = {ascii_lower(word): phase for word, phase in _WORDS.items()}


def phase_of(status: str | None) -> Phase:
    """Return what a status word means, ignoring ASCII case only; an unknown word is UNKNOWN, never an error."""
    return PHASES.get(ascii_lower(status or ""), Phase.UNKNOWN)


def backup_id(name_or_id: str) -> str:
    """Return the GUID at the end of `redmond/guid`, of a resource id, or of a bare guid, in lower case.

    Never read from `BackupId`: the Az module's objects do not have it.

    Raises:
        ValueError: if the last segment is not a GUID.
    """
    last = name_or_id.rstrip("/").rpartition("/")[2]
    if not _GUID.fullmatch(last):
        raise ValueError(f"no backup id (a GUID) at the end of {name_or_id!r}")
    return last.lower()


class Role(msgspec.Struct, frozen=True):
    """One role of the stamp, and how its part of the backup ended."""

    name: str
    status: str


class Backup(msgspec.Struct, frozen=True):
    """One infrastructure backup. A value that the answers did not hold is None.

    Attributes:
        id: the GUID at the end of `Name` and `Id`, lower case.
        name: `Name` as it came, `redmond/<guid>` or a bare guid.
        status: the stamp's own word, unknown ones included.
        roles: None if they were not read or are not there.
        completed_at: `CreatedDateTime`, which by every recording is the end (inferred).
        duration: `TimeTakenToCreate` as it came.
        completely_uploaded, is_automatic: only in the raw JSON; the module's objects drop them.
    """

    id: str
    name: str | None = None
    location: str | None = None
    status: str | None = None
    roles: tuple[Role, ...] | None = None
    completed_at: Instant | None = None
    duration: Span | None = None
    stamp_version: str | None = None
    oem_version: str | None = None
    deployment_id: str | None = None
    encryption_cert_thumbprint: str | None = None
    is_cloud_recovery_ready: bool | None = None
    completely_uploaded: bool | None = None
    is_automatic: bool | None = None
    data_version: str | None = None
    resource_id: str | None = None

    @property
    def known_duration(self) -> Span | None:
        """How long it took; None for `PT0S`, which the stamp gives for backups that took longer (recorded in 2021)."""
        return self.duration if self.duration is not None and self.duration.ticks > 0 else None

    @property
    def started_at(self) -> Instant | None:
        """The end minus the time taken, None unless both are known and that is a moment of the calendar."""
        taken = self.known_duration
        if self.completed_at is None or taken is None:
            return None
        try:
            return self.completed_at.minus(taken)
        except ValueError:
            return None

    @property
    def phase(self) -> Phase:
        """What the status means."""
        return phase_of(self.status)
