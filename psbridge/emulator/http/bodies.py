"""The body of a request: by its length, or in chunks (RFC 9112 6 and 7)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from psbridge.emulator.http.messages import MAX_HEADERS, BadHttp
from psbridge.emulator.http.reading import Reader

_MAX_CHUNK_LINE: Final = 256
_MAX_CHUNKS: Final = 20_000

Keep = Callable[[bytes], object]
"""Takes the body piece by piece."""


def take_body(reader: Reader, headers: Mapping[str, str], limit: int, until: float, keep: Keep) -> None:
    """Take the body that a request's headers announce.

    Args:
        reader: stands behind the head.
        headers: of the request.
        limit: bytes that it may have.
        until: when it is to be there.
        keep: takes it.

    Raises:
        BadHttp: what came is no body, or too large.
        Gone: the peer hung up or dawdled in the middle of it.
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
