"""Comparing words: ASCII case aside as .NET's OrdinalIgnoreCase does, for the far end; by likeness, for what people type."""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST_WORD = 100
"""Characters; looking for the nearest word takes time that grows with its length."""
_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def ascii_lower(text: str) -> str:
    """Return a text with its ASCII letters in lower case and every other character as it is.

    `casefold` would make `Succeeded` of a word with a long s, and `lower` a k of the Kelvin sign.
    """
    return text.lower() if text.isascii() else text.translate(_LOWER)  # a tenth of the time


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the known word that a person most probably meant, case aside; None if there is none or the word is too long.

    `cutoff`: how alike they must be, from 0 to 1 (`difflib.get_close_matches`).
    """
    import difflib

    if len(word) > _LONGEST_WORD:
        return None
    folded = {each.casefold(): each for each in known}
    found = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=cutoff)
    return folded[found[0]] if found else None


def approximate_duration(seconds: float) -> str:
    """Return `45 s`, `12 min`, `3.5 h` or `2.1 d`."""
    seconds = max(0.0, seconds)
    for limit, size, unit in ((90, 1, "s"), (5400, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            value = seconds / size
            return f"{value:.0f} {unit}" if unit != "h" else f"{value:.1f} {unit}"
    return f"{seconds / 86_400:.1f} d"
