# Stands in for Azs.InfrastructureInsights.Admin 1.0.2: the stamp's alerts, answered by an emulated stamp.
using namespace System.Management.Automation

. "$PSScriptRoot/../../Common/Azs.ps1"
$script:Module = New-TypeModule 'Azs.InfrastructureInsights.Admin.private'
Initialize-Runtime 'Microsoft.Azure.PowerShell.Cmdlets.InfrastructureInsightsAdmin'

$script:Provider = 'Microsoft.InfrastructureInsights.Admin/regionHealths'
$script:ApiVersion = '2016-05-01'
$script:Told = 'SubscriptionId', 'ResourceGroupName', 'Location'
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

$getAlert = New-CmdletType $script:Module "Microsoft.Azure.PowerShell.Cmdlets.InfrastructureInsightsAdmin.Cmdlets.GetAzsAlert" 'Get-AzsAlert' ([ordered] @{
        Location = [string]; Name = [string]; ResourceGroupName = [string]; SubscriptionId = [string[]]; Filter = [string]
    }) {
    param($Cmdlet)
    $query = $Cmdlet.Filter ? '&%24filter=' + [Uri]::EscapeDataString($Cmdlet.Filter) : ''
    Write-Resources $Cmdlet 'alerts' $Cmdlet.Name ${function:ConvertTo-Alert} $query @{ Filter = "$($Cmdlet.Filter)" }
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
    $alert.Description = New-Opaques $script:ILine $script:Line (Find-Json $own 'description')
    $alert.Remediation = New-Opaques $script:ILine $script:Line (Find-Json $own 'remediation')
    $alert
}

Import-Module -Assembly $getAlert.Assembly
Export-ModuleMember -Cmdlet Get-AzsAlert
