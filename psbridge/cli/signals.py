"""Ctrl-C and SIGTERM: an interrupt between two steps, never in the one that must not be cut (design 1)."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from psbridge.errors import ExitCode, Interrupted, Trigger

# How long the critical block may go on after an interrupt: the answer to the trigger is worth waiting for.
_PATIENCE = 15.0


class Signals:
    """Turns signals into `Interrupted`, raised on the main thread."""

    def __init__(self) -> None:
        self._critical = False
        self._caught = 0
        self._name = ""

    @contextmanager
    def handled(self) -> Iterator[None]:
        """Handle signals in the body, and put the old handlers back."""
        old = {number: signal.signal(number, self._on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
        old[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._on_alarm)
        try:
            yield
        finally:
            for number, handler in old.items():
                signal.signal(number, handler)

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


def _say(text: str) -> None:
    os.write(2, f"psbridge: {text}\n".encode())


def _leave() -> NoReturn:
    """Leave now: what was on disk is on disk, and the journal says how far it had come."""
    if sys.stderr.isatty():
        os.write(2, b"\x1b[?25h")  # a progress bar may have hidden the cursor
    _say("left at once; `psbridge run list` says how far it had come")
    os._exit(ExitCode.INTERRUPTED)
