"""The journal of a run as operations write and read it.

From the trigger on, a line that can't be kept is a warning, and changes nothing about what was triggered.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from psbridge.errors import ConfigError, ExitCode, PsbridgeError
from psbridge.journal.runs import RunLog
from psbridge.models.events import Event, Intent, Note, Observer
from psbridge.models.report import RunRecord


class WarningRunLog:
    """A `RunLog` that warns instead of raising, for use after the trigger. Before it, a failing journal ends the run.

    Args:
        log: where the lines go.
        warn: is given a warning about what could not be kept.
    """

    def __init__(self, log: RunLog, warn: Observer) -> None:
        self._log = log
        self._warn = warn
        self._warned = set[str]()

    def write(self, event: str, **facts: Any) -> None:
        """Record a fact, or warn."""
        try:
            self._log.write(event, **facts)
        except ConfigError as full:
            self._warn_of(full, facts.get("backup_id"))

    def observe(self, event: Event) -> None:
        """Record what matters of an event, or warn."""
        try:
            self._log.observe(event)
        except ConfigError as full:
            self._warn_of(full, getattr(event, "id", None))

    def _warn_of(self, full: ConfigError, id: str | None) -> None:
        more = f"; note the backup's id: {id}" if id else ""
        text = f"{full.message}; the command continues without a record{more}"
        if text not in self._warned:
            self._warned.add(text)
            self._warn(Note(text, "warning"))


def intent_of(record: RunRecord) -> Intent:
    """Return the intent of a run's trigger, as it was recorded."""
    return Intent(
        record.run, record.target, record.location, record.host_moment, tuple(record.known_ids), record.host or ""
    )


@contextmanager
def ended_if_raised(log: RunLog) -> Iterator[None]:
    """Record the exit code of this command if the body raises. A record that can't be written changes nothing."""
    try:
        yield
    except BaseException as problem:
        code = problem.exit_code if isinstance(problem, PsbridgeError) else ExitCode.INTERNAL
        with suppress(ConfigError):
            log.write("ended", exit_code=int(code), final=False)
        raise
