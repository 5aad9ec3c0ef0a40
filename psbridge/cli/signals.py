"""Ctrl-C and SIGTERM: an interrupt between two steps, never in the one that must not be cut (design 1)."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from psbridge.cli.last_words import LastWords
from psbridge.errors import ExitCode, Interrupted, Trigger

# How long the critical block may go on after an interrupt: the answer to the trigger is worth waiting for.
_PATIENCE = 15.0


# One that the caller ignores, as a shell does for its background jobs, stays ignored.
HEEDED = (signal.SIGINT, signal.SIGTERM)


class EarlyInterrupt(BaseException):
    """A signal that came while the command line was read. No framework takes it for an exception of its own."""


def interrupt_early(*, machine: bool) -> None:
    """Until a command's own handlers are there, let a signal raise `EarlyInterrupt`, and a second one leave at once."""
    early = _Early(LastWords(machine=machine))
    for number in HEEDED:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, early)


class _Early:
    def __init__(self, words: LastWords) -> None:
        self._words = words

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        for number in HEEDED:
            signal.signal(number, lambda number, _: _leave(self._words, number))
        raise EarlyInterrupt


def _over(_number: int, _frame: FrameType | None) -> None:
    """The command has ended and its code is known: nothing is left to interrupt."""


class Signals:
    """Turns signals into `Interrupted`, raised on the main thread.

    Attributes:
        words: what is said where nothing can be raised.
    """

    def __init__(self, *, machine: bool = False) -> None:
        self.words = LastWords(machine=machine)
        self._critical = False
        self._caught = 0
        self._over = False
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
            self._over = True
            for number, handler in old.items():
                signal.signal(number, _over if isinstance(handler, _Early) else handler)

    @contextmanager
    def critical(self) -> Iterator[None]:
        """Hold an interrupt back until the body is done, or 15 seconds have passed.

        One that came before, and that a library took for an error of its own, is not forgotten: the body is not begun.
        """
        if self._caught:
            raise self._interrupted()
        self._critical = True
        try:
            yield
        finally:
            self._critical = False
            signal.setitimer(signal.ITIMER_REAL, 0)
        if self._caught:
            raise self._interrupted()

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self._over:
            return  # the code is known
        self._caught += 1
        self._name = signal.Signals(number).name
        if self._caught > 1:
            _leave(self.words, number)
        if self._critical:
            self.words.say("waiting for the answer to the trigger, 15 s at most; again to leave at once")
            signal.setitimer(signal.ITIMER_REAL, _PATIENCE)
            return
        raise self._interrupted()

    def _on_alarm(self, _number: int, _frame: FrameType | None) -> None:
        raise self._interrupted()

    def _interrupted(self) -> Interrupted:
        return Interrupted(f"interrupted by {self._name}", trigger=Trigger.NOT_SENT)


@contextmanager
def until_interrupted(words: LastWords) -> Iterator[threading.Event]:
    """Yield an event that a signal sets, for what runs until it is told to end; a second signal leaves at once.

    A closed terminal (SIGHUP) ends it too.

    Args:
        words: what is said then.
    """
    over = threading.Event()

    def heed(_number: int, _frame: FrameType | None) -> None:
        if over.is_set():
            words.say("left at once")
            words.log_end(Interrupted("left at once"))
            os._exit(ExitCode.INTERRUPTED)
        over.set()

    for number in (*HEEDED, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, heed)
    yield over


def _leave(words: LastWords, number: int) -> NoReturn:
    """Leave now: what was on disk is on disk."""
    words.leave(signal.Signals(number).name)
    os._exit(ExitCode.INTERRUPTED)
