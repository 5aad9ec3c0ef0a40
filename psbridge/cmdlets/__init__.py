"""A class a cmdlet: `pipeline()` says what is sent, `parse()` what came back. Pure; nothing here reaches a host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psbridge.lazy import lazily

if TYPE_CHECKING:
    from psbridge.cmdlets.azs_backup import BackupList, GetBackup, ListBackups, StartBackup, StartBackupAndWait
    from psbridge.cmdlets.azs_configuration import GetBackupConfiguration
    from psbridge.cmdlets.azs_health import GetAlerts, GetUpdates
    from psbridge.cmdlets.observe import ObserveBackup
    from psbridge.cmdlets.preflight import Preflight, Readiness
    from psbridge.cmdlets.raw import ListRawBackups
    from psbridge.cmdlets.sign_in import AddEnvironment, ConnectAzAccount, LookForEnvironment

__all__ = [
    "AddEnvironment",
    "BackupList",
    "ConnectAzAccount",
    "GetAlerts",
    "GetBackup",
    "GetBackupConfiguration",
    "GetUpdates",
    "ListBackups",
    "ListRawBackups",
    "LookForEnvironment",
    "ObserveBackup",
    "Preflight",
    "Readiness",
    "StartBackup",
    "StartBackupAndWait",
]

__getattr__ = lazily(
    __name__,
    azs_backup=("BackupList", "GetBackup", "ListBackups", "StartBackup", "StartBackupAndWait"),
    azs_configuration=("GetBackupConfiguration",),
    azs_health=("GetAlerts", "GetUpdates"),
    observe=("ObserveBackup",),
    preflight=("Preflight", "Readiness"),
    raw=("ListRawBackups",),
    sign_in=("AddEnvironment", "ConnectAzAccount", "LookForEnvironment"),
)
