"""The stamp's backup configuration, `Get-AzsBackupConfiguration`."""

from __future__ import annotations

import msgspec

from psbridge.models.time import Instant


class BackupSettings(msgspec.Struct, frozen=True):
    """Where, how often and for how long the stamp backs itself up. Secrets of it are never read.

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
