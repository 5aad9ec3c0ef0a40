"""Azs.Update.Admin 1.1.0, from its generated code and its wrapper: of its commands the one that reads updates.

As with Azs.Backup.Admin, the sets of parameters are joined into one, and those that take an object are left out.
"""

from __future__ import annotations

from psbridge.emulator.engines.dialect.model import STRING, STRINGS, Cmdlet, Module, Parameter

NAME = "Azs.Update.Admin"

_COMMANDS = (
    Cmdlet(
        "Get-AzsUpdate",
        NAME,
        "Microsoft.Azure.PowerShell.Cmdlets.UpdateAdmin.Cmdlets.GetAzsUpdate",
        (
            Parameter("Location", STRING),
            Parameter("Name", STRING),
            Parameter("ResourceGroupName", STRING),
            Parameter("SubscriptionId", STRINGS),
        ),
    ),
)
AZS_UPDATE = Module(NAME, "1.1.0", _COMMANDS)
