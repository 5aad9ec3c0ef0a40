"""Texts: compared as .NET's OrdinalIgnoreCase does, for the far end, or by likeness, for what people type; and shortened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

_LONGEST_WORD = 100
"""Characters; the search for the nearest word takes time that grows with its length."""
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


def close_to(word: str, known: Mapping[str, str]) -> list[str]:
    """Return the values of up to three keys that are like a word, the most alike first; each value once."""
    import difflib

    if len(word) > _LONGEST_WORD:
        return []
    return list(dict.fromkeys(known[it] for it in difflib.get_close_matches(word, known, n=3)))


def shortened(text: str, most: int) -> str:
    """Return a text of `most` characters at most; the last of one that was cut is an ellipsis."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def approximate_duration(seconds: float) -> str:
    """Return `42s`, `5m 16s`, `1h 20m` or `2d 3h`: two units at most; a negative time is `0s`."""
    days, rest = divmod(max(0, round(seconds)), 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, left = divmod(rest, 60)
    units = [(days, "d"), (hours, "h"), (minutes, "m"), (left, "s")]
    first = next((place for place, (count, _) in enumerate(units) if count), len(units) - 1)
    return " ".join(f"{count}{unit}" for count, unit in units[first : first + 2] if count) or "0s"
