"""What the terminal behind a stream can show."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from typing import NamedTuple, TextIO


class Terminal(NamedTuple):
    """How to write to one stream. Not a msgspec struct, because help and completion do not load msgspec.

    Attributes:
        tty: the stream is a terminal: tables wrap to `width`, progress is redrawn.
        color: whether to write escape sequences for colour; also true for a pipe with `FORCE_COLOR`.
        width: in columns; unused if `tty` is False.
    """

    tty: bool = False
    color: bool = False
    width: int = 80


def terminal_of(stream: TextIO, env: Mapping[str, str]) -> Terminal:
    """Return what `stream` can show, according to the stream, `NO_COLOR`, `FORCE_COLOR` and `TERM`.

    `NO_COLOR` (not empty) wins over `FORCE_COLOR` (no-color.org; not empty and not `0`, as force-color.org has it).
    """
    try:
        tty = stream.isatty()
    except ValueError:  # closed
        tty = False
    dumb = env.get("TERM", "") in {"dumb", "unknown"}
    forced = env.get("FORCE_COLOR", "") not in {"", "0"}
    color = not env.get("NO_COLOR") and (forced or (tty and not dumb))
    return Terminal(tty=tty and not dumb, color=color, width=shutil.get_terminal_size().columns)
