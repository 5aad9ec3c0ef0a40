"""The dialect: every command that the emulated hosts know, a table per module, shared by both engines.

Names, types, positions and order are those of the modules (`Get-Command X | % Parameters | % Keys` shows this order);
each table names its source. A parameter with `emulated=False` exists on a real host, and using it here ends in
`PsbridgeNotEmulated`.
"""

from __future__ import annotations

from psbridge.emulator.engines.dialect.hosts import CONFIGURATIONS, DEFAULT_CONFIGURATION, HostTable, table_of
from psbridge.emulator.engines.dialect.model import Cmdlet, Module, Parameter

__all__ = ["CONFIGURATIONS", "DEFAULT_CONFIGURATION", "Cmdlet", "HostTable", "Module", "Parameter", "table_of"]
