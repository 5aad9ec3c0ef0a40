"""What a signal's handler says: whole lines past every buffer, for what it stopped may be in the midst of a write."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

from psbridge.errors import Interrupted, PsbridgeError, Trigger, what_now
from psbridge.models.output import OutputFormat
from psbridge.wellformed import well_formed

if TYPE_CHECKING:
    from psbridge.cli.logfile import LogFile
    from psbridge.models.events import Event


MACHINE = frozenset(it for it in OutputFormat if it.machine)
"""The formats in which every line of stderr is an object."""


class LastWords:
    """What is known of the backup when nothing can be asked any more, and the words for it.

    Attributes:
        machine: whether each line is an object, as under `-o json`.
        command: how to call psbridge for the same target again.
        log: the `--log-file`, if there is one.
    """

    def __init__(self, *, machine: bool = False, command: str = "psbridge") -> None:
        self.machine = machine
        self.command = command
        self.log: LogFile | None = None
        self._trigger = Trigger.NOT_SENT
        self._id: str | None = None
        self._verdict: str | None = None

    def observe(self, event: Event) -> None:
        """Keep what an event tells of the backup."""
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
        stop = self._end(signal)
        _write(bare(stop, machine=self.machine))
        self.log_end(stop)

    def log_end(self, stop: Interrupted) -> None:
        """Write to the log that psbridge ends at once."""
        if self.log is not None:
            self.log.leave(stop)

    def _end(self, signal: str) -> Interrupted:
        return self.told(Interrupted(f"interrupted by {signal} again; left at once"))

    def told(self, stop: Interrupted) -> Interrupted:
        """Return an interrupt that says what is known of the backup, where it does not say so itself."""
        if stop.hint is None:
            stop.trigger = self._trigger if stop.trigger is Trigger.NOT_SENT else stop.trigger
            stop.id = stop.id or self._id
            stop.hint = self._what_now(stop.id, stop.trigger)
        return stop

    def _what_now(self, id: str | None, trigger: Trigger) -> str:
        if id and self._verdict:
            return f"The backup has been judged {self._verdict}. Judge it again: {self.command} backup confirm {id}"
        return what_now(self.command, id) if id or trigger is Trigger.UNKNOWN else "No backup was started."


def bare(problem: PsbridgeError, *, machine: bool) -> str:
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
