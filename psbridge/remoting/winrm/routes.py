"""The route of a connection to the host: direct, or through a tunnel of a proxy.

A login is valid for one connection. So a proxy is asked for a tunnel (CONNECT, RFC 9110, 9.3.6) for http too, because a proxy
that forwards single requests may send each over another connection.
"""

from __future__ import annotations

import re
import socket
from urllib.parse import urlsplit

import msgspec

from psbridge.clock import Deadline
from psbridge.models.connection import Address, Endpoint
from psbridge.remoting.winrm.errors.translation import ProxyRefused, ProxyUnreachable
from psbridge.remoting.winrm.guard import SocketGuard
from psbridge.remoting.winrm.sockets import GuardedSocket, dial

MAX_HEAD = 16_384  # bytes of a proxy's answer to CONNECT
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})(?: [^\r\n]*)?\r\n")


class Route(msgspec.Struct, frozen=True):
    """The route to one host.

    Attributes:
        proxy: host and port of the proxy, None without one.
    """

    address: Address
    port: int
    proxy: tuple[str, int] | None = None

    @classmethod
    def of(cls, endpoint: Endpoint, address: Address) -> Route:
        """Return the route to an endpoint, whose host is at `address`."""
        if endpoint.proxy is None:
            return cls(address, endpoint.port)
        there = urlsplit(endpoint.proxy)
        return cls(address, endpoint.port, (there.hostname or "", there.port or 80))

    def open(self, guard: SocketGuard) -> GuardedSocket:
        """Return a connection that ends at the host; no byte of a message is sent by then.

        Raises:
            OSError: the connection failed (`ProxyRefused` and `ProxyUnreachable` if the proxy is the cause).
        """
        if self.proxy is None:
            return dial(self.address.dialled, self.port, guard)
        shown = "{}:{}".format(*self.proxy)
        until = guard.deadline.sooner(guard.connect_timeout)
        try:
            sock = dial(*self.proxy, guard)
        except OSError as error:
            raise ProxyUnreachable(f"{shown}: {error.strerror or error}") from error
        try:
            status = self._ask(sock, until)
        except OSError as error:
            sock.close()
            raise ProxyUnreachable(f"{shown}: {error.strerror or error}") from error
        except BaseException:
            sock.close()
            raise
        if not 200 <= status < 300:
            sock.close()
            raise ProxyRefused(status, shown)
        guard.stages.add(proxy=shown)
        sock.settimeout(max(until.remaining(), 0.001))
        return sock

    def _ask(self, sock: socket.socket, until: Deadline) -> int:
        """Ask for the tunnel, and return the HTTP status; the bytes after the answer's head are the host's."""
        target = f"{self.address.in_url}:{self.port}"
        sock.settimeout(_left(until))
        sock.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode("ascii"))
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            sock.settimeout(_left(until))
            byte = sock.recv(1)  # one byte at a time, because the bytes after the head are the host's
            if not byte:
                raise ConnectionError("the proxy closed the connection")
            head += byte
            if len(head) > MAX_HEAD:
                raise ConnectionError(f"its answer has more than {MAX_HEAD} bytes")
        found = _STATUS.match(head)
        if found is None:
            raise ConnectionError("it does not speak HTTP")
        return int(found[1])


def _left(until: Deadline) -> float:
    seconds = until.remaining()
    if seconds <= 0:
        raise TimeoutError("timed out before the proxy answered")
    return seconds
