"""Which commands a session of a host has: a table per host, made from its profile and the session configuration."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

import msgspec

from psbridge.emulator.engines.dialect import privileged
from psbridge.emulator.engines.dialect.az_accounts import AZ_ACCOUNTS
from psbridge.emulator.engines.dialect.azs import AZS_BACKUP, AZS_INSIGHTS, AZS_UPDATE, PRUNE, without_operation_type
from psbridge.emulator.engines.dialect.azurerm import AZURERM_BACKUP, AZURERM_PROFILE
from psbridge.emulator.engines.dialect.core import CORE
from psbridge.emulator.engines.dialect.model import Cmdlet, Module
from psbridge.emulator.engines.dialect.windows import BY_NAME
from psbridge.emulator.stamp.api import HostProfile
from psbridge.values import replace

# Commands of a real host that are not emulated: answered with PsbridgeNotEmulated, not with
# CommandNotFoundException, because a real host has them.
_POWERSHELLS = (
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
)
_OF_MODULES = (  # of emulated modules: Az.Accounts and Azs.Backup.Admin
    "Clear-AzContext Disable-AzDataCollection Disconnect-AzAccount Enable-AzContextAutosave",
    "Get-AzAccessToken Get-AzContextAutosaveSetting Get-AzSubscription Get-AzTenant Save-AzContext Select-AzContext",
    "Set-AzEnvironment",
    "Restore-AzsBackup Set-AzsBackupConfiguration",
)


def _names(lines: tuple[str, ...]) -> frozenset[str]:
    return frozenset(name.casefold() for line in lines for name in line.split())


POWERSHELLS = _names(_POWERSHELLS)
"""The commands of PowerShell itself, which a real engine runs in full language mode."""
KNOWN_ELSEWHERE = POWERSHELLS | _names(_OF_MODULES)


DEFAULT_CONFIGURATION = "Microsoft.PowerShell"
CONFIGURATIONS = (DEFAULT_CONFIGURATION, privileged.CONFIGURATION)
"""The session configurations of an emulated host. A real privileged endpoint is on machines of its own (ERCS)."""


class HostTable(msgspec.Struct, frozen=True):
    """The commands of a session.

    Attributes:
        modules: the installed modules, without the engine's own, sorted by name.
        visible: the visible commands of the session, in lower case; None for all.
        hidden: the hidden ones among them, in lower case.
    """

    modules: tuple[Module, ...]
    visible: frozenset[str] | None = None
    hidden: frozenset[str] = frozenset()

    def commands(self) -> Iterator[Cmdlet]:
        """Yield the commands that can be run and are shown."""
        for module in (*self.modules, CORE):
            if module.loads:
                yield from (each for each in module.commands if self._shows(each))

    def find(self, name: str) -> Cmdlet | None:
        """Return the command of that name, alias or module-qualified name, ignoring case; None if there is none."""
        module, _, bare = name.rpartition("\\")
        folded = bare.casefold()
        for cmdlet in (*self.commands(), *self._by_name()):
            if module and module.casefold() != cmdlet.module.casefold():
                continue
            if cmdlet.name.casefold() == folded or any(alias.casefold() == folded for alias in cmdlet.aliases):
                return cmdlet
        return None

    def _by_name(self) -> Iterator[Cmdlet]:
        return (each for module in BY_NAME for each in module.commands if self._shows(each))

    def exported(self, pattern: str) -> Iterator[Cmdlet]:
        """Yield the commands that Get-Command finds by a pattern, including those of modules that can't be loaded."""
        folded = pattern.casefold()
        for module in (*self.modules, CORE):
            yield from (
                each for each in module.commands if self._shows(each) and fnmatchcase(each.name.casefold(), folded)
            )

    def hides(self, name: str) -> bool:
        """Return whether the session has a command and does not show it."""
        folded = name.casefold()
        every = (each for module in (*self.modules, CORE) if module.loads for each in module.commands)
        return any(each.name.casefold() == folded and not self._shows(each) for each in every)

    def broken(self, name: str) -> Module | None:
        """Return the module that has this command and can't be loaded, if one has."""
        folded = name.casefold()
        for module in self.modules:
            if not module.loads and any(each.name.casefold() == folded for each in module.commands):
                return module
        return None

    def module(self, name: str) -> Module:
        """Return the module of that name, the engine's own among them.

        Raises:
            KeyError: there is none.
        """
        return {each.name: each for each in (*self.modules, CORE, *BY_NAME)}[name]

    def exists_elsewhere(self, name: str) -> bool:
        """Return whether a real host would have a command that is in no table here."""
        return self.visible is None and name.casefold() in KNOWN_ELSEWHERE

    def _shows(self, cmdlet: Cmdlet) -> bool:
        folded = cmdlet.name.casefold()
        return folded not in self.hidden and (self.visible is None or folded in self.visible)


def table_of(profile: HostProfile, configuration: str = DEFAULT_CONFIGURATION) -> HostTable:
    """Return the commands that a session of that configuration has."""
    if configuration.casefold() == privileged.CONFIGURATION.casefold():
        return HostTable((privileged.PRIVILEGED,), privileged.VISIBLE)
    modules = _azurerm(profile) if profile.family == "azurerm" else _az(profile)
    visible = None if profile.visible is None else frozenset(name.casefold() for name in profile.visible)
    absent = {"invoke-azrestmethod": profile.rest_method, PRUNE.casefold(): profile.prune != "absent"}
    hidden = frozenset(name for name, there in absent.items() if not there)
    return HostTable(tuple(sorted(modules, key=lambda each: each.name)), visible, hidden)


def _az(profile: HostProfile) -> list[Module]:
    modules = [replace(AZ_ACCOUNTS, version=profile.accounts)]
    if profile.module is not None:
        backup = without_operation_type(AZS_BACKUP) if profile.prune == "no-operation-type" else AZS_BACKUP
        modules.append(replace(backup, version=profile.module, loads=profile.module_loads))
    if profile.insights is not None:
        modules.append(replace(AZS_INSIGHTS, version=profile.insights))
    if profile.update is not None:
        modules.append(replace(AZS_UPDATE, version=profile.update))
    return modules


def _azurerm(profile: HostProfile) -> list[Module]:
    """Return the modules of the AzureRM generation; those of alerts and updates are not emulated in it."""
    if profile.module is None:
        return [AZURERM_PROFILE]
    return [AZURERM_PROFILE, replace(AZURERM_BACKUP, version=profile.module, loads=profile.module_loads)]
