"""The dialect: every cmdlet that the embedded engine knows, as one table.

Names, types, positions and order are those of the modules (`Get-Command X | % Parameters | % Keys` shows this order):
Azs.Backup.Admin 1.0.2 as in engine capture 7.6.9, Az.Accounts 2.2.8 from its source, Microsoft.PowerShell.Core as
measured on PowerShell 7.6.9. A parameter with `emulated=False` exists on a real host, and using it here ends in
`PsbridgeNotEmulated`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

STRING = "System.String"
STRINGS = "System.String[]"
SWITCH = "System.Management.Automation.SwitchParameter"
INT32 = "System.Int32"
ACTION = "System.Management.Automation.ActionPreference"
CREDENTIAL = "System.Management.Automation.PSCredential"
OBJECT = "System.Management.Automation.PSObject"
OBJECTS = "System.Object[]"
SCRIPT = "System.Management.Automation.ScriptBlock"
SCRIPTS = "System.Management.Automation.ScriptBlock[]"

ALL_SETS = "__AllParameterSets"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a cmdlet.

    Attributes:
        type: the .NET type's full name.
        sets: the parameter sets it belongs to; `ALL_SETS` for every one.
        position: its place among unnamed arguments, None if it must be named.
        mandatory: whether its sets need it.
        allowed: the words it takes, empty for any (ValidateSet).
        filled: whether null and empty are refused (ValidateNotNullOrEmpty).
        emulated: False where a real host has it and the embedded engine does not.
    """

    name: str
    type: str
    sets: tuple[str, ...] = (ALL_SETS,)
    position: int | None = None
    mandatory: bool = False
    aliases: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    filled: bool = False
    emulated: bool = True


@dataclass(frozen=True, slots=True)
class Cmdlet:
    """One cmdlet.

    Attributes:
        implementing_type: the .NET class; it follows the comma in a fully qualified error id.
        aliases: the command's own aliases (`%` for ForEach-Object).
        default_set: the parameter set taken when the arguments leave more than one, None if it has but one.
        definition_sets: the order in which `Definition` lists the parameter sets.
        output_types: what it says that it writes.
        help_uri: where its help is.
        remoting: its RemotingCapability.
        takes_rest: whether arguments that fit nothing else go to a parameter (ValueFromRemainingArguments).
    """

    name: str
    module: str
    implementing_type: str
    parameters: tuple[Parameter, ...] = ()
    should_process: bool = False
    aliases: tuple[str, ...] = ()
    default_set: str | None = None
    definition_sets: tuple[str, ...] = (ALL_SETS,)
    output_types: tuple[str, ...] = ()
    help_uri: str = ""
    remoting: str = "PowerShell"
    takes_rest: bool = False

    def all_parameters(self) -> Iterator[Parameter]:
        """Yield its own parameters, the common ones, then -WhatIf and -Confirm if it has them."""
        yield from self.parameters
        yield from COMMON
        if self.should_process:
            yield from SHOULD_PROCESS


COMMON = (
    Parameter("Verbose", SWITCH, aliases=("vb",)),
    Parameter("Debug", SWITCH, aliases=("db",)),
    Parameter("ErrorAction", ACTION, aliases=("ea",)),
    Parameter("WarningAction", ACTION, aliases=("wa",)),
    Parameter("InformationAction", ACTION, aliases=("infa",)),
    Parameter("ProgressAction", ACTION, aliases=("proga",)),
    Parameter("ErrorVariable", STRING, aliases=("ev",)),
    Parameter("WarningVariable", STRING, aliases=("wv",)),
    Parameter("InformationVariable", STRING, aliases=("iv",)),
    Parameter("OutVariable", STRING, aliases=("ov",)),
    Parameter("OutBuffer", INT32, aliases=("ob",)),
    Parameter("PipelineVariable", STRING, aliases=("pv",)),
)
SHOULD_PROCESS = (
    Parameter("WhatIf", SWITCH, aliases=("wi",)),
    Parameter("Confirm", SWITCH, aliases=("cf",)),
)
# Refused in NoLanguage: they name a variable (measured on PowerShell 7.6.9).
VARIABLE_PARAMETERS = frozenset(
    {"ErrorVariable", "WarningVariable", "InformationVariable", "OutVariable", "PipelineVariable"}
)

BACKUP_MODULE = "Azs.Backup.Admin"
ACCOUNTS_MODULE = "Az.Accounts"
ACCOUNTS_VERSION = "2.2.8"  # what Azs.Backup.Admin 1.0.2 asks for
CORE_MODULE = "Microsoft.PowerShell.Core"
CORE_VERSION = "7.6.0.500"

_BACKUP_CLASS = "Microsoft.Azure.PowerShell.Cmdlets.BackupAdmin.Cmdlets."
_CORE_CLASS = "Microsoft.PowerShell.Commands."

_PLACE = (
    Parameter("Location", STRING),
    Parameter("ResourceGroupName", STRING),
    Parameter("SubscriptionId", STRINGS),
)
_PAGE = (Parameter("Top", STRING), Parameter("Skip", STRING))


def _absent(name: str, kind: str, *sets: str, position: int | None = None, mandatory: bool = False) -> Parameter:
    return Parameter(name, kind, sets or (ALL_SETS,), position=position, mandatory=mandatory, emulated=False)


_BACKUP = (
    Cmdlet(
        "Get-AzsBackup", BACKUP_MODULE, _BACKUP_CLASS + "GetAzsBackup", (Parameter("Name", STRING), *_PLACE, *_PAGE)
    ),
    Cmdlet(
        "Start-AzsBackup",
        BACKUP_MODULE,
        _BACKUP_CLASS + "StartAzsBackup",
        (*_PLACE, Parameter("NoWait", SWITCH), Parameter("AsJob", SWITCH, emulated=False)),
        should_process=True,
    ),
    Cmdlet(
        "Get-AzsBackupConfiguration",
        BACKUP_MODULE,
        _BACKUP_CLASS + "GetAzsBackupConfiguration",
        (*_PLACE, *_PAGE),
    ),
)

_ACCOUNTS = (
    Cmdlet(
        "Get-AzContext",
        ACCOUNTS_MODULE,
        "Microsoft.Azure.Commands.Profile.GetAzureRMContextCommand",
        (Parameter("ListAvailable", SWITCH), Parameter("RefreshContextFromTokenCache", SWITCH, emulated=False)),
    ),
    Cmdlet(
        "Connect-AzAccount",
        ACCOUNTS_MODULE,
        "Microsoft.Azure.Commands.Profile.ConnectAzureRmAccountCommand",
        (
            Parameter("Environment", STRING, aliases=("EnvironmentName",)),
            Parameter("Credential", CREDENTIAL, mandatory=True),
            Parameter("ServicePrincipal", SWITCH, mandatory=True),
            Parameter("Tenant", STRING, mandatory=True, aliases=("Domain", "TenantId")),
            Parameter("Subscription", STRING, aliases=("SubscriptionName", "SubscriptionId")),
            Parameter("Force", SWITCH, aliases=("f",)),
        ),
        should_process=True,
    ),
    Cmdlet(
        "Invoke-AzRestMethod",
        ACCOUNTS_MODULE,
        "Microsoft.Azure.Commands.Profile.Rest.InvokeAzRestCommand",
        (
            Parameter("Path", STRING, mandatory=True),
            Parameter("Method", STRING, allowed=("GET", "POST", "PUT", "PATCH", "DELETE")),
            Parameter("Payload", STRING),
        ),
        should_process=True,
    ),
)

_EACH, _MEMBER, _PARALLEL = "ScriptBlockSet", "PropertyAndMethodSet", "ParallelParameterSet"
_BY_NAME, _BY_NOUN = "AllCommandSet", "CmdletSet"
_LOADED, _AVAILABLE, _SESSION, _CIM = "Loaded", "Available", "PsSession", "CimSession"
_SPECIFICATIONS = "Microsoft.PowerShell.Commands.ModuleSpecification[]"

_CORE = (
    Cmdlet(
        "ForEach-Object",
        CORE_MODULE,
        _CORE_CLASS + "ForEachObjectCommand",
        (
            _absent("InputObject", OBJECT, _EACH, _MEMBER, _PARALLEL),
            _absent("Begin", SCRIPT, _EACH),
            _absent("Process", SCRIPTS, _EACH, position=0, mandatory=True),
            _absent("End", SCRIPT, _EACH),
            _absent("RemainingScripts", SCRIPTS, _EACH),
            Parameter("MemberName", STRING, (_MEMBER,), position=0, mandatory=True, filled=True),
            _absent("ArgumentList", OBJECTS, _MEMBER),
            _absent("Parallel", SCRIPT, _PARALLEL, mandatory=True),
            _absent("ThrottleLimit", INT32, _PARALLEL),
            _absent("TimeoutSeconds", INT32, _PARALLEL),
            _absent("AsJob", SWITCH, _PARALLEL),
            _absent("UseNewRunspace", SWITCH, _PARALLEL),
        ),
        should_process=True,
        aliases=("%", "foreach"),
        default_set=_EACH,
        definition_sets=(_EACH, _MEMBER, _PARALLEL),
        takes_rest=True,
        help_uri="https://go.microsoft.com/fwlink/?LinkID=2096867",
        remoting="None",
    ),
    Cmdlet(
        "Get-Command",
        CORE_MODULE,
        _CORE_CLASS + "GetCommandCommand",
        (
            Parameter("Name", STRINGS, (_BY_NAME,), position=0, filled=True),
            _absent("Verb", STRINGS, _BY_NOUN),
            _absent("Noun", STRINGS, _BY_NOUN),
            _absent("Module", STRINGS),
            _absent("ExcludeModule", STRINGS),
            _absent("FullyQualifiedModule", _SPECIFICATIONS),
            _absent("CommandType", "System.Management.Automation.CommandTypes", _BY_NAME),
            _absent("TotalCount", INT32),
            _absent("Syntax", SWITCH),
            _absent("ShowCommandInfo", SWITCH),
            _absent("ArgumentList", OBJECTS, position=1),
            _absent("All", SWITCH),
            _absent("ListImported", SWITCH),
            _absent("ParameterName", STRINGS),
            _absent("ParameterType", "System.Management.Automation.PSTypeName[]"),
            _absent("UseFuzzyMatching", SWITCH, _BY_NAME),
            _absent("FuzzyMinimumDistance", "System.UInt32", _BY_NAME),
            _absent("UseAbbreviationExpansion", SWITCH, _BY_NAME),
        ),
        aliases=("gcm",),
        default_set=_BY_NOUN,
        takes_rest=True,
        definition_sets=(_BY_NOUN, _BY_NAME),
        output_types=(
            "System.Management.Automation.AliasInfo",
            "System.Management.Automation.ApplicationInfo",
            "System.Management.Automation.FunctionInfo",
            "System.Management.Automation.CmdletInfo",
            "System.Management.Automation.ExternalScriptInfo",
            "System.Management.Automation.FilterInfo",
            "System.String",
            "System.Management.Automation.PSObject",
        ),
        help_uri="https://go.microsoft.com/fwlink/?LinkID=2096579",
    ),
    Cmdlet(
        "Get-Module",
        CORE_MODULE,
        _CORE_CLASS + "GetModuleCommand",
        (
            Parameter("Name", STRINGS, (_LOADED, _AVAILABLE, _SESSION, _CIM), position=0),
            _absent("FullyQualifiedName", _SPECIFICATIONS, _LOADED, _AVAILABLE, _SESSION, _CIM),
            _absent("All", SWITCH, _LOADED, _AVAILABLE),
            Parameter("ListAvailable", SWITCH, (_AVAILABLE, _SESSION, _CIM), mandatory=True),
            _absent("PSEdition", STRING, _AVAILABLE, _SESSION),
            _absent("SkipEditionCheck", SWITCH, _AVAILABLE, _SESSION, _CIM),
            _absent("Refresh", SWITCH, _AVAILABLE, _SESSION, _CIM),
            _absent("PSSession", "System.Management.Automation.Runspaces.PSSession", _SESSION, mandatory=True),
            _absent("CimSession", "Microsoft.Management.Infrastructure.CimSession", _CIM, mandatory=True),
            _absent("CimResourceUri", "System.Uri", _CIM),
            _absent("CimNamespace", STRING, _CIM),
        ),
        aliases=("gmo",),
        default_set=_LOADED,
        definition_sets=(_LOADED, _AVAILABLE, _SESSION, _CIM),
        output_types=("System.Management.Automation.PSModuleInfo",),
        help_uri="https://go.microsoft.com/fwlink/?LinkID=2096696",
    ),
)

DIALECT: tuple[Cmdlet, ...] = (*_BACKUP, *_ACCOUNTS, *_CORE)

# What a PowerShell host of that kind has beyond the dialect: answered with PsbridgeNotEmulated, not with
# CommandNotFoundException, so that nobody takes the emulator's limit for the host's.
_ELSEWHERE = (
    # Microsoft.PowerShell.Core, as measured on PowerShell 7.6.9
    "Add-History Clear-History Debug-Job Disable-ExperimentalFeature Enable-ExperimentalFeature",
    "Enter-PSHostProcess Enter-PSSession Exit-PSHostProcess Exit-PSSession Export-ModuleMember",
    "Get-ExperimentalFeature Get-Help Get-History Get-Job Get-PSHostProcessInfo Get-PSSession Get-PSSubsystem",
    "Import-Module Invoke-Command Invoke-History New-Module New-ModuleManifest New-PSRoleCapabilityFile",
    "New-PSSession New-PSSessionConfigurationFile New-PSSessionOption New-PSTransportOption Out-Default Out-Host",
    "Out-Null Receive-Job Register-ArgumentCompleter Remove-Job Remove-Module Remove-PSSession Save-Help",
    "Set-PSDebug Set-StrictMode Start-Job Stop-Job Switch-Process Test-ModuleManifest Update-Help Wait-Job",
    "Where-Object",
    # the modules next to it that runbooks use most
    "ConvertFrom-Json ConvertTo-Json ConvertTo-SecureString Get-Content Get-Date Get-Item Get-ChildItem",
    "Get-Member Get-Process Get-Service Get-Variable Invoke-Expression Invoke-RestMethod Invoke-WebRequest",
    "Measure-Object New-Object Select-Object Set-Variable Sort-Object Start-Sleep Test-Path Write-Error",
    "Write-Host Write-Information Write-Output Write-Verbose Write-Warning",
    # Az.Accounts and Azs.Backup.Admin
    "Add-AzEnvironment Clear-AzContext Disable-AzContextAutosave Disable-AzDataCollection Disconnect-AzAccount",
    "Get-AzAccessToken Get-AzEnvironment Get-AzSubscription Get-AzTenant Save-AzContext Select-AzContext",
    "Select-AzSubscription Set-AzContext Set-AzEnvironment",
    "Invoke-AzsPruneBackupLocationExternalStore Restore-AzsBackup Set-AzsBackupConfiguration",
)
KNOWN_ELSEWHERE = frozenset(name.casefold() for line in _ELSEWHERE for name in line.split())


def find(name: str) -> Cmdlet | None:
    """Return the cmdlet of that name, alias or module-qualified name, ignoring case; None if there is none."""
    module, _, bare = name.rpartition("\\")
    folded = bare.casefold()
    for cmdlet in DIALECT:
        if module and module.casefold() != cmdlet.module.casefold():
            continue
        if cmdlet.name.casefold() == folded or any(alias.casefold() == folded for alias in cmdlet.aliases):
            return cmdlet
    return None
