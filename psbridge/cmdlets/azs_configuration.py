"""`Get-AzsBackupConfiguration` of Azs.Backup.Admin 1.0.x."""

from __future__ import annotations

import msgspec

from psbridge.cmdlets.decode import Reader
from psbridge.cmdlets.error_records import check
from psbridge.cmdlets.paths import where
from psbridge.errors import NotFound
from psbridge.models.settings import BackupSettings
from psbridge.powershell.objects import PSObject, Value
from psbridge.powershell.pipeline import Command, Pipeline
from psbridge.powershell.result import Result


def is_settings(value: Value) -> bool:
    """Tell a backup location by its shape."""
    return isinstance(value, PSObject) and value.has("BackupFrequencyInHours")


def read_settings(value: PSObject) -> BackupSettings:
    """Return the settings that an object shows. Its password and certificate are null on read, and never looked at."""
    at = Reader(value, "Get-AzsBackupConfiguration")
    return BackupSettings(
        location=at.text("Location") or at.text("Name"),
        path=at.text("Path"),
        user_name=at.text("UserName"),
        encryption_cert_thumbprint=at.text("EncryptionCertThumbprint"),
        backup_frequency_in_hours=at.integer("BackupFrequencyInHours"),
        backup_retention_period_in_days=at.integer("BackupRetentionPeriodInDays"),
        available_capacity=at.text("AvailableCapacity"),
        is_backup_scheduler_enabled=at.flag("IsBackupSchedulerEnabled"),
        next_backup_time=at.instant("NextBackupTime"),
        last_backup_time=at.instant("LastBackupTime"),
        resource_id=at.text("Id"),
    )


class GetBackupConfiguration(msgspec.Struct, frozen=True):
    """The settings of a location; without one, of the stamp's only location, which the host looks up."""

    location: str | None = None

    def command(self) -> Command:
        """Return the cmdlet with its parameters."""
        return Command.of("Get-AzsBackupConfiguration", {} if self.location is None else where(self.location))

    def pipeline(self) -> Pipeline:
        """Return what is sent."""
        return Pipeline.of(self.command())

    def parse(self, result: Result) -> BackupSettings:
        """Return the settings.

        Raises:
            psbridge.errors.PsbridgeError: the error that the stamp gave; `NotFound` if it gave nothing.
        """
        check(result)
        for value in result.output:
            if isinstance(value, PSObject) and is_settings(value):
                return read_settings(value)
        raise NotFound(
            f"the stamp has no backup location {self.location or ''}".rstrip(), hint="Check `location` of the target."
        )
