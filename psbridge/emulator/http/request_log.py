"""The emulator's log: one line a request, each field one word, so that nothing a client sends can forge a line.

    TIME CLIENT USER ACTION SHELL STATUS MILLISECONDS [FAULT]

What is not known is `-`; ACTION is the WSMan action, or `http` for a request that never became one; STATUS is `gone` where
the client left before its answer.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import msgspec

_WORD: Final = 80
_LINE: Final = 500


class Entry(msgspec.Struct):
    """What became of one request.

    Attributes:
        fault: the effect of the rule that met it, with its value; empty for none.
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
    """Return a line of the log: the time, and `text` with what is not printable escaped."""
    moment = (now or datetime.now(UTC)).astimezone(UTC)
    cut = text if len(text) <= _LINE else text[: _LINE - 1] + "…"
    shown = "".join(c if c.isprintable() else _escaped(c) for c in cut)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z {shown}"


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
