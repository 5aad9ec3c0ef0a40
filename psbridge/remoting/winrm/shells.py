"""Shells that psbridge opened on hosts and has not removed yet, so that one that had to stay is removed next time.

A file for each shell, locked while its process lives. The folder may be shared with other machines, to which the lock may
not reach; so the file names its process too (`process.py`), and a shell is only removed from the host when its process
has let go of it, or has provably ended. What is left over is forgotten by its age: the host removes a shell by itself when
it has been idle for the time that its Create named. Nothing here is needed for a backup: what can't be kept is not kept.
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

from psbridge.bounded_json import loads
from psbridge.errors import Warn
from psbridge.files import private_folder, regular_descriptor
from psbridge.journal.log import passed_over
from psbridge.journal.process import read_process, this_process

_MARGIN: Final = 300.0
"""Seconds beyond the idle timeout; clocks of machines differ."""
_LONG: Final = 86_400.0
"""Seconds; for marks of releases that did not write down the idle timeout, and for what is not a mark."""
_TOUCH: Final = 30.0
"""Seconds between two signs of life."""
_LARGEST: Final = 4096
_LOOKS: Final = 200
"""Marks that one session looks at, by chance, so that the others have their turn later."""
_LISTED: Final = 20_000
_TRIES: Final = 3
_MARK: Final = re.compile(r"[0-9a-f]{16}\.(json|new)", re.ASCII)
_HANGS: Final = ".hangs"


class ShellBook:
    """The shells of one state folder.

    Args:
        warn: is given a sentence about files in the folder that are not marks.
    """

    def __init__(self, folder: Path, warn: Warn = lambda _: None) -> None:
        self._folder = folder / "shells"
        self._warn = warn

    def opened(self, host: str, shell: str, resource: str, idle: float = _LONG) -> ShellMark | None:
        """Note that a shell is about to be opened; None where that can't be kept.

        `idle`: seconds after which the host removes it when nobody asks for it.
        """
        path = self._folder / f"{secrets.token_hex(8)}.json"
        fields = {"host": host, "shell": shell, "resource": resource, "idle": idle}
        born = path.with_suffix(".new")  # nobody may find it before it is locked
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
        """Yield shells that nobody uses any more on a host; each must be given what became of it.

        Some of them, if there are many. On the way, marks of any host that are too old are forgotten.

        `enough`: asked before each file is looked at; True ends it.
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

    def hangs(self, host: str, doing: str) -> bool:
        """Return whether a host gave no answer the last time it was asked to do this, within a day."""
        with contextlib.suppress(OSError):
            return abs(time.time() - self._note(host, doing).lstat().st_mtime) < _LONG  # noqa: TID251 - a file's age
        return False

    def note(self, host: str, doing: str, *, hangs: bool) -> None:
        """Keep whether a host gave no answer when it was asked to do this."""
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
    """What is kept of one shell; holds its lock until `gone` or `stays` is called."""

    def __init__(self, path: Path, descriptor: int, fields: dict[str, Any]) -> None:
        self._path = path
        self._descriptor = descriptor
        self._fields = fields
        self._touched = time.monotonic()
        self.shell = str(fields["shell"])
        self.resource = str(fields["resource"])

    def used(self) -> None:
        """The host was asked for it: its idle time begins anew."""
        if time.monotonic() - self._touched >= _TOUCH and self._descriptor >= 0:
            self._touched = time.monotonic()
            with contextlib.suppress(OSError):
                os.utime(self._descriptor)

    def gone(self) -> None:
        """The host has it no more: forget it."""
        with contextlib.suppress(OSError):
            self._path.unlink()
        self._let_go()

    def stays(self) -> None:
        """It could not be removed and is not used any more: leave it to whoever comes next, on any machine."""
        with contextlib.suppress(OSError):
            self.write(holder=None)
        self._let_go()

    def failed(self, *, for_good: bool) -> None:
        """It was somebody else's and could not be removed: leave it to others, or to its age alone."""
        tries = _TRIES if for_good else _number(self._fields.get("tries")) + 1
        with contextlib.suppress(OSError):
            seen = os.fstat(self._descriptor).st_mtime_ns
            self.write(holder=None, tries=tries)
            os.utime(self._descriptor, ns=(seen, seen))  # to ask for its removal is not to use it
        self._let_go()

    def write(self, **more: Any) -> None:
        """Write what is known, in one piece."""
        self._fields |= more
        text = json.dumps(self._fields).encode()
        os.pwrite(self._descriptor, text.ljust(os.fstat(self._descriptor).st_size), 0)

    def _let_go(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def _taken(path: Path, host: str, odd: list[str]) -> ShellMark | None:
    """Return the mark of a shell on that host that nobody uses; one that is too old is removed.

    What is not a mark goes into `odd`, with the reason.
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
        pass  # held by its process
    os.close(descriptor)
    return None


def _opened(path: Path, odd: list[str]) -> int | None:
    try:
        return regular_descriptor(path, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        if path.is_symlink():
            odd.append(f"{path} (a link that leads nowhere)")
        return None  # its process has just forgotten it
    except OSError as problem:
        odd.append(f"{path} ({problem.strerror})")
        return None


def _fields(descriptor: int) -> dict[str, Any] | None:
    """Return what a mark says, None if it is not one."""
    try:
        fields = loads(os.pread(descriptor, _LARGEST, 0))
    except ValueError:
        return None
    if not isinstance(fields, dict) or not all(isinstance(fields.get(it), str) for it in ("host", "shell", "resource")):
        return None
    return fields


def _may_go(path: Path, descriptor: int, fields: dict[str, Any]) -> bool:
    """Return whether a shell may be removed from its host; forget the mark of one that the host has removed itself."""
    seen, now = os.fstat(descriptor).st_mtime, time.time()  # noqa: TID251 - a file's age is by the system's clock
    known = "holder" in fields
    holder = read_process(fields.get("holder"))
    if holder is not None and holder.lives:
        return False
    idle = _number(fields.get("idle")) if known else _LONG
    if now - seen > min(idle or _LONG, _LONG) + _MARGIN:
        path.unlink()
        return False
    if seen - now > _MARGIN:  # a clock was wrong; from now on it ages
        os.utime(descriptor)
    return holder.has_ended(seen) if holder is not None else known and fields["holder"] is None


def _forget_odd(path: Path, descriptor: int, odd: list[str]) -> None:
    """Remove what a crash may have left of a mark, a day later; name the rest."""
    about = os.fstat(descriptor)
    old = time.time() - about.st_mtime > _LONG  # noqa: TID251 - as above
    if old and about.st_size <= _LARGEST and _MARK.fullmatch(path.name):
        path.unlink()
    elif path.suffix == ".json":
        odd.append(f"{path} (not what psbridge writes)")


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and 0 <= value < 1e9 else 0.0
