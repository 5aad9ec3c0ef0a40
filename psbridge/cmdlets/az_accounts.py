"""The session's Azure context: `Get-AzContext` of Az.Accounts, and what it is called in AzureRM.Profile."""

from __future__ import annotations

from collections.abc import Sequence

from psbridge.cmdlets.decode import text_of
from psbridge.models.context import AzContext, ModuleFamily
from psbridge.powershell.objects import PSObject, Value
from psbridge.powershell.pipeline import Command

CONTEXT = {ModuleFamily.AZ: Command.of("Get-AzContext"), ModuleFamily.AZURERM: Command.of("Get-AzureRmContext")}


def read_context(output: Sequence[Value]) -> AzContext | None:
    """Return the context in an output that holds `Get-AzContext` and its Subscription; None if there is none.

    At depth 1 a subscription is its id as text; its name needs a look at the member itself (Az.Accounts source).
    """
    objects = [value for value in output if isinstance(value, PSObject)]
    context = next((it for it in objects if it.has("Environment") and it.has("Subscription")), None)
    if context is None:
        return None
    subscription = next((it for it in objects if it.has("State") and it.has("Name") and it.has("Id")), None)
    return AzContext(
        environment=text_of(context.get("Environment")),
        subscription_id=text_of(subscription.get("Id")) if subscription else text_of(context.get("Subscription")),
        subscription_name=text_of(subscription.get("Name")) if subscription else None,
        tenant=text_of(context.get("Tenant")),
        account=text_of(context.get("Account")),
    )
