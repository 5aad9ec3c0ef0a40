"""Escape remote text: what could move a cursor, hide text or fake a line is shown as an escape."""

from __future__ import annotations

import re

LIMIT = 4000
"""Maximum number of characters shown of one text; an answer may contain megabytes."""

# C0 and C1 controls (ESC, CSI, newline among them), zero-width and bidirectional characters, line and paragraph
# separators, soft hyphen, the invisible operators, variation-free fillers, tags, and lone surrogates.
_HARMFUL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _visible(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def safe(text: str, limit: int = LIMIT) -> str:
    """Return text as one line without anything a terminal acts on, at most `limit` characters and `...` long."""
    cut = text[:limit]
    shown = _HARMFUL.sub(_visible, cut)
    if len(shown) > limit or len(text) > limit:
        return shown[:limit] + "..."
    return shown
