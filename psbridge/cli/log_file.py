"""`--log-file`: everything that happens, as one JSON object per line, independent of stdout and stderr.

Each record has the keys of `_record`; what its `event` adds is on the manual's page `output`. A record is one write, so
that processes can share a file, and whatever ends the process, what was written is there.
"""

from __future__ import annotations

import fcntl
import os
import platform
import re
import shlex
import stat
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from psbridge.cli.command_line import MASK, any_of, masked
from psbridge.clock import Clock
from psbridge.documents import encoding
from psbridge.documents.error import error_body
from psbridge.errors import ConfigError, ExitCode, PsbridgeError
from psbridge.files import expanded
from psbridge.models.events import Event
from psbridge.models.target import Target
from psbridge.models.time import Instant
from psbridge.render.event_text import progress, say
from psbridge.version import __version__
from psbridge.wellformed import well_formed


class LogFile:
    """An observer that appends to a file that only its owner can read. Thread-safe.

    A file that can no longer be written is reported once and does not end the run: a full disk must not lose a verdict.

    Args:
        path: the file.
        clock: for the time of each line.
        warn: is given the sentence about a file that can no longer be written.

    Raises:
        psbridge.errors.ConfigError: the file can't be opened, or is not a log.
    """

    def __init__(self, path: str, clock: Clock, warn: Callable[[str], object]) -> None:
        self._path = path
        self._clock = clock
        self._warn = warn
        self._told = False
        self._torn = False
        self._secrets: re.Pattern[str] | None = None
        self._lock = threading.RLock()
        try:
            self._descriptor = _opened(expanded(path), path)
        except OSError as problem:
            raise ConfigError(
                f"the log file {path} can't be written: {problem.strerror}", hint="Name another file with --log-file."
            ) from problem

    def begin(self, words: Sequence[str]) -> None:
        """Write the command line without secrets, and the versions."""
        shown, secrets = masked(words)
        self._secrets = any_of(secrets)
        command = ["psbridge", *shown]
        facts = {"command": command, "version": __version__, "python": platform.python_version()}
        _wait_for_others(self._descriptor, self._clock)
        self._torn = not _ends_whole(self._descriptor)
        self.append("info", "psbridge", f"psbridge {__version__}: {shlex.join(command)}", "begin", **facts)
        with suppress(OSError):
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def target(self, target: Target) -> None:
        """Write the target and its hosts."""
        hosts = [endpoint.url for endpoint in target.endpoints]
        auth = str(target.endpoints[0].auth) if target.endpoints else None
        facts = {"target": target.name, "hosts": hosts, "auth": auth, "location": target.location}
        where = ", ".join(hosts) or "emulated in this process"
        self.append("info", "psbridge", f"target {target.name}: {where}", "target", **facts)

    def __call__(self, event: Event) -> None:
        """Append the text of an event."""
        said = say(event, verbosity=9)
        text = progress(event)
        if said is not None:
            self.append(said.level, said.source, said.text)
        elif text is not None:
            self.append("info", "psbridge", text)

    def error(self, problem: PsbridgeError) -> None:
        """Append an error with all its fields."""
        body = encoding.to_plain(error_body(problem))
        self.append("error", "psbridge", problem.message, "error", error=body)

    def verdict(self, verdict: str, exit_code: int, result: object) -> None:
        """Append a verdict with its evidence."""
        said = f"verdict: {verdict}"
        self.append("info", "psbridge", said, "verdict", verdict=verdict, exit_code=exit_code, result=result)

    def append(self, level: str, source: str, text: str, event: str = "log", **facts: Any) -> None:
        """Append a line; after the end it is dropped."""
        line = self._record(level, source, text, event, facts)
        with self._lock:
            if self._descriptor >= 0:
                try:
                    self._write(line)
                except OSError as problem:
                    self._tell(problem)

    def leave(self, problem: PsbridgeError) -> None:
        """Append an error and the end without the lock, for a process that stops at once."""
        body = encoding.to_plain(error_body(problem))
        code = problem.exit_code
        with suppress(OSError, ValueError):
            self._write(self._record("error", "psbridge", problem.message, "error", {"error": body}))
            self._write(self._record("info", "psbridge", *_end(code)))
            os.fsync(self._descriptor)

    def end(self, code: int) -> None:
        """Append the exit code as the last line, and flush the file to disk."""
        text, event, facts = _end(code)
        self.append("info", "psbridge", text, event, **facts)
        with self._lock, suppress(OSError):
            descriptor, self._descriptor = self._descriptor, -1
            if descriptor >= 0:
                with suppress(OSError):
                    os.fsync(descriptor)
                os.close(descriptor)

    def _record(self, level: str, source: str, text: str, event: str, facts: Mapping[str, Any]) -> bytes:
        line = {
            "schema_version": 1,
            "kind": "log",
            "at": str(Instant.of(self._clock.now())),
            "level": level,
            "source": source,
            "message": text,
            "event": event,
            "pid": os.getpid(),
            **facts,
        }
        plain = encoding.plain(line)
        return (encoding.dumps(self._clean(plain), indent=None) + "\n").encode()

    def _clean(self, value: Any) -> Any:
        """Return a value with the secrets of the command line masked."""
        if self._secrets is None:
            return value
        if isinstance(value, str):
            return self._secrets.sub(MASK, value)
        if isinstance(value, dict):
            return {key: self._clean(item) for key, item in value.items()}
        return [self._clean(item) for item in value] if isinstance(value, list) else value

    def _write(self, line: bytes) -> None:
        data = b"\n" + line if self._torn else line
        while data:
            written = os.write(self._descriptor, data)
            self._torn, data = written < len(data), data[written:]

    def _tell(self, problem: OSError) -> None:
        if not self._told:
            self._told = True
            self._warn(f"the log file {self._path} can no longer be written: {problem.strerror}")


def _end(code: int) -> tuple[str, str, dict[str, Any]]:
    label = next((it.label for it in ExitCode if it == code), None)
    return (
        f"ended with exit code {code}" + (f" ({label})" if label else ""),
        "end",
        {"exit_code": int(code), "code": label},
    )


def _opened(file: Path, path: str) -> int:
    """Return a descriptor to append to; an existing file must be a log or empty.

    Raises:
        OSError: it can't be opened.
        psbridge.errors.ConfigError: it is not a log.
    """
    if file.is_fifo():  # opening it would wait for a reader without a timeout
        raise ConfigError(f"the log file {well_formed(path)} is a pipe", hint="Name a regular file with --log-file.")
    if file.is_file() and not encoding.begins_as(file, "log"):
        raise ConfigError(
            f"the log file {path} exists and is not a psbridge log",
            hint="Name another file with --log-file; psbridge appends only to its own logs.",
        )
    return os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOCTTY, 0o600)


def _wait_for_others(descriptor: int, clock: Clock) -> None:
    """Let one process at a time read the end of the file; wait up to a second, and continue without the lock after that."""
    for _ in range(20):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            clock.sleep(0.05)  # between two tries; the holder only writes its first line
        except OSError:
            return
        else:
            return


def _ends_whole(descriptor: int) -> bool:
    """Return whether the last line of a file has its newline; after a kill or on a full disk it has not."""
    about = os.fstat(descriptor)
    if not stat.S_ISREG(about.st_mode) or about.st_size == 0:
        return True
    return os.pread(descriptor, 1, about.st_size - 1) == b"\n"
