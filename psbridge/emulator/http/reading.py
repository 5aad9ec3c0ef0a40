"""Reading from a peer with an end in size and in time: heads, and bodies by length or in chunks (RFC 9112 6 and 7)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from psbridge.emulator.clock import Clock
from psbridge.emulator.http.messages import MAX_HEADERS, BadHttp

CHUNK: Final = 65_536
"""Maximum number of bytes per read or write."""


class Gone(Exception):
    """The peer disconnected or was too slow."""


class Reader:
    """What a peer sends, in the pieces that are asked for; each until a time of a clock.

    Args:
        receive: returns what came within so many seconds, nothing at the peer's end; raises OSError.
    """

    def __init__(self, receive: Callable[[float], bytes], clock: Clock) -> None:
        self._clock = clock
        self._receive = receive
        self._buffer = bytearray()

    @property
    def has_more(self) -> bool:
        """Return whether unread data is buffered."""
        return bool(self._buffer)

    def keep(self, data: bytes) -> None:
        """Add data that was received elsewhere."""
        self._buffer += data

    def peek(self, until: float) -> bytes:
        """Wait for the next byte, and leave it there.

        Raises:
            Gone: none came.
        """
        if not self._buffer:
            self._fill(until)
        return bytes(self._buffer[:1])

    def until(self, mark: bytes, limit: int, until: float, *, status: int) -> bytes:
        """Return the data before a mark, and consume both.

        Raises:
            BadHttp: `status`: more than `limit` bytes stand before it.
            Gone: the peer disconnected or was too slow.
        """
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

    def exactly(self, count: int, until: float, keep: Callable[[bytes], object]) -> None:
        """Pass `count` bytes to `keep`, piece by piece.

        Raises:
            Gone: the peer disconnected or was too slow.
        """
        while count:
            if not self._buffer:
                self._fill(until)
            data = bytes(self._buffer[:count])
            del self._buffer[: len(data)]
            count -= len(data)
            keep(data)

    def _fill(self, until: float) -> None:
        left = until - self._clock.monotonic()
        try:
            if left <= 0:
                raise TimeoutError("too slow")
            data = self._receive(left)
        except OSError as error:
            raise Gone(str(error)) from None
        if not data:
            raise Gone("ended in the middle of a request")
        self._buffer += data


_MAX_CHUNK_LINE: Final = 256
_MAX_CHUNKS: Final = 20_000

Keep = Callable[[bytes], object]
"""Takes the body piece by piece."""


def take_body(reader: Reader, headers: Mapping[str, str], limit: int, until: float, keep: Keep) -> None:
    """Take the body that a request's headers announce.

    Raises:
        BadHttp: the body is invalid or too large.
        Gone: the peer disconnected or was too slow in the middle of it.
    """
    coding = headers.get("transfer-encoding")
    length = headers.get("content-length")
    if coding is not None:
        if coding.casefold() != "chunked" or length is not None:
            raise BadHttp(400)
        _chunks(reader, limit, until, keep)
        return
    if length is None:
        return
    if not re.fullmatch(r"\d{1,12}", length, re.ASCII):
        raise BadHttp(400)
    if int(length) > limit:
        raise BadHttp(413)
    reader.exactly(int(length), until, keep)


def _chunks(reader: Reader, limit: int, until: float, keep: Keep) -> None:
    total = 0
    for _ in range(_MAX_CHUNKS):
        line = reader.until(b"\r\n", _MAX_CHUNK_LINE, until, status=400)
        size_text = line.partition(b";")[0].rstrip(b" \t")
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,8}", size_text) or b"\n" in line or b"\r" in line:
            raise BadHttp(400)
        size = int(size_text, 16)
        if size == 0:
            _trailers(reader, until)
            return
        total += size
        if total > limit:
            raise BadHttp(413)
        reader.exactly(size, until, keep)
        if reader.until(b"\r\n", 2, until, status=400):
            raise BadHttp(400)
    raise BadHttp(413)


def _trailers(reader: Reader, until: float) -> None:
    for _ in range(MAX_HEADERS):
        if not reader.until(b"\r\n", _MAX_CHUNK_LINE, until, status=400):
            return
    raise BadHttp(431)
