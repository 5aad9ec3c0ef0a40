"""Object ids as the client must see them: as if nothing but its own pipelines had run.

A client tells loss from object ids, which count all messages of a pool from 1. The relay runs one pipeline of its own
before the client's first and answers Connect itself, so the engine's ids are shifted by what was taken out or put in. A
gap that the engine makes (Start-Job does) stays a gap.
"""

from __future__ import annotations

from uuid import UUID

from psbridge.emulator.engines.pwsh.fragments import Fragment, split


class Numbering:
    """Renumbers the fragments of one pool and puts their messages' last fragments to use. Not thread-safe."""

    def __init__(self) -> None:
        self._shift = 0
        self._last = 0
        self._current: dict[UUID, int] = {}

    def renumber(self, target: UUID, fragments: bytes) -> bytes:
        """Return the engine's fragments with the ids that the client expects."""
        return b"".join(self._one(target, fragment).encode() for fragment in split(fragments))

    def drop(self, messages: int) -> None:
        """Say that so many of the engine's messages are kept from the client."""
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
