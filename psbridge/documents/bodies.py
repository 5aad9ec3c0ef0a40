"""The parts that documents are made of; each field is one key of the JSON, in its order. Unknown is None."""

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


@dataclass(frozen=True, slots=True)
class EvidenceBody:
    """One row of a verdict's evidence."""

    check: str
    outcome: Literal["pass", "fail", "warn", "unknown", "not_checked"]
    detail: str


@dataclass(frozen=True, slots=True)
class StampBody:
    """What the host's session was signed in to, and the location worked in."""

    environment: str | None
    subscription_id: str | None
    subscription_name: str | None
    tenant: str | None
    account: str | None
    location: str | None


@dataclass(frozen=True, slots=True)
class SettingsBody:
    """The stamp's backup configuration."""

    location: str | None
    path: str | None
    user_name: str | None
    encryption_cert_thumbprint: str | None
    backup_frequency_in_hours: int | None
    backup_retention_period_in_days: int | None
    available_capacity: str | None
    is_backup_scheduler_enabled: bool | None
    next_backup_time: str | None
    last_backup_time: str | None
    resource_id: str | None


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """What went wrong; `code` and `exit_code` are those of the table of exit codes."""

    code: str
    exit_code: int
    message: str
    hint: str | None
    id: str | None
    trigger: Literal["not_sent", "sent", "unknown"]
    detail: dict[str, object]


@dataclass(frozen=True, slots=True)
class RunBody:
    """One run of the journal."""

    run: str
    target: str
    location: str
    state: str
    trigger: str
    created_at: str
    updated_at: str
    backup_id: str | None
    verdict: str | None
    exit_code: int | None
    known_ids: tuple[str, ...]
    candidates: tuple[str, ...]
    host_time: str | None


@dataclass(frozen=True, slots=True)
class ProblemBody:
    """One thing that is wrong, or worth a warning, in a config."""

    severity: Literal["error", "warning"]
    file: str | None
    line: int | None
    key: str | None
    message: str
    nearest: str | None


@dataclass(frozen=True, slots=True)
class TargetBody:
    """One target, without its secrets."""

    name: str
    hosts: tuple[str, ...]
    auth: str | None
    location: str | None
    subscription: str | None
    emulated: bool
    default: bool


@dataclass(frozen=True, slots=True)
class CodeBody:
    """One exit code and what it means."""

    exit_code: int
    code: str
    meaning: str
