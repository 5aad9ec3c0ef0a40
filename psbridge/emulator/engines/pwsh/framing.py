"""The lines that `pwsh -s` speaks on its standard streams: one XML element per line.

Source: PowerShell's OutOfProcTransportManager.cs (writer and parser), and measured on PowerShell 7.6.9. The engine is strict
about what it reads (two attributes on Data, one on the rest, no empty text); whatever else appears on its stdout, such as
`[Console]::WriteLine` of a script, is not a protocol line and must be skipped.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections import deque
from uuid import UUID

import msgspec

POOL = UUID(int=0)
"""The target of lines that concern the runspace pool itself."""

_LINE = re.compile(
    rb"<(?P<name>Data|DataAck|Command|CommandAck|Close|CloseAck|Signal|SignalAck)"
    rb"(?: Stream='(?P<stream>Default|PromptResponse)')?"
    rb" PSGuid='(?P<target>[0-9a-fA-F-]{36})'"
    rb"(?: ?/>|>(?P<text>[A-Za-z0-9+/=]*)</Data>)\s*"
)


class Line(msgspec.Struct, frozen=True):
    """One protocol line.

    Attributes:
        name: `Data`, `Command`, `Close`, `Signal`, or one of these with `Ack`.
        target: the command's id, `POOL` for the pool.
        fragments: complete PSRP fragments; only in Data.
        prompt: whether the data answers a host call (stream PromptResponse); only in Data, only client to server.
    """

    name: str
    target: UUID
    fragments: bytes = b""
    prompt: bool = False

    def encode(self) -> bytes:
        """Return the line as the engine wants it, newline included."""
        if self.name != "Data":
            return b"<%s PSGuid='%s' />\n" % (self.name.encode(), str(self.target).encode())
        stream = b"PromptResponse" if self.prompt else b"Default"
        text = base64.b64encode(self.fragments)
        return b"<Data Stream='%s' PSGuid='%s'>%s</Data>\n" % (stream, str(self.target).encode(), text)


def parse(raw: bytes) -> Line | None:
    """Return the protocol line in `raw`, None if it is something else that was printed on the same stream."""
    match = _LINE.fullmatch(raw)
    if match is None:
        return None
    name = match["name"].decode()
    if (name == "Data") != (match["text"] is not None):
        return None
    try:
        fragments = base64.b64decode(match["text"] or b"", validate=True)
        target = UUID(match["target"].decode())
    except (binascii.Error, ValueError):
        return None
    return Line(name, target, fragments, prompt=match["stream"] == b"PromptResponse")


class Outbox:
    """Lines by target; hands out the next one when the one before was acknowledged. Not thread-safe.

    Measured on PowerShell 7.6.9, and in OutOfProcServerMediator.cs: each line is handled on a thread of its own, so the next
    line for the same target may be sent only after the Ack of the one before.

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
