"""Keeps a folder as the stamp's share while the emulation runs, and the key next to it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from psbridge.emulator.clock import SYSTEM, Clock
from psbridge.emulator.errors import EmulationError
from psbridge.emulator.stamp.service import Stamp
from psbridge.emulator.store import writer
from psbridge.emulator.store.certificates import held
from psbridge.emulator.store.sharing import shared
from psbridge.emulator.store.writer import Shared

_EACH: Final = 0.25  # seconds of real time between two looks at the stamp


class Keeper:
    """The folder that stands for a stamp's share; a `psbridge.emulator.stamp.share.Share`.

    It is brought up to date before each answer of the stamp, so that no client sees an older share than the answer tells of,
    and on the real clock also in between.

    Args:
        folder: the share.
        stamp: whose backups are written.
        password: of the keys.
        log: called with a line for each problem.
        afresh: whether what another stamp wrote there is removed first.

    Raises:
        EmulationError: the folder has files that are not an emulated stamp's, or a key's file exists.
        OSError: it can't be written.

    Attributes:
        key: the file of the certificate in the settings, with its key; None if that key is not the emulator's.
        password_file: the password of the keys.
    """

    def __init__(self, folder: Path, stamp: Stamp, password: str, log: Callable[[str], None], *, afresh: bool) -> None:
        self.folder = folder = folder.absolute()
        self.password_file = Path(f"{folder}.pfx.password")
        self._stamp = stamp
        self._password = password
        self._log = log
        self._lock = threading.Lock()
        self._seen: Shared | None = None
        self._keys: dict[str, Path] = {}
        self._check()
        if afresh:
            writer.clear(folder)
        self._bring(shared(stamp))
        self.key = self._keys.get(str(shared(stamp).thumbprint))

    def _check(self) -> None:
        """Refuse to write over a key that is not the emulator's."""
        if Path(f"{self.folder}.pfx").exists() and not (self.folder / writer.MARK).exists():
            raise EmulationError("store", f"{self.folder}.pfx already exists and was not changed")

    def refresh(self) -> None:
        """Write what is new; a problem is logged."""
        with self._lock:
            try:
                now = shared(self._stamp)
                if now != self._seen:
                    self._bring(now)
            except (OSError, EmulationError) as problem:
                self._log(f"the backup share {self.folder} can't be written: {problem}")

    def _bring(self, now: Shared) -> None:
        writer.write(self.folder, now, self._stamp.scenario.store)
        for thumbprint in (now.thumbprint, *(each.thumbprint for each in now.backups)):
            self._write_key(thumbprint or "")
        self._seen = now

    def _write_key(self, thumbprint: str) -> None:
        own = held(thumbprint)
        if own is None or thumbprint in self._keys:
            return
        suffix = f"-{thumbprint[:8]}.pfx" if self._keys else ".pfx"
        self._keys[thumbprint] = Path(f"{self.folder}{suffix}")
        writer.replaced(self._keys[thumbprint], own.pfx(self._password), 0o600)
        writer.replaced(self.password_file, f"{self._password}\n".encode(), 0o600)

    def strays(self) -> Sequence[str]:
        """Return the files that the stamp does not recognize."""
        with self._lock:
            return writer.strays(self.folder)

    def prune(self, paths: Sequence[str]) -> None:
        """Delete such files."""
        with self._lock:
            writer.prune(self.folder, paths)


@contextmanager
def keeping(keeper: Keeper, stamp: Stamp, clock: Clock) -> Iterator[Keeper]:
    """Keep the share up to date for the body.

    On a clock that is not the real one, only the stamp's answers bring it up to date: such a clock would not get past a thread
    that waits again and again.
    """
    stamp.attach(keeper)
    over = clock.event()

    def watch() -> None:
        while not over.wait(_EACH):
            keeper.refresh()

    thread = clock.thread(watch, name="psbridge-emulated-share")
    if clock is SYSTEM:
        thread.start()
    try:
        yield keeper
    finally:
        over.set()
        if clock is SYSTEM:
            thread.join()
