# Stands in for Azs.Backup.Admin on a host where a module that it needs was never installed: it is found, and does not load.
@{
    ModuleVersion     = '1.0.2'
    GUID              = 'e0f6a0c5-7a0b-4d52-9c2b-4b7f1f0f3b52'
    Author            = 'psbridge'
    Description       = 'psbridge emulator: a module that can not be loaded'
    RequiredModules   = @(@{ ModuleName = 'Az.Resources'; RequiredVersion = '0.12.0' })
    CmdletsToExport   = @('Get-AzsBackup', 'Start-AzsBackup', 'Get-AzsBackupConfiguration',
        'Invoke-AzsPruneBackupLocationExternalStore')
    FunctionsToExport = @()
    VariablesToExport = @()
    AliasesToExport   = @()
}
