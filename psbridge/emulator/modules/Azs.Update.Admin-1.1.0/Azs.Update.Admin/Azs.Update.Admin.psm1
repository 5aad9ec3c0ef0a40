# Stands in for Azs.Update.Admin 1.1.0: the stamp's updates, answered by an emulated stamp.
using namespace System.Management.Automation

. "$PSScriptRoot/../../Common/Types.ps1"
. "$PSScriptRoot/../../Common/Cmdlets.ps1"
. "$PSScriptRoot/../../Common/Rest.ps1"
. "$PSScriptRoot/../../Common/Azs.ps1"
$script:Module = New-TypeModule 'Azs.Update.Admin.private'
Initialize-Runtime 'Microsoft.Azure.PowerShell.Cmdlets.UpdateAdmin'

$script:Provider = 'Microsoft.Update.Admin/updateLocations'
$models = 'Microsoft.Azure.PowerShell.Cmdlets.UpdateAdmin.Models.Api20210701'
$script:UpdateState = New-WordType $script:Module 'Microsoft.Azure.PowerShell.Cmdlets.UpdateAdmin.Support.UpdateState'
$script:AvailabilityType = New-WordType $script:Module 'Microsoft.Azure.PowerShell.Cmdlets.UpdateAdmin.Support.AvailabilityType'
$script:Tags = New-ClassType $script:Module "$models.ResourceTags" @{}
$script:IPrerequisite = New-InterfaceType $script:Module "$models.IUpdatePrerequisite"
$script:Prerequisite = New-ClassType $script:Module "$models.UpdatePrerequisite" @{} -Interfaces $script:IPrerequisite
$script:Update = New-ClassType $script:Module "$models.Update" ([ordered] @{
        AdditionalProperty                    = [string]
        AvailabilityType                      = [Nullable`1].MakeGenericType($script:AvailabilityType)
        Description                           = [string]
        DisplayName                           = [string]
        Id                                    = [string]
        InstalledDate                         = [Nullable[datetime]]
        KbLink                                = [string]
        Location                              = [string]
        MinOemVersionRequired                 = [string]
        MinVersionRequired                    = [string]
        Name                                  = [string]
        OemVersion                            = [string]
        PackagePath                           = [string]
        PackageSizeInMb                       = [Nullable[long]]
        PackageType                           = [string]
        Publisher                             = [string]
        ReleaseLink                           = [string]
        State                                 = [Nullable`1].MakeGenericType($script:UpdateState)
        Tag                                   = $script:Tags
        'Type'                                = [string]
        UpdatePrerequisite                    = $script:IPrerequisite.MakeArrayType()
        UpdateStatePropertyNotifyMessage      = [string]
        UpdateStatePropertyProgressPercentage = [Nullable[long]]
        Version                               = [string]
    })
$script:NameTarget = New-AnonymousType $script:Module 0 'SubscriptionId', 'ResourceGroupName', 'Location', 'Name'
$script:ListTarget = New-AnonymousType $script:Module 1 'SubscriptionId', 'ResourceGroupName', 'Location'
$script:PlaceTarget = New-AnonymousType $script:Module 1 'Location'

$getUpdate = New-CmdletType $script:Module "Microsoft.Azure.PowerShell.Cmdlets.UpdateAdmin.Cmdlets.GetAzsUpdate" 'Get-AzsUpdate' ([ordered] @{
        Location = [string]; Name = [string]; ResourceGroupName = [string]; SubscriptionId = [string[]]
    }) {
    param($Cmdlet)
    # As the real wrapper does: a name with its region is cut to what follows the last slash.
    $name = "$($Cmdlet.Name)".Split('/')[-1]
    foreach ($subscription in Get-Subscriptions $Cmdlet) {
        $place = Resolve-Place $Cmdlet $subscription
        if (-not $place) { return }
        $path = "$($place.Root)/updates"
        if ($name) { $path += '/' + (ConvertTo-PathSegment $name) }
        $answer = Invoke-Stamp 'GET' "$($path)?api-version=2021-07-01"
        if ($answer.Status -ne 200) {
            Write-RestError $Cmdlet $answer (New-Target $place.Location $name $subscription $Cmdlet)
            return
        }
        $json = Read-Json $answer.Body
        if ($name) { $Cmdlet.WriteObject((ConvertTo-Update $json)); continue }
        $list = Find-Json $json 'value'
        if ($list) { foreach ($item in $list.EnumerateArray()) { $Cmdlet.WriteObject((ConvertTo-Update $item)) } }
    }
}

function New-Target([string] $Location, [string] $Name, [string] $Subscription, $Cmdlet) {
    if (-not $Cmdlet) { $target = [Activator]::CreateInstance($script:PlaceTarget); $target.Location = $Location; return , $target }
    $target = [Activator]::CreateInstance($Name ? $script:NameTarget : $script:ListTarget)
    $target.SubscriptionId = $Subscription
    $target.ResourceGroupName = $Cmdlet.ResourceGroupName ? $Cmdlet.ResourceGroupName : "system.$Location"
    $target.Location = $Location
    if ($Name) { $target.Name = $Name }
    , $target
}

function ConvertTo-Update($Json) {
    $own = Find-Json $Json 'properties'
    $now = Find-Json $own 'updateStateProperties'
    $update = $script:Update::new()
    Set-Text $update $Json @{ Id = 'id'; Name = 'name'; 'Type' = 'type'; Location = 'location' }
    Set-Text $update $own @{
        AdditionalProperty = 'additionalProperties'; Description = 'description'; DisplayName = 'displayName'
        KbLink = 'kbLink'; MinOemVersionRequired = 'minOemVersionRequired'; MinVersionRequired = 'minVersionRequired'
        OemVersion = 'oemVersion'; PackagePath = 'packagePath'; PackageType = 'packageType'; Publisher = 'publisher'
        ReleaseLink = 'releaseLink'; Version = 'version'
    }
    Set-Text $update $now @{ UpdateStatePropertyNotifyMessage = 'notifyMessage' }
    $update.InstalledDate = Get-JsonTime $own 'installedDate'
    $size = Find-Json $own 'packageSizeInMb'
    if ($null -ne $size) { $update.PackageSizeInMb = $size.GetInt64() }
    $percent = Find-Json $now 'progressPercentage'
    if ($null -ne $percent) { $update.UpdateStatePropertyProgressPercentage = $percent.GetInt64() }
    $state = Get-JsonText $own 'state'
    if ($state) { $update.State = $script:UpdateState::new($state) }
    $available = Get-JsonText $own 'availabilityType'
    if ($available) { $update.AvailabilityType = $script:AvailabilityType::new($available) }
    $update.Tag = $script:Tags::new()
    $needed = Find-Json $own 'updatePrerequisites'
    if ($needed) {
        $array = [Array]::CreateInstance($script:IPrerequisite, $needed.GetArrayLength())
        for ($i = 0; $i -lt $array.Length; $i++) { $array.SetValue($script:Prerequisite::new(), $i) }
        $update.UpdatePrerequisite = $array
    }
    $update
}

Import-Module -Assembly $getUpdate.Assembly
Export-ModuleMember -Cmdlet Get-AzsUpdate
