"""The clock of an emulated host: time, threads, events and conditions.

Nothing else in the emulator reads a monotonic clock, starts a thread or makes an event or condition of its own; so a test
can replace it by a clock that advances when all threads wait. What a process does (`engines/pwsh`) knows real time only.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """A clock, and a factory of threads, events and conditions."""

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
