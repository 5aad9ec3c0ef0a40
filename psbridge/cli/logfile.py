"""`--log-file`: all that happens, a JSON object a line, whatever the streams show."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from psbridge import documents
from psbridge.clock import Clock
from psbridge.errors import ConfigError
from psbridge.files import expanded
from psbridge.models import Instant
from psbridge.models.events import Event
from psbridge.render.narrate import progress, say


class LogFile:
    """An observer that appends to a file, which is made readable by its owner only. Thread-safe.

    A file that can't be written any more is told of once, and ends no run: a full disk must not cost a verdict.

    Args:
        path: the file.
        clock: for the time of each line.
        warn: is given the sentence about a file that can't be written any more.

    Raises:
        psbridge.errors.ConfigError: the file can't be opened, or is no log.
    """

    def __init__(self, path: str, clock: Clock, warn: Callable[[str], object]) -> None:
        self._path = path
        self._clock = clock
        self._warn = warn
        self._full = False
        self._lock = threading.Lock()
        try:
            file = expanded(path)
            if file.is_fifo():  # to open one waits for a reader, without an end
                raise ConfigError(f"the log file {path} is a pipe", hint="Name a file with --log-file.")
            if not file.exists():
                file.touch(mode=0o600)
            elif file.is_file() and not documents.begins_as(file, "log"):
                raise ConfigError(
                    f"the log file {path} is there and is no log of psbridge",
                    hint="Name another with --log-file; no config, secret or journal is ever added to.",
                )
            self._file = file.open("a", encoding="utf-8")
        except OSError as problem:
            raise ConfigError(
                f"the log file {path} can't be written: {problem.strerror}", hint="Name another with --log-file."
            ) from problem

    def __call__(self, event: Event) -> None:
        """Append what an event says."""
        said = say(event, verbosity=9)
        text = progress(event)
        if said is not None:
            self.append(said.level, said.source, said.text)
        elif text is not None:
            self.append("info", "psbridge", text)

    def append(self, level: str, source: str, text: str) -> None:
        """Append a line; what comes after the end is dropped."""
        at = str(Instant.of(self._clock.now()))
        line = {"schema_version": 1, "kind": "log", "at": at, "level": level, "source": source, "message": text}
        with self._lock:
            if self._full or self._file.closed:
                return
            try:
                self._file.write(documents.dumps(line, indent=None) + "\n")
                self._file.flush()
            except OSError as problem:
                self._full = True
                self._warn(f"the log file {self._path} can't be written any more: {problem.strerror}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        with (
            self._lock,
            contextlib.suppress(OSError),
        ):  # what could not be written is flushed once more; it has been told
            self._file.close()
