"""The login methods of a host: one table, from the words of WinRM's auth settings to HTTP schemes and acceptors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from psbridge.emulator.auth import contexts, sealing
from psbridge.emulator.auth.acceptor import Acceptor, Channel
from psbridge.emulator.auth.barred import STATUSES
from psbridge.emulator.auth.certificates import CbtLevel
from psbridge.emulator.auth.contexts.context import Context
from psbridge.emulator.auth.contexts.keytab import Keytab
from psbridge.emulator.auth.per_request import BasicAcceptor, BasicCharset, CertificateAcceptor
from psbridge.emulator.auth.tokens import Binding, NtlmUsers, TokenAcceptor
from psbridge.emulator.auth.users import Users
from psbridge.emulator.errors import EmulationError

_CARRY_NTLM: Final = frozenset({"negotiate", "ntlm", "credssp"})
MUTUAL: Final = "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual"


class Authenticator(msgspec.Struct, frozen=True):
    """What all connections of a host share.

    Attributes:
        methods: those offered, in the order of the WWW-Authenticate headers.
        keytab: the host's keys; with it, Negotiate and CredSSP take tickets too.
        ntlm: the accounts as NTLM needs them, None where no method carries it.
        credssp_tls: the TLS inside CredSSP, None where that is not offered.
    """

    users: Users
    methods: tuple[str, ...]
    keytab: Keytab | None
    cbt: CbtLevel
    ntlm: NtlmUsers | None
    credssp_tls: Any
    basic: BasicCharset = BasicCharset.ANY

    @classmethod
    def of(
        cls,
        users: Users,
        methods: tuple[str, ...],
        keytab: Keytab | None = None,
        cbt: CbtLevel = CbtLevel.RELAXED,
        basic: BasicCharset = BasicCharset.ANY,
    ) -> Authenticator:
        """Write the accounts out for NTLM, and make CredSSP's certificate, where these are offered."""
        ntlm = NtlmUsers(users) if _CARRY_NTLM & set(methods) else None
        tls = contexts.credssp_tls() if "credssp" in methods else None
        return cls(users, methods, keytab, cbt, ntlm, tls, basic)

    def challenges(self) -> list[str]:
        """Return the WWW-Authenticate headers of a bare 401."""
        named = ', charset="UTF-8"' * (self.basic is BasicCharset.UTF_8)
        offered = ((method, METHODS[method].challenge) for method in self.methods)
        return [challenge + named * (method == "basic") for method, challenge in offered if challenge]

    def acceptor(self, scheme: str, channel: Channel) -> Acceptor | None:
        """Return a new login by an HTTP scheme, None if that is not offered."""
        for method in self.methods:
            if METHODS[method].scheme == scheme.casefold():
                return METHODS[method].accept(self, channel)
        return None

    def bindings(self, channel: Channel) -> bytes | None:
        """Return the required channel binding of a login; None for none."""
        return None if self.cbt is CbtLevel.NONE else channel.bindings

    def close(self) -> None:
        """Remove the temporary files."""
        if self.ntlm is not None:
            self.ntlm.close()


class Method(msgspec.Struct, frozen=True):
    """How one method shows in HTTP.

    Attributes:
        scheme: of the Authorization header, in small letters.
        challenge: its WWW-Authenticate header; empty for none.
    """

    scheme: str
    challenge: str
    accept: Callable[[Authenticator, Channel], Acceptor]


def _bound(authenticator: Authenticator, channel: Channel, context: Context, protocol: str) -> Acceptor:
    binding = Binding(authenticator.cbt, authenticator.bindings(channel))
    return TokenAcceptor(context, protocol, users=authenticator.users, ntlm=authenticator.ntlm, binding=binding)


def _negotiate(authenticator: Authenticator, channel: Channel) -> Acceptor:
    return _bound(
        authenticator,
        channel,
        contexts.negotiate(authenticator.keytab, authenticator.bindings(channel)),
        sealing.SPNEGO,
    )


def _ntlm(authenticator: Authenticator, channel: Channel) -> Acceptor:
    assert authenticator.ntlm is not None  # noqa: S101 - a host that offers it has written the accounts out
    with authenticator.ntlm.lent():
        context = contexts.ntlm()
    return _bound(authenticator, channel, context, sealing.SPNEGO)


def _kerberos(authenticator: Authenticator, channel: Channel) -> Acceptor:
    assert authenticator.keytab is not None  # noqa: S101 - a host that offers it was given one
    return _bound(
        authenticator,
        channel,
        contexts.kerberos(authenticator.keytab, authenticator.bindings(channel)),
        sealing.KERBEROS,
    )


def _credssp(authenticator: Authenticator, _channel: Channel) -> Acceptor:
    # It binds to a TLS session of its own by its public key ([MS-CSSP] 3.1.5); that WinRM asks no more is inferred.
    def status(name: str) -> int | None:
        barred = authenticator.users.barred(name)
        return None if barred is None else STATUSES[barred]

    context = contexts.credssp(authenticator.credssp_tls, authenticator.keytab, status)
    return TokenAcceptor(context, sealing.CREDSSP, users=authenticator.users, ntlm=authenticator.ntlm)


# In the order in which a Windows host offers them (the 401 quoted in jborean93/omi's issue 29), NTLM apart: WinRM has it
# inside Negotiate only. It has no challenge for certificates.
METHODS: Final[Mapping[str, Method]] = {
    "negotiate": Method("negotiate", "Negotiate", _negotiate),
    "kerberos": Method("kerberos", "Kerberos", _kerberos),
    "ntlm": Method("ntlm", "NTLM", _ntlm),
    "basic": Method(
        "basic", 'Basic realm="WSMAN"', lambda authenticator, _: BasicAcceptor(authenticator.users, authenticator.basic)
    ),
    "credssp": Method("credssp", "CredSSP", _credssp),
    "certificate": Method(
        MUTUAL, "", lambda authenticator, channel: CertificateAcceptor(authenticator.users, channel.certificate())
    ),
}  # fmt: skip
DEFAULT: Final = ("negotiate", "ntlm")
DEFAULT_SECURED: Final = (*DEFAULT, "basic")


def chosen(
    wanted: Sequence[str] | None, *, tls: bool, allow_unencrypted: bool, keytab: Keytab | None
) -> tuple[str, ...]:
    """Return the offered methods, in the order of the table.

    Raises:
        EmulationError: a method is unknown, or a prerequisite of it is missing.
    """
    if wanted is None:
        wanted = DEFAULT_SECURED if tls or allow_unencrypted else DEFAULT
    unknown = sorted(set(wanted) - set(METHODS))
    if unknown or not wanted:
        raise EmulationError(
            "auth", f"auth: expected one or more of {', '.join(METHODS)}, not {', '.join(unknown) or 'nothing'}"
        )
    if "basic" in wanted and not (tls or allow_unencrypted):
        raise EmulationError(
            "auth", "auth: basic needs TLS because it sends the password unencrypted (or set allow_unencrypted)"
        )
    if "certificate" in wanted and not tls:
        raise EmulationError("auth", "auth: certificate needs TLS")
    if "kerberos" in wanted and keytab is None:
        raise EmulationError("auth", "auth: kerberos needs a keytab with the host's key")
    return tuple(method for method in METHODS if method in wanted)
