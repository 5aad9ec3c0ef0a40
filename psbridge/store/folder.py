"""A store in a folder of this machine, such as a mounted share.

A mount whose server is gone blocks whoever touches it, and no signal ends that. So each call is made by a thread of its
own, and is waited for until the deadline.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar

from psbridge.clock import Deadline
from psbridge.store.blocking import bounded
from psbridge.store.reader import MOST_ENTRIES, Entry, NotInStore, StoreUnreadable

T = TypeVar("T")
_OPEN: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


class FolderStore:
    """A store in a folder.

    Args:
        folder: may be a link; nothing below it is followed if it is one.
    """

    def __init__(self, folder: str | Path) -> None:
        self._folder = Path(folder)
        self.where = str(folder)

    def entries(self, folder: str, deadline: Deadline) -> Sequence[Entry]:
        """As `psbridge.store.reader.Store`."""
        return self._bounded(lambda: self._listed(folder), deadline, folder or self.where)

    @contextmanager
    def open(self, path: str, deadline: Deadline) -> Iterator[_OpenFile]:
        """As `psbridge.store.reader.Store`."""
        descriptor, size = self._bounded(lambda: self._opened(path), deadline, path)
        file = _OpenFile(descriptor, size, self._place(path))
        try:
            yield file
        finally:
            file.close()

    def close(self) -> None:
        """Do nothing: a folder has no connection."""

    def _place(self, path: str) -> str:
        return str(self._folder / path) if path else self.where

    def _listed(self, folder: str) -> list[Entry]:
        descriptor = os.open(
            self._folder / folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | (os.O_NOFOLLOW if folder else 0)
        )
        try:
            with os.scandir(descriptor) as found:
                entries: list[Entry] = []
                for each in found:
                    entries += _entry(each)
                    if len(entries) > MOST_ENTRIES:
                        raise StoreUnreadable(f"{self._place(folder)}: it has more than {MOST_ENTRIES} entries")
        finally:
            os.close(descriptor)
        return sorted(entries, key=lambda entry: entry.name)

    def _opened(self, path: str) -> tuple[int, int]:
        descriptor = os.open(self._folder / path, _OPEN)
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            os.close(descriptor)
            raise NotInStore(path)
        return descriptor, found.st_size

    def _bounded(self, call: Callable[[], T], deadline: Deadline, path: str) -> T:
        try:
            return bounded(call, deadline, self._place(path))
        except (FileNotFoundError, NotADirectoryError) as wrong:
            if path in {"", self.where}:
                raise _unreadable(self.where, wrong) from wrong
            raise NotInStore(path) from wrong
        except OSError as wrong:
            raise _unreadable(self._place(path), wrong) from wrong


class _OpenFile:
    def __init__(self, descriptor: int, size: int, place: str) -> None:
        self.size = size
        self._descriptor = descriptor
        self._place = place

    def read_at(self, offset: int, buffer: memoryview, deadline: Deadline) -> int:
        try:
            return bounded(lambda: os.preadv(self._descriptor, [buffer], offset), deadline, self._place)
        except OSError as wrong:
            raise _unreadable(self._place, wrong) from wrong

    def close(self) -> None:
        with suppress(OSError):
            os.close(self._descriptor)


def _entry(found: os.DirEntry[str]) -> list[Entry]:
    """Return a folder or a regular file; a link, device or pipe is not part of a store."""
    with suppress(OSError):  # it went away
        status = found.stat(follow_symlinks=False)
        if stat.S_ISDIR(status.st_mode):
            return [Entry(found.name, is_folder=True)]
        if stat.S_ISREG(status.st_mode):
            return [Entry(found.name, is_folder=False, size=status.st_size)]
    return []


def _unreadable(place: str, error: OSError) -> StoreUnreadable:
    return StoreUnreadable(
        f"{place}: can't be read: {error.strerror}",
        hint="Name the folder that a stamp backs up to (the one with MASBackup in it); this user must be able to read it.",
    )
