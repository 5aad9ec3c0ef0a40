"""The stored records of the stamp, from which its state at any time is computed.

A backup's outcome (duration, status of each role, end of the upload) is fixed when it is triggered and
stored with it, so that it continues while no process runs, and under another scenario of the next process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

# The thumbprint that release 0.1 made up, and that of the certificate that is there since.
_RENAMED = {"9B6E4A1F0C2D53E87764F1A0B3C95D28E41F7A06": "F27795A98954B14C08B0375F29BDFA9DF166A1D0"}


@dataclass(frozen=True, slots=True)
class BackupRecord:
    """One backup, from its trigger to its end. Times are ticks since 1970.

    Attributes:
        id: the GUID; the operation has the same (every recording).
        end: when the backup itself ends; `createdDateTime` is this moment (recordings, March 2020).
        operation_end: when `operationResults` turns from 202 to 200; None: never.
        uploaded_at: when `completelyUploaded` becomes true; None: never.
        ready: `isCloudRecoveryReady` once it has ended; None on stamps that are too old to say.
        hidden: whether it is neither listed nor found by id before its end.
        old_style: named by the bare GUID, and without the fields that came later.
        timed: whether it shows how long it took.
        planned: the originally planned end; None: unchanged.
        failures: roles that fail early, and when.
        cause: the code of the error that made it fail; empty if unknown.
        version: the stamp's when it was triggered, empty for the one that the stamp came with.
        recorded: the resource as a real stamp returned it; always served unchanged.
    """

    id: str
    start: int
    end: int
    operation_end: int | None
    uploaded_at: int | None
    automatic: bool
    status: str
    roles: tuple[tuple[str, str], ...]
    ready: bool | None
    thumbprint: str | None
    hidden: bool = False
    old_style: bool = False
    timed: bool = True
    planned: int | None = None
    failures: tuple[tuple[str, int], ...] = ()
    cause: str = ""
    version: str = ""
    recorded: Mapping[str, Any] | None = None

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> BackupRecord:
        """Read what `asdict` wrote."""
        roles = tuple((str(name), str(status)) for name, status in plain["roles"])
        failures = tuple((str(name), int(at)) for name, at in plain.get("failures", ()))  # older states have none
        thumbprint = _RENAMED.get(plain["thumbprint"], plain["thumbprint"])
        return cls(**{**plain, "roles": roles, "failures": failures, "thumbprint": thumbprint})


@dataclass(frozen=True, slots=True)
class OperationRecord:
    """A change of the settings, a prune or a restore.

    Attributes:
        kind: `settings`, `prune` or `restore`.
        end: when `operationResults` turns from 202 to 200, in ticks since 1970.
        settings: for `settings`, the values that hold from `end` on, merged over the older ones.
        paths: for `prune`, the files that it deletes or, on a dry run, would delete.
    """

    id: str
    kind: str
    end: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    paths: tuple[str, ...] = ()
    dry_run: bool = False

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> OperationRecord:
        """Read what `asdict` wrote."""
        return cls(**{**plain, "paths": tuple(plain["paths"])})


@dataclass(frozen=True, slots=True)
class EventRecord:
    """An occurrence on the stamp.

    Attributes:
        at: in ticks since 1970.
        what: its kind, such as `refused` or `alert_closed`.
        value: its data: the code of a refusal, the id of an alert.
        by: the user who did it; empty for none.
    """

    at: int
    what: str
    value: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """The stored state of the stamp.

    Attributes:
        anchor: the time that the schedule counts from; 0 before the stamp was first opened.
        settings: the values of `externalStoreDefault` that a real stamp had; empty: the scenario's. Changes are operations.
        counts: numbers of requests and refusals, see `Stamp.counts`.
        events: occurrences that are neither backups nor operations.
    """

    anchor: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)
    strays: tuple[str, ...] = ()
    backups: tuple[BackupRecord, ...] = ()
    operations: tuple[OperationRecord, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    events: tuple[EventRecord, ...] = ()

    def to_plain(self) -> dict[str, Any]:
        """Return the state as JSON values."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> State:
        """Read what `to_plain` gave, through JSON or not."""
        return cls(
            anchor=plain["anchor"],
            settings=plain["settings"],
            strays=tuple(plain["strays"]),
            backups=tuple(BackupRecord.from_plain(each) for each in plain["backups"]),
            operations=tuple(OperationRecord.from_plain(each) for each in plain["operations"]),
            counts=plain["counts"],
            events=tuple(EventRecord(**each) for each in plain.get("events", ())),  # older states have none
        )
