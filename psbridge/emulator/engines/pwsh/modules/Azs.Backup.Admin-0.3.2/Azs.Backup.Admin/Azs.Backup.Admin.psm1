# Stands in for Azs.Backup.Admin 0.3.2, the AzureRM generation: functions, with the parameters, prompts, objects and errors of
# the real ones, answered by an emulated stamp. The real module runs on Windows PowerShell 5.1 alone.
using namespace System.Management.Automation

. "$PSScriptRoot/../../Common/Types.ps1"
. "$PSScriptRoot/../../Common/Rest.ps1"
$script:Module = New-TypeModule 'Microsoft.AzureStack.Management.Backup.Admin'
. "$PSScriptRoot/Models.ps1"
$script:Version = '?api-version=2018-09-01'

function Get-AzsBackup {
    [OutputType('Microsoft.AzureStack.Management.Backup.Admin.Models.Backup')]
    [CmdletBinding(DefaultParameterSetName = 'List')]
    param(
        [Parameter(Mandatory, ParameterSetName = 'Get')] [ValidateNotNullOrEmpty()] [string] $Name,
        [Parameter(ParameterSetName = 'List')] [Parameter(ParameterSetName = 'Get')] [string] $Location,
        [Parameter(Mandatory, ValueFromPipelineByPropertyName, ParameterSetName = 'ResourceId')] [Alias('id')]
        [ValidateNotNullOrEmpty()] [string] $ResourceId,
        [Parameter(ParameterSetName = 'List')] [Parameter(ParameterSetName = 'Get')] [ValidateLength(1, 90)]
        [string] $ResourceGroupName,
        [Parameter(Mandatory, ValueFromPipeline, ParameterSetName = 'ParentResource')] [ValidateNotNullOrEmpty()]
        [object] $ParentResource,
        [Parameter(ParameterSetName = 'ParentResource')] [Parameter(ParameterSetName = 'List')] [int] $Top = -1,
        [Parameter(ParameterSetName = 'ParentResource')] [Parameter(ParameterSetName = 'List')] [int] $Skip = -1
    )
    process {
        $subscription = New-ServiceClient
        if (-not $subscription) { return }
        if ($ResourceId) {
            $template = '/subscriptions/{subscriptionId}/resourcegroups/{resourceGroup}/providers/Microsoft.Backup.Admin' +
            '/backupLocations/{location}/backups/{backup}'
            $parts = Get-ArmResourceIdParameterValue $ResourceId $template
            if (-not $parts) { return }
            $ResourceGroupName, $Location, $Name = $parts['resourceGroup'], $parts['location'], $parts['backup']
        }
        if (-not $Location) { $Location = Get-FirstLocation $subscription }
        $path = (Get-Place $subscription $Location $ResourceGroupName) + '/backups'
        $operation = $Name ? 'Get' : 'List'
        $PSCmdlet.WriteVerbose("Performing operation $($operation)WithHttpMessagesAsync on `$BackupAdminClient.")
        if ($Name) { $path += '/' + (ConvertTo-PathSegment $Name.Split('/')[-1]) }
        $json = Get-TaskResult 'GET' ($path + $script:Version)
        if (-not $json) { return }
        $PSCmdlet.WriteVerbose('Operation completed successfully.')
        if ($Name) { $PSCmdlet.WriteObject((ConvertTo-Backup $json)) }
        else { Select-Item $json $Top $Skip | ForEach-Object { ConvertTo-Backup $_ } }
        $PSCmdlet.WriteVerbose('Flattening paged results.')
    }
}

function Get-AzsBackupConfiguration {
    [Alias('Get-AzsBackupLocation')]
    [OutputType('Microsoft.AzureStack.Management.Backup.Admin.Models.BackupLocation')]
    [CmdletBinding(DefaultParameterSetName = 'List')]
    param(
        [Parameter(ParameterSetName = 'Get', Position = 0)] [string] $Location,
        [Parameter(Mandatory, ValueFromPipelineByPropertyName, ParameterSetName = 'ResourceId')] [Alias('id')]
        [ValidateNotNullOrEmpty()] [string] $ResourceId,
        [Parameter(ParameterSetName = 'Get')] [Parameter(ParameterSetName = 'List')] [ValidateLength(1, 90)]
        [string] $ResourceGroupName,
        [Parameter(ParameterSetName = 'List')] [int] $Skip = -1,
        [Parameter(ParameterSetName = 'List')] [int] $Top = -1
    )
    process {
        if ($MyInvocation.InvocationName -eq 'Get-AzsBackupLocation') {
            $PSCmdlet.WriteWarning('Get-AzsBackupLocation has been deprecated, please use Get-AzsBackupConfiguration')
        }
        $subscription = New-ServiceClient
        if (-not $subscription) { return }
        if ($ResourceId) {
            $template = '/subscriptions/{subscriptionId}/resourcegroups/{resourceGroup}/providers/Microsoft.Backup.Admin' +
            '/backupLocations/{location}'
            $parts = Get-ArmResourceIdParameterValue $ResourceId $template
            if (-not $parts) { return }
            $ResourceGroupName, $Location = $parts['resourceGroup'], $parts['location']
        }
        $one = $Location
        if (-not $one -and -not $ResourceGroupName) { $ResourceGroupName = "System.$(Get-FirstLocation $subscription)" }
        $path = Get-Place $subscription $one $ResourceGroupName
        $operation = $one ? 'Get' : 'List'
        $PSCmdlet.WriteVerbose("Performing operation $($operation)WithHttpMessagesAsync on `$BackupAdminClient.")
        $json = Get-TaskResult 'GET' ($path + $script:Version)
        if (-not $json) { return }
        $PSCmdlet.WriteVerbose('Operation completed successfully.')
        if ($one) { $PSCmdlet.WriteObject((ConvertTo-BackupLocation $json)) }
        else { Select-Item $json $Top $Skip | ForEach-Object { ConvertTo-BackupLocation $_ } }
        $PSCmdlet.WriteVerbose('Flattening paged results.')
    }
}

function Start-AzsBackup {
    [OutputType('Microsoft.AzureStack.Management.Backup.Admin.Models.LongRunningOperationStatus')]
    [CmdletBinding(DefaultParameterSetName = 'CreateBackup', SupportsShouldProcess)]
    param(
        [Parameter(ParameterSetName = 'CreateBackup')] [ValidateLength(1, 90)] [string] $ResourceGroupName,
        [Parameter(ParameterSetName = 'CreateBackup')] [string] $Location,
        [Parameter(Mandatory, ValueFromPipelineByPropertyName, ParameterSetName = 'CreateBackup_FromResourceId')]
        [Alias('id')] [ValidateNotNullOrEmpty()] [string] $ResourceId,
        [switch] $AsJob,
        [switch] $Force
    )
    process {
        if ($AsJob -or $ResourceId) {
            $what = 'Start-AzsBackup ' + ($AsJob ? '-AsJob' : '-ResourceId')
            $PSCmdlet.ThrowTerminatingError([ErrorRecord]::new(
                    [PSNotImplementedException]::new("psbridge does not emulate $what."), 'PsbridgeNotEmulated', 'NotImplemented',
                    $what))
        }
        if (-not $Location) { $Location = Get-FirstLocation (New-ServiceClient) }
        if (-not $Location) { return }
        if ($PSCmdlet.ShouldProcess("$Location", "Start backup at $Location")) {
            if ($Force -or $PSCmdlet.ShouldContinue("Start backup at $($Location)?", "Performing operation backup at $Location.")) {
                $subscription = New-ServiceClient
                if (-not $subscription) { return }
                $PSCmdlet.WriteVerbose('Performing operation CreateBackupWithHttpMessagesAsync on $BackupAdminClient.')
                $PSCmdlet.WriteVerbose('Waiting for the operation to complete.')
                $path = (Get-Place $subscription $Location $ResourceGroupName) + '/createBackup'
                $json = Get-TaskResult 'POST' ($path + $script:Version)
                if (-not $json) { return }
                $PSCmdlet.WriteVerbose('Operation completed successfully.')
                $warning = Get-Stray 'stray_warning'
                if ($warning) { $PSCmdlet.WriteWarning($warning) }
                $stray = Get-Stray 'stray_error'
                if ($stray) { Write-StrayException $stray }
                $PSCmdlet.WriteObject((ConvertTo-Backup $json))
            }
        }
    }
}

# The context's subscription. The real one writes this error and then others of its own script, which has no client.
function New-ServiceClient {
    [CmdletBinding()] param()
    $context = AzureRM.Profile\Get-AzureRmContext
    $ended = Get-EndedWords
    if ($context -and $ended) {
        Write-ScriptError $PSCmdlet ($script:WriteErrorException::new($ended.Replace('-Az', '-AzureRm'))) ''
        return
    }
    if ($context) { return $context.Subscription.Id }
    Write-ScriptError $PSCmdlet ($script:WriteErrorException::new('Run Login-AzureRmAccount to login.')) 'AzureRmContextError'
}

function Write-ScriptError($Cmdlet, $Exception, [string] $Id) {
    $record = [ErrorRecord]::new($Exception, $Id, 'NotSpecified', $null)
    $record.CategoryInfo.Activity = 'Write-Error'
    $Cmdlet.WriteError($record)
}

function Get-Exception {
    [CmdletBinding()] param($Code, $Message)
    Write-ScriptError $PSCmdlet ([Exception]::new("Code = $Code`nMessage = $Message")) 'System.Exception'
}

function Write-StrayException {
    [CmdletBinding()] param($Message)
    Write-ScriptError $PSCmdlet ([Exception]::new($Message)) 'System.Exception'
}

function Get-ArmResourceIdParameterValue {
    [CmdletBinding()] param([string] $Id, [string] $IdTemplate)
    $tokens = $Id.Split('/', [StringSplitOptions]::RemoveEmptyEntries)
    $wanted = $IdTemplate.Split('/', [StringSplitOptions]::RemoveEmptyEntries)
    $fits = $tokens.Count -eq $wanted.Count
    $values = @{}
    for ($i = 0; $fits -and $i -lt $wanted.Count; $i++) {
        if ($tokens[$i] -eq $wanted[$i]) { continue }
        if ($wanted[$i] -notmatch '^{.*}$') { $fits = $false }
        else { $values[$wanted[$i].Trim('{', '}')] = $tokens[$i] }
    }
    if ($fits) { return $values }
    $message = "Invalid resource id '$Id'. Expected id template is '$IdTemplate'."
    Write-ScriptError $PSCmdlet ($script:WriteErrorException::new($message)) 'InvalidResourceIdValue'
}

function Get-Place([string] $Subscription, [string] $Location, [string] $Group) {
    if (-not $Group) { $Group = "System.$Location" }
    $place = '/subscriptions/' + (ConvertTo-PathSegment $Subscription) + '/resourceGroups/' + (ConvertTo-PathSegment $Group) +
    '/providers/Microsoft.Backup.Admin/backupLocations'
    $Location ? "$place/$(ConvertTo-PathSegment $Location)" : $place
}

function Get-FirstLocation([string] $Subscription) {
    if (-not $Subscription) { return }
    $path = '/subscriptions/' + (ConvertTo-PathSegment $Subscription) + '/locations?api-version=2016-06-01'
    $list = Find-Json (Read-Json (Invoke-Stamp 'GET' $path).Body) 'value'
    if ($list) { foreach ($item in $list.EnumerateArray()) { return (Get-JsonText $item 'name') } }
}

# The module itself takes the first and skips, whatever the stamp could do; a page has no more than the stamp gives at once.
function Select-Item($Json, [int] $Top, [int] $Skip) {
    $skipped = $taken = 0
    foreach ($item in (Find-Json $Json 'value').EnumerateArray()) {
        if ($skipped -lt $Skip) { $skipped++; continue }
        if ($Top -ne -1 -and $taken -ge $Top) { return }
        $taken++
        , $item
    }
}

# Makes a call and waits for the operation that it starts; writes the error that the real module makes of a refusal.
function Get-TaskResult([string] $Method, [string] $Path) {
    $answer = Invoke-Stamp $Method $Path
    $follow = $answer.Headers['Azure-AsyncOperation'] ?? $answer.Headers['Location']
    while ($answer.Status -eq 202) {
        $seconds = 0.0
        $null = [double]::TryParse($answer.Headers['Retry-After'], 'Float', [cultureinfo]::InvariantCulture, [ref] $seconds)
        # The emulated stamp's time may run fast, and asking sooner than it says costs nothing on the loopback.
        $until = [datetime]::UtcNow.AddSeconds([Math]::Clamp($seconds, 0.05, 1.0))
        while ([datetime]::UtcNow -lt $until) { [Threading.Thread]::Sleep(25) }
        $answer = Invoke-Stamp 'GET' ([Uri] $follow).PathAndQuery
    }
    $json = Read-Json $answer.Body
    if ($answer.Status -eq 200) { return , $json }
    Get-Exception (Get-JsonText $json 'error', 'code') (Get-JsonText $json 'error', 'message')
}

Export-ModuleMember -Function Get-AzsBackup, Get-AzsBackupConfiguration, Start-AzsBackup -Alias Get-AzsBackupLocation
