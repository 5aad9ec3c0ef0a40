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

$connect = New-CmdletType $script:Module "$class.ConnectAzureRmAccountCommand" 'Connect-AzureRmAccount' -ShouldProcess (
    [ordered] @{
        Environment      = @{ Type = [string]; Alias = 'EnvironmentName' }
        Credential       = @{ Type = [pscredential]; Mandatory = $true }
        ServicePrincipal = @{ Type = [switch]; Mandatory = $true }
        TenantId         = @{ Type = [string]; Mandatory = $true; Alias = 'Domain' }
        Subscription     = @{ Type = [string]; Alias = 'SubscriptionName', 'SubscriptionId' }
        Force            = @{ Type = [switch] }
    }) $script:Connect

Import-Module -Assembly $getContext.Assembly
foreach ($name in 'Add-AzureRmAccount', 'Login-AzureRmAccount') {
    $null = $ExecutionContext.InvokeProvider.Item.Set("alias:$name", 'Connect-AzureRmAccount')
}
Export-ModuleMember -Cmdlet Get-AzureRmContext, Connect-AzureRmAccount -Alias Add-AzureRmAccount, Login-AzureRmAccount
