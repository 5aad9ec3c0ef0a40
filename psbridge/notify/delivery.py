"""Send several notifications at the same time, each within one time limit, whatever its server does.

A name that does not resolve, a server that sends a byte a minute, or a library that blocks can't be interrupted. So each is
sent by a thread of its own that is left behind when the time is over: its connection is closed and its process killed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

import msgspec

from psbridge.clock import Clock, Deadline
from psbridge.errors import ConfigError, ExitCode


class NotSent(Exception):
    """A notification did not arrive; the text says why, without the URL.

    Attributes:
        code: what `monitor test` ends with.
    """

    code = ExitCode.UNREACHABLE


class Unusable(NotSent):
    """It can't be sent from this machine as it is configured."""

    code = ExitCode.CONFIG


class TimedOut(NotSent):
    """Its time was over."""


class Attempt:
    """One notification that is being sent.

    Args:
        deadline: when it must be over.
    """

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._closers: list[Callable[[], object]] = []

    @property
    def remaining(self) -> float:
        """The seconds left; more than 0, because 0 means "for ever" to some libraries."""
        return max(self._deadline.remaining(), 0.001)

    @property
    def over(self) -> bool:
        """Whether it was given up."""
        return self._over.is_set()

    def pause(self, seconds: float) -> None:
        """Wait before a retry; ends early if the attempt is given up."""
        self._over.wait(min(seconds, self.remaining))

    def closing(self, closer: Callable[[], object]) -> None:
        """Have something closed when the attempt is given up; at once, if it already was."""
        with self._lock:
            if not self.over:
                self._closers.append(closer)
                return
        _close(closer)

    def give_up(self) -> None:
        """Close what it uses."""
        with self._lock:
            self._over.set()
            closers, self._closers = self._closers, []
        for closer in closers:
            _close(closer)


def _close(closer: Callable[[], object]) -> None:
    with suppress(Exception):
        closer()


class Way(msgspec.Struct, frozen=True):
    """One way to notify.

    Attributes:
        label: its name for people.
        send: sends; raises `NotSent`, or `ConfigError` if its URL can't be read.
    """

    label: str
    send: Callable[[Attempt], None]


class Outcome(msgspec.Struct, frozen=True):
    """What became of a notification; `why` is None if it arrived, and `code` is `OK`."""

    label: str
    why: str | None = None
    code: ExitCode = ExitCode.OK


def deliver(ways: Sequence[Way], clock: Clock, seconds: float) -> list[Outcome]:
    """Send by all ways at the same time and return what became of each, after `seconds` at most.

    Raises:
        psbridge.errors.Interrupted: a signal handler raised it; everything is given up.
    """
    deadline = Deadline.after(clock, seconds)
    running = [_Running(way, Attempt(deadline)) for way in ways]
    try:
        for each in running:
            each.ended.wait(each.attempt.remaining)
        # Before what still runs is cut off: half an answer must not count as one.
        return [
            each.outcome or Outcome(each.way.label, f"timed out after {seconds:g}s", ExitCode.UNREACHABLE)
            for each in running
        ]
    finally:
        for each in running:
            each.attempt.give_up()


class _Running:
    """A way at work."""

    def __init__(self, way: Way, attempt: Attempt) -> None:
        self.way = way
        self.attempt = attempt
        self.outcome: Outcome | None = None
        self.ended = threading.Event()
        threading.Thread(target=self._run, name="psbridge-notify", daemon=True).start()

    def _run(self) -> None:
        try:
            self.way.send(self.attempt)
        except TimedOut:
            pass  # which is what no outcome means
        except NotSent as problem:
            self.outcome = Outcome(self.way.label, str(problem), problem.code)
        except ConfigError as problem:
            listed = problem.detail.get("problems")
            self.outcome = Outcome(
                self.way.label, str(listed[0]["message"]) if listed else problem.message, problem.exit_code
            )
        except Exception as bug:  # noqa: BLE001 - its text may hold the URL, and nothing here may change a result
            self.outcome = Outcome(self.way.label, f"a bug of psbridge: {type(bug).__name__}", ExitCode.INTERNAL)
        else:
            self.outcome = Outcome(self.way.label)
        finally:
            self.ended.set()
