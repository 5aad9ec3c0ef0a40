"""Time, and all that waits for it, as one value that an emulated host hands down.

Nothing else in the emulator reads a monotonic clock, starts a thread or makes an event or condition of its own; so a test
can put one clock in their place that moves when everybody waits. What a process does (`engines/pwsh`) knows real time only.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time, and makes what waits."""

    def now(self) -> datetime:
        """Return the wall-clock time, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds from an arbitrary start, never going back."""
        ...

    def event(self) -> threading.Event:
        """Return an event whose `wait` is measured on this clock."""
        ...

    def condition(self) -> threading.Condition:
        """Return a condition whose `wait` is measured on this clock."""
        ...

    def thread(self, target: Callable[..., object], *args: object, name: str) -> threading.Thread:
        """Return a daemon thread, not started, that may wait on this clock."""
        ...


class SystemClock:
    """The real clock."""

    def now(self) -> datetime:
        """Return the machine's wall-clock time in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return `time.monotonic()`."""
        return time.monotonic()

    def event(self) -> threading.Event:
        """Return an event."""
        return threading.Event()

    def condition(self) -> threading.Condition:
        """Return a condition."""
        return threading.Condition()

    def thread(self, target: Callable[..., object], *args: object, name: str) -> threading.Thread:
        """Return a daemon thread."""
        return threading.Thread(target=target, args=args, name=name, daemon=True)


SYSTEM = SystemClock()
