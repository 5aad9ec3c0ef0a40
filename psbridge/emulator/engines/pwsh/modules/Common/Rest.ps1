# Calls to the emulated stamp's REST API over the loopback. Address and token come from the environment of the process
# once, and are taken out of it so that nothing started later inherits them.
using namespace System.Management.Automation
using namespace System.Net.Http
using namespace System.Text.Json

$script:StampUrl = [AppDomain]::CurrentDomain.GetData('PSBRIDGE_STAMP_URL')
$script:StampToken = [AppDomain]::CurrentDomain.GetData('PSBRIDGE_STAMP_TOKEN')
if (-not $script:StampUrl) {
    $script:StampUrl = [Environment]::GetEnvironmentVariable('PSBRIDGE_STAMP_URL')
    $script:StampToken = [Environment]::GetEnvironmentVariable('PSBRIDGE_STAMP_TOKEN')
    foreach ($name in 'PSBRIDGE_STAMP_URL', 'PSBRIDGE_STAMP_TOKEN') {
        [AppDomain]::CurrentDomain.SetData($name, [Environment]::GetEnvironmentVariable($name))
        [Environment]::SetEnvironmentVariable($name, $null)
    }
}
$script:StampHandler = [SocketsHttpHandler]::new()
$script:StampHandler.UseProxy = $false
$script:StampHandler.AllowAutoRedirect = $false
$script:StampClient = [HttpClient]::new($script:StampHandler)
$script:StampClient.Timeout = [TimeSpan]::FromSeconds(30)

# Returns Status (int), Reason (HttpStatusCode), Headers (hashtable of text), Body (text).
function Invoke-Stamp([string] $Method, [string] $Path, [string] $Payload, [string] $CommandName) {
    $request = [HttpRequestMessage]::new([HttpMethod]::new($Method), $script:StampUrl + $Path)
    $request.Headers.Authorization = [Headers.AuthenticationHeaderValue]::new('Bearer', $script:StampToken)
    if ($CommandName) { $request.Headers.Add('CommandName', $CommandName) }
    # what became of the session's sign-in, which the stamp would see by its token
    $session = [AppDomain]::CurrentDomain.GetData('PSBRIDGE_SESSION')
    if ($session) { $request.Headers.Add('X-Emulator-Session', [string] $session) }
    if ($Payload) { $request.Content = [StringContent]::new($Payload, [Text.Encoding]::UTF8, 'application/json') }
    $response = $script:StampClient.Send($request)
    try {
        $reader = [IO.StreamReader]::new($response.Content.ReadAsStream(), [Text.Encoding]::UTF8)
        $headers = [ordered] @{}
        foreach ($group in $response.Headers, $response.Content.Headers) {
            foreach ($pair in $group) { $headers[$pair.Key] = [string]::Join(', ', $pair.Value) }
        }
        @{
            Status = [int] $response.StatusCode; Reason = $response.StatusCode; Headers = $headers
            Body = $reader.ReadToEnd(); Version = $response.Version; Response = $response
        }
    }
    finally { $response.Dispose() }
}

# An error without an id, as Az's cmdlets write whatever an exception says.
function Write-Stray($Cmdlet, [string] $Message) {
    $Cmdlet.WriteError([ErrorRecord]::new([PSInvalidOperationException]::new($Message), '', 'CloseError', $null))
}

# What Az's cmdlets say where a context shows and can't be used; nothing where it can.
function Get-EndedWords {
    switch ([AppDomain]::CurrentDomain.GetData('PSBRIDGE_SESSION')) {
        'signed-out' {
            'Your Azure credentials have not been set up or have expired, please run Connect-AzAccount to set up your ' +
            'Azure credentials.'
        }
        'no-subscription' {
            'No subscription found in the context. Please ensure that the credentials you provided are authorized to ' +
            'access an Azure subscription, then run Connect-AzAccount to login.'
        }
    }
}

# What the trigger writes beside a good answer, by `stray_error` or `stray_warning`; nothing where the scenario has none.
function Get-Stray([string] $Name) {
    Get-JsonText (Read-Json (Invoke-Stamp 'GET' '/_emulator/profile').Body) $Name
}

# One segment of a path. Dots would be taken for "here" and "up" whatever their encoding.
function ConvertTo-PathSegment([string] $Text) {
    if ($Text -in '', '.', '..') { throw [ArgumentException]::new("'$Text' cannot be a segment of a resource path.") }
    [Uri]::EscapeDataString($Text)
}

function Read-Json([string] $Text) {
    try { [JsonDocument]::Parse($Text).RootElement } catch [JsonException] { $null }
}

# Follows the names into a JsonElement; $null where one is absent or null.
function Find-Json($Element, [string[]] $Names) {
    foreach ($name in $Names) {
        $next = [JsonElement]::new()
        if ($null -eq $Element -or $Element.ValueKind -ne [JsonValueKind]::Object) { return $null }
        if (-not $Element.TryGetProperty($name, [ref] $next)) { return $null }
        $Element = $next
    }
    if ($Element.ValueKind -in [JsonValueKind]::Null, [JsonValueKind]::Undefined) { return $null }
    return , $Element
}

function Get-JsonText($Element, [string[]] $Names) {
    $found = Find-Json $Element $Names
    if ($null -eq $found) { return $null }
    if ($found.ValueKind -eq [JsonValueKind]::String) { $found.GetString() } else { $found.GetRawText() }
}

function Get-JsonTime($Element, [string[]] $Names) {
    $text = Get-JsonText $Element $Names
    if (-not $text) { return $null }
    $culture = [Globalization.CultureInfo]::InvariantCulture
    [datetime]::Parse($text, $culture, [Globalization.DateTimeStyles]::RoundtripKind)
}
