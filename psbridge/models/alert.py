"""What the stamp itself complains of, and what it is doing to itself."""

from __future__ import annotations

import msgspec

from psbridge.models.time import Instant


class Alert(msgspec.Struct, frozen=True):
    """One open alert of the backup service, `Get-AzsAlert`.

    Attributes:
        fault_type: such as `AzureStack.BackupController.BackupFailedShareOutOfCapacityFault`; titles are localised.
    """

    id: str | None = None
    title: str | None = None
    severity: str | None = None
    fault_type: str | None = None
    created_at: Instant | None = None


class StampUpdate(msgspec.Struct, frozen=True):
    """One update of the stamp, `Get-AzsUpdate`; while one is installing, backups are refused."""

    name: str | None = None
    version: str | None = None
    state: str | None = None
