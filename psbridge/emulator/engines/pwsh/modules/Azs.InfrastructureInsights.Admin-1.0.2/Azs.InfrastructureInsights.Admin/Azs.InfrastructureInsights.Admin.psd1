@{
    RootModule        = 'Azs.InfrastructureInsights.Admin.psm1'
    ModuleVersion     = '1.0.2'
    GUID              = '1c4e4a3b-2a63-4c0c-8b1d-3c9e7a7d2f10'
    Author            = 'psbridge'
    Description       = 'psbridge emulator: stands in for Azs.InfrastructureInsights.Admin 1.0.2, answers from an emulated stamp'
    PowerShellVersion = '7.2'
    CmdletsToExport   = @('Get-AzsAlert')
    FunctionsToExport = @()
    VariablesToExport = @()
    AliasesToExport   = @()
}
