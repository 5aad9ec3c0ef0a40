# Stands in for Azs.Backup.Admin 1.0.2: the same names, parameters, objects and errors, answered by an emulated stamp.
using namespace System.Management.Automation

. "$PSScriptRoot/../Common/Types.ps1"
. "$PSScriptRoot/../Common/Cmdlets.ps1"
. "$PSScriptRoot/../Common/Rest.ps1"
$script:Module = New-TypeModule 'Azs.Backup.Admin.private'
. "$PSScriptRoot/Models.ps1"
. "$PSScriptRoot/Place.ps1"

$script:ApiVersion = '2018-09-01'
$class = 'Microsoft.Azure.PowerShell.Cmdlets.BackupAdmin.Cmdlets'
$place = [ordered] @{ Location = [string]; ResourceGroupName = [string]; SubscriptionId = [string[]] }
$page = [ordered] @{ Top = [string]; Skip = [string] }

$getBackup = New-CmdletType $script:Module "$class.GetAzsBackup" 'Get-AzsBackup' ([ordered] @{ Name = [string] } + $place + $page) {
    param($Cmdlet)
    $place = Resolve-Place $Cmdlet
    if ($null -eq $place) { return }
    foreach ($root in $place.Roots) {
        $path = "$root/backups"
        $query = Get-Page $Cmdlet
        # As the real wrapper does: a name with its region, redmond/GUID, is cut to what follows the last slash.
        if ($Cmdlet.Name) { $path += '/' + (ConvertTo-PathSegment $Cmdlet.Name.Split('/')[-1]); $query = '' }
        $answer = Invoke-Stamp 'GET' "${path}?api-version=$script:ApiVersion$query"
        if ($answer.Status -ne 200) { Write-RestError $Cmdlet $answer $place.Target; continue }
        $json = Read-Json $answer.Body
        if ($Cmdlet.Name) { $Cmdlet.WriteObject((ConvertTo-Backup $json)); continue }
        $list = Find-Json $json 'value'
        if ($list) { foreach ($item in $list.EnumerateArray()) { $Cmdlet.WriteObject((ConvertTo-Backup $item)) } }
    }
}

$startBackup = New-CmdletType $script:Module "$class.StartAzsBackup" 'Start-AzsBackup' -ShouldProcess (
    $place + [ordered] @{ NoWait = [switch]; AsJob = [switch] }) {
    param($Cmdlet)
    if ($Cmdlet.AsJob) {
        $Cmdlet.ThrowTerminatingError([ErrorRecord]::new(
                [NotImplementedException]::new('The psbridge emulator does not emulate -AsJob; use -NoWait.'),
                'PsbridgeNotEmulated', 'NotImplemented', 'AsJob'))
    }
    $place = Resolve-Place $Cmdlet
    if ($null -eq $place) { return }
    foreach ($root in $place.Roots) {
        if (-not $Cmdlet.ShouldProcess("Call remote 'BackupLocationsCreateBackup' operation")) { continue }
        $answer = Invoke-Stamp 'POST' "$root/createBackup?api-version=$script:ApiVersion"
        if ($answer.Status -notin 200, 202) { Write-RestError $Cmdlet $answer $place.Target; continue }
        $follow = $answer.Headers['Azure-AsyncOperation'] ?? $answer.Headers['Location']
        if ($Cmdlet.NoWait) {
            $operation = $script:AsyncOperationResponse::new()
            $operation.Target = $follow
            $Cmdlet.WriteObject($operation)
            continue
        }
        $answer = Wait-Operation $answer $follow
        if ($answer.Status -ne 200) { Write-RestError $Cmdlet $answer $place.Target; continue }
        $Cmdlet.WriteObject((ConvertTo-Backup (Read-Json $answer.Body)))
    }
}

$getSettings = New-CmdletType $script:Module "$class.GetAzsBackupConfiguration" 'Get-AzsBackupConfiguration' ($place + $page) {
    param($Cmdlet)
    $place = Resolve-Place $Cmdlet
    if ($null -eq $place) { return }
    foreach ($root in $place.Roots) {
        $answer = Invoke-Stamp 'GET' "${root}?api-version=$script:ApiVersion$(Get-Page $Cmdlet)"
        if ($answer.Status -ne 200) { Write-RestError $Cmdlet $answer $place.Target; continue }
        $Cmdlet.WriteObject((ConvertTo-BackupLocation (Read-Json $answer.Body)))
    }
}

Import-Module -Assembly $getBackup.Assembly
Export-ModuleMember -Cmdlet Get-AzsBackup, Start-AzsBackup, Get-AzsBackupConfiguration
