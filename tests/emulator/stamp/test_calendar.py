"""The stamp's own time: its schedule, what shifts it and what does not, and what its retention period deletes."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from psbridge.emulator.stamp import ticks
from psbridge.emulator.stamp.scenario import Event, Scenario

MakeBench = Callable[..., Any]


def living(**changes: Any) -> Scenario:
    """Return a stamp whose scheduler makes a backup each four hours."""
    settings = {"backupFrequencyInHours": 4, **changes.pop("settings", {})}
    return Scenario("living", "made by a test", own_time=True, settings=settings, **changes)


def put(bench: Any, **settings: Any) -> None:
    assert bench.put(json.dumps({"properties": {"externalStoreDefault": settings}}).encode()).status == 202
    bench.pass_(seconds=5)


def following(bench: Any) -> timedelta:
    """Return how long it is until the backup that the stamp says comes next."""
    return ticks.as_datetime(ticks.parse_moment(bench.settings()["nextBackupTime"])) - bench.time


def starts(bench: Any) -> list[timedelta]:
    """Return when the scheduler's backups began, since the stamp was opened, the earliest first."""
    found = [each for each in bench.stamp.backups() if each.automatic and each.started >= bench.opened]
    return [each.started - bench.opened for each in found]


def hours(*every: float) -> list[timedelta]:
    return [timedelta(hours=each) for each in every]


def test_the_announced_next_backup_is_the_next_one(bench: MakeBench) -> None:
    scene = bench(living())
    for _ in range(30):
        told, count = following(scene), len(starts(scene))
        scene.time += told - timedelta(microseconds=1)
        assert len(starts(scene)) == count
        scene.time += timedelta(microseconds=1)
        assert len(starts(scene)) == count + 1
        scene.pass_(minutes=17)
    assert starts(scene) == hours(*range(4, 4 * 31, 4))


def test_a_requested_backup_does_not_move_the_schedule(bench: MakeBench) -> None:
    # Documented; recorded too: nextBackupTime stays while lastBackupTime moves (October 2021).
    scene = bench(living())
    scene.pass_(hours=1)
    told = scene.settings()["nextBackupTime"]
    scene.start()
    assert scene.settings()["nextBackupTime"] == told
    scene.pass_(hours=1)
    assert scene.settings()["nextBackupTime"] == told
    scene.pass_(hours=7)
    assert starts(scene) == hours(4, 8)


def test_a_scheduled_time_during_a_backup_is_skipped(bench: MakeBench) -> None:
    scene = bench(living())
    scene.pass_(hours=3, minutes=55)
    scene.start()
    scene.pass_(hours=5)
    assert starts(scene) == hours(8)


def test_another_frequency_counts_from_the_last_time_that_was_due(bench: MakeBench) -> None:
    scene = bench(living(settings={"backupFrequencyInHours": 12}))
    scene.pass_(hours=13)
    put(scene, backupFrequencyInHours=5)
    assert following(scene) == timedelta(hours=4) - timedelta(seconds=5)
    scene.pass_(hours=10)
    assert starts(scene) == hours(12, 17, 22)
    put(scene, backupFrequencyInHours=12)
    assert following(scene) == timedelta(hours=11) - timedelta(seconds=10)


def test_a_frequency_whose_time_has_passed_is_due_at_its_next_multiple(bench: MakeBench) -> None:
    scene = bench(living(settings={"backupFrequencyInHours": 12}))
    scene.pass_(hours=10)
    put(scene, backupFrequencyInHours=4)
    assert following(scene) == timedelta(hours=2) - timedelta(seconds=5)


@pytest.mark.parametrize("settings", [{"backupRetentionPeriodInDays": 9}, {"path": "\\\\a\\b"}])
def test_other_settings_leave_the_schedule_alone(bench: MakeBench, settings: dict[str, Any]) -> None:
    # Recorded in October 2021: nextBackupTime is the same after each change of another setting.
    scene = bench(living())
    scene.pass_(hours=1)
    told = scene.settings()["nextBackupTime"]
    put(scene, **settings)
    assert scene.settings()["nextBackupTime"] == told


def test_the_next_time_is_shown_while_the_scheduler_is_off(bench: MakeBench) -> None:
    # Recorded in March 2020: isBackupSchedulerEnabled false beside a nextBackupTime.
    scene = bench(living())
    put(scene, isBackupSchedulerEnabled=False)
    scene.pass_(hours=9)
    assert (starts(scene), following(scene)) == ([], timedelta(hours=3) - timedelta(seconds=5))
    put(scene, isBackupSchedulerEnabled=True)
    scene.pass_(hours=4)
    assert starts(scene) == hours(12)


@pytest.mark.parametrize(
    ("event", "begun"),
    [
        (Event("scheduler", "off", after=5 * 3600), (4,)),
        (Event("update", "begins", after=5 * 3600), (4,)),
        (Event("certificate", "removed", after=5 * 3600), (4,)),
        (Event("backup", "begins", after=5 * 3600), (4, 5, 8, 12)),
        (Event("backup", "begins", after=7.9 * 3600), (4, 7.9, 12)),
    ],
)
def test_events_stop_or_move_the_scheduler(bench: MakeBench, event: Event, begun: tuple[float, ...]) -> None:
    scene = bench(living(events=(event,)))
    scene.pass_(hours=13)
    assert starts(scene) == hours(*begun)


def test_speed_accelerates_the_stamps_days(bench: MakeBench) -> None:
    scene = bench(living(settings={"backupRetentionPeriodInDays": 2}), 600.0)
    assert len(scene.list()) == 4  # of the past, each 12 hours, on the calendar
    scene.pass_(seconds=86_400 / 600 + 1)
    kept = [each for each in scene.stamp.backups() if not each.running]
    assert len([each for each in kept if each.started < scene.opened]) == 2
    assert len(kept) == 2 + 5
    scene.pass_(seconds=3 * 86_400 / 600)
    kept = [each for each in scene.stamp.backups() if not each.running]
    assert len(kept) == 12
    assert all(scene.time - each.ends < timedelta(seconds=2 * 86_400 / 600) for each in kept)


def test_without_own_time_the_stamp_uses_the_calendar(bench: MakeBench) -> None:
    scene = bench("succeeds", 600.0)
    name = scene.start()
    scene.pass_(hours=20)
    assert scene.info(name)["status"] == "Succeeded"
    assert following(scene) == timedelta(hours=3 * 12 - 5 - 20, minutes=-17)
    scene.pass_(days=7)
    assert len(scene.list()) == 14
    assert scene.get(f"/backups/{name}").status == 404


def test_a_shorter_retention_period_deletes_at_once_and_permanently(bench: MakeBench) -> None:
    scene = bench(living())
    scene.pass_(days=6)
    before = len(scene.list())
    put(scene, backupRetentionPeriodInDays=2)
    after = [each["backupId"] for each in scene.list()]
    assert before > 30 > 13 >= len(after)
    put(scene, backupRetentionPeriodInDays=14)
    assert [each["backupId"] for each in scene.list()] == after
    scene.pass_(days=4)
    assert set(after) <= {each["backupId"] for each in scene.list()}


@pytest.mark.parametrize("speed", [1.0, 50.0, 100_000.0])
def test_a_list_is_never_longer_than_the_longest_retention_period_allows(bench: MakeBench, speed: float) -> None:
    scene = bench(living(history=0, settings={"backupRetentionPeriodInDays": 14}), speed)
    for _ in range(5):
        scene.pass_(days=400 / speed)
        assert 80 <= len(scene.list()) <= 14 * 6 + 1


def test_repeated_reads_show_the_same_backups(bench: MakeBench) -> None:
    watched, alone = bench(living()), bench(living())
    seen: dict[str, Any] = {}
    for _ in range(60):
        watched.pass_(hours=2, minutes=3)
        seen |= {each["backupId"]: each for each in watched.list() if each["status"] == "Succeeded"}
    alone.time = watched.time
    assert alone.list() == watched.list()
    assert all(seen[each["backupId"]] == each for each in alone.list() if each["backupId"] in seen)


@pytest.mark.parametrize(
    ("hours_each", "begun"), [(4.1, (8, 16, 24)), (9, (12, 24)), (3.9, (8, 16, 24)), (3.7, (4, 8, 12))]
)
def test_a_backup_longer_than_the_frequency_skips_times(
    bench: MakeBench, hours_each: float, begun: tuple[float, ...]
) -> None:
    scene = bench(living(duration=hours_each * 3600, settings={"backupRetentionPeriodInDays": 2}))
    scene.pass_(hours=25)
    assert starts(scene)[: len(begun)] == hours(*begun)
    scene.pass_(days=30)
    kept = starts(scene)
    assert all((start / timedelta(hours=1)) % begun[0] == 0 for start in kept)


def test_backups_of_the_scheduler_do_not_overlap(bench: MakeBench) -> None:
    events = tuple(Event("backup", "begins", after=at * 3000.0) for at in range(40))
    scene = bench(living(events=events, duration=3 * 3600.0))
    scene.pass_(days=2)
    own = [each for each in scene.stamp.backups() if each.started >= scene.opened]
    assert len(own) > 10
    assert all(one.ends <= other.started for one, other in itertools.pairwise(own))
