@{
    RootModule        = 'Azs.Backup.Admin.psm1'
    ModuleVersion     = '1.0.2'
    GUID              = '6f6d1c0e-0a0f-4f0a-9a67-3f7c0e9f5b11'
    Author            = 'psbridge'
    Description       = 'psbridge emulator: stands in for Azs.Backup.Admin 1.0.2, answers from an emulated stamp'
    PowerShellVersion = '7.2'
    CmdletsToExport   = @('Get-AzsBackup', 'Start-AzsBackup', 'Get-AzsBackupConfiguration',
        'Invoke-AzsPruneBackupLocationExternalStore')
    FunctionsToExport = @()
    VariablesToExport = @()
    AliasesToExport   = @()
}
