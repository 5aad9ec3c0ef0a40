"""PSRP fragments to messages and back ([MS-PSRP] 2.2.1 and 2.2.4), strict in what it takes."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from uuid import UUID

import msgspec

_FRAGMENT = struct.Struct(">QQBI")
_MESSAGE = struct.Struct("<iI")
_HEADER = 40  # destination, type, runspace pool id, pipeline id
_LARGEST = 32 * 1024 - _FRAGMENT.size  # Windows and PowerShell 7 send 32 KiB fragments
_MOST_BYTES = 4 * 1024 * 1024  # of all unfinished messages of one client
_MOST_PARTS = 4096  # of the same; a fragment may be empty, but not free
_START, _END = 1, 2
_TO_SERVER = 2
_TO_CLIENT = 1
NO_PIPELINE = UUID(int=0)


class BadFragments(ValueError):
    """The client sent invalid PSRP; it gets a fault."""


class Message(msgspec.Struct, frozen=True):
    """A complete message of the client."""

    object_id: int
    type: int
    pool_id: UUID
    pipeline_id: UUID | None
    data: bytes


class Defragmenter:
    """Puts one client's fragments together."""

    def __init__(self) -> None:
        self._open: dict[int, list[bytes]] = {}
        self._size = 0
        self._parts = 0

    def feed(self, data: bytes) -> list[Message]:
        """Add complete fragments; return the messages that they complete.

        Raises:
            BadFragments: a header is truncated or wrong, a fragment is out of order, or too much is unfinished.
        """
        return [message for fragment in self._split(data) for message in self._add(*fragment)]

    @staticmethod
    def _split(data: bytes) -> Iterator[tuple[int, int, int, bytes]]:
        at = 0
        while at < len(data):
            if len(data) - at < _FRAGMENT.size:
                raise BadFragments(f"a fragment header of {len(data) - at} bytes")
            object_id, fragment_id, flags, length = _FRAGMENT.unpack_from(data, at)
            at += _FRAGMENT.size
            if length > len(data) - at:
                raise BadFragments(f"a fragment of {length} bytes of which {len(data) - at} came")
            yield object_id, fragment_id, flags, data[at : at + length]
            at += length

    def _add(self, object_id: int, fragment_id: int, flags: int, blob: bytes) -> Iterator[Message]:
        parts = self._open.get(object_id, [])
        if fragment_id != len(parts) or bool(flags & _START) != (fragment_id == 0):
            self._drop(object_id)
            raise BadFragments(f"fragment {fragment_id} of object {object_id}, expected {len(parts)}")
        if not flags & _END:
            self._keep(object_id, blob)
            return
        self._drop(object_id)
        yield _message(object_id, b"".join((*parts, blob)))

    def _keep(self, object_id: int, blob: bytes) -> None:
        self._size += len(blob)
        self._parts += 1
        if self._size > _MOST_BYTES or self._parts > _MOST_PARTS:
            self._open.clear()
            self._size = self._parts = 0
            raise BadFragments(f"unfinished messages of more than {_MOST_BYTES} bytes or {_MOST_PARTS} fragments")
        self._open.setdefault(object_id, []).append(blob)

    def _drop(self, object_id: int) -> None:
        parts = self._open.pop(object_id, [])
        self._size -= sum(map(len, parts))
        self._parts -= len(parts)


def _message(object_id: int, whole: bytes) -> Message:
    if len(whole) < _HEADER:
        raise BadFragments(f"a message of {len(whole)} bytes")
    destination, kind = _MESSAGE.unpack_from(whole)
    if destination != _TO_SERVER:
        raise BadFragments(f"a message for destination {destination}")
    pipeline = UUID(bytes_le=whole[24:40])
    return Message(
        object_id, kind, UUID(bytes_le=whole[8:24]), None if pipeline == NO_PIPELINE else pipeline, whole[_HEADER:]
    )


def pack(object_id: int, kind: int, pool_id: UUID, pipeline_id: UUID | None, data: bytes) -> bytes:
    """Return a message to the client as fragments of at most 32 KiB."""
    whole = _MESSAGE.pack(_TO_CLIENT, kind) + pool_id.bytes_le + (pipeline_id or NO_PIPELINE).bytes_le + data
    blobs = [whole[at : at + _LARGEST] for at in range(0, len(whole), _LARGEST)]
    last = len(blobs) - 1
    return b"".join(
        _FRAGMENT.pack(object_id, number, (_START if number == 0 else 0) | (_END if number == last else 0), len(blob))
        + blob
        for number, blob in enumerate(blobs)
    )
