"""The observers of one command put together, by its output format and by what stderr is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from psbridge.clock import Clock
from psbridge.models import events
from psbridge.models.output import OutputFormat
from psbridge.models.target import Target
from psbridge.render.lines import Heartbeat, JsonLines, Notes, Write
from psbridge.render.progress import TerminalProgress
from psbridge.render.terminal import Terminal


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
