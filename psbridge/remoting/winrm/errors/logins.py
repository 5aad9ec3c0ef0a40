"""Why a login failed: errors of pypsrp, pyspnego, Kerberos and CredSSP.

The exit code depends on how far the login got. If the host refused the login after the user was named, the credentials are
refused (4). If the host does not offer the method, a prerequisite is missing (10). If the login failed before that, this
machine is the cause (9): for example, its crypto policy (FIPS) disables digests and ciphers that the login needs.
"""

from __future__ import annotations

import hashlib
import hmac
import traceback
from collections.abc import Callable, Iterator, Mapping

from cryptography.exceptions import InternalError, UnsupportedAlgorithm

from psbridge.errors import AuthError, ConfigError, PrerequisiteError, Unreachable
from psbridge.remoting.winrm import kerberos
from psbridge.remoting.winrm.errors.nt_status import account_refused
from psbridge.remoting.winrm.errors.translation import ErrorContext, Translation, bounded, causes

_CHECK = (
    "Check username, password and auth of the target. psbridge does not retry refused credentials, because failed attempts "
    "lock accounts."
)
_UNSAID = (
    " The host does not say why: the password may be wrong or expired, or the account locked or disabled; event 4625 in its "
    "Security log has the reason."
)
_NO_DOMAIN = (
    "The user name has no domain: write DOMAIN\\user, HOST\\user for an account of the host alone, or user@REALM. "
)
_WINDOWS = frozenset({"ntlm", "negotiate", "credssp"})  # with these the name has a domain; Basic sends it as it is
_SAYS_NOTHING = frozenset({"ntlm", "negotiate", "basic"})  # a bare 401; Kerberos and CredSSP have codes
_FRONT = (
    " If a load balancer, reverse proxy or TLS inspection in front of the host has its own certificate, a right password is "
    "refused too (channel binding): set `channel_binding: false`, or connect to the host directly."
)
_ENCODING = (
    " The user name or password is not ASCII and was sent in {}, because the host names no encoding. If the host expects "
    "another encoding, a right password is refused too: use only ASCII, or another auth."
)
_ENABLE_ONE = "If so, enable an authentication method on the host (WSMan:\\localhost\\Service\\Auth)."
_NTLM = " A policy on the host may forbid NTLM."
_MAY_USE_NTLM = frozenset({"ntlm", "negotiate"})
_LOCAL = "Check auth and username of the target, and this machine's crypto policy: NTLM and CredSSP need MD5 and RC4."
_LOCAL_KERBEROS = "Check username of the target, the ticket (`klist`) and the realm in /etc/krb5.conf."
_KEY = " The host must have the key of its Kerberos service name (`service` and `service_host` of the target)."
_ENABLE = (
    "Set `auth` of the target to a method that the host offers, or enable this one on the host "
    "(WSMan:\\localhost\\Service\\Auth)."
)


def refused_credentials(error: BaseException, context: ErrorContext) -> Translation:
    """Return that the host refused the credentials, why if it says so, and the authentication methods that it offers."""
    known = account_refused(error)
    if known is not None:
        return known
    offered = f"; the host offers {bounded(context.offered, 120)}" if context.offered else ""
    if context.login_requests and not context.refused:
        return Translation(
            AuthError,
            f"the host refused the login before the user name was sent (auth: {context.auth}{offered})",
            "The password was not sent, so it is not the cause. " + _ENABLE + _NTLM * (context.auth in _MAY_USE_NTLM),
            reason="login_not_offered",
        )
    return Translation(
        AuthError,
        f"the host refused the credentials{_of(context.user)} (auth: {context.auth}{offered})",
        _NO_DOMAIN * (context.auth in _WINDOWS and _bare(context.user))
        + _CHECK
        + _UNSAID * (context.auth in _SAYS_NOTHING)
        + _ENCODING.format(context.charset) * bool(context.charset)
        + _KEY * (context.auth == "kerberos")
        + _FRONT * context.channel_bound,
        reason="login_refused",
    )


def _bare(user: str) -> bool:
    """Return whether a user name names neither a domain nor a host."""
    return bool(user) and "\\" not in user and "@" not in user


def _of(user: str) -> str:
    return f" of {bounded(user, 120)}" if user else ""


def not_offered(_error: BaseException, context: ErrorContext) -> Translation:
    """Return that the host does not offer the target's authentication method; no credentials were refused."""
    offered = f"only {bounded(context.offered, 120)}" if context.offered else "no authentication method"
    return Translation(
        PrerequisiteError,
        f"the host does not offer auth {context.auth}: it offers {offered}; no credentials were sent",
        _ENABLE if context.offered else "Check that WinRM listens on this port. " + _ENABLE_ONE,
        reason="login_not_offered",
    )


def no_login(error: BaseException, context: ErrorContext) -> Translation:
    """Return why a login failed; with Kerberos a domain controller may have refused it or not answered."""
    known = kerberos.trouble(error)
    said = f"(auth: {context.auth}: {bounded(error, 160)})"
    if known is not None:
        kind = kerberos.KINDS[known.exit_code]
        return Translation(kind, f"{known.says} {said}", known.hint, kind is Unreachable, known.name)
    if context.refused:
        return refused_credentials(error, context)
    if not context.login_requests and type(error).__module__.startswith("requests_credssp"):
        return not_offered(error, context)  # requests_credssp has no class of its own for this
    policy = blocked(error)
    if policy is None and context.login_requests:
        return Translation(
            Unreachable,
            f"the host's answer to the login is invalid {said}",
            "Check the host's event log, and any proxy or gateway between it and this machine.",
        )
    return Translation(
        ConfigError,
        f"this machine can't do the login {policy or ''}{said}",
        _LOCAL_KERBEROS if context.auth == "kerberos" else _LOCAL,
        reason="login_not_possible",
    )


def missing_package(error: BaseException, context: ErrorContext) -> Translation:
    """Return which extra of psbridge installs the package that a login needs."""
    extra = context.auth if context.auth in {"kerberos", "credssp"} else "kerberos,credssp"
    return Translation(
        ConfigError,
        f"auth {context.auth} needs a package that is not installed or can't be loaded: {bounded(error, 120)}",
        f"Install psbridge[{extra}]: run `uv tool install '.[{extra}]'` in its checkout."
        + (" It needs the libraries and headers of MIT Kerberos." if "kerberos" in extra else ""),
        reason="package_missing",
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


# What NTLM needs ([MS-NLMP] 3.3.2, 3.4). MD4 is pyspnego's own code, which no policy disables.
_NEEDED: Mapping[str, Callable[[], object]] = {
    "MD5": lambda: hashlib.new("md5", b""),  # noqa: S324 - only a test of availability
    "HMAC-MD5": lambda: hmac.new(b"key", b"", "md5").digest(),
    "RC4": _rc4,
}


def blocked(error: BaseException) -> str | None:
    """Return which algorithms this machine's crypto policy denies to a login, as part of a sentence; None if none.

    The decision uses classes, the place where an error was raised, and a test of each algorithm that a login needs. Texts
    differ by OpenSSL's version.
    """
    found = list(causes(error))
    if any(isinstance(cause, UnsupportedAlgorithm | InternalError) or _raised_by_crypto(cause) for cause in found):
        lacking = list(lacking_algorithms())
        return _POLICY.format(", ".join(lacking) or "an algorithm that it needs")
    return None


def _raised_by_crypto(error: BaseException) -> bool:
    """Return whether an error came from a library of digests and ciphers; other code reads the host's tokens."""
    if not isinstance(error, ValueError | RuntimeError | TypeError | AttributeError):
        return False
    modules = (str(frame.f_globals.get("__name__", "")) for frame, _ in traceback.walk_tb(error.__traceback__))
    return any(module == known or module.startswith(f"{known}.") for module in modules for known in _CRYPTO)


def lacking_algorithms() -> Iterator[str]:
    """Yield the algorithms of NTLM that this machine's crypto policy denies."""
    for name, attempt in _NEEDED.items():
        try:
            attempt()
        except Exception:  # noqa: BLE001 - any error means that it can't be computed
            yield name
