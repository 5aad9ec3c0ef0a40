"""HTTP/1.1 on one socket, the part that WinRM clients use, with limits of size and time (RFC 9112).

Python's `http.server` is not used because its time limits are per read: a client that sends a byte now and then holds
a thread indefinitely, and because faults need the socket itself.
"""

from __future__ import annotations

import contextlib
import math
import select
import socket
import ssl
import struct
import threading
from collections.abc import Mapping
from typing import Final

import msgspec

from psbridge.emulator.clock import Clock
from psbridge.emulator.http.messages import BadHttp, HttpRequest, parse_head, waits_to_go_on
from psbridge.emulator.http.reading import CHUNK, Gone, Keep, Reader, take_body

_LOOK: Final = 0.05
"""Seconds between checks for events that `recv` does not wait for."""


class Limits(msgspec.Struct, frozen=True):
    """Sizes in bytes, times in seconds.

    Attributes:
        idle: how long a kept connection may be silent between two requests.
        stranger: the same before authentication.
        head, body, write: how long each of them may take as a whole.
        leave: how long a refused client may continue to send.
        body_size: four thirds of an envelope of 512,000 bytes and room for the seal, rounded up.
    """

    head_size: int = 32_768
    body_size: int = 1_048_576
    idle: float = 120.0
    stranger: float = 20.0
    head: float = 10.0
    body: float = 30.0
    write: float = 30.0
    leave: float = 1.0


class HttpConnection:
    """One socket that speaks HTTP. Used by one thread; `abort` may come from another.

    Attributes:
        trusted: whether a client is authenticated on it.
    """

    def __init__(self, sock: socket.socket, limits: Limits, clock: Clock) -> None:
        self.trusted = False
        self._socket = sock
        self._limits = limits
        self._clock = clock
        self._reader = Reader(self._receive, clock)
        self._unread: Mapping[str, str] | None = None

    def secure(self, context: ssl.SSLContext, timeout: float) -> None:
        """Do the server's side of a TLS handshake within `timeout` seconds.

        Raises:
            OSError: it failed.
        """
        secure = context.wrap_socket(self._socket, server_side=True, do_handshake_on_connect=False)
        self._socket = secure  # before the handshake, so that `abort` can end that too
        secure.settimeout(timeout)
        try:
            secure.do_handshake()
        except ssl.SSLError:
            self.take_leave(b"")  # so that the alert, which says why, is not reset away
            raise

    def ask_for_certificate(self, timeout: float) -> None:
        """Ask a client of TLS 1.3 for its certificate after the handshake, and wait for its answer.

        Request data that arrives in the meantime is kept for the next read. A client without a certificate is awaited until
        the end, because Python does not report its empty answer.

        Raises:
            OSError: the client does not support it (`ssl.SSLError`), has an untrusted certificate, or disconnects.
        """
        secure = self._socket
        if not isinstance(secure, ssl.SSLSocket) or secure.getpeercert(binary_form=True) is not None:
            return
        secure.settimeout(timeout)
        secure.verify_client_post_handshake()
        secure.do_handshake()  # sends the request
        until = self._clock.monotonic() + timeout
        while secure.getpeercert(binary_form=True) is None and (left := until - self._clock.monotonic()) > 0:
            secure.settimeout(min(left, _LOOK))  # the certificate alone ends no `recv`
            with contextlib.suppress(TimeoutError):
                data = secure.recv(CHUNK)
                if not data:
                    raise ConnectionError("the client hung up")
                self._reader.keep(data)

    def client_certificate(self) -> bytes | None:
        """Return the certificate that the client showed in TLS, as DER; None if it showed none."""
        return self._socket.getpeercert(binary_form=True) if isinstance(self._socket, ssl.SSLSocket) else None

    def read_request(self) -> HttpRequest | None:
        """Wait for a request's head; None if the peer ended the connection, or was silent too long, between two of them.

        The body is not read, so an unwanted one, such as that of an unauthenticated client, takes no memory.

        Raises:
            BadHttp: the data is not a request.
            Gone: the peer disconnected or was too slow in the middle of one.
        """
        patience = self._limits.idle if self.trusted else self._limits.stranger
        try:
            first = self._reader.peek(self._clock.monotonic() + patience)
        except Gone:
            return None
        if not first.isalpha():
            raise BadHttp(400)  # no method begins so; the hello of a TLS client does, and would wait for ever
        until = self._clock.monotonic() + self._limits.head
        head = self._reader.until(b"\r\n\r\n", self._limits.head_size, until, status=431)
        request = parse_head(head)
        self._unread = request.headers
        return request

    def read_body(self, limit: int | None = None) -> bytes:
        """Return the body of the request whose head was read.

        Args:
            limit: bytes that it may have, fewer than a body may have at all.

        Raises:
            BadHttp: the body is invalid or too large.
            Gone: the peer disconnected or was too slow in the middle of it.
        """
        body = bytearray()
        self._take_body(body.__iadd__, self._limits.body_size if limit is None else limit)
        return bytes(body)

    def skip_body(self) -> bool:
        """Read the body, if that was not done, and keep nothing of it; raises as `read_body`.

        Returns:
            Whether the connection can be kept. It can't if the client waits for HTTP 100 before it sends the body: whether that
            follows an answer without it is unknown (RFC 9110 10.1.1).
        """
        if self._unread is not None and waits_to_go_on(self._unread):
            self._unread = None
            return False
        self._take_body(len, self._limits.body_size)
        return True

    def write(self, data: bytes) -> None:
        """Send `data` completely.

        Raises:
            Gone: the peer disconnected or does not read.
        """
        until = self._clock.monotonic() + self._limits.write
        rest = memoryview(data)
        try:
            while rest:
                self._socket.settimeout(
                    max(0.001, until - self._clock.monotonic())
                )  # TLS's own `sendall` has no end in time
                rest = rest[self._socket.send(rest[:CHUNK]) :]
                if rest and self._clock.monotonic() > until:
                    raise TimeoutError("the peer reads too slowly")
        except OSError as error:
            raise Gone(str(error)) from None

    def drip(self, data: bytes, rate: float, closing: threading.Event) -> None:
        """Send `data` at `rate` bytes a second, until `closing` is set."""
        step = max(1, int(rate / 20))
        for start in range(0, len(data), step):
            if closing.wait(step / rate):
                raise Gone("closing")
            self.write(data[start : start + step])

    def alive(self) -> bool:
        """Return whether the peer still holds its end, without taking anything from it.

        Under TLS a peer that waits for an answer has nothing to say but good-bye, so any byte counts as that.
        """
        if self._reader.has_more:
            return True
        try:
            poll = select.poll()
            poll.register(self._socket, select.POLLIN)
            if not poll.poll(0):
                return True
            if isinstance(self._socket, ssl.SSLSocket):
                return self._socket.pending() > 0
            return bool(self._socket.recv(1, socket.MSG_PEEK))
        except (OSError, ValueError):
            return False

    def linger(self, closing: threading.Event, seconds: float = math.inf) -> None:
        """Hold the connection without an answer until the peer closes it, `seconds` have passed, or `closing` is set."""
        until = self._clock.monotonic() + seconds
        while (left := until - self._clock.monotonic()) > 0 and self.alive() and not closing.wait(min(left, _LOOK)):
            pass

    def take_leave(self, data: bytes) -> None:
        """Send `data`, then read on for a moment: closing with bytes unread would reset the answer away (RFC 9112 9.6)."""
        until = self._clock.monotonic() + self._limits.leave
        left = self._limits.body_size
        with contextlib.suppress(Gone, OSError):
            self.write(data)
            socket.socket.shutdown(self._socket, socket.SHUT_WR)
            while left > 0 and self._clock.monotonic() < until:
                try:  # below TLS: the content does not matter
                    count = len(socket.socket.recv(self._socket, CHUNK, socket.MSG_DONTWAIT))
                    left = left - count if count else 0
                except BlockingIOError:
                    self._clock.event().wait(_LOOK)

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        with contextlib.suppress(OSError):
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.hang_up()

    def abort(self) -> None:
        """Wake the thread that reads or writes here; it will find the connection ended."""
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # TLS's own would pull the rug from under a reader

    def close(self) -> None:
        """Close the socket, with TLS's good-bye where there is TLS."""
        if isinstance(self._socket, ssl.SSLSocket):
            with contextlib.suppress(OSError, ValueError):
                self._socket.settimeout(0)  # the peer's own good-bye is not waited for
                self._socket.unwrap()
        self.hang_up()

    def hang_up(self) -> None:
        """Close the socket without a word."""
        with contextlib.suppress(OSError):
            self._socket.close()

    def _take_body(self, keep: Keep, limit: int) -> None:
        headers, self._unread = self._unread, None
        if headers is None:
            return
        if waits_to_go_on(headers):
            self.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        take_body(self._reader, headers, limit, self._clock.monotonic() + self._limits.body, keep)

    def _receive(self, seconds: float) -> bytes:
        self._socket.settimeout(seconds)
        return self._socket.recv(CHUNK)
