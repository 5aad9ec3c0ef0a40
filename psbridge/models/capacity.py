"""The free space of a share, which the stamp gives as text."""

from __future__ import annotations

import re
from typing import Final

_CAPACITY: Final = re.compile(r"(\d{1,12})(?:[.,](\d{1,6}))?\s*([KMGTP]?)B", re.ASCII | re.IGNORECASE)
_POWERS: Final[dict[str, int]] = {unit: 1 << (10 * power) for power, unit in enumerate(("", "K", "M", "G", "T", "P"))}


def capacity_bytes(text: str | None) -> int | None:
    """Return the bytes of a text such as `1.00 TB`, `979 GB` or `10GB` (recorded); None for anything else.

    That a TB is 1024**4 bytes, as Windows counts, is inferred.
    """
    match = _CAPACITY.fullmatch((text or "").strip())
    if match is None:
        return None
    whole, part, unit = match.groups()
    power = _POWERS[unit.upper()]
    scale = len(part or "")
    return int(f"{whole}{part or ''}") * power // int("1" + "0" * scale)
