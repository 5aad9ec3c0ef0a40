@{
    RootModule        = 'AzureRM.Profile.psm1'
    ModuleVersion     = '5.8.3'
    GUID              = '3d9c1b52-1f5e-4d0e-8b3c-7a0b2a6d4e19'
    Author            = 'psbridge'
    Description       = 'psbridge emulator: stands in for AzureRM.Profile 5.8.3, answers from an emulated stamp'
    PowerShellVersion = '7.2'
    CmdletsToExport   = @(
        'Get-AzureRmContext', 'Connect-AzureRmAccount', 'Set-AzureRmContext', 'Get-AzureRmEnvironment',
        'Add-AzureRmEnvironment', 'Disable-AzureRmContextAutosave')
    FunctionsToExport = @()
    VariablesToExport = @()
    AliasesToExport   = @('Add-AzureRmAccount', 'Login-AzureRmAccount', 'Select-AzureRmSubscription')
}
