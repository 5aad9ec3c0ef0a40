"""Sockets that end on time, even if data arrives slowly.

A timeout of requests is per read: with `timeout=(1, 2)` an answer of one byte per half second took 12 s without an error
(measured). So the sockets check the deadline and the amount of data on every read, including TLS and the requests of a login.
"""

from __future__ import annotations

import os
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import urllib3.connection
import urllib3.connectionpool
from requests.adapters import HTTPAdapter
from requests.models import PreparedRequest, Response
from urllib3.util.ssl_ import create_urllib3_context

from psbridge.files import check_regular, read_first
from psbridge.models.connection import Tls
from psbridge.powershell.stages import Stage
from psbridge.quiet import take_switches_for_a_library
from psbridge.remoting.winrm import certificates
from psbridge.remoting.winrm.guard import SocketGuard
from psbridge.remoting.winrm.http_response import FinalResponse


class _Guarded:
    """Makes a socket ask its guard before it blocks. `guard` is None until the connection is open."""

    guard: SocketGuard | None = None

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        if self.guard is None:
            return int(super().recv_into(*args, **kwargs))  # type: ignore[misc]  # a mixin before a socket class
        self.settimeout(self.guard.left())  # type: ignore[attr-defined]  # as above
        count = int(super().recv_into(*args, **kwargs))  # type: ignore[misc]  # as above
        self.guard.received(count)
        return count

    def send(self, *args: Any, **kwargs: Any) -> int:
        if self.guard is not None:
            self.settimeout(self.guard.left())  # type: ignore[attr-defined]  # as above
        return int(super().send(*args, **kwargs))  # type: ignore[misc]  # as above

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        if self.guard is not None:
            self.settimeout(self.guard.left())  # type: ignore[attr-defined]  # as above
            self.guard.sending()
        super().sendall(*args, **kwargs)  # type: ignore[misc]  # as above


class GuardedSocket(_Guarded, socket.socket):
    """A TCP socket with a guard."""


class GuardedTlsSocket(_Guarded, ssl.SSLSocket):
    """A TLS socket with a guard."""

    def do_handshake(self, block: bool = False) -> None:
        """Do the handshake; the error of a refused certificate gets the chain (`chain`, in DER), for `_tls_facts`."""
        try:
            super().do_handshake(block)
        except ssl.SSLCertVerificationError as error:
            error.chain = certificates.chain_of(self, verified=False)  # type: ignore[attr-defined]  # read where the socket is closed
            raise


Address = tuple[Any, ...]
Info = tuple[socket.AddressFamily, socket.SocketKind, int, str, Address]


def resolve(host: str, port: int, seconds: float) -> list[Info]:
    """Resolve a name within `seconds`; the resolver has no timeout, so it runs on its own thread.

    Raises:
        socket.gaierror: if there is no such name.
        TimeoutError: if the resolver did not answer.
    """
    found: list[list[Info] | OSError | UnicodeError] = []

    def look_up() -> None:
        try:
            found.append(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except (OSError, UnicodeError) as error:
            found.append(error)

    worker = threading.Thread(target=look_up, name="psbridge-resolve", daemon=True)
    worker.start()
    worker.join(seconds)
    if not found:
        raise TimeoutError("timed out while the name was resolved")
    outcome = found[0]
    if isinstance(outcome, UnicodeError):
        raise socket.gaierror(socket.EAI_NONAME, "not a host name") from outcome
    if isinstance(outcome, OSError):
        raise outcome
    return outcome


def dial(host: str, port: int, guard: SocketGuard) -> GuardedSocket:
    """Open a TCP connection to the first address that answers; each address gets a share of the time.

    Raises:
        OSError: the error of the last address.
    """
    until = guard.deadline.sooner(guard.connect_timeout)
    guard.stages.start(Stage.NAME)
    guard.stages.add(name=host)
    addresses = resolve(host, port, until.remaining())
    found = [str(each[4][0]) for each in addresses]
    guard.stages.finish(Stage.NAME, addresses=found, literal=host in found)
    guard.stages.start(Stage.TCP)
    failure: OSError = TimeoutError("timed out before connecting")
    failed: list[str] = []
    guard.stages.add(failed=failed)
    for index, (family, kind, protocol, _, address) in enumerate(addresses):
        seconds = until.remaining() / (len(addresses) - index)
        if seconds <= 0:
            break
        sock = GuardedSocket(family, kind, protocol)
        try:
            sock.settimeout(seconds)
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            sock.settimeout(max(until.remaining(), 0.001))
        except OSError as error:
            sock.close()
            failure = error
            failed.append(f"{_shown(address)}: {error.strerror or error}")
        except BaseException:
            sock.close()
            raise
        else:
            guard.stages.add(address=_shown(address))
            return sock
    raise failure


def _shown(address: Address) -> str:
    """Return an address with its port, as a URL has them."""
    return f"[{address[0]}]:{address[1]}" if ":" in str(address[0]) else f"{address[0]}:{address[1]}"


Open = Callable[[SocketGuard], GuardedSocket]
"""Opens a connection that ends at the host, whose address may have parts that a URL can't hold."""


class _Opened:
    """Opens a connection with an `Open` function."""

    guard: SocketGuard
    open: Open

    def _new_conn(self) -> GuardedSocket:
        self.guard.opening()
        sock = self.open(self.guard)
        self.guard.stages.finish(Stage.TCP)
        self.guard.opened(sock)
        return sock


class _Connection(_Opened, urllib3.connection.HTTPConnection):
    response_class = FinalResponse

    def _new_conn(self) -> GuardedSocket:
        sock = super()._new_conn()
        sock.guard = self.guard
        self.guard.stages.start(Stage.WSMAN)
        return sock


class _TlsConnection(_Opened, urllib3.connection.HTTPSConnection):
    response_class = FinalResponse

    def _new_conn(self) -> GuardedSocket:
        sock = super()._new_conn()
        self.guard.in_handshake = True
        self.guard.stages.start(Stage.TLS)
        return sock

    def connect(self) -> None:
        try:
            super().connect()
        except ssl.SSLCertVerificationError as error:
            if self.guard.stages.observed:
                self.guard.stages.add(**_refused_facts(error, self.guard))
            raise
        self.guard.in_handshake = False
        if self.guard.stages.observed and isinstance(self.sock, ssl.SSLSocket):
            self.guard.stages.finish(Stage.TLS, **_tls_facts(self.sock, self.guard))
            self.guard.stages.start(Stage.WSMAN)
        if isinstance(self.sock, GuardedTlsSocket):
            self.guard.opened(self.sock)
            self.sock.guard = self.guard


def _tls_facts(sock: ssl.SSLSocket, guard: SocketGuard) -> dict[str, Any]:
    """Return what a finished handshake shows."""
    verified = sock.context.verify_mode == ssl.CERT_REQUIRED
    return {
        "version": sock.version(),
        "cipher": (sock.cipher() or ("",))[0],
        "verified": verified,
        "reason": None if verified else "the target has verify: false",
        "chain": certificates.described(certificates.chain_of(sock, verified=verified), guard.stages.clock.now()),
    }


def _refused_facts(error: ssl.SSLCertVerificationError, guard: SocketGuard) -> dict[str, Any]:
    """Return what a handshake shows in which the certificate was refused."""
    chain = getattr(error, "chain", [])
    return {
        "verified": False,
        "reason": str(error.verify_message)[: certificates.MAX_TEXT],
        "chain": certificates.described(chain, guard.stages.clock.now()),
    }


class _Guarding:
    """Gives the connections of a pool the guard and the function that opens them."""

    guard: SocketGuard
    open: Open

    def _new_conn(self) -> Any:
        connection: Any = super()._new_conn()  # type: ignore[misc]  # a mixin before a pool class
        connection.guard, connection.open = self.guard, self.open
        return connection


class _Pool(_Guarding, urllib3.connectionpool.HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(_Guarding, urllib3.connectionpool.HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


def _no_passphrase() -> str:
    """Refuse, because OpenSSL would ask on the terminal."""
    raise ValueError("tls.client_key is encrypted, which is not supported: store it without a passphrase")


def _check_default_authorities() -> None:
    """Refuse an SSL_CERT_FILE or SSL_CERT_DIR that would block OpenSSL, which reads both as a file too.

    Raises:
        OSError: one is a named pipe, a terminal, or the like.
    """
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        for path in map(Path, os.environ.get(name, "").split(os.pathsep)):
            if path.exists() and not path.is_dir() and str(path) != os.devnull:
                try:
                    read_first(path, 1)
                except OSError as problem:
                    raise OSError(problem.errno, f"{name}: {problem.strerror}", str(path)) from problem


def tls_context(tls: Tls) -> ssl.SSLContext:
    """Return the context for an endpoint: urllib3's own, with the machine's CAs unless `tls.ca` is set.

    urllib3's settings stay. They include the minimum version, the certificate rules of Python 3.13, and client certificates
    after the handshake of TLS 1.3, which http.sys asks for.

    Raises:
        ValueError: if the client key is encrypted.
        OSError: if a file can't be read, is not a regular file, or holds no certificate or key (`ssl.SSLError`).
    """
    take_switches_for_a_library()  # a program may have set SSLKEYLOGFILE since psbridge was imported
    for path in filter(None, (tls.ca, tls.client_cert, tls.client_key)):
        check_regular(path)  # OpenSSL would wait for a named pipe
    context = create_urllib3_context()
    if tls.ca:
        context.load_verify_locations(cafile=tls.ca)
    else:
        _check_default_authorities()
        context.load_default_certs()
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if tls.client_cert:
        context.load_cert_chain(tls.client_cert, tls.client_key, password=_no_passphrase)
    context.sslsocket_class = GuardedTlsSocket
    return context


class GuardedAdapter(HTTPAdapter):
    """Sends every request of a session, those of a login included, through guarded sockets."""

    def __init__(
        self, guard: SocketGuard, context: ssl.SSLContext | None, opened: Open, server_name: str | None = None
    ) -> None:
        self._guard = guard
        self._context = context
        self._open = staticmethod(opened)
        self._server_name = server_name
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Create the pools; requests calls this from its constructor."""
        super().init_poolmanager(*args, **kwargs)
        own = {"guard": self._guard, "open": self._open}
        plain = type("GuardedPool", (_Pool,), own)
        secure = type("GuardedTlsPool", (_TlsPool,), own)
        self.poolmanager.pool_classes_by_scheme = {"http": plain, "https": secure}

    def build_connection_pool_key_attributes(self, request: PreparedRequest, verify: Any, cert: Any = None) -> Any:
        """Give urllib3 only psbridge's TLS context; requests would add its own CAs."""
        del cert  # the context has it
        host, _ = super().build_connection_pool_key_attributes(request, verify, None)
        if self._context is None:
            return host, {}
        required = "CERT_REQUIRED" if self._context.verify_mode == ssl.CERT_REQUIRED else "CERT_NONE"
        named = {"server_hostname": self._server_name} if self._server_name else {}
        return host, {"ssl_context": self._context, "cert_reqs": required} | named

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Leave the pool unchanged, because the context verifies certificates."""

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        """Send one request, and report it and its answer to the guard."""
        self._guard.request(request)
        response = super().send(request, *args, **kwargs)
        self._guard.answered(response)
        return response
