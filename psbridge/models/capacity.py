"""The free space of a share, which the stamp gives as text."""

from __future__ import annotations

import re
from typing import Final

_NONE: Final = re.compile(r"-\d.*|-?0+(?:[.,]0*)?\s*(?:[KMGTPE]?i?B|bytes)?", re.ASCII | re.IGNORECASE)
"""No free space: zero in any unit or without one, or a negative number."""
_CAPACITY: Final = re.compile(r"(\d{1,12})(?:[.,](\d{1,6}))?\s*([KMGTP]?)B", re.ASCII | re.IGNORECASE)
_POWERS: Final[dict[str, int]] = {unit: 1 << (10 * power) for power, unit in enumerate(("", "K", "M", "G", "T", "P"))}


def capacity_bytes(text: str | None) -> int | None:
    """Return the bytes of a text such as `1.00 TB`, `979 GB` or `10GB` (recorded); None for anything else.

    Less than nothing is 0; other cultures write a comma. That a TB is 1024**4 bytes, as Windows counts, is inferred.
    """
    shown = (text or "").strip()
    if _NONE.fullmatch(shown):
        return 0
    match = _CAPACITY.fullmatch(shown)
    if match is None:
        return None
    whole, part, unit = match.groups()
    power = _POWERS[unit.upper()]
    scale = len(part or "")
    return int(f"{whole}{part or ''}") * power // int("1" + "0" * scale)
