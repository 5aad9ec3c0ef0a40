@{
    RootModule        = 'PrivilegedEndpoint.psm1'
    ModuleVersion     = '1.0.0'
    GUID              = '5a3c2f4e-6f0d-4b55-9a55-0c9c2b1d7a60'
    Author            = 'psbridge'
    Description       = 'psbridge emulator: the commands that a privileged endpoint shows, answered from an emulated stamp'
    PowerShellVersion = '7.2'
    CmdletsToExport   = @()
    FunctionsToExport = @('*')
    VariablesToExport = @()
    AliasesToExport   = @()
}
