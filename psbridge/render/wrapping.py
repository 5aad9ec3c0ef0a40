"""Lines of prose for a terminal: broken between words only, and never inside of code, which is to be copied."""

from __future__ import annotations

import re
import textwrap

_HELD = "\ue000"
"""Stands for a space of code; of the private use area, so no text has it."""


def wrapped(text: str, width: int | None, indent: str = "") -> str:
    """Return a line as lines of at most `width` columns; a longer word or piece of code is not broken.

    Args:
        text: one line, without its indent. Spaces at its end stay.
        width: in columns; None, as in a pipe, breaks nothing.
        indent: of all lines but the first, whose indent is part of `text`.
    """
    if width is None or len(text) < width:
        return text
    end = text[len(text.rstrip()) :]
    start = text[: len(text) - len(text.lstrip())]
    held = re.sub("`[^`]*`", lambda code: code[0].replace(" ", _HELD), text.strip())
    lines = textwrap.wrap(
        held,
        max(width - 1 - len(end), len(indent) + 8),
        initial_indent=start,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines).replace(_HELD, " ") + end
