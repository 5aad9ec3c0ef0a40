"""The emulated stamp as a test sees it: what happened on it, what it holds, and its clock, which can be put forward."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psbridge.emulator.stamp.lifecycle import StoredBackup
    from psbridge.emulator.stamp.service import Stamp

_A_MOMENT = timedelta(milliseconds=1)


class StampClock:
    """The wall clock, put forward by what a test says."""

    def __init__(self) -> None:
        self._ahead = timedelta()
        self._lock = threading.Lock()

    def __call__(self) -> datetime:
        """Return the stamp's time, aware, in UTC."""
        with self._lock:
            return datetime.now(UTC) + self._ahead

    def put_forward(self, by: timedelta) -> None:
        """Let so much time pass at once."""
        with self._lock:
            self._ahead += by


class EmulatedStamp:
    """What the fixture `stamp` gives.

    Its clock is this machine's, put forward by `advance` and `finish`. psbridge then warns that the host's clock is ahead;
    a verdict goes by the host's.
    """

    def __init__(self, stamp: Stamp, clock: StampClock) -> None:
        self.emulated = stamp
        self._clock = clock

    @property
    def scenario(self) -> str:
        """The name of what happens on it."""
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
        """How many starts of a backup it took. One start makes at most one; this is where a test sees it."""
        return self.counts["triggers"]

    @property
    def counts(self) -> dict[str, int]:
        """How often it was asked for something: `triggers` that it took, those that it `refused`, `sign_ins` and others."""
        return self.emulated.counts()

    @property
    def backups(self) -> list[StoredBackup]:
        """Every backup that it holds, the oldest first; also those that no client can see."""
        return self.emulated.backups()

    @property
    def running(self) -> StoredBackup | None:
        """The backup that runs now."""
        return next((backup for backup in self.backups if backup.running), None)

    def advance(self, by: timedelta) -> None:
        """Let so much time pass on the stamp at once.

        Raises:
            ValueError: time can't go back.
        """
        if by < timedelta():
            raise ValueError("the stamp's time can't go back: a backup that has ended would run again")
        self._clock.put_forward(by)

    def finish(self) -> StoredBackup:
        """Let time pass until the backup that runs has ended and its upload is over; return it as it is then.

        Raises:
            ValueError: none runs.
        """
        running = self.running
        if running is None:
            raise ValueError("no backup runs on the stamp, so none can be finished")
        self.advance(max((running.done or running.ends) - self.now, timedelta()) + _A_MOMENT)
        return next(backup for backup in self.backups if backup.id == running.id)
