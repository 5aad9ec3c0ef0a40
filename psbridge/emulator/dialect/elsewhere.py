"""What real hosts have beyond the dialect."""

from __future__ import annotations

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
