"""The stamp's own time: the schedule and the retention period.

Known (recordings of March 2020 and October 2021): the announced next time advances by the frequency, is shown even while
the scheduler is off, and neither a backup on demand nor a change of another setting moves it. Inferred: a new frequency
counts from the last time that was due.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from psbridge.emulator.stamp import ticks
from psbridge.emulator.stamp.records import State
from psbridge.emulator.stamp.scenario import Scenario, whole
from psbridge.emulator.stamp.timeline import Timeline

LAST_ONE_AGO = 5 * 3600 + 17 * 60  # seconds from the newest backup of the past to when the stamp is first opened


@dataclass(frozen=True, slots=True)
class _Rhythm:
    """From `since` on, the scheduler is due at `base` plus each multiple of `interval`, all in ticks."""

    since: int
    base: int
    interval: int

    def following(self, moment: int) -> int:
        """Return the first time after a moment."""
        return self.base + ((moment - self.base) // self.interval + 1) * self.interval


class Calendar:
    """The schedule and the retention of a stamp.

    Args:
        scenario: whether it lives by its own time or by the calendar of this world.
        speed: how fast its own time is.
        state: since when.
        timeline: its settings over time.
    """

    def __init__(self, scenario: Scenario, speed: float, state: State, timeline: Timeline) -> None:
        self._speed = speed if scenario.own_time else 1.0
        self._anchor = state.anchor
        self._timeline = timeline
        self._rhythms = self._read(own_time=scenario.own_time)

    def _read(self, *, own_time: bool) -> list[_Rhythm]:
        first = self._timeline.settings.at(self._anchor)
        interval = self._interval(whole(first, "backupFrequencyInHours"))
        base = self._anchor if own_time else self._anchor - ticks.seconds(LAST_ONE_AGO)
        if first.get("nextBackupTime"):
            base = ticks.parse_moment(first["nextBackupTime"])  # a recorded stamp's
        rhythms = [_Rhythm(self._anchor, base, interval)]
        for moment, settings in self._timeline.settings.changes:
            last, interval = rhythms[-1], self._interval(whole(settings, "backupFrequencyInHours"))
            if interval != last.interval:
                rhythms.append(_Rhythm(moment, last.following(moment) - last.interval, interval))
        return rhythms

    def _interval(self, hours: float) -> int:
        return self.length(hours * 3600)

    def length(self, seconds: float) -> int:
        """Return the real duration of a duration in the stamp's own time, in ticks."""
        return ticks.seconds(seconds / self._speed)

    def following(self, moment: int) -> int:
        """Return when the scheduler is due next after a moment."""
        rhythm = next((each for each in reversed(self._rhythms) if each.since <= moment), self._rhythms[0])
        return rhythm.following(moment)

    def due(self, after: int, upto: int, lasting: int) -> Iterator[int]:
        """Return when the scheduler can start a backup later than `after`, up to `upto`, the earliest first.

        Where a backup lasts longer than the time between two, only each second or third of its times is left; which ones
        does not depend on `after`.
        """
        moment = max(after, self._anchor)
        while True:
            rhythm = next(each for each in reversed(self._rhythms) if each.since <= moment or each is self._rhythms[0])
            until = next((each.since for each in self._rhythms if each.since > moment), upto + 1)
            moment = rhythm.following(moment)
            if moment > until <= upto:
                moment = until
                continue
            if moment > upto:
                return
            if (moment - rhythm.base) // rhythm.interval % -(-lasting // rhythm.interval) == 0:
                yield moment

    def earlier(self, moment: int, days: float) -> int:
        """Return the time that is a number of days of the stamp's own time before another.

        That time goes by `speed` since the stamp was first opened, and by the calendar before that.
        """
        length = ticks.seconds(days * 86_400)
        lived = round(max(0, moment - self._anchor) * self._speed)
        if lived >= length:
            return moment - round(length / self._speed)
        return min(moment, self._anchor) - (length - lived)

    def oldest(self, now: int) -> int:
        """Return the earliest end of a backup that is not deleted by `now`.

        What a shorter retention period has deleted does not come back with a longer one.
        """
        settings = self._timeline.settings
        held = [(moment, settings.at(moment - 1)) for moment, _ in settings.changes if moment <= now]
        ends = [*held, (now, settings.at(now))]
        return max(self.earlier(moment, whole(each, "backupRetentionPeriodInDays")) for moment, each in ends)
