# The module's objects, by the names of engine capture 7.6.9, and its errors, by AutoRest's generated runtime.
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
$runtime = 'Microsoft.Azure.PowerShell.Cmdlets.BackupAdmin.Runtime'
$script:AsyncOperationResponse = New-ClassType $script:Module "$runtime.PowerShell.AsyncOperationResponse" ([ordered] @{ Target = [string] })
$rest = New-ExceptionType $script:Module "$runtime.RestException" ([ordered] @{
        StatusCode   = [Net.HttpStatusCode]
        Code         = [string]
        ResponseBody = [string]
        RequestId    = [string]
        Message      = [string]
        Action       = [string]
    })
$script:UndeclaredResponseException = New-ExceptionType $script:Module "$runtime.UndeclaredResponseException" @{} -Parent $rest
$script:NameTarget = New-AnonymousType $script:Module 0 'Location', 'Name'
$script:PlaceTarget = New-AnonymousType $script:Module 1 'Location'

# The anonymous object that the module names as an error's target.
function New-Target([string] $Location, [string] $Name) {
    $target = $Name ? [Activator]::CreateInstance($script:NameTarget) : [Activator]::CreateInstance($script:PlaceTarget)
    $target.Location = $Location
    if ($Name) { $target.Name = $Name }
    , $target
}

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
    if ($hours) { $settings.BackupFrequencyInHours = $hours.GetInt32() }
    $days = Find-Json $store 'backupRetentionPeriodInDays'
    if ($days) { $settings.BackupRetentionPeriodInDays = $days.GetInt32() }
    $enabled = Find-Json $store 'isBackupSchedulerEnabled'
    if ($enabled) { $settings.IsBackupSchedulerEnabled = $enabled.GetBoolean() }
    $settings.LastBackupTime = Get-JsonTime $store 'lastBackupTime'
    $settings.NextBackupTime = Get-JsonTime $store 'nextBackupTime'
    $settings
}

# Sets what the JSON has; PowerShell would turn a null into an empty string.
function Set-Text($Object, $Json, [hashtable] $Names) {
    foreach ($pair in $Names.GetEnumerator()) {
        $text = Get-JsonText $Json $pair.Value
        if ($null -ne $text) { $Object.($pair.Key) = $text }
    }
}

function Set-Resource($Object, $Json) {
    Set-Text $Object $Json @{ Id = 'id'; Name = 'name'; 'Type' = 'type'; Location = 'location' }
    $tag = [Collections.Generic.Dictionary[string, string]]::new()
    $tags = Find-Json $Json 'tags'
    if ($tags) { foreach ($pair in $tags.EnumerateObject()) { $tag[$pair.Name] = $pair.Value.ToString() } }
    $Object.Tag = $tag
}

function ConvertTo-Status([string] $Word) {
    if ($Word) { $script:OperationStatus::new($Word) }
}

# A REST call that did not go as declared: non-terminating, its id the HTTP status.
function Write-RestError($Cmdlet, [hashtable] $Answer, $Target) {
    $json = Read-Json $Answer.Body
    $block = Find-Json $json 'error'
    if ($null -eq $block) { $block = $json }
    $message = Get-JsonText $block 'message'
    if (-not $message) {
        $kind = switch ($Answer.Status) {
            { $_ -ge 500 } { 'The server responded with a Server Error'; break }
            { $_ -ge 400 } { 'The server responded with a Request Error'; break }
            default { 'The server responded with an unrecognized response' }
        }
        $message = "$kind, Status: $($Answer.Reason)"
    }
    $failure = $script:UndeclaredResponseException::new()
    $failure.Message = $message
    $failure.StatusCode = $Answer.Reason
    $code = Get-JsonText $block 'code'
    $failure.Code = $code ? $code : "$($Answer.Reason)"
    $failure.ResponseBody = $Answer.Body
    $failure.RequestId = $Answer.Headers['x-ms-request-id'] ?? ''
    $failure.Action = (Get-JsonText $block 'action') ?? ''
    $Cmdlet.WriteError([ErrorRecord]::new($failure, "$($Answer.Reason)", 'InvalidOperation', $Target))
}

# A location goes into a path as it is, so one with other characters than a region's name is not sent: it is answered here
# as Azure Resource Manager answers for a location that it does not have.
function Write-NoLocation($Cmdlet, [string] $Location) {
    $group = $Cmdlet.ResourceGroupName ? $Cmdlet.ResourceGroupName : "system.$Location"
    $message = "The Resource 'Microsoft.Backup.Admin/backupLocations/$Location' under resource group '$group' was not found."
    $body = '{"error": {"code": "ResourceNotFound", "message": "' + [Text.Json.JsonEncodedText]::Encode($message) + '"}}'
    Write-RestError $Cmdlet @{ Status = 404; Reason = [Net.HttpStatusCode]::NotFound; Headers = @{}; Body = $body } (
        New-Target $Location $Cmdlet.Name)
}

function Write-NotSignedIn($Cmdlet) {
    $failure = [PSInvalidOperationException]::new('Run Connect-AzAccount to login.')
    $Cmdlet.WriteError([ErrorRecord]::new($failure, 'InvalidOperation', 'InvalidOperation', $null))
}
