"""What waits to be told to the engine: it takes one line a target at a time.

Measured on PowerShell 7.6.9, and in OutOfProcServerMediator.cs: each line is handled on a thread of its own, so the next
line for the same target may be sent only after the Ack of the one before.
"""

from __future__ import annotations

from collections import deque
from uuid import UUID

from psbridge.emulator.engines.pwsh.framing import Line


class Outbox:
    """Lines by target; hands out the next one when the one before was acknowledged. Not thread-safe.

    Attributes:
        size: bytes of the fragments that wait.
    """

    def __init__(self) -> None:
        self._waiting: dict[UUID, deque[Line]] = {}
        self._sent: dict[UUID, str] = {}
        self.size = 0

    def put(self, line: Line) -> Line | None:
        """Take a line; return it if it may be sent at once."""
        if line.target in self._sent:
            self._waiting.setdefault(line.target, deque()).append(line)
            self.size += len(line.fragments)
            return None
        self._sent[line.target] = line.name
        return line

    def acknowledged(self, ack: Line) -> Line | None:
        """Take an Ack; return the line that may be sent now, if one waits."""
        if self._sent.get(ack.target, "") + "Ack" != ack.name:
            return None
        del self._sent[ack.target]
        waiting = self._waiting.get(ack.target)
        if not waiting:
            self._waiting.pop(ack.target, None)
            return None
        following = waiting.popleft()
        self.size -= len(following.fragments)
        return self.put(following)

    def pending(self) -> bool:
        """Whether any line still waits for its Ack."""
        return bool(self._sent)
