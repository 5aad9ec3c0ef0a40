"""An answer is compared with the run's own knowledge: its trigger, the clocks, the list, earlier reads."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from psbridge.emulator.stamp.scenarios import SCENARIOS
from psbridge.errors import Ambiguous, ExitCode, PsbridgeError, Trigger
from psbridge.journal.runs import new_run_id
from psbridge.models.events import Started
from psbridge.models.report import Report
from psbridge.models.verdict import Judgement
from psbridge.powershell.result import PSObject
from psbridge.values import replace
from psbridge.verdict.exit_code import exit_code_of
from psbridge.verdict.judge import judge
from tests.operations.conftest import Bench, Fault, bench_in, is_look, is_trigger

WAITS = ("start", "wait", "confirm")
SOURCES = ("object", "raw", "operation")
OTHER_ID = "5d0f7f5a-7a61-4f1e-8b1c-3f6f3f0f9a01"


def everywhere(**said: Any) -> dict[str, dict[str, Any]]:
    """Return the same lie in each source: they agree, and it is a lie all the same."""
    return {source: dict(said) for source in SOURCES}


def judged(it: Bench, how: str, *, later: float = 3 * 3600.0) -> Report:
    """Return the verdict of a command on a backup of our own."""
    if how == "start":
        return it.start()
    started = it.start_no_wait()
    if how == "wait":
        return it.again().backups.wait(started.id)
    it.clock.advance(later)
    return it.again().backups.confirm(started.id)


# -- the trigger's answer


@pytest.mark.parametrize("wait", [True, False], ids=["wait", "no-wait"])
def test_a_trigger_whose_answer_names_an_old_backup_is_searched_for_and_found(tmp_path: Path, wait: bool) -> None:
    it = bench_in(tmp_path, stale_answer=True)
    before = {backup.id for backup in it.stamp.backups()}
    if wait:
        report = it.start()
        assert report.exit_code is ExitCode.OK
        found = report.verdict.backup.id if report.verdict.backup else ""
    else:
        found = it.start_no_wait().id
    assert found not in before
    assert found in {backup.id for backup in it.stamp.backups()}
    assert len(it.sessions.triggers) == 1


def test_a_trigger_that_names_an_old_backup_without_its_own_stays_open(tmp_path: Path) -> None:
    it = bench_in(tmp_path, "running-not-listed", stale_answer=True, duration=9 * 3600.0)
    before = {backup.id for backup in it.stamp.backups()}
    with pytest.raises(Ambiguous) as caught:
        it.start()
    assert (caught.value.exit_code, caught.value.trigger) == (ExitCode.AMBIGUOUS, Trigger.UNKNOWN)
    assert not before & set(caught.value.detail["candidates"])
    assert len(it.sessions.triggers) == 1


def test_a_blocking_trigger_that_names_an_old_backup_stays_open(tmp_path: Path) -> None:
    it = bench_in(tmp_path, "azurerm-module", stale_answer=True, listed=False)
    before = {backup.id for backup in it.stamp.backups()}
    try:
        ended: Report | PsbridgeError = it.start()
    except PsbridgeError as problem:
        ended = problem
    assert ended.exit_code is ExitCode.AMBIGUOUS
    assert isinstance(ended, PsbridgeError)
    assert ended.id not in before
    assert len(it.sessions.triggers) == 1


def test_a_trigger_whose_answer_names_the_backup_of_another_run_is_searched_for(tmp_path: Path) -> None:
    """One that another start of this machine made, and that the list did not show."""
    it = bench_in(tmp_path)
    other = "5d0f7f5a-7a61-4f1e-8b1c-3f6f3f0f9a01"
    run = new_run_id(it.clock)
    log = it.journal.begin(run, it.target.name, "redmond")
    log.observe(Started(run, other, "started"))

    def renamed(result: Any) -> Any:
        target = f"https://adminmanagement.example/operationResults/{other}?api-version=2018-09-01"
        return replace(result, output=(PSObject(properties={"Target": target}),))

    it.sessions.faults.append(Fault(is_trigger, change=renamed))
    assert it.start_no_wait().id in {backup.id for backup in it.stamp.backups()}


@pytest.mark.parametrize("spelling", ["Target", "target"])
def test_a_trigger_whose_answer_names_two_backups_is_searched_for(tmp_path: Path, spelling: str) -> None:
    it = bench_in(tmp_path)
    other = "5d0f7f5a-7a61-4f1e-8b1c-3f6f3f0f9a01"

    def doubled(result: Any) -> Any:
        (given,) = (value for value in result.output if isinstance(value, PSObject) and value.has("Target"))
        target = f"https://adminmanagement.example/operationResults/{other}?api-version=2018-09-01"
        if spelling == "Target":
            return replace(result, output=(PSObject(properties={"Target": target}), *result.output))
        return replace(result, output=(replace(given, properties={**given.properties, spelling: target}),))

    it.sessions.faults.append(Fault(is_trigger, change=doubled))
    assert it.start_no_wait().id in {backup.id for backup in it.stamp.backups()}


@pytest.mark.parametrize(
    ("part", "other"),
    [
        ("backupLocations/redmond/operationResults/[^?]*", f"backupLocations/other/operationResults/{OTHER_ID}"),
        ("subscriptions/[^/]*(.*/)[^?]*", rf"subscriptions/{OTHER_ID}\g<1>{OTHER_ID}"),
        ("/resourceGroups/[^?]*", ""),
        ("operationResults/[^?]*", "operationResults/00000000-0000-0000-0000-000000000000"),
    ],
    ids=["another location", "another subscription", "a subscription", "an id that was never set"],
)
def test_a_trigger_whose_answer_names_another_place_is_searched_for(part: str, other: str, tmp_path: Path) -> None:
    it = bench_in(tmp_path)

    def moved(value: Any) -> Any:
        if not isinstance(value, PSObject):
            return value
        return replace(value, properties={"Target": re.sub(part, other, str(value.get("Target")), count=1)})

    it.sessions.faults.append(
        Fault(is_trigger, change=lambda result: replace(result, output=tuple(map(moved, result.output))))
    )
    report = it.start()
    assert (report.exit_code, len(it.sessions.triggers)) == (ExitCode.OK, 1)


def test_a_backup_that_existed_before_its_trigger_is_not_proved(tmp_path: Path) -> None:
    it = bench_in(tmp_path)
    report = it.start()
    assert report.case is not None
    case = report.case
    assert case.id not in case.known_ids
    assert case.intent_host_time is not None
    stale = replace(case, known_ids=(*case.known_ids, case.id))
    assert exit_code_of(stale, judge(stale)) is ExitCode.UNKNOWN


# -- the clocks


@pytest.mark.parametrize("how", WAITS)
@pytest.mark.parametrize("shift", ["-1h", "-3d", "-1095d"])
def test_a_backup_of_our_own_that_ended_before_its_trigger_is_unknown(shift: str, how: str, tmp_path: Path) -> None:
    report = judged(bench_in(tmp_path, lies=everywhere(createdDateTime=shift)), how)
    assert (report.exit_code, report.verdict.judgement) == (ExitCode.UNKNOWN, Judgement.UNKNOWN)
    assert report.problem is not None
    assert "start request was sent at" in report.problem.message


@pytest.mark.parametrize("status", ["Failed", "PartialSucceeded"])
def test_an_earlier_backup_with_any_status_is_not_ours(status: str, tmp_path: Path) -> None:
    it = bench_in(tmp_path, lies=everywhere(createdDateTime="-3d", status=status))
    assert it.start().exit_code is ExitCode.UNKNOWN


def test_the_check_of_the_end_against_the_trigger_can_be_turned_down(tmp_path: Path) -> None:
    lies = everywhere(createdDateTime="-1h")
    report = bench_in(tmp_path, lies=lies, policy={"inferred_checks": ("trigger_time",)}).start()
    row = next(row for row in report.verdict.evidence if row.check == "witnesses")
    assert (report.exit_code, row.outcome) == (ExitCode.OK, "warn")
    assert "trigger_time: " in row.detail


@pytest.mark.sampled(5)
@pytest.mark.parametrize("how", WAITS)
@pytest.mark.parametrize(
    "time",
    [None, "absent", "never", "0001-01-01T00:00:00", "1601-01-01T00:00:00Z", "1970-01-01T00:00:00Z"],
)
def test_a_success_without_an_end_time_is_unknown(time: str | None, how: str, tmp_path: Path) -> None:
    report = judged(bench_in(tmp_path, lies=everywhere(createdDateTime=time)), how)
    assert (report.exit_code, report.verdict.judgement) == (ExitCode.UNKNOWN, Judgement.UNKNOWN)


@pytest.mark.parametrize("how", WAITS)
@pytest.mark.parametrize(("shift", "code"), [("+1d", ExitCode.UNKNOWN), ("+365d", ExitCode.UNKNOWN)])
def test_an_end_in_the_future_of_the_hosts_clock_is_unknown(
    shift: str, code: ExitCode, how: str, tmp_path: Path
) -> None:
    assert judged(bench_in(tmp_path, lies=everywhere(createdDateTime=shift)), how).exit_code is code


def test_an_end_less_than_an_hour_ahead_is_a_clock_warning(tmp_path: Path) -> None:
    report = bench_in(tmp_path, lies=everywhere(createdDateTime="+50m")).start()
    age = next(row for row in report.verdict.evidence if row.check == "age")
    assert (report.exit_code, age.outcome) == (ExitCode.OK, "warn")


# -- the roles


@pytest.mark.sampled(5)
@pytest.mark.parametrize("how", WAITS)
@pytest.mark.parametrize("time", ["never", "-40d", "-1095d", "+30m"])
def test_a_missing_role_is_detected_at_any_date(time: str, how: str, tmp_path: Path) -> None:
    report = judged(bench_in(tmp_path, "role-missing", lies=everywhere(createdDateTime=time)), how)
    assert report.exit_code in {ExitCode.UNKNOWN, ExitCode.PARTIAL}
    roles = next(row for row in report.verdict.evidence if row.check == "roles")
    assert (roles.outcome, "is missing (the last good backup had it)" in roles.detail) == ("fail", True)


def test_the_baseline_is_the_newest_other_good_backup_even_if_newer(tmp_path: Path) -> None:
    it = bench_in(tmp_path, "role-missing")
    started = it.start_no_wait()
    it.clock.advance(3 * 86_400.0)
    whole = it.again().backups.list()
    assert whole[0].id != started.id
    assert it.again().backups.confirm(started.id).exit_code is ExitCode.PARTIAL


# -- the list


@pytest.mark.parametrize("status", ["Failed", "Running", "PartialSucceeded"])
def test_a_list_that_shows_one_id_twice_with_two_statuses_proves_nothing(status: str, tmp_path: Path) -> None:
    it = bench_in(tmp_path, lies={"list": {"status": status}})
    newest = max(it.stamp.backups(), key=lambda held: held.started).id
    report = it.client.backups.confirm(newest)
    assert (report.exit_code, report.verdict.judgement) == (ExitCode.UNKNOWN, Judgement.UNKNOWN)
    assert report.problem is not None
    assert "twice" in report.problem.message


def test_a_list_with_an_identical_duplicate_is_valid(tmp_path: Path) -> None:
    it = bench_in(tmp_path, lies={"list": {"status": "SUCCEEDED"}})
    assert it.client.backups.confirm().exit_code is ExitCode.OK


# -- two looks


LATER: dict[str, Mapping[str, Any]] = {
    "status": {"status": "Failed"},
    "deployment": {"deploymentID": "11111111-2222-4333-8444-555555555555"},
    "stamp version": {"stampVersion": "1.2408.1.1"},
    "OEM version": {"oemVersion": "9"},
    "readiness": {"isCloudRecoveryReady": False},
    "upload": {"completelyUploaded": False},
    "role": {"roleStatus.NRP": "Failed"},
    "end": {"createdDateTime": "+5s"},
    "duration": {"timeTakenToCreate": "PT1M"},
    "certificate": {"encryptionCertThumbprint": "0" * 40},
    "data version": {"backupDataVersion": "0.0.1"},
    "location": {"location": "elsewhere"},
    "scheduler": {"isAutomaticBackup": True},
}


@pytest.mark.sampled(3)
@pytest.mark.parametrize("said", LATER.values(), ids=LATER)
def test_two_reads_that_differ_prove_nothing(said: Mapping[str, Any], tmp_path: Path) -> None:
    """The stamp is truthful in the first read, and consistently false in the second."""
    it = bench_in(tmp_path)
    started = it.start_no_wait()
    it.clock.advance(3 * 3600.0)
    true, world, looks = it.stamp.rest, it.stamp._world, [0]
    liar = dataclasses.replace(world, scenario=dataclasses.replace(world.scenario, lies=everywhere(**said)))

    def rest(method: str, path: str, body: bytes | None = None, *, raw: bool = False) -> Any:
        looks[0] += not raw and f"/backups/{started.id}" in path
        it.stamp._world = liar if looks[0] > 2 else world  # a look reads the object twice, for its roles lie deeper
        return true(method, path, body, raw=raw)

    it.stamp.rest = rest  # type: ignore[method-assign]  # this stamp alone is to lie
    report = it.again().backups.confirm(started.id)
    assert looks[0] > 2
    assert (report.exit_code, report.verdict.judgement) == (ExitCode.UNKNOWN, Judgement.UNKNOWN)


def test_what_was_read_while_the_backup_ran_proves_nothing_about_its_end(tmp_path: Path) -> None:
    """The host shows raw answers only while the backup runs; then its upload is assumed, or not proved."""
    it = bench_in(tmp_path, policy={"require_upload_proof": True}, upload=0.0)

    def blind_at_the_end(result: Any) -> Any:
        ended = any(getattr(value, "get", lambda _: None)("Status") == "Succeeded" for value in result.output)
        raw = tuple(value for value in result.output if not getattr(value, "has", lambda _: False)("StatusCode"))
        return replace(result, output=raw) if ended else result

    it.sessions.faults.append(Fault(is_look, change=blind_at_the_end, times=9999))
    report = it.start()
    assert report.exit_code is ExitCode.TIMEOUT
    assert report.verdict.judgement is Judgement.UNPROVEN


def test_honest_scenarios_show_no_contradiction(tmp_path: Path) -> None:
    for name in SCENARIOS:
        it = bench_in(tmp_path / name, name)
        try:
            ended: Report | PsbridgeError = it.start()
        except PsbridgeError as problem:
            ended = problem
        assert (ended.exit_code is ExitCode.UNKNOWN) == bool(SCENARIOS[name].lies), name


def test_a_wait_by_id_for_an_ended_run_uses_its_trigger(tmp_path: Path) -> None:
    it = bench_in(tmp_path, "fails", lies=everywhere(createdDateTime="-3d"))
    started = it.start_no_wait()
    it.clock.advance(3 * 3600.0)
    log = it.journal.resume(started.run or "")
    log.write("ended", exit_code=1, final=True)
    assert it.again().backups.wait(started.id).exit_code is ExitCode.UNKNOWN
