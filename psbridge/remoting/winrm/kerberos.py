"""MIT Kerberos: how it names users, and what its error codes mean.

The codes are those of krb5.h. python-krb5 raises them signed; GSSAPI's minor code is the same number unsigned.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from psbridge.errors import AuthError, ConfigError, PsbridgeError, Unreachable

_BASE = -1765328384  # ERROR_TABLE_BASE_krb5
_PROFILE = range(-1429577728, -1429577728 + 64)  # ERROR_TABLE_BASE_prof: what is wrong with krb5.conf


class Trouble(msgspec.Struct, frozen=True):
    """What a code means.

    Attributes:
        kind: `AuthError` if the realm refused the user; `ConfigError` if this machine lacks a ticket or a setting, or
            can't do the computation; `Unreachable` if no domain controller answered.
    """

    what: str
    hint: str
    kind: type[PsbridgeError] = AuthError


_CHECK = (
    "Check username and password of the target. psbridge does not retry refused credentials, because failed attempts lock "
    "accounts."
)
_KDC = "Check the realm in /etc/krb5.conf or DNS, and that port 88 of its domain controllers can be reached."
_TICKET = "Get a ticket with `kinit`, or set username and password of the target."
_CONF = "Check /etc/krb5.conf, or the file that KRB5_CONFIG names."
_SPN = (
    "Set `host` to the full name of the host, or set `service` and `service_host` to its service principal name "
    "(SERVICE/HOST; the default is host/NAME)."
)
_ENCRYPTION = (
    "Compare permitted_enctypes in /etc/krb5.conf and this machine's crypto policy with the encryption types of the "
    "accounts in the realm."
)
_CACHE = "Check the cache that `klist` names; `kinit` creates a new one."


def _here(what: str, hint: str) -> Trouble:
    return Trouble(what, hint, ConfigError)


_BROKEN = _here("this machine's Kerberos configuration can't be used", _CONF)
_NO_TICKET = _here("there is no Kerberos ticket on this machine", _TICKET)
_ENDED = _here("the Kerberos ticket of this machine has expired", _TICKET)
_CLOCKS = _here(
    "the clocks are too far apart for Kerberos",
    "Set the clocks of this machine, the host and the realm (NTP).",
)
_NO_CIPHER = _here("this machine and the realm share no Kerberos encryption", _ENCRYPTION)
_BAD_CACHE = _here("this machine's ticket cache can't be read", _CACHE)
_SILENT = "no domain controller of the realm answers"
_TROUBLES: Mapping[int, Trouble] = {
    _BASE + 1: Trouble("the user's Kerberos entry has expired", "Have the account extended in the domain."),
    _BASE + 6: Trouble(
        "the realm has no such user",
        "Write username of the target as user@REALM.",
    ),
    _BASE + 7: _here("the realm has no such host", _SPN),
    _BASE + 12: Trouble("the realm's policy refuses the user", "Check the account's logon hours and workstations."),
    _BASE + 14: _NO_CIPHER,
    _BASE + 18: Trouble("the account is disabled or locked", "Have the account unlocked or enabled."),
    _BASE + 23: Trouble("the password has expired", "Change it (`kpasswd`), and update password of the target."),
    _BASE + 24: Trouble("the realm refused the password", _CHECK),
    _BASE + 31: Trouble("the realm refused the password", _CHECK),  # the answer could not be decrypted with it
    _BASE + 32: _ENDED,
    _BASE + 37: _CLOCKS,
    _BASE + 41: _here("the host can't decrypt the Kerberos ticket because its key differs from the realm's", _SPN),
    _BASE + 134: Trouble(
        "the user name is not valid for Kerberos", "Write username of the target as user@REALM.", ConfigError
    ),
    **dict.fromkeys((_BASE + 135, _BASE + 136, _BASE + 224, _BASE + 237, _BASE + 248), _BROKEN),
    **dict.fromkeys((_BASE + 141, _BASE + 142, _BASE + 185, _BASE + 195, _BASE + 203), _NO_TICKET),
    **dict.fromkeys((_BASE + 139, _BASE + 140, _BASE + 193, _BASE + 194, _BASE + 196, _BASE + 199), _BAD_CACHE),
    _BASE + 148: _CLOCKS,
    **dict.fromkeys((_BASE + 150, _BASE + 153, _BASE + 188, _BASE + 200, _BASE + 236), _NO_CIPHER),
    _BASE + 178: _here("this machine lacks an algorithm that Kerberos needs", _ENCRYPTION),
    _BASE + 154: _here("no domain controller of the realm can be found from this machine", _KDC),
    _BASE + 217: _here("the realm of the host is unknown to this machine", _KDC),
    **dict.fromkeys((_BASE + 29, _BASE + 156, _BASE + 220), Trouble(_SILENT, _KDC, Unreachable)),
}

_MAJOR: Mapping[int, Trouble] = {
    7 << 16: _NO_TICKET,  # GSS_S_NO_CRED, unless the minor code says more
    11 << 16: _ENDED,  # GSS_S_CREDENTIALS_EXPIRED
    # GSS_S_CONTEXT_EXPIRED: an expired ticket neither seals nor opens messages, on either side.
    12 << 16: Trouble("the Kerberos ticket expired during the session", _TICKET, Unreachable),
}


def trouble(error: BaseException) -> Trouble | None:
    """Return what an error of python-krb5, python-gssapi or pyspnego means, None if its code is unknown."""
    gss = getattr(error, "base_error", None) or error
    code = getattr(error, "err_code", getattr(gss, "err_code", getattr(gss, "min_code", None)))
    if isinstance(code, int):
        signed = code - (1 << 32) if code >= 1 << 31 else code
        known = _BROKEN if signed in _PROFILE else _TROUBLES.get(signed)
        if known is not None:
            return known
    return _MAJOR.get(getattr(gss, "maj_code", 0))


_FILES = ("KRB5CCNAME", "KRB5_CLIENT_KTNAME", "KRB5_CONFIG", "KRB5_TRACE", "GSS_MECH_CONFIG")


def check_files() -> None:
    """Refuse a named pipe as a file of MIT's library, which would wait for its other end without a deadline.

    Files in /dev are allowed, such as `KRB5_TRACE=/dev/stderr`.

    Raises:
        OSError: a variable names one.
    """
    for name in _FILES:
        for part in os.environ.get(name, "").split(":"):  # a list of files, or FILE:PATH
            if not part.startswith("/dev/") and Path(part).is_fifo():
                raise OSError(errno.EINVAL, f"{name} is a named pipe, not a regular file", part)


def principal(username: str) -> str:
    r"""Return a user as Kerberos names them: `DOMAIN\user` is in the default realm if that begins with DOMAIN.

    In MIT's library a backslash begins an escape, so `CONTOSO\backup` would name another user. A domain controller of
    Windows accepts the short name of its realm too, if krb5.conf names the controller for it.

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
        default = ""  # none is configured, or krb5.conf can't be read; the login reports that
    short = default.partition(".")[0]
    return f"{user}@{default if short and domain.casefold() == short.casefold() else domain.upper()}"
