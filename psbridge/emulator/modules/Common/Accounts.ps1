# The session's context and a service principal's sign-in, for Az.Accounts and AzureRM.Profile alike. A module sets Core, the
# part of the context's type name that AzureRM lacks.
using namespace System.Management.Automation
using namespace System.Text.Json

$script:Profile = $null # what the emulator says of the host; read when first needed
$script:SignIn = $null # the session's own; a context that was autosaved on the host is there from the start

# Of the objects the properties that a client reads.
$models = 'Microsoft.Azure.Commands.Profile.Models'
$script:PSAzureEnvironment = New-ClassType $script:Module "$models.PSAzureEnvironment" ([ordered] @{
        Name                     = [string]
        EnableAdfsAuthentication = [bool]
        ResourceManagerUrl       = [string]
    }) -Text Name
$script:PSAzureSubscription = New-ClassType $script:Module "$models.PSAzureSubscription" ([ordered] @{
        Id             = [string]
        Name           = [string]
        State          = [string]
        SubscriptionId = [string]
        TenantId       = [string]
        HomeTenantId   = [string]
    }) -Text Id
$script:PSAzureTenant = New-ClassType $script:Module "$models.PSAzureTenant" ([ordered] @{
        Id       = [string]
        TenantId = [string]
    }) -Text Id
$script:PSAzureRmAccount = New-ClassType $script:Module "$models.PSAzureRmAccount" ([ordered] @{
        Id   = [string]
        'Type' = [string]
    }) -Text Id
$script:PSAzureContext = New-ClassType $script:Module "$models.$($script:Core)PSAzureContext" ([ordered] @{
        Name               = [string]
        Account            = $script:PSAzureRmAccount
        Environment        = $script:PSAzureEnvironment
        Subscription       = $script:PSAzureSubscription
        Tenant             = $script:PSAzureTenant
        TokenCache         = [object]
        VersionProfile     = [string]
        ExtendedProperties = [Collections.Concurrent.ConcurrentDictionary[string, string]]
    }) -Text Name
$script:PSAzureProfile = New-ClassType $script:Module "$models.$($script:Core)PSAzureProfile" ([ordered] @{
        Environments = [Collections.Generic.Dictionary[string, object]]
        Context      = $script:PSAzureContext
    })
$script:AuthenticationFailed = New-ExceptionType $script:Module 'Azure.Identity.AuthenticationFailedException' @{}

# The context of a sign-in: a hashtable with Account, Kind, Environment, Tenant, SubscriptionId, SubscriptionName.
function New-Context([hashtable] $SignIn, [string] $ResourceManagerUrl) {
    $context = $script:PSAzureContext::new()
    $context.Name = "$($SignIn.SubscriptionName) ($($SignIn.SubscriptionId)) - $($SignIn.Tenant) - $($SignIn.Account)"
    $context.Account = $script:PSAzureRmAccount::new()
    $context.Account.Id = $SignIn.Account
    $context.Account.Type = $SignIn.Kind
    $context.Environment = $script:PSAzureEnvironment::new()
    $context.Environment.Name = $SignIn.Environment
    $context.Environment.ResourceManagerUrl = $ResourceManagerUrl
    $context.Subscription = $script:PSAzureSubscription::new()
    $context.Subscription.Id = $SignIn.SubscriptionId
    $context.Subscription.Name = $SignIn.SubscriptionName
    $context.Subscription.State = 'Enabled'
    $context.Subscription.SubscriptionId = $SignIn.SubscriptionId
    $context.Subscription.TenantId = $SignIn.Tenant
    $context.Subscription.HomeTenantId = $SignIn.Tenant
    $context.Tenant = $script:PSAzureTenant::new()
    $context.Tenant.Id = $SignIn.Tenant
    $context.Tenant.TenantId = $SignIn.Tenant
    $context.ExtendedProperties = [Collections.Concurrent.ConcurrentDictionary[string, string]]::new()
    $context
}

$script:ReadContext = {
    param($Cmdlet)
    $known = Get-HostProfile
    if ($script:SignIn) { $Cmdlet.WriteObject((New-Context $script:SignIn $known.resource_manager_url)) }
}

$script:Connect = {
    param($Cmdlet)
    $known = Get-HostProfile
    $tenant = $Cmdlet.Tenant ?? $Cmdlet.TenantId
    $environment = $Cmdlet.Environment ? $Cmdlet.Environment : 'AzureCloud'
    if (-not $Cmdlet.ShouldProcess("ServicePrincipal account in environment '$environment'", 'log in')) { return }
    if ($environment -ne $known.environment) {
        Write-WrongInput $Cmdlet 'EnvironmentNotFound' "Unable to find environment with name '$environment'."
        return
    }
    $id = $Cmdlet.Credential.UserName
    $answer = Invoke-Stamp 'POST' '/_emulator/sign-in' (ConvertTo-JsonText ([ordered] @{
                environment    = $known.environment
                tenant         = $tenant
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
        Account = $account; Kind = 'ServicePrincipal'; Environment = $known.environment; Tenant = $tenant
        SubscriptionId = $subscription.Id; SubscriptionName = $subscription.Name
    }
    $result = $script:PSAzureProfile::new()
    $result.Context = New-Context $script:SignIn $known.resource_manager_url
    $result.Environments = [Collections.Generic.Dictionary[string, object]]::new()
    $result.Environments[$known.environment] = $result.Context.Environment
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
