"""`backup list`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Self

from psbridge.documents.backup import BackupBody, backup_body
from psbridge.documents.document import Document
from psbridge.models.backup import Backup
from psbridge.models.target import Target


class BackupListDocument(Document, frozen=True, kw_only=True):
    """`backup list`: newest first."""

    kind: Literal["backup_list"] = "backup_list"
    target: str
    emulated: bool
    backups: tuple[BackupBody, ...]

    @classmethod
    def of(cls, target: Target, backups: Iterable[Backup]) -> Self:
        """Return the document of backups, in the order given."""
        return cls(target=target.name, emulated=target.emulated, backups=tuple(map(backup_body, backups)))
