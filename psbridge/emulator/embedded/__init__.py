"""The embedded engine: a PowerShell host in NoLanguage mode, in Python, that speaks the dialect and nothing else."""
