"""Commands of PowerShell's other modules that show what a Windows host is like: Get-Culture, and Get-Item of its WSMan: drive.

From the documentation of the modules and of the WSMan provider; not measured, because the engine at hand has neither. They
are found by name only, so that a list of commands is the same on both engines.
"""

from __future__ import annotations

from psbridge.emulator.engines.dialect.model import STRINGS, SWITCH, Cmdlet, Module, Parameter, absent

_CLASS = "Microsoft.PowerShell.Commands."

UTILITY = Module(
    "Microsoft.PowerShell.Utility",
    "7.0.0.0",
    (
        Cmdlet(
            "Get-Culture",
            "Microsoft.PowerShell.Utility",
            _CLASS + "GetCultureCommand",
            (absent("Name", STRINGS), absent("NoUserOverrides", SWITCH), absent("ListAvailable", SWITCH)),
        ),
    ),
)
MANAGEMENT = Module(
    "Microsoft.PowerShell.Management",
    "7.0.0.0",
    (
        Cmdlet(
            "Get-Item",
            "Microsoft.PowerShell.Management",
            _CLASS + "GetItemCommand",
            (Parameter("Path", STRINGS, position=0, mandatory=True), absent("LiteralPath", STRINGS)),
            aliases=("gi",),
        ),
    ),
)
BY_NAME = (UTILITY, MANAGEMENT)
