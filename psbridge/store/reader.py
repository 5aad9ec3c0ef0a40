"""The seam: how a store is listed and read, whatever carries it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Final, Protocol

import msgspec

from psbridge.clock import Deadline
from psbridge.errors import PrerequisiteError

MOST_ENTRIES: Final = 100_000
"""Of one folder. A stamp keeps 20 days of at most 6 backups each day; a repository then has 240 files."""


class StoreUnreadable(PrerequisiteError):
    """The share, the folder or the login can't be used; it says nothing of the backup."""


class NotInStore(Exception):
    """There is no such file or folder."""


class Entry(msgspec.Struct, frozen=True):
    """A name in a folder.

    Attributes:
        name: as listed, whatever its case.
        is_folder: a link, device or pipe is neither a folder nor listed.
        size: bytes of a file, 0 of a folder.
    """

    name: str
    is_folder: bool
    size: int = 0


class OpenFile(Protocol):
    """A file that is open for reading; writers and deletion are not kept out."""

    size: int

    def read_at(self, offset: int, buffer: memoryview, deadline: Deadline) -> int:
        """Fill the start of a buffer from an offset; may be called by several threads.

        Returns:
            How many bytes; 0 at the end of the file.

        Raises:
            StoreUnreadable: it can't be read any more.
            psbridge.DeadlineExceeded: it timed out.
        """
        ...


class Store(Protocol):
    """A folder of backups, read only. Paths are relative, with `/` between the names as they were listed."""

    where: str

    def entries(self, folder: str, deadline: Deadline) -> Sequence[Entry]:
        """Return what is in a folder (`""`: the store itself), at most `MOST_ENTRIES`.

        Raises:
            NotInStore: there is no such folder.
            StoreUnreadable: it can't be listed, or has more entries.
            psbridge.DeadlineExceeded: it timed out.
        """
        ...

    def open(self, path: str, deadline: Deadline) -> AbstractContextManager[OpenFile]:
        """Open a file for reading.

        Raises:
            NotInStore: there is no such file.
            StoreUnreadable: it can't be opened.
            psbridge.DeadlineExceeded: it timed out.
        """
        ...

    def close(self) -> None:
        """End the connection, if there is one."""
        ...
