"""Open, read and create files and folders safely: no devices, no named pipes, limited size, private folders."""

from __future__ import annotations

import contextlib
import errno
import os
import pwd
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, Final

_KINDS: Final = (
    (stat.S_ISLNK, "a link"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


def regular_descriptor(path: Path, flags: int = os.O_RDONLY, mode: int = 0o600) -> int:
    """Return a descriptor of a regular file, following links. Opening never blocks and never touches a device.

    Args:
        path: the file.
        flags: of `os.open`, such as `os.O_RDWR`; `O_CREAT` creates a missing file.
        mode: of a new file.

    Raises:
        OSError: it can't be opened, or is not a regular file; `strerror` says what it is.
    """
    with contextlib.suppress(FileNotFoundError):
        _check_regular(path.stat(), path)  # first, because opening a device can have an effect
    descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC, mode)
    try:
        _check_regular(os.fstat(descriptor), path)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _check_regular(found: os.stat_result, path: Path) -> None:
    if not stat.S_ISREG(found.st_mode):
        kind = next((name for test, name in _KINDS if test(found.st_mode)), "a special file")
        raise OSError(errno.EINVAL, f"it is {kind}, not a regular file", str(path))


def check_regular(path: str | Path) -> None:
    """Refuse anything but a regular file, before a library opens it and waits for a named pipe.

    Raises:
        OSError: it is not there, or is not a regular file; `strerror` says what it is.
    """
    _check_regular(Path(path).stat(), Path(path))


def open_regular(path: Path) -> BinaryIO:
    """Return a regular file, open to be read.

    Raises:
        OSError: it can't be opened, or is not a regular file.
    """
    return os.fdopen(regular_descriptor(path), "rb")


def read_regular(path: Path, most: int) -> bytes:
    """Return the content of a regular file of at most `most` bytes.

    Raises:
        OSError: it can't be read, is not a regular file, or is larger; `strerror` says which.
    """
    with open_regular(path) as stream:
        return read_at_most(stream, most)


def read_first(path: Path, count: int) -> bytes:
    """Return the first bytes of a regular file, `count` at most.

    Raises:
        OSError: it can't be read, is not a regular file, or has nothing to read yet, as some files of /proc.
    """
    with open_regular(path) as stream:
        return _there(stream.read(count))


def read_at_most(stream: BinaryIO, most: int) -> bytes:
    """Return the rest of an open file.

    Raises:
        OSError: it is larger than `most` bytes, or has nothing to read yet, as some files of /proc.
    """
    data = _there(stream.read(most + 1))
    if len(data) > most:
        raise OSError(errno.EFBIG, f"it is larger than {most // 1024} KiB")
    return data


def _there(data: bytes | None) -> bytes:
    """Return what was read. Python gives None for a non-blocking file that has no content yet."""
    if data is None:
        raise OSError(errno.EAGAIN, "it has no content to read")
    return data


def home(env: Mapping[str, str]) -> Path | None:
    """Return this user's home folder: `$HOME`, else what the passwd database says; None if neither knows one.

    A container's user often has neither. A relative or empty `$HOME` counts as unset.
    """
    named = env.get("HOME", "")
    if not named.startswith("/"):
        try:
            named = pwd.getpwuid(os.geteuid()).pw_dir
        except KeyError:
            return None
    return Path(named) if named.startswith("/") else None


def systemd_folders(env: Mapping[str, str], variable: str) -> tuple[list[Path], list[Path]]:
    """Return the folders that systemd made for this service, and those for a service that psbridge may only be a part of.

    A unit that names psbridge's folder, as `StateDirectory=psbridge` does, means psbridge. Any other may be that of a program
    which started psbridge, such as a build server's: its variables reach every program that it starts.

    Args:
        env: the environment.
        variable: such as `STATE_DIRECTORY`: absolute paths, separated by colons (systemd.exec, "StateDirectory=").
    """
    named = [Path(each) for each in env.get(variable, "").split(":") if each.startswith("/")]
    ours = [each for each in named if "psbridge" in each.parts]
    return ours, [each for each in named if each not in ours]


def expanded(path: str | Path) -> Path:
    """Return a path with a leading `~` or `~NAME` as that user's home folder.

    Raises:
        FileNotFoundError: the home folder is unknown; `strerror` says so.
    """
    first, *rest = Path(path).parts or (".",)
    own = home(os.environ) if first == "~" else None
    if own is not None:
        return own.joinpath(*rest)
    try:
        if first != "~":
            return Path(path).expanduser()
    except RuntimeError:
        pass
    raise FileNotFoundError(errno.ENOENT, f"the home folder of {first} is unknown", str(path))


def whole(path: str | Path) -> Path:
    """Return an absolute path, `~` expanded.

    Raises:
        FileNotFoundError: the home folder is unknown, or the working folder was deleted; `strerror` says which.
    """
    found = expanded(path)
    try:
        return found.absolute()
    except FileNotFoundError:
        raise FileNotFoundError(errno.ENOENT, "it is relative to a deleted working folder", str(path)) from None


def write_new(path: Path, text: str | bytes) -> None:
    """Write a new file for this user only (mode 0600), complete or not at all; an existing one is not touched.

    Raises:
        FileExistsError: there is one.
        OSError: it can't be written.
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode("utf-8") if isinstance(text, str) else text)
            file.flush()
            os.fsync(file.fileno())
        _name(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


def _name(fresh: Path, path: Path) -> None:
    """Give a complete file its name in one step, unless the name is taken."""
    try:
        path.hardlink_to(fresh)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from None
        fresh.rename(path)


def file_name(text: str) -> str:
    """Return the name of a target as a part of a file's name: other characters than A-Z a-z 0-9 . _ - are underscores."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", text)


def private_folder(folder: Path) -> None:
    """Create a folder and its missing parents for this user only, whatever the umask. An existing folder is not changed.

    Raises:
        OSError: it can't be created.
    """
    if not folder.is_dir():
        private_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def first_existing(folder: Path) -> Path:
    """Return a folder, or the nearest of its parents that exists."""
    return next(each for each in (folder, *folder.parents) if os.path.lexists(each))


def unwritable(folder: Path) -> str | None:
    """Return why a folder can't be made or written to, None if it most probably can; nothing is made."""
    there = first_existing(folder)
    if not there.is_dir():
        return f"{there} is not a folder"
    return None if os.access(there, os.W_OK | os.X_OK) else f"this user may not write to {there}"


def check_replaceable(path: Path) -> None:
    """Refuse a path at which there is anything but a regular file. A link, such as /dev/stdout, would be replaced itself.

    Raises:
        OSError: `strerror` says what is there.
    """
    with contextlib.suppress(FileNotFoundError):
        _check_regular(path.lstat(), path)


def write_whole(path: Path, data: bytes, mode: int | None = None) -> None:
    """Write a file whole: a file of that name is replaced at once, or stays as it was. File and folder are synced.

    Until then the data is in a hidden file of the same folder, whose name ends with `.new`.

    Args:
        path: the file.
        data: what it will contain.
        mode: its mode, whatever the umask; None for what the umask leaves of 0666.

    Raises:
        OSError: it can't be written, or the path is a link, a folder, a device or a pipe; `strerror` says which.
    """
    check_replaceable(path)
    fresh = path.with_name(f".{os.urandom(8).hex()}.new")  # no longer than most names, for there is a limit to them
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with os.fdopen(os.open(fresh, flags, 0o666 if mode is None else 0o600), "wb") as file:
            if mode is not None:
                os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Put a folder's entries on disk, where its file system can do that."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
