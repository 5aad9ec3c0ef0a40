"""Why a login came to nothing: pypsrp's, pyspnego's, Kerberos' and CredSSP's errors."""

from __future__ import annotations

from psbridge.errors import AuthError, ConfigError, Unreachable
from psbridge.remoting import kerberos
from psbridge.remoting.faults.outcome import Outcome, Where, bounded


def refused_credentials(_error: BaseException, where: Where) -> Outcome:
    """Say that the host refused who we are, and which logins it offers."""
    offered = f"; the host offers {bounded(where.offered, 120)}" if where.offered else ""
    return Outcome(
        AuthError,
        f"the host refused the credentials (auth: {where.auth}{offered})",
        "Check user name, password and auth. psbridge never tries a refused credential again, for accounts lock.",
    )


def no_login(error: BaseException, where: Where) -> Outcome:
    """Say why a login came to nothing before the host could refuse it; Kerberos asks others, who refuse or are silent."""
    known = kerberos.trouble(error)
    if known is None:
        said = f"the login could not be done (auth: {where.auth}): {bounded(error)}"
        return Outcome(
            AuthError, said, "Check auth and the user name; for kerberos, the ticket (`klist`) and the realm."
        )
    said = f"{known.what} (auth: {where.auth}: {bounded(error, 160)})"
    return Outcome(AuthError if known.refused else Unreachable, said, known.hint, retryable=not known.refused)


def missing_package(error: BaseException, where: Where) -> Outcome:
    """Say which extra of psbridge brings the package that a login needs."""
    extra = where.auth if where.auth in {"kerberos", "credssp"} else "kerberos] or psbridge[credssp"
    return Outcome(
        ConfigError,
        f"auth {where.auth} needs a package that is not installed: {bounded(error, 120)}",
        f"Install psbridge[{extra}]" + ("; it needs MIT Kerberos and its headers." if extra == "kerberos" else "."),
    )
