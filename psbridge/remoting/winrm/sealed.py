"""Sealed answers, as far as they may differ: multipart bodies whose parts a login's context has sealed.

[MS-WSMV] 2.2.9.1 shows one form of them, and Windows sends it. RFC 2046, 5.1.1 allows more, and other servers use it
(Microsoft's OMI, for one): text after the last boundary, line ends before one, headers without a tab, an empty line after
them.
pypsrp's own reader takes Windows' form alone, and calls any other a broken seal.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Protocol

from psbridge.clock import Tick, no_tick
from psbridge.remoting.winrm.errors.translation import BrokenSeal

MAX_SIGNATURE = 8192  # bytes; NTLM's has 16, Kerberos' about 60, CredSSP's is a TLS trailer
MAX_MARKS = 4096  # boundaries in one answer; each piece of 16 KiB has two
_KINDS = ("multipart/encrypted", "multipart/x-multi-encrypted")
_BOUNDARY = re.compile(r';\s*boundary\s*=\s*(?:"((?:[^"\\]|\\.){1,200})"|([^\s;"]{1,200}))', re.IGNORECASE)
_LENGTH = re.compile(
    rb"^[ \t]*OriginalContent\s*:[^\r\n]*?;\s*Length\s*=\s*\"?(\d{1,9})\b", re.IGNORECASE | re.MULTILINE
)
_HEADERS = re.compile(rb"(?:[ \t]*[A-Za-z][A-Za-z-]{0,60}[ \t]*:[\x20-\x7e\t]{0,400}\r?\n){1,64}")
_TLS_HEAD = 5  # bytes: kind, version, length (RFC 8446, 5.1)


class Context(Protocol):
    """What a finished login does to one sealed message."""

    def unwrap_winrm(self, header: bytes, data: bytes) -> bytes:
        """Return the message; raises what its library raises."""
        ...


def is_sealed(headers: Mapping[str, str]) -> bool:
    """Return whether an answer says that it is sealed."""
    return headers.get("Content-Type", "").partition(";")[0].strip().casefold() in _KINDS


def opened(content_type: str, body: bytes, context: Context, *, tls: bool, tick: Tick = no_tick) -> bytes:
    """Return what a sealed answer says.

    `tls`: the seal is TLS's own (CredSSP).
    `tick`: called between parts; raises where the time is over.

    Raises:
        BrokenSeal: it is not in a form that can be read, or is longer or shorter than it says.
        Exception: as the context's library does, on what it has not sealed.
    """
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise BrokenSeal("it names no boundary")
    boundary = re.sub(r"\\(.)", r"\1", found[1]) if found[1] else found[2]
    if boundary.rstrip() != boundary:
        raise BrokenSeal("its boundary ends with a space")  # RFC 2046, 5.1.1; what may follow it are spaces too
    message = bytearray()
    for announced, payload in _parts(boundary.encode("latin-1", "replace"), body):
        tick()
        signature, data = _signed(payload)
        piece = bytes(context.unwrap_winrm(signature, _trimmed(signature, data, announced, tls=tls)))
        if len(piece) != announced:
            raise BrokenSeal(f"a part of {len(piece)} bytes says that it has {announced}")
        message += piece
    return bytes(message)


def _parts(boundary: bytes, body: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the announced length and the sealed bytes of each pair of parts."""
    # Exchange has a space after the two hyphens (pypsrp found it).
    delimiter = re.compile(rb"--[ \t]*" + re.escape(boundary) + rb"(--)?(?:[ \t]*\r?\n|[ \t]*\Z)", re.IGNORECASE)
    marks = []
    for mark in delimiter.finditer(body):
        marks.append(mark)
        if mark[1]:
            break  # what comes after it means nothing
        if len(marks) > MAX_MARKS:
            raise BrokenSeal("it has too many parts")
    if len(marks) < 3 or not marks[-1][1] or len(marks) % 2 == 0:
        raise BrokenSeal("its parts are not whole")
    sections = [body[one.end() : two.start()] for one, two in pairwise(marks)]
    for head, payload in zip(sections[::2], sections[1::2], strict=True):
        length = _LENGTH.search(head)
        if length is None:
            raise BrokenSeal("a part does not say how long it is")
        yield int(length[1]), payload


def _signed(payload: bytes) -> tuple[bytes, bytes]:
    """Return the signature of a part and what it signs; its length stands before it, in little endian."""
    head = _HEADERS.match(payload)
    start = head.end() if head else 0
    # An empty line ends headers, though Windows sends none; as a length it would be 2573 or more.
    for blank in (b"\r\n", b"\n"):
        if payload.startswith(blank, start) and payload[start + 2 : start + 4] != b"\0\0":
            start += len(blank)
            break
    if len(payload) < start + 4:
        raise BrokenSeal("a part is empty")
    (length,) = struct.unpack_from("<I", payload, start)
    if not 0 < length <= min(MAX_SIGNATURE, len(payload) - start - 4):
        raise BrokenSeal("a part's signature has no length that can be")
    return payload[start + 4 : start + 4 + length], payload[start + 4 + length :]


def _trimmed(signature: bytes, data: bytes, announced: int, *, tls: bool) -> bytes:
    """Return what is sealed without the line end that RFC 2046 has before a boundary.

    Nothing may be tried: a context that has opened a wrong message opens no other. So the length decides.
    """
    whole = _tls_length(signature + data) - len(signature) if tls else announced
    return data[:whole] if data[whole:] in {b"\r\n", b"\n"} and whole > 0 else data


def _tls_length(records: bytes) -> int:
    """Return how many bytes the whole TLS records at the beginning have."""
    end = 0
    while end + _TLS_HEAD <= len(records):
        (size,) = struct.unpack_from(">H", records, end + 3)
        if end + _TLS_HEAD + size > len(records):
            break
        end += _TLS_HEAD + size
    return end
