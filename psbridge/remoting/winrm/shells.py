"""The record of shells that psbridge opened on hosts, so that a later session removes the shells that remain.

Each shell has a file, called a mark, which is locked while its process lives. The folder may be shared with other machines,
where the lock may have no effect, so the file also names its process (`process.py`). A shell is removed from the host only
when its process has released it or has provably ended. Old marks are deleted by their age, because the host removes a shell
that was idle for the time that its Create named. No backup depends on these files, so errors in writing them are ignored.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import random
import re
import secrets
import time
from collections.abc import Callable, Generator
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec

from psbridge.bounded_json import loads
from psbridge.errors import Warn
from psbridge.files import private_folder, regular_descriptor
from psbridge.journal.log import passed_over
from psbridge.journal.process import read_process, this_process

_MARGIN: Final = 300.0
"""Seconds beyond the idle timeout; clocks of machines differ."""
_LONG: Final = 86_400.0
"""Seconds; for marks of releases that did not store the idle timeout, and for files that are not marks."""
_TOUCH: Final = 30.0
"""Seconds between two updates of a mark's time."""
_LARGEST: Final = 4096
_LOOKS: Final = 200
"""Maximum number of marks that one session reads, chosen at random so that later sessions read the others."""
_LISTED: Final = 20_000
_TRIES: Final = 3
_MARK: Final = re.compile(r"[0-9a-f]{16}\.(json|new)", re.ASCII)
_HANGS: Final = ".hangs"


class RemainingShell(msgspec.Struct, frozen=True):
    """A shell that remains on a host although no process uses it.

    Attributes:
        idle_left: seconds until the host removes it by itself, if no request reaches it.
    """

    host: str
    shell: str
    idle_left: float


class ShellBook:
    """The shells of one state folder.

    Args:
        warn: called with a message about files in the folder that are not marks.
    """

    def __init__(self, folder: Path, warn: Warn = lambda _: None) -> None:
        self._folder = folder / "shells"
        self._warn = warn

    def opened(self, host: str, shell: str, resource: str, idle: float = _LONG) -> ShellMark | None:
        """Create the mark of a shell that is about to be opened; None if the file can't be written.

        `idle`: seconds without a request after which the host removes the shell.
        """
        path = self._folder / f"{secrets.token_hex(8)}.json"
        fields = {"host": host, "shell": shell, "resource": resource, "idle": idle}
        born = path.with_suffix(".new")  # other processes must not find it before it is locked
        try:
            private_folder(self._folder)
            descriptor = os.open(born, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except OSError:
            return None
        mark = ShellMark(path, descriptor, fields)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            mark.write(holder=this_process().plain())
            born.rename(path)
        except OSError:
            os.close(descriptor)
            born.unlink(missing_ok=True)
            return None
        return mark

    def left(self, host: str, enough: Callable[[], bool] = lambda: False) -> Generator[ShellMark, None, None]:
        """Yield marks of remaining shells on a host; the caller must call `gone` or `failed` on each.

        If there are many, only some are read. Old marks of any host are deleted.

        `enough`: called before each file is read; True ends the search.
        """
        odd: list[str] = []
        try:
            for path in self._paths():
                if enough():
                    return
                mark = _taken(path, host, odd)
                if mark is not None:
                    yield mark
        finally:
            if odd:
                self._warn(passed_over("a shell", odd))

    def remaining(self) -> list[RemainingShell]:
        """Return the shells of ended processes that their hosts have not removed yet. Nothing is changed."""
        found = []
        for path in self._paths():
            with contextlib.suppress(OSError, ValueError):
                descriptor = regular_descriptor(path, os.O_RDONLY | os.O_NOFOLLOW)
                try:
                    found += _remaining(descriptor)
                finally:
                    os.close(descriptor)
        return found

    def hangs(self, host: str, doing: str) -> bool:
        """Return whether a host did not answer this kind of request within the last day."""
        with contextlib.suppress(OSError):
            return abs(time.time() - self._note(host, doing).lstat().st_mtime) < _LONG  # noqa: TID251 - a file's age
        return False

    def note(self, host: str, doing: str, *, hangs: bool) -> None:
        """Store whether a host did not answer this kind of request."""
        note = self._note(host, doing)
        with contextlib.suppress(OSError):
            if hangs:
                note.touch(mode=0o600)
            else:
                note.unlink(missing_ok=True)

    def _note(self, host: str, doing: str) -> Path:
        return self._folder / f"{hashlib.sha256(f'{doing} {host}'.encode()).hexdigest()[:16]}{_HANGS}"

    def _paths(self) -> list[Path]:
        try:
            with os.scandir(self._folder) as entries:
                names = [it.name for it in islice(entries, _LISTED) if it.name.endswith((".json", ".new"))]
        except OSError:
            return []
        return [self._folder / name for name in random.sample(names, min(len(names), _LOOKS))]


class ShellMark:
    """The record of one shell; holds its lock until `gone`, `stays` or `failed` is called."""

    def __init__(self, path: Path, descriptor: int, fields: dict[str, Any]) -> None:
        self._path = path
        self._descriptor = descriptor
        self._fields = fields
        self._touched = time.monotonic()
        self.shell = str(fields["shell"])
        self.resource = str(fields["resource"])

    def used(self) -> None:
        """Note a request to the shell, which restarts its idle time."""
        if time.monotonic() - self._touched >= _TOUCH and self._descriptor >= 0:
            self._touched = time.monotonic()
            with contextlib.suppress(OSError):
                os.utime(self._descriptor)

    def gone(self) -> None:
        """Delete the mark, because the shell no longer exists on the host."""
        with contextlib.suppress(OSError):
            self._path.unlink()
        self._let_go()

    def stays(self) -> None:
        """Release the mark of a shell that could not be removed, so that a later session on any machine removes it."""
        with contextlib.suppress(OSError):
            self.write(holder=None)
        self._let_go()

    def failed(self, *, for_good: bool) -> None:
        """Note a failed removal of an earlier session's shell; after several, or `for_good`, only its age deletes the mark."""
        tries = _TRIES if for_good else _number(self._fields.get("tries")) + 1
        with contextlib.suppress(OSError):
            seen = os.fstat(self._descriptor).st_mtime_ns
            self.write(holder=None, tries=tries)
            os.utime(self._descriptor, ns=(seen, seen))  # a failed removal does not restart the idle time
        self._let_go()

    def write(self, **more: Any) -> None:
        """Update the fields and write them with one call."""
        self._fields |= more
        text = json.dumps(self._fields).encode()
        os.pwrite(self._descriptor, text.ljust(os.fstat(self._descriptor).st_size), 0)

    def _let_go(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def _taken(path: Path, host: str, odd: list[str]) -> ShellMark | None:
    """Return the mark of a remaining shell on that host; delete a mark that is too old.

    A file that is not a mark is added to `odd`, with the reason.
    """
    descriptor = _opened(path, odd)
    if descriptor is None:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fields = _fields(descriptor)
        if fields is None:
            _forget_odd(path, descriptor, odd)
        elif _may_go(path, descriptor, fields) and fields["host"] == host and _number(fields.get("tries")) < _TRIES:
            return ShellMark(path, descriptor, fields)
    except OSError:
        pass  # its process holds the lock
    os.close(descriptor)
    return None


def _opened(path: Path, odd: list[str]) -> int | None:
    try:
        return regular_descriptor(path, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        if path.is_symlink():
            odd.append(f"{path} (a link without a target)")
        return None  # its process has just deleted it
    except OSError as problem:
        odd.append(f"{path} ({problem.strerror})")
        return None


def _fields(descriptor: int) -> dict[str, Any] | None:
    """Return the fields of a mark, None if it is not a mark."""
    try:
        fields = loads(os.pread(descriptor, _LARGEST, 0))
    except ValueError:
        return None
    if not isinstance(fields, dict) or not all(isinstance(fields.get(it), str) for it in ("host", "shell", "resource")):
        return None
    return fields


def _may_go(path: Path, descriptor: int, fields: dict[str, Any]) -> bool:
    """Return whether a shell may be removed from its host; delete the mark of a shell that the host has removed."""
    seen, now = os.fstat(descriptor).st_mtime, time.time()  # noqa: TID251 - a file's age is by the system's clock
    known = "holder" in fields
    holder = read_process(fields.get("holder"))
    if holder is not None and holder.lives:
        return False
    idle = _number(fields.get("idle")) if known else _LONG
    if now - seen > min(idle or _LONG, _LONG) + _MARGIN:
        path.unlink()
        return False
    if seen - now > _MARGIN:  # a clock was wrong, so its age counts from now
        os.utime(descriptor)
    return holder.has_ended(seen) if holder is not None else known and fields["holder"] is None


def _remaining(descriptor: int) -> list[RemainingShell]:
    """Return the shell of a mark, if it remains on its host."""
    fields = _fields(descriptor)
    if fields is None or "holder" not in fields:
        return []
    seen, now = os.fstat(descriptor).st_mtime, time.time()  # noqa: TID251 - a file's age is by the system's clock
    holder = read_process(fields["holder"])
    left = min(_number(fields.get("idle")) or _LONG, _LONG) - (now - seen)
    if left <= 0 or (holder is not None and not holder.has_ended(seen)):
        return []
    return [RemainingShell(fields["host"], fields["shell"], left)]


def _forget_odd(path: Path, descriptor: int, odd: list[str]) -> None:
    """Delete the remains of a mark after a crash, when a day old; add other files to `odd`."""
    about = os.fstat(descriptor)
    old = time.time() - about.st_mtime > _LONG  # noqa: TID251 - as above
    if old and about.st_size <= _LARGEST and _MARK.fullmatch(path.name):
        path.unlink()
    elif path.suffix == ".json":
        odd.append(f"{path} (not written by psbridge)")


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and 0 <= value < 1e9 else 0.0
