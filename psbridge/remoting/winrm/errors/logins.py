"""Why a login came to nothing: pypsrp's, pyspnego's, Kerberos' and CredSSP's errors.

Whose fault it is rests on how far the login got. What the host refused after it was told who is asking is a refused
credential (4); what it does not offer, it lacks (10); what never got that far failed on this machine (9), whose crypto
policy (FIPS, for one) may have switched off digests and ciphers that a login needs.
"""

from __future__ import annotations

import hashlib
import hmac
import traceback
from collections.abc import Callable, Iterator, Mapping

from cryptography.exceptions import InternalError, UnsupportedAlgorithm

from psbridge.errors import AuthError, ConfigError, PrerequisiteError, Unreachable
from psbridge.remoting.winrm import kerberos
from psbridge.remoting.winrm.errors.translation import ErrorContext, Translation, bounded, causes

_CHECK = "Check user name, password and auth. psbridge never tries a refused credential again, because accounts lock."
_FRONT = (
    " Behind a front that ends TLS with a certificate of its own (load balancer, reverse proxy, TLS inspection) a right "
    "password is refused too, because the login is bound to the certificate (channel binding): there set "
    "`channel_binding: false`, or reach the host itself."
)
_ENCODING = (
    " The host does not say how it reads what is not ASCII in Basic; {} was sent. If it reads another encoding, no right "
    "password fits: use ASCII alone, or another auth."
)
_KEY = " The host must hold the key of the name by which Kerberos is asked for it (`service`, `service_host`)."
_ENABLE = (
    "Set `auth` of the target to one that the host offers, or enable it on the host (WSMan:\\localhost\\Service\\Auth)."
)


def refused_credentials(_error: BaseException, context: ErrorContext) -> Translation:
    """Say that the host refused who we are, and which logins it offers."""
    offered = f"; the host offers {bounded(context.offered, 120)}" if context.offered else ""
    if context.login_requests and not context.refused:
        return Translation(
            AuthError,
            f"the host refused the login before it was told who is asking (auth: {context.auth}{offered})",
            "No password was used. " + _ENABLE + " NTLM may be forbidden there by policy.",
        )
    return Translation(
        AuthError,
        f"the host refused the credentials (auth: {context.auth}{offered})",
        _CHECK
        + _ENCODING.format(context.charset) * bool(context.charset)
        + _KEY * (context.auth == "kerberos")
        + _FRONT * context.channel_bound,
    )


def not_offered(_error: BaseException, context: ErrorContext) -> Translation:
    """Say that the host takes no login of the kind that the target names; nobody was refused."""
    offered = f"offers {bounded(context.offered, 120)} only" if context.offered else "offers none"
    return Translation(
        PrerequisiteError,
        f"the host takes no login by {context.auth}, as the target says: it {offered}; no credentials were sent",
        _ENABLE,
    )


def no_login(error: BaseException, context: ErrorContext) -> Translation:
    """Say why a login came to nothing; Kerberos asks others, who refuse or are silent."""
    known = kerberos.trouble(error)
    said = f"(auth: {context.auth}: {bounded(error, 160)})"
    if known is not None:
        return Translation(known.kind, f"{known.what} {said}", known.hint, retryable=known.kind is Unreachable)
    if context.refused:
        return refused_credentials(error, context)
    if not context.login_requests and type(error).__module__.startswith("requests_credssp"):
        return not_offered(error, context)  # it names no class for that, and needs no token to find it out
    policy = blocked(error)
    if policy is None and context.login_requests:
        return Translation(
            Unreachable,
            f"the host's part of the login can't be used {said}",
            "Look at the host's event log, and at what is between it and this machine.",
        )
    return Translation(
        ConfigError,
        f"this machine can't make the login {policy or ''}{said}",
        "Check auth and the user name, this machine's crypto policy (NTLM and CredSSP need MD5 and RC4), and for kerberos "
        "the ticket (`klist`) and the realm (/etc/krb5.conf).",
    )


def missing_package(error: BaseException, context: ErrorContext) -> Translation:
    """Say which extra of psbridge brings the package that a login needs."""
    extra = context.auth if context.auth in {"kerberos", "credssp"} else "kerberos] or psbridge[credssp"
    return Translation(
        ConfigError,
        f"auth {context.auth} needs a package that is not installed on this machine, or can't be loaded: {bounded(error, 120)}",
        f"Install psbridge[{extra}]" + ("; it needs MIT Kerberos and its headers." if extra == "kerberos" else "."),
    )


_CRYPTO = (
    "hashlib",
    "hmac",
    "cryptography",
    *(f"spnego._ntlm_raw.{name}" for name in ("crypto", "des", "md4", "security")),
)
_POLICY = "because its crypto policy does not allow {} "


def _rc4() -> None:
    from spnego._ntlm_raw.crypto import rc4init

    rc4init(b"0123456789abcdef")


# What NTLM is made of ([MS-NLMP] 3.3.2, 3.4); MD4 is pyspnego's own code, which no policy reaches.
_NEEDED: Mapping[str, Callable[[], object]] = {
    "MD5": lambda: hashlib.new("md5", b""),  # noqa: S324 - tried, not relied on
    "HMAC-MD5": lambda: hmac.new(b"key", b"", "md5").digest(),
    "RC4": _rc4,
}


def blocked(error: BaseException) -> str | None:
    """Return what this machine's crypto policy took from a login, as the part of a sentence; None if that is not it.

    Decided by classes, by where an error was raised, and by trying what a login needs; texts differ by OpenSSL's version.
    """
    found = list(causes(error))
    if any(isinstance(cause, UnsupportedAlgorithm | InternalError) or _raised_by_crypto(cause) for cause in found):
        lacking = list(_lacking())
        return _POLICY.format(", ".join(lacking) or "it")
    return None


def _raised_by_crypto(error: BaseException) -> bool:
    """Return whether an error came out of a library of digests and ciphers; tokens of the host are read elsewhere."""
    if not isinstance(error, ValueError | RuntimeError | TypeError | AttributeError):
        return False
    modules = (str(frame.f_globals.get("__name__", "")) for frame, _ in traceback.walk_tb(error.__traceback__))
    return any(module == known or module.startswith(f"{known}.") for module in modules for known in _CRYPTO)


def _lacking() -> Iterator[str]:
    for name, attempt in _NEEDED.items():
        try:
            attempt()
        except Exception:  # noqa: BLE001 - whatever a policy makes of it, it can't be computed
            yield name
