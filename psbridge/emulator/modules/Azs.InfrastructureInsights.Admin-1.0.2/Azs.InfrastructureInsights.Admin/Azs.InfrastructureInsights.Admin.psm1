# Stands in for Azs.InfrastructureInsights.Admin 1.0.2: the stamp's alerts, answered by an emulated stamp.
using namespace System.Management.Automation

. "$PSScriptRoot/../../Common/Types.ps1"
. "$PSScriptRoot/../../Common/Cmdlets.ps1"
. "$PSScriptRoot/../../Common/Rest.ps1"
. "$PSScriptRoot/../../Common/Azs.ps1"
$script:Module = New-TypeModule 'Azs.InfrastructureInsights.Admin.private'
Initialize-Runtime 'Microsoft.Azure.PowerShell.Cmdlets.InfrastructureInsightsAdmin'

$script:Provider = 'Microsoft.InfrastructureInsights.Admin/regionHealths'
$models = 'Microsoft.Azure.PowerShell.Cmdlets.InfrastructureInsightsAdmin.Models.Api20160501'
$properties = New-ClassType $script:Module "$models.AlertModelAlertProperties" @{}
$script:Tags = New-ClassType $script:Module "$models.TrackedResourceTags" @{}
$script:ILine = New-InterfaceType $script:Module "$models.IDictionary"
$script:Line = New-ClassType $script:Module "$models.Dictionary" @{} -Interfaces $script:ILine
$lines = $script:ILine.MakeArrayType()
$script:AlertProperties = $properties
$script:Alert = New-ClassType $script:Module "$models.Alert" ([ordered] @{
        AlertId                        = [string]
        AlertProperty                  = $properties
        ClosedByUserAlias              = [string]
        ClosedTimestamp                = [string]
        CreatedTimestamp               = [string]
        Description                    = $lines
        FaultId                        = [string]
        FaultTypeId                    = [string]
        HasValidRemediationAction      = [Nullable[bool]]
        Id                             = [string]
        ImpactedResourceDisplayName    = [string]
        ImpactedResourceId             = [string]
        LastUpdatedTimestamp           = [string]
        Location                       = [string]
        Name                           = [string]
        Remediation                    = $lines
        ResourceProviderRegistrationId = [string]
        ResourceRegistrationId         = [string]
        Severity                       = [string]
        State                          = [string]
        Tag                            = $script:Tags
        Title                          = [string]
        'Type'                         = [string]
    })
$script:NameTarget = New-AnonymousType $script:Module 0 'SubscriptionId', 'ResourceGroupName', 'Location', 'Name'
$script:ListTarget = New-AnonymousType $script:Module 1 'SubscriptionId', 'ResourceGroupName', 'Location', 'Filter'
$script:PlaceTarget = New-AnonymousType $script:Module 1 'Location'

$getAlert = New-CmdletType $script:Module "Microsoft.Azure.PowerShell.Cmdlets.InfrastructureInsightsAdmin.Cmdlets.GetAzsAlert" 'Get-AzsAlert' ([ordered] @{
        Location = [string]; Name = [string]; ResourceGroupName = [string]; SubscriptionId = [string[]]; Filter = [string]
    }) {
    param($Cmdlet)
    foreach ($subscription in Get-Subscriptions $Cmdlet) {
        $place = Resolve-Place $Cmdlet $subscription
        if (-not $place) { return }
        $path = "$($place.Root)/alerts"
        $query = '?api-version=2016-05-01'
        if ($Cmdlet.Name) { $path += '/' + (ConvertTo-PathSegment $Cmdlet.Name) }
        elseif ($Cmdlet.Filter) { $query += '&%24filter=' + [Uri]::EscapeDataString($Cmdlet.Filter) }
        $answer = Invoke-Stamp 'GET' ($path + $query)
        if ($answer.Status -ne 200) {
            Write-RestError $Cmdlet $answer (New-Target $place.Location $Cmdlet.Name $subscription $Cmdlet)
            return
        }
        $json = Read-Json $answer.Body
        if ($Cmdlet.Name) { $Cmdlet.WriteObject((ConvertTo-Alert $json)); continue }
        $list = Find-Json $json 'value'
        if ($list) { foreach ($item in $list.EnumerateArray()) { $Cmdlet.WriteObject((ConvertTo-Alert $item)) } }
    }
}

function New-Target([string] $Location, [string] $Name, [string] $Subscription, $Cmdlet) {
    if (-not $Cmdlet) { $target = [Activator]::CreateInstance($script:PlaceTarget); $target.Location = $Location; return , $target }
    $target = [Activator]::CreateInstance($Name ? $script:NameTarget : $script:ListTarget)
    $target.SubscriptionId = $Subscription
    $target.ResourceGroupName = $Cmdlet.ResourceGroupName ? $Cmdlet.ResourceGroupName : "system.$Location"
    $target.Location = $Location
    if ($Name) { $target.Name = $Name } else { $target.Filter = "$($Cmdlet.Filter)" }
    , $target
}

function ConvertTo-Alert($Json) {
    $own = Find-Json $Json 'properties'
    $alert = $script:Alert::new()
    Set-Text $alert $Json @{ Id = 'id'; Name = 'name'; 'Type' = 'type'; Location = 'location' }
    Set-Text $alert $own @{
        AlertId = 'alertId'; ClosedByUserAlias = 'closedByUserAlias'; ClosedTimestamp = 'closedTimestamp'
        CreatedTimestamp = 'createdTimestamp'; FaultId = 'faultId'; FaultTypeId = 'faultTypeId'
        ImpactedResourceDisplayName = 'impactedResourceDisplayName'; ImpactedResourceId = 'impactedResourceId'
        LastUpdatedTimestamp = 'lastUpdatedTimestamp'; ResourceProviderRegistrationId = 'resourceProviderRegistrationId'
        ResourceRegistrationId = 'resourceRegistrationId'; Severity = 'severity'; State = 'state'; Title = 'title'
    }
    $repairable = Find-Json $own 'hasValidRemediationAction'
    if ($null -ne $repairable) { $alert.HasValidRemediationAction = $repairable.GetBoolean() }
    $alert.AlertProperty = $script:AlertProperties::new()
    $alert.Tag = $script:Tags::new()
    $alert.Description = ConvertTo-Lines (Find-Json $own 'description')
    $alert.Remediation = ConvertTo-Lines (Find-Json $own 'remediation')
    $alert
}

# What the lines of a text say is in additional properties, which the real class shows to nobody either.
function ConvertTo-Lines($Json) {
    if (-not $Json) { return }
    $lines = [Array]::CreateInstance($script:ILine, $Json.GetArrayLength())
    for ($i = 0; $i -lt $lines.Length; $i++) { $lines.SetValue($script:Line::new(), $i) }
    , $lines
}

Import-Module -Assembly $getAlert.Assembly
Export-ModuleMember -Cmdlet Get-AzsAlert
