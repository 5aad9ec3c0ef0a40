"""PSRP fragments, read and renumbered no further than the relay must: [MS-PSRP] 2.2.4 (fragment), 2.2.1 (message header)."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from enum import IntEnum
from uuid import UUID

import msgspec

_HEADER = struct.Struct(">QQBI")
_START, _END = 1, 2
_MESSAGE_HEADER = 40  # destination 4, type 4, pool id 16, pipeline id 16
_PIPELINE_STATE_VALUE = re.compile(rb'N="PipelineState">(\d+)<')


class MessageType(IntEnum):
    """The message types that the relay acts on, [MS-PSRP] 2.2.1."""

    SESSION_CAPABILITY = 0x00010002
    RUNSPACEPOOL_INIT_DATA = 0x0002100B
    RUNSPACEPOOL_STATE = 0x00021005
    APPLICATION_PRIVATE_DATA = 0x00021009
    PIPELINE_STATE = 0x00041006


class Fragment(msgspec.Struct, frozen=True):
    """One fragment of a PSRP message."""

    object_id: int
    fragment_id: int
    start: bool
    end: bool
    data: bytes

    def encode(self) -> bytes:
        """Return the fragment's bytes."""
        flags = (_START if self.start else 0) | (_END if self.end else 0)
        return _HEADER.pack(self.object_id, self.fragment_id, flags, len(self.data)) + self.data


def split(data: bytes) -> Iterator[Fragment]:
    """Yield the fragments in `data`.

    Raises:
        ValueError: the last one is truncated; engine and client send complete fragments only.
    """
    at = 0
    while at < len(data):
        if len(data) - at < _HEADER.size:
            raise ValueError("a PSRP fragment is cut off in its header")
        object_id, fragment_id, flags, length = _HEADER.unpack_from(data, at)
        at += _HEADER.size
        if len(data) - at < length:
            raise ValueError("a PSRP fragment is shorter than it says")
        yield Fragment(object_id, fragment_id, bool(flags & _START), bool(flags & _END), data[at : at + length])
        at += length


def check(data: bytes, pool: UUID) -> None:
    """Accept only what the engine survives: an empty line ends it, another pool's message hangs it (7.6.9, measured).

    Raises:
        ValueError: `data` are not complete fragments, or one begins a message that is not `pool`'s.
    """
    if not data:
        raise ValueError("no PSRP fragment")
    for fragment in split(data):
        if fragment.start and len(fragment.data) >= _MESSAGE_HEADER and UUID(bytes_le=fragment.data[8:24]) != pool:
            raise ValueError("a message for another runspace pool")


def message_type(message: bytes) -> int:
    """Return the type in a message's header, 0 if there is not even a header."""
    return int.from_bytes(message[4:8], "little") if len(message) >= _MESSAGE_HEADER else 0


def pool_id(fragments: bytes) -> UUID:
    """Return the runspace pool's id that the first message names.

    Raises:
        ValueError: the message header is incomplete.
    """
    first = next(split(fragments), None)
    if first is None or len(first.data) < _MESSAGE_HEADER:
        raise ValueError("no PSRP message to open a runspace pool with")
    return UUID(bytes_le=first.data[8:24])


def pipeline_id(fragments: bytes) -> UUID | None:
    """Return the pipeline that the first message is for, None for the pool or if unknown."""
    first = next(split(fragments), None)
    if first is None or not first.start or len(first.data) < _MESSAGE_HEADER:
        return None
    target = UUID(bytes_le=first.data[24:40])
    return target if target.int else None


def pipeline_state(message: bytes) -> int | None:
    """Return the value of a PIPELINE_STATE message ([MS-PSRP] 2.2.3.5), None for any other message."""
    if message_type(message) != MessageType.PIPELINE_STATE:
        return None
    found = _PIPELINE_STATE_VALUE.search(message)
    return int(found[1]) if found else None


def one_message(object_id: int, message: bytes) -> bytes:
    """Return a complete message, header included, as a single fragment."""
    return Fragment(object_id, 0, start=True, end=True, data=message).encode()


def whole_message(object_id: int, kind: MessageType, pool: UUID, clixml: str) -> bytes:
    """Return one message from the server to the client as a single fragment."""
    header = struct.pack("<II", 1, kind) + pool.bytes_le + UUID(int=0).bytes_le
    return one_message(object_id, header + b"\xef\xbb\xbf" + clixml.encode())


_LOOK = 65536  # states and capabilities are far smaller; the tail of a big object is of no interest


class Assembly:
    """Puts messages together, of each target the start of each. Not thread-safe."""

    def __init__(self) -> None:
        self._open: dict[UUID, bytearray] = {}

    def feed(self, target: UUID, fragments: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield type and bytes (at most the first 64 KiB) of each message that ends in `fragments`."""
        for fragment in split(fragments):
            if fragment.start:
                self._open[target] = bytearray()
            message = self._open.setdefault(target, bytearray())
            message += fragment.data[: max(0, _LOOK - len(message))]
            if fragment.end:
                del self._open[target]
                whole = bytes(message)
                yield message_type(whole), whole


class Numbering:
    """The fragments of one pool with object ids as if nothing but the client's own pipelines had run. Not thread-safe.

    A client detects loss by object ids, which count all messages of a pool from 1. The relay runs one pipeline of its own
    before the client's first and answers Connect itself, so the engine's ids are shifted by removed and added messages. A
    gap that the engine makes (Start-Job does) is kept.
    """

    def __init__(self) -> None:
        self._shift = 0
        self._last = 0
        self._current: dict[UUID, int] = {}

    def renumber(self, target: UUID, fragments: bytes) -> bytes:
        """Return the engine's fragments with the ids that the client expects."""
        return b"".join(self._one(target, fragment).encode() for fragment in split(fragments))

    def drop(self, messages: int) -> None:
        """Note that a number of the engine's messages are not sent to the client."""
        self._shift -= messages

    def add(self) -> int:
        """Return the id of a message that the relay itself sends now."""
        self._shift += 1
        self._last += 1
        return self._last

    def _one(self, target: UUID, fragment: Fragment) -> Fragment:
        if fragment.start:
            self._current[target] = fragment.object_id + self._shift
            self._last = max(self._last, self._current[target])
        number = self._current.get(target, fragment.object_id + self._shift)
        return Fragment(number, fragment.fragment_id, fragment.start, fragment.end, fragment.data)
