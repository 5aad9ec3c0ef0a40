"""What is told of backups."""

from __future__ import annotations

from typing import Literal

import msgspec


class RoleBody(msgspec.Struct, frozen=True):
    """One role of a backup."""

    name: str
    status: str


class BackupBody(msgspec.Struct, frozen=True):
    """BACKUP of the contract. Times are RFC 3339 in UTC; `duration_seconds` is exact to 100 ns."""

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


class BackupListDocument(msgspec.Struct, frozen=True, kw_only=True):
    """`backup list`: newest first."""

    schema_version: Literal[1] = 1
    kind: Literal["backup_list"] = "backup_list"
    target: str
    emulated: bool
    backups: tuple[BackupBody, ...]


class BackupDocument(msgspec.Struct, frozen=True, kw_only=True):
    """`backup show`."""

    schema_version: Literal[1] = 1
    kind: Literal["backup"] = "backup"
    target: str
    emulated: bool
    backup: BackupBody
