# Where a cmdlet's call goes, and waiting for what it started.

# The subscriptions that the parameters mean; writes the error and returns nothing if the session is not signed in.
function Get-Subscriptions($Cmdlet) {
    $context = Az.Accounts\Get-AzContext
    if (-not $context) { Write-NotSignedIn $Cmdlet; return }
    $Cmdlet.SubscriptionId ? $Cmdlet.SubscriptionId : $context.Subscription.Id
}

# Location and resource path (Root) in a subscription, with the module's own defaults: the first location, the resource
# group system.LOCATION. Writes the error and returns nothing if there is none.
function Resolve-Place($Cmdlet, [string] $Subscription) {
    $location = $Cmdlet.Location ? $Cmdlet.Location : (Get-FirstLocation $Cmdlet $Subscription)
    if ($null -eq $location) { return }
    if ($location -cnotmatch '\A[A-Za-z0-9-]{1,64}\z') { Write-NoLocation $Cmdlet $location; return }
    $group = $Cmdlet.ResourceGroupName ? $Cmdlet.ResourceGroupName : "system.$location"
    @{
        Root     = '/subscriptions/' + (ConvertTo-PathSegment $Subscription) + '/resourceGroups/' +
        (ConvertTo-PathSegment $group) + "/providers/Microsoft.Backup.Admin/backupLocations/$location"
        Location = $location
    }
}

function Get-FirstLocation($Cmdlet, [string] $Subscription) {
    $path = '/subscriptions/' + (ConvertTo-PathSegment $Subscription) + '/locations?api-version=2016-06-01'
    $answer = Invoke-Stamp 'GET' $path
    if ($answer.Status -ne 200) { Write-RestError $Cmdlet $answer (New-Target ''); return }
    $list = Find-Json (Read-Json $answer.Body) 'value'
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
