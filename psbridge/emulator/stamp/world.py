"""The state of the stamp at one time: pure functions of its stored state, its scenario, the speed and now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psbridge.emulator.stamp import arm_error, ticks
from psbridge.emulator.stamp.alerts.alert import Alert, alerts, raised_at_start, signs
from psbridge.emulator.stamp.arm_error import Refusal
from psbridge.emulator.stamp.calendar import Calendar
from psbridge.emulator.stamp.lifecycle import has_ended, is_running
from psbridge.emulator.stamp.records import BackupRecord, OperationRecord, State
from psbridge.emulator.stamp.resources import Identity
from psbridge.emulator.stamp.scenario import BAD_SHARES, Scenario
from psbridge.emulator.stamp.scheduler import Round, round_of
from psbridge.emulator.stamp.timeline import Timeline
from psbridge.emulator.stamp.updates import UpdateRun, runs

_REMEMBERED = 14  # days of the stamp's own time that the scheduler's doings are looked back at: the longest retention


@dataclass(frozen=True, slots=True)
class World:
    """A stamp without its memory."""

    scenario: Scenario
    speed: float
    identity: Identity

    def timeline(self, state: State) -> Timeline:
        """Return the stamp's occurrences, in order."""
        return Timeline(self.scenario, self.speed, state, version=self.identity.stamp_version)

    def _calendar(self, state: State, timeline: Timeline) -> Calendar:
        return Calendar(self.scenario, self.speed, state, timeline)

    def _round(self, state: State, timeline: Timeline, calendar: Calendar, now: int) -> Round:
        since = calendar.earlier(now, _REMEMBERED)
        return round_of(self.scenario, self.speed, state, timeline, calendar, since=since, now=now)

    def shown_settings(self, state: State, now: int) -> Mapping[str, Any]:
        """Return the values of `externalStoreDefault` as a read gives them."""
        timeline = self.timeline(state)
        settings = timeline.settings.at(now)
        ended = [record.end for record in self.backups(state, now) if has_ended(record, now)]
        known = [settings["lastBackupTime"]] if settings.get("lastBackupTime") else []
        last = max([*known, *(ticks.moment_text(end) for end in ended)], default=None)
        following = ticks.moment_text(self._calendar(state, timeline).following(now)) if settings["path"] else None
        full = {"availableCapacity": "0.00 TB"} if timeline.share.at(now) == "full" else {}
        return {**settings, **full, "nextBackupTime": following, "lastBackupTime": last}

    def backups(self, state: State, now: int) -> list[BackupRecord]:
        """Return every backup there is, the scheduler's own included, in the order of their ids, as lists have it.

        Recorded lists (March 2020, October 2021) are in that order, not in that of time. Backups beyond the retention
        period are gone.
        """
        timeline = self.timeline(state)
        calendar = self._calendar(state, timeline)
        oldest = calendar.oldest(now)
        every = (*state.backups, *self._round(state, timeline, calendar, now).backups)
        kept = [each for each in every if each.recorded is not None or each.end >= oldest]
        return sorted(kept, key=lambda record: record.id)

    def backup(self, state: State, name: str, now: int) -> BackupRecord | None:
        """Return the backup with this id, whatever its letters' case."""
        return next((record for record in self.backups(state, now) if record.id.lower() == name.lower()), None)

    def update_runs(self, state: State, now: int) -> list[UpdateRun]:
        """Return the runs of updates that began by `now`, as they are at `now`."""
        return runs(self.timeline(state).events, now)

    def alerts(self, state: State, now: int) -> list[Alert]:
        """Return the alerts that there have been by `now`, the oldest first."""
        timeline = self.timeline(state)
        calendar = self._calendar(state, timeline)
        done = self._round(state, timeline, calendar, now)
        ended = [each for each in (*state.backups, *done.backups) if has_ended(each, now) and each.end <= now]
        given = (raised_at_start(each, state.anchor) for each in self.scenario.alerts)
        return alerts([*given, *signs(ended, done.passed, timeline, calendar, state.anchor, now)])

    def refusal(self, state: State, now: int) -> Refusal | None:
        """Return why a backup may not start now, None if it may."""
        timeline = self.timeline(state)
        settings, share = timeline.settings.at(now), timeline.share.at(now)
        running = any(is_running(record, now) for record in self.backups(state, now))
        reasons = (
            (self.scenario.refusal is not None, self.scenario.refusal),
            (timeline.update.at(now) != "none", arm_error.UPDATE_RUNNING),
            (not settings["path"], arm_error.NOT_CONFIGURED),
            (not settings["encryptionCertThumbprint"], arm_error.NO_CERTIFICATE),
            (running, arm_error.CONFLICT),
            (share in BAD_SHARES, arm_error.ERRORS.get(BAD_SHARES.get(share, ""))),
        )
        return next((refusal for holds, refusal in reasons if holds), None)


def operation(state: State, name: str) -> OperationRecord | None:
    """Return the operation with this id that is not a backup."""
    return next((each for each in state.operations if each.id.lower() == name.lower()), None)


def read_json(body: bytes | None) -> Mapping[str, Any]:
    """Return a request's JSON object; nothing counts as an empty one.

    Raises:
        Refusal: if it is anything else.
    """
    try:
        value = json.loads(body) if body and body.strip() else {}
    except (ValueError, RecursionError):
        raise arm_error.UNREADABLE_BODY from None
    if not isinstance(value, dict):
        raise arm_error.UNREADABLE_BODY
    return value
