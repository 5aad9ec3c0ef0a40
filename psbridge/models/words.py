"""Words of the far end, compared as .NET's OrdinalIgnoreCase does where they are ASCII."""

from __future__ import annotations

_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def ascii_lower(text: str) -> str:
    """Return a text with its ASCII letters in lower case and every other character as it is.

    `casefold` would make `Succeeded` of a word with a long s, and `lower` a k of the Kelvin sign.
    """
    return text.translate(_LOWER)
