"""What can be asked of the stamp at a moment: pure functions of its stored state, its scenario, the speed and now."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from psbridge.emulator.stamp import arm_error, history, ticks
from psbridge.emulator.stamp.alerts.alert import Alert, Closed, Raised, alerts, cleared, dismissed, raised, succeeded
from psbridge.emulator.stamp.alerts.kinds import BY_CODE
from psbridge.emulator.stamp.arm_error import Refusal
from psbridge.emulator.stamp.lifecycle import is_running, view
from psbridge.emulator.stamp.records import BackupRecord, EventRecord, OperationRecord, State
from psbridge.emulator.stamp.resources import Identity
from psbridge.emulator.stamp.scenarios import SETTINGS, Scenario
from psbridge.emulator.stamp.updates.runs import UpdateRun, runs


@dataclass(frozen=True, slots=True)
class World:
    """A stamp without its memory.

    Attributes:
        speed: what every length of time is divided by.
    """

    scenario: Scenario
    speed: float
    identity: Identity

    def settings(self, state: State, now: int) -> Mapping[str, Any]:
        """Return the values of `externalStoreDefault` at `now`, the two times of backups left out."""
        changes = sorted((each for each in state.operations if each.end <= now), key=lambda each: each.end)
        merged = dict(state.settings) or {**SETTINGS, **self.scenario.settings}
        for change in changes:
            merged |= change.settings
        return merged

    def shown_settings(self, state: State, now: int) -> Mapping[str, Any]:
        """Return the values of `externalStoreDefault` as a read gives them."""
        settings = self.settings(state, now)
        ended = [record.end for record in self.backups(state, now) if view(record, now).ended]
        known = [settings["lastBackupTime"]] if settings.get("lastBackupTime") else []
        last = max([*known, *(ticks.moment_text(end) for end in ended)], default=None)
        return {"nextBackupTime": self._next(state, settings, now), **settings, "lastBackupTime": last}

    def _next(self, state: State, settings: Mapping[str, Any], now: int) -> str | None:
        """Return when the scheduler is due; it is told even while the scheduler is off (recordings)."""
        if settings["path"] is None:
            return None
        if self.scenario.every_hours is None:
            interval = ticks.seconds(settings["backupFrequencyInHours"] * 3600)
            since = state.anchor - ticks.seconds(history.LAST_ONE_AGO)
        else:
            interval = ticks.seconds(self.scenario.every_hours * 3600 / self.speed)
            since = state.anchor
        return ticks.moment_text(since + ((now - since) // interval + 1) * interval)

    def backups(self, state: State, now: int) -> list[BackupRecord]:
        """Return every backup there is, the scheduler's own included, in the order of their ids, as lists have it.

        Recorded lists (March 2020, October 2021) are in that order, not in that of time. Backups beyond the retention
        period are gone; that one is measured in real days, whatever the speed.
        """
        days = self.settings(state, now)["backupRetentionPeriodInDays"]
        oldest = now - ticks.seconds(days * 86_400)

        def enabled(moment: int) -> bool:
            return bool(self.settings(state, moment)["isBackupSchedulerEnabled"])

        own = history.scheduled(self.scenario, self.speed, state, now, enabled)
        kept = [each for each in (*state.backups, *own) if each.recorded is not None or each.end >= oldest]
        return sorted(kept, key=lambda record: record.id)

    def backup(self, state: State, name: str, now: int) -> BackupRecord | None:
        """Return the backup with this id, whatever its letters' case."""
        return next((record for record in self.backups(state, now) if record.id.lower() == name.lower()), None)

    def refusal(self, state: State, now: int) -> Refusal | None:
        """Return why a backup may not start now, None if it may."""
        settings = self.settings(state, now)
        if self.scenario.refusal is not None:
            return self.scenario.refusal
        if settings["path"] is None:
            return arm_error.NOT_CONFIGURED
        if settings["encryptionCertThumbprint"] is None:
            return arm_error.NO_CERTIFICATE
        if any(is_running(record, now) for record in self.backups(state, now)):
            return arm_error.CONFLICT
        return None

    def update_runs(self, state: State, now: int) -> list[UpdateRun]:
        """Return the runs of updates that began by `now`."""
        return runs(self._events(state), now)

    def alerts(self, state: State, now: int) -> list[Alert]:
        """Return the alerts that there have been by `now`, the oldest first."""
        return alerts([*self._of_backups(state, now), *self._of_settings(state), *self._of_events(state, now)])

    def _events(self, state: State) -> tuple[EventRecord, ...]:
        if self.scenario.refusal is arm_error.UPDATE_RUNNING:
            return (*state.events, EventRecord(state.anchor, "update", "begins"))
        return state.events

    def _of_backups(self, state: State, now: int) -> Iterator[Raised | Closed]:
        for record in self.backups(state, now):
            if not view(record, now).ended or record.end > now:
                continue
            if record.status == "Succeeded":
                yield succeeded(record.end)
            elif record.status == "PartialSucceeded":
                failed = ", ".join(name for name, status in record.roles if status == "Failed")
                yield raised(record.end, "BackupPartialSucceeded", rolesFailedInBackup=failed)
            elif record.status in {"Failed", "Corrupted"}:
                yield raised(record.end, "BackupFailedGeneral")

    def _of_settings(self, state: State) -> Iterator[Raised | Closed]:
        if self.settings(state, state.anchor)["path"] is None:
            yield raised(state.anchor, "BackupShareNotConfigured")
        for change in state.operations:
            if change.settings.get("path") is not None:
                yield cleared(change.end, "BackupShareNotConfigured")

    def _of_events(self, state: State, now: int) -> Iterator[Raised | Closed]:
        for each in self._events(state):
            if each.what == "refused":
                path = str(self.settings(state, now)["path"] or "")
                yield raised(each.at, BY_CODE[each.value], externalSharePath=path)
            elif each.what == "alert_closed":
                yield dismissed(each.at, each.value, each.by)


def operation(state: State, name: str) -> OperationRecord | None:
    """Return the operation with this id that is no backup."""
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
