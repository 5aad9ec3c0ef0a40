# Stands in for Az.Accounts 2.2.8: the context, a service principal's sign-in, and raw ARM calls.
using namespace System.Management.Automation
using namespace System.Text.Json

. "$PSScriptRoot/../../Common/Types.ps1"
. "$PSScriptRoot/../../Common/Cmdlets.ps1"
. "$PSScriptRoot/../../Common/Rest.ps1"
$script:Module = New-TypeModule 'Microsoft.Azure.PowerShell.Cmdlets.Accounts'
$script:Core = 'Core.'
. "$PSScriptRoot/../../Common/Accounts.ps1"

$script:PSHttpResponse = New-ClassType $script:Module "$models.PSHttpResponse" ([ordered] @{
        Headers    = [Net.Http.Headers.HttpResponseHeaders]
        Version    = [string]
        StatusCode = [int]
        Method     = [string]
        Content    = [string]
    })
$class = 'Microsoft.Azure.Commands.Profile'

$getContext = New-CmdletType $script:Module "$class.GetAzureRMContextCommand" 'Get-AzContext' ([ordered] @{
        ListAvailable                = [switch]
        RefreshContextFromTokenCache = [switch]
    }) $script:ReadContext

$connect = New-CmdletType $script:Module "$class.ConnectAzureRmAccountCommand" 'Connect-AzAccount' -ShouldProcess -DefaultSet $script:BySecret (
    [ordered] @{
        Environment      = @{ Type = [string]; Alias = 'EnvironmentName' }
        Credential       = @{ Type = [pscredential]; Mandatory = $true; Set = $script:BySecret }
        CertificateThumbprint = @{ Type = [string]; Mandatory = $true; Set = $script:ByCertificate }
        ApplicationId    = @{ Type = [string]; Mandatory = $true; Set = $script:ByCertificate }
        ServicePrincipal = @{ Type = [switch]; Mandatory = $true }
        Tenant           = @{ Type = [string]; Mandatory = $true; Alias = 'Domain', 'TenantId' }
        Subscription     = @{ Type = [string]; Alias = 'SubscriptionName', 'SubscriptionId' }
        SkipContextPopulation = [switch]
        Scope            = @{ Type = [string]; Words = 'Process', 'CurrentUser' }
        Force            = @{ Type = [switch]; Alias = 'f' }
    }) $script:Connect

$setContext = New-CmdletType $script:Module "$class.SetAzureRMContextCommand" 'Set-AzContext' -ShouldProcess (
    $script:ContextParameters) $script:SetContext

$getEnvironment = New-CmdletType $script:Module "$class.GetAzureRMEnvironmentCommand" 'Get-AzEnvironment' (
    [ordered] @{ Name = [string] }) $script:ReadEnvironment

$addEnvironment = New-CmdletType $script:Module "$class.AddAzureRMEnvironmentCommand" 'Add-AzEnvironment' -ShouldProcess (
    $script:EnvironmentParameters) $script:AddEnvironment

$disableAutosave = New-CmdletType $script:Module "$class.Context.DisableAzureRmContextAutosave" (
    'Disable-AzContextAutosave') -ShouldProcess $script:AutosaveParameters $script:DisableAutosave

$invoke = New-CmdletType $script:Module "$class.Rest.InvokeAzRestCommand" 'Invoke-AzRestMethod' -ShouldProcess -DefaultSet ByPath (
    [ordered] @{
        SubscriptionId       = @{ Type = [string]; Set = 'ByParameters' }
        ResourceGroupName    = @{ Type = [string]; Set = 'ByParameters' }
        ResourceProviderName = @{ Type = [string]; Set = 'ByParameters' }
        ResourceType         = @{ Type = [string[]]; Set = 'ByParameters' }
        Name                 = @{ Type = [string[]]; Set = 'ByParameters' }
        Path                 = @{ Type = [string]; Mandatory = $true; Set = 'ByPath' }
        ApiVersion           = @{ Type = [string]; Mandatory = $true; Set = 'ByParameters' }
        Method               = @{ Type = [string]; Words = 'GET', 'POST', 'PUT', 'PATCH', 'DELETE' }
        Payload              = [string]
    }) {
    param($Cmdlet)
    if (-not $script:SignIn) { $null = Get-HostProfile }
    if (-not $script:SignIn) {
        $failure = [PSInvalidOperationException]::new('Run Connect-AzAccount to login.')
        $Cmdlet.WriteError([ErrorRecord]::new($failure, 'InvalidOperation', 'InvalidOperation', $null))
        return
    }
    $ended = Get-EndedWords
    if ($ended) { Write-Stray $Cmdlet $ended; return }
    $path = $Cmdlet.Path
    if ($Cmdlet.ParameterSetName -eq 'ByParameters') {
        [string[]] $types = $Cmdlet.ResourceType ?? @()
        [string[]] $names = $Cmdlet.Name ?? @()
        if ($names.Count -gt $types.Count -or $types.Count - $names.Count -gt 1) {
            Write-WrongInput $Cmdlet 'InvalidType' 'Invalid resource type/name'
            return
        }
        $path = '/subscriptions/' + ($Cmdlet.SubscriptionId ? $Cmdlet.SubscriptionId : $script:SignIn.SubscriptionId)
        if ($Cmdlet.ResourceGroupName) { $path += "/resourceGroups/$($Cmdlet.ResourceGroupName)" }
        if ($Cmdlet.ResourceProviderName) { $path += "/providers/$($Cmdlet.ResourceProviderName)" }
        for ($at = 0; $at -lt $types.Count; $at++) {
            $path += '/' + $types[$at]
            if ($at -lt $names.Count) { $path += '/' + $names[$at] }
        }
        $path += "?api-version=$($Cmdlet.ApiVersion)"
    }
    $method = $Cmdlet.Method ? $Cmdlet.Method.ToUpperInvariant() : 'GET'
    # The emulator's own calls are beside the stamp's, and a client of the stamp has no business there.
    if (-not $path.StartsWith('/') -or $path -match '[\x00-\x20#\\]|/(\.|%2e){1,2}(/|\?|\z)|\A/+_') {
        Write-WrongInput $Cmdlet 'InvalidPath' "Invalid Path for making Rest call: '$path'."
        return
    }
    if (-not (Confirm-Process $Cmdlet $path $method)) { return }
    $answer = Invoke-Stamp $method $path $Cmdlet.Payload 'Invoke-AzRestMethod'
    $result = $script:PSHttpResponse::new()
    $result.Headers = $answer.Response.Headers
    $result.Version = "$($answer.Version)"
    $result.StatusCode = $answer.Status
    $result.Method = $method
    $result.Content = $answer.Body
    $Cmdlet.WriteObject($result)
}

Import-Module -Assembly $getContext.Assembly
$null = $ExecutionContext.InvokeProvider.Item.Set('alias:Select-AzSubscription', 'Set-AzContext')
Export-ModuleMember -Alias Select-AzSubscription -Cmdlet Get-AzContext, Connect-AzAccount, Set-AzContext, Get-AzEnvironment, (
    'Add-AzEnvironment'), Disable-AzContextAutosave, Invoke-AzRestMethod
