"""Time as the stamp writes it: units of 100 ns, so that no digit of a .NET answer is lost.

A moment is a number of ticks since 1970-01-01T00:00:00Z, a length a number of ticks; both are plain ints.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

PER_SECOND = 10_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SPAN = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,7}))?S)?)?", re.ASCII)
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,7}))?Z", re.ASCII)


def of(moment: datetime) -> int:
    """Return an aware `datetime` in ticks."""
    return (moment - _EPOCH) // timedelta(microseconds=1) * 10


def as_datetime(ticks: int) -> datetime:
    """Return a moment in ticks as an aware `datetime` in UTC, cut to microseconds."""
    return _EPOCH + timedelta(microseconds=ticks // 10)


def seconds(length: float) -> int:
    """Return a length in seconds as ticks."""
    return round(length * PER_SECOND)


def moment_text(ticks: int) -> str:
    """Return `2020-03-04T12:22:18.7883083Z`, always with seven decimals."""
    whole, part = divmod(ticks, PER_SECOND)
    return f"{(_EPOCH + timedelta(seconds=whole)).replace(tzinfo=None).isoformat()}.{part:07d}Z"


def short_moment_text(ticks: int) -> str:
    """Return `2020-06-12T20:51:59.962Z`, without zeros at the end of its decimals."""
    whole, _, part = moment_text(ticks).rstrip("Z").partition(".")
    decimals = part.rstrip("0")
    return f"{whole}.{decimals}Z" if decimals else f"{whole}Z"


def span_text(ticks: int) -> str:
    """Return `PT6M35.345912S` as .NET's XmlConvert writes it: nothing for a part that is zero, `PT0S` for no time."""
    whole, part = divmod(ticks, PER_SECOND)
    minutes, secs = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    fraction = f".{part:07d}".rstrip("0") if part else ""
    clock = "".join(f"{value}{unit}" for value, unit in ((hours, "H"), (minutes, "M")) if value)
    if secs or fraction:
        clock += f"{secs}{fraction}S"
    text = (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
    return f"P{text}" if text else "PT0S"


def parse_moment(text: str) -> int:
    """Parse a time in the stamp's format.

    Raises:
        ValueError: `text` has another format.
    """
    match = _MOMENT.fullmatch(text)
    if match is None:
        raise ValueError(f"not a moment of the stamp: {text!r}")
    whole = datetime.fromisoformat(f"{match[1]}+00:00")
    return of(whole) + int((match[2] or "").ljust(7, "0"))


def parse_span(text: str) -> int:
    """Parse a duration in the stamp's format.

    Raises:
        ValueError: `text` has another format.
    """
    match = _SPAN.fullmatch(text)
    if match is None or text == "P" or text.endswith("T"):
        raise ValueError(f"not a duration of the stamp: {text!r}")
    days, hours, minutes, secs = (int(match[group] or 0) for group in range(1, 5))
    whole = ((days * 24 + hours) * 60 + minutes) * 60 + secs
    return whole * PER_SECOND + int((match[5] or "").ljust(7, "0"))
