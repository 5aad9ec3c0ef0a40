"""Time as a dependency: what is awaited, and until when, is a value that callers pass.

Nothing else in psbridge reads a clock or sleeps, so a test can run a six-hour wait in a millisecond.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

import msgspec

Tick = Callable[[], object]
"""Called between two pieces of long work; raises when the time is over."""


def no_tick() -> None:
    """Set no limit, for work on data that was received before."""


class Clock(Protocol):
    """The three questions that psbridge asks of time."""

    def now(self) -> datetime:
        """Return this machine's wall-clock time, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start, never going back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Block for `seconds`; a signal handler may raise out of it."""
        ...


class SystemClock:
    """The real clock."""

    def now(self) -> datetime:
        """Return the wall-clock time in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return `time.monotonic()`."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Sleep; zero and negative values return at once."""
        if seconds > 0:
            time.sleep(seconds)  # noqa: TID251 - the one place that sleeps


class Deadline(msgspec.Struct, frozen=True):
    """The moment when work must end, on a clock's monotonic scale; `at` is in its seconds."""

    clock: Clock
    at: float

    @classmethod
    def after(cls, clock: Clock, seconds: float) -> Deadline:
        """Return the deadline `seconds` from now."""
        return cls(clock, clock.monotonic() + seconds)

    def remaining(self) -> float:
        """Return the seconds left, at least 0."""
        return max(0.0, self.at - self.clock.monotonic())

    @property
    def expired(self) -> bool:
        """Return whether no time is left."""
        return self.remaining() <= 0

    def sooner(self, seconds: float) -> Deadline:
        """Return the earlier of this deadline and `seconds` from now."""
        return Deadline(self.clock, min(self.at, self.clock.monotonic() + seconds))
