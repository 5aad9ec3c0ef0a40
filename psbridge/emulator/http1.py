"""HTTP/1.1 on one socket, as much of it as WinRM clients use, bounded in size and in time (RFC 9112).

Python's `http.server` is not used because its time limits are per read: a client that sends a byte now and then holds
a thread for ever, and because faults need the socket itself.
"""

from __future__ import annotations

import contextlib
import math
import re
import select
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from psbridge.emulator.http_messages import MAX_HEADERS, BadHttp, HttpRequest, parse_head, waits_to_go_on

_CHUNK: Final = 65_536
_MAX_CHUNK_LINE: Final = 256
_MAX_CHUNKS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds.

    Attributes:
        idle: how long a kept connection may be silent between two requests.
        stranger: the same while nobody has signed in on it.
        head, body, write: how long each of them may take as a whole.
        leave: how long a client that is sent away may still be sending.
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


class Gone(Exception):
    """The peer hung up, or was too slow to wait for."""


class HttpConnection:
    """One socket that speaks HTTP. Used by one thread; `abort` may come from another.

    Attributes:
        trusted: somebody has signed in on it.
    """

    def __init__(self, sock: socket.socket, limits: Limits) -> None:
        self.trusted = False
        self._socket = sock
        self._limits = limits
        self._buffer = bytearray()
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

    def client_certificate(self) -> bytes | None:
        """Return the certificate that the client showed in TLS, as DER; None if it showed none."""
        return self._socket.getpeercert(binary_form=True) if isinstance(self._socket, ssl.SSLSocket) else None

    def read_request(self) -> HttpRequest | None:
        """Wait for a request's head; None if the peer ended the connection, or was silent too long, between two of them.

        The body stays where it is: what is not wanted, such as that of somebody who has not signed in, takes no memory.

        Raises:
            BadHttp: what came is no request.
            Gone: the peer hung up or dawdled in the middle of one.
        """
        patience = self._limits.idle if self.trusted else self._limits.stranger
        if not self._buffer and not self._fill(time.monotonic() + patience, quietly=True):
            return None
        if not self._buffer[:1].isalpha():
            raise BadHttp(400)  # no method begins so; the hello of a TLS client does, and would wait for ever
        until = time.monotonic() + self._limits.head
        head = self._until(b"\r\n\r\n", self._limits.head_size, until, status=431)
        request = parse_head(head)
        self._unread = request.headers
        return request

    def read_body(self, limit: int | None = None) -> bytes:
        """Return the body of the request whose head was read.

        Args:
            limit: bytes that it may have, fewer than a body may have at all.

        Raises:
            BadHttp: what came is no body, or too large.
            Gone: the peer hung up or dawdled in the middle of it.
        """
        body = bytearray()
        self._take_body(body.__iadd__, self._limits.body_size if limit is None else limit)
        return bytes(body)

    def skip_body(self) -> bool:
        """Read the body, if that was not done, and keep nothing of it; raises as `read_body`.

        Returns:
            Whether the connection can go on. It can't if the client waits to be told to send the body: whether that
            comes after an answer without it, nobody knows (RFC 9110 10.1.1).
        """
        if self._unread is not None and waits_to_go_on(self._unread):
            self._unread = None
            return False
        self._take_body(len, self._limits.body_size)
        return True

    def write(self, data: bytes) -> None:
        """Send all of `data`.

        Raises:
            Gone: the peer hung up or does not read.
        """
        until = time.monotonic() + self._limits.write
        rest = memoryview(data)
        try:
            while rest:
                self._socket.settimeout(max(0.001, until - time.monotonic()))  # TLS's own `sendall` has no end in time
                rest = rest[self._socket.send(rest[:_CHUNK]) :]
                if rest and time.monotonic() > until:
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
        """Tell whether the peer still holds its end, without taking anything from it.

        Under TLS a peer that waits for an answer has nothing to say but good-bye, so any byte counts as that.
        """
        if self._buffer:
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
        """Hold the connection in silence until the peer gives up, `seconds` have passed, or `closing` is set."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and self.alive() and not closing.wait(min(left, 0.05)):
            pass

    def take_leave(self, data: bytes) -> None:
        """Send `data`, then read on for a moment: closing with bytes unread would reset the answer away (RFC 9112 9.6)."""
        until = time.monotonic() + self._limits.leave
        left = self._limits.body_size
        with contextlib.suppress(Gone, OSError):
            self.write(data)
            socket.socket.shutdown(self._socket, socket.SHUT_WR)
            while left > 0 and (seconds := until - time.monotonic()) > 0:
                self._socket.settimeout(seconds)
                count = len(socket.socket.recv(self._socket, _CHUNK))  # below TLS: nobody wants to know what it is
                left = left - count if count else 0

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

    def _take_body(self, keep: Callable[[bytes], object], limit: int) -> None:
        headers, self._unread = self._unread, None
        if headers is None:
            return
        if waits_to_go_on(headers):
            self.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        until = time.monotonic() + self._limits.body
        coding = headers.get("transfer-encoding")
        length = headers.get("content-length")
        if coding is not None:
            if coding.casefold() != "chunked" or length is not None:
                raise BadHttp(400)
            self._chunks(until, keep, limit)
            return
        if length is None:
            return
        if not re.fullmatch(r"\d{1,12}", length, re.ASCII):
            raise BadHttp(400)
        if int(length) > limit:
            raise BadHttp(413)
        self._exactly(int(length), until, keep)

    def _chunks(self, until: float, keep: Callable[[bytes], object], limit: int) -> None:
        total = 0
        for _ in range(_MAX_CHUNKS):
            line = self._until(b"\r\n", _MAX_CHUNK_LINE, until, status=400)
            size_text = line.partition(b";")[0].rstrip(b" \t")
            if not re.fullmatch(rb"[0-9A-Fa-f]{1,8}", size_text) or b"\n" in line or b"\r" in line:
                raise BadHttp(400)
            size = int(size_text, 16)
            if size == 0:
                self._trailers(until)
                return
            total += size
            if total > limit:
                raise BadHttp(413)
            self._exactly(size, until, keep)
            if self._until(b"\r\n", 2, until, status=400):
                raise BadHttp(400)
        raise BadHttp(413)

    def _trailers(self, until: float) -> None:
        for _ in range(MAX_HEADERS):
            if not self._until(b"\r\n", _MAX_CHUNK_LINE, until, status=400):
                return
        raise BadHttp(431)

    def _until(self, mark: bytes, limit: int, until: float, *, status: int) -> bytes:
        start = 0
        while (end := self._buffer.find(mark, start)) < 0:
            if len(self._buffer) > limit:
                raise BadHttp(status)
            start = max(0, len(self._buffer) - len(mark) + 1)
            self._fill(until)
        if end > limit:
            raise BadHttp(status)
        data = bytes(self._buffer[:end])
        del self._buffer[: end + len(mark)]
        return data

    def _exactly(self, count: int, until: float, keep: Callable[[bytes], object]) -> None:
        while count:
            if not self._buffer:
                self._fill(until)
            data = bytes(self._buffer[:count])
            del self._buffer[: len(data)]
            count -= len(data)
            keep(data)

    def _fill(self, until: float, *, quietly: bool = False) -> bool:
        left = until - time.monotonic()
        try:
            if left <= 0:
                raise TimeoutError("too slow")
            self._socket.settimeout(left)
            data = self._socket.recv(_CHUNK)
        except OSError as error:
            if quietly:
                return False
            raise Gone(str(error)) from None
        if not data and not quietly:
            raise Gone("ended in the middle of a request")
        self._buffer += data
        return bool(data)
