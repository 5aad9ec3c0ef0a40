"""What comes of a service principal's sign-in: accepted, or the error that Az shows on the host.

The texts of Az are from its source (Resources.resx), those of a certificate's key and of AD FS from reports
(Azure/azure-powershell#22480, #14814, #7602; MicrosoftDocs/azure-stack-docs#1711; Azure/azure-cli#20403). Those of Entra ID are
from its reference of AADSTS codes, abridged; which of them the identity provider of a stamp sends is inferred.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from psbridge.emulator.stamp.api import HostProfile, SignInRefusal

_DOMAIN: Final = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", re.ASCII)
_TEXTS: Final[Mapping[str, str]] = {
    "busy": "AADSTS90033: A transient error has occurred. Please try again.",
    "clock-skew": "AADSTS700024: Client assertion is not within its valid time range.",
    "disabled": "AADSTS7000112: Application '{application}' is disabled.",
    "wrong-resource": "AADSTS500011: The resource principal of the stamp was not found in the tenant named {tenant}.",
    "other": "AADSTS53003: Access has been blocked by Conditional Access policies.",
    "not-permitted": "MSIS9605: The client is not allowed to access the requested resource.",
}
"""What the identity provider says, by `HostProfile.sign_in_fails`."""
_STRAY: Final[Mapping[str, str]] = {
    "authority-type": "Invalid authority type. This method overload is not supported by "
    "'https://adfs.redmond.psbridge.example/adfs/Common/'",
    "no-token": "Unable to acquire token for tenant '{tenant}' with error 'the token is empty'",
    "no-context": "Context cannot be null.  Please log in using Connect-AzAccount.",
}
_CERTIFICATE: Final[Mapping[str, str]] = {
    "no-key": "The certificate certificate does not have a private key.",
    "key-unreadable": "Keyset does not exist",
    "cng": "Invalid provider type specified.",
}
"""What Az says of a certificate that it finds and can't use."""
_KEY_USED: Final = "Thumbprint of key used by client: '{thumbprint}'"
_ENDPOINT: Final[Mapping[str, str]] = {
    "no-name": "No such host is known. ({})",
    "untrusted": "The SSL connection could not be established, see inner exception.",
    "refuses": "No connection could be made because the target machine actively refused it. ({})",
    "silent": "A connection attempt failed because the connected party did not properly respond after a period of time, or "
    "established connection failed because connected host has failed to respond. ({})",
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in as it is tried: by a secret, or by the thumbprint of a certificate on the host."""

    environment: str
    tenant: str
    application_id: str
    secret: str | None = None
    thumbprint: str | None = None


def endpoint_error(profile: HostProfile, address: str) -> str | None:
    """Return why the host can't read the stamp's metadata from its endpoint (inferred texts); None if it can."""
    text = _ENDPOINT.get(profile.endpoint)
    return text.format(address) if text else None


def judged(
    attempt: Attempt, profile: HostProfile, application_id: str, secret: str, thumbprint: str
) -> SignInRefusal | None:
    """Return why a sign-in fails, None if it is accepted; the last three are those of the application that may sign in."""
    found = _on_the_host(attempt, profile, thumbprint)
    if found is not None:
        return found
    stray = _STRAY.get(profile.sign_in_fails or "")
    if stray is not None:
        return SignInRefusal("invalid", stray.format(tenant=attempt.tenant))
    if not attempt.environment:
        return _refused(attempt, "the environment has no name")
    said = _TEXTS.get(profile.sign_in_fails or "")
    if said is not None:
        return _refused(attempt, said.format(tenant=attempt.tenant, application=attempt.application_id))
    words = _adfs if profile.identity == "adfs" else _entra
    said = words(attempt, profile, application_id, _proved(attempt, secret, thumbprint))
    return None if said is None else _refused(attempt, said)


def _on_the_host(attempt: Attempt, profile: HostProfile, thumbprint: str) -> SignInRefusal | None:
    """Return why the host can't even ask the identity provider."""
    if attempt.thumbprint is None:
        return None
    if profile.certificate == "absent" or attempt.thumbprint.upper() != thumbprint.upper():
        text = f"No certificate was found in the certificate store with thumbprint {attempt.thumbprint}"
        return SignInRefusal("argument", text, asked=False)
    words = _CERTIFICATE.get(profile.certificate)
    return None if words is None else _refused(attempt, words, asked=False)


def _entra(attempt: Attempt, profile: HostProfile, application_id: str, proved: bool) -> str | None:
    """A tenant may be given by its id or by any domain name: the directory, which would know, is not emulated."""
    tenant, application = attempt.tenant, attempt.application_id
    key = _KEY_USED.format(thumbprint=attempt.thumbprint)
    if tenant.lower() != profile.tenant.lower() and not _DOMAIN.fullmatch(tenant):
        return f"AADSTS90002: Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID."
    if application.lower() != application_id.lower():
        return f"AADSTS700016: Application with identifier '{application}' was not found in the directory '{tenant}'."
    if attempt.thumbprint is not None and profile.certificate == "expired":
        return (
            f"AADSTS700027: Client assertion contains an invalid signature. [Reason - The key used is expired., {key}]"
        )
    if attempt.thumbprint is not None and profile.certificate == "unknown":
        return f"AADSTS700027: Client assertion failed signature validation. [Reason - The key was not found., {key}]"
    if not proved:
        return f"AADSTS7000215: Invalid client secret is provided for the app '{application}'."
    if profile.secret_expired:
        return f"AADSTS7000222: The provided client secret keys for app '{application}' are expired."
    return None


def _adfs(attempt: Attempt, profile: HostProfile, application_id: str, proved: bool) -> str | None:
    """AD FS has one tenant, and Az asks for that one whatever -Tenant says (its source)."""
    certified = attempt.thumbprint is None or profile.certificate == "works"
    if attempt.application_id.lower() == application_id.lower() and proved and certified and not profile.secret_expired:
        return None
    return "MSIS9622: Client authentication failed. Please verify the credential provided for client authentication is valid."


def _proved(attempt: Attempt, secret: str, thumbprint: str) -> bool:
    if attempt.thumbprint is not None:
        return attempt.thumbprint.upper() == thumbprint.upper()
    return hmac.compare_digest(_bytes(attempt.secret or ""), _bytes(secret))


def _refused(attempt: Attempt, words: str, *, asked: bool = True) -> SignInRefusal:
    kind = "ClientSecretCredential" if attempt.thumbprint is None else "ClientCertificateCredential"
    return SignInRefusal("authentication", f"{kind} authentication failed: {words}", asked)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
