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
$script:AutosaveSettings = New-ClassType $script:Module (
    'Microsoft.Azure.Commands.Common.Authentication.ContextAutosaveSettings') ([ordered] @{ Mode = [string] })

# The cmdlets' parameters that both generations have, Az and AzureRM.
$script:ContextParameters = [ordered] @{
    Subscription = @{ Type = [string]; Mandatory = $true; Alias = 'SubscriptionId', 'SubscriptionName' }
    Tenant       = @{ Type = [string]; Alias = 'Domain', 'TenantId' }
    Force        = [switch]
}
$script:EnvironmentParameters = [ordered] @{
    Name                                   = @{ Type = [string]; Mandatory = $true }
    ARMEndpoint                            = @{ Type = [string]; Mandatory = $true; Alias = 'ArmUrl' }
    AzureKeyVaultDnsSuffix                 = [string]
    AzureKeyVaultServiceEndpointResourceId = [string]
}
$script:AutosaveParameters = [ordered] @{ Scope = @{ Type = [string]; Words = 'Process', 'CurrentUser' } }

# The parameter sets of a service principal's sign-in.
$script:BySecret = 'ServicePrincipalWithSubscriptionId'
$script:ByCertificate = 'ServicePrincipalCertificateWithSubscriptionId'

$script:BuiltIn = 'AzureCloud' # of the environments that Az has built in the one that matters
$script:Environments = $null # addresses of those that the session knows, by name; read with the profile
$script:Autosave = $true

function New-Environment([string] $Name, [string] $Url) {
    $environment = $script:PSAzureEnvironment::new()
    $environment.Name = $Name
    $environment.EnableAdfsAuthentication = $script:Profile.identity -eq 'adfs' -and $Name -ne $script:BuiltIn
    $environment.ResourceManagerUrl = $Url
    $environment
}

# The context of a sign-in: a hashtable with Account, Kind, Environment, Tenant, SubscriptionId, SubscriptionName.
function New-Context([hashtable] $SignIn) {
    $context = $script:PSAzureContext::new()
    $context.Name = $SignIn.SubscriptionId ?
    "$($SignIn.SubscriptionName) ($($SignIn.SubscriptionId)) - $($SignIn.Tenant) - $($SignIn.Account)" :
    "$($SignIn.Tenant) - $($SignIn.Account)"
    $context.Account = $script:PSAzureRmAccount::new()
    $context.Account.Id = $SignIn.Account
    $context.Account.Type = $SignIn.Kind
    $url = $script:Environments[$SignIn.Environment] ?? (Get-HostProfile).resource_manager_url
    $context.Environment = New-Environment $SignIn.Environment $url
    if ($SignIn.SubscriptionId) {
        $context.Subscription = $script:PSAzureSubscription::new()
        $context.Subscription.Id = $SignIn.SubscriptionId
        $context.Subscription.Name = $SignIn.SubscriptionName
        $context.Subscription.State = 'Enabled'
        $context.Subscription.SubscriptionId = $SignIn.SubscriptionId
        $context.Subscription.TenantId = $SignIn.Tenant
        $context.Subscription.HomeTenantId = $SignIn.Tenant
    }
    $context.Tenant = $script:PSAzureTenant::new()
    $context.Tenant.Id = $SignIn.Tenant
    $context.Tenant.TenantId = $SignIn.Tenant
    $context.ExtendedProperties = [Collections.Concurrent.ConcurrentDictionary[string, string]]::new()
    $context
}

$script:ReadContext = {
    param($Cmdlet)
    $null = Get-HostProfile
    if ($script:SignIn) { $Cmdlet.WriteObject((New-Context $script:SignIn)) }
}

$script:Connect = {
    param($Cmdlet)
    $known = Get-HostProfile
    $tenant = $Cmdlet.Tenant ?? $Cmdlet.TenantId
    $environment = $Cmdlet.Environment ? $Cmdlet.Environment : 'AzureCloud'
    if (-not (Confirm-Process $Cmdlet "ServicePrincipal account in environment '$environment'" 'log in')) { return }
    $name = $null
    foreach ($each in $script:Environments.Keys) { if ($each -eq $environment) { $name = $each } }
    if (-not $name) {
        Write-WrongInput $Cmdlet 'EnvironmentNotFound' "Unable to find environment with name '$environment'."
        return
    }
    $account = Enter-Account $Cmdlet $known $tenant
    if (-not $account) { return }
    $subscription = $Cmdlet.Subscription ? (Find-Subscription $known $Cmdlet.Subscription) : (Get-Landing $known)
    if (-not $subscription) {
        Write-WrongInput $Cmdlet 'SubscriptionNotFound' (
            "The provided account $account does not have access to subscription `"$($Cmdlet.Subscription)`".")
        return
    }
    if ($script:Autosave -and $Cmdlet.Credential -and $Cmdlet.Scope -ne 'Process') {
        $Cmdlet.WriteWarning('The provided service principal secret will be included in the ''AzureRmContext.json'' file ' +
            'found in the user profile. Please ensure that this directory has appropriate protections.')
    }
    $script:SignIn = @{
        Account = $account; Kind = 'ServicePrincipal'; Environment = $name; Tenant = $tenant
        SubscriptionId = $subscription.Id; SubscriptionName = $subscription.Name
    }
    Set-SessionState ($script:Environments[$name].StartsWith('https://management.') ? 'tenant-endpoint' : 'works')
    $result = $script:PSAzureProfile::new()
    $result.Context = New-Context $script:SignIn
    $result.Environments = [Collections.Generic.Dictionary[string, object]]::new()
    $result.Environments[$name] = $result.Context.Environment
    $Cmdlet.WriteObject($result)
}

$script:SetContext = {
    param($Cmdlet)
    $known = Get-HostProfile
    if (-not $script:SignIn) { return }
    if (-not (Confirm-Process $Cmdlet "Subscription '$($Cmdlet.Subscription)'" 'Set context')) { return }
    $found = Find-Subscription $known $Cmdlet.Subscription
    if (-not $found) { Write-Stray $Cmdlet 'Please provide a valid tenant or a valid subscription.'; return }
    $script:SignIn.SubscriptionId = $found.Id
    $script:SignIn.SubscriptionName = $found.Name
    $Cmdlet.WriteObject((New-Context $script:SignIn))
}

$script:ReadEnvironment = {
    param($Cmdlet)
    $null = Get-HostProfile
    foreach ($name in $script:Environments.Keys) {
        if (-not $Cmdlet.Name -or $Cmdlet.Name -eq $name) {
            $Cmdlet.WriteObject((New-Environment $name $script:Environments[$name]))
        }
    }
}

$script:AddEnvironment = {
    param($Cmdlet)
    $known = Get-HostProfile
    if (-not (Confirm-Process $Cmdlet "environment '$($Cmdlet.Name)'" 'Add environment')) { return }
    if ($Cmdlet.Name -eq $script:BuiltIn) {
        Write-Stray $Cmdlet "Cannot add built-in or discovered environment $($Cmdlet.Name)."
        return
    }
    $url = $Cmdlet.ARMEndpoint.TrimEnd('/').ToLowerInvariant()
    $own = $known.resource_manager_url.TrimEnd('/').ToLowerInvariant()
    $at = $Cmdlet.ARMEndpoint.IndexOf('://')
    $address = $at -ge 0 -and $Cmdlet.ARMEndpoint.Length -gt $at + 3 ? $Cmdlet.ARMEndpoint.Substring($at + 3) : $Cmdlet.ARMEndpoint
    if ($url -notin $own, $own.Replace('://adminmanagement.', '://management.')) {
        Write-Unreachable $Cmdlet "No such host is known. ($address)"
        return
    }
    if ($known.endpoint_error) {
        Write-Unreachable $Cmdlet ($known.endpoint_error -f $address)
        return
    }
    foreach ($name in @($script:Environments.Keys)) {
        if ($name -eq $Cmdlet.Name) { $script:Environments.Remove($name) }
    }
    $script:Environments[$Cmdlet.Name] = "$url/"
    $Cmdlet.WriteObject((New-Environment $Cmdlet.Name "$url/"))
}

$script:DisableAutosave = {
    param($Cmdlet)
    if (-not (Confirm-Process $Cmdlet 'Current session' 'Do not autosave the context in the current session')) { return }
    $script:Autosave = $false
    $settings = $script:AutosaveSettings::new()
    $settings.Mode = 'Process'
    $Cmdlet.WriteObject($settings)
}

# The account that a login gives; nothing after writing why it is refused.
function Enter-Account($Cmdlet, [hashtable] $Known, [string] $Tenant) {
    $words = [ordered] @{ environment = $Known.environment; tenant = $Tenant }
    if ($Cmdlet.CertificateThumbprint) {
        $words.application_id = $Cmdlet.ApplicationId
        $words.thumbprint = $Cmdlet.CertificateThumbprint
    }
    else {
        $words.application_id = $Cmdlet.Credential.UserName
        $words.secret = $Cmdlet.Credential.GetNetworkCredential().Password
    }
    $answer = Invoke-Stamp 'POST' '/_emulator/sign-in' (ConvertTo-JsonText $words)
    if ($answer.Status -eq 200) { return Get-JsonText (Read-Json $answer.Body) 'account' }
    $refusal = Find-Json (Read-Json $answer.Body) 'error'
    $why = Get-JsonText $refusal 'message'
    if ((Get-JsonText $refusal 'code') -eq 'invalid') { Write-Stray $Cmdlet $why; return }
    $failure = if ((Get-JsonText $refusal 'code') -eq 'argument') { [ArgumentException]::new($why) }
    else { $script:AuthenticationFailed::new($why) }
    $Cmdlet.WriteError([ErrorRecord]::new($failure, '', 'CloseError', $null))
}

function Write-Unreachable($Cmdlet, [string] $Message) {
    $Cmdlet.WriteError([ErrorRecord]::new([Net.Http.HttpRequestException]::new($Message), '', 'CloseError', $null))
}

function Set-SessionState([string] $State) { [AppDomain]::CurrentDomain.SetData('PSBRIDGE_SESSION', $State) }

function Write-WrongInput($Cmdlet, [string] $Id, [string] $Message) {
    $Cmdlet.WriteError([ErrorRecord]::new([PSArgumentException]::new($Message), $Id, 'InvalidArgument', $null))
}

function Get-HostProfile {
    if ($null -eq $script:Profile) {
        $json = Read-Json (Invoke-Stamp 'GET' '/_emulator/profile').Body
        $script:Profile = @{}
        foreach ($pair in $json.EnumerateObject()) { $script:Profile[$pair.Name] = $pair.Value.ToString() }
        $script:Environments = [ordered] @{}
        if ($script:Profile.environment_known -eq 'True') {
            $script:Environments[$script:Profile.environment] = $script:Profile.resource_manager_url
        }
        $script:Environments[$script:BuiltIn] = 'https://management.azure.com/'
        if ($script:Profile.signed_in -eq 'True') {
            $none = $script:Profile.session -eq 'no-subscription'
            Set-SessionState $script:Profile.session
            $script:SignIn = @{
                Account = $script:Profile.account; Kind = 'User'; Environment = $script:Profile.environment
                Tenant = $script:Profile.tenant; SubscriptionId = $none ? '' : $script:Profile.subscription_id
                SubscriptionName = $none ? '' : $script:Profile.subscription_name
            }
        }
    }
    $script:Profile
}

# Where a login lands that names no subscription.
function Get-Landing([hashtable] $Known) {
    switch ($Known.lands_in) {
        'none' { return @{ Id = ''; Name = '' } }
        'another' {
            foreach ($each in Get-AllSubscriptions $Known) { if ($each.Id -ne $Known.subscription_id) { return $each } }
        }
        default { return @{ Id = $Known.subscription_id; Name = $Known.subscription_name } }
    }
}

# The subscription of that id or name.
function Find-Subscription([hashtable] $Known, [string] $Wanted) {
    foreach ($each in Get-AllSubscriptions $Known) { if ($Wanted -in $each.Id, $each.Name) { return $each } }
}

# Those that the account sees.
function Get-AllSubscriptions([hashtable] $Known) {
    if ($Known.lands_in -eq 'none') { return }
    @{ Id = $Known.subscription_id; Name = $Known.subscription_name }
    $list = Find-Json (Read-Json (Invoke-Stamp 'GET' '/subscriptions?api-version=2016-06-01').Body) 'value'
    foreach ($item in $list.EnumerateArray()) {
        @{ Id = Get-JsonText $item 'subscriptionId'; Name = Get-JsonText $item 'displayName' }
    }
}

# JSON of a few strings: what is in them stays in them.
function ConvertTo-JsonText([Collections.IDictionary] $Words) {
    $pairs = foreach ($name in $Words.Keys) {
        '"' + [JsonEncodedText]::Encode($name) + '":"' + [JsonEncodedText]::Encode($Words[$name]) + '"'
    }
    '{' + [string]::Join(',', $pairs) + '}'
}
