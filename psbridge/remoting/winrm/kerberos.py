"""MIT Kerberos: how it names users, the files that it reads, and the code within an error (`catalogue.kerberos_errors`)."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Final

from psbridge.catalogue.kerberos_errors import MAJORS, KerberosError, error_of
from psbridge.errors import AuthError, ConfigError, Unreachable

KINDS: Final = {it.exit_code.label: it for it in (AuthError, ConfigError, Unreachable)}
"""The psbridge error of each exit code in `catalogue.kerberos_errors`."""


def trouble(error: BaseException) -> KerberosError | None:
    """Return what an error of python-krb5, python-gssapi or pyspnego means, None if its code is unknown."""
    gss = getattr(error, "base_error", None) or error
    code = getattr(error, "err_code", getattr(gss, "err_code", getattr(gss, "min_code", None)))
    known = error_of(code) if isinstance(code, int) else None
    return known or MAJORS.get(getattr(gss, "maj_code", 0))


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
