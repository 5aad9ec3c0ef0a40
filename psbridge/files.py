"""Files and folders of this machine, with what psbridge makes sure of."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO


def open_regular(path: Path) -> BinaryIO:
    """Return a regular file, open to be read; a named pipe in its place would be waited for without an end.

    Raises:
        OSError: it can't be opened, or is no regular file.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    raise OSError(errno.EINVAL, "it is no regular file", str(path))


def expanded(path: str | Path) -> Path:
    """Return a path with a leading `~` or `~NAME` as that user's home folder.

    Raises:
        FileNotFoundError: no such home folder is known; `strerror` says so.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        known_not = f"no home folder is known for {Path(path).parts[0]}"
        raise FileNotFoundError(errno.ENOENT, known_not, str(path)) from None


def whole(path: str | Path) -> Path:
    """Return an absolute path, `~` expanded.

    Raises:
        FileNotFoundError: no such home folder is known, or it is relative to a folder that is gone; `strerror` says which.
    """
    found = expanded(path)
    try:
        return found.absolute()
    except FileNotFoundError:
        raise FileNotFoundError(errno.ENOENT, "it is relative to a folder that is gone", str(path)) from None


def private_folder(folder: Path) -> None:
    """Make a folder, and those that it is to be in, for this user alone, whatever the umask; one that is there stays.

    Raises:
        OSError: it can't be made.
    """
    if not folder.is_dir():
        private_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
