"""A data file: its header, and whether it is the one that was written with its key.

The form is known from Microsoft's open decryption script, and files written to it were opened by that script: five
little-endian 16-bit numbers (magic 1, encryption 0, authentication 0, length of IV, length of tag), the IV, the tag, the
ciphertext. AES-256-CBC; the tag is HMAC-SHA-512 of the ciphertext alone.
"""

from __future__ import annotations

import hmac
import struct
from collections.abc import Callable
from typing import Final

import msgspec

from psbridge.clock import Deadline
from psbridge.errors import DeadlineExceeded
from psbridge.models.verification import FileTest, Reason, TestResult
from psbridge.store.key import DataKey
from psbridge.store.reader import OpenFile
from psbridge.verdict.store import plausible

Read = Callable[[int], object]
"""Is called with how many more bytes were read; may raise to end the work."""

BLOCK: Final = 16
HEADER: Final = 10 + 16 + 64
"""Bytes before the ciphertext."""
CHUNK: Final = 4 << 20
"""Bytes of one read; two files at once need twice as many, whatever their size."""

PASSED: Final = FileTest(TestResult.PASS)


class Header(msgspec.Struct, frozen=True):
    """What stands before the ciphertext."""

    iv: bytes
    tag: bytes


class OtherForm(ValueError):
    """The header is of a form that this release does not know. The text is a clause for users."""


class CutOff(ValueError):
    """The file is too short, or its ciphertext is not a whole number of blocks. The text is a clause for users."""


def header(file: OpenFile, deadline: Deadline) -> Header:
    """Return the header of an open data file.

    Raises:
        CutOff, OtherForm: see there.
    """
    data = bytearray(HEADER)
    count = _fill(file, 0, memoryview(data), deadline)
    if count < HEADER:
        raise CutOff(f"it has {count} bytes, fewer than its header")
    magic, encryption, authentication, iv, tag = struct.unpack("<5h", data[:10])
    if (magic, encryption, authentication, iv, tag) != (1, 0, 0, 16, 64):
        raise OtherForm(f"its header is {magic}, {encryption}, {authentication}, {iv}, {tag}, not 1, 0, 0, 16, 64")
    return Header(bytes(data[10:26]), bytes(data[26:90]))


def check_whole(file: OpenFile, key: DataKey, deadline: Deadline, read: Read = lambda _: None) -> FileTest:
    """Read a data file to its end and compare its tag.

    Raises:
        StoreUnreadable: it can't be read any more.
        psbridge.DeadlineExceeded: it timed out.
    """
    try:
        found = header(file, deadline)
    except OtherForm as other:
        return FileTest(TestResult.NOT_RECOGNIZED, str(other))
    except CutOff as cut:
        return damaged(str(cut))
    if wrong := plausible(file.size):
        return damaged(wrong)
    tag = hmac.new(key.for_authentication(), digestmod="sha512")
    buffer = memoryview(bytearray(min(CHUNK, file.size)))
    at = HEADER
    while count := file.read_at(at, buffer, deadline):
        if deadline.expired:
            raise DeadlineExceeded("timed out while a data file was read")
        tag.update(buffer[:count])
        at += count
        read(count)
    if at != file.size:
        return damaged(f"it ended after {at} of {file.size} bytes")
    if not hmac.compare_digest(tag.digest(), found.tag):
        return damaged("its HMAC does not fit: it was altered, or it is another file")
    return PASSED


def damaged(detail: str) -> FileTest:
    """Return the failure of a damaged file."""
    return FileTest(TestResult.FAIL, detail, Reason.DAMAGED)


def _fill(file: OpenFile, offset: int, buffer: memoryview, deadline: Deadline) -> int:
    """Read until a buffer is full or the file ends; return how many bytes."""
    at = 0
    while at < len(buffer) and (count := file.read_at(offset + at, buffer[at:], deadline)):
        at += count
    return at
