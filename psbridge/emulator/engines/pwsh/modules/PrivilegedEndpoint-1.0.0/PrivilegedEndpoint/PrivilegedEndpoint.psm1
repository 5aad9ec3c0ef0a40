# Stands in for what a privileged endpoint (PEP) shows: its own commands and the proxies that JEA makes. One of them is
# emulated; the others are there to be seen, and say that they are not emulated.
using namespace System.Management.Automation

. "$PSScriptRoot/../../Common/Rest.ps1"

# Name and parameters of the commands that are not emulated, from the operator documentation; the proxies' from JEA.
$seen = [ordered] @{
    'Clear-Host'                 = @()
    'Close-PrivilegedEndpoint'   = 'TranscriptsPathDestination', 'Credential'
    'Exit-PSSession'             = @()
    'Get-AzureStackLog'          = 'OutputSharePath', 'OutputShareCredential', 'FilterByRole', 'FromDate', 'ToDate'
    'Get-ClusterLog'             = @()
    'Get-FormatData'             = 'TypeName', 'PowerShellVersion'
    'Get-Help'                   = 'Name', 'Category'
    'Get-ThirdPartyNotices'      = @()
    'Measure-Object'             = , 'InputObject'
    'New-GraphApplication'       = 'Name', 'ClientCertificates'
    'Out-Default'                = 'InputObject', 'Transcript'
    'Select-Object'              = 'Property', 'InputObject'
    'Set-CloudAdminUserPassword' = 'UserName', 'CurrentPassword', 'NewPassword'
    'Stop-AzureStack'            = @()
    'Test-AzureStack'            = 'Include', 'Ignore', 'Group', 'BackupSharePath', 'BackupShareCredential'
}
foreach ($name in $seen.Keys) {
    $parameters = [string[]] @(foreach ($parameter in $seen[$name]) {
            ($parameter -eq 'InputObject' ? '[Parameter(ValueFromPipeline)] ' : '') + "[object] `$$parameter"
        })
    . ([scriptblock]::Create("function $name { [CmdletBinding(PositionalBinding = `$false)] " +
            "param($([string]::Join(', ', $parameters))) begin { Stop-NotEmulated `$PSCmdlet } }"))
}

function Stop-NotEmulated($Cmdlet) {
    $name = $Cmdlet.MyInvocation.MyCommand.Name
    $Cmdlet.ThrowTerminatingError([ErrorRecord]::new([PSNotImplementedException]::new("psbridge does not emulate $name."),
            'PsbridgeNotEmulated', 'NotImplemented', $name))
}

# Of its properties those that documented scripts read.
function Get-AzureStackStampInformation {
    [CmdletBinding()] param()
    $known = Read-Json (Invoke-Stamp 'GET' '/_emulator/profile').Body
    $region = Get-JsonText $known 'location'
    $subscription = Get-JsonText $known 'subscription_id'
    $place = "/subscriptions/$subscription/resourceGroups/System.$region/providers/Microsoft.Update.Admin/updateLocations/"
    $update = Read-Json (Invoke-Stamp 'GET' "$place$($region)?api-version=2021-07-01").Body
    $admin = Get-JsonText $known 'resource_manager_url'
    [pscustomobject] [ordered] @{
        RegionName              = $region
        ExternalDomainFQDN      = ([Uri] $admin).Host.Split('.', 2)[1]
        StampVersion            = Get-JsonText $update 'properties', 'currentVersion'
        OemVersion              = Get-JsonText $update 'properties', 'currentOemVersion'
        AADTenantID             = Get-JsonText $known 'tenant'
        AdminExternalEndpoints  = [pscustomobject] @{ AdminResourceManager = $admin }
        TenantExternalEndpoints = [pscustomobject] @{
            TenantResourceManager = $admin.Replace('https://adminmanagement.', 'https://management.')
        }
    }
}

Export-ModuleMember -Function (@($seen.Keys) + 'Get-AzureStackStampInformation')
