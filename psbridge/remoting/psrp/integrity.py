"""Detects lost messages of an answer.

The host numbers the messages of one runspace pool with one counter. A gap alone is not a loss: a cmdlet that starts a job
uses ids of the same counter, and so does a stop (measured on PowerShell 7.6.9). A gap after a Receive that failed or was sent
again is a loss: the host had removed the messages of the lost answer from its queue (21 of 300 objects, measured).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import msgspec

_HEADER = struct.Struct(">QQBI")  # object id, fragment id, start and end bits, length: [MS-PSRP] 2.2.4
_MESSAGE = struct.Struct("<II16s16s")  # destination, type, pool, pipeline: [MS-PSRP] 2.2.1
_START, _END = 1, 2
_EMPTY = 64  # bytes that a message counts in addition to its body
MAX_MESSAGE = 8 * 1024 * 1024
"""Bytes of all incomplete messages together, with the headers of their fragments."""


class BrokenStream(ValueError):
    """The data is not a sequence of fragments of complete messages."""


class Message(msgspec.Struct, frozen=True):
    """One PSRP message.

    Attributes:
        kind: its type, [MS-PSRP] 2.2.1.
        body: its CLIXML, a byte order mark included.
    """

    kind: int
    body: bytes

    @property
    def weight(self) -> int:
        """The bytes that it counts; an empty message counts too, so that their number is limited."""
        return _EMPTY + len(self.body)


def fragments(data: bytes) -> Iterator[tuple[int, int, bool, bool, bytes]]:
    """Cut a Receive's data into (object id, fragment id, is first, is last, part of a message).

    Raises:
        BrokenStream: if it ends within a fragment.
    """
    at = 0
    while at < len(data):
        if len(data) - at < _HEADER.size:
            raise BrokenStream("the data ends within a fragment's header")
        object_id, number, bits, length = _HEADER.unpack_from(data, at)
        at += _HEADER.size
        if len(data) - at < length:
            raise BrokenStream("the data ends within a fragment")
        yield object_id, number, bool(bits & _START), bool(bits & _END), data[at : at + length]
        at += length


class _Partial(msgspec.Struct):
    parts: list[bytes]
    size: int


class Defragmenter(msgspec.Struct):
    """Joins fragments to messages and records the ids of one pool.

    Attributes:
        disturbed: a Receive of this pool failed or was sent again since `settle` was last called.
    """

    disturbed: bool = False
    _highest: int = 0
    _gap: bool = False
    _seen: set[int] = msgspec.field(default_factory=set)
    _open: dict[int, _Partial] = msgspec.field(default_factory=dict)
    _held: int = 0

    def feed(self, data: bytes) -> list[Message]:
        """Add the data of one Receive and return the messages that are complete now, in order.

        Raises:
            BrokenStream: if fragments are missing, repeated, out of order or too large.
        """
        whole: list[Message] = []
        latest = 0
        for object_id, number, first, last, part in fragments(data):
            if object_id in self._seen:
                if self.disturbed:
                    continue  # the host sent messages again in answer to a repeated Receive
                raise BrokenStream(f"message {object_id} came twice")
            if object_id < latest:
                raise BrokenStream(f"message {object_id} came after {latest}")
            latest = object_id
            self._take(object_id, number, first, part)
            if last:
                whole.append(self._close(object_id))
        return whole

    def _take(self, object_id: int, number: int, first: bool, part: bytes) -> None:
        partial = self._open.get(object_id)
        if partial is None:
            if not first or number != 0:
                raise BrokenStream(f"message {object_id} lacks its beginning")
            self._gap |= self.disturbed and object_id > self._highest + 1
            self._highest = max(self._highest, object_id)
            partial = self._open[object_id] = _Partial([], 0)
        elif first or number != len(partial.parts):
            raise BrokenStream(f"message {object_id} lacks a part")
        size = _HEADER.size + len(part)
        partial.parts.append(part)
        partial.size += size
        self._held += size
        if self._held > MAX_MESSAGE:
            raise BrokenStream(f"message {object_id} and other incomplete messages are too large")

    def _close(self, object_id: int) -> Message:
        partial = self._open.pop(object_id)
        self._held -= partial.size
        data = b"".join(partial.parts)
        self._seen.add(object_id)
        if len(data) < _MESSAGE.size:
            raise BrokenStream(f"message {object_id} is too short")
        return Message(_MESSAGE.unpack_from(data)[1], data[_MESSAGE.size :])

    @property
    def lost(self) -> bool:
        """Return whether messages are missing since a Receive failed or was sent again, or a message is incomplete."""
        return self._gap or bool(self._open)

    def settle(self) -> None:
        """Note a complete answer: a later gap has no connection to an earlier failed Receive."""
        self.disturbed = False
