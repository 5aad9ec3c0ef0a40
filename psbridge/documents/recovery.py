"""The keys of backups, and the recovery sheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from psbridge.documents.document import Document
from psbridge.models.keys import OpenedKey


class OpenedKeyBody(msgspec.Struct, frozen=True):
    """When, where and from which file a key was opened, and which backup it opened."""

    path: str
    machine: str
    opened_at: str
    subject: str
    serial: str
    not_after: str
    backup_id: str

    @staticmethod
    def of(key: OpenedKey) -> OpenedKeyBody:
        """Return a key that was opened."""
        return OpenedKeyBody(
            key.path, key.machine, str(key.opened_at), key.subject, key.serial, str(key.not_after), key.backup_id
        )


class KeyBody(msgspec.Struct, frozen=True):
    """A certificate, which backups need it, and whether its key was opened on this machine.

    `backups` are those that the stamp lists, `in_store` those that the store has; null if no store was read.
    """

    thumbprint: str
    in_settings: bool
    backups: tuple[str, ...]
    in_store: tuple[str, ...] | None
    opened: OpenedKeyBody | None
    warnings: tuple[str, ...]


class KeyListDocument(Document, frozen=True, kw_only=True):
    """`key list`: no key that is listed, or is not, may be discarded because of it; copies elsewhere may need it."""

    kind: Literal["key_list"] = "key_list"
    target: str
    emulated: bool
    keys: tuple[KeyBody, ...]
    in_store: tuple[str, ...]
    """Paths of .pfx files within the store, which the stamp's prune would delete."""


class SheetRowBody(msgspec.Struct, frozen=True):
    """One line of the recovery sheet; `value` is null for what must be filled in by hand."""

    section: str
    name: str
    value: str | None
    source: str


class RecoverySheetDocument(Document, frozen=True, kw_only=True):
    """`recovery show`: what a recovery needs to know, and what psbridge can't know."""

    kind: Literal["recovery_sheet"] = "recovery_sheet"
    target: str
    emulated: bool
    made_at: str
    backup_id: str
    rows: tuple[SheetRowBody, ...]
    notes: tuple[str, ...]

    @staticmethod
    def gaps(rows: Iterable[SheetRowBody]) -> Sequence[str]:
        """Return the names of what must be filled in."""
        return [row.name for row in rows if row.value is None]
