# Stands in for Azs.Update.Admin 1.1.0: the stamp's updates, answered by an emulated stamp.
using namespace System.Management.Automation

. "$PSScriptRoot/../../Common/Azs.ps1"
$script:Module = New-TypeModule 'Azs.Update.Admin.private'
Initialize-Runtime 'Microsoft.Azure.PowerShell.Cmdlets.UpdateAdmin'

$script:Provider = 'Microsoft.Update.Admin/updateLocations'
$script:ApiVersion = '2021-07-01'
$script:Told = 'SubscriptionId', 'ResourceGroupName', 'Location'
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

$getUpdate = New-CmdletType $script:Module "Microsoft.Azure.PowerShell.Cmdlets.UpdateAdmin.Cmdlets.GetAzsUpdate" 'Get-AzsUpdate' ([ordered] @{
        Location = [string]; Name = [string]; ResourceGroupName = [string]; SubscriptionId = [string[]]
    }) {
    param($Cmdlet)
    Write-Resources $Cmdlet 'updates' (Get-NameWithoutRegion $Cmdlet) ${function:ConvertTo-Update}
}

$script:LocationState = New-WordType $script:Module 'Microsoft.Azure.PowerShell.Cmdlets.UpdateAdmin.Support.UpdateLocationState'
$script:IPackageVersion = New-InterfaceType $script:Module "$models.IPackageVersionInfo"
$script:PackageVersion = New-ClassType $script:Module "$models.PackageVersionInfo" @{} -Interfaces $script:IPackageVersion
$script:UpdateLocation = New-ClassType $script:Module "$models.UpdateLocation" ([ordered] @{
        CurrentOemVersion = [string]
        CurrentVersion    = [string]
        HardwareModel     = [string]
        Id                = [string]
        LastChecked       = [Nullable[datetime]]
        Location          = [string]
        Name              = [string]
        OemFamily         = [string]
        PackageVersion    = $script:IPackageVersion.MakeArrayType()
        State             = [Nullable`1].MakeGenericType($script:LocationState)
        Tag               = $script:Tags
        'Type'            = [string]
    })

$getLocation = New-CmdletType $script:Module "Microsoft.Azure.PowerShell.Cmdlets.UpdateAdmin.Cmdlets.GetAzsUpdateLocation" 'Get-AzsUpdateLocation' ([ordered] @{
        Name = [string]; ResourceGroupName = [string]; SubscriptionId = [string[]]
    }) {
    param($Cmdlet)
    foreach ($subscription in Get-Subscriptions $Cmdlet) {
        $place = Resolve-Place $Cmdlet $subscription -Given $Cmdlet.Name
        if (-not $place) { return }
        $answer = Invoke-Stamp 'GET' "$($place.Root)?api-version=$script:ApiVersion"
        if ($answer.Status -ne 200) { Write-RestError $Cmdlet $answer $place.Target; return }
        $Cmdlet.WriteObject((ConvertTo-UpdateLocation (Read-Json $answer.Body)))
    }
}

function ConvertTo-UpdateLocation($Json) {
    $own = Find-Json $Json 'properties'
    $location = $script:UpdateLocation::new()
    Set-Text $location $Json @{ Id = 'id'; Name = 'name'; 'Type' = 'type'; Location = 'location' }
    Set-Text $location $own @{
        CurrentOemVersion = 'currentOemVersion'; CurrentVersion = 'currentVersion'; HardwareModel = 'hardwareModel'
        OemFamily = 'oemFamily'
    }
    $location.LastChecked = Get-JsonTime $own 'lastChecked'
    $state = Get-JsonText $own 'state'
    if ($state) { $location.State = $script:LocationState::new($state) }
    $location.Tag = $script:Tags::new()
    $location.PackageVersion = New-Opaques $script:IPackageVersion $script:PackageVersion (Find-Json $own 'packageVersions')
    $location
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
    $update.UpdatePrerequisite = New-Opaques $script:IPrerequisite $script:Prerequisite (Find-Json $own 'updatePrerequisites')
    $update
}

Import-Module -Assembly $getUpdate.Assembly
Export-ModuleMember -Cmdlet Get-AzsUpdate, Get-AzsUpdateLocation
