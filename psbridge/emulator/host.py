"""The emulated operator host, put together: listener, logins, WSMan service, and an engine that is handed in."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from psbridge.emulator.auth.barred import Barred
from psbridge.emulator.auth.certificates import CbtLevel
from psbridge.emulator.auth.contexts.keytab import Keytab
from psbridge.emulator.auth.methods import Authenticator, chosen
from psbridge.emulator.auth.per_request import BasicCharset
from psbridge.emulator.auth.users import Users, principal
from psbridge.emulator.clock import SYSTEM, Clock
from psbridge.emulator.connection import Connection, Shared
from psbridge.emulator.engine import Engine
from psbridge.emulator.errors import EmulationError
from psbridge.emulator.faults.effects import HTTP, TCP
from psbridge.emulator.faults.rules import FaultPlan, FaultRule
from psbridge.emulator.http.protocol import HttpConnection, Limits
from psbridge.emulator.http.request_log import stamped
from psbridge.emulator.http.server import Listen, Listener, Server, TcpListener, family_of
from psbridge.emulator.tls.server import CertificateFactory, Secured, TlsFault, TlsFiles, TlsLegacy
from psbridge.emulator.wsman.answers import ShellState
from psbridge.emulator.wsman.host_description import HostDescription
from psbridge.emulator.wsman.quotas import Quotas
from psbridge.emulator.wsman.service import Service
from psbridge.values import replace

_WILDCARDS: Final = {"0.0.0.0", "::"}  # noqa: S104 - recognised here so as to ask for TLS


def _silent(_: str) -> None:
    pass


class OperatorHost:
    r"""An operator management host on a TCP port, from construction to `close` (or the end of a `with` block).

    Args:
        users: password by name (`user`, `DOMAIN\\\\user` or `user@domain`).
        barred: users who are refused although their password is right, by name.
        auth: the offered methods, see `psbridge.emulator.auth.methods`; None: negotiate and ntlm, over TLS also basic.
        keytab: the host's Kerberos keys; `kerberos` needs them, with them `negotiate` and `credssp` accept tickets too.
        channel_binding: the check of logins over TLS: `none`, `relaxed` (as Windows does) or `strict`.
        tls: False for plain http; True for a certificate made for this start; a fault for a broken one, a legacy for one
            that is out of date; or files.
        client_ca: PEM of the authorities of client certificates; None: for `certificate` one is made, with a certificate
            of the first user.
        late_certificate: ask for client certificates after TLS 1.3's handshake, as http.sys does.
        basic_charset: how Basic is read: `any`, `utf-8` (and named in the challenge), `utf-8-unnamed` or `latin-1`.
        max_idle: seconds; a shell that asks for a longer idle time is refused; None: it is cut to Windows' own maximum.
        bind: the address to listen on; any other than the loopback needs TLS.
        port: 0: a free one.
        faults: rules or their texts, see `psbridge.emulator.faults`.
        allow_unencrypted: let Basic and bodies that are not sealed pass over plain http (AllowUnencrypted of WinRM).
        clock: for waits and idle times.
        now: the host's wall clock, as the Date of its answers shows it; None: `clock`'s.
        log: called with one line per request, see `psbridge.emulator.http.request_log`, and per error.

    Raises:
        EmulationError: an option or a combination of options is invalid.
        OSError: the address can't be listened on.

    Attributes:
        ca_file: the CA file for clients; None without TLS, or if clients trust its CA already.
        kerberos_hosts: its names in the keytab.
        username, password: of the first user.
        faults: the plan; rules may be added while it runs.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        users: Mapping[str, str],
        barred: Mapping[str, Barred] | None = None,
        auth: Sequence[str] | None = None,
        keytab: Path | None = None,
        channel_binding: str = CbtLevel.RELAXED,
        tls: bool | TlsFault | TlsLegacy | TlsFiles = False,
        client_ca: Path | None = None,
        late_certificate: bool = False,
        basic_charset: str = BasicCharset.ANY,
        max_idle: float | None = None,
        bind: str = "127.0.0.1",
        port: int = 0,
        faults: Sequence[FaultRule | str] = (),
        configuration_names: Sequence[str] = ("Microsoft.PowerShell",),
        allow_unencrypted: bool = False,
        quotas: Quotas = Quotas(),  # noqa: B008 - a frozen value
        clock: Clock = SYSTEM,
        listen: Listen = TcpListener,
        now: Callable[[], datetime] | None = None,
        limits: Limits | None = None,
        log: Callable[[str], None] = _silent,
    ) -> None:
        if not users:
            raise EmulationError("users", "the host needs at least one user")
        keys = Keytab(keytab) if keytab is not None else None
        self.auth = chosen(auth, tls=bool(tls), allow_unencrypted=allow_unencrypted, keytab=keys)
        self.kerberos_hosts = keys.hosts if keys else ()
        cbt, basic = _cbt(channel_binding, tls=bool(tls)), _basic(basic_charset, self.auth)
        _check_of_use(self.auth, keytab=keytab, client_ca=client_ca, late=late_certificate)
        _check_bind(bind, tls=bool(tls))
        if max_idle is not None:
            quotas = replace(quotas, max_idle_timeout=max_idle, refuse_idle=True)
        self.faults = FaultPlan(faults)
        self.username, self.password = next(iter(users.items()))
        known = Users(users, barred)
        self._certificates = CertificateFactory()
        self._authenticator: Authenticator | None = None
        try:
            secured = self._secured(tls, [*_names(bind), *self.kerberos_hosts], client_ca, late=late_certificate)
            self._authenticator = Authenticator.of(known, self.auth, keys, cbt, basic)
            listener = listen((bind, port))
        except BaseException:
            self._release()
            raise
        self._show(bind, listener, secured)
        self._encryption_required = secured is None and not allow_unencrypted
        shown = HostDescription(
            self.url,
            self.host,
            tuple(configuration_names),
            self.auth,
            cbt,
            encryption_required=self._encryption_required,
        )
        self._closing = clock.event()
        self._log = lambda line: log(stamped(line, clock.now()))
        self._service = Service(engine, shown, quotas=quotas, log=self._log, clock=clock)
        self._shared = self._shares(self._authenticator, secured, clock, now or clock.now, late=late_certificate)
        self._server = Server(listener, self._serve, limits=limits or Limits(), clock=clock)
        self._server.start()

    @property
    def requests(self) -> dict[str, int]:
        """Number of requests so far, by action (`create`, `receive`, …); `*` is their sum."""
        return {action: count for action, count in self.faults.counts().items() if action not in {HTTP, TCP}}

    def shells(self) -> list[ShellState]:
        """Return the open shells of all users."""
        return self._service.shells()

    def reap(self) -> None:
        """Delete the shells whose idle timeout has passed; a thread does so every second."""
        self._service.reap()

    def drop_shells(self) -> None:
        """Lose every shell, as a restart of the WinRM service does."""
        self._service.drop_shells()

    def close(self) -> None:
        """Stop listening, end every shell and connection, and remove temporary files. May be called twice."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._release()  # first, so that no file remains if the rest is interrupted
        self._service.close()
        self._server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _show(self, bind: str, listener: Listener, secured: Secured | None) -> None:
        """Set the attributes that clients need to reach the host."""
        self.secure = secured is not None
        self.ca_file = secured.ca if secured else None
        self.client_files = secured.client if secured else None
        if secured is not None:
            secured.context.sslsocket_class = listener.tls_socket
        self.port = listener.port
        self.host = _reached_by(bind, secured.names if secured else None)
        literal = f"[{self.host}]" if ":" in self.host else self.host
        self.url = f"{'https' if secured else 'http'}://{literal}:{self.port}/wsman"

    def _shares(
        self,
        authenticator: Authenticator,
        secured: Secured | None,
        clock: Clock,
        now: Callable[[], datetime],
        *,
        late: bool,
    ) -> Shared:
        """Return the state that all connections share."""
        return Shared(
            service=self._service,
            authenticator=authenticator,
            faults=self.faults,
            tls=secured.context if secured else None,
            bindings=secured.bindings if secured else None,
            late=late,
            encryption_required=self._encryption_required,
            closing=self._closing,
            clock=clock,
            now=now,
            log=self._log,
        )

    def _serve(self, http: HttpConnection, peer: tuple[str, int]) -> None:
        Connection(http, peer, self._shared).run()

    def _release(self) -> None:
        if self._authenticator is not None:
            self._authenticator.close()
        self._certificates.close()

    def _secured(
        self, tls: bool | TlsFault | TlsLegacy | TlsFiles, names: Sequence[str], client_ca: Path | None, *, late: bool
    ) -> Secured | None:
        if not tls:
            return None
        user = principal(self.username) if "certificate" in self.auth else None
        return self._certificates.secure(None if tls is True else tls, names, user=user, client_ca=client_ca, late=late)


def _cbt(word: str, *, tls: bool) -> CbtLevel:
    if word not in set(CbtLevel):
        raise EmulationError("channel_binding", f"channel binding: expected one of {', '.join(CbtLevel)}, not {word}")
    if word == CbtLevel.STRICT and not tls:
        raise EmulationError("channel_binding", "channel binding: strict needs TLS")
    return CbtLevel(word)


def _basic(word: str, auth: Sequence[str]) -> BasicCharset:
    if word not in set(BasicCharset):
        raise EmulationError("basic_charset", f"basic charset: expected one of {', '.join(BasicCharset)}, not {word}")
    if word != BasicCharset.ANY and "basic" not in auth:
        raise EmulationError("basic_charset", f"basic charset: needs auth basic, but only {', '.join(auth)} is offered")
    return BasicCharset(word)


def _check_of_use(auth: Sequence[str], *, keytab: Path | None, client_ca: Path | None, late: bool) -> None:
    """Refuse options that no offered login uses."""
    if keytab is not None and not {"kerberos", "negotiate", "credssp"} & set(auth):
        raise EmulationError("keytab", f"keytab: needs auth kerberos, but only {', '.join(auth)} is offered")
    if late and "certificate" not in auth:
        raise EmulationError(
            "late_certificate",
            f"late client certificate: needs auth certificate, but only {', '.join(auth)} is offered",
        )
    if client_ca is not None and "certificate" not in auth:
        raise EmulationError("client_ca", f"client CA: needs auth certificate, but only {', '.join(auth)} is offered")


def _check_bind(bind: str, *, tls: bool) -> None:
    try:
        loopback = ipaddress.ip_address(bind).is_loopback
    except ValueError:
        loopback = bind == "localhost"
    if not loopback and not tls:
        raise EmulationError("bind", f"bind: {bind} is reachable from other machines, which needs TLS")


def _reached_by(bind: str, names: Collection[str] | None) -> str:
    """Return a name or address by which clients on this machine reach the host; one of its certificate where possible."""
    family = family_of(bind)
    if bind in _WILDCARDS:
        loopback = "::1" if family is socket.AF_INET6 else "127.0.0.1"
        ways = [name for name in (socket.gethostname(), "localhost") if _leads_here(name, family)] + [loopback]
    else:
        ways = [bind, *(name for name in ("localhost", socket.gethostname()) if _leads_here(name, family, bind))]
    return next((way for way in ways if names and way in names), ways[0])


def _leads_here(name: str, family: socket.AddressFamily, bind: str | None = None) -> bool:
    """Return whether a name resolves to the address `bind`; None: to any address of this machine."""
    try:
        found = socket.getaddrinfo(name, 0, family, socket.SOCK_STREAM)
        for *_, address in found:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.bind(address)  # fails for an address of another machine
    except OSError:
        return False
    return bind is None or bind in {address[0] for *_, address in found}


def _names(bind: str) -> list[str]:
    names = ["localhost", socket.gethostname(), "127.0.0.1", "::1"]
    return list(dict.fromkeys(names if bind in _WILDCARDS else [*names, bind]))
