"""One lock a target, from before the list is read until the id is known, so that two starts can't both trigger."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from psbridge.clock import Deadline
from psbridge.errors import Busy, ConfigError
from psbridge.files import private_folder
from psbridge.journal.log import ELSEWHERE

_PAUSE = 0.2
_NO_LOCKS = {errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK}


class TargetLock:
    """A lock file in the state folder; flock, so it is free again when its holder dies.

    Args:
        folder: the state folder.
        target: the target's name.
    """

    def __init__(self, folder: Path, target: str) -> None:
        self._path = folder / "locks" / f"{re.sub(r'[^A-Za-z0-9_.-]', '_', target)}.lock"
        self._target = target

    @contextmanager
    def held(self, until: Deadline) -> Iterator[None]:
        """Hold the lock for the body.

        Args:
            until: how long to wait for another holder.

        Raises:
            psbridge.errors.Busy: another psbridge holds it.
            psbridge.errors.ConfigError: the state folder can't be written.
        """
        from filelock import FileLock, Timeout

        # Without flock it would leave a file that stays when its holder is killed, and warn on stderr.
        lock = FileLock(self._path, timeout=0, mode=0o600, fallback_to_soft=False)
        try:
            private_folder(self._path.parent)
            while True:
                try:
                    lock.acquire()
                    break
                except Timeout as held:
                    if until.expired:
                        raise Busy(
                            f"another psbridge on this machine is starting a backup of {self._target}",
                            hint="Wait for it with --lock-wait, or see `psbridge run list`.",
                            detail={"reason": "locked"},
                        ) from held
                    until.clock.sleep(min(_PAUSE, until.remaining()))
        except OSError as problem:
            why = "its file system has no locks" if problem.errno in _NO_LOCKS else problem.strerror
            raise ConfigError(f"the lock {self._path} can't be made: {why}", hint=ELSEWHERE) from problem
        try:
            yield
        finally:
            lock.release()
