"""What the stamp reports about itself: its backup configuration, its open alerts, its updates."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from psbridge.models.time import Instant


class BackupSettings(msgspec.Struct, frozen=True):
    """Where, how often and for how long the stamp backs itself up, `Get-AzsBackupConfiguration`. Secrets of it are never read.

    Attributes:
        available_capacity: text such as `1.00 TB` or `60 GB`, as the stamp gives it.
        next_backup_time: not None even while the scheduler is off (recorded).
        last_backup_time: None until the first backup, then the newest one's completion (recorded).
    """

    location: str | None = None
    path: str | None = None
    user_name: str | None = None
    encryption_cert_thumbprint: str | None = None
    backup_frequency_in_hours: int | None = None
    backup_retention_period_in_days: int | None = None
    available_capacity: str | None = None
    is_backup_scheduler_enabled: bool | None = None
    next_backup_time: Instant | None = None
    last_backup_time: Instant | None = None
    resource_id: str | None = None


class Alert(msgspec.Struct, frozen=True):
    """One open alert of the stamp, `Get-AzsAlert`.

    Attributes:
        severity: `Critical` or `Warning`.
        fault_type: such as `AzureStack.BackupController.BackupFailedShareOutOfCapacityFault`; titles are localised.
        resource: what it is about, such as `Infrastructure backup`.
        provider: the resource provider that it is about, such as `Microsoft.Backup.Admin`.
        description, remediation: the alert's own texts, one line each; None if the source has none.
        properties: what the alert itself adds, such as `failedAdminOperations`; times in it are en-US text.
    """

    id: str | None = None
    title: str | None = None
    severity: str | None = None
    fault_type: str | None = None
    created_at: Instant | None = None
    resource: str | None = None
    provider: str | None = None
    description: tuple[str, ...] | None = None
    remediation: tuple[str, ...] | None = None
    properties: tuple[tuple[str, str], ...] = ()

    @property
    def is_critical(self) -> bool:
        """Whether its severity is critical, case ignored."""
        return (self.severity or "").casefold() == "critical"


def worst_first(alerts: Iterable[Alert]) -> tuple[Alert, ...]:
    """Return alerts, the critical ones first, then the newest, then by type."""

    def rank(it: Alert) -> tuple[bool, int, str]:
        return not it.is_critical, -(it.created_at.ticks if it.created_at else 0), it.fault_type or ""

    return tuple(sorted(alerts, key=rank))


class UpdateLocation(msgspec.Struct, frozen=True):
    """What the stamp runs and where its updates stand, `Get-AzsUpdateLocation`.

    Attributes:
        state: such as `AppliedSuccessfully`, `UpdateInProgress` or `UpdateFailed` (swagger 2021-07-01; an open list).
    """

    current_version: str | None = None
    state: str | None = None


class StampUpdate(msgspec.Struct, frozen=True):
    """One update of the stamp, `Get-AzsUpdate`; while one is installing, backups are refused."""

    name: str | None = None
    version: str | None = None
    state: str | None = None
