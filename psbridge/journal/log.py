"""One run's file: JSON lines, each on disk before psbridge continues. A torn last line is ignored.

What a person writes into it has a maximum length, and is checked before anything is done.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psbridge.bounded_json import loads
from psbridge.clock import Clock
from psbridge.errors import ConfigError
from psbridge.files import open_regular, regular_descriptor
from psbridge.journal.process import this_process
from psbridge.models import events
from psbridge.models.time import Instant
from psbridge.wellformed import well_formed_all

if TYPE_CHECKING:
    from psbridge.models.events import Event
import re
from typing import Final

from psbridge.errors import UsageError
from psbridge.wellformed import well_formed

SCHEMA_VERSION = 1
ELSEWHERE = (
    "Make the state folder writable (space, rights), choose another with --state-dir or PSBRIDGE_STATE_DIR, or start with"
    " --no-journal."
)
_SIGNED = frozenset({"begun", "taken_up", "ended"})
"""Lines that record which process begins or stops to work on the run."""
_LONGEST = 4 << 20
"""Bytes of a line; the record of a wait of days has some hundred thousand."""


class FileLog:
    """Appends to one run's file; each line is synced."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock

    def write(self, event: str, **facts: Any) -> None:
        """Append a line and sync it, and the folder's entry where the file is new."""
        at = str(Instant.of(self._clock.now()))
        if event in _SIGNED:
            facts["process"] = this_process().plain()
        told = {"schema_version": SCHEMA_VERSION, "at": at, "event": event, **well_formed_all(facts)}
        line = json.dumps(told, allow_nan=False)
        with config_errors(self._path.parent):
            new = not self._path.exists()
            descriptor = regular_descriptor(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            try:
                # A torn last line of a killed process must not swallow this one.
                lead = b"" if new or _ends_whole(self._path) else b"\n"
                _write_all(descriptor, lead + line.encode() + b"\n")
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            if new:
                sync_folder(self._path.parent)

    def observe(self, event: Event) -> None:
        """Record an event."""
        match event:
            case events.Intent():
                time = str(event.host_time) if event.host_time else None
                self.write("intent", host=event.host, host_time=time, known_ids=list(event.known_ids))
            case events.Started():
                self.write(event.action, backup_id=event.id)
            case events.Observed():
                from psbridge.documents.case import look_plain

                self.write("observed", backup_id=event.id, look=look_plain(event.observation))
            case events.Decided():
                self.write("judged", verdict=str(event.verdict.judgement))
            case _:
                pass


def passed_over(what: str, files: Sequence[str]) -> str:
    """Return the warning about files that are not records of `what`: the first one, and the number of others."""
    more = f", and {len(files) - 1} more" if len(files) > 1 else ""
    return f"not a readable record of {what}, ignored: {files[0]}{more}"


def _write_all(descriptor: int, data: bytes) -> None:
    """Write all of it. A full disk accepts a part, and reports the error only at the next write."""
    while data:
        data = data[os.write(descriptor, data) :]


def _ends_whole(path: Path) -> bool:
    with open_regular(path) as file:
        if file.seek(0, os.SEEK_END) == 0:
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def sync_folder(folder: Path) -> None:
    """Put a folder's entries on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_lines(path: Path) -> list[Mapping[str, Any]]:
    """Return the complete lines of a run's file; none if it can't be read.

    A file may be long after many waits, so its size has no limit; only the length of a line has.
    """
    found: list[Mapping[str, Any]] = []
    with contextlib.suppress(OSError), open_regular(path) as file:
        while line := file.readline(_LONGEST):
            try:
                value = loads(line)
            except ValueError:
                continue  # torn by a kill or a full disk
            if isinstance(value, dict) and isinstance(value.get("event"), str):
                found.append(value)
    return found


@contextlib.contextmanager
def config_errors(folder: Path) -> Iterator[None]:
    """Turn an OSError of the state folder into an error with a hint.

    Raises:
        psbridge.errors.ConfigError: instead.
    """
    try:
        yield
    except OSError as problem:
        raise ConfigError(
            f"the state folder {folder} can't be written: {problem.strerror}",
            hint=ELSEWHERE,
            detail={"path": str(folder)},
        ) from problem


LONGEST_NOTE: Final = 500
"""Characters of a note or a reason."""
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def checked_note(note: str | None) -> str | None:
    """Return the text of `start --note` without surrounding blanks; None without one.

    Raises:
        psbridge.errors.UsageError: it is empty, too long, not text, or has control characters.
    """
    return None if note is None else _checked("--note", note, plain=True)


def checked_reason(reason: str) -> str:
    """Return the text of `run close --reason` without surrounding blanks.

    Raises:
        psbridge.errors.UsageError: it is empty, too long, or not text.
    """
    return _checked("--reason", reason, plain=False)


def _checked(option: str, text: str, *, plain: bool) -> str:
    words = text.strip()
    if not words:
        raise UsageError(f"{option} is empty", hint="Check that the variable of its text is set.")
    if len(words) > LONGEST_NOTE:
        raise UsageError(f"{option} has {len(words)} characters; the limit is {LONGEST_NOTE}")
    if well_formed(words) != words:
        raise UsageError(f"{option} is not UTF-8 text")
    if plain and _CONTROL.search(words):
        raise UsageError(f"{option} has control characters, such as a line break", hint="Write it on one line.")
    return words
