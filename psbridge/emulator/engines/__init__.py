"""What executes PowerShell behind the emulated host: `embedded` in Python, `pwsh` by the real engine."""
