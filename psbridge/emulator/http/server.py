"""The listening socket: a thread a connection, bounded in number, ended together."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from typing import Final

from psbridge.emulator.http.protocol import HttpConnection, Limits

MAX_CONNECTIONS: Final = 300
"""As MaxConnections of a Windows host's WinRM service (capture).

Of one more, the oldest that nobody has signed in on makes way; are there none, the newest is closed at once. So whoever
can't sign in can't keep others out.
"""
MAX_LEAVING: Final = 100
"""Connections that made way and whose threads have not ended yet."""


def family_of(address: str) -> socket.AddressFamily:
    """Return the family of an address or name to listen on."""
    return socket.AF_INET6 if ":" in address else socket.AF_INET


Serve = Callable[[HttpConnection, tuple[str, int]], None]


class Server:
    """Accepts connections from construction to `close`.

    Args:
        address: host and port to listen on; port 0 takes a free one.
        serve: serves one connection, given its HTTP side and the client's IP and port; must not raise.

    Raises:
        OSError: the address can't be listened on.
    """

    def __init__(self, address: tuple[str, int], serve: Serve, *, limits: Limits) -> None:
        self._listener = socket.create_server(address, family=family_of(address[0]), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._serve = serve
        self._limits = limits
        self._lock = threading.Lock()
        self._connections: dict[HttpConnection, threading.Thread] = {}
        self._leaving: dict[HttpConnection, threading.Thread] = {}
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._accept, name="wsman-listener", daemon=True)

    def start(self) -> None:
        """Begin to accept."""
        self._thread.start()

    def close(self, timeout: float = 5.0) -> None:
        """Stop accepting, end every connection, and wait for their threads, `timeout` seconds in all at most."""
        until = time.monotonic() + timeout
        with self._lock:
            self._closed.set()
            connections = self._connections | self._leaving
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for http in connections:
            http.abort()
        for thread in (*connections.values(), self._thread):
            if thread.is_alive():
                thread.join(max(0.0, until - time.monotonic()))

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                sock, peer = self._listener.accept()
            except OSError:
                self._closed.wait(0.1)  # out of descriptors, perhaps: not in a tight loop
                continue
            self._begin(sock, (str(peer[0]), int(peer[1])))

    def _begin(self, sock: socket.socket, peer: tuple[str, int]) -> None:
        with self._lock:
            if self._closed.is_set() or not self._room():
                sock.close()
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            http = HttpConnection(sock, self._limits)
            thread = threading.Thread(target=self._run, args=(http, peer), name="wsman", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the system has no more threads
                sock.close()
                return
            self._connections[http] = thread

    def _room(self) -> bool:
        """Tell whether one more connection may be served, after a stranger has made way if need be. Needs the lock."""
        if len(self._connections) < MAX_CONNECTIONS:
            return True
        stranger = next((http for http in self._connections if not http.trusted), None)
        if stranger is None or len(self._leaving) >= MAX_LEAVING:
            return False
        self._leaving[stranger] = self._connections.pop(stranger)
        stranger.abort()
        return True

    def _run(self, http: HttpConnection, peer: tuple[str, int]) -> None:
        try:
            self._serve(http, peer)
        finally:
            http.close()
            with self._lock:
                self._connections.pop(http, None)
                self._leaving.pop(http, None)
