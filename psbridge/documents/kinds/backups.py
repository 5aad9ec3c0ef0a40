"""What is told of backups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class RoleBody:
    """One role of a backup."""

    name: str
    status: str


@dataclass(frozen=True, slots=True)
class BackupBody:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupListDocument:
    """`backup list`: newest first."""

    schema_version: Literal[1] = 1
    kind: Literal["backup_list"] = "backup_list"
    target: str
    emulated: bool
    backups: tuple[BackupBody, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupDocument:
    """`backup show`."""

    schema_version: Literal[1] = 1
    kind: Literal["backup"] = "backup"
    target: str
    emulated: bool
    backup: BackupBody
