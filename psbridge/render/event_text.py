"""The text of events, the same on a terminal, in a heartbeat and in a log line."""

from __future__ import annotations

from typing import Literal

import msgspec

from psbridge.models import events
from psbridge.render.escape import safe
from psbridge.render.formatting import duration, size

Level = Literal["debug", "info", "warning"]
_HOST_LEVELS: dict[str, Level] = {"warning": "warning", "error": "warning", "information": "info"}
_VERBOSITY: dict[Level, int] = {"warning": -1, "info": 0, "debug": 1}
"""The number of `-v` that each level needs; `-q` counts as -1."""
_AGAIN = 2
"""The number of `-v` that shows the stages of a connection that is opened again in a session."""


class Said(msgspec.Struct, frozen=True):
    """A sentence about an event; its text is harmless.

    Attributes:
        source: who says it.
    """

    level: Level
    text: str
    source: Literal["psbridge", "host"] = "psbridge"


def say(event: events.Event, verbosity: int = 0) -> Said | None:
    """Return the sentence about an event; None for what progress shows, and for what needs more `-v`."""
    if isinstance(event, events.StageEnded):
        return _stage(event) if verbosity >= (_AGAIN if event.again else _VERBOSITY["debug"]) else None
    said = _said(event)
    return said if said and verbosity >= _VERBOSITY[said.level] else None


def _stage(event: events.StageEnded) -> Said:
    from psbridge.render.stage_text import stage_line  # only -v shows one

    return Said("debug", stage_line(event))


def _said(event: events.Event) -> Said | None:
    match event:
        case events.Connecting(host, attempt):
            again = f", attempt {attempt}" if attempt > 1 else ""
            return Said("debug", f"connecting to {safe(host)}{again}")
        case events.Note(text, level):
            return Said(level, safe(text))
        case events.HostMessage(stream, text):
            return Said(_HOST_LEVELS.get(stream.casefold(), "debug"), safe(text), "host")
        case events.Retrying(cause, delay):
            again = "at the next poll" if delay is None else "now" if delay < 1 else f"in {duration(delay)}"
            return Said("warning", f"{safe(cause)}; retrying {again}")
        case events.Searching(run, cause):
            return Said(
                "warning",
                f"the outcome of the start request is unknown ({safe(cause)}); searching for the backup of run {run}",
            )
        case events.Started(_, backup, action):
            return Said("info", f"{safe(action)} backup {safe(backup)}")
        case events.Intent(run, target, location):
            return Said(
                "debug", f"run {run}: sending the start request for location {safe(location)} of {safe(target)}"
            )
        case _:
            return None


def progress(event: events.Event) -> str | None:
    """Return the progress that an event reports, None if it reports none."""
    match event:
        case events.Connecting(host):
            return f"connecting to {safe(host)}"
        case events.Intent():
            return "sending the start request"
        case events.Status():
            return _status(event)
        case events.Settling(_, remaining):
            return f"the backup has ended; its upload state is unknown, assumed complete in {duration(remaining)}"
        case events.Queued(running):
            return (
                f"waiting for {f'backup {safe(running)}' if running else 'a running backup that is not listed'} to end"
            )
        case events.StoreRead():
            return _store_read(event)
        case events.Searching():
            return "searching for the backup of the start request"
        case _:
            return None


def _store_read(event: events.StoreRead) -> str:
    parts = [
        f"{event.level}: {event.files}/{event.of_files} snapshots",
        f"{size(event.bytes)} of {size(event.of_bytes)}",
    ]
    if event.eta_seconds is not None:
        parts.append(f"about {duration(event.eta_seconds)} left")
    return ", ".join(parts)


def _status(event: events.Status) -> str:
    word = safe((event.backup.status if event.backup else None) or "not listed by the stamp")
    parts = [f"backup {safe(event.id)}: {word}", f"{duration(event.elapsed_seconds)} elapsed"]
    if event.roles_total:
        parts.append(f"{event.roles_done or 0}/{event.roles_total} roles")
    if event.eta_seconds is not None:
        parts.append(f"about {duration(event.eta_seconds)} left")
    return ", ".join(parts)
