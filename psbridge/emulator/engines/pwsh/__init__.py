"""The relay to the real PowerShell engine: an `Engine` over `pwsh -s`."""

from psbridge.emulator.engines.pwsh.engine import PwshEngine, modules_folder

__all__ = ["PwshEngine", "modules_folder"]
