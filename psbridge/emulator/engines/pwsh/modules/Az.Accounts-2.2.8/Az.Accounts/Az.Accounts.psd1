@{
    RootModule        = 'Az.Accounts.psm1'
    ModuleVersion     = '2.2.8'
    GUID              = '0b5a9c4c-7f0e-4f6b-8d4e-0d0f3a6c1a52'
    Author            = 'psbridge'
    Description       = 'psbridge emulator: stands in for Az.Accounts 2.2.8, answers from an emulated stamp'
    PowerShellVersion = '7.2'
    CmdletsToExport   = @(
        'Get-AzContext', 'Connect-AzAccount', 'Set-AzContext', 'Get-AzEnvironment', 'Add-AzEnvironment',
        'Disable-AzContextAutosave', 'Invoke-AzRestMethod')
    FunctionsToExport = @()
    VariablesToExport = @()
    AliasesToExport   = @('Select-AzSubscription')
}
