"""Durations as users write them: `90s`, `45m`, `2h`, `1d`, or ISO 8601 (`PT20M`)."""

from __future__ import annotations

import re

from psbridge.errors import UsageError
from psbridge.models.time import Span

LONGEST = 30 * 86_400.0
"""Seconds; a wait of more than a month is a slip of the keyboard."""

EXPECTED = "a duration such as 90s, 45m, 2h, 1d or PT20M, at most 30d"
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_SHORT = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)([smhd])", re.ASCII)


def duration(text: str, *, zero: bool = False) -> float:
    """Return a duration in seconds.

    Args:
        text: as a user wrote it.
        zero: whether 0 makes sense here, as it does for settle and lock-wait.

    Raises:
        UsageError: it is not a duration, negative, longer than 30 days, or zero where that makes no sense.
    """
    seconds = _seconds(text.strip())
    if seconds is None or not 0 <= seconds <= LONGEST or (seconds == 0 and not zero):
        more = "" if zero else "more than 0, "
        raise UsageError(f"{text[:40]!r} is not a duration that psbridge takes; expected {more}{EXPECTED}")
    return seconds


def _seconds(text: str) -> float | None:
    short = _SHORT.fullmatch(text)
    if short:
        return float(short[1]) * _UNITS[short[2]]
    try:
        return Span.parse(text).seconds
    except ValueError:
        return None


def duration_text(seconds: float) -> str:
    """Return the shortest text that `duration` reads as these seconds."""
    for unit in "dhm":
        count, rest = divmod(seconds, _UNITS[unit])
        if count and not rest:
            return f"{int(count)}{unit}"
    return f"{int(seconds)}s" if seconds == int(seconds) else f"{seconds:.6f}".rstrip("0") + "s"
