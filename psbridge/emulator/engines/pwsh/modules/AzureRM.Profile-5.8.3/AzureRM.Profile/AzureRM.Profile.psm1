# Stands in for AzureRM.Profile 5.8.3: the context and a service principal's sign-in. The real one runs on Windows
# PowerShell 5.1 alone.
using namespace System.Management.Automation

. "$PSScriptRoot/../../Common/Types.ps1"
. "$PSScriptRoot/../../Common/Cmdlets.ps1"
. "$PSScriptRoot/../../Common/Rest.ps1"
$script:Module = New-TypeModule 'Microsoft.Azure.Commands.Profile'
$script:Core = ''
. "$PSScriptRoot/../../Common/Accounts.ps1"
$class = 'Microsoft.Azure.Commands.Profile'

$getContext = New-CmdletType $script:Module "$class.GetAzureRMContextCommand" 'Get-AzureRmContext' ([ordered] @{
        ListAvailable = [switch]
    }) $script:ReadContext

$connect = New-CmdletType $script:Module "$class.ConnectAzureRmAccountCommand" 'Connect-AzureRmAccount' -ShouldProcess -DefaultSet $script:BySecret (
    [ordered] @{
        Environment      = @{ Type = [string]; Alias = 'EnvironmentName' }
        Credential       = @{ Type = [pscredential]; Mandatory = $true; Set = $script:BySecret }
        CertificateThumbprint = @{ Type = [string]; Mandatory = $true; Set = $script:ByCertificate }
        ApplicationId    = @{ Type = [string]; Mandatory = $true; Set = $script:ByCertificate }
        ServicePrincipal = @{ Type = [switch]; Mandatory = $true }
        TenantId         = @{ Type = [string]; Mandatory = $true; Alias = 'Domain' }
        Subscription     = @{ Type = [string]; Alias = 'SubscriptionName', 'SubscriptionId' }
        SkipContextPopulation = [switch]
        Scope            = @{ Type = [string]; Words = 'Process', 'CurrentUser' }
        Force            = @{ Type = [switch] }
    }) $script:Connect

$setContext = New-CmdletType $script:Module "$class.SetAzureRMContextCommand" 'Set-AzureRmContext' -ShouldProcess (
    $script:ContextParameters) $script:SetContext

$getEnvironment = New-CmdletType $script:Module "$class.GetAzureRMEnvironmentCommand" 'Get-AzureRmEnvironment' (
    [ordered] @{ Name = [string] }) $script:ReadEnvironment

$addEnvironment = New-CmdletType $script:Module "$class.AddAzureRMEnvironmentCommand" 'Add-AzureRmEnvironment' -ShouldProcess (
    $script:EnvironmentParameters) $script:AddEnvironment

$disableAutosave = New-CmdletType $script:Module "$class.Context.DisableAzureRmContextAutosave" (
    'Disable-AzureRmContextAutosave') -ShouldProcess $script:AutosaveParameters $script:DisableAutosave

Import-Module -Assembly $getContext.Assembly
foreach ($name in 'Add-AzureRmAccount', 'Login-AzureRmAccount') {
    $null = $ExecutionContext.InvokeProvider.Item.Set("alias:$name", 'Connect-AzureRmAccount')
}
$null = $ExecutionContext.InvokeProvider.Item.Set('alias:Select-AzureRmSubscription', 'Set-AzureRmContext')
Export-ModuleMember -Cmdlet Get-AzureRmContext, Connect-AzureRmAccount, Set-AzureRmContext, Get-AzureRmEnvironment, (
    'Add-AzureRmEnvironment'), Disable-AzureRmContextAutosave -Alias Add-AzureRmAccount, Login-AzureRmAccount, (
    'Select-AzureRmSubscription')
