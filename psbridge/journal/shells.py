"""Shells that psbridge opened on hosts and has not removed yet, so that one that had to stay is removed next time.

A file a shell, locked while its process lives; the system frees the lock however that ends, so a file that can be locked
is of a shell that nobody uses any more. Nothing here is needed for a backup: what can't be kept is not kept.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from psbridge.files import private_folder

_FORGOTTEN: Final = 86_400.0
"""Seconds; hosts remove an idle shell within minutes or hours, so an older file is of no use."""
_LARGEST: Final = 4096


class ShellBook:
    """The shells of one state folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "shells"

    def opened(self, host: str, shell: str, resource: str) -> ShellMark | None:
        """Note that a shell is about to be opened; None where that can't be kept.

        Args:
            host: the URL of its WSMan service.
            shell: its id, which the client chooses.
            resource: its resource URI.
        """
        path = self._folder / f"{secrets.token_hex(8)}.json"
        try:
            private_folder(self._folder)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except OSError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.write(descriptor, json.dumps({"host": host, "shell": shell, "resource": resource}).encode())
        except OSError:
            os.close(descriptor)
            path.unlink(missing_ok=True)
            return None
        return ShellMark(path, descriptor, shell, resource)

    def left(self, host: str) -> Iterator[ShellMark]:
        """Yield the shells of ended processes on a host; each is to be told whether it is gone."""
        for path in self._paths():
            mark = _taken(path, host)
            if mark is not None:
                yield mark

    def _paths(self) -> list[Path]:
        try:
            return sorted(self._folder.glob("*.json"))
        except OSError:
            return []


class ShellMark:
    """What is kept of one shell; holds its lock until it is told one of the two."""

    def __init__(self, path: Path, descriptor: int, shell: str, resource: str) -> None:
        self._path = path
        self._descriptor = descriptor
        self.shell = shell
        self.resource = resource

    def gone(self) -> None:
        """The host has it no more: forget it."""
        with contextlib.suppress(OSError):
            self._path.unlink()
        self.stays()

    def stays(self) -> None:
        """It could not be removed: leave it to whoever comes next."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def _taken(path: Path, host: str) -> ShellMark | None:
    """Return the mark of a shell on that host that nobody holds; one that is of no use is removed."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        told = json.loads(os.read(descriptor, _LARGEST))
        mark = ShellMark(path, descriptor, str(told["shell"]), str(told["resource"]))
        if told["host"] == host:
            return mark
        if time.time() - os.fstat(descriptor).st_mtime > _FORGOTTEN:  # noqa: TID251 - a file's age is by the system's clock
            path.unlink()
    except (OSError, ValueError, KeyError, TypeError):
        pass  # held by its process, or not written yet
    os.close(descriptor)
    return None
