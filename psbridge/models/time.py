"""Moments and spans to the 100 nanoseconds that .NET keeps, so that no digit of the stamp's answers is lost.

A recorded backup has `createdDateTime` 2020-03-04T12:22:18.7883083Z and `timeTakenToCreate` PT5M16.0605282S:
seven decimals, one more than `datetime` and `timedelta` hold (recording get-azsbackup, March 2020).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import msgspec

_PER_SECOND = 10_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# What .NET can hold, and so what a stamp can say: TimeSpan is an Int64 of ticks, DateTime the years 1 to 9999.
_LONGEST = 2**63 - 1
_FIRST = -62_135_596_800 * _PER_SECOND
_LAST = 253_402_300_800 * _PER_SECOND - 1
_MOMENT = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})[T ](?P<clock>\d{2}:\d{2}:\d{2})(?:\.(?P<fraction>\d{1,9}))?"
    r"(?P<zone>[Zz]|[+-]\d{2}:\d{2})?",
    re.ASCII,
)
_SPAN = re.compile(
    r"(?P<sign>-)?P(?:(?P<weeks>\d{1,6})W)?(?:(?P<days>\d{1,8})D)?"
    r"(?:T(?:(?P<hours>\d{1,10})H)?(?:(?P<minutes>\d{1,12})M)?(?:(?P<seconds>\d{1,14})(?:[.,](?P<fraction>\d{1,9}))?S)?)?",
    re.ASCII,
)


def _fraction_ticks(digits: str | None) -> int:
    """Return a decimal fraction of a second in ticks; digits beyond the seventh are dropped."""
    return int((digits or "")[:7].ljust(7, "0"))


def _fraction_text(ticks: int) -> str:
    """Return `.7883083` for a part of a second, or nothing for none."""
    return f".{ticks:07d}".rstrip("0") if ticks else ""


class Span(msgspec.Struct, frozen=True, order=True):
    """A length of time.

    Attributes:
        ticks: its length in units of 100 ns; may be negative.
    """

    ticks: int

    @classmethod
    def parse(cls, text: str) -> Span:
        """Read an ISO 8601 duration such as `PT1H20M32.364138S`; months and years have no fixed length and are refused.

        Raises:
            ValueError: if `text` is anything else.
        """
        match = _SPAN.fullmatch(text)
        if match is None or text in {"P", "-P"} or text.endswith("T"):
            raise ValueError(f"not an ISO 8601 duration: {text!r}")
        part = match.groupdict()
        seconds = (
            int(part["weeks"] or 0) * 604_800
            + int(part["days"] or 0) * 86_400
            + int(part["hours"] or 0) * 3_600
            + int(part["minutes"] or 0) * 60
            + int(part["seconds"] or 0)
        )
        ticks = seconds * _PER_SECOND + _fraction_ticks(part["fraction"])
        if ticks > _LONGEST:
            raise ValueError(f"a duration longer than .NET's longest: {text!r}")
        return cls(-ticks if part["sign"] else ticks)

    @classmethod
    def of_seconds(cls, seconds: float) -> Span:
        """Return a length of some seconds, to the nearest tick."""
        return cls(round(seconds * _PER_SECOND))

    @property
    def seconds(self) -> float:
        """The length in seconds, exact to the tick for anything shorter than 28 years."""
        return self.ticks / _PER_SECOND


class Instant(msgspec.Struct, frozen=True, order=True):
    """A moment in UTC.

    Attributes:
        ticks: units of 100 ns since 1970-01-01T00:00:00Z.
    """

    ticks: int

    @classmethod
    def parse(cls, text: str) -> Instant:
        """Read RFC 3339 or the text of a CLIXML `DT`; a moment without offset is taken as UTC.

        That the stamp's offset-less times are UTC is inferred: every recorded time ends in `Z`.

        Raises:
            ValueError: if `text` is not such a moment.
        """
        match = _MOMENT.fullmatch(text)
        if match is None:
            raise ValueError(f"not an RFC 3339 time: {text!r}")
        zone = (match["zone"] or "Z").upper().replace("Z", "+00:00")
        whole = datetime.fromisoformat(f"{match['day']}T{match['clock']}{zone}")
        ticks = (whole - _EPOCH) // timedelta(microseconds=1) * 10 + _fraction_ticks(match["fraction"])
        if not _FIRST <= ticks <= _LAST:
            raise ValueError(f"not between the years 1 and 9999: {text!r}")
        return cls(ticks)

    @classmethod
    def of(cls, moment: datetime) -> Instant:
        """Return the instant of an aware `datetime`."""
        return cls((moment - _EPOCH) // timedelta(microseconds=1) * 10)

    def as_datetime(self) -> datetime:
        """Return the moment as an aware `datetime` in UTC, cut to microseconds."""
        return _EPOCH + timedelta(microseconds=self.ticks // 10)

    def __str__(self) -> str:
        """Return RFC 3339 in UTC, ending in `Z`, with as many decimals as there are."""
        whole, part = divmod(self.ticks, _PER_SECOND)
        text = (_EPOCH + timedelta(seconds=whole)).replace(tzinfo=None).isoformat()
        return f"{text}{_fraction_text(part)}Z"

    def __sub__(self, other: Instant) -> Span:
        return Span(self.ticks - other.ticks)

    def whole_second(self) -> Instant:
        """Return the moment without the fraction of its second."""
        return Instant(self.ticks // _PER_SECOND * _PER_SECOND)

    def minus(self, span: Span) -> Instant:
        """Return the moment `span` earlier.

        Raises:
            ValueError: if that is not between the years 1 and 9999.
        """
        ticks = self.ticks - span.ticks
        if not _FIRST <= ticks <= _LAST:
            raise ValueError(f"{span.seconds} s before {self} is not between the years 1 and 9999")
        return Instant(ticks)
