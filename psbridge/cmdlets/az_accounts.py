"""`Connect-AzAccount` and `Get-AzContext` of Az.Accounts, and what they are called in AzureRM.Profile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psbridge.cmdlets.decode import text_of
from psbridge.cmdlets.failures import explain, raw
from psbridge.errors import AuthError, PrerequisiteError
from psbridge.models import AzContext, ModuleFamily, SignIn
from psbridge.powershell import Command, Pipeline, PSObject, Result, State, Value

CONTEXT = {ModuleFamily.AZ: Command.of("Get-AzContext"), ModuleFamily.AZURERM: Command.of("Get-AzureRmContext")}
_CONNECT = {
    ModuleFamily.AZ: ("Connect-AzAccount", "Tenant"),
    ModuleFamily.AZURERM: ("Connect-AzureRmAccount", "TenantId"),
}


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


@dataclass(frozen=True, slots=True)
class ConnectAzAccount:
    """Sign the host's session in as a service principal. Its secret travels as a PSCredential."""

    sign_in: SignIn
    family: ModuleFamily = ModuleFamily.AZ

    def pipeline(self) -> Pipeline:
        """Return what is sent."""
        cmdlet, tenant = _CONNECT[self.family]
        return Pipeline.of(
            Command.of(
                cmdlet,
                {
                    "ServicePrincipal": True,
                    "Environment": self.sign_in.environment,
                    tenant: self.sign_in.tenant,
                    "Credential": self.sign_in.service_principal,
                },
            )
        )

    def parse(self, result: Result) -> None:
        """Check that it worked.

        Raises:
            psbridge.errors.PrerequisiteError: the host has no such cmdlet, or may not run it.
            psbridge.errors.AuthError: the stamp refused the service principal. Any other failure of this cmdlet counts as
                that: Az.Accounts gives no code for it (inferred), and trying again could lock the account.
        """
        record = result.failure or next(iter(result.errors), None)
        if record is not None or result.state is not State.COMPLETED:
            lacking = explain(record) if record else None
            if isinstance(lacking, PrerequisiteError):
                raise lacking
            principal = self.sign_in.service_principal.username
            raise AuthError(
                f"the host could not sign in to Azure Stack as service principal {principal}",
                hint="Check application_id, secret, tenant and environment of `sign_in`; it was tried once only.",
                detail=raw(record) if record else {},
            )
