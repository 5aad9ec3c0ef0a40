"""Ctrl-C and SIGTERM: an interrupt between two steps, never in the one that must not be cut, the trigger."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from psbridge.catalogue.hints import NOTHING_STARTED, after_trigger
from psbridge.errors import ExitCode, Interrupted, PsbridgeError, Trigger
from psbridge.models.output import OutputFormat
from psbridge.wellformed import well_formed

if TYPE_CHECKING:
    from psbridge.cli.log_file import LogFile
    from psbridge.models.events import Event

# How long the critical block may go on after an interrupt: the answer to the trigger is worth waiting for.
_PATIENCE = 15.0


# One that the caller ignores, as a shell does for its background jobs, stays ignored.
HEEDED = (signal.SIGINT, signal.SIGTERM)


MACHINE = frozenset(it for it in OutputFormat if it.machine)
"""The formats in which every line of stderr is an object."""


class SignalMessages:
    """What a handler says, and what is known of the backup then.

    It writes whole lines past every buffer, because what the handler stopped may be in the middle of a write. It loads
    nothing.
    """

    def __init__(self, *, machine: bool = False, command: str = "psbridge") -> None:
        self.machine = machine
        self.command = command
        self.log: LogFile | None = None
        self._trigger = Trigger.NOT_SENT
        self._id: str | None = None
        self._verdict: str | None = None

    def observe(self, event: Event) -> None:
        """Keep what an event says of the backup."""
        from psbridge.models.events import Decided, Intent, Queued, Started, Status

        match event:
            case Intent():
                self._trigger = Trigger.UNKNOWN
            case Started(id=id, action=action):
                self._trigger, self._id = Trigger.SENT if action == "started" else Trigger.NOT_SENT, id
            case Queued():
                self._trigger = Trigger.NOT_SENT
            case Status(id=id):
                self._id = id
            case Decided(verdict=verdict):
                self._verdict = str(verdict.judgement)
            case _:
                pass

    def know(self, id: str | None) -> None:
        """Keep which backup the command is about."""
        self._id = id

    def say(self, text: str) -> None:
        """Say what goes on."""
        line: dict[str, Any] = {"schema_version": 1, "kind": "log", "level": "info", "source": "psbridge"}
        _write(json.dumps(line | {"message": well_formed(text)}) if self.machine else f"psbridge: {text}")

    def leave(self, signal: str) -> None:
        """Say that psbridge ends at once, and what that means for the backup."""
        if sys.stderr.isatty():
            os.write(2, b"\x1b[?25h")  # a progress bar may have hidden the cursor
        stop = self.explain(Interrupted(f"interrupted by {signal} again; left at once"))
        _write(error_text(stop, machine=self.machine))
        self.log_end(stop)

    def log_end(self, stop: Interrupted) -> None:
        """Write to the log that psbridge ends at once."""
        if self.log is not None:
            self.log.leave(stop)

    def explain(self, stop: Interrupted) -> Interrupted:
        """Return an interrupt that says what is known of the backup, where it does not say so itself."""
        if stop.hint is None:
            stop.trigger = self._trigger if stop.trigger is Trigger.NOT_SENT else stop.trigger
            stop.id = stop.id or self._id
            stop.hint = self._what_now(stop.id, stop.trigger)
        return stop

    def _what_now(self, id: str | None, trigger: Trigger) -> str:
        if id and self._verdict:
            return f"The backup has been judged {self._verdict}. Judge it again: {self.command} backup confirm {id}"
        return after_trigger(self.command, id) if id or trigger is Trigger.UNKNOWN else NOTHING_STARTED


def error_text(problem: PsbridgeError, *, machine: bool) -> str:
    """Return an error's words made with the standard library alone: an object, or sentences for people."""
    if not machine:
        return f"error: {problem.message}" + (f"\nhint: {problem.hint}" if problem.hint else "")
    facts = {
        "code": problem.code,
        "exit_code": int(problem.exit_code),
        "message": well_formed(problem.message),
        "hint": well_formed(problem.hint) if problem.hint else problem.hint,
        "id": problem.id,
        "trigger": str(problem.trigger),
        "detail": {},
    }
    return json.dumps({"schema_version": 1, "kind": "error", "error": facts})


def _write(text: str) -> None:
    os.write(2, f"{text}\n".encode(errors="replace"))


class EarlyInterrupt(BaseException):
    """A signal that came while the command line was read. No framework takes it for an exception of its own."""


def interrupt_early(messages: SignalMessages) -> None:
    """Until a command's own handlers are there, let a signal raise `EarlyInterrupt`, and a second one leave at once."""
    early = _Early(messages)
    for number in HEEDED:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, early)


class _Early:
    def __init__(self, messages: SignalMessages) -> None:
        self._messages = messages

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        for number in HEEDED:
            signal.signal(number, lambda number, _: _leave(self._messages, number))
        raise EarlyInterrupt


def _over(_number: int, _frame: FrameType | None) -> None:
    """The command has ended and its code is known: nothing is left to interrupt."""


class Signals:
    """Turns signals into `Interrupted`, raised on the main thread."""

    def __init__(self, *, machine: bool = False) -> None:
        self.messages = SignalMessages(machine=machine)
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
            _leave(self.messages, number)
        if self._critical:
            self.messages.say("waiting for the answer to the trigger, 15 s at most; again to leave at once")
            signal.setitimer(signal.ITIMER_REAL, _PATIENCE)
            return
        raise self._interrupted()

    def _on_alarm(self, _number: int, _frame: FrameType | None) -> None:
        raise self._interrupted()

    def _interrupted(self) -> Interrupted:
        return Interrupted(f"interrupted by {self._name}", trigger=Trigger.NOT_SENT)


@contextmanager
def until_interrupted(messages: SignalMessages) -> Iterator[threading.Event]:
    """Yield an event that a signal sets, for what runs until it is asked to end; a second signal leaves at once.

    A closed terminal (SIGHUP) ends it too.
    """
    over = threading.Event()

    def heed(_number: int, _frame: FrameType | None) -> None:
        if over.is_set():
            messages.say("left at once")
            messages.log_end(Interrupted("left at once"))
            os._exit(ExitCode.INTERRUPTED)
        over.set()

    for number in (*HEEDED, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, heed)
    yield over


def _leave(messages: SignalMessages, number: int) -> NoReturn:
    """Leave now: what was on disk is on disk."""
    messages.leave(signal.Signals(number).name)
    os._exit(ExitCode.INTERRUPTED)
