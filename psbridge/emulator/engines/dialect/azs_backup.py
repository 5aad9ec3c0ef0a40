"""Azs.Backup.Admin 1.0.2, as in engine capture 7.6.9."""

from __future__ import annotations

from psbridge.emulator.engines.dialect.model import STRING, STRINGS, SWITCH, Cmdlet, Module, Parameter

NAME = "Azs.Backup.Admin"
_CLASS = "Microsoft.Azure.PowerShell.Cmdlets.BackupAdmin.Cmdlets."

_PLACE = (
    Parameter("Location", STRING),
    Parameter("ResourceGroupName", STRING),
    Parameter("SubscriptionId", STRINGS),
)
_PAGE = (Parameter("Top", STRING), Parameter("Skip", STRING))


_COMMANDS = (
    Cmdlet("Get-AzsBackup", NAME, _CLASS + "GetAzsBackup", (Parameter("Name", STRING), *_PLACE, *_PAGE)),
    Cmdlet(
        "Start-AzsBackup",
        NAME,
        _CLASS + "StartAzsBackup",
        (*_PLACE, Parameter("NoWait", SWITCH), Parameter("AsJob", SWITCH, emulated=False)),
        should_process=True,
    ),
    Cmdlet(
        "Get-AzsBackupConfiguration",
        NAME,
        _CLASS + "GetAzsBackupConfiguration",
        (*_PLACE, *_PAGE),
    ),
)

AZS_BACKUP = Module(NAME, "1.0.2", _COMMANDS)
