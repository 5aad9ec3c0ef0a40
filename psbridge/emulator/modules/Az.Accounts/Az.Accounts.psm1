# Stands in for Az.Accounts 2.2.8: the context, a service principal's sign-in, and raw ARM calls.
using namespace System.Management.Automation
using namespace System.Text.Json

. "$PSScriptRoot/../Common/Types.ps1"
. "$PSScriptRoot/../Common/Cmdlets.ps1"
. "$PSScriptRoot/../Common/Rest.ps1"
$script:Module = New-TypeModule 'Microsoft.Azure.PowerShell.Cmdlets.Accounts'
. "$PSScriptRoot/Models.ps1"

# The session's own state: a context that was autosaved on the host is there from the start.
$script:Profile = $null
$script:Account = $null
$script:Environment = $null
$script:SignedIn = [Environment]::GetEnvironmentVariable('PSBRIDGE_STAMP_SIGNED_IN') -eq 'True'
$class = 'Microsoft.Azure.Commands.Profile'

$getContext = New-CmdletType $script:Module "$class.GetAzureRMContextCommand" 'Get-AzContext' ([ordered] @{
        ListAvailable = [switch]
    }) {
    param($Cmdlet)
    if ($script:SignedIn) { $Cmdlet.WriteObject((New-Context (Get-HostProfile))) }
}

$connect = New-CmdletType $script:Module "$class.ConnectAzureRmAccountCommand" 'Connect-AzAccount' -ShouldProcess ([ordered] @{
        Environment      = @{ Type = [string]; Alias = 'EnvironmentName' }
        Credential       = @{ Type = [pscredential]; Mandatory = $true }
        ServicePrincipal = @{ Type = [switch]; Mandatory = $true }
        Tenant           = @{ Type = [string]; Mandatory = $true; Alias = 'Domain', 'TenantId' }
        Subscription     = @{ Type = [string]; Alias = 'SubscriptionName', 'SubscriptionId' }
        Force            = @{ Type = [switch]; Alias = 'f' }
    }) {
    param($Cmdlet)
    $known = Get-HostProfile
    $environment = $Cmdlet.Environment ? $Cmdlet.Environment : $known.environment
    if (-not $Cmdlet.ShouldProcess($environment, 'log in')) { return }
    $answer = Invoke-Stamp 'POST' '/_emulator/sign-in' (ConvertTo-JsonText ([ordered] @{
                environment    = $environment
                tenant         = $Cmdlet.Tenant
                application_id = $Cmdlet.Credential.UserName
                secret         = $Cmdlet.Credential.GetNetworkCredential().Password
            }))
    if ($answer.Status -ne 200) {
        $message = Get-JsonText (Read-Json $answer.Body) 'error', 'message'
        $Cmdlet.WriteError([ErrorRecord]::new($script:AuthenticationFailed::new($message), '', 'CloseError', $null))
        return
    }
    $script:Account = Get-JsonText (Read-Json $answer.Body) 'account'
    $script:Environment = $environment
    $script:SignedIn = $true
    $result = $script:PSAzureProfile::new()
    $result.Context = New-Context $known
    $Cmdlet.WriteObject($result)
}

$invoke = New-CmdletType $script:Module "$class.Rest.InvokeAzRestCommand" 'Invoke-AzRestMethod' -ShouldProcess ([ordered] @{
        Path    = @{ Type = [string]; Mandatory = $true }
        Method  = @{ Type = [string]; Words = 'GET', 'POST', 'PUT', 'PATCH', 'DELETE' }
        Payload = [string]
    }) {
    param($Cmdlet)
    if (-not $script:SignedIn) { Stop-Rest $Cmdlet ([PSInvalidOperationException]::new('Run Connect-AzAccount to login.')) }
    $method = $Cmdlet.Method ? $Cmdlet.Method.ToUpperInvariant() : 'GET'
    if (-not $Cmdlet.ShouldProcess($Cmdlet.Path, $method)) { return }
    if ($Cmdlet.Path -notmatch '\A/subscriptions\b' -or $Cmdlet.Path -match '[\x00-\x20#\\]|/\.{1,2}(/|\?|\z)') {
        Stop-Rest $Cmdlet ([ArgumentException]::new('The path must be a resource path that begins with /subscriptions.'))
    }
    $answer = Invoke-Stamp $method $Cmdlet.Path $Cmdlet.Payload
    $result = $script:PSHttpResponse::new()
    $result.Headers = $answer.Response.Headers
    $result.Version = "$($answer.Version)"
    $result.StatusCode = $answer.Status
    $result.Method = $method
    $result.Content = $answer.Body
    $Cmdlet.WriteObject($result)
}

function Stop-Rest($Cmdlet, [Exception] $Failure) {
    $Cmdlet.ThrowTerminatingError([ErrorRecord]::new($Failure, '', 'CloseError', $null))
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
        '"' + [JsonEncodedText]::Encode($name) + '":"' + [JsonEncodedText]::Encode($Words[$name]) + '"'
    }
    '{' + [string]::Join(',', $pairs) + '}'
}

Import-Module -Assembly $getContext.Assembly
Export-ModuleMember -Cmdlet Get-AzContext, Connect-AzAccount, Invoke-AzRestMethod
