# The objects of the client library, by its specification and the module's tests. That dates come without a kind is inferred.
$models = 'Microsoft.AzureStack.Management.Backup.Admin.Models'
$tags = [Collections.Generic.Dictionary[string, string]]
$script:Resource = New-ClassType $script:Module "$models.Resource" ([ordered] @{
        Id = [string]; Name = [string]; 'Type' = [string]; Location = [string]; Tags = $tags
    })
$script:Role = New-ClassType $script:Module "$models.RoleOperationStatus" ([ordered] @{ RoleName = [string]; Status = [string] })
$script:Roles = [Collections.Generic.List`1].MakeGenericType($script:Role)
$script:Backup = New-ClassType $script:Module "$models.Backup" -Parent $script:Resource ([ordered] @{
        BackupDataVersion        = [string]
        RoleStatus               = $script:Roles
        Status                   = [string]
        CreatedDateTime          = [Nullable[datetime]]
        TimeTakenToCreate        = [string]
        DeploymentID             = [string]
        StampVersion             = [string]
        OemVersion               = [string]
        EncryptionCertThumbprint = [string]
        IsCloudRecoveryReady     = [Nullable[bool]]
    })
$script:BackupLocation = New-ClassType $script:Module "$models.BackupLocation" -Parent $script:Resource ([ordered] @{
        Path                        = [string]
        UserName                    = [string]
        Password                    = [string]
        EncryptionCertBase64        = [string]
        EncryptionCertThumbprint    = [string]
        BackupFrequencyInHours      = [Nullable[int]]
        AvailableCapacity           = [string]
        IsBackupSchedulerEnabled    = [Nullable[bool]]
        NextBackupTime              = [Nullable[datetime]]
        LastBackupTime              = [Nullable[datetime]]
        BackupRetentionPeriodInDays = [Nullable[int]]
    })
$script:WriteErrorException = New-ExceptionType $script:Module 'Microsoft.PowerShell.Commands.WriteErrorException' @{} (
    [SystemException])

function ConvertTo-Backup($Json) {
    $info = Find-Json $Json 'properties', 'backupInfo'
    $backup = $script:Backup::new()
    Set-Resource $backup $Json
    Set-Text $backup $info @{
        BackupDataVersion = 'backupDataVersion'; Status = 'status'; TimeTakenToCreate = 'timeTakenToCreate'
        DeploymentID = 'deploymentID'; StampVersion = 'stampVersion'; OemVersion = 'oemVersion'
        EncryptionCertThumbprint = 'encryptionCertThumbprint'
    }
    $backup.CreatedDateTime = Get-Time $info 'createdDateTime'
    $ready = Find-Json $info 'isCloudRecoveryReady'
    if ($null -ne $ready) { $backup.IsCloudRecoveryReady = $ready.GetBoolean() }
    $roles = Find-Json $info 'roleStatus'
    if ($null -ne $roles) {
        $backup.RoleStatus = $script:Roles::new()
        foreach ($item in $roles.EnumerateArray()) {
            $role = $script:Role::new()
            Set-Text $role $item @{ RoleName = 'roleName'; Status = 'status' }
            $backup.RoleStatus.Add($role)
        }
    }
    $backup
}

function ConvertTo-BackupLocation($Json) {
    $store = Find-Json $Json 'properties', 'externalStoreDefault'
    $settings = $script:BackupLocation::new()
    Set-Resource $settings $Json
    Set-Text $settings $store @{
        Path = 'path'; UserName = 'userName'; Password = 'password'; EncryptionCertBase64 = 'encryptionCertBase64'
        EncryptionCertThumbprint = 'encryptionCertThumbprint'; AvailableCapacity = 'availableCapacity'
    }
    $hours = Find-Json $store 'backupFrequencyInHours'
    if ($null -ne $hours -and $hours.ValueKind -eq 'Number') { $settings.BackupFrequencyInHours = $hours.GetInt32() }
    $days = Find-Json $store 'backupRetentionPeriodInDays'
    if ($null -ne $days -and $days.ValueKind -eq 'Number') { $settings.BackupRetentionPeriodInDays = $days.GetInt32() }
    $enabled = Find-Json $store 'isBackupSchedulerEnabled'
    if ($null -ne $enabled -and $enabled.ValueKind -in 'True', 'False') { $settings.IsBackupSchedulerEnabled = $enabled.GetBoolean() }
    $settings.NextBackupTime = Get-Time $store 'nextBackupTime'
    $settings.LastBackupTime = Get-Time $store 'lastBackupTime'
    $settings
}

function Get-Time($Json, [string] $Name) {
    $time = Get-JsonTime $Json $Name
    if ($null -ne $time) { [datetime]::SpecifyKind($time, [DateTimeKind]::Unspecified) }
}

function Set-Text($Object, $Json, [hashtable] $Names) {
    foreach ($pair in $Names.GetEnumerator()) {
        $text = Get-JsonText $Json $pair.Value
        if ($null -ne $text) { $Object.($pair.Key) = $text }
    }
}

function Set-Resource($Object, $Json) {
    Set-Text $Object $Json @{ Id = 'id'; Name = 'name'; 'Type' = 'type'; Location = 'location' }
    $Object.Tags = [Collections.Generic.Dictionary[string, string]]::new()
    $tags = Find-Json $Json 'tags'
    if ($null -ne $tags) { foreach ($pair in $tags.EnumerateObject()) { $Object.Tags[$pair.Name] = $pair.Value.ToString() } }
}
