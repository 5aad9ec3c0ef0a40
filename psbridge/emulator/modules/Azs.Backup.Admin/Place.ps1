# Where a cmdlet's call goes, and waiting for what it started.

# The resource paths that the parameters mean, with the module's own defaults: the context's subscription, the first
# location, the resource group system.LOCATION. Writes the error and returns nothing if there is none.
function Resolve-Place($Cmdlet) {
    $subscriptions = $Cmdlet.SubscriptionId
    if (-not $subscriptions) {
        $context = Az.Accounts\Get-AzContext
        if (-not $context) { Stop-WithoutContext $Cmdlet }
        $subscriptions = @($context.Subscription.Id)
    }
    $location = $Cmdlet.Location ? $Cmdlet.Location : (Get-FirstLocation $subscriptions[0])
    if ($location -cnotmatch '\A[A-Za-z0-9-]{1,64}\z') { Write-BadLocation $Cmdlet $location; return }
    $group = $Cmdlet.ResourceGroupName ? $Cmdlet.ResourceGroupName : "system.$location"
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

function Get-Page($Cmdlet) {
    $query = ''
    if ($Cmdlet.Top) { $query += '&%24top=' + [Uri]::EscapeDataString($Cmdlet.Top) }
    if ($Cmdlet.Skip) { $query += '&%24skip=' + [Uri]::EscapeDataString($Cmdlet.Skip) }
    $query
}

# Polls the operation until it is over. Sleeps in short steps, so that the pipeline can be stopped.
function Wait-Operation([hashtable] $Answer, [string] $Follow) {
    while ($Answer.Status -eq 202) {
        $seconds = 0.0
        $null = [double]::TryParse($Answer.Headers['Retry-After'], 'Float', [cultureinfo]::InvariantCulture, [ref] $seconds)
        # The emulated stamp's time may run fast, and asking sooner than the 60 s it names costs nothing on the loopback.
        $until = [datetime]::UtcNow.AddSeconds([Math]::Clamp($seconds, 0.05, 1.0))
        while ([datetime]::UtcNow -lt $until) { [Threading.Thread]::Sleep(25) }
        $Answer = Invoke-Stamp 'GET' ([Uri] $Follow).PathAndQuery
    }
    $Answer
}
