"""Invariants of the stamp under any scenario and any sequence of reads."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from psbridge.emulator.stamp.alerts.kinds import KINDS
from psbridge.emulator.stamp.records import State
from psbridge.emulator.stamp.scenario import Event, Scenario
from psbridge.emulator.stamp.store import MemoryStore
from tests.emulator.stamp.conftest import Bench
from tests.support import tiers
from tests.support.any_scenario import SETTINGS, scenarios

RANK = ("Queued", "Creating", "Running")
SKIPPED = Event("raise_alert", "BackupSkippedWithFailedOperation")
changes = st.fixed_dictionaries({}, optional={**SETTINGS, "path": st.just("\\\\a\\b")})
steps = st.lists(
    st.tuples(st.floats(0.01, 15.0), st.one_of(st.just("start"), st.just("look"), st.just("close"), changes)),
    max_size=8,
)


def act(scene: Bench, what: Any) -> None:
    if what == "start":
        assert scene.post("/createBackup").status in {202, 400, 409, 412}
    elif what == "close":
        for alert in scene.alerts():
            body = b'{"properties": {"state": "Closed"}}'
            assert scene.stamp.rest("PUT", f"{alert['id']}?api-version=2016-05-01", body).status == 200
    elif what != "look":
        assert scene.put(json.dumps({"properties": {"externalStoreDefault": what}}).encode()).status == 202


def check_backups(scene: Bench, known: dict[str, Any]) -> None:
    """Hold that no two run at once, that none goes back, and that one that has ended only ever ends its upload."""
    assert sum(each.running for each in scene.stamp.backups()) <= 1
    for info in scene.list():
        before = known.get(info["backupId"])
        if before is not None and before["status"] in RANK:
            assert info["status"] not in RANK or RANK.index(info["status"]) >= RANK.index(before["status"])
        elif before is not None:
            assert info == {**before, "completelyUploaded": info["completelyUploaded"]}
            assert info["completelyUploaded"] >= before["completelyUploaded"]
        known[info["backupId"]] = info


def check_alerts(scene: Bench) -> None:
    words = [each["properties"] for each in scene.alerts()]
    failures = {kind.fault_type for kind in KINDS.values() if kind.failure}
    active = [each["faultTypeId"] for each in words if each["state"] == "Active"]
    assert len(set(active)) == len(active)
    assert len(failures & set(active)) <= 1
    assert len({each["alertId"] for each in words}) == len(words)
    for each in words:
        assert each["createdTimestamp"][:19] <= each["lastUpdatedTimestamp"][:19]
        assert each["state"] == "Active" or each["createdTimestamp"][:19] <= each["closedTimestamp"][:19]


def seen(scene: Bench) -> Any:
    return scene.list(), scene.settings(), scene.alerts()


@settings(max_examples=tiers.examples(60))
@example(Scenario("any", "", events=(SKIPPED, SKIPPED)), 1.0, [])
@example(Scenario("any", "", events=(SKIPPED, replace(SKIPPED, what="close_alert"), SKIPPED)), 1.0, [])
@given(scenario=scenarios(40 * 3600.0), speed=st.sampled_from([1.0, 60.0]), walk=steps)
def test_any_scenario_gives_consistent_answers(scenario: Scenario, speed: float, walk: list[tuple[float, Any]]) -> None:
    scene = Bench(scenario, speed)
    known: dict[str, Any] = {}
    for hours, what in walk:
        check_backups(scene, known)
        check_alerts(scene)
        assert scene.settings()["nextBackupTime"] > f"{scene.time:%Y-%m-%dT%H:%M:%S}"
        act(scene, what)
        scene.pass_(hours=hours / speed)
    check_backups(scene, known)
    check_alerts(scene)
    # What it remembers outlives it, and looking leaves no trace.
    kept = State.from_plain(json.loads(json.dumps(scene.stamp._store.read().to_plain())))
    assert kept == scene.stamp._store.read()
    if not scenario.busy and (scenario.own_time or not scenario.history):
        assert seen(Bench(scenario, speed, store=MemoryStore(kept), at=scene.time)) == seen(scene)
