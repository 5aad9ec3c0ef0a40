"""What the events of a scenario do: to a backup that runs, to the stamp, to its alerts, and to the host's requests."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from psbridge.emulator.faults.rules import FaultPlan
from psbridge.emulator.stamp.alerts.kinds import BY_CODE, KINDS
from psbridge.emulator.stamp.arm_error import ERRORS
from psbridge.emulator.stamp.scenario import BAD_SHARES, Event, Scenario
from psbridge.emulator.stamp.store import FileStore

MakeBench = Callable[..., Any]
CLOSE = json.dumps({"properties": {"state": "Closed"}}).encode()


def happens(*events: Event, **changes: Any) -> Scenario:
    return Scenario("eventful", "made by a test", events=events, **changes)


def roles(info: dict[str, Any]) -> dict[str, str]:
    return {each["roleName"]: each["status"] for each in info["roleStatus"]}


@pytest.mark.parametrize("share", BAD_SHARES)
def test_a_share_failure_ends_the_running_backup(bench: MakeBench, share: str) -> None:
    scene = bench(happens(Event("share", share, None, 0.5)))
    name = scene.start()
    scene.pass_(minutes=9, seconds=50)
    before = roles(scene.info(name))
    assert "Failed" not in before.values()
    assert scene.operation(name).status == 202
    scene.pass_(seconds=50)
    info = scene.info(name)
    assert (info["status"], info["completelyUploaded"], info["isCloudRecoveryReady"]) == ("Failed", False, False)
    assert info["timeTakenToCreate"].startswith("PT10M")
    assert all(status == before[role] for role, status in roles(info).items() if before[role] == "Succeeded")
    assert {status for role, status in roles(info).items() if before[role] == "Queued"} == {"Failed"}
    assert [kind for kind in KINDS.values() if kind.title in scene.open_alerts()] == [KINDS[BY_CODE[BAD_SHARES[share]]]]
    scene.pass_(minutes=2)
    assert scene.operation(name).body["properties"]["backupInfo"]["status"] == "Failed"
    assert scene.post("/createBackup").body["error"]["code"] == BAD_SHARES[share]


def test_an_event_of_a_run_occurs_in_each_or_in_one(bench: MakeBench) -> None:
    each = Event("role_fails", "WAS", None, 0.3)
    second = Event("role_fails", "Domain", None, 0.3, 2)
    scene = bench(happens(each, second))
    failed = []
    for _ in range(3):
        name = scene.start()
        scene.pass_(minutes=30)
        failed.append({role for role, status in roles(scene.info(name)).items() if status == "Failed"})
    assert failed == [{"WAS"}, {"WAS", "Domain"}, {"WAS"}]


def test_a_failed_role_is_shown_from_then_on(bench: MakeBench) -> None:
    scene = bench(happens(Event("role_fails", "Domain", None, 0.5), Event("role_fails", "NRP", None, 0.5)))
    name = scene.start()
    scene.pass_(minutes=9, seconds=50)
    assert (roles(scene.info(name))["Domain"], roles(scene.info(name))["NRP"]) == ("Queued", "Running")
    scene.pass_(seconds=50)
    assert (roles(scene.info(name))["Domain"], roles(scene.info(name))["NRP"]) == ("Failed", "Failed")
    assert scene.info(name)["status"] == "Running"
    scene.pass_(minutes=11)
    assert scene.info(name)["status"] == "PartialSucceeded"
    (alert,) = scene.alerts()
    assert alert["properties"]["alertProperties"] == {"rolesFailedInBackup": "NRP, Domain"}


def test_an_event_at_a_time_affects_the_running_backup(bench: MakeBench) -> None:
    events = (Event("backup", "begins", after=600.0), Event("role_fails", "CA", after=900.0))
    scene = bench(happens(*events, history=0))
    scene.pass_(minutes=40)
    (own,) = scene.list()
    assert (own["isAutomaticBackup"], own["status"], roles(own)["CA"]) == (True, "PartialSucceeded", "Failed")


def test_an_update_does_not_affect_a_running_backup(bench: MakeBench) -> None:
    scene = bench(happens(Event("update", "begins", None, 0.2), Event("update", "ends", None, 0.9)))
    name = scene.start()
    scene.pass_(minutes=10)
    assert scene.post("/createBackup").body["error"]["code"] == "PreconditionFailedException"
    scene.pass_(minutes=20)
    assert (scene.info(name)["status"], scene.info(name)["stampVersion"]) == ("Succeeded", "1.2301.2.58")
    again = scene.start()
    assert scene.info(again)["stampVersion"] == "1.2306.2.47"


def test_a_backups_result_stays_under_another_scenario(bench: MakeBench, tmp_path: Path) -> None:
    first = bench(happens(Event("share", "full", None, 0.5)), store=FileStore(tmp_path))
    name = first.start()
    second = bench("succeeds", store=FileStore(tmp_path), at=first.time + timedelta(hours=1))
    assert second.info(name)["status"] == "Failed"
    assert second.open_alerts() == ["Backup failed because file share is full"]


def test_the_speed_divides_the_moments_of_events_too(bench: MakeBench) -> None:
    scene = bench(happens(Event("share", "full", after=3600.0)), 60.0)
    scene.pass_(seconds=59)
    scene.start()
    scene.pass_(seconds=2)
    assert scene.settings()["availableCapacity"] == "0.00 TB"


@pytest.mark.parametrize(
    ("event", "setting", "value"),
    [
        (Event("scheduler", "off"), "isBackupSchedulerEnabled", False),
        (Event("certificate", "removed"), "encryptionCertThumbprint", None),
        (Event("certificate", "A" * 40), "encryptionCertThumbprint", "A" * 40),
    ],
)
def test_an_event_changes_a_setting(bench: MakeBench, event: Event, setting: str, value: object) -> None:
    assert bench(happens(event)).settings()[setting] == value


# -- alerts


@pytest.mark.parametrize("code", ERRORS)
def test_an_error_raises_its_alert_or_none(bench: MakeBench, code: str) -> None:
    scene = bench(f"error:{code}")
    answer = scene.post("/createBackup")
    assert (answer.status, answer.body["error"]["code"]) == (ERRORS[code].status, code)
    assert scene.stamp.counts()["triggers"] == 0
    assert scene.open_alerts() == ([KINDS[BY_CODE[code]].title] if code in BY_CODE else [])


def test_one_failure_alert_is_open_at_a_time_and_a_success_closes_it(bench: MakeBench) -> None:
    # KeepSingleBackupFailedAlert and CloseAllBackupFailedAlerts of the service's public assemblies.
    events = [Event("share", share, after=at * 600.0) for at, share in enumerate((*BAD_SHARES, "works"))]
    scene = bench(happens(*events))
    for share in BAD_SHARES:
        assert scene.post("/createBackup").status == 400
        (title,) = scene.open_alerts()
        assert KINDS[BY_CODE[BAD_SHARES[share]]].title == title
        scene.pass_(minutes=10)
    assert len(scene.open_alerts()) == 1
    scene.start()
    scene.pass_(minutes=25)
    assert scene.open_alerts() == []
    closed = scene.alerts()
    assert len(closed) == len(BAD_SHARES)
    moments = [(one["properties"]["createdTimestamp"], one["properties"]["closedTimestamp"]) for one in closed]
    assert all(later[0] == sooner[1] for sooner, later in itertools.pairwise(moments))


def test_a_repeated_failure_updates_its_alerts_time(bench: MakeBench) -> None:
    scene = bench("fails")
    updated = []
    for _ in range(2):
        scene.start()
        scene.pass_(hours=1)
        (alert,) = scene.alerts()
        updated.append((alert["properties"]["createdTimestamp"], alert["properties"]["lastUpdatedTimestamp"]))
    assert updated[0][0] == updated[1][0]
    assert updated[0][1] < updated[1][1]


def test_repeated_refusals_do_not_grow_the_state(bench: MakeBench) -> None:
    scene = bench("share-full")
    for _ in range(20):
        assert scene.post("/createBackup").status == 400
        scene.pass_(seconds=1)
    assert len(scene.stamp._store.read().events) == 1
    assert scene.stamp.counts()["refused"] == 20


def test_a_closed_alert_is_raised_again_by_the_next_failure(bench: MakeBench) -> None:
    scene = bench("share-full")
    scene.post("/createBackup")
    (alert,) = scene.alerts()
    closed = scene.stamp.rest("PUT", f"{alert['id']}?api-version=2016-05-01&user=me", CLOSE)
    assert closed.body["properties"]["closedByUserAlias"] == "me"
    assert scene.stamp.rest("PUT", f"{alert['id']}?api-version=2016-05-01&user=you", CLOSE).body == closed.body
    assert scene.open_alerts() == []
    scene.pass_(hours=1)
    scene.post("/createBackup")
    assert len(scene.open_alerts()) == 1
    assert len(scene.alerts()) == 2


def test_each_skipped_backup_replaces_the_alert_of_the_one_before(bench: MakeBench) -> None:
    # Recorded in June 2020: each alert is closed at the moment at which its successor is created, twelve hours later.
    scene = bench("update-failed")
    scene.pass_(hours=13)
    alerts = scene.alerts()
    assert [each["properties"]["state"] for each in alerts] == ["Closed", "Closed", "Active"]
    closed = [each["properties"]["closedTimestamp"] for each in alerts]
    assert closed[:2] == [each["properties"]["createdTimestamp"] for each in alerts[1:]]
    said = alerts[-1]["properties"]["alertProperties"]
    assert said == {"failedAdminOperations": "Update", "nextBackupDateTime": "3/5/2026 4:00:00 AM"}
    assert "Update" in "".join(line.get("text", "") for line in alerts[-1]["properties"]["remediation"])


def test_a_paused_scheduler_raises_an_alert_each_day(bench: MakeBench) -> None:
    # Recorded in March 2021: created on 26 February at 05:55:51, updated on 17 March at 05:55:39.
    scene = bench("scheduler-off")
    scene.pass_(days=19, hours=3)
    (alert,) = scene.alerts()
    words = alert["properties"]
    assert (words["state"], words["createdTimestamp"]) == ("Active", "2026-03-05T12:00:00Z")
    assert words["lastUpdatedTimestamp"] == "2026-03-23T12:00:00Z"
    scene.start()
    scene.pass_(hours=1)
    assert scene.open_alerts() == []
    scene.pass_(hours=24)
    assert scene.open_alerts() == ["Automatic backups are disabled."]
    scene.put(b'{"properties": {"externalStoreDefault": {"isBackupSchedulerEnabled": true}}}')
    scene.pass_(minutes=1)
    assert scene.open_alerts() == []


def test_a_share_that_gets_configured_closes_its_alert(bench: MakeBench) -> None:
    scene = bench("not-configured")
    assert scene.open_alerts() == ["Backup is not enabled for a location"]
    scene.put(b'{"properties": {"externalStoreDefault": {"path": "\\\\\\\\a\\\\b", "userName": "c"}}}')
    scene.pass_(minutes=1)
    assert scene.open_alerts() == []


def test_alerts_that_are_closed_do_not_pile_up(bench: MakeBench) -> None:
    events = [Event("share", ("full", "read-only")[at % 2], after=at * 60.0) for at in range(120)]
    scene = bench(happens(*events))
    for _ in range(120):
        scene.post("/createBackup")
        scene.pass_(minutes=1)
    assert len(scene.alerts()) == 101


# -- faults


def test_a_fault_event_counts_from_its_time(bench: MakeBench) -> None:
    scene = bench(happens(Event("fault", "receive:2:reset-after", after=60.0)))
    plan = FaultPlan()
    plan.watch(scene.stamp.faults_due)
    assert [plan.next("receive") for _ in range(5)] == [None] * 5
    scene.pass_(seconds=61)
    found = [plan.next("receive") for _ in range(4)]
    assert [rule is not None for rule in found] == [False, True, False, False]


def test_a_fault_event_of_a_run_repeats_in_each_run(bench: MakeBench) -> None:
    scene = bench(happens(Event("fault", "receive:1:503", None, 0.5)))
    plan = FaultPlan()
    plan.watch(scene.stamp.faults_due)
    met = []
    for _ in range(2):
        scene.start()
        met.append(plan.next("receive") is not None)
        scene.pass_(minutes=11)
        met.append(plan.next("receive") is not None)
        scene.pass_(minutes=30)
        met.append(plan.next("receive") is not None)
    assert met == [False, True, False] * 2
