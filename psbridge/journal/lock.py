"""One lock per target, held from before the list is read until the id is known, so that only one start sends a trigger.

It consists of two locks. flock excludes the processes of one machine and is released however its holder ends; but over some
network file systems it does not reach other machines, without an error. So the holder also creates a file that only one
process can create (O_EXCL, which NFS and SMB keep across machines) and that names the process. A file of another machine
counts until it is too old for its process to be still working.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from psbridge.bounded_json import loads
from psbridge.clock import Deadline
from psbridge.errors import Busy, ConfigError, Warn
from psbridge.files import check_regular, file_name, private_folder, read_regular
from psbridge.journal.log import ELSEWHERE
from psbridge.journal.process import Process, read_process, this_process

if TYPE_CHECKING:
    from filelock import BaseFileLock

_PAUSE = 0.2
_NO_LOCKS = {errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK}
_AT_WORK: Final = 1800.0
"""Seconds; the reads, the trigger and the search take at most a few `call_timeout`."""
_LARGEST: Final = 4096


class TargetLock:
    """A lock in the state folder.

    Args:
        warn: receives a sentence about a foreign file in the place of a lock.
    """

    def __init__(self, folder: Path, target: str, warn: Warn = lambda _: None) -> None:
        self._path = folder / "locks" / f"{file_name(target)}.lock"
        self._holder = self._path.with_name(f"{self._path.name}.holder")
        self._target = target
        self._warn = warn

    @property
    def holder(self) -> Process | None:
        """The process that holds the lock, as far as its file says and that process may still run; None without one."""
        process = self._holding()
        return None if process is None or process.lives is False else process

    @contextmanager
    def held(self, until: Deadline) -> Iterator[None]:
        """Hold the lock for the body.

        Args:
            until: how long to wait for another holder.

        Raises:
            psbridge.errors.Busy: another psbridge holds it.
            psbridge.errors.ConfigError: the state folder can't be written.
        """
        from filelock import FileLock

        # Without flock it would leave a file that stays when its holder is killed, and warn on stderr.
        lock = FileLock(self._path, timeout=0, mode=0o600, fallback_to_soft=False)
        try:
            private_folder(self._path.parent)
            self._clear_the_way(self._path)
            while (other := self._taken(lock)) is not None:
                if until.expired:
                    raise other
                until.clock.sleep(
                    min(_PAUSE, until.remaining())
                )  # polling, because no system call waits for both locks
        except OSError as problem:
            why = "its file system does not support locks" if problem.errno in _NO_LOCKS else problem.strerror
            raise ConfigError(f"can't create the lock {self._path}: {why}", hint=ELSEWHERE) from problem
        try:
            yield
        finally:
            if self._holding() == this_process():
                with suppress(OSError):
                    self._holder.unlink()
            lock.release()

    def _taken(self, lock: BaseFileLock) -> Busy | None:
        """Take both locks; return the error if another process holds one."""
        from filelock import Timeout

        try:
            lock.acquire()
        except Timeout:
            other = self._other()
            if other is not None:
                return self._elsewhere(other)
            return Busy(
                f"another psbridge on this machine is starting a backup of target {self._target}",
                hint="Wait for it with --lock-wait 5m. See its run: psbridge run list",
                detail={"reason": "locked"},
            )
        try:
            busy = self._named()
        except BaseException:
            lock.release()
            raise
        if busy is not None:
            lock.release()
        return busy

    def _named(self) -> Busy | None:
        """Create the file that names this process; return the error if a file of another machine exists."""
        other = self._other()
        if other is not None:
            return self._elsewhere(other)
        with suppress(FileNotFoundError):
            self._holder.unlink()  # its process has ended: while it ran, it had the other lock
        try:
            descriptor = os.open(self._holder, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            return self._elsewhere(self._other())
        try:
            os.write(descriptor, json.dumps(this_process().plain()).encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        return None

    def _other(self) -> Process | None:
        """Return the process of another machine that may hold this lock."""
        self._clear_the_way(self._holder)
        try:
            seen = self._holder.lstat().st_mtime
        except OSError:
            return None
        other = self._holding()
        if other is None or other.on_this_kernel or other.has_ended(seen):
            return None
        old = abs(time.time() - seen) > _AT_WORK  # noqa: TID251 - a file's age is by the system's clock
        return None if old else other

    def _holding(self) -> Process | None:
        """Return the process that the second lock's file names; None if it can't be read or names none."""
        try:
            return read_process(loads(read_regular(self._holder, _LARGEST)))
        except (OSError, ValueError):
            return None

    def _elsewhere(self, other: Process | None) -> Busy:
        who = f" ({other})" if other is not None else ""
        return Busy(
            f"a psbridge on another machine{who} is starting a backup of target {self._target}",
            hint=f"Wait for it with --lock-wait. If it was killed, remove {self._holder}, or wait until its lock expires after "
            f"{_AT_WORK / 60:.0f} minutes.",
            detail={"reason": "locked", "machine": other.host if other is not None else None},
        )

    def _clear_the_way(self, path: Path) -> None:
        """Rename what can't be a lock of psbridge: a folder, a named pipe, a dangling link."""
        odd = False
        try:
            check_regular(path)
        except FileNotFoundError:
            odd = path.is_symlink()
        except OSError:
            odd = True
        if odd:
            aside = path.with_name(f"{path.name}.aside-{secrets.token_hex(4)}")
            with suppress(FileNotFoundError):
                path.rename(aside)
            self._warn(f"{path} is not a file of psbridge; renamed to {aside.name}")
