"""Ctrl-C and SIGTERM: an interrupt between two steps, never in the one that must not be cut (design 1)."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from psbridge.errors import ExitCode, Interrupted, Trigger

# How long the critical block may go on after an interrupt: the answer to the trigger is worth waiting for.
_PATIENCE = 15.0


# One that the caller ignores, as a shell does for its background jobs, stays ignored.
HEEDED = (signal.SIGINT, signal.SIGTERM)


class EarlyInterrupt(BaseException):
    """A signal that came while the command line was read. No framework takes it for an exception of its own."""


def interrupt_early() -> None:
    """Until a command's own handlers are there, let a signal raise `EarlyInterrupt`, and a second one leave at once."""
    for number in HEEDED:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _early)


def _early(_number: int, _frame: FrameType | None) -> None:
    for number in HEEDED:
        signal.signal(number, lambda *_: _leave())
    raise EarlyInterrupt


def _over(_number: int, _frame: FrameType | None) -> None:
    """The command has ended and its code is known: nothing is left to interrupt."""


class Signals:
    """Turns signals into `Interrupted`, raised on the main thread."""

    def __init__(self) -> None:
        self._critical = False
        self._caught = 0
        self._name = ""

    @contextmanager
    def handled(self) -> Iterator[None]:
        """Handle signals in the body, and put the old handlers back."""
        old = {
            number: signal.signal(number, self._on_signal)
            for number in HEEDED
            if signal.getsignal(number) != signal.SIG_IGN
        }
        old[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._on_alarm)
        try:
            yield
        finally:
            for number, handler in old.items():
                signal.signal(number, _over if handler is _early else handler)

    @contextmanager
    def critical(self) -> Iterator[None]:
        """Hold an interrupt back until the body is done, or 15 seconds have passed."""
        self._critical = True
        try:
            yield
        finally:
            self._critical = False
            signal.setitimer(signal.ITIMER_REAL, 0)
        if self._caught:
            raise self._interrupted()

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._caught += 1
        self._name = signal.Signals(number).name
        if self._caught > 1:
            _leave()
        if self._critical:
            _say("waiting for the answer to the trigger, 15 s at most; again to leave at once")
            signal.setitimer(signal.ITIMER_REAL, _PATIENCE)
            return
        raise self._interrupted()

    def _on_alarm(self, _number: int, _frame: FrameType | None) -> None:
        raise self._interrupted()

    def _interrupted(self) -> Interrupted:
        return Interrupted(f"interrupted by {self._name}", trigger=Trigger.NOT_SENT)


@contextmanager
def until_interrupted() -> Iterator[threading.Event]:
    """Yield an event that a signal sets, for what runs until it is told to end; a second signal leaves at once.

    A closed terminal (SIGHUP) ends it too.
    """
    over = threading.Event()

    def heed(_number: int, _frame: FrameType | None) -> None:
        if over.is_set():
            _say("left at once")
            os._exit(ExitCode.INTERRUPTED)
        over.set()

    for number in (*HEEDED, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, heed)
    yield over


def _say(text: str) -> None:
    os.write(2, f"psbridge: {text}\n".encode())


def _leave() -> NoReturn:
    """Leave now: what was on disk is on disk, and the journal says how far it had come."""
    if sys.stderr.isatty():
        os.write(2, b"\x1b[?25h")  # a progress bar may have hidden the cursor
    _say("left at once; `psbridge run list` says how far it had come")
    os._exit(ExitCode.INTERRUPTED)
