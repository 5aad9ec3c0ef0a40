"""Reads sealed answers: multipart bodies whose parts are encrypted with the context of a login.

[MS-WSMV] 2.2.9.1 shows one form, which Windows sends. RFC 2046, 5.1.1 allows more forms, and other servers use them (such as
Microsoft's OMI): text after the last boundary, line ends before a boundary, headers without a tab, an empty line after the
headers. pypsrp's own reader accepts only the form of Windows.
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
    """The context of a finished login, which decrypts messages."""

    def unwrap_winrm(self, header: bytes, data: bytes) -> bytes:
        """Return the decrypted message; raises the errors of its library."""
        ...


def is_sealed(headers: Mapping[str, str]) -> bool:
    """Return whether the headers of an answer declare it as sealed."""
    return headers.get("Content-Type", "").partition(";")[0].strip().casefold() in _KINDS


def opened(content_type: str, body: bytes, context: Context, *, tls: bool, tick: Tick = no_tick) -> bytes:
    """Return the decrypted body of a sealed answer.

    `tls`: the seal is a TLS record (CredSSP).
    `tick`: called between parts; raises when the time is over.

    Raises:
        BrokenSeal: its form is invalid, or its length differs from the announced length.
        Exception: an error of the context's library, for data that it has not sealed.
    """
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise BrokenSeal("it names no boundary")
    boundary = re.sub(r"\\(.)", r"\1", found[1]) if found[1] else found[2]
    if boundary.rstrip() != boundary:
        raise BrokenSeal(
            "its boundary ends with a space"
        )  # RFC 2046, 5.1.1: spaces may follow a boundary, but not end it
    message = bytearray()
    for announced, payload in _parts(boundary.encode("latin-1", "replace"), body):
        tick()
        signature, data = _signed(payload)
        piece = bytes(context.unwrap_winrm(signature, _trimmed(signature, data, announced, tls=tls)))
        if len(piece) != announced:
            raise BrokenSeal(f"a part has {len(piece)} bytes instead of the announced {announced}")
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
            break  # the text after it has no meaning
        if len(marks) > MAX_MARKS:
            raise BrokenSeal("it has too many parts")
    if len(marks) < 3 or not marks[-1][1] or len(marks) % 2 == 0:
        raise BrokenSeal("its parts are incomplete")
    sections = [body[one.end() : two.start()] for one, two in pairwise(marks)]
    for head, payload in zip(sections[::2], sections[1::2], strict=True):
        length = _LENGTH.search(head)
        if length is None:
            raise BrokenSeal("a part does not announce its length")
        yield int(length[1]), payload


def _signed(payload: bytes) -> tuple[bytes, bytes]:
    """Return the signature of a part and the data that it signs; the signature's length precedes it, in little endian."""
    head = _HEADERS.match(payload)
    start = head.end() if head else 0
    # An empty line ends the headers, although Windows sends none. Read as a length it would be 2573 or more.
    for blank in (b"\r\n", b"\n"):
        if payload.startswith(blank, start) and payload[start + 2 : start + 4] != b"\0\0":
            start += len(blank)
            break
    if len(payload) < start + 4:
        raise BrokenSeal("a part is empty")
    (length,) = struct.unpack_from("<I", payload, start)
    if not 0 < length <= min(MAX_SIGNATURE, len(payload) - start - 4):
        raise BrokenSeal("a part's signature has an invalid length")
    return payload[start + 4 : start + 4 + length], payload[start + 4 + length :]


def _trimmed(signature: bytes, data: bytes, announced: int, *, tls: bool) -> bytes:
    """Return the sealed data without the line end that RFC 2046 puts before a boundary.

    The length decides. Trying both forms is not possible, because a context that fails on one message fails on all others.
    """
    whole = _tls_length(signature + data) - len(signature) if tls else announced
    return data[:whole] if data[whole:] in {b"\r\n", b"\n"} and whole > 0 else data


def _tls_length(records: bytes) -> int:
    """Return the number of bytes of the complete TLS records at the beginning."""
    end = 0
    while end + _TLS_HEAD <= len(records):
        (size,) = struct.unpack_from(">H", records, end + 3)
        if end + _TLS_HEAD + size > len(records):
            break
        end += _TLS_HEAD + size
    return end
