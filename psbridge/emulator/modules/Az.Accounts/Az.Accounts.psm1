# Stands in for Az.Accounts 2.2.8: the context, a service principal's sign-in, and raw ARM calls.
using namespace System.Management.Automation
using namespace System.Text.Json

. "$PSScriptRoot/../Common/Types.ps1"
. "$PSScriptRoot/../Common/Rest.ps1"
. "$PSScriptRoot/Models.ps1"

# The session's own state: a context that was autosaved on the host is there from the start.
$script:Profile = $null
$script:Account = $null
$script:Environment = $null
$script:SignedIn = [Environment]::GetEnvironmentVariable('PSBRIDGE_STAMP_SIGNED_IN') -eq 'True'

function Get-AzContext {
    [CmdletBinding(PositionalBinding = $false)]
    param([switch] $ListAvailable)
    if ($script:SignedIn) { New-Context (Get-HostProfile) }
}

function Connect-AzAccount {
    [CmdletBinding(PositionalBinding = $false, SupportsShouldProcess)]
    param(
        [Alias('EnvironmentName')] [string] $Environment,
        [Parameter(Mandatory)] [pscredential] $Credential,
        [Parameter(Mandatory)] [switch] $ServicePrincipal,
        [Alias('Domain', 'TenantId')] [Parameter(Mandatory)] [string] $Tenant,
        [Alias('SubscriptionName', 'SubscriptionId')] [string] $Subscription,
        [Alias('f')] [switch] $Force
    )
    $known = Get-HostProfile
    if (-not $PSCmdlet.ShouldProcess($Environment ? $Environment : $known.environment, 'log in')) { return }
    $ask = [ordered] @{
        environment    = $Environment ? $Environment : $known.environment
        tenant         = $Tenant
        application_id = $Credential.UserName
        secret         = $Credential.GetNetworkCredential().Password
    }
    $answer = Invoke-Stamp 'POST' '/_emulator/sign-in' (ConvertTo-JsonText $ask)
    if ($answer.Status -ne 200) {
        $message = Get-JsonText (Read-Json $answer.Body) 'error', 'message'
        $PSCmdlet.WriteError([ErrorRecord]::new($script:AuthenticationFailed::new($message), '', 'CloseError', $null))
        return
    }
    $script:Account = Get-JsonText (Read-Json $answer.Body) 'account'
    $script:Environment = $ask.environment
    $script:SignedIn = $true
    $result = $script:PSAzureProfile::new()
    $result.Context = New-Context $known
    $result
}

function Invoke-AzRestMethod {
    [CmdletBinding(PositionalBinding = $false, SupportsShouldProcess)]
    param(
        [Parameter(Mandatory)] [string] $Path,
        [ValidateSet('GET', 'POST', 'PUT', 'PATCH', 'DELETE')] [string] $Method = 'GET',
        [string] $Payload
    )
    if (-not $script:SignedIn) {
        $PSCmdlet.ThrowTerminatingError([ErrorRecord]::new(
                [PSInvalidOperationException]::new('Run Connect-AzAccount to login.'), '', 'CloseError', $null))
    }
    if (-not $PSCmdlet.ShouldProcess($Path, $Method)) { return }
    if ($Path -notlike '/subscriptions*' -or $Path -match '[\x00-\x20#\\]|/\.{1,2}(/|\?|$)') {
        $PSCmdlet.ThrowTerminatingError([ErrorRecord]::new(
                [ArgumentException]::new('The path must be a resource path that begins with /subscriptions.'),
                '', 'CloseError', $null))
    }
    $answer = Invoke-Stamp $Method $Path $Payload
    $result = $script:PSHttpResponse::new()
    $result.Headers = $answer.Response.Headers
    $result.Version = "$($answer.Version)"
    $result.StatusCode = $answer.Status
    $result.Method = $Method
    $result.Content = $answer.Body
    $result
}

function Get-HostProfile {
    if ($null -eq $script:Profile) {
        $json = Read-Json (Invoke-Stamp 'GET' '/_emulator/profile').Body
        $script:Profile = @{}
        foreach ($pair in $json.EnumerateObject()) { $script:Profile[$pair.Name] = $pair.Value.ToString() }
    }
    $script:Profile
}

# JSON of a few strings: what is in them stays in them.
function ConvertTo-JsonText([Collections.IDictionary] $Words) {
    $pairs = foreach ($name in $Words.Keys) {
        [JsonEncodedText]::Encode($name).ToString().Insert(0, '"') + '":"' + [JsonEncodedText]::Encode($Words[$name]).ToString() + '"'
    }
    '{' + [string]::Join(',', $pairs) + '}'
}
