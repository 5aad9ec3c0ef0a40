"""The Azs.*.Admin modules of the Az generation: the commands that read or start backups, read alerts, or read updates.

Azs.Backup.Admin 1.0.2 as in engine capture 7.6.9; Azs.InfrastructureInsights.Admin 1.0.2 from its generated code;
Azs.Update.Admin 1.1.0 from its generated code and its wrapper. The sets of parameters are joined into one, and those that
take an object are left out.
"""

from __future__ import annotations

from psbridge.emulator.engines.dialect.model import STRING, STRINGS, SWITCH, Cmdlet, Module, Parameter
from psbridge.values import replace

_BACKUP, _INSIGHTS, _UPDATE = "Azs.Backup.Admin", "Azs.InfrastructureInsights.Admin", "Azs.Update.Admin"
_SPACE = "Microsoft.Azure.PowerShell.Cmdlets."
_BACKUP_CLASS = _SPACE + "BackupAdmin.Cmdlets."

_NAME = Parameter("Name", STRING)
_LOCATION = Parameter("Location", STRING)
_GROUP = Parameter("ResourceGroupName", STRING)
_SUBSCRIPTION = Parameter("SubscriptionId", STRINGS)
_PLACE = (_LOCATION, _GROUP, _SUBSCRIPTION)
_PAGE = (Parameter("Top", STRING), Parameter("Skip", STRING))

PRUNE = "Invoke-AzsPruneBackupLocationExternalStore"
# The generated code takes an open word type, to which any text is converted.
_OPERATION_TYPE = Parameter("OperationType", STRING)


def _prune(*more: Parameter) -> Cmdlet:
    switches = (Parameter("NoWait", SWITCH), Parameter("AsJob", SWITCH, emulated=False))
    return Cmdlet(
        PRUNE,
        _BACKUP,
        f"{_BACKUP_CLASS}InvokeAzsPruneBackupLocationExternalStore_PruneExpanded",
        (*_PLACE, *more, *switches),
        should_process=True,
    )


AZS_BACKUP = Module(
    _BACKUP,
    "1.0.2",
    (
        Cmdlet("Get-AzsBackup", _BACKUP, _BACKUP_CLASS + "GetAzsBackup", (_NAME, *_PLACE, *_PAGE)),
        Cmdlet(
            "Start-AzsBackup",
            _BACKUP,
            _BACKUP_CLASS + "StartAzsBackup",
            (*_PLACE, Parameter("NoWait", SWITCH), Parameter("AsJob", SWITCH, emulated=False)),
            should_process=True,
        ),
        Cmdlet("Get-AzsBackupConfiguration", _BACKUP, _BACKUP_CLASS + "GetAzsBackupConfiguration", (*_PLACE, *_PAGE)),
        _prune(_OPERATION_TYPE),
    ),
)


def without_operation_type(module: Module) -> Module:
    """Return the module with a prune that can't be a dry run."""
    others = (each for each in module.commands if each.name != PRUNE)
    return replace(module, commands=(*others, _prune()))


AZS_INSIGHTS = Module(
    _INSIGHTS,
    "1.0.2",
    (
        Cmdlet(
            "Get-AzsAlert",
            _INSIGHTS,
            _SPACE + "InfrastructureInsightsAdmin.Cmdlets.GetAzsAlert",
            (_LOCATION, _NAME, _GROUP, _SUBSCRIPTION, Parameter("Filter", STRING)),
        ),
    ),
)
AZS_UPDATE = Module(
    _UPDATE,
    "1.1.0",
    (
        Cmdlet(
            "Get-AzsUpdate",
            _UPDATE,
            _SPACE + "UpdateAdmin.Cmdlets.GetAzsUpdate",
            (_LOCATION, _NAME, _GROUP, _SUBSCRIPTION),
        ),
        Cmdlet(
            "Get-AzsUpdateLocation",
            _UPDATE,
            _SPACE + "UpdateAdmin.Cmdlets.GetAzsUpdateLocation",
            (_NAME, _GROUP, _SUBSCRIPTION),
        ),
    ),
)
