@{
    RootModule        = 'Azs.Backup.Admin.psm1'
    ModuleVersion     = '0.3.2'
    GUID              = '0f0a7d5c-7a53-4c13-8f0e-2f6c4c0b9d71'
    Author            = 'psbridge'
    Description       = 'psbridge emulator: stands in for Azs.Backup.Admin 0.3.2, answers from an emulated stamp'
    PowerShellVersion = '7.2'
    CmdletsToExport   = @()
    FunctionsToExport = @('Get-AzsBackup', 'Get-AzsBackupConfiguration', 'Start-AzsBackup')
    VariablesToExport = @()
    AliasesToExport   = @('Get-AzsBackupLocation')
}
