"""What real hosts have beyond the dialect."""

from __future__ import annotations

# What a PowerShell host of that kind has beyond the dialect: answered with PsbridgeNotEmulated, not with
# CommandNotFoundException, so that nobody takes the emulator's limit for the host's.
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
_OF_MODULES = (  # of which there are stand-ins: Az.Accounts and Azs.Backup.Admin
    "Clear-AzContext Disable-AzDataCollection Disconnect-AzAccount Enable-AzContextAutosave",
    "Get-AzAccessToken Get-AzContextAutosaveSetting Get-AzSubscription Get-AzTenant Save-AzContext Select-AzContext",
    "Set-AzEnvironment",
    "Invoke-AzsPruneBackupLocationExternalStore Restore-AzsBackup Set-AzsBackupConfiguration",
)


def _names(lines: tuple[str, ...]) -> frozenset[str]:
    return frozenset(name.casefold() for line in lines for name in line.split())


POWERSHELLS = _names(_POWERSHELLS)
"""The commands of PowerShell itself, which a real engine runs where it is left the whole language."""
KNOWN_ELSEWHERE = POWERSHELLS | _names(_OF_MODULES)
