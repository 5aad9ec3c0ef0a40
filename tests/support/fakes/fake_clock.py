"""A clock that only sleeping moves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class FakeClock:
    """Implements `psbridge.clock.Clock`; six hours pass in no time.

    Attributes:
        slept: every pause, in seconds.
        on_sleep: called before each pause; may raise, as a signal handler would.
    """

    def __init__(self, start: datetime = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)) -> None:
        self._start = start
        self._passed = 0.0
        self.slept: list[float] = []
        self.on_sleep: Callable[[], None] | None = None

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        return 1000.0 + self._passed

    def sleep(self, seconds: float) -> None:
        if len(self.slept) > 20_000:
            raise AssertionError("this never ends")
        if self.on_sleep is not None:
            self.on_sleep()
        self.slept.append(seconds)
        self.advance(max(0.0, seconds))

    def advance(self, seconds: float) -> None:
        """Let time pass without anybody having slept."""
        self._passed += seconds
