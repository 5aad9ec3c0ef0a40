"""Text that any encoding can hold: what is not Unicode becomes a visible escape.

Python keeps bytes of arguments, paths and variables that are not UTF-8 as lone surrogates (PEP 383), and a host may send
half a surrogate pair. JSON can write both as escapes that other readers refuse or replace (RFC 8259, 8.2).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_PAIR_OR_LONE: Final = "[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]"
"""A text: `re` compiles and keeps it when it is first used, which few commands do."""


def well_formed(text: str) -> str:
    r"""Return text without lone surrogates: a byte that is not UTF-8 as `\xff`, another half as `\ud800`."""
    return re.sub(_PAIR_OR_LONE, _visible, text) if not text.isascii() else text


def well_formed_all(value: Any) -> Any:
    """Return plain JSON values in which each text is well formed."""
    if isinstance(value, str):
        return value if value.isascii() else well_formed(value)
    if value is None or isinstance(value, bool | int | float):  # before Mapping, which costs more to ask for
        return value
    if isinstance(value, list | tuple):
        return [well_formed_all(item) for item in value]
    if isinstance(value, dict | Mapping):
        return {well_formed_all(key): well_formed_all(item) for key, item in value.items()}
    return value


def _visible(found: re.Match[str]) -> str:
    halves = found[0]
    if len(halves) == 2:  # two halves that belong together
        return halves.encode("utf-16", "surrogatepass").decode("utf-16")
    code = ord(halves)
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"
