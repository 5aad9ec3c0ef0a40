"""The stamp's REST API as the engines see it: the only way into the emulated stamp."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol


@dataclass(frozen=True, slots=True)
class RestResponse:
    """What ARM would answer.

    Attributes:
        headers: by name, as recorded (`Location`, `Retry-After`, `x-ms-request-id`, `Date` …).
        body: the JSON value, None for an empty body.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True, slots=True)
class SignInRefusal:
    """Why a sign-in failed, as Az shows it.

    Attributes:
        exception: what Az throws: the login's own exception, an ArgumentException, or a PSInvalidOperationException.
        asked: whether the identity provider was asked; only then it counts as a refused sign-in.
    """

    exception: Literal["authentication", "argument", "invalid"]
    message: str
    asked: bool = True


@dataclass(frozen=True, slots=True)
class HostProfile:
    """The operator host of a scenario, and a new session on it.

    Attributes:
        signed_in: whether a new session already has an Azure context (as an autosaved context gives it).
        family: which generation of modules it has: Az, or AzureRM (Windows PowerShell 5.1 only; the emulator's engines
            stand in for that).
        module: `Azs.Backup.Admin`'s version, None where it is not installed.
        module_loads: False where that module is found but can't be loaded.
        accounts: the version of `Az.Accounts`; Azs.Backup.Admin 1.0.x asks for 2.2.8.
        insights, update: the versions of `Azs.InfrastructureInsights.Admin` and `Azs.Update.Admin`, None where absent.
        rest_method: whether `Invoke-AzRestMethod` exists there.
        prune: `Invoke-AzsPruneBackupLocationExternalStore` there: with -OperationType, without it, or absent as from the module
            0.9.0-preview and from AzureRM's.
        visible: the visible commands of its sessions, as of a restricted endpoint; None for all.
        session: the sign-in of a new session: it has a context, but the cmdlets report that the credentials
            have expired (`signed-out`), the stamp says so (`expired`), it is for the tenant endpoint, or the account
            has no subscription.
        environment_known: whether the host knows the environment; if not, it must be added.
        lands_in: the subscription of a sign-in that names none: the default provider's, another, or none.
        secret_expired: whether the service principal's secret has expired.
        identity: the stamp's identity provider, Entra ID or AD FS.
        certificate: the service principal's certificate on the host: usable, absent, without a private key, with a key that
            the account can't read or that is in a CNG provider, expired, or unknown to the identity provider.
        sign_in_fails: the reason for which each sign-in fails, None if it may succeed.
        endpoint: whether the host reaches the stamp's endpoint to add an environment: its name does not resolve, the host
            does not trust its certificate, it refuses the connection, or does not answer.
        preferences: preference variables that the session configuration sets, each `NAME=VALUE`.
        clock_ahead: by how many seconds the host's clock is ahead of the stamp's; negative: behind.
        stray_error, stray_warning: what the trigger writes to those streams in addition to a good answer.
        powershell: the version of PowerShell that the host shows; below 6 it is Windows PowerShell (edition Desktop).
        culture: the culture of its sessions, as Get-Culture shows it.
        max_shells, max_memory_mb: MaxShellsPerUser and MaxMemoryPerShellMB of its WSMan: drive; shown, not enforced.
            The three are those of the embedded engine; the defaults are Windows Server's.
    """

    environment: str = "AzureStackAdmin"
    resource_manager_url: str = "https://adminmanagement.redmond.psbridge.example/"
    subscription_id: str = "5f4b1c1e-8f0a-4c59-9f3e-2b6f3a7d9c10"
    subscription_name: str = "Default Provider Subscription"
    tenant: str = "d9f2b6c4-3f7e-4f56-8c0e-6a1b9c2d7e11"
    account: str = "backup-operator@psbridge.example"
    signed_in: bool = True
    family: Literal["az", "azurerm"] = "az"
    module: str | None = "1.0.2"
    module_loads: bool = True
    accounts: str = "2.2.8"
    insights: str | None = "1.0.2"
    update: str | None = "1.1.0"
    rest_method: bool = True
    prune: Literal["operation-type", "no-operation-type", "absent"] = "operation-type"
    visible: tuple[str, ...] | None = None
    session: Literal["works", "signed-out", "expired", "tenant-endpoint", "no-subscription"] = "works"
    environment_known: bool = True
    lands_in: Literal["default", "another", "none"] = "default"
    secret_expired: bool = False
    identity: Literal["entra", "adfs"] = "entra"
    certificate: Literal["works", "absent", "no-key", "key-unreadable", "cng", "expired", "unknown"] = "works"
    sign_in_fails: (
        Literal[
            "busy",
            "clock-skew",
            "disabled",
            "wrong-resource",
            "other",
            "not-permitted",
            "authority-type",
            "no-token",
            "no-context",
        ]
        | None
    ) = None
    endpoint: Literal["answers", "no-name", "untrusted", "refuses", "silent"] = "answers"
    preferences: tuple[str, ...] = ()
    clock_ahead: int = 0
    stray_error: str | None = None
    stray_warning: str | None = None
    powershell: str = "7.6.9"
    culture: str = "en-US"
    max_shells: int = 30
    max_memory_mb: int = 2_147_483_647


class StampApi(Protocol):
    """The emulated stamp."""

    profile: HostProfile

    def rest(self, method: str, path: str, body: bytes | None = None, *, raw: bool = False) -> RestResponse:
        """Answer one ARM call; `path` has its query. Never raises: nonsense gets a 4xx with an ARM error body.

        `raw` says that Invoke-AzRestMethod asks, and not a module.
        """
        ...

    def sign_in(
        self,
        environment: str,
        tenant: str,
        application_id: str,
        secret: str | None,
        thumbprint: str | None = None,
    ) -> str | SignInRefusal:
        """Check a service principal, by its secret or by its certificate on the host; return the account's name."""
        ...
