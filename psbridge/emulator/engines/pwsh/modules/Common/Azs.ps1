# What the generated code of Azure Stack Hub's Az modules shares: places, calls, operations, errors. A module sets Provider
# (the type of its locations), ApiVersion, and Told: what an error's target tells of where the call went.
using namespace System.Management.Automation

. "$PSScriptRoot/Types.ps1"
. "$PSScriptRoot/Cmdlets.ps1"
. "$PSScriptRoot/Rest.ps1"
$script:Targets = @{} # the types of errors' targets

# The exceptions and the operation of a module's generated runtime.
function Initialize-Runtime([string] $Namespace) {
    $script:AsyncOperationResponse = New-ClassType $script:Module "$Namespace.Runtime.PowerShell.AsyncOperationResponse" (
        [ordered] @{ Target = [string] })
    $rest = New-ExceptionType $script:Module "$Namespace.Runtime.RestException" ([ordered] @{
            StatusCode   = [Net.HttpStatusCode]
            Code         = [string]
            ResponseBody = [string]
            RequestId    = [string]
            Message      = [string]
            Action       = [string]
        })
    $script:UndeclaredResponseException = New-ExceptionType $script:Module "$Namespace.Runtime.UndeclaredResponseException" @{} (
        $rest)
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

# An array of objects that show nothing: what the service may extend is in additional properties.
function New-Opaques([type] $Interface, [type] $Class, $Json) {
    if (-not $Json) { return }
    $array = [Array]::CreateInstance($Interface, $Json.GetArrayLength())
    for ($i = 0; $i -lt $array.Length; $i++) { $array.SetValue($Class::new(), $i) }
    , $array
}

# The anonymous object that a module names as an error's target.
function New-Target([int] $Number, [Collections.IDictionary] $Members) {
    $names = [string[]] @($Members.Keys)
    $key = "$Number $names"
    if (-not $script:Targets[$key]) { $script:Targets[$key] = New-AnonymousType $script:Module $Number $names }
    $target = [Activator]::CreateInstance($script:Targets[$key])
    foreach ($name in $names) { $target.$name = $Members[$name] }
    , $target
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
function Write-NoLocation($Cmdlet, [string] $Location, [string] $Group, $Target) {
    $message = "The Resource '$script:Provider/$Location' under resource group '$Group' was not found."
    $body = '{"error": {"code": "ResourceNotFound", "message": "' + [Text.Json.JsonEncodedText]::Encode($message) + '"}}'
    Write-RestError $Cmdlet @{ Status = 404; Reason = [Net.HttpStatusCode]::NotFound; Headers = @{}; Body = $body } $Target
}

function Write-NotSignedIn($Cmdlet) {
    $failure = [PSInvalidOperationException]::new('Run Connect-AzAccount to login.')
    $Cmdlet.WriteError([ErrorRecord]::new($failure, 'InvalidOperation', 'InvalidOperation', $null))
}

# The subscriptions that the parameters mean; writes the error and returns nothing if the session is not signed in.
function Get-Subscriptions($Cmdlet) {
    $context = Az.Accounts\Get-AzContext
    if (-not $context) { Write-NotSignedIn $Cmdlet; return }
    $ended = Get-EndedWords
    if ($ended) { Write-Stray $Cmdlet $ended; return }
    $Cmdlet.SubscriptionId ? $Cmdlet.SubscriptionId : $context.Subscription.Id
}

# Where a call goes: its resource path (Root), and the Target of its errors. Given is the location that was asked for. The module's own defaults are the first location
# and the resource group system.LOCATION. Writes the error and returns nothing if there is no such place.
function Resolve-Place($Cmdlet, [string] $Subscription, [string] $Name, [Collections.IDictionary] $Asked = @{},
    [string] $Given = $Cmdlet.Location) {
    $location = $Given ? $Given : (Get-FirstLocation $Cmdlet $Subscription)
    if ($null -eq $location) { return }
    $group = $Cmdlet.ResourceGroupName ? $Cmdlet.ResourceGroupName : "system.$location"
    $where = @{ SubscriptionId = $Subscription; ResourceGroupName = $group; Location = $location }
    $told = [ordered] @{}
    foreach ($key in $script:Told) { $told[$key] = $where[$key] }
    $target = New-Target ($Name ? 0 : 1) ($told + ($Name ? @{ Name = $Name } : $Asked))
    if ($location -cnotmatch '\A[A-Za-z0-9-]{1,64}\z') { Write-NoLocation $Cmdlet $location $group $target; return }
    @{
        Root   = '/subscriptions/' + (ConvertTo-PathSegment $Subscription) + '/resourceGroups/' +
        (ConvertTo-PathSegment $group) + "/providers/$script:Provider/$location"
        Target = $target
    }
}

# Writes what a Get cmdlet is asked for: the resource of a name, or all of each location. Kind is the end of their path, Query
# the end of the query for all, Asked what an error's target tells of it; Convert makes an object of the module's from JSON.
function Write-Resources($Cmdlet, [string] $Kind, [string] $Name, [scriptblock] $Convert, [string] $Query,
    [Collections.IDictionary] $Asked = @{}) {
    foreach ($subscription in Get-Subscriptions $Cmdlet) {
        $place = Resolve-Place $Cmdlet $subscription $Name $Asked
        if (-not $place) { return }
        $path = "$($place.Root)/$Kind"
        $path += $Name ? "/$(ConvertTo-PathSegment $Name)?api-version=$script:ApiVersion" : "?api-version=$script:ApiVersion$Query"
        while ($path) {
            $answer = Invoke-Stamp 'GET' $path
            if ($answer.Status -ne 200) { Write-RestError $Cmdlet $answer $place.Target; return }
            $json = Read-Json $answer.Body
            if ($Name) { $Cmdlet.WriteObject((& $Convert $json)); break }
            $list = Find-Json $json 'value'
            if ($list) { foreach ($item in $list.EnumerateArray()) { $Cmdlet.WriteObject((& $Convert $item)) } }
            $next = Get-JsonText $json 'nextLink'
            $path = $next ? ([Uri] $next).PathAndQuery : $null
        }
    }
}

# A name, of which the real wrappers cut the region that may stand before it: redmond/GUID.
function Get-NameWithoutRegion($Cmdlet) {
    "$($Cmdlet.Name)".Split('/')[-1]
}

function Get-FirstLocation($Cmdlet, [string] $Subscription) {
    $path = '/subscriptions/' + (ConvertTo-PathSegment $Subscription) + '/locations?api-version=2016-06-01'
    $answer = Invoke-Stamp 'GET' $path
    if ($answer.Status -ne 200) { Write-RestError $Cmdlet $answer (New-Target 1 @{ Location = '' }); return }
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
