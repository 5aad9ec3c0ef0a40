"""Backups that nobody triggers: those of the past, those that run when the stamp is opened, and the scheduler's own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from uuid import NAMESPACE_OID, uuid5

from psbridge.emulator.stamp import ticks
from psbridge.emulator.stamp.lifecycle import is_running
from psbridge.emulator.stamp.records import BackupRecord, State
from psbridge.emulator.stamp.scenarios import DEFAULT, SCENARIOS, THUMBPRINT, Scenario

SPACING = 12 * 3600  # seconds between the backups of the past: the default frequency of a stamp
LAST_ONE_AGO = 5 * 3600 + 17 * 60  # seconds from the newest backup of the past to when the stamp is first opened
_LONGEST_LIST = 40  # of the scheduler's own backups, so that a stamp that runs fast for long stays small


def spread(text: str) -> float:
    """Return a number from 0.0 to 1.0 that always is the same for `text`."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big") / float(1 << 48)


def duration(scenario: Scenario, speed: float, name: str) -> int:
    """Return how long the backup `name` runs, in ticks: the scenario's time or up to 5 % more, divided by the speed."""
    return max(1, ticks.seconds(scenario.duration * (1.0 + spread(name) * 0.05) / speed) + int(spread(name) * 10))


def triggered(
    scenario: Scenario, speed: float, name: str, start: int, thumbprint: str | None = THUMBPRINT
) -> BackupRecord:
    """Return the backup `name` that begins at `start`, with the fate that the scenario has for it."""
    end = start + duration(scenario, speed, name)
    operation_end = end + ticks.seconds(scenario.upload / speed)
    return BackupRecord(
        id=name,
        start=start,
        end=end,
        operation_end=operation_end if scenario.operation_ends else None,
        uploaded_at=operation_end if scenario.uploaded else None,
        automatic=False,
        status=scenario.ends,
        roles=scenario.roles(),
        ready=scenario.ready,
        thumbprint=thumbprint,
        hidden=not scenario.listed,
        old_style=scenario.old_style,
    )


def automatic(scenario: Scenario, speed: float, name: str, start: int) -> BackupRecord:
    """Return the scheduler's backup that begins at `start`: it succeeds, whatever befalls those that are triggered."""
    fortunate = replace(
        _usual(scenario),
        upload=scenario.upload,
        listed=scenario.listed,
        old_style=scenario.old_style,
        ready=None if scenario.old_style else True,
    )
    return replace(triggered(fortunate, speed, name, start), automatic=True)


def _usual(scenario: Scenario) -> Scenario:
    return replace(SCENARIOS[DEFAULT], duration=scenario.usual_duration or scenario.duration)


def _name(what: str, moment: int) -> str:
    """Return the GUID that the backup of that kind and moment always has."""
    return str(uuid5(NAMESPACE_OID, f"psbridge stamp {what} {moment}"))


def past(scenario: Scenario, speed: float, anchor: int, now: int) -> list[BackupRecord]:
    """Return the newest backups of the past: one ended each twelve hours of the wall clock.

    A backup has the same id whatever the scenario and the speed, so that none is there twice in a state that was opened
    with several.
    """
    spacing = ticks.seconds(SPACING)
    newest = anchor - ticks.seconds(LAST_ONE_AGO) + (now - anchor) // spacing * spacing
    found = []
    for end in (newest - back * spacing for back in range(scenario.history)):
        name = _name("past", end)
        found.append(automatic(scenario, speed, name, end - duration(_usual(scenario), speed, name)))
    return found


def running(scenario: Scenario, speed: float, now: int) -> BackupRecord:
    """Return a backup of the scheduler that began a moment ago: a tenth of its time is over."""
    start = now - ticks.seconds(_usual(scenario).duration * 0.1 / speed)
    return automatic(scenario, speed, _name("running", start), start)


def scheduled(
    scenario: Scenario, speed: float, state: State, now: int, enabled: Callable[[int], bool]
) -> list[BackupRecord]:
    """Return the scheduler's own backups up to `now`, the newest forty of them.

    One is left out where another backup runs at its time, or `enabled` says that the scheduler is switched off then
    (that the stamp passes such a time over, and does not catch up, is inferred).
    """
    if scenario.every_hours is None:
        return []
    interval = ticks.seconds(scenario.every_hours * 3600 / speed)
    newest = (now - state.anchor) // interval
    starts = [state.anchor + at * interval for at in range(max(1, newest - _LONGEST_LIST + 1), newest + 1)]
    free = [start for start in starts if enabled(start) and not _taken(state, start)]
    return [automatic(scenario, speed, _name("scheduled", start), start) for start in free]


def _taken(state: State, moment: int) -> bool:
    return any(record.start <= moment and is_running(record, moment) for record in state.backups)
