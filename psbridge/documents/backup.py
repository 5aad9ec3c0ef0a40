"""`backup show` and `backup list`, and a backup as every document has it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Self

import msgspec

from psbridge.documents.document import Document, copied, moment_of, text_of
from psbridge.models.backup import Backup, Role
from psbridge.models.target import Target
from psbridge.models.time import Span


class RoleBody(msgspec.Struct, frozen=True):
    """One role of a backup."""

    name: str
    status: str


class BackupBody(msgspec.Struct, frozen=True):
    """One backup. Times are RFC 3339 in UTC; `duration_seconds` is exact to 100 ns."""

    id: str
    name: str | None
    location: str | None
    status: str | None
    roles: tuple[RoleBody, ...] | None
    started_at: str | None
    completed_at: str | None
    duration_seconds: float | None
    stamp_version: str | None
    oem_version: str | None
    deployment_id: str | None
    encryption_cert_thumbprint: str | None
    is_cloud_recovery_ready: bool | None
    completely_uploaded: bool | None
    is_automatic: bool | None
    data_version: str | None
    resource_id: str | None


class BackupDocument(Document, frozen=True, kw_only=True):
    """`backup show`."""

    kind: Literal["backup"] = "backup"
    target: str
    emulated: bool
    backup: BackupBody

    @classmethod
    def of(cls, target: Target, backup: Backup) -> Self:
        """Return the document of a backup."""
        return cls(target=target.name, emulated=target.emulated, backup=backup_body(backup))


def backup_body(backup: Backup) -> BackupBody:
    """Return a backup as documents have it."""
    return copied(
        BackupBody,
        backup,
        roles=None if backup.roles is None else tuple(RoleBody(role.name, role.status) for role in backup.roles),
        started_at=text_of(backup.started_at),
        completed_at=text_of(backup.completed_at),
        duration_seconds=None if backup.duration is None else backup.duration.seconds,
    )


def body_or_none(backup: Backup | None) -> BackupBody | None:
    """Return a backup as documents have it, None for none."""
    return None if backup is None else backup_body(backup)


def backup_of(body: BackupBody) -> Backup:
    """Return the backup that a body was made from; `started_at` follows from the other two times.

    Raises:
        ValueError: a time in it is not one.
    """
    return copied(
        Backup,
        body,
        roles=None if body.roles is None else tuple(Role(role.name, role.status) for role in body.roles),
        completed_at=moment_of(body.completed_at),
        duration=None if body.duration_seconds is None else Span.of_seconds(body.duration_seconds),
    )


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
