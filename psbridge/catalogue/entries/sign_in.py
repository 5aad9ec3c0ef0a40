"""Sign-in to Azure Stack. Its failures, identifiers and sentences are in `psbridge.catalogue.sign_in`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from psbridge.catalogue.entries.entry import Entry, do
from psbridge.catalogue.sign_in import FAILURES, REFUSED, SignInFailure

_NOTHING: Final = (
    "None was started: the session is not signed in to the stamp. What was refused is not tried again, because that can lock "
    "accounts."
)
_SIGN_IN: Final = "troubleshooting#the-session-is-not-signed-in-to-the-stamp"
_VALUES: Final = do("See the values of `sign_in` in force; secrets are masked.", "$ psbridge config show --origin")
_BY_HAND: Final = do(
    "Sign in by hand on the host with the same values.",
    "PS> Connect-AzAccount -ServicePrincipal -Environment AzureStackAdmin -Tenant TENANT -Credential (Get-Credential)",
)
_ENVIRONMENTS: Final = do(
    "See which environments the host knows.", "PS> Get-AzEnvironment | Format-Table Name, ResourceManagerUrl"
)
_CERTIFICATES: Final = do(
    "See the certificates, as the account of psbridge.",
    "PS> Get-ChildItem Cert:\\CurrentUser\\My, Cert:\\LocalMachine\\My | Format-List Thumbprint, NotAfter, HasPrivateKey",
)
_NAME: Final = do("Ask the host's DNS.", "PS> Resolve-DnsName adminmanagement.REGION.FQDN")
_PORT: Final = do("See whether the endpoint answers.", "PS> Test-NetConnection adminmanagement.REGION.FQDN -Port 443")
_TIME: Final = do("Check the time on the host.", "PS> w32tm /query /status")
_LIST: Final = do("Check the sign-in before the next start.", "$ psbridge doctor --only sign-in")


class _Long(NamedTuple):
    """What is to be said about a failure in addition to its sentence and hint.

    Attributes:
        texts: what hosts print.
        title: instead of the sentence, where it names a value.
    """

    causes: tuple[str, ...]
    steps: tuple[str, ...] = (_VALUES, _BY_HAND)
    texts: tuple[str, ...] = ()
    title: str = ""


_MORE: Final = {
    "identity_busy": _Long(("Entra ID was not available for a moment.", "A job signs in in a loop.")),
    "wrong_tenant": _Long(
        ("`sign_in.tenant` is misspelled, or is another stamp's.",),
        texts=("Tenant not found", "could not find tenant", "Could not authenticate with tenant"),
    ),
    "wrong_resource": _Long(
        ("Tenant and endpoint are of two stamps.", "The stamp's registration in the tenant was removed."),
        (_ENVIRONMENTS, _VALUES),
        ("The resource principal named was not found in the tenant",),
    ),
    "unknown_application": _Long(
        ("`sign_in.application_id` is misspelled, or is the id of an object.", "The application is in another tenant."),
        texts=("was not found in the directory",),
        title="the tenant has no such application",
    ),
    "application_disabled": _Long(("An administrator of the tenant disabled it.",)),
    "invalid_secret": _Long(
        ("The id of the secret was copied instead of its value.", "The secret belongs to another application."),
        texts=("Invalid client secret",),
    ),
    "secret_expired": _Long(
        ("Secrets and certificates end after the time that was chosen for them.",),
        texts=("The provided client secret keys are expired",),
    ),
    "not_permitted": _Long(
        ("The principal was made for another resource, or not at the privileged endpoint (New-GraphApplication).",),
        (_ENVIRONMENTS, _BY_HAND),
    ),
    "client_not_authenticated": _Long(
        ("The principal has no certificate (an empty thumbprint), or another one.", "The secret was reset.")
    ),
    "clock_skew": _Long(("The host's clock is off by minutes.",), (_TIME,)),
    "certificate_expired": _Long(("The certificate's time is over.",), (_CERTIFICATES,)),
    "certificate_unknown": _Long(
        ("Another certificate than the host's is registered with the application.",),
        (_CERTIFICATES, _VALUES),
        ("Client assertion contains an invalid signature",),
    ),
    "certificate_not_found": _Long(
        ("The certificate is in the store of another account.", "The thumbprint is misspelled."),
        (_CERTIFICATES,),
        ("No certificate was found in the certificate store",),
    ),
    "certificate_without_key": _Long(
        ("The .cer was imported instead of the .pfx.",), (_CERTIFICATES,), ("does not have a private key",)
    ),
    "certificate_key_unreadable": _Long(
        ("The key belongs to another account, or only administrators may read it.",),
        (_CERTIFICATES,),
        ("Keyset does not exist",),
        "the account of psbridge can't read the certificate's private key on the host",
    ),
    "certificate_provider": _Long(
        ("The key is kept by a CNG provider (Microsoft Software Key Storage Provider).",),
        (
            do(
                "Import the .pfx again with a provider that Az can use.",
                "PS> certutil -csp 'Microsoft Enhanced RSA and AES Cryptographic Provider' -importpfx FILE.pfx",
            ),
        ),
        ("Invalid provider type specified",),
        "the certificate's private key is in a CNG provider, which Az can't use",
    ),
    "authority_type": _Long(
        ("The environment of that name is one of AD FS, and the stamp uses Entra ID; or the other way round.",),
        (_ENVIRONMENTS,),
        ("Invalid authority type",),
    ),
    "unknown_environment": _Long(
        ("The environment was never added on the host, and `sign_in.arm_endpoint` is not set.",),
        (_ENVIRONMENTS, _VALUES),
        ("Unable to find environment with name",),
    ),
    "built_in_environment": _Long(
        ("The name is one of Azure's own, such as AzureCloud.",),
        (_ENVIRONMENTS,),
        title="an environment that is built into Az can't have the stamp's endpoint",
    ),
    "invalid_endpoint": _Long(("The address is of the portal, or misspelled.",), (_NAME, _PORT)),
    "endpoint_name": _Long(
        ("The host's DNS does not forward the stamp's zone.",), (_NAME,), ("The remote name could not be resolved",)
    ),
    "endpoint_tls": _Long(
        ("The stamp's root certificate is not installed on the host.", "TLS is inspected on the way."),
        (_PORT,),
        (
            "The SSL connection could not be established",
            "Could not establish trust relationship for the SSL/TLS secure channel",
        ),
    ),
    "endpoint_refused": _Long(
        ("A firewall refuses the connection.", "The stamp's endpoint is down."),
        (_PORT,),
        ("No connection could be made because the target machine actively refused it",),
    ),
    "endpoint_timeout": _Long(
        ("A firewall drops the packets.", "The stamp is under load."),
        (_PORT,),
        ("the connected party did not properly respond after a period of time",),
    ),
    "no_context": _Long(
        ("Az wrote no error and selected no account.",),
        (do("See the context.", "PS> Get-AzContext"), _BY_HAND),
        ("Context cannot be null", "Run Connect-AzAccount to login"),
    ),
    "no_token": _Long(
        ("The error after this text says why; mostly it has an AADSTS or MSIS number.",),
        texts=("Unable to acquire token for tenant",),
    ),
    "refused": _Long(("Entra ID or AD FS has a rule or an error that psbridge has no row for: read its number.",)),
}
_FILLED: Final = (
    (r" \(\{\w+\}\)", ""),
    (r"(?<!the )(service principal|tenant|application|environment|subscription) \{\w+\}", r"the \1"),
    (r" \{thumbprint\}", ""),
    (r"\{endpoint\}", "the endpoint"),
    (r" \{\w+\}", ""),
)


def _plain(text: str) -> str:
    """Return a sentence without what only an error can fill in."""
    for pattern, instead in _FILLED:
        text = re.sub(pattern, instead, text)
    return text


def _first_of_each(failures: Iterable[SignInFailure]) -> Iterable[SignInFailure]:
    """Return the first row of each reason."""
    rows: dict[str, SignInFailure] = {}
    for it in failures:
        rows.setdefault(it.reason, it)
    return rows.values()


def _entry(it: SignInFailure) -> Entry:
    more = _MORE[it.reason]
    return Entry(
        it.reason,
        more.title or _plain(it.says),
        _NOTHING,
        more.causes,
        (_plain(it.hint), *more.steps, _LIST),
        see=("sign-in#when-a-sign-in-fails", "explain:signed_out"),
        aliases=(*it.codes, *more.texts),
        exit_code=it.exit_code,
        source="Az's source, reports of users, and the references of Entra ID",
        inferred=it.inferred,
    )


def _only(id_: str, title: str, causes: tuple[str, ...], *steps: str, exit_code: str = "auth") -> Entry:
    """Return an entry of a code or reason that is not in the table."""
    see = ("sign-in#when-a-sign-in-fails", _SIGN_IN)
    return Entry(id_, title, _NOTHING, causes, (*steps, _VALUES, _BY_HAND, _LIST), see=see, exit_code=exit_code)


_NUMBER: Final = ("The number and the text after it say why.",)
ENTRIES: Final = (
    *(_entry(it) for it in _first_of_each((*FAILURES, REFUSED)) if it.reason in _MORE),
    _only(
        "endpoint_unreachable",
        "the host can't reach an endpoint of the stamp or of its identity provider",
        ("DNS, trust, a firewall or a proxy on the host.",),
        _NAME,
        _PORT,
        exit_code="unreachable",
    ),
    _only(
        "environment_refused",
        "the host could not add the environment",
        ("The name is one of Azure's own, or the endpoint is not the operator's.",),
        _ENVIRONMENTS,
        exit_code="prerequisite",
    ),
    _only(
        "AADSTS",
        "Entra ID refused the sign-in, with a number that has no entry of its own",
        _NUMBER,
        "Read the number at https://login.microsoftonline.com/error?code=NUMBER.",
    ),
    _only("AADSTS50034", "the tenant has no such user", ("The account is misspelled, or is of another tenant.",)),
    _only("AADSTS50053", "the account is locked", ("A wrong password was tried too many times.",)),
    _only("AADSTS50126", "the user name or the password is wrong", ("The password was changed.",)),
    _only(
        "AADSTS50076",
        "the sign-in needs a second factor, which a job can't give",
        ("A rule of the tenant (Conditional Access) asks for it.",),
        "Use a service principal in `sign_in`, not a user.",
    ),
    _only(
        "MSIS",
        "AD FS refused the sign-in, with a number that has no entry of its own",
        _NUMBER,
        do("Read AD FS's event log on its server.", "PS> Get-WinEvent -LogName 'AD FS/Admin' -MaxEvents 20"),
    ),
)
