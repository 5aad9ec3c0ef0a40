# The module's objects, by the names of engine capture 7.6.9.
using namespace System.Management.Automation

$models = 'Microsoft.Azure.PowerShell.Cmdlets.BackupAdmin.Models.Api20180901'
$tags = [Collections.Generic.Dictionary[string, string]]
$script:OperationStatus = New-WordType $script:Module 'Microsoft.Azure.PowerShell.Cmdlets.BackupAdmin.Support.OperationStatus'
$nullableStatus = [Nullable`1].MakeGenericType($script:OperationStatus)
$script:IRoleOperationStatus = New-InterfaceType $script:Module "$models.IRoleOperationStatus"
$script:RoleOperationStatus = New-ClassType $script:Module "$models.RoleOperationStatus" ([ordered] @{
        RoleName = [string]
        Status   = $nullableStatus
    }) -Interfaces $script:IRoleOperationStatus
$script:Backup = New-ClassType $script:Module "$models.Backup" ([ordered] @{
        BackupDataVersion        = [string]
        CreatedDateTime          = [Nullable[datetime]]
        DeploymentId             = [string]
        EncryptionCertThumbprint = [string]
        Id                       = [string]
        IsCloudRecoveryReady     = [Nullable[bool]]
        Location                 = [string]
        Name                     = [string]
        OemVersion               = [string]
        RoleStatus               = $script:IRoleOperationStatus.MakeArrayType()
        StampVersion             = [string]
        Status                   = $nullableStatus
        Tag                      = $tags
        TimeTakenToCreate        = [string]
        'Type'                     = [string]
    })
$script:BackupLocation = New-ClassType $script:Module "$models.BackupLocation" ([ordered] @{
        AvailableCapacity           = [string]
        BackupFrequencyInHours      = [Nullable[int]]
        BackupRetentionPeriodInDays = [Nullable[int]]
        EncryptionCertBase64        = [string]
        EncryptionCertThumbprint    = [string]
        Id                          = [string]
        IsBackupSchedulerEnabled    = [Nullable[bool]]
        LastBackupTime              = [Nullable[datetime]]
        Location                    = [string]
        Name                        = [string]
        NextBackupTime              = [Nullable[datetime]]
        Password                    = [string]
        Path                        = [string]
        Tag                         = $tags
        'Type'                        = [string]
        UserName                    = [string]
    })
Initialize-Runtime 'Microsoft.Azure.PowerShell.Cmdlets.BackupAdmin'

function ConvertTo-Backup($Json) {
    $info = Find-Json $Json 'properties', 'backupInfo'
    $backup = $script:Backup::new()
    Set-Resource $backup $Json
    Set-Text $backup $info @{
        BackupDataVersion = 'backupDataVersion'; DeploymentId = 'deploymentID'; OemVersion = 'oemVersion'
        EncryptionCertThumbprint = 'encryptionCertThumbprint'; StampVersion = 'stampVersion'
        TimeTakenToCreate = 'timeTakenToCreate'
    }
    $backup.CreatedDateTime = Get-JsonTime $info 'createdDateTime'
    $ready = Find-Json $info 'isCloudRecoveryReady'
    if ($ready) { $backup.IsCloudRecoveryReady = $ready.GetBoolean() }
    $backup.Status = ConvertTo-Status (Get-JsonText $info 'status')
    $roles = Find-Json $info 'roleStatus'
    if ($roles) {
        $array = [Array]::CreateInstance($script:IRoleOperationStatus, $roles.GetArrayLength())
        $index = 0
        foreach ($item in $roles.EnumerateArray()) {
            $role = $script:RoleOperationStatus::new()
            Set-Text $role $item @{ RoleName = 'roleName' }
            $role.Status = ConvertTo-Status (Get-JsonText $item 'status')
            $array.SetValue($role, $index++)
        }
        $backup.RoleStatus = $array
    }
    $backup
}

function ConvertTo-BackupLocation($Json) {
    $store = Find-Json $Json 'properties', 'externalStoreDefault'
    $settings = $script:BackupLocation::new()
    Set-Resource $settings $Json
    Set-Text $settings $store @{
        AvailableCapacity = 'availableCapacity'; EncryptionCertBase64 = 'encryptionCertBase64'; Path = 'path'
        EncryptionCertThumbprint = 'encryptionCertThumbprint'; Password = 'password'; UserName = 'userName'
    }
    $hours = Find-Json $store 'backupFrequencyInHours'
    if ($hours -and $hours.ValueKind -eq 'Number') { $settings.BackupFrequencyInHours = $hours.GetInt32() }
    $days = Find-Json $store 'backupRetentionPeriodInDays'
    if ($days -and $days.ValueKind -eq 'Number') { $settings.BackupRetentionPeriodInDays = $days.GetInt32() }
    $enabled = Find-Json $store 'isBackupSchedulerEnabled'
    if ($enabled -and $enabled.ValueKind -in 'True', 'False') { $settings.IsBackupSchedulerEnabled = $enabled.GetBoolean() }
    $settings.LastBackupTime = Get-JsonTime $store 'lastBackupTime'
    $settings.NextBackupTime = Get-JsonTime $store 'nextBackupTime'
    $settings
}

function ConvertTo-Status([string] $Word) {
    if ($Word) { $script:OperationStatus::new($Word) }
}
