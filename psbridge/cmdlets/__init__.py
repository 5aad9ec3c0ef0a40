"""A class a cmdlet: `pipeline()` says what is sent, `parse()` what came back. Pure; nothing here reaches a host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psbridge.lazy import lazily

if TYPE_CHECKING:
    from psbridge.cmdlets.az_accounts import ConnectAzAccount
    from psbridge.cmdlets.azs_backup import BackupList, GetBackup, ListBackups, StartBackup, StartBackupAndWait
    from psbridge.cmdlets.azs_configuration import GetBackupConfiguration
    from psbridge.cmdlets.azs_health import GetAlerts, GetUpdates
    from psbridge.cmdlets.observe import ObserveBackup
    from psbridge.cmdlets.preflight import Preflight, Readiness
    from psbridge.cmdlets.raw import ListRawBackups

__all__ = [
    "BackupList",
    "ConnectAzAccount",
    "GetAlerts",
    "GetBackup",
    "GetBackupConfiguration",
    "GetUpdates",
    "ListBackups",
    "ListRawBackups",
    "ObserveBackup",
    "Preflight",
    "Readiness",
    "StartBackup",
    "StartBackupAndWait",
]

__getattr__ = lazily(
    __name__,
    az_accounts=("ConnectAzAccount",),
    azs_backup=("BackupList", "GetBackup", "ListBackups", "StartBackup", "StartBackupAndWait"),
    azs_configuration=("GetBackupConfiguration",),
    azs_health=("GetAlerts", "GetUpdates"),
    observe=("ObserveBackup",),
    preflight=("Preflight", "Readiness"),
    raw=("ListRawBackups",),
)
