"""The progress bar of a terminal, an observer of events."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from psbridge.clock import Clock
from psbridge.models import events
from psbridge.render import blocks
from psbridge.render.event_text import progress, say
from psbridge.render.formatting import duration
from psbridge.render.terminal import Terminal

if TYPE_CHECKING:
    from rich.progress import Progress

_STYLES = {"warning": blocks.WARN, "info": blocks.PLAIN, "debug": blocks.DIM}


class TerminalProgress:
    """A bar with what happens, roles, elapsed time and an estimate; a spinner while there is no estimate.

    A context manager: the bar is there inside it, and gone after. What is to be said once is written above the bar.

    Args:
        stream: stderr.
        clock: whose `monotonic()` measures the time elapsed.
        terminal: what stderr can show.
        verbosity: the number of `-v`; -1 for `-q`, which leaves warnings only.
    """

    def __init__(self, stream: TextIO, clock: Clock, terminal: Terminal, verbosity: int = 0) -> None:
        self._verbosity = verbosity
        self._quiet = verbosity < 0
        self._progress = _bar(stream, clock, terminal, disable=self._quiet)
        self._task = self._progress.add_task("", total=None, about="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def __call__(self, event: events.Event) -> None:
        """Show the event."""
        said = say(event, max(self._verbosity, 0))
        if said and (not self._quiet or said.level == "warning"):
            from rich.text import Text

            prefix = "host: " if said.source == "host" else ""
            self._progress.console.print(Text(prefix + said.text, style=_STYLES[said.level]))
        if isinstance(event, events.Status):
            self._status(event)
        elif (text := progress(event)) is not None:
            self._progress.update(self._task, description=text, total=None, about="")

    def _status(self, event: events.Status) -> None:
        eta = event.eta_seconds
        about = [f"{event.roles_done or 0}/{event.roles_total} roles"] if event.roles_total else []
        about += [f"about {duration(eta)} left"] if eta is not None else []
        word = (event.backup.status if event.backup else None) or "waiting for the stamp to show it"
        self._progress.update(
            self._task,
            description=blocks.Cell(word).text,
            total=None if eta is None else max(event.elapsed_seconds + eta, 1.0),
            completed=event.elapsed_seconds,
            about=", ".join(about),
        )


def _bar(stream: TextIO, clock: Clock, terminal: Terminal, *, disable: bool) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(
        file=stream,
        force_terminal=terminal.tty,
        no_color=not terminal.color,
        width=terminal.width,
        markup=False,
        emoji=False,
        highlight=False,
    )
    return Progress(
        SpinnerColumn("line"),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        TimeElapsedColumn(),
        TextColumn("{task.fields[about]}", markup=False),
        console=console,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
        get_time=clock.monotonic,
        disable=disable,
    )
