"""JSON of the far end, or of a file that anybody may have written, to plain values: bounded in number, depth and digits.

What it is read to is up to twenty times what it is (measured: a list of empty lists), so its values are counted before.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

MOST_VALUES: Final = 200_000
"""A record of a wait of days has some ten thousand."""
DEEPEST: Final = 64
LONGEST_INTEGER: Final = 40
"""Digits; 64 bits have 19."""

Pairs = Callable[[list[tuple[str, Any]]], Any]


class TooMuchJson(ValueError):
    """A text has more in it than it may."""


def count_values(text: str | bytes) -> int:
    """Return how many values a text has at most: those in fact, and one for each such character within its strings."""
    if isinstance(text, bytes):
        return 1 + text.count(b",") + text.count(b"[") + text.count(b"{")
    return 1 + text.count(",") + text.count("[") + text.count("{")


def loads(
    text: str | bytes,
    *,
    most: int = MOST_VALUES,
    pairs: Pairs | None = None,
    number: Callable[[str], Any] | None = None,
) -> Any:
    """Return the values of a JSON text.

    Args:
        text: bytes are UTF-8, or what their first bytes say.
        most: how many values it may have, see `count_values`.
        pairs: makes an object of its keys and values; a dictionary of the last of each without it.
        number: makes a number of a fraction, and of NaN and the infinities; a float without it.

    Raises:
        TooMuchJson: it has too many values, is too deep, or has an integer of too many digits.
        ValueError: it is not JSON, or `pairs` or `number` refused a part of it.
    """
    if count_values(text) > most:
        raise TooMuchJson(f"it has more than {most} values")
    try:
        value = json.loads(text, object_pairs_hook=pairs, parse_float=number, parse_constant=number, parse_int=_integer)
    except RecursionError:
        raise _too_deep() from None
    _check_depth(value)
    return value


def _integer(digits: str) -> int:
    if len(digits) > LONGEST_INTEGER:
        raise TooMuchJson(f"it has an integer of {len(digits)} digits")
    return int(digits)


def _check_depth(value: Any) -> None:
    """Walk level by level, without recursion."""
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [part for one in level for part in _parts(one)]
        if not level:
            return
    raise _too_deep()


def _parts(value: Any) -> list[Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [part for part in inner if isinstance(part, dict | list)]


def _too_deep() -> TooMuchJson:
    return TooMuchJson(f"it is nested deeper than {DEEPEST} levels")
