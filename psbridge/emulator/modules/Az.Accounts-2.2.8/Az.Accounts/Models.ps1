# The objects of Az.Accounts, by its source; of each the properties that a client reads.

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
$script:PSAzureContext = New-ClassType $script:Module "$models.Core.PSAzureContext" ([ordered] @{
        Name               = [string]
        Account            = $script:PSAzureRmAccount
        Environment        = $script:PSAzureEnvironment
        Subscription       = $script:PSAzureSubscription
        Tenant             = $script:PSAzureTenant
        TokenCache         = [object]
        VersionProfile     = [string]
        ExtendedProperties = [Collections.Concurrent.ConcurrentDictionary[string, string]]
    }) -Text Name
$script:PSAzureProfile = New-ClassType $script:Module "$models.Core.PSAzureProfile" ([ordered] @{
        Environments = [Collections.Generic.Dictionary[string, object]]
        Context      = $script:PSAzureContext
    })
$script:PSHttpResponse = New-ClassType $script:Module "$models.PSHttpResponse" ([ordered] @{
        Headers    = [Net.Http.Headers.HttpResponseHeaders]
        Version    = [string]
        StatusCode = [int]
        Method     = [string]
        Content    = [string]
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
