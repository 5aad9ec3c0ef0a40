"""What waits to be fetched for one command, or for the pool: PSRP fragments, bounded ([MS-WSMV] 3.1.4.14)."""

from __future__ import annotations

from collections import deque
from typing import Final

import msgspec

from psbridge.emulator.wsman.answers import stream_size

_HEADER: Final = 21
"""Bytes before a fragment's blob: object id, fragment id, flags, length ([MS-PSRP] 2.2.4)."""
_FLAGS: Final = 16
_START, _END = 1, 2
_TYPE: Final = slice(_HEADER + 4, _HEADER + 8)
_HOST_CALL: Final = 0x00041100  # PIPELINE_HOST_CALL ([MS-PSRP] 2.2.2.27)


def _flags(fragment: bytes) -> int:
    return fragment[_FLAGS] if len(fragment) > _FLAGS else _START | _END


class FragmentTooLarge(Exception):
    """Not even the next fragment alone fits into what the client can take."""


def split_fragments(data: bytes) -> list[bytes]:
    """Return the fragments that `data` is made of; what does not look like whole fragments stays one piece."""
    pieces: list[bytes] = []
    start = 0
    while start < len(data):
        length = int.from_bytes(data[start + 17 : start + _HEADER], "big")
        end = start + _HEADER + length
        if end > len(data):
            return [*pieces, data[start:]]
        pieces.append(data[start:end])
        start = end
    return pieces


class Taken(msgspec.Struct, frozen=True):
    """What one Receive gets.

    Attributes:
        done: the command has ended and this is its last output.
        pending: the command waits for the client to answer a host call (capture).
    """

    fragments: list[bytes]
    done: bool = False
    pending: bool = False


class OutputQueue:
    """The queue of one command, or of the pool. Not thread-safe: its shell's lock guards it.

    Attributes:
        size: bytes that wait.
        stopping: the command was told to stop, so that what it still says must not be held back.
        ended: the end was delivered; Receive does not know the command any more.
        newest: the number of the newest Receive, so that an older one can tell that a newer has taken its place.
    """

    def __init__(self) -> None:
        self.size = 0
        self.stopping = False
        self.ended = False
        self.newest = 0
        self.done = False
        self._fragments: deque[bytes] = deque()
        self._host_call = False

    @property
    def ready(self) -> bool:
        """Return whether a Receive can be answered now."""
        return bool(self._fragments) or (self.done and not self.ended)

    def put(self, fragments: bytes) -> None:
        """Add whole fragments."""
        self._fragments.extend(split_fragments(fragments))
        self.size += len(fragments)

    def drop_oldest(self, limit: int) -> None:
        """Lose whole messages, oldest first, until no more than `limit` bytes or one message is left.

        The rest of a message whose beginning was already delivered stays, and so does the newest one, for it may be
        the state that the command ended with.
        """
        start = 0
        while start < len(self._fragments) and not self._flags(start) & _START:
            start += 1
        while self.size > limit:
            end = start
            while end < len(self._fragments) and not self._flags(end) & _END:
                end += 1
            if end + 1 >= len(self._fragments):
                return
            for _ in range(end - start + 1):
                self.size -= len(self._fragments[start])
                del self._fragments[start]

    def take(self, budget: int, most: int | None = None) -> Taken:
        """Take out what fits into `budget` bytes of a ReceiveResponse, and no more than `most` messages.

        Raises:
            FragmentTooLarge: nothing fits; the output stays.
        """
        taken: list[bytes] = []
        messages = 0
        while self._fragments and messages != most and stream_size(self._fragments[0]) <= budget:
            fragment = self._fragments.popleft()
            budget -= stream_size(fragment)
            self.size -= len(fragment)
            self._note(fragment)
            messages += bool(_flags(fragment) & _END)
            taken.append(fragment)
        if self._fragments and not taken:
            raise FragmentTooLarge
        self.ended = self.done and not self._fragments
        return Taken(taken, self.ended, self._host_call and not self._fragments and not self.ended)

    def _flags(self, index: int) -> int:
        return _flags(self._fragments[index])

    def _note(self, fragment: bytes) -> None:
        if len(fragment) > _FLAGS and fragment[_FLAGS] & _START:
            self._host_call = int.from_bytes(fragment[_TYPE], "little") == _HOST_CALL
