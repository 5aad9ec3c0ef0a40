"""Azs.InfrastructureInsights.Admin 1.0.2, from its generated code: of its commands the one that reads alerts.

As with Azs.Backup.Admin, the sets of parameters are joined into one, and those that take an object are left out.
"""

from __future__ import annotations

from psbridge.emulator.engines.dialect.model import STRING, STRINGS, Cmdlet, Module, Parameter

NAME = "Azs.InfrastructureInsights.Admin"

_COMMANDS = (
    Cmdlet(
        "Get-AzsAlert",
        NAME,
        "Microsoft.Azure.PowerShell.Cmdlets.InfrastructureInsightsAdmin.Cmdlets.GetAzsAlert",
        (
            Parameter("Location", STRING),
            Parameter("Name", STRING),
            Parameter("ResourceGroupName", STRING),
            Parameter("SubscriptionId", STRINGS),
            Parameter("Filter", STRING),
        ),
    ),
)
AZS_INSIGHTS = Module(NAME, "1.0.2", _COMMANDS)
