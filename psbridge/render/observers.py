"""Observers of one command: notes and heartbeats to stderr, events as JSON Lines to stdout, or a progress bar.

An observer may raise, as its stream may be closed; who calls it keeps that from stopping the run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from psbridge.clock import Clock
from psbridge.documents import encoding
from psbridge.documents.progress import LogDocument, StartedDocument, StatusDocument
from psbridge.models import events
from psbridge.models.output import OutputFormat
from psbridge.models.target import Target
from psbridge.render.event_text import Said, progress, say
from psbridge.render.progress import TerminalProgress
from psbridge.render.terminal import Terminal
from psbridge.render.writers import render

Write = Callable[[str], object]
EVERY = 30.0
"""Seconds between two heartbeats."""


def said_line(said: Said, output: OutputFormat | str = OutputFormat.TABLE, terminal: Terminal | None = None) -> str:
    """Return a sentence as one line of stderr: a JSON object where the output is json or jsonl."""
    return render(LogDocument.of(said.level, said.text, source=said.source), output, terminal)


class Notes:
    """Writes what is to be said once: warnings, retries, the host's own records.

    Args:
        write: takes one line without its newline.
        output: the format of the command's result.
        verbosity: the number of `-v`; -1 for `-q`, which leaves warnings only.
        terminal: what stderr can show.
    """

    def __init__(
        self,
        write: Write,
        output: OutputFormat | str = OutputFormat.TABLE,
        verbosity: int = 0,
        terminal: Terminal | None = None,
    ) -> None:
        self._write = write
        self._output = output
        self._verbosity = verbosity
        self._terminal = terminal

    def __call__(self, event: events.Event) -> None:
        """Write the event's line, if it has one."""
        said = say(event, max(self._verbosity, 0))
        if said and (self._verbosity >= 0 or said.level == "warning"):
            self._write(said_line(said, self._output, self._terminal))


class Heartbeat:
    """Writes how far the operation is: one line at most each 30 s, the first at once.

    Args:
        write: takes one line without its newline.
        clock: whose `monotonic()` spaces the lines.
        output: the format of the command's result.
    """

    def __init__(self, write: Write, clock: Clock, output: OutputFormat | str = OutputFormat.TABLE) -> None:
        self._write = write
        self._clock = clock
        self._output = OutputFormat(output)
        self._next = float("-inf")

    def __call__(self, event: events.Event) -> None:
        """Write the event's line, if it has one and the last is long enough ago."""
        # That a session is opened is worth a bar's moment, not a line in every log of a list.
        text = None if isinstance(event, events.Connecting) else progress(event)
        now = self._clock.monotonic()
        if text is None or now < self._next:
            return
        self._next = now + EVERY
        self._write(said_line(Said("info", text), self._output) if self._output.machine else text)


class JsonLines:
    """Writes `started` and `status` documents as they happen; the result is the caller's last line.

    Args:
        target: where the operation works.
        write: takes one line without its newline.
        result: the kind of the result, `started` where nothing is waited for.
    """

    def __init__(self, target: Target, write: Write, result: str = "verdict") -> None:
        self._target = target
        self._write = write
        self._result = result

    def __call__(self, event: events.Event) -> None:
        """Write the event's document, if it has one."""
        match event:
            case events.Started() if self._result != "started":
                self._write(encoding.to_json(StartedDocument.of(self._target, event), line=True))
            case events.Status():
                self._write(encoding.to_json(StatusDocument.of(self._target, event), line=True))
            case _:
                pass


@contextmanager
def watch(
    target: Target,
    output: OutputFormat,
    *,
    out: TextIO,
    err: TextIO,
    clock: Clock,
    terminal: Terminal,
    verbosity: int = 0,
    result: str = "verdict",
) -> Iterator[tuple[events.Observer, ...]]:
    """Show events while the context lasts; what is given are the observers of the operation.

    They are several, for each may fail alone: a stderr that takes nothing must not cost stdout its lines.

    Args:
        target: where the operation works.
        output: the format of the result; json and jsonl make every line of stderr a JSON object.
        out: stdout, for JSON Lines.
        err: stderr, for everything else.
        clock: spaces the heartbeats.
        terminal: what stderr can show.
        verbosity: the number of `-v`; -1 for `-q`: no bar and no heartbeat, warnings only.
        result: the kind of document that the command ends with, which is no observer's to write.
    """
    if terminal.tty and not output.machine:
        with TerminalProgress(err, clock, terminal, verbosity) as bar:
            yield (bar,)
        return
    observers: list[events.Observer] = [Notes(_lines(err), output, verbosity, terminal)]
    if verbosity >= 0:
        observers.append(Heartbeat(_lines(err), clock, output))
    if output is OutputFormat.JSONL:
        observers.append(JsonLines(target, _lines(out), result))
    yield tuple(observers)


def _lines(stream: TextIO) -> Write:
    """Return a writer of whole lines that are out at once, even into a pipe."""
    return lambda line: print(line, file=stream, flush=True)
