@{
    RootModule        = 'Azs.Update.Admin.psm1'
    ModuleVersion     = '1.1.0'
    GUID              = '7c1a3d11-58b4-4f6a-9b41-9d0a4a3b8e62'
    Author            = 'psbridge'
    Description       = 'psbridge emulator: stands in for Azs.Update.Admin 1.1.0, answers from an emulated stamp'
    PowerShellVersion = '7.2'
    CmdletsToExport   = @('Get-AzsUpdate', 'Get-AzsUpdateLocation')
    FunctionsToExport = @()
    VariablesToExport = @()
    AliasesToExport   = @()
}
