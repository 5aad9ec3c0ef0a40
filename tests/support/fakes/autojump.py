"""A clock that moves by itself when nobody can do anything but wait: hours pass in the time that the computing takes.

    network = Loopback(AutojumpClock())        # registers the thread that makes it; see `tests.support.fakes.loopback`
    with network.emulated() as running, Stamp(target, state=folder, clock=network.clock) as client:
        client.backups.run(StartOptions())     # 20 minutes, as a backup takes

One object is both `psbridge.clock.Clock` and `psbridge.emulator.clock.Clock`. Each thread that `thread` makes is known to
it, as is the one that made it. Such a thread either waits on the clock (in `sleep`, in an event or condition that the
clock made, in the `join` of a thread that it made, or in a read or write of a `Loopback` socket), or it can run. As long as
one can run, time stands still, however slow the machine is. When the last one begins to wait, and nothing that anybody
waits for has come, time goes on to the earliest moment at which one of them gives up waiting.

Rules for tests: start threads with `clock.thread(...)`, never with `threading.Thread`; wait for them with their `join`.
Waiting on anything else (a lock, a process, a real socket) counts as running, so it holds time; what is measured on this
clock then never ends. Where everybody waits and nobody for a limited time, each wait raises `Deadlock`.
"""

from __future__ import annotations

import math
import os
import select
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from psbridge.clock import Clock, SystemClock

START: Final = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


class Deadlock(RuntimeError):
    """Every thread waits, and none for a limited time."""


class _Wait:
    """One thread's wait, until `until`, for `come()` to say that what it waits for has come."""

    def __init__(self, until: float, come: Callable[[], bool], *, known: bool) -> None:
        self.until = until
        self.come = come
        self.known = known
        self.deadlocked = False
        self._bell = os.eventfd(0)

    def wake(self) -> None:
        os.eventfd_write(self._bell, 1)

    def block(self, fd: int | None, mask: int) -> None:
        """Block until `wake`, or until the kernel has something for `fd`."""
        poll = select.poll()
        poll.register(self._bell, select.POLLIN)
        if fd is not None:
            with suppress(OSError):
                poll.register(fd, mask)
        poll.poll()

    def close(self) -> None:
        os.close(self._bell)


class AutojumpClock:
    """See the module. `sleep` with what is not above zero returns at once, as the real clock's does.

    Attributes:
        passed: seconds since it was made.
        jumps: how often time went on.
    """

    def __init__(self, start: datetime = START) -> None:
        self.jumps = 0
        self._start = start
        self.passed = 0.0
        self._lock = threading.Lock()
        self._known = {threading.current_thread()}
        self._running = 1
        self._waits: list[_Wait] = []

    # -- psbridge.clock.Clock, and what of psbridge.emulator.clock.Clock tells the time --------------------------------

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return 1000.0 + self.passed

    @property
    def running(self) -> int:
        """How many of its threads can run."""
        return self._running

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            self.wait(lambda: False, seconds)

    # -- what waits ----------------------------------------------------------------------------------------------------

    def event(self) -> threading.Event:
        return _Event(self)

    def condition(self) -> threading.Condition:
        return _Condition(self)

    def thread(self, target: Callable[..., object], *args: object, name: str = "test") -> threading.Thread:
        return _Thread(self, target=target, args=args, name=name, daemon=True)

    def advance(self, seconds: float) -> None:
        """Let time pass at once; who waits for less is woken."""
        with self._lock:
            self._move(self.passed + seconds)

    def wait(
        self, come: Callable[[], bool], seconds: float | None = None, *, fd: int | None = None, mask: int = 0
    ) -> bool:
        """Wait until `come()`, `seconds` at most; return what `come()` says then.

        Args:
            come: is asked from any thread; where it changes, somebody calls `look`, or the kernel knows it of `fd`.
            seconds: None for ever.
            fd, mask: as for `select.poll`.

        Raises:
            Deadlock: everybody waits, and nobody for a limited time.
        """
        known = threading.current_thread() in self._known
        with self._lock:
            if come() or (seconds is not None and seconds <= 0):
                return come()
            wait = _Wait(math.inf if seconds is None else self.passed + seconds, come, known=known)
            self._waits.append(wait)
            self._running -= known
            self._jump()
        try:
            wait.block(fd, mask)
        finally:
            with self._lock:
                if wait in self._waits:  # the kernel woke it, or a signal
                    self._waits.remove(wait)
                    self._running += known
            wait.close()
        if wait.deadlocked:
            raise Deadlock(f"{threading.current_thread().name}: everybody waits, and nobody for a limited time")
        return come()

    def look(self) -> None:
        """Wake those for whom what they wait for has come."""
        with self._lock:
            for wait in [wait for wait in self._waits if wait.come()]:
                self._wake(wait)

    def enter(self, thread: threading.Thread) -> None:
        """Know a thread that is about to run."""
        with self._lock:
            self._known.add(thread)
            self._running += 1

    def leave(self, thread: threading.Thread) -> None:
        """Forget a thread that does not run any more."""
        with self._lock:
            self._known.discard(thread)
            self._running -= 1
            for wait in [wait for wait in self._waits if wait.come()]:
                self._wake(wait)
            self._jump()

    # -- under the lock ------------------------------------------------------------------------------------------------

    def _wake(self, wait: _Wait) -> None:
        """End a wait; its thread counts as running from here on, whenever the system lets it."""
        self._waits.remove(wait)
        self._running += wait.known
        wait.wake()

    def _jump(self) -> None:
        """Let time go on if all wait, and nothing has come that the kernel has not told its thread yet."""
        if self._running or not self._waits or any(wait.come() for wait in self._waits):
            return
        until = min(wait.until for wait in self._waits)
        if until == math.inf:
            for wait in list(self._waits):
                wait.deadlocked = True
                self._wake(wait)
            return
        self.jumps += 1
        self._move(until)

    def _move(self, until: float) -> None:
        self.passed = max(self.passed, until)
        for wait in [wait for wait in self._waits if wait.until <= self.passed]:
            self._wake(wait)


class CurrentClock:
    """Stands for the clock of the host that a test is about, in modules that name one clock for all their tests.

    Attributes:
        clock: set by who makes the host; the real one until then.
    """

    def __init__(self) -> None:
        self.clock: Clock = SystemClock()

    def now(self) -> datetime:
        return self.clock.now()

    def monotonic(self) -> float:
        return self.clock.monotonic()

    def sleep(self, seconds: float) -> None:
        self.clock.sleep(seconds)


class _Event(threading.Event):
    def __init__(self, clock: AutojumpClock) -> None:
        super().__init__()
        self._clock = clock

    def set(self) -> None:
        super().set()
        self._clock.look()

    def wait(self, timeout: float | None = None) -> bool:
        return self._clock.wait(self.is_set, timeout)


class _Condition(threading.Condition):
    def __init__(self, clock: AutojumpClock) -> None:
        super().__init__(threading.Lock())
        self._clock = clock
        self._notified: list[list[bool]] = []  # one cell for each who waits

    def wait(self, timeout: float | None = None) -> bool:
        cell = [False]
        self._notified.append(cell)
        self.release()
        try:
            return self._clock.wait(lambda: cell[0], timeout)
        finally:
            self.acquire()
            self._notified.remove(cell)

    def wait_for(self, predicate: Callable[[], Any], timeout: float | None = None) -> Any:
        until = None if timeout is None else self._clock.monotonic() + timeout
        while not (result := predicate()):
            left = None if until is None else until - self._clock.monotonic()
            if left is not None and left <= 0:
                break
            self.wait(left)
        return result

    def notify(self, n: int = 1) -> None:
        for cell in [cell for cell in self._notified if not cell[0]][:n]:
            cell[0] = True
        self._clock.look()

    def notify_all(self) -> None:
        self.notify(len(self._notified))


class _Thread(threading.Thread):
    def __init__(self, clock: AutojumpClock, **how: Any) -> None:
        super().__init__(**how)
        self._clock = clock
        self._over = False

    def start(self) -> None:
        self._clock.enter(self)
        try:
            super().start()
        except BaseException:
            self._clock.leave(self)
            raise

    def run(self) -> None:
        try:
            super().run()
        finally:
            self._over = True
            self._clock.leave(self)

    def join(self, timeout: float | None = None) -> None:
        if self._clock.wait(lambda: self._over, timeout):
            super().join()  # it waits for nothing any more; until it has ended, it is among the threads of the process
