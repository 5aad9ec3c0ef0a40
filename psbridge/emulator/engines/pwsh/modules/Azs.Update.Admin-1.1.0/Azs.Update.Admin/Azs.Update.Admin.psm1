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
Export-ModuleMember -Cmdlet Get-AzsUpdate
