"""A running backup in the status of a stamp: how it is known, when it ends, and what the hint says then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from psbridge.errors import ExitCode, Stale
from psbridge.models.stamp_status import StampStatus
from psbridge.powershell.result import PSObject, Result, Value
from psbridge.values import replace as msgspec_replace
from tests.operations.conftest import Bench
from tests.support.fakes.stamp_session import Fault

HOUR = 3600.0
Benches = Callable[..., Bench]


def states(status: StampStatus) -> dict[str, str]:
    return {row.name: row.state.value for row in status.rows}


def test_a_running_backup_leaves_an_older_good_one_in_force(bench: Benches) -> None:
    it = bench()
    started = it.start_no_wait()
    it.clock.advance(300)
    status = it.client.status()
    assert status.exit_code is ExitCode.OK
    assert status.running is not None
    assert (status.running.id, status.running.known_from, status.running.run) == (started.id, "list", started.run)
    assert status.running.since is not None
    assert status.running.eta is not None
    assert 1200 <= (status.running.eta - status.running.since).seconds <= 1260
    assert states(status)["running"] == "ok"
    assert any("expected end: in 1" in row.text for row in status.rows if row.name == "running")
    assert [run.run for run in status.runs] == [started.run]


def test_a_running_backup_of_another_has_no_known_end(bench: Benches) -> None:
    status = bench("busy").client.status()
    assert status.exit_code is ExitCode.OK
    assert status.running is not None
    assert (status.running.known_from, status.running.since, status.running.eta) == ("list", None, None)


def test_a_running_backup_that_is_not_listed_is_known_by_its_operation_or_the_journal(bench: Benches) -> None:
    it = bench("running-not-listed")
    started = it.start_no_wait()
    running = it.client.status().running
    assert running is not None
    assert (running.id, running.known_from) == (started.id, "operation")
    it.stamp.profile = replace(it.stamp.profile, rest_method=False)
    running = it.again().status().running
    assert running is not None
    assert (running.id, running.known_from) == (started.id, "journal")
    it.clock.advance(25 * HOUR)
    assert it.again().status().running is None


def test_only_a_running_backup_is_stale_and_the_hint_waits_for_it(bench: Benches) -> None:
    it = bench("history-empty")
    started = it.start_no_wait()
    problem = it.client.status().problem
    assert isinstance(problem, Stale)
    assert problem.hint == f"Backup {started.id} is running. Wait for it: psbridge -t nyc backup wait {started.id}"


@pytest.mark.parametrize(
    ("scenario", "words"), [("update-running", "refuses backups until it ends"), ("update-failed", "resume it")]
)
def test_the_hint_of_a_stale_stamp_says_what_keeps_a_backup_from_starting(
    bench: Benches, scenario: str, words: str
) -> None:
    problem = bench(scenario).client.status(max_age=1).problem
    assert isinstance(problem, Stale)
    assert words in str(problem.hint)


def test_a_running_backup_of_a_failed_one_is_named_too(bench: Benches) -> None:
    it = bench("fails")
    it.start()
    started = it.start_no_wait()
    problem = it.client.status().problem
    assert problem is not None
    assert problem.exit_code is ExitCode.FAILED
    assert f"Backup {started.id} is running." in str(problem.hint)
    assert "The newest good backup is" in str(problem.hint)


def test_a_duration_beyond_the_calendar_gives_no_expected_end(bench: Benches) -> None:
    def endless(result: Result) -> Result:
        return msgspec_replace(result, output=tuple(_with_duration(it, "P10000000D") for it in result.output))

    it = bench(faults=[Fault(lambda text, _: text.startswith("Get-Command"), change=endless, times=0)])
    it.start_no_wait()
    it.sessions.faults[0].times = 9
    running = it.client.status().running
    assert running is not None
    assert (running.since is not None, running.eta) == (True, None)


def _with_duration(value: Value, text: str) -> Value:
    if not isinstance(value, PSObject) or not value.has("TimeTakenToCreate"):
        return value
    return msgspec_replace(value, properties={**value.properties, "TimeTakenToCreate": text})


def test_a_backup_that_is_not_proved_yet_changes_nothing(bench: Benches) -> None:
    it = bench("no-rest-method")
    it.start_no_wait()
    it.clock.advance(1300)  # ended, and the settle time has not passed
    status = it.client.status()
    assert status.newest is not None
    assert status.newest.exit_code is ExitCode.UNPROVEN
    assert status.exit_code is ExitCode.OK
    assert status.rows[0].text.endswith("13/13 roles: has ended but is not proved yet")
    assert {name for name, state in states(status).items() if state != "ok"} == {"newest"}
