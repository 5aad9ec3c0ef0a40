"""A session's Azure context, and signing it in as a service principal: cmdlets of Az.Accounts and of AzureRM.Profile.

Three steps, each a pipeline, because each depends on the result of the one before:

1. Read the environment, with the saving of contexts off, because otherwise the principal's secret would be written to the
   profile of the host's user.
2. Add the environment, if the host does not know it or knows it with another endpoint.
3. Log in and select the subscription.

What each does is in Az.Accounts' source. A login without -Subscription selects the first subscription that is listed
(Azure/azure-powershell#13724), and makes a context of up to 25 others unless -SkipContextPopulation is given. With AD FS, which
the environment's endpoint names, Az asks for the token of tenant `adfs`, whatever -Tenant says. What each failure means is in
`psbridge.catalogue.sign_in`.

Nothing is signed out at the end: the context is in the memory of the host's process, which ends with the session.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from psbridge.catalogue.error_codes import IDENTITY_CODE
from psbridge.catalogue.sign_in import REFUSED, SignInFailure, failure_of
from psbridge.cmdlets.decode import text_of
from psbridge.cmdlets.error_patterns import login_failed
from psbridge.cmdlets.error_records import check, code_of, explain, raw, sentence_of
from psbridge.errors import AuthError, PrerequisiteError, PsbridgeError, Unreachable
from psbridge.models.connection import CertificateOnHost, SignIn
from psbridge.models.context import AzContext, ModuleFamily
from psbridge.models.secret import Credential
from psbridge.powershell.pipeline import Argument, Command, Pipeline
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

_ERRORS: Final = {it.exit_code.label: it for it in (AuthError, PrerequisiteError, Unreachable)}
_ONCE: Final = "It was tried only once, because failed sign-ins can lock the account."
_ADMIN: Final = re.compile(r"https://(admin)?management\.([A-Za-z0-9.-]+)", re.IGNORECASE)


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
        endpoint = self.sign_in.arm_endpoint
        given: dict[str, Argument] = {"Name": self.sign_in.environment, "ARMEndpoint": endpoint}
        return Pipeline.of(Command.of(_NAMES[self.family].add, given | _key_vault(endpoint or "")))

    def parse(self, result: Result) -> None:
        """Check that it worked.

        Raises:
            psbridge.errors.Unreachable: the host can't reach the endpoint.
            psbridge.errors.PrerequisiteError: it refuses the environment for another reason.
        """
        record = _failure(result)
        if record is None:
            return
        where = f"environment {self.sign_in.environment} with endpoint {self.sign_in.arm_endpoint}"
        named = failure_of(record.message)
        if named is not None and named.exit_code != "auth":
            raise _named(named, self.sign_in, record, f"the host could not add {where}")
        problem = explain(record)
        error = Unreachable if isinstance(problem, Unreachable) else PrerequisiteError
        raise error(
            f"the host could not add {where}: {sentence_of(record)}",
            hint="Check `sign_in.arm_endpoint`, and on the host that its name resolves and that the host trusts its "
            "certificate.",
            detail=problem.detail
            | {"reason": "endpoint_unreachable" if error is Unreachable else "environment_refused"},
            retryable=problem.retryable and error is Unreachable,
        )


def _key_vault(endpoint: str) -> dict[str, Argument]:
    """Return where the stamp's key vaults are, as the operator's documentation has it; nothing for an endpoint of another form.

    Without these, Az takes those of the tenants. No cmdlet of psbridge uses them; a later one in the same session might.
    """
    found = _ADMIN.match(endpoint)
    if found is None:
        return {}
    name = f"{(found[1] or '').lower()}vault.{found[2]}"
    return {"AzureKeyVaultDnsSuffix": name, "AzureKeyVaultServiceEndpointResourceId": f"https://{name}"}


class ConnectAzAccount(msgspec.Struct, frozen=True):
    """Sign the host's session in as a service principal, and select the subscription. A secret travels as a PSCredential.

    Attributes:
        subscription: its name or id; None keeps the subscription that the login selects.
    """

    sign_in: SignIn
    family: ModuleFamily = ModuleFamily.AZ
    subscription: str | None = None

    def pipeline(self) -> Pipeline:
        """Return what is sent."""
        names = _NAMES[self.family]
        given: dict[str, Argument] = {
            "ServicePrincipal": True,
            "Environment": self.sign_in.environment,
            names.tenant: self.sign_in.tenant,
            **_who(self.sign_in.service_principal),
            "Scope": "Process",
        }
        if self.family is ModuleFamily.AZ:  # not every AzureRM.Profile of a stamp's age has it
            given["SkipContextPopulation"] = True
        connect = Command.of(names.connect, given)
        if self.subscription is None:
            return Pipeline.of(connect)
        return Pipeline.of(connect, Command.of(names.select, {"Subscription": self.subscription}))

    def parse(self, result: Result) -> None:
        """Check that it worked. A sign-in that was refused is never retried, because that could lock the account.

        Raises:
            psbridge.errors.AuthError: the login was refused.
            psbridge.errors.PrerequisiteError: the host has no such cmdlet or certificate; environment, tenant or subscription
                are unknown; or the login failed for an unknown reason.
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
            f"service principal {self.sign_in.application_id} is signed in, but can't select subscription "
            f"{self.subscription}: {sentence_of(record)}",
            hint="Give the service principal a role on the subscription, such as Contributor (psbridge help sign-in), or "
            "correct `subscription` of the target.",
            detail=raw(record) | {"code": code_of(record) or None, "reason": "no_subscription"},
        )

    def _not_logged_in(self, record: ErrorRecord) -> PsbridgeError:
        named = failure_of(record.message)
        problem = explain(record)
        if named is None and not isinstance(problem, Unreachable) and login_failed(record, None):
            named = REFUSED
        about = "the host could not sign in to Azure Stack"
        if named is not None:
            return _named(named, self.sign_in, record, about, self.subscription)
        return _unnamed(problem, record, f"{about} as service principal {self.sign_in.application_id}")

    def _masked(self, record: ErrorRecord) -> ErrorRecord:
        """Return the host's record with the secret masked, in case it repeats its input.

        Of an error without an id, PowerShell takes the text for the id (measured on 7.6.9).
        """
        who = self.sign_in.service_principal
        secret = who.password.reveal() if isinstance(who, Credential) else ""
        if not secret:
            return record
        held = record.exception_properties
        texts = {name: value.replace(secret, "***") for name, value in held.items() if isinstance(value, str)}
        return replace(
            record,
            message=record.message.replace(secret, "***"),
            fully_qualified_error_id=record.fully_qualified_error_id.replace(secret, "***"),
            exception_properties={**held, **texts},
        )


def _who(principal: Credential | CertificateOnHost) -> dict[str, Argument]:
    if isinstance(principal, Credential):
        return {"Credential": principal}
    return {"ApplicationId": principal.application_id, "CertificateThumbprint": principal.thumbprint}


def _named(
    failure: SignInFailure, sign_in: SignIn, record: ErrorRecord, about: str, subscription: str | None = None
) -> PsbridgeError:
    """Return the error of a failure that the catalogue has; `about` is what was attempted."""
    who = sign_in.service_principal
    words = {
        "principal": sign_in.application_id,
        "environment": sign_in.environment,
        "endpoint": sign_in.arm_endpoint or "unknown",
        "tenant": sign_in.tenant,
        "subscription": subscription or "unknown",
        "thumbprint": who.thumbprint if isinstance(who, CertificateOnHost) else "of the sign-in",
    }
    found = IDENTITY_CODE.search(record.message)
    hint = failure.hint.format(**words)
    return _ERRORS[failure.exit_code](
        f"{about}: {failure.says.format(**words)}: {sentence_of(record)}",
        hint=f"{hint} {_ONCE}" if failure.exit_code == "auth" else hint,
        detail=raw(record)
        | {"code": found[0] if found else code_of(record) or None, "reason": failure.reason}
        | {"application_id": sign_in.application_id},
        retryable=failure.retryable,
    )


def _unnamed(problem: PsbridgeError, record: ErrorRecord, about: str) -> PsbridgeError:
    """Return the error of a failed login whose text the catalogue does not know, by its exception."""
    kind: type[PsbridgeError] = PrerequisiteError
    reason, hint = "unknown", "Sign in by hand on the host with the same values to see the cause."
    if isinstance(problem, Unreachable):
        kind, reason = Unreachable, "endpoint_unreachable"
        hint = "Check that the host can reach the stamp's login endpoint, then retry."
    elif isinstance(problem, AuthError) or (problem.conclusive and isinstance(problem, PrerequisiteError)):
        kind, hint = type(problem), problem.hint or hint
        reason = problem.detail.get("reason") or "refused"
    once = "" if kind is Unreachable else f" {_ONCE}"
    return kind(
        f"{about}: {sentence_of(record)}",
        hint=f"{hint}{once}",
        detail=raw(record) | {"code": code_of(record) or None, "reason": reason},
        retryable=kind is Unreachable and problem.retryable,
    )


def _failure(result: Result) -> ErrorRecord | None:
    """Return the first error, which is the cause of the pipeline's failure."""
    return next(iter(result.errors), None) or result.failure
