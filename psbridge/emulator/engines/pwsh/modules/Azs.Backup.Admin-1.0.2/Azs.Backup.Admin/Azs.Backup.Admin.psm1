# Stands in for Azs.Backup.Admin 1.0.2: the same names, parameters, objects and errors, answered by an emulated stamp.
using namespace System.Management.Automation

. "$PSScriptRoot/../../Common/Azs.ps1"
$script:Module = New-TypeModule 'Azs.Backup.Admin.private'
. "$PSScriptRoot/Models.ps1"

$script:Provider = 'Microsoft.Backup.Admin/backupLocations'
$script:ApiVersion = '2018-09-01'
$script:Told = , 'Location'
$class = 'Microsoft.Azure.PowerShell.Cmdlets.BackupAdmin.Cmdlets'
$place = [ordered] @{ Location = [string]; ResourceGroupName = [string]; SubscriptionId = [string[]] }
$page = [ordered] @{ Top = [string]; Skip = [string] }

$getBackup = New-CmdletType $script:Module "$class.GetAzsBackup" 'Get-AzsBackup' ([ordered] @{ Name = [string] } + $place + $page) {
    param($Cmdlet)
    $Cmdlet.WriteVerbose('reading')
    Write-Resources $Cmdlet 'backups' (Get-NameWithoutRegion $Cmdlet) ${function:ConvertTo-Backup} (Get-Page $Cmdlet)
}

$startBackup = New-CmdletType $script:Module "$class.StartAzsBackup" 'Start-AzsBackup' -ShouldProcess (
    $place + [ordered] @{ NoWait = [switch]; AsJob = [switch] }) {
    param($Cmdlet)
    if ($Cmdlet.AsJob) {
        $Cmdlet.ThrowTerminatingError([ErrorRecord]::new(
                [PSNotImplementedException]::new('psbridge does not emulate Start-AzsBackup -AsJob; use -NoWait.'),
                'PsbridgeNotEmulated', 'NotImplemented', 'Start-AzsBackup -AsJob'))
    }
    foreach ($subscription in Get-Subscriptions $Cmdlet) {
        $place = Resolve-Place $Cmdlet $subscription
        if (-not $place) { return }
        if (-not (Confirm-Process $Cmdlet "Call remote 'BackupLocationsCreateBackup' operation")) { continue }
        $answer = Invoke-Stamp 'POST' "$($place.Root)/createBackup?api-version=$script:ApiVersion"
        if ($answer.Status -notin 200, 202) { Write-RestError $Cmdlet $answer $place.Target; return }
        $warning = Get-Stray 'stray_warning'
        if ($warning) { $Cmdlet.WriteWarning($warning) }
        $stray = Get-Stray 'stray_error'
        if ($stray) { Write-Stray $Cmdlet $stray }
        $follow = $answer.Headers['Azure-AsyncOperation'] ?? $answer.Headers['Location']
        if ($Cmdlet.NoWait) {
            $operation = $script:AsyncOperationResponse::new()
            $operation.Target = $follow
            $Cmdlet.WriteObject($operation)
            continue
        }
        $answer = Wait-Operation $answer $follow
        if ($answer.Status -ne 200) { Write-RestError $Cmdlet $answer $place.Target; return }
        $Cmdlet.WriteObject((ConvertTo-Backup (Read-Json $answer.Body)))
    }
}

$getSettings = New-CmdletType $script:Module "$class.GetAzsBackupConfiguration" 'Get-AzsBackupConfiguration' ($place + $page) {
    param($Cmdlet)
    foreach ($subscription in Get-Subscriptions $Cmdlet) {
        $place = Resolve-Place $Cmdlet $subscription
        if (-not $place) { return }
        $answer = Invoke-Stamp 'GET' "$($place.Root)?api-version=$script:ApiVersion"
        if ($answer.Status -ne 200) { Write-RestError $Cmdlet $answer $place.Target; return }
        $Cmdlet.WriteObject((ConvertTo-BackupLocation (Read-Json $answer.Body)))
    }
}

# Some hosts have it without -OperationType: then each call prunes.
$prune = 'Invoke-AzsPruneBackupLocationExternalStore'
$has = try { Get-JsonText (Read-Json (Invoke-Stamp 'GET' '/_emulator/profile').Body) 'prune' } catch { 'operation-type' }
$kind = if ($has -eq 'operation-type') {
    [ordered] @{ OperationType = [string] }
} else { [ordered] @{} }
$null = New-CmdletType $script:Module "$class.${prune}_PruneExpanded".Replace('Invoke-', 'Invoke') $prune -ShouldProcess (
    $place + $kind + [ordered] @{ NoWait = [switch]; AsJob = [switch] }) {
    param($Cmdlet)
    $body = if ($Cmdlet.OperationType) {
        '{"operationType": "' + [Text.Json.JsonEncodedText]::Encode($Cmdlet.OperationType) + '"}'
    } else { '{}' }
    foreach ($subscription in Get-Subscriptions $Cmdlet) {
        $place = Resolve-Place $Cmdlet $subscription
        if (-not $place) { return }
        if (-not (Confirm-Process $Cmdlet "Call remote 'BackupLocationsPruneExternalStore' operation")) { continue }
        $answer = Invoke-Stamp 'POST' "$($place.Root)/pruneExternalStore?api-version=$script:ApiVersion" $body
        if ($answer.Status -notin 200, 202) { Write-RestError $Cmdlet $answer $place.Target; return }
        if ($Cmdlet.NoWait) {
            $operation = $script:AsyncOperationResponse::new()
            $operation.Target = $answer.Headers['Azure-AsyncOperation'] ?? $answer.Headers['Location']
            $Cmdlet.WriteObject($operation)
            continue
        }
        $answer = Wait-Operation $answer $answer.Headers['Location']
        if ($answer.Status -ne 200) { Write-RestError $Cmdlet $answer $place.Target; return }
        $paths = Find-Json (Read-Json $answer.Body) 'properties', 'pathsToDelete'
        if ($paths) { foreach ($each in $paths.EnumerateArray()) { $Cmdlet.WriteObject($each.GetString()) } }
    }
}

Import-Module -Assembly $getBackup.Assembly
Export-ModuleMember -Cmdlet Get-AzsBackup, Start-AzsBackup, Get-AzsBackupConfiguration, $prune
