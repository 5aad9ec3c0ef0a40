"""What a failed sign-in to Azure Stack means: one table, the first row that fits wins.

The host's text is searched for the identifiers of Entra ID (its reference, "AADSTS error codes") and of AD FS (`MSIS…`), which
are the same in every language, then for the words of Az and .NET. Az is English only (its Resources.resx); Windows and .NET
may use the host's language, and then the exception decides (`psbridge.cmdlets.error_patterns`).

A row with `inferred` rests on documentation or on the name of the error; the others were seen in Az's source or in a report.
What was refused is never repeated, because failed sign-ins can lock an account. What is `retryable` was not refused.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from psbridge.catalogue.error_codes import IDENTITY_CODE


class SignInFailure(NamedTuple):
    """One way in which a sign-in fails.

    Attributes:
        reason: its name in `detail.reason`.
        codes: identifiers in the host's text, in upper case.
        words: regular expressions, for a text without such an identifier; case is ignored.
        exit_code: its name, as `psbridge.errors.ExitCode.label`.
        says: what happened; `{principal}`, `{environment}`, `{endpoint}`, `{tenant}`, `{subscription}` and `{thumbprint}` are
            filled in.
        hint: what to do about it; filled in alike.
        retryable: the sign-in was not refused, so a new session may try it again.
        inferred: whether the meaning was concluded, and never seen.
    """

    reason: str
    codes: tuple[str, ...]
    words: tuple[str, ...]
    exit_code: str
    says: str
    hint: str
    retryable: bool = False
    inferred: bool = False


_CHECK_CERTIFICATE = (
    "Check on the host, as the account of psbridge: Get-ChildItem Cert:\\CurrentUser\\My, Cert:\\LocalMachine\\My"
)
_ENDPOINT = "Check `sign_in.arm_endpoint`, and on the host"

FAILURES: Final = (
    # Transient: nothing was refused.
    SignInFailure(
        "identity_busy",
        ("AADSTS90033", "AADSTS50196", "AADSTS90024", "AADSTS90025"),
        (),
        "unreachable",
        "Entra ID could not process the sign-in of service principal {principal} now",
        "Retry in a minute.",
        retryable=True,
        inferred=True,
    ),
    # The tenant.
    SignInFailure(
        "wrong_tenant",
        ("AADSTS90002", "AADSTS900023", "AADSTS50059", "AADSTS90013", "AADSTS900021"),
        (),
        "prerequisite",
        "the identity provider does not know tenant {tenant}",
        "Check that `sign_in.tenant` is the tenant of this stamp (AADTenantID of Get-AzureStackStampInformation).",
    ),
    SignInFailure(
        "wrong_resource",
        ("AADSTS500011", "AADSTS650057"),
        (),
        "prerequisite",
        "tenant {tenant} does not know the stamp of {endpoint}",
        "Check that `sign_in.tenant` and `sign_in.arm_endpoint` belong to the same stamp.",
        inferred=True,
    ),
    # The service principal and its secret.
    SignInFailure(
        "unknown_application",
        ("AADSTS700016", "AADSTS7000229"),
        (),
        "auth",
        "tenant {tenant} has no application {principal}",
        "Check `application_id` and `tenant` of `sign_in`.",
    ),
    SignInFailure(
        "application_disabled",
        ("AADSTS7000112",),
        (),
        "auth",
        "application {principal} is disabled",
        "Have the application enabled in Entra ID (Enterprise applications, Properties).",
        inferred=True,
    ),
    SignInFailure(
        "invalid_secret",
        ("AADSTS7000215", "AADSTS7000216"),
        (),
        "auth",
        "the secret of service principal {principal} is not valid",
        "Check `secret` of `sign_in`: it is the secret's value, not its id.",
    ),
    SignInFailure(
        "secret_expired",
        ("AADSTS7000222",),
        (),
        "auth",
        "the secret or certificate of service principal {principal} has expired",
        "Add a new one to the application, and put it in place: `secret` of `sign_in`, or the certificate on the host and its "
        "`certificate_thumbprint`.",
    ),
    SignInFailure(
        "not_permitted",
        ("MSIS9605",),
        (),
        "auth",
        "AD FS does not permit service principal {principal} to use the stamp's endpoint",
        "Check that `sign_in.arm_endpoint` is the administrator's endpoint, and that New-GraphApplication made the principal "
        "on this stamp.",
    ),
    SignInFailure(
        "client_not_authenticated",
        ("MSIS9622",),
        (),
        "auth",
        "AD FS does not accept the secret or certificate of service principal {principal}",
        "Compare with Get-GraphApplication at the privileged endpoint: an empty thumbprint there means that the certificate "
        "did not arrive. Set it again: Set-GraphApplication -ClientCertificates, or -ResetClientSecret.",
    ),
    # The certificate on the host.
    SignInFailure(
        "clock_skew",
        ("AADSTS700024",),
        (),
        "auth",
        "the sign-in of service principal {principal} is outside its time: the host's clock is wrong",
        "Set the host's clock (w32tm /resync on the host), then run the command again.",
        inferred=True,
    ),
    SignInFailure(
        "certificate_expired",
        (),
        (r"key used is expired", r"certificate (?:\S+ )?(?:has expired|is expired)", r"certificate .{0,60}has expired"),
        "auth",
        "the certificate {thumbprint} of service principal {principal} has expired",
        "Make a new certificate on the host, add it to the application, and set `certificate_thumbprint`.",
        inferred=True,
    ),
    SignInFailure(
        "certificate_unknown",
        ("AADSTS700027", "AADSTS700023", "AADSTS50012"),
        (),
        "auth",
        "the identity provider does not accept the certificate {thumbprint} for service principal {principal}",
        "Add the public certificate of that thumbprint to the application.",
    ),
    SignInFailure(
        "certificate_not_found",
        (),
        (r"no certificate was found in the certificate store",),
        "prerequisite",
        "the host has no certificate {thumbprint} for the account of psbridge",
        f"{_CHECK_CERTIFICATE}. Import it there with its private key, or correct `certificate_thumbprint`.",
    ),
    SignInFailure(
        "certificate_without_key",
        (),
        (r"does not have a private key", r"certificate .{0,60}no private key"),
        "prerequisite",
        "the certificate {thumbprint} on the host has no private key",
        "Import the certificate with its private key (PFX) into the store of the account of psbridge on the host.",
    ),
    SignInFailure(
        "certificate_key_unreadable",
        (),
        (r"keyset does not exist", r"keyset is not defined"),
        "prerequisite",
        "the account of psbridge can't read the private key of certificate {thumbprint} on the host",
        "Give the account Read on the private key (certlm.msc, All Tasks, Manage Private Keys), or import the certificate into "
        "the store of the account.",
    ),
    SignInFailure(
        "certificate_provider",
        (),
        (r"invalid provider type",),
        "prerequisite",
        "the private key of certificate {thumbprint} is in a CNG provider, which Az can't use",
        "Make the certificate with -Provider 'Microsoft Enhanced RSA and AES Cryptographic Provider' -KeySpec KeyExchange.",
    ),
    # The environment and its endpoint.
    SignInFailure(
        "authority_type",
        (),
        (r"invalid authority type",),
        "prerequisite",
        "the host knows environment {environment} with an identity provider of another kind",
        "Give `sign_in.environment` a name that the host does not know yet, so that psbridge adds it from "
        "`sign_in.arm_endpoint`.",
    ),
    SignInFailure(
        "unknown_environment",
        (),
        (r"unable to find environment with name", r"environment name '[^']*' is not found"),
        "prerequisite",
        "the host does not know environment {environment}",
        "Check `sign_in.environment` and `sign_in.arm_endpoint`.",
    ),
    SignInFailure(
        "built_in_environment",
        (),
        (r"cannot add built-in", r"changing built-in"),
        "prerequisite",
        "environment {environment} is built into Az and can't have endpoint {endpoint}",
        "Give `sign_in.environment` another name, such as AzureStackAdmin.",
    ),
    SignInFailure(
        "invalid_endpoint",
        (),
        (r"endpoint provided is invalid", r"trying to retrieve metadata endpoints"),
        "prerequisite",
        "{endpoint} does not answer as an endpoint of Azure Resource Manager",
        "Check `sign_in.arm_endpoint`: https://adminmanagement.REGION.FQDN.",
    ),
    SignInFailure(
        "endpoint_name",
        (),
        (r"no such host is known", r"name or service not known", r"name could not be resolved"),
        "unreachable",
        "the host can't resolve the name of an endpoint of the stamp ({endpoint})",
        f"{_ENDPOINT} its DNS: Resolve-DnsName NAME.",
    ),
    SignInFailure(
        "endpoint_tls",
        (),
        (r"ssl connection could not be established", r"trust relationship", r"secure channel"),
        "unreachable",
        "the host does not trust the TLS certificate of an endpoint of the stamp ({endpoint})",
        f"{_ENDPOINT} that the stamp's root certificate is in Cert:\\LocalMachine\\Root.",
    ),
    SignInFailure(
        "endpoint_refused",
        (),
        (r"actively refused", r"connection refused", r"unable to connect to the remote server"),
        "unreachable",
        "an endpoint of the stamp refuses the host's connection ({endpoint})",
        f"{_ENDPOINT} that the endpoint can be reached: Test-NetConnection NAME -Port 443.",
        retryable=True,
    ),
    SignInFailure(
        "endpoint_timeout",
        (),
        (r"timed out", r"failed to respond", r"a task was canceled", r"request was canceled"),
        "unreachable",
        "an endpoint of the stamp did not answer the host in time ({endpoint})",
        f"{_ENDPOINT} that no firewall drops the connection: Test-NetConnection NAME -Port 443.",
        retryable=True,
    ),
    # The subscription and the context.
    SignInFailure(
        "no_subscription",
        (),
        (
            r"does not have access to subscription",
            r"subscription '[^']*' does not exist",
            r"provide a valid tenant or a valid subscription",
        ),
        "prerequisite",
        "service principal {principal} is signed in, but has no subscription {subscription}",
        "Give the service principal a role on the subscription (psbridge help sign-in), or correct `subscription` of the "
        "target.",
    ),
    SignInFailure(
        "no_context",
        (),
        (r"context cannot be null", r"run (?:connect|login)-az(?:urerm)?account to login"),
        "prerequisite",
        "the host's session has no context after the sign-in",
        "Sign in by hand on the host with the same values to see the cause.",
        inferred=True,
    ),
    # Last, because Az adds these words to other causes.
    SignInFailure(
        "wrong_tenant",
        (),
        (r"could not find tenant", r"tenant domain .* (?:was|were) not found", r"could not authenticate with tenant"),
        "prerequisite",
        "the identity provider does not know tenant {tenant}, or service principal {principal} is not in it",
        "Check `tenant` and `application_id` of `sign_in`.",
    ),
    SignInFailure(
        "no_token",
        (),
        (r"unable to acquire token for tenant",),
        "auth",
        "the identity provider gives service principal {principal} no token for tenant {tenant}",
        "Check `application_id`, `tenant`, and the secret or certificate of `sign_in`.",
    ),
)

REFUSED: Final = SignInFailure(
    "refused",
    (),
    (),
    "auth",
    "the identity provider refused service principal {principal}",
    "Check `application_id`, `tenant`, and the secret (it may have expired) or certificate of `sign_in`.",
)
"""Any other identifier of Entra ID or AD FS, or an exception that only a login throws."""


def failure_of(text: str) -> SignInFailure | None:
    """Return what the host's text says of a sign-in: by identifier, then by words; None if it says neither.

    A text with an identifier that no row has is `REFUSED`, unless words name the cause better.
    """
    found = {code.upper() for code in IDENTITY_CODE.findall(text)}
    by_code = next((it for it in FAILURES if found.intersection(it.codes)), None)
    by_words = next((it for it in FAILURES if any(re.search(each, text, re.IGNORECASE) for each in it.words)), None)
    if by_code is not None and by_code.reason == "certificate_unknown" and by_words is not None:
        return by_words if by_words.reason == "certificate_expired" else by_code
    return by_code or (REFUSED if found else by_words)
