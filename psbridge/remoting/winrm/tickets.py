"""The Kerberos facts of this machine that `klist` shows, by the same libraries that make a login."""

from __future__ import annotations

import msgspec

from psbridge.errors import ConfigError, PsbridgeError
from psbridge.remoting.winrm import kerberos


class Tickets(msgspec.Struct, frozen=True):
    """The realm and the ticket of this user.

    Attributes:
        realm: the default realm; None if none is configured.
        cache: the ticket cache, such as `FILE:/tmp/krb5cc_1000`.
        principal: whose ticket is in it; None without a valid one.
        seconds_left: of that ticket.
        problem: why there is no valid ticket, None if there is one.
    """

    realm: str | None
    cache: str | None
    principal: str | None = None
    seconds_left: float | None = None
    problem: PsbridgeError | None = None


def tickets() -> Tickets:
    """Return what this machine knows of Kerberos.

    Nothing is sent, unless a client keytab is configured: from it MIT's library fetches a ticket, as it does for a login.

    Raises:
        psbridge.errors.ConfigError: its configuration can't be read.
        ImportError: psbridge[kerberos] is not installed.
    """
    import gssapi
    import krb5

    try:
        kerberos.check_files()
        context = krb5.init_context()
    except OSError as problem:
        raise ConfigError(str(problem.strerror), hint="Check the variable that names it.") from problem
    except krb5.Krb5Error as error:
        raise _problem(error) from error
    realm, cache = _default_realm(context), krb5.cc_default_name(context).decode(errors="replace")
    try:
        held = gssapi.Credentials(usage="initiate", mechs=[gssapi.MechType.kerberos])
        return Tickets(realm, cache, str(held.name), float(held.lifetime))
    except gssapi.exceptions.GSSError as error:
        return Tickets(realm, cache, problem=_problem(error))


def _default_realm(context: object) -> str | None:
    import krb5

    try:
        realm: str = krb5.get_default_realm(context).decode(errors="replace")
    except krb5.Krb5Error:
        return None
    return realm


def _problem(error: BaseException) -> PsbridgeError:
    known = kerberos.trouble(error)
    if known is None:
        return ConfigError(f"this machine's Kerberos libraries report: {error}", hint="Check what `klist` shows.")
    return kerberos.KINDS[known.exit_code](known.says, hint=known.hint, detail={"code": known.name})
