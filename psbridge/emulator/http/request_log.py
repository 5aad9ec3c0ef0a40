"""The emulator's log: one line per request, each field one word, so that clients can't forge a line.

    TIME CLIENT USER ACTION SHELL STATUS MILLISECONDS [FAULT]

An unknown field is `-`. ACTION is the WSMan action, or `http` for a request without one. STATUS is `gone` if the client
disconnected before its answer.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import msgspec

_WORD: Final = 80
_LINE: Final = 500


class Entry(msgspec.Struct):
    """The log entry of one request.

    Attributes:
        fault: the effect that was applied to it, with its value; empty for none.
    """

    user: str = ""
    action: str = "http"
    shell: str = ""
    status: int | str = "gone"
    fault: str = ""

    def line(self, client: str, milliseconds: float) -> str:
        """Return the line, without its time."""
        words = (client, self.user, self.action, self.shell, str(self.status), f"{milliseconds:.1f}ms", self.fault)
        return " ".join(map(word, words if self.fault else words[:-1]))


def word(text: str) -> str:
    """Return text as one printable word of bounded length."""
    cut = text if len(text) <= _WORD else text[: _WORD - 1] + "…"
    return "".join(c if c.isprintable() and c != " " else _escaped(c) for c in cut) or "-"


def stamped(text: str, now: datetime | None = None) -> str:
    """Return a line of the log: the time, and `text` with unprintable characters escaped."""
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    cut = text if len(text) <= _LINE else text[: _LINE - 1] + "…"
    shown = "".join(c if c.isprintable() else _escaped(c) for c in cut)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z {shown}"


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
