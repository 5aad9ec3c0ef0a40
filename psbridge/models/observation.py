"""What an observation of a backup showed, by each of its sources, and when."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec

from psbridge.models.backup import Backup
from psbridge.models.time import Instant
from psbridge.values import replace


class Source(StrEnum):
    """Where a statement about a backup comes from."""

    OBJECT = "object"
    RAW = "raw"
    OPERATION = "operation"

    @property
    def shown(self) -> str:
        """The source in words."""
        return _SHOWN[self]


_SHOWN = {
    Source.OBJECT: "the module's object",
    Source.RAW: "the raw JSON",
    Source.OPERATION: "the operation's result",
}


class Witness(msgspec.Struct, frozen=True):
    """One source's statement.

    Attributes:
        source: which one.
        backup: what it says; its id need not be the one that was asked for.
        twice: what it states twice with different values, such as `completelyUploaded: True, False`, or what can't be read.
    """

    source: Source
    backup: Backup
    twice: tuple[str, ...] = ()


FILLED = (
    "is_cloud_recovery_ready",
    "completely_uploaded",
    "is_automatic",
    "deployment_id",
    "stamp_version",
    "oem_version",
    "encryption_cert_thumbprint",
    "data_version",
)
"""What another source may add to the object. Status, roles and times are only taken from the object."""


def joined(witnesses: Sequence[Witness]) -> Backup | None:
    """Return the backup as the object shows it, with what only the other sources say; None if no object shows it.

    Among the others an explicit `false` outweighs a `true` and silence.
    """
    shown = next((it.backup for it in witnesses if it.source is Source.OBJECT), None)
    if shown is None:
        return None
    others = [it.backup for it in witnesses if it.source is not Source.OBJECT and it.backup.id == shown.id]
    filled: dict[str, Any] = {name: _told(name, others) for name in FILLED if getattr(shown, name) is None}
    return replace(shown, **filled)


def _told(name: str, others: Sequence[Backup]) -> Any:
    values = [value for value in (getattr(it, name) for it in others) if value is not None]
    return False if False in values else next(iter(values), None)


_UNDATED: Final = Instant(0)


class Observation(msgspec.Struct, frozen=True):
    """What one read of a backup showed, and when; or several in a row that showed the same of a running backup.

    Attributes:
        backup: None if the stamp does not show it (that it shows a running one is inferred, not known).
        operation: HTTP status of `operationResults/<id>`: 202 while it runs, 200 at its end; None if it can't be read.
        upload_read: the raw JSON of the backup was read, so that `completely_uploaded` None means that the stamp has no such
            field, and not that it could not be read.
        witnesses_agree: the raw JSON and the module's object had the same status; True if there is only one.
        host_time: the host's clock at this answer; of several, at the last.
        witnesses: what each source said by itself; none in a record of before the second rules.
        at: this machine's clock at the first of them. The case sets it, and what follows (`with_observation`).
        until: the same at the last.
        elapsed: seconds since the waiting began, on a clock that is never set back, at the first.
        times: how many they are.
    """

    backup: Backup | None
    operation: int | None = None
    upload_read: bool = False
    witnesses_agree: bool = True
    host_time: Instant | None = None
    witnesses: tuple[Witness, ...] = ()
    at: Instant = _UNDATED
    until: Instant = _UNDATED
    elapsed: float = 0.0
    times: int = 1

    @classmethod
    def of(
        cls,
        witnesses: tuple[Witness, ...],
        operation: int | None = None,
        host_time: Instant | None = None,
    ) -> Observation:
        """Return the observation that these witnesses make; those of another backup add nothing to what is shown of it."""
        backup = joined(witnesses)
        own = [it for it in witnesses if it.source is not Source.OBJECT and backup and it.backup.id == backup.id]
        return cls(
            backup,
            operation,
            upload_read=bool(own),
            witnesses_agree=all(backup is None or it.backup.status == backup.status for it in own),
            host_time=host_time,
            witnesses=witnesses,
        )

    def recomputed(self) -> Observation:
        """Return the observation as its witnesses make it."""
        made = Observation.of(self.witnesses)
        return replace(self, backup=made.backup, upload_read=made.upload_read, witnesses_agree=made.witnesses_agree)

    def shows_same(self, other: Observation) -> bool:
        """Return whether another observation showed the same, whenever it was made."""
        times = {name: getattr(other, name) for name in ("host_time", "at", "until", "elapsed", "times")}
        return replace(self, **times) == other
