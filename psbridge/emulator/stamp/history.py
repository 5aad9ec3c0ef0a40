"""How backups begin: those that are triggered, the scheduler's own, and those of the past."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from uuid import NAMESPACE_OID, uuid5

from psbridge.emulator.stamp import ticks
from psbridge.emulator.stamp.calendar import LAST_ONE_AGO
from psbridge.emulator.stamp.records import BackupRecord
from psbridge.emulator.stamp.scenario import THUMBPRINT, Scenario

LONGER = 1.06  # of its time that a backup takes at most
SPACING = 12 * 3600  # seconds between the backups of the past: the default frequency of a stamp


def spread(text: str) -> float:
    """Return a number from 0.0 to 1.0 that always is the same for `text`."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big") / float(1 << 48)


def duration(seconds: float, speed: float, name: str) -> int:
    """Return how long the backup `name` runs, in ticks: that time or up to 5 % more, divided by the speed."""
    return max(1, ticks.seconds(seconds * (1.0 + spread(name) * 0.05) / speed) + int(spread(name) * 10))


def triggered(
    scenario: Scenario, speed: float, name: str, start: int, thumbprint: str | None = THUMBPRINT
) -> BackupRecord:
    """Return the backup `name` that begins at `start`, with the outcome that the scenario defines."""
    end = start + duration(scenario.duration, speed, name)
    operation_end = end + ticks.seconds(scenario.upload / speed)
    return BackupRecord(
        id=name,
        start=start,
        end=end,
        operation_end=operation_end if scenario.operation_ends else None,
        uploaded_at=operation_end if scenario.uploaded else None,
        automatic=False,
        status=scenario.ends,
        roles=scenario.ended_roles(),
        ready=scenario.ready,
        thumbprint=thumbprint,
        hidden=not scenario.listed,
        old_style=scenario.old_style,
        timed=scenario.timed,
    )


def automatic(
    scenario: Scenario, speed: float, name: str, start: int, thumbprint: str | None = THUMBPRINT
) -> BackupRecord:
    """Return the scheduler's backup that begins at `start`: it succeeds unless an event affects it."""
    fortunate = Scenario(
        scenario.name,
        scenario.description,
        duration=scenario.usual,
        upload=scenario.upload,
        roles=scenario.roles,
        listed=scenario.listed,
        old_style=scenario.old_style,
        ready=None if scenario.old_style else True,
    )
    return replace(triggered(fortunate, speed, name, start, thumbprint), automatic=True)


def named(what: str, moment: int) -> str:
    """Return the GUID that the backup of that kind and moment always has."""
    return str(uuid5(NAMESPACE_OID, f"psbridge stamp {what} {moment}"))


def past(scenario: Scenario, speed: float, anchor: int) -> list[BackupRecord]:
    """Return the backups from before the stamp was opened: one ended each twelve hours of the wall clock.

    A backup has the same id whatever the scenario and the speed, so that none is there twice in a state that was opened
    with several.
    """
    found = []
    for back in range(scenario.history):
        end = anchor - ticks.seconds(LAST_ONE_AGO + back * SPACING)
        name = named("past", end)
        found.append(automatic(scenario, speed, name, end - duration(scenario.usual, speed, name)))
    return found


def running(scenario: Scenario, speed: float, now: int) -> BackupRecord:
    """Return a backup of the scheduler that began a moment ago: a tenth of its time is over."""
    start = now - ticks.seconds(scenario.usual * 0.1 / speed)
    return automatic(scenario, speed, named("running", start), start)
