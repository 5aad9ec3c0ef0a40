# The objects of Az.Accounts, by its source; of each the properties that a client reads.

$models = 'Microsoft.Azure.Commands.Profile.Models'
$extended = [Collections.Generic.IDictionary[string, string]]
$script:PSAzureEnvironment = New-ClassType $script:Module "$models.PSAzureEnvironment" ([ordered] @{
        Name               = [string]
        ResourceManagerUrl = [string]
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
        ExtendedProperties = [Collections.Generic.Dictionary[string, string]]
    })
$script:PSAzureProfile = New-ClassType $script:Module "$models.Core.PSAzureProfile" ([ordered] @{
        Context = $script:PSAzureContext
    })
$script:PSHttpResponse = New-ClassType $script:Module "$models.PSHttpResponse" ([ordered] @{
        Headers    = [Net.Http.Headers.HttpResponseHeaders]
        Version    = [string]
        StatusCode = [int]
        Method     = [string]
        Content    = [string]
    })
$script:AuthenticationFailed = New-ExceptionType $script:Module 'Microsoft.Azure.Commands.Common.Exceptions.AzPSAuthenticationFailedException' @{}

function New-Context([hashtable] $Known) {
    $context = $script:PSAzureContext::new()
    $account = $script:Account ? $script:Account : $Known.account
    $context.Name = "$($Known.subscription_name) ($($Known.subscription_id)) - $($Known.tenant) - $account"
    $context.Account = $script:PSAzureRmAccount::new()
    $context.Account.Id = $account
    $context.Account.Type = $script:Account ? 'ServicePrincipal' : 'User'
    $context.Environment = $script:PSAzureEnvironment::new()
    $context.Environment.Name = $script:Environment ? $script:Environment : $Known.environment
    $context.Environment.ResourceManagerUrl = $Known.resource_manager_url
    $context.Subscription = $script:PSAzureSubscription::new()
    $context.Subscription.Id = $Known.subscription_id
    $context.Subscription.Name = $Known.subscription_name
    $context.Subscription.State = 'Enabled'
    $context.Subscription.SubscriptionId = $Known.subscription_id
    $context.Subscription.TenantId = $Known.tenant
    $context.Subscription.HomeTenantId = $Known.tenant
    $context.Tenant = $script:PSAzureTenant::new()
    $context.Tenant.Id = $Known.tenant
    $context.Tenant.TenantId = $Known.tenant
    $context.ExtendedProperties = [Collections.Generic.Dictionary[string, string]]::new()
    $context
}
