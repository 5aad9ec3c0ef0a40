"""Observers of one command: notes and heartbeats to stderr, events as JSON Lines to stdout, or a progress bar.

An observer may raise, because its stream may be closed; the caller keeps that from stopping the run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from psbridge.clock import Clock
from psbridge.documents import encoding
from psbridge.documents.progress import LogDocument, StageDocument, StartedDocument, StatusDocument
from psbridge.models import events
from psbridge.models.output import OutputFormat
from psbridge.models.target import Target
from psbridge.render import blocks
from psbridge.render.event_text import Said, progress, say
from psbridge.render.formatting import duration
from psbridge.render.terminal import Terminal
from psbridge.render.writers import render

if TYPE_CHECKING:
    from rich.progress import Progress


Write = Callable[[str], object]
"""Takes one line without its newline."""
EVERY = 30.0
"""Seconds between two heartbeats."""


def said_line(said: Said, output: OutputFormat | str = OutputFormat.TABLE, terminal: Terminal | None = None) -> str:
    """Return a sentence as one line of stderr: a JSON object where the output is json or jsonl."""
    return render(LogDocument.of(said.level, said.text, source=said.source), output, terminal)


class Notes:
    """Writes warnings, retries and the host's own records, each once. The arguments are those of `watch`."""

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
        said = say(event, self._verbosity)
        if said and isinstance(event, events.StageEnded) and OutputFormat(self._output).machine:
            self._write(encoding.to_json(StageDocument.of(event), line=True))
        elif said:
            self._write(said_line(said, self._output, self._terminal))


class Heartbeat:
    """Writes the progress: at most one line per 30 s, the first at once."""

    def __init__(self, write: Write, clock: Clock, output: OutputFormat | str = OutputFormat.TABLE) -> None:
        self._write = write
        self._clock = clock
        self._output = OutputFormat(output)
        self._next = float("-inf")

    def __call__(self, event: events.Event) -> None:
        """Write the event's line, if it has one and the last is long enough ago."""
        # A bar shows that a session is opened; in a log this would be a line for every command.
        brief = isinstance(event, events.StoreRead) and event.elapsed_seconds < EVERY
        text = None if brief or isinstance(event, events.Connecting) else progress(event)
        now = self._clock.monotonic()
        if text is None or now < self._next:
            return
        self._next = now + EVERY
        self._write(said_line(Said("info", text), self._output) if self._output.machine else text)


class JsonLines:
    """Writes `started` and `status` documents as they happen; the result is the caller's last line.

    `result` is its kind: `started` without a wait.
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
    """Yield the observers that show the events of an operation.

    They are separate, because each may fail alone: an unwritable stderr must not cost stdout its lines.

    Args:
        target: where the operation works.
        output: the format of the result; json and jsonl make every line of stderr a JSON object.
        out: stdout, for JSON Lines.
        err: stderr, for everything else.
        clock: spaces the heartbeats.
        terminal: what stderr can show.
        verbosity: the number of `-v`; -1 for `-q`, which shows warnings only.
        result: the kind of document that the command ends with; no observer writes it.
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
    """Return a writer of lines that flushes each, even into a pipe."""
    return lambda line: print(line, file=stream, flush=True)


_STYLES = {"warning": blocks.WARN, "info": blocks.PLAIN, "debug": blocks.DIM}


class TerminalProgress:
    """A bar with the status, the roles, the elapsed time and an estimate; a spinner while there is no estimate.

    The bar lasts as long as the context. Notes are written above it.

    The arguments are those of `watch`, `stream` its `err`.
    """

    def __init__(self, stream: TextIO, clock: Clock, terminal: Terminal, verbosity: int = 0) -> None:
        self._verbosity = verbosity
        self._progress = _bar(stream, clock, terminal, disable=verbosity < 0)
        self._task = self._progress.add_task("", total=None, about="", before=0.0)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def __call__(self, event: events.Event) -> None:
        """Show the event."""
        if said := say(event, self._verbosity):
            from rich.text import Text

            prefix = "host: " if said.source == "host" else ""
            self._progress.console.print(Text(prefix + said.text, style=_STYLES[said.level]))
        if isinstance(event, events.Status):
            self._status(event)
        elif isinstance(event, events.StoreRead):
            self._store_read(event)
        elif (text := progress(event)) is not None:
            self._progress.update(self._task, description=text, total=None, about="")

    def _store_read(self, event: events.StoreRead) -> None:
        self._progress.update(
            self._task,
            description=event.level,
            total=max(event.of_bytes, 1),
            completed=event.bytes,
            about=(progress(event) or "").partition(": ")[2],
        )

    def _status(self, event: events.Status) -> None:
        eta = event.eta_seconds
        about = [f"{event.roles_done or 0}/{event.roles_total} roles"] if event.roles_total else []
        about += [f"about {duration(eta)} left"] if eta is not None else []
        word = (event.backup.status if event.backup else None) or "not listed by the stamp"
        self._progress.update(
            self._task,
            description=blocks.Cell(word).text,
            before=max(0.0, event.elapsed_seconds - (self._progress.tasks[0].elapsed or 0.0)),
            total=None if eta is None else max(event.elapsed_seconds + eta, 1.0),
            completed=event.elapsed_seconds,
            about=", ".join(about),
        )


def _bar(stream: TextIO, clock: Clock, terminal: Terminal, *, disable: bool) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn
    from rich.text import Text

    class Elapsed(ProgressColumn):
        """The time since the backup started, which may be before the wait did."""

        def render(self, task: Task) -> Text:
            return Text(duration((task.elapsed or 0.0) + task.fields["before"]))

    console = Console(
        file=stream,
        force_terminal=terminal.tty,
        no_color=not terminal.color,
        width=None if stream.isatty() else terminal.width,  # None: as wide as the terminal is now
        markup=False,
        emoji=False,
        highlight=False,
    )
    return Progress(
        SpinnerColumn("line"),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),  # fixed, so that a line seldom wraps when the terminal is narrowed
        Elapsed(),
        TextColumn("{task.fields[about]}", markup=False),
        console=console,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
        get_time=clock.monotonic,
        disable=disable,
    )
