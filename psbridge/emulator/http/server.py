"""Where connections come from, and what serves them: a thread each, bounded in number, ended together."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Final, Protocol

from psbridge.emulator.clock import Clock
from psbridge.emulator.http.protocol import HttpConnection, Limits

MAX_CONNECTIONS: Final = 300
"""As MaxConnections of a Windows host's WinRM service (capture).

For one more, the oldest unauthenticated one is closed; without such a one, the new one is closed at once. So clients
that can't sign in can't block others.
"""
MAX_LEAVING: Final = 100
"""Dropped connections whose threads have not ended yet."""


def family_of(address: str) -> socket.AddressFamily:
    """Return the family of an address or name to listen on."""
    return socket.AF_INET6 if ":" in address else socket.AF_INET


Peer = tuple[str, int]
"""IP and port of a client."""
Serve = Callable[[HttpConnection, Peer], None]


class Listener(Protocol):
    """Where a host's connections come from.

    Attributes:
        port: what clients connect to.
        tls_socket: what TLS is spoken through on them.
    """

    port: int
    tls_socket: type[ssl.SSLSocket]

    def start(self, accepted: Callable[[socket.socket, Peer], None]) -> None:
        """Hand over each connection from now on."""
        ...

    def close(self) -> None:
        """Take no more."""
        ...


Listen = Callable[[tuple[str, int]], Listener]
"""Listens on an address; port 0 takes a free one. Raises OSError if it can't."""


class TcpListener:
    """A listening socket, and the thread that accepts from it."""

    tls_socket = ssl.SSLSocket

    def __init__(self, address: tuple[str, int]) -> None:
        self._socket = socket.create_server(address, family=family_of(address[0]), backlog=128)
        self.port: int = self._socket.getsockname()[1]
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, accepted: Callable[[socket.socket, Peer], None]) -> None:
        """Accept from now on."""
        self._thread = threading.Thread(target=self._accept, args=(accepted,), name="wsman-listener", daemon=True)
        self._thread.start()

    def close(self, timeout: float = 5.0) -> None:
        """Accept no more; wait for the thread, `timeout` seconds at most."""
        self._closed.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        if self._thread is not None:
            self._thread.join(timeout)

    def _accept(self, accepted: Callable[[socket.socket, Peer], None]) -> None:
        while not self._closed.is_set():
            try:
                sock, peer = self._socket.accept()
            except OSError:
                self._closed.wait(0.1)  # out of descriptors, perhaps: not in a tight loop
                continue
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            accepted(sock, (str(peer[0]), int(peer[1])))


class Server:
    """Serves connections from `start` to `close`.

    Args:
        listener: where they come from.
        serve: serves one, given its HTTP side and the client's IP and port; must not raise.
        clock: measures their limits and makes their threads.
    """

    def __init__(self, listener: Listener, serve: Serve, *, limits: Limits, clock: Clock) -> None:
        self._listener = listener
        self._serve = serve
        self._limits = limits
        self._clock = clock
        self._lock = threading.Lock()
        self._connections: dict[HttpConnection, threading.Thread] = {}
        self._leaving: dict[HttpConnection, threading.Thread] = {}
        self._closed = False

    def start(self) -> None:
        """Begin to serve."""
        self._listener.start(self._begin)

    def close(self, timeout: float = 5.0) -> None:
        """Take no more connections, end every one, and wait for their threads, `timeout` seconds in all at most."""
        until = self._clock.monotonic() + timeout
        with self._lock:
            self._closed = True
            connections = self._connections | self._leaving
        self._listener.close()
        for http in connections:
            http.abort()
        for thread in connections.values():
            if thread.is_alive():
                thread.join(max(0.0, until - self._clock.monotonic()))

    def _begin(self, sock: socket.socket, peer: Peer) -> None:
        with self._lock:
            if self._closed or not self._room():
                sock.close()
                return
            http = HttpConnection(sock, self._limits, self._clock)
            thread = self._clock.thread(self._run, http, peer, name="wsman")
            try:
                thread.start()
            except RuntimeError:  # the system has no more threads
                sock.close()
                return
            self._connections[http] = thread

    def _room(self) -> bool:
        """Return whether one more connection may be served, dropping an unauthenticated one if necessary. Needs the lock."""
        if len(self._connections) < MAX_CONNECTIONS:
            return True
        stranger = next((http for http in self._connections if not http.trusted), None)
        if stranger is None or len(self._leaving) >= MAX_LEAVING:
            return False
        self._leaving[stranger] = self._connections.pop(stranger)
        stranger.abort()
        return True

    def _run(self, http: HttpConnection, peer: Peer) -> None:
        try:
            self._serve(http, peer)
        finally:
            http.close()
            with self._lock:
                self._connections.pop(http, None)
                self._leaving.pop(http, None)
