# Stands in for Azs.Backup.Admin 1.0.2: the same names, parameters, objects and errors, answered by an emulated stamp.
using namespace System.Management.Automation
using namespace System.Text.Json

. "$PSScriptRoot/../Common/Types.ps1"
. "$PSScriptRoot/../Common/Rest.ps1"
. "$PSScriptRoot/Models.ps1"

$script:ApiVersion = '2018-09-01'

function Get-AzsBackup {
    [CmdletBinding(PositionalBinding = $false)]
    param(
        [string] $Name,
        [string] $Location,
        [string] $ResourceGroupName,
        [string[]] $SubscriptionId,
        [string] $Top,
        [string] $Skip
    )
    $place = Resolve-Place $PSCmdlet $PSBoundParameters
    if ($null -eq $place) { return }
    foreach ($root in $place.Roots) {
        $path = "$root/backups"
        $query = Get-Page $Top $Skip
        # As the real wrapper does: a name with its region, redmond/GUID, is cut to what follows the last slash.
        if ($Name) { $path += '/' + (ConvertTo-PathSegment $Name.Split('/')[-1]); $query = '' }
        $answer = Invoke-Stamp 'GET' "${path}?api-version=$script:ApiVersion$query"
        if ($answer.Status -ne 200) { Write-RestError $PSCmdlet $answer $place.Target; continue }
        $json = Read-Json $answer.Body
        if ($Name) { ConvertTo-Backup $json; continue }
        $list = Find-Json $json 'value'
        if ($list) { foreach ($item in $list.EnumerateArray()) { ConvertTo-Backup $item } }
    }
}

function Start-AzsBackup {
    [CmdletBinding(PositionalBinding = $false, SupportsShouldProcess, ConfirmImpact = 'Medium')]
    param(
        [string] $Location,
        [string] $ResourceGroupName,
        [string[]] $SubscriptionId,
        [switch] $NoWait,
        [switch] $AsJob
    )
    if ($AsJob) {
        $PSCmdlet.ThrowTerminatingError([ErrorRecord]::new(
                [NotSupportedException]::new('The psbridge emulator does not emulate -AsJob; use -NoWait.'),
                'PsbridgeNotEmulated', 'NotImplemented', 'AsJob'))
    }
    $place = Resolve-Place $PSCmdlet $PSBoundParameters
    if ($null -eq $place) { return }
    foreach ($root in $place.Roots) {
        if (-not $PSCmdlet.ShouldProcess("Call remote 'BackupLocationsCreateBackup' operation")) { continue }
        $answer = Invoke-Stamp 'POST' "$root/createBackup?api-version=$script:ApiVersion"
        if ($answer.Status -notin 200, 202) { Write-RestError $PSCmdlet $answer $place.Target; continue }
        $follow = $answer.Headers['Azure-AsyncOperation'] ?? $answer.Headers['Location']
        if ($NoWait) {
            $operation = $script:AsyncOperationResponse::new()
            $operation.Target = $follow
            $operation
            continue
        }
        $answer = Wait-Operation $answer $follow
        if ($answer.Status -ne 200) { Write-RestError $PSCmdlet $answer $place.Target; continue }
        ConvertTo-Backup (Read-Json $answer.Body)
    }
}

function Get-AzsBackupConfiguration {
    [CmdletBinding(PositionalBinding = $false)]
    param(
        [string] $Location,
        [string] $ResourceGroupName,
        [string[]] $SubscriptionId,
        [string] $Top,
        [string] $Skip
    )
    $place = Resolve-Place $PSCmdlet $PSBoundParameters
    if ($null -eq $place) { return }
    foreach ($root in $place.Roots) {
        $answer = Invoke-Stamp 'GET' "${root}?api-version=$script:ApiVersion$(Get-Page $Top $Skip)"
        if ($answer.Status -ne 200) { Write-RestError $PSCmdlet $answer $place.Target; continue }
        ConvertTo-BackupLocation (Read-Json $answer.Body)
    }
}

# The resource paths that the parameters mean, with the module's own defaults: the context's subscription, the first
# location, the resource group system.LOCATION. Writes the error and returns nothing if there is none.
function Resolve-Place($Caller, [Collections.IDictionary] $Bound) {
    $subscriptions = $Bound['SubscriptionId']
    if (-not $subscriptions) {
        $context = Az.Accounts\Get-AzContext
        if (-not $context) { Stop-WithoutContext $Caller }
        $subscriptions = @($context.Subscription.Id)
    }
    $location = $Bound['Location'] ? $Bound['Location'] : (Get-FirstLocation $subscriptions[0])
    if ($location -cnotmatch '\A[A-Za-z0-9-]{1,64}\z') { Write-BadLocation $Caller $location; return }
    $group = $Bound['ResourceGroupName'] ? $Bound['ResourceGroupName'] : "system.$location"
    $roots = foreach ($subscription in $subscriptions) {
        '/subscriptions/' + (ConvertTo-PathSegment $subscription) + '/resourceGroups/' + (ConvertTo-PathSegment $group) +
        "/providers/Microsoft.Backup.Admin/backupLocations/$location"
    }
    @{
        Roots  = @($roots)
        Target = [pscustomobject] @{ SubscriptionId = $subscriptions[0]; ResourceGroupName = $group; Location = $location }
    }
}

function Get-FirstLocation([string] $Subscription) {
    $path = '/subscriptions/' + (ConvertTo-PathSegment $Subscription) + '/locations?api-version=2016-06-01'
    $list = Find-Json (Read-Json (Invoke-Stamp 'GET' $path).Body) 'value'
    if ($list) { foreach ($item in $list.EnumerateArray()) { return (Get-JsonText $item 'name') } }
}

function Get-Page([string] $Top, [string] $Skip) {
    $query = ''
    if ($Top) { $query += '&%24top=' + [Uri]::EscapeDataString($Top) }
    if ($Skip) { $query += '&%24skip=' + [Uri]::EscapeDataString($Skip) }
    $query
}

# Polls the operation until it is over. Sleeps in short steps, so that the pipeline can be stopped.
function Wait-Operation([hashtable] $Answer, [string] $Follow) {
    while ($Answer.Status -eq 202) {
        $seconds = 0.0
        $null = [double]::TryParse($Answer.Headers['Retry-After'], 'Float', [cultureinfo]::InvariantCulture, [ref] $seconds)
        # The emulated stamp's time may run fast: a shorter wait than the 60 s it names costs nothing on the loopback.
        $until = [datetime]::UtcNow.AddSeconds([Math]::Clamp($seconds, 0.05, 1.0))
        while ([datetime]::UtcNow -lt $until) { [Threading.Thread]::Sleep(25) }
        $Answer = Invoke-Stamp 'GET' ([Uri] $Follow).PathAndQuery
    }
    $Answer
}
