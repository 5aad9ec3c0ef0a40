"""What stands before a host: an HTTP relay that passes requests on, and may answer in the host's place.

With TLS it ends the client's and opens its own to the host, as a load balancer does. Each of the client's connections has one
to the host, so that logins that hold for a connection work through it.
"""

from __future__ import annotations

import base64
import contextlib
import re
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from psbridge.emulator.clock import SystemClock
from psbridge.emulator.http.server import Listener, TcpListener
from psbridge.emulator.tls.server import CertificateFactory, TlsFiles
from tests.support.fakes.loopback import Loopback


@dataclass(frozen=True)
class Passing:
    """One request on its way.

    Attributes:
        number: which one it is, from 1.
        head, body: as they came.
        delivered: the host has it, and has answered.
    """

    number: int
    head: bytes
    body: bytes
    delivered: bool = False

    @property
    def token(self) -> bytes:
        """The token of a login that it carries, empty without one."""
        found = re.search(rb"(?i)\r\nauthorization: *(?:negotiate|ntlm|kerberos|credssp) +([\w+/=]+)", self.head)
        return base64.b64decode(found[1]) if found else b""


Decide = Callable[[Passing], bytes | None]
"""Asked before a request is passed on, and again when the host has answered it; bytes are answered instead."""


def answer(status: int, *headers: str, body: bytes = b"") -> bytes:
    """Return a complete HTTP answer."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def pass_on(_request: Passing) -> None:
    """Do nothing but relay."""


@dataclass
class Front:
    """A relay that is running.

    Attributes:
        decide: what it does with requests; may be changed at any time.
        keeps: whether a connection goes on after a message was answered.
        interim: what is sent before each answer.
        seen: the requests that came, in order.
        ca: the authority of its certificate, None over plain http.
    """

    port: int
    ca: Path | None
    decide: Decide = pass_on
    keeps: bool = True
    interim: bytes = b""
    seen: list[Passing] = field(default_factory=list)

    def take(self, head: bytes, body: bytes) -> Passing:
        """Note a request."""
        self.seen.append(Passing(len(self.seen) + 1, head, body))
        return self.seen[-1]


@contextmanager
def front(
    host: str, port: int, ca: Path | None = None, *, decide: Decide = pass_on, network: Loopback | None = None
) -> Iterator[Front]:
    """Relay to a host; with its authority over TLS on both sides.

    Args:
        network: where both are, in this process; None: on the machine's ports.
    """
    with contextlib.ExitStack() as stack:
        files: TlsFiles | None = None
        if ca is not None:
            certificates = CertificateFactory()
            stack.callback(certificates.close)
            files = certificates.server(["127.0.0.1", "localhost"])
        listener: Listener = network.listen(("127.0.0.1", 0)) if network else TcpListener(("127.0.0.1", 0))
        stack.callback(listener.close)
        running = Front(listener.port, files.ca if files else None, decide)
        outside = ssl.create_default_context(cafile=str(ca)) if ca else None
        if outside is not None:
            outside.sslsocket_class = listener.tls_socket
        relay = _Relay(running, (host, port), files, outside, listener.tls_socket, network)
        listener.start(relay.accepted)
        yield running


@dataclass(frozen=True)
class _Relay:
    front: Front
    to: tuple[str, int]
    files: TlsFiles | None
    outside: ssl.SSLContext | None
    tls_socket: type[ssl.SSLSocket]
    network: Loopback | None

    def accepted(self, plain: socket.socket, _peer: object) -> None:
        clock = self.network.clock if self.network else SystemClock()
        clock.thread(self._relay, plain, name="front").start()

    def _relay(self, plain: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            client: socket.socket = stack.enter_context(plain)
            if self.files is not None:
                inside = self.files.context()
                inside.sslsocket_class = self.tls_socket
                client = stack.enter_context(inside.wrap_socket(plain, server_side=True))
            there = self.network.connect(self.to[1]) if self.network else socket.create_connection(self.to)
            host: socket.socket = stack.enter_context(there)
            if self.outside is not None:
                host = stack.enter_context(self.outside.wrap_socket(host, server_hostname=self.to[0]))
            while True:
                request = self.front.take(*_message(client))
                said = self.front.interim + self._answered(request, host)
                if request.body and not self.front.keeps:
                    client.sendall(said.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
                    return
                client.sendall(said)

    def _answered(self, request: Passing, host: socket.socket) -> bytes:
        instead = self.front.decide(request)
        if instead is not None:
            return instead
        host.sendall(request.head + request.body)
        said = b"".join(_message(host))
        instead = self.front.decide(Passing(request.number, request.head, request.body, delivered=True))
        return said if instead is None else instead


def _message(sock: socket.socket) -> tuple[bytes, bytes]:
    """Return the head and the body of one HTTP message; they may come apart."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(sock)
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    while len(body) < (int(length[1]) if length else 0):
        body += _more(sock)
    return head + b"\r\n\r\n", body


def _more(sock: socket.socket) -> bytes:
    data = sock.recv(65536)
    if not data:
        raise ConnectionError("gone")
    return data
