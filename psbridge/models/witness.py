"""What the sources of one look say of a backup, each by itself."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import msgspec

from psbridge.models.backup import Backup
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
        twice: what it says twice in different ways, such as `completelyUploaded: True, False`, or can't be read in it.
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
"""What the object may be silent about and another source may say. Status, roles and times are the object's own or nobody's."""


def joined(witnesses: Sequence[Witness]) -> Backup | None:
    """Return the backup as the object shows it, with what only the other sources say; None where no object shows it.

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
