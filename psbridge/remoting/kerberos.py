"""What psbridge must know of MIT's Kerberos: how it names users, and what its error codes mean.

The codes are those of krb5.h. python-krb5 raises them signed; GSSAPI's minor code is the same number unsigned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_BASE = -1765328384  # ERROR_TABLE_BASE_krb5


@dataclass(frozen=True, slots=True)
class Trouble:
    """What a code means.

    Attributes:
        refused: a realm or host said no to who is asking; else it could not be asked, or was not.
    """

    what: str
    hint: str
    refused: bool = True


_CHECK = "Check user name and password. psbridge never tries a refused credential again, for accounts lock."
_KDC = "Check /etc/krb5.conf (or DNS) for the realm, and the way to its domain controllers."
_TICKET = "Get a ticket with `kinit`, or give the target a username and a password."
_TROUBLES: Mapping[int, Trouble] = {
    _BASE + 1: Trouble("the user's Kerberos entry has expired", "Renew the account or its password."),
    _BASE + 6: Trouble("the realm knows no such user", "Write the user as user@REALM; see also /etc/krb5.conf."),
    _BASE + 7: Trouble(
        "the realm knows no such host", "Use the host's full name, for which the realm has a key of host/NAME."
    ),
    _BASE + 18: Trouble("the account is disabled or locked", "Have it unlocked."),
    _BASE + 23: Trouble("the password has expired", "Change it, as with `kpasswd`."),
    _BASE + 24: Trouble("the realm refused the password", _CHECK),
    _BASE + 31: Trouble("the realm refused the password", _CHECK),  # the answer could not be opened with it
    _BASE + 32: Trouble("the Kerberos ticket has expired", _TICKET),
    _BASE + 37: Trouble("the clocks are too far apart for Kerberos", "Set the clocks of this machine and the realm."),
    _BASE + 141: Trouble("there is no Kerberos ticket", _TICKET),
    _BASE + 195: Trouble("there is no Kerberos ticket", _TICKET),
    _BASE + 154: Trouble("no domain controller of the realm can be found", _KDC, refused=False),
    _BASE + 156: Trouble("no domain controller of the realm answers", _KDC, refused=False),
}

_MAJOR: Mapping[int, Trouble] = {
    11 << 16: _TROUBLES[_BASE + 32],  # GSS_S_CREDENTIALS_EXPIRED
    # GSS_S_CONTEXT_EXPIRED: after its end a ticket neither seals nor opens anything, on either side.
    12 << 16: Trouble("the Kerberos ticket ended in the middle of a session", _TICKET, refused=False),
}


def trouble(error: BaseException) -> Trouble | None:
    """Return what an error of python-krb5, python-gssapi or pyspnego means, None if it has no code that is known."""
    gss = getattr(error, "base_error", None) or error
    major = _MAJOR.get(getattr(gss, "maj_code", 0))
    if major is not None:
        return major
    code = getattr(error, "err_code", getattr(gss, "min_code", None))
    if not isinstance(code, int):
        return None
    return _TROUBLES.get(code - (1 << 32) if code >= 1 << 31 else code)


def principal(username: str) -> str:
    r"""Return a user as Kerberos names them: `DOMAIN\user` is the default realm's if that begins with DOMAIN.

    To MIT's library a backslash begins an escape, so that `CONTOSO\backup` would name somebody else. A domain controller
    of Windows knows its realm under the short name too, where krb5.conf says how to find one.

    Raises:
        ImportError: python-krb5 is needed for this, and is not installed.
    """
    domain, separator, user = username.partition("\\")
    if not separator:
        return username
    import krb5

    try:
        default: str = krb5.get_default_realm(krb5.init_context()).decode()
    except krb5.Krb5Error:
        default = ""  # none is configured, or krb5.conf can't be read; then the login says so
    short = default.partition(".")[0]
    return f"{user}@{default if short and domain.casefold() == short.casefold() else domain.upper()}"
