"""What the stamp remembers: the events that its whole state at any moment is computed from.

A backup's fate (how long it takes, how each role ends, when its upload is done) is settled when it is triggered and
stored with it, so that the state goes on while no process runs, whatever scenario the next process has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class BackupRecord:
    """One backup, from its trigger to its end. Moments are ticks since 1970.

    Attributes:
        id: the GUID; the operation has the same (every recording).
        end: when the backup itself ends; `createdDateTime` is this moment (recordings, March 2020).
        operation_end: when `operationResults` turns from 202 to 200; None: never.
        uploaded_at: when `completelyUploaded` becomes true; None: never.
        ready: `isCloudRecoveryReady` once it has ended; None on stamps that are too old to say.
        hidden: not listed and not found by id before its end.
        old_style: named by the bare GUID, and without the fields that came later.
        timed: whether it tells how long it took.
        planned: the end that it would have had; None: the one that it has.
        failures: roles that fail before their turn is over, and when.
        cause: the code of the error that made it fail, empty if there is no word on that.
        version: the stamp's when it was triggered, empty for the one that the stamp came with.
        recorded: the resource as a real stamp gave it; served as it is, whatever the time.
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
        return cls(**{**plain, "roles": roles, "failures": failures})


@dataclass(frozen=True, slots=True)
class OperationRecord:
    """A change of the settings, a prune or a restore.

    Attributes:
        kind: `settings`, `prune` or `restore`.
        end: when `operationResults` turns from 202 to 200, in ticks since 1970.
        settings: for `settings`, the values that hold from `end` on, merged over the older ones.
        paths: for `prune`, what it deletes or, on a dry run, would delete.
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
    """Something that befalls the stamp at a moment.

    Attributes:
        at: in ticks since 1970.
        what: which thing, such as `refused` or `alert_closed`.
        value: what there is to say of it: the code of a refusal, the id of an alert.
        by: who did it, where somebody did.
    """

    at: int
    what: str
    value: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """Everything that the stamp remembers.

    Attributes:
        anchor: the moment that the schedule counts from; 0 before the stamp was first opened.
        settings: the values of `externalStoreDefault` that a real stamp had; empty: the scenario's. Changes are operations.
        counts: how often what was asked and refused, see `Stamp.counts`.
        events: what befell it that is neither a backup nor an operation.
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
