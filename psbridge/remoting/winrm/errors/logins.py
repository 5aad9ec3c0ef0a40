"""Why a login came to nothing: pypsrp's, pyspnego's, Kerberos' and CredSSP's errors.

Whose fault it is rests on how far the login got. What the host refused after it was told who is asking is a refused
credential (4); what it does not offer, it lacks (10); what never got that far failed on this machine (9).
"""

from __future__ import annotations

from psbridge.errors import AuthError, ConfigError, PrerequisiteError, Unreachable
from psbridge.remoting.winrm import kerberos
from psbridge.remoting.winrm.errors.local import blocked
from psbridge.remoting.winrm.errors.translation import ErrorContext, Translation, bounded

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
