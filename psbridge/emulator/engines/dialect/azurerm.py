"""The AzureRM generation: AzureRM.Profile 5.8.3 and Azs.Backup.Admin 0.3.2, from their source.

The commands of Azs.Backup.Admin 0.3.x are functions: their errors end in the function's name, they ask unless they get
-Force, and they know no -NoWait. A real host of that kind has Windows PowerShell 5.1 and nothing else runs them; the
engines here answer as PowerShell 7.6.9 does, which stands in for it.
"""

from __future__ import annotations

from psbridge.emulator.engines.dialect.az_accounts import (
    BY_CERTIFICATE,
    BY_SECRET,
    CLASS,
    connect_parameters,
    context_commands,
)
from psbridge.emulator.engines.dialect.model import (
    ANY,
    INT32,
    STRING,
    SWITCH,
    Cmdlet,
    Module,
    Parameter,
    absent,
)

PROFILE = "AzureRM.Profile"
BACKUP = "Azs.Backup.Admin"
_MODELS = "Microsoft.AzureStack.Management.Backup.Admin.Models."

AZURERM_PROFILE = Module(
    PROFILE,
    "5.8.3",
    (
        Cmdlet(
            "Get-AzureRmContext",
            PROFILE,
            CLASS + "GetAzureRMContextCommand",
            (Parameter("ListAvailable", SWITCH),),
        ),
        Cmdlet(
            "Connect-AzureRmAccount",
            PROFILE,
            CLASS + "ConnectAzureRmAccountCommand",
            (*connect_parameters("TenantId", "Domain"), Parameter("Force", SWITCH)),
            should_process=True,
            default_set=BY_SECRET,
            definition_sets=(BY_SECRET, BY_CERTIFICATE),
            aliases=("Add-AzureRmAccount", "Login-AzureRmAccount"),
        ),
        *context_commands(PROFILE, "AzureRm"),
    ),
)

_LIST, _GET, _ID, _PARENT = "List", "Get", "ResourceId", "ParentResource"
_CREATE, _CREATE_ID = "CreateBackup", "CreateBackup_FromResourceId"


def _resource_id(name: str, *, emulated: bool = True) -> Parameter:
    return Parameter("ResourceId", STRING, (name,), mandatory=True, aliases=("id",), filled=True, emulated=emulated)


def _group(*sets: str) -> Parameter:
    return Parameter("ResourceGroupName", STRING, sets, length=(1, 90))


AZURERM_BACKUP = Module(
    BACKUP,
    "0.3.2",
    (
        Cmdlet(
            "Get-AzsBackup",
            BACKUP,
            "Get-AzsBackup",
            (
                Parameter("Name", STRING, (_GET,), mandatory=True, filled=True),
                Parameter("Location", STRING, (_LIST, _GET)),
                _resource_id(_ID),
                _group(_LIST, _GET),
                absent("ParentResource", ANY, _PARENT, mandatory=True),  # a BackupLocation there
                Parameter("Top", INT32, (_PARENT, _LIST)),
                Parameter("Skip", INT32, (_PARENT, _LIST)),
            ),
            default_set=_LIST,
            definition_sets=(_LIST, _GET, _ID, _PARENT),
            output_types=(_MODELS + "Backup",),
            kind="Function",
        ),
        Cmdlet(
            "Get-AzsBackupConfiguration",
            BACKUP,
            "Get-AzsBackupConfiguration",
            (
                Parameter("Location", STRING, (_GET,), position=0),
                _resource_id(_ID),
                _group(_GET, _LIST),
                Parameter("Skip", INT32, (_LIST,)),
                Parameter("Top", INT32, (_LIST,)),
            ),
            aliases=("Get-AzsBackupLocation",),
            default_set=_LIST,
            definition_sets=(_LIST, _GET, _ID),
            output_types=(_MODELS + "BackupLocation",),
            kind="Function",
        ),
        Cmdlet(
            "Start-AzsBackup",
            BACKUP,
            "Start-AzsBackup",
            (
                _group(_CREATE),
                Parameter("Location", STRING, (_CREATE,)),
                # the template that the real one compares an id with has blanks, so that no id ever fits
                _resource_id(_CREATE_ID, emulated=False),
                Parameter("AsJob", SWITCH, emulated=False),
                Parameter("Force", SWITCH),
            ),
            should_process=True,
            default_set=_CREATE,
            definition_sets=(_CREATE, _CREATE_ID),
            output_types=(_MODELS + "LongRunningOperationStatus",),
            kind="Function",
        ),
    ),
)
