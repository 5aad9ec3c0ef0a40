"""The fixture `stamp`: the emulated stamp's counters, its backups, and its clock, which a test can advance."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psbridge.emulator.stamp.lifecycle import StoredBackup
    from psbridge.emulator.stamp.service import Stamp

_A_MOMENT = timedelta(milliseconds=1)


class StampClock:
    """The wall clock plus the time by which a test has advanced it."""

    def __init__(self) -> None:
        self._ahead = timedelta()
        self._lock = threading.Lock()

    def __call__(self) -> datetime:
        """Return the stamp's time, aware, in UTC."""
        with self._lock:
            return datetime.now(UTC) + self._ahead

    def put_forward(self, by: timedelta) -> None:
        """Advance the clock."""
        with self._lock:
            self._ahead += by


class EmulatedStamp:
    """The value of the fixture `stamp`.

    Its clock is this machine's, advanced by `advance` and `finish`. psbridge then warns that the host's clock is ahead;
    verdicts use the host's clock.
    """

    def __init__(self, stamp: Stamp, clock: StampClock) -> None:
        self.emulated = stamp
        self._clock = clock

    @property
    def scenario(self) -> str:
        """The name of its scenario."""
        return self.emulated.scenario.name

    @property
    def location(self) -> str:
        """The name of its backup location, a region."""
        return self.emulated.location

    @property
    def now(self) -> datetime:
        """Its time, aware, in UTC."""
        return self._clock()

    @property
    def triggers(self) -> int:
        """Number of start requests that it accepted. One `start` of psbridge sends at most one."""
        return self.counts["triggers"]

    @property
    def counts(self) -> dict[str, int]:
        """Number of requests by kind: accepted start requests (`triggers`), refused ones (`refused`), `sign_ins` and others."""
        return self.emulated.counts()

    @property
    def backups(self) -> list[StoredBackup]:
        """Every backup, the oldest first, including those that are not listed."""
        return self.emulated.backups()

    @property
    def running(self) -> StoredBackup | None:
        """The running backup; None if none is running."""
        return next((backup for backup in self.backups if backup.running), None)

    def advance(self, by: timedelta) -> None:
        """Advance the stamp's clock.

        Raises:
            ValueError: `by` is negative.
        """
        if by < timedelta():
            raise ValueError("the stamp's clock can't be set back: a backup that has ended would run again")
        self._clock.put_forward(by)

    def finish(self) -> StoredBackup:
        """Advance the clock until the running backup and its upload have ended; return the backup.

        Raises:
            ValueError: no backup is running.
        """
        running = self.running
        if running is None:
            raise ValueError("no backup is running on the stamp")
        self.advance(max((running.done or running.ends) - self.now, timedelta()) + _A_MOMENT)
        return next(backup for backup in self.backups if backup.id == running.id)
