"""A session's Azure context, and signing it in as a service principal: cmdlets of Az.Accounts and of AzureRM.Profile.

Three steps, each a pipeline, because each depends on the result of the one before:

1. Read the environment, with the saving of contexts off, because otherwise the principal's secret would be written to the
   profile of the host's user.
2. Add the environment, if the host does not know it or knows it with another endpoint.
3. Log in and select the subscription.

What each does is in Az.Accounts' source. A login without -Subscription selects the first subscription that is listed
(Azure/azure-powershell#13724).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from psbridge.cmdlets.decode import text_of
from psbridge.cmdlets.error_patterns import IDENTITY_CODE, login_failed
from psbridge.cmdlets.error_records import check, code_of, explain, raw, sentence_of
from psbridge.errors import AuthError, PrerequisiteError, PsbridgeError, Unreachable
from psbridge.models.connection import SignIn
from psbridge.models.context import AzContext, ModuleFamily
from psbridge.powershell.pipeline import Command, Pipeline
from psbridge.powershell.result import ErrorRecord, PSObject, Result, State, Value
from psbridge.values import replace

CONTEXT = {ModuleFamily.AZ: Command.of("Get-AzContext"), ModuleFamily.AZURERM: Command.of("Get-AzureRmContext")}


def read_context(output: Sequence[Value]) -> AzContext | None:
    """Return the context in an output that holds `Get-AzContext` and its Subscription; None if there is none.

    At depth 1 a subscription is its id as text; its name is only in the member itself (Az.Accounts source).
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


class _Names(msgspec.Struct, frozen=True):
    """What a family calls the cmdlets, and -Tenant of the login."""

    forget: str
    look: str
    add: str
    connect: str
    select: str
    tenant: str


_NAMES: Final = {
    ModuleFamily.AZ: _Names(
        "Disable-AzContextAutosave",
        "Get-AzEnvironment",
        "Add-AzEnvironment",
        "Connect-AzAccount",
        "Set-AzContext",
        "Tenant",
    ),
    ModuleFamily.AZURERM: _Names(
        "Disable-AzureRmContextAutosave",
        "Get-AzureRmEnvironment",
        "Add-AzureRmEnvironment",
        "Connect-AzureRmAccount",
        "Set-AzureRmContext",
        "TenantId",
    ),
}

_NO_TENANT: Final = frozenset({"AADSTS90002", "AADSTS900023", "AADSTS50059", "AADSTS500011", "AADSTS90013"})
_NOT_NOW: Final = frozenset({"AADSTS90033", "AADSTS50196", "AADSTS90024", "AADSTS90025"})
# Az's texts for an unknown tenant and an unknown environment (its Resources.resx, which is English only).
_NO_TENANT_WORDS: Final = re.compile(r"tenant domain .* (?:was|were) not found|could not find tenant", re.IGNORECASE)
_NO_ENVIRONMENT_WORDS: Final = re.compile(r"unable to find environment with name", re.IGNORECASE)
_ONCE: Final = "It was tried only once, because failed sign-ins can lock the account."


class LookForEnvironment(msgspec.Struct, frozen=True):
    """Turn off the saving of contexts for this process, and read the environment that the host knows by the name."""

    sign_in: SignIn
    family: ModuleFamily = ModuleFamily.AZ

    def pipeline(self) -> Pipeline:
        """Return what is sent."""
        names = _NAMES[self.family]
        return Pipeline.of(
            Command.of(names.forget, {"Scope": "Process"}),
            Command.of(names.look, {"Name": self.sign_in.environment}),
        )

    def parse(self, result: Result) -> bool:
        """Return whether the host knows the environment with the endpoint of `sign_in`.

        Raises:
            psbridge.errors.PrerequisiteError: the host has no such cmdlet, or may not run it.
            psbridge.errors.PsbridgeError: what else went wrong.
        """
        check(result)
        known = [it for it in result.output if isinstance(it, PSObject) and it.has("ResourceManagerUrl")]
        wanted = _plain_url(self.sign_in.arm_endpoint or "")
        if not wanted:
            return bool(known)
        return any(_plain_url(text_of(it.get("ResourceManagerUrl")) or "") == wanted for it in known)


def _plain_url(url: str) -> str:
    """Return an address in the form that is compared: without the default port of https."""
    return re.sub(r"^(https://[^/]*?):443(?=/|$)", r"\1", url.strip().casefold()).rstrip("/")


class AddEnvironment(msgspec.Struct, frozen=True):
    """Add the environment, or give it the endpoint of `sign_in`: the host reads all else from there."""

    sign_in: SignIn
    family: ModuleFamily = ModuleFamily.AZ

    def pipeline(self) -> Pipeline:
        """Return what is sent."""
        given = {"Name": self.sign_in.environment, "ARMEndpoint": self.sign_in.arm_endpoint}
        return Pipeline.of(Command.of(_NAMES[self.family].add, given))

    def parse(self, result: Result) -> None:
        """Check that it worked.

        Raises:
            psbridge.errors.Unreachable: the host can't reach the endpoint.
            psbridge.errors.PrerequisiteError: it refuses the environment for another reason.
        """
        record = _failure(result)
        if record is None:
            return
        problem = explain(record)
        what = f"environment {self.sign_in.environment} with endpoint {self.sign_in.arm_endpoint}"
        if isinstance(problem, Unreachable):
            raise Unreachable(
                f"the host could not add {what}: {sentence_of(record)}",
                hint="Check `sign_in.arm_endpoint`, and on the host that its name resolves and that the host trusts its "
                "certificate.",
                detail=problem.detail,
            )
        raise PrerequisiteError(
            f"the host could not add {what}: {sentence_of(record)}",
            hint="Check `sign_in.arm_endpoint` and `sign_in.environment` (a name built into Az, such as AzureCloud, can't have "
            "another endpoint).",
            detail=problem.detail,
        )


class ConnectAzAccount(msgspec.Struct, frozen=True):
    """Sign the host's session in as a service principal, and select the subscription. The secret travels as a PSCredential.

    Attributes:
        subscription: its name or id; None keeps the subscription that the login selects.
    """

    sign_in: SignIn
    family: ModuleFamily = ModuleFamily.AZ
    subscription: str | None = None

    def pipeline(self) -> Pipeline:
        """Return what is sent."""
        names = _NAMES[self.family]
        connect = Command.of(
            names.connect,
            {
                "ServicePrincipal": True,
                "Environment": self.sign_in.environment,
                names.tenant: self.sign_in.tenant,
                "Credential": self.sign_in.service_principal,
            },
        )
        if self.subscription is None:
            return Pipeline.of(connect)
        return Pipeline.of(connect, Command.of(names.select, {"Subscription": self.subscription}))

    def parse(self, result: Result) -> None:
        """Check that it worked. A failure is never retried, because that could lock the account.

        Raises:
            psbridge.errors.AuthError: the login was refused.
            psbridge.errors.PrerequisiteError: the host has no such cmdlet; environment, tenant or subscription are unknown;
                or the login failed for an unknown reason.
            psbridge.errors.Unreachable: the host did not reach the endpoint, or the endpoint was not able to answer.
        """
        if result.state is State.STOPPED:
            check(result)
        record = _failure(result)
        if record is None:
            if result.state is not State.COMPLETED:
                check(result)
            return
        record = self._masked(record)
        selecting = record.activity.casefold() == _NAMES[self.family].select.casefold()
        raise self._not_selected(record) if selecting else self._not_logged_in(record)

    def _not_selected(self, record: ErrorRecord) -> PsbridgeError:
        return PrerequisiteError(
            f"service principal {self._principal} is signed in, but can't select subscription {self.subscription}: "
            f"{sentence_of(record)}",
            hint="Give the service principal the role Contributor on the subscription, or correct `subscription` of the "
            "target.",
            detail=raw(record) | {"code": code_of(record) or None, "reason": "no_subscription"},
        )

    def _not_logged_in(self, record: ErrorRecord) -> PsbridgeError:
        words = (
            f"the host could not sign in to Azure Stack as service principal {self._principal}: {sentence_of(record)}"
        )
        error, hint = self._cause(record)
        found = IDENTITY_CODE.search(record.message)
        code = found[0] if found else code_of(record) or None
        return error(words, hint=f"{hint} {_ONCE}", detail=raw(record) | {"code": code})

    def _cause(self, record: ErrorRecord) -> tuple[type[PsbridgeError], str]:
        """Return what a failed login is, by the identity provider's identifier, then the exception, then Az's words."""
        found = IDENTITY_CODE.search(record.message)
        if found is not None and found[0] in _NOT_NOW:
            return Unreachable, "Retry in a minute."
        if (found is not None and found[0] in _NO_TENANT) or _NO_TENANT_WORDS.search(record.message):
            return PrerequisiteError, "Check that `sign_in.tenant` is the tenant of this stamp."
        if found is not None:
            return AuthError, "Check `application_id`, `secret` (it may have expired) and `tenant` of `sign_in`."
        if _NO_ENVIRONMENT_WORDS.search(record.message):
            return PrerequisiteError, "Check `sign_in.environment` and `sign_in.arm_endpoint`."
        problem = explain(record)
        if isinstance(problem, Unreachable):
            return Unreachable, "Check that the host can reach the stamp's login endpoint, then retry."
        if login_failed(record, None):
            return AuthError, "Check `application_id`, `secret` and `tenant` of `sign_in`."
        if isinstance(problem, AuthError):
            return AuthError, problem.hint or ""
        if problem.conclusive and isinstance(problem, PrerequisiteError):
            return PrerequisiteError, problem.hint or ""
        return PrerequisiteError, "Sign in by hand on the host with the same values to see the cause."

    def _masked(self, record: ErrorRecord) -> ErrorRecord:
        """Return the host's record with the secret masked, in case it repeats its input."""
        secret = self.sign_in.service_principal.password.reveal()
        return replace(record, message=record.message.replace(secret, "***")) if secret else record

    @property
    def _principal(self) -> str:
        return self.sign_in.service_principal.username


def _failure(result: Result) -> ErrorRecord | None:
    """Return the first error, which is the cause of the pipeline's failure."""
    return next(iter(result.errors), None) or result.failure
