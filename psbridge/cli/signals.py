"""Ctrl-C and SIGTERM: interrupts take effect between two steps, and never while the start request is sent."""

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

_PATIENCE = 15.0
"""Seconds to wait for the answer to the start request after an interrupt."""
HEEDED = (signal.SIGINT, signal.SIGTERM)
"""A signal that the caller ignores, as a shell does for background jobs, stays ignored."""
MACHINE = frozenset(it for it in OutputFormat if it.machine)
"""The formats in which every line of stderr is an object."""


class SignalMessages:
    """The messages of a signal handler, and what is known of the backup.

    Lines are written past every buffer, because the interrupted code may be in the middle of a write. No module is loaded.
    """

    def __init__(self, *, machine: bool = False, command: str = "psbridge") -> None:
        self.machine = machine
        self.command = command
        self.log: LogFile | None = None
        self._trigger = Trigger.NOT_SENT
        self._id: str | None = None
        self._verdict: str | None = None
        self._reading = False

    def observe(self, event: Event) -> None:
        """Remember what an event reports about the backup."""
        from psbridge.models.events import Decided, Intent, Queued, Started, Status, StoreRead

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
                if verdict.backup is not None:
                    self._id = verdict.backup.id
            case StoreRead():
                self._reading = True
            case _:
                pass

    def know(self, id: str | None) -> None:
        """Remember which backup the command is about."""
        self._id = id

    def say(self, text: str) -> None:
        """Write an info line."""
        line: dict[str, Any] = {"schema_version": 1, "kind": "log", "level": "info", "source": "psbridge"}
        _write(json.dumps(line | {"message": well_formed(text)}) if self.machine else f"psbridge: {text}")

    def leave(self, signal: str) -> None:
        """Report that psbridge stops at once, and what that means for the backup."""
        if sys.stderr.isatty():
            os.write(2, b"\x1b[?25h")  # a progress bar may have hidden the cursor
        stop = self.explain(Interrupted(f"interrupted by {signal} again; stopped at once"))
        _write(error_text(stop, machine=self.machine))
        self.log_end(stop)

    def log_end(self, stop: Interrupted) -> None:
        """Write to the log file that psbridge stops at once."""
        if self.log is not None:
            self.log.leave(stop)

    def explain(self, stop: Interrupted) -> Interrupted:
        """Return an interrupt with what is known of the backup, if it has no hint yet."""
        if stop.hint is None:
            stop.trigger = self._trigger if stop.trigger is Trigger.NOT_SENT else stop.trigger
            stop.id = stop.id or self._id
            stop.hint = self._what_now(stop.id, stop.trigger)
        return stop

    def _what_now(self, id: str | None, trigger: Trigger) -> str:
        if id and self._verdict and self._reading:
            return (
                f"The verdict is {self._verdict}; its verification in the store was cut off. Verify it again, with the same "
                f"--store and --key: {self.command} backup verify {id}"
            )
        if id and self._verdict:
            return f"The verdict is {self._verdict}. Judge the backup again: {self.command} backup confirm {id}"
        return after_trigger(self.command, id) if id or trigger is Trigger.UNKNOWN else NOTHING_STARTED


def error_text(problem: PsbridgeError, *, machine: bool) -> str:
    """Return the text of an error, made with the standard library only: an object for machines, sentences for people."""
    if not machine:
        hint = f"\nhint: {problem.hint}" if problem.hint else ""
        return f"error: {problem.message}{hint}" + (
            f"\nMore: psbridge explain {problem.explain}" if problem.explain else ""
        )
    facts = {
        "code": problem.code,
        "exit_code": int(problem.exit_code),
        "message": well_formed(problem.message),
        "hint": well_formed(problem.hint) if problem.hint else problem.hint,
        "id": problem.id,
        "trigger": str(problem.trigger),
        "detail": {},
        "explain": problem.explain,
    }
    return json.dumps({"schema_version": 1, "kind": "error", "error": facts})


def _write(text: str) -> None:
    os.write(2, f"{text}\n".encode(errors="replace"))


class EarlyInterrupt(BaseException):
    """A signal while the command line was read. It is a BaseException, so that no framework catches it."""


def interrupt_early(messages: SignalMessages) -> None:
    """Let a signal raise `EarlyInterrupt` until a command sets its own handlers; a second signal stops psbridge at once."""
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
    """Ignore a signal: the command has ended and its exit code is known."""


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
        """Handle signals in the body, then restore the old handlers."""
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
        """Delay an interrupt until the body is done, or for 15 seconds.

        An earlier interrupt that a library caught is raised again, before the body begins.
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
            return  # the exit code is known
        self._caught += 1
        self._name = signal.Signals(number).name
        if self._caught > 1:
            _leave(self.messages, number)
        if self._critical:
            self.messages.say("waiting up to 15s for the answer to the start request; interrupt again to stop at once")
            signal.setitimer(signal.ITIMER_REAL, _PATIENCE)
            return
        raise self._interrupted()

    def _on_alarm(self, _number: int, _frame: FrameType | None) -> None:
        raise self._interrupted()

    def _interrupted(self) -> Interrupted:
        return Interrupted(f"interrupted by {self._name}", trigger=Trigger.NOT_SENT)


@contextmanager
def until_interrupted(messages: SignalMessages) -> Iterator[threading.Event]:
    """Yield an event that a signal sets; a second signal stops psbridge at once.

    A closed terminal (SIGHUP) sets it too.
    """
    over = threading.Event()

    def heed(_number: int, _frame: FrameType | None) -> None:
        if over.is_set():
            messages.say("stopped at once")
            messages.log_end(Interrupted("stopped at once"))
            os._exit(ExitCode.INTERRUPTED)
        over.set()

    for number in (*HEEDED, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, heed)
    yield over


def _leave(messages: SignalMessages, number: int) -> NoReturn:
    """Stop now; what was written to disk stays there."""
    messages.leave(signal.Signals(number).name)
    os._exit(ExitCode.INTERRUPTED)
