"""A day of a stamp's life in seconds, with memory flat; and years of it in a state that stays small."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan

from psbridge.emulator.emulation import Emulating, emulation
from psbridge.emulator.stamp import actions, ticks
from psbridge.emulator.stamp.records import EventRecord, OperationRecord, State
from psbridge.emulator.stamp.scenario import Event
from psbridge.emulator.stamp.scenarios import SCENARIOS
from psbridge.emulator.stamp.service import Stamp

MakeBench = Callable[..., Any]
START = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
# A stamp on which everything happens: backups of its own, failures, an update, alerts, deletions.
EVENTFUL = replace(
    SCENARIOS["retention"],
    events=(
        Event("share", "full", None, 0.5, 2),
        Event("share", "works", after=5 * 3600.0),
        Event("update", "begins", after=9 * 3600.0),
        Event("update", "fails", after=11 * 3600.0),
        Event("update", "ends", after=17 * 3600.0),
        Event("scheduler", "off", after=20 * 3600.0),
        Event("role_fails", "CA", None, 0.5),
    ),
)


def held() -> int:
    """Return how many blocks of memory Python holds, garbage gone."""
    gc.collect()
    return sys.getallocatedblocks()


def test_a_day_of_reads_every_ten_minutes_keeps_memory_flat(bench: MakeBench) -> None:
    scene = bench(EVENTFUL)
    measured, answers = [], set()
    for step in range(24 * 6 + 1):
        if step in {12 * 6, 24 * 6}:
            measured.append(held())
        if step % 12 == 3:
            answers.add(scene.post("/createBackup").status)
        scene.list(), scene.settings(), scene.alerts()
        scene.pass_(minutes=10)
    assert answers == {202, 400, 412}  # taken, refused for the share, refused for the update
    assert {each["isAutomaticBackup"] for each in scene.list()} == {True, False}
    assert {each["status"] for each in scene.list()} == {"Succeeded", "PartialSucceeded", "Failed"}
    assert len(scene.alerts()) > 3
    assert all(scene.age(each) <= timedelta(days=2) for each in scene.list())
    assert measured[1] - measured[0] < 2_000


def test_a_day_of_requests_keeps_memory_flat() -> None:
    # At speed 60 an hour takes a minute: the clock is moved on by so much before each call.
    now = [START]
    stamp = Stamp(EVENTFUL, 60.0, now=lambda: now[0])
    measured, listed = [], []
    with emulation(Emulating(stamp=stamp)) as running:
        host = running.host
        wsman = WSMan(host.host, port=host.port, ssl=False, auth="ntlm", username=host.username, password=host.password)
        with RunspacePool(wsman) as pool:
            for call in range(25):
                if call in {8, 24}:
                    measured.append(held())
                listed.append(len(invoke(pool, "Get-AzsBackup", Location="redmond")))
                if call % 4 == 1:
                    invoke(pool, "Start-AzsBackup", Location="redmond", NoWait=True)
                now[0] += timedelta(minutes=1)
    assert now[0] - START > timedelta(days=1) / 60
    assert stamp.counts()["triggers"] + stamp.counts()["refused"] == 6
    assert stamp.counts()["triggers"] >= 2
    assert any(each.automatic and each.started > START for each in stamp.backups())
    assert max(listed) > listed[0] > 0
    assert measured[1] - measured[0] < 4_000  # of which the answers that are kept for repeated requests take half


def invoke(pool: RunspacePool, cmdlet: str, **parameters: object) -> list[Any]:
    """Return the output of one cmdlet."""
    shell = PowerShell(pool)
    shell.add_cmdlet(cmdlet).add_parameters(parameters)
    output = shell.invoke()
    shell.close()  # the client's part: until then it remembers the pipeline, and so does the host
    return output


def years_of(count: int) -> State:
    """Return a state in which everything happened more often than is remembered."""
    every = ticks.seconds(3600)
    first = ticks.of(START)
    scene = Stamp("history-empty", now=lambda: START)
    state = scene._store.read()
    (record,) = Stamp("succeeds", now=lambda: START)._store.read().backups[:1]
    return replace(
        state,
        backups=tuple(
            replace(record, id=str(at), start=first + at * every, end=first + at * every + 1) for at in range(count)
        ),
        operations=tuple(
            OperationRecord(
                str(at),
                "settings",
                first + at * every,
                settings={"userName": f"user-{at}"} if at else {"path": "\\\\a\\b"},
            )
            for at in range(count)
        ),
        events=tuple(EventRecord(first + at * every, ("share", "fault")[at % 2], "works") for at in range(count)),
    )


def changed(at: int) -> dict[str, str]:
    """Return what the nth change of the settings changes: the path once, then the user again and again."""
    return {"userName": f"user-{at}"} if at else {"path": "\\\\a\\b"}


@pytest.mark.parametrize("count", [500, 2000])
def test_years_of_use_leave_a_small_and_complete_state(count: int) -> None:
    scenario = SCENARIOS["succeeds"]
    kept = actions.bounded(years_of(count), scenario)
    assert (len(kept.backups), len(kept.operations)) == (500, 500)
    assert len(kept.events) == min(count, 1000)
    assert [each.id for each in kept.backups][-1] == str(count - 1)
    assert len(json.dumps(kept.to_plain())) < 800_000
    stamp = Stamp(scenario, store=_Kept(kept), now=lambda: START + timedelta(days=365))
    settings = stamp._world.timeline(kept).settings.at(ticks.of(START + timedelta(days=365)))
    assert (settings["path"], settings["userName"]) == ("\\\\a\\b", f"user-{count - 1}")
    assert settings["backupFrequencyInHours"] == 12


class _Kept:
    """A store that holds a state and changes nothing."""

    def __init__(self, state: State) -> None:
        self._state = state

    def read(self) -> State:
        return self._state

    def update(self, change: Callable[[State], tuple[State, Any]]) -> Any:
        return change(self._state)[1]


def test_each_start_leaves_the_state_as_small_as_it_was(bench: MakeBench) -> None:
    scene = bench(EVENTFUL)
    sizes = []
    for _ in range(560):
        scene.post("/createBackup")
        scene.pass_(hours=30)
        sizes.append(len(scene.stamp._store.read().backups) + len(scene.stamp._store.read().events))
    assert max(sizes) == sizes[-1] == sizes[-20]
