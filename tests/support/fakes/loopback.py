"""Connections inside this process, whose reads and writes wait on an `AutojumpClock`: no port, no listening socket.

    network = Loopback(AutojumpClock())
    with network.emulated(scenario="busy") as running:
        Stamp(target, state=..., clock=network.clock)   # psbridge's own client gets to `running.host.port`, TLS and all
        network.connect(running.host.port)              # as does a test with a socket of its own

A connection is a pair of Unix sockets: what one end has sent, the other has. So whether anybody waits for something that
is on its way can be told from the sockets alone.
"""

from __future__ import annotations

import contextlib
import itertools
import select
import socket
import ssl
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

import pytest
import urllib3.util.connection

from psbridge.emulator.emulation import Emulating, Emulation, emulation
from psbridge.emulator.http.server import Peer
from psbridge.powershell.stages import Stage
from psbridge.remoting.winrm import routes, sockets
from psbridge.remoting.winrm.guard import SocketGuard
from psbridge.remoting.winrm.sockets import GuardedSocket, GuardedTlsSocket
from tests.support.fakes.autojump import AutojumpClock

_REAL_CREATE_CONNECTION: Final = urllib3.util.connection.create_connection
_REAL_DIAL: Final = sockets.dial
_PORTS: Final = itertools.cycle(range(61_000, 65_536))
"""Above those that the system gives out (`ip_local_port_range` of Linux ends at 60,999)."""
_BY_PORT: Final[dict[int, Loopback]] = {}
_BY_FD: Final[dict[int, Loopback]] = {}


class _Waits:
    """Makes a socket class wait on the network's clock instead of in the kernel; `settimeout` says for how long."""

    _patience: float | None = None

    @property
    def network(self) -> Loopback:
        return _BY_FD[self.fileno()]

    def settimeout(self, value: float | None) -> None:
        self._patience = value
        super().settimeout(0)

    def setblocking(self, flag: bool) -> None:
        self.settimeout(None if flag else 0)

    def gettimeout(self) -> float | None:
        return self._patience

    def setsockopt(self, level: int, name: int, *value: Any) -> None:
        if level == socket.IPPROTO_TCP:
            return
        if (level, name) == (socket.SOL_SOCKET, socket.SO_LINGER):
            self.network.will_reset(self)
        super().setsockopt(level, name, *value)

    def recv(self, *how: Any) -> bytes:
        return self._waiting(lambda: super(_Waits, self).recv(*how), select.POLLIN) or self._end(b"")

    def recv_into(self, *how: Any, **named: Any) -> int:
        return self._waiting(lambda: super(_Waits, self).recv_into(*how, **named), select.POLLIN) or self._end(0)

    def send(self, *how: Any) -> int:
        return self._waiting(lambda: super(_Waits, self).send(*how), select.POLLOUT)

    def sendall(self, data: Any, *how: Any) -> None:
        guard = getattr(self, "guard", None)
        if guard is not None:
            guard.sending()
        rest = memoryview(data).cast("B")
        while rest:
            rest = rest[self.send(rest, *how) :]

    def do_handshake(self, *how: Any) -> None:
        self._waiting(lambda: super(_Waits, self).do_handshake(*how), select.POLLIN)

    def _end(self, nothing: Any) -> Any:
        """The other end is gone; say how."""
        if self.network.was_reset(self):
            raise ConnectionResetError(104, "Connection reset by peer")
        return nothing

    def _waiting(self, call: Callable[[], Any], mask: int) -> Any:
        """Call until it need not wait, as long as the timeout says."""
        clock = self.network.clock
        until = None if self._patience is None else clock.monotonic() + self._patience
        while True:
            try:
                return call()
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError) as wanted:
                if self._patience == 0:
                    raise
                if isinstance(wanted, ssl.SSLError):
                    mask = select.POLLOUT if isinstance(wanted, ssl.SSLWantWriteError) else select.POLLIN
            except (ssl.SSLEOFError, BrokenPipeError):
                self._end(None)
                raise
            left = None if until is None else until - clock.monotonic()
            fd = self.fileno()
            if not clock.wait(partial(_ready, fd, mask), left, fd=fd, mask=mask):
                raise TimeoutError("timed out")


def _ready(fd: int, mask: int) -> bool:
    poll = select.poll()
    try:
        poll.register(fd, mask)
        return bool(poll.poll(0))
    except (OSError, ValueError):
        return True  # closed: whoever waits is to find that out


class _Socket(_Waits, socket.socket):
    pass


class TlsSocket(_Waits, ssl.SSLSocket):
    """What TLS is spoken through on these connections, for `ssl.SSLContext.sslsocket_class`."""


class _ClientSocket(_Waits, GuardedSocket):
    pass


class _ClientTlsSocket(_Waits, GuardedTlsSocket):
    pass


class _Listener:
    """Implements `psbridge.emulator.http.server.Listener`."""

    def __init__(self, network: Loopback, port: int) -> None:
        self.port = port
        self.tls_socket: type[ssl.SSLSocket] = TlsSocket
        self._network = network

    def start(self, accepted: Callable[[socket.socket, Peer], None]) -> None:
        self._network.hosts[self.port] = accepted
        _BY_PORT[self.port] = self._network

    def close(self) -> None:
        self._network.hosts.pop(self.port, None)


class Loopback:
    """All hosts of a test, by port. No two of a process have a port in common."""

    def __init__(self, clock: AutojumpClock) -> None:
        self.clock = clock
        self.hosts: dict[int, Callable[[socket.socket, Peer], None]] = {}
        self._peers: dict[int, int] = {}  # a client's end by the host's, as file descriptors
        self._reset: set[int] = set()

    def listen(self, address: tuple[str, int]) -> _Listener:
        """Return a listener; implements `psbridge.emulator.http.server.Listen`."""
        return _Listener(self, address[1] or next(_PORTS))

    def connect(self, port: int, kind: type = _Socket) -> Any:
        """Return a socket that is connected to a host.

        Raises:
            ConnectionRefusedError: the address has no listener.
        """
        accepted = self.hosts.get(port)
        if accepted is None:
            raise ConnectionRefusedError(111, "Connection refused")
        ours, theirs = socket.socketpair()
        mine, host = kind(fileno=ours.detach()), _Socket(fileno=theirs.detach())
        for sock in (mine, host):
            _BY_FD[sock.fileno()] = self
            sock.settimeout(None)
        self._peers[host.fileno()] = mine.fileno()
        self._reset -= {mine.fileno(), host.fileno()}
        accepted(host, ("127.0.0.1", mine.fileno()))
        return mine

    def will_reset(self, sock: socket.socket) -> None:
        """Let the other end of a host's connection find it reset, as one of TCP is that does not linger."""
        self._reset.add(self._peers[sock.fileno()])

    def was_reset(self, sock: socket.socket) -> bool:
        return sock.fileno() in self._reset

    @contextlib.contextmanager
    def emulated(self, **how: Any) -> Iterator[Emulation]:
        """Emulate a host on this network and its clock; psbridge's client connects here meanwhile.

        Args:
            how: as for `Emulating`.
        """
        with in_use(), emulation(Emulating(clock=self.clock, listen=self.listen, **how)) as running:
            yield running


def connected(host: str, port: int, timeout: float) -> socket.socket:
    """Return a socket that is connected to a host, wherever that listens."""
    if port not in _BY_PORT:
        return socket.create_connection((host, port), timeout)
    sock: socket.socket = _BY_PORT[port].connect(port)
    sock.settimeout(timeout)
    return sock


@contextlib.contextmanager
def in_use() -> Iterator[None]:
    """Let psbridge's client connect to the hosts of all networks for the body, and else to this machine alone.

    pypsrp by itself, and whatever else uses urllib3, gets to them over plain http.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(routes, "dial", _dial)
        patch.setattr(sockets, "GuardedTlsSocket", _ClientTlsSocket)
        patch.setattr(urllib3.util.connection, "create_connection", _create_connection)
        yield


def _create_connection(address: tuple[str, int], timeout: object = None, *how: Any, **named: Any) -> socket.socket:
    """Open a connection of urllib3; stands for `urllib3.util.connection.create_connection`."""
    if address[1] not in _BY_PORT:
        return _REAL_CREATE_CONNECTION(address, timeout, *how, **named)
    sock: socket.socket = _BY_PORT[address[1]].connect(address[1])
    sock.settimeout(timeout if isinstance(timeout, int | float) else None)
    return sock


def _dial(host: str, port: int, guard: SocketGuard) -> GuardedSocket:
    """Open a connection of psbridge's client; stands for `psbridge.remoting.winrm.sockets.dial`."""
    if port not in _BY_PORT:
        if host == "127.0.0.1":  # a host of another test's fixture may be in use beside one that listens on TCP
            return _REAL_DIAL(host, port, guard)
        guard.stages.start(Stage.TCP)
        raise ConnectionRefusedError(111, "Connection refused")
    guard.stages.start(Stage.NAME)
    guard.stages.finish(Stage.NAME, name=host, addresses=["127.0.0.1"], literal=host == "127.0.0.1")
    guard.stages.start(Stage.TCP)
    guard.stages.add(failed=[], address=f"127.0.0.1:{port}")
    sock: GuardedSocket = _BY_PORT[port].connect(port, _ClientSocket)
    sock.settimeout(max(guard.deadline.sooner(guard.connect_timeout).remaining(), 0.001))
    return sock
