# Stands in for Az.Accounts 2.2.8: the context, a service principal's sign-in, and raw ARM calls.
using namespace System.Management.Automation
using namespace System.Text.Json

. "$PSScriptRoot/../../Common/Types.ps1"
. "$PSScriptRoot/../../Common/Cmdlets.ps1"
. "$PSScriptRoot/../../Common/Rest.ps1"
$script:Module = New-TypeModule 'Microsoft.Azure.PowerShell.Cmdlets.Accounts'
. "$PSScriptRoot/Models.ps1"

$script:Profile = $null # what the emulator says of the host; read when first needed
$script:SignIn = $null # the session's own; a context that was autosaved on the host is there from the start
$class = 'Microsoft.Azure.Commands.Profile'

$getContext = New-CmdletType $script:Module "$class.GetAzureRMContextCommand" 'Get-AzContext' ([ordered] @{
        ListAvailable                = [switch]
        RefreshContextFromTokenCache = [switch]
    }) {
    param($Cmdlet)
    $known = Get-HostProfile
    if ($script:SignIn) { $Cmdlet.WriteObject((New-Context $script:SignIn $known.resource_manager_url)) }
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
    $environment = $Cmdlet.Environment ? $Cmdlet.Environment : 'AzureCloud'
    if (-not $Cmdlet.ShouldProcess("ServicePrincipal account in environment '$environment'", 'log in')) { return }
    if ($environment -ne $known.environment) {
        Write-WrongInput $Cmdlet 'EnvironmentNotFound' "Unable to find environment with name '$environment'."
        return
    }
    $id = $Cmdlet.Credential.UserName
    $answer = Invoke-Stamp 'POST' '/_emulator/sign-in' (ConvertTo-JsonText ([ordered] @{
                environment    = $known.environment
                tenant         = $Cmdlet.Tenant
                application_id = $id
                secret         = $Cmdlet.Credential.GetNetworkCredential().Password
            }))
    if ($answer.Status -ne 200) {
        $failure = $script:AuthenticationFailed::new(
            'ClientSecretCredential authentication failed: AADSTS7000215: Invalid client secret is provided for the app ' +
            "'$id'.")
        $Cmdlet.WriteError([ErrorRecord]::new($failure, '', 'CloseError', $null))
        return
    }
    $account = Get-JsonText (Read-Json $answer.Body) 'account'
    $subscription = Find-Subscription $known $Cmdlet.Subscription
    if (-not $subscription) {
        Write-WrongInput $Cmdlet 'SubscriptionNotFound' (
            "The provided account $account does not have access to subscription `"$($Cmdlet.Subscription)`".")
        return
    }
    $Cmdlet.WriteWarning('The provided service principal secret will be included in the ''AzureRmContext.json'' file ' +
        'found in the user profile. Please ensure that this directory has appropriate protections.')
    $script:SignIn = @{
        Account = $account; Kind = 'ServicePrincipal'; Environment = $known.environment; Tenant = $Cmdlet.Tenant
        SubscriptionId = $subscription.Id; SubscriptionName = $subscription.Name
    }
    $result = $script:PSAzureProfile::new()
    $result.Context = New-Context $script:SignIn $known.resource_manager_url
    $result.Environments = [Collections.Generic.Dictionary[string, object]]::new()
    $result.Environments[$known.environment] = $result.Context.Environment
    $Cmdlet.WriteObject($result)
}

$invoke = New-CmdletType $script:Module "$class.Rest.InvokeAzRestCommand" 'Invoke-AzRestMethod' -ShouldProcess ([ordered] @{
        Path    = @{ Type = [string]; Mandatory = $true }
        Method  = @{ Type = [string]; Words = 'GET', 'POST', 'PUT', 'PATCH', 'DELETE' }
        Payload = [string]
    }) {
    param($Cmdlet)
    if (-not $script:SignIn) { $null = Get-HostProfile }
    if (-not $script:SignIn) {
        $failure = [PSInvalidOperationException]::new('Run Connect-AzAccount to login.')
        $Cmdlet.WriteError([ErrorRecord]::new($failure, 'InvalidOperation', 'InvalidOperation', $null))
        return
    }
    $method = $Cmdlet.Method ? $Cmdlet.Method.ToUpperInvariant() : 'GET'
    # The emulator's own calls are beside the stamp's, and a client of the stamp has no business there.
    if (-not $Cmdlet.Path.StartsWith('/') -or $Cmdlet.Path -match '[\x00-\x20#\\]|/(\.|%2e){1,2}(/|\?|\z)|\A/+_') {
        Write-WrongInput $Cmdlet 'InvalidPath' "Invalid Path for making Rest call: '$($Cmdlet.Path)'."
        return
    }
    if (-not $Cmdlet.ShouldProcess($Cmdlet.Path, $method)) { return }
    $answer = Invoke-Stamp $method $Cmdlet.Path $Cmdlet.Payload
    $result = $script:PSHttpResponse::new()
    $result.Headers = $answer.Response.Headers
    $result.Version = "$($answer.Version)"
    $result.StatusCode = $answer.Status
    $result.Method = $method
    $result.Content = $answer.Body
    $Cmdlet.WriteObject($result)
}

function Write-WrongInput($Cmdlet, [string] $Id, [string] $Message) {
    $Cmdlet.WriteError([ErrorRecord]::new([PSArgumentException]::new($Message), $Id, 'InvalidArgument', $null))
}

function Get-HostProfile {
    if ($null -eq $script:Profile) {
        $json = Read-Json (Invoke-Stamp 'GET' '/_emulator/profile').Body
        $script:Profile = @{}
        foreach ($pair in $json.EnumerateObject()) { $script:Profile[$pair.Name] = $pair.Value.ToString() }
        if ($script:Profile.signed_in -eq 'True') {
            $script:SignIn = @{
                Account = $script:Profile.account; Kind = 'User'; Environment = $script:Profile.environment
                Tenant = $script:Profile.tenant; SubscriptionId = $script:Profile.subscription_id
                SubscriptionName = $script:Profile.subscription_name
            }
        }
    }
    $script:Profile
}

# The subscription of that id or name; the default provider's where none is asked for.
function Find-Subscription([hashtable] $Known, [string] $Wanted) {
    $found = @{ Id = $Known.subscription_id; Name = $Known.subscription_name }
    if (-not $Wanted -or $Wanted -in $found.Id, $found.Name) { return $found }
    $list = Find-Json (Read-Json (Invoke-Stamp 'GET' '/subscriptions?api-version=2016-06-01').Body) 'value'
    foreach ($item in $list.EnumerateArray()) {
        $found = @{ Id = Get-JsonText $item 'subscriptionId'; Name = Get-JsonText $item 'displayName' }
        if ($Wanted -in $found.Id, $found.Name) { return $found }
    }
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
