"""A conflict that the stamp answers a trigger with may be one with the backup of that very trigger.

HTTP clients send a POST again after a gateway's error (Microsoft.Rest's RetryDelegatingHandler: after 408 and any 5xx).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from psbridge.cmdlets.azs_backup import StartBackup
from psbridge.emulator.stamp.api import RestResponse
from psbridge.emulator.stamp.arm_error import CONFLICT, Refusal
from psbridge.errors import (
    Ambiguous,
    AuthError,
    Busy,
    DeadlineExceeded,
    ExitCode,
    PrerequisiteError,
    PsbridgeError,
    Trigger,
    Unreachable,
)
from psbridge.models.events import Intent, Searching
from psbridge.models.verdict import Judgement
from psbridge.operations.progress import normal_run_seconds
from psbridge.powershell.result import ErrorRecord, Result
from psbridge.values import replace
from tests.operations.conftest import Bench, bench_in, is_trigger
from tests.support.fakes.stamp_session import Fault
from tests.support.process.cli import Cli

UNTOLD = ["azurerm-module", "no-rest-method"]  # hosts that do not report who started a backup


@pytest.fixture
def bench(tmp_path: Path) -> Callable[..., Bench]:
    return lambda *what, **how: bench_in(tmp_path / "state", *what, **how)


@pytest.mark.parametrize("if_running", ["fail", "queue"])
def test_a_conflict_with_our_own_backup_is_not_a_refusal(bench: Callable[..., Bench], if_running: str) -> None:
    it = bench("trigger-repeated")
    report = it.start(if_running=if_running)
    assert (report.exit_code, report.action, it.triggers) == (ExitCode.OK, "started", 1)
    assert report.verdict.backup is not None
    assert report.verdict.backup.id == it.stamp.backups()[-1].id
    assert len(it.sessions.triggers) == 1


@pytest.mark.parametrize("family", UNTOLD)
@pytest.mark.parametrize("if_running", ["fail", "queue"])
def test_an_unidentified_backup_is_named_and_not_denied(
    bench: Callable[..., Bench], family: str, if_running: str
) -> None:
    it = bench(family, trigger_repeated=True)
    problem = it.refused(if_running=if_running)
    assert isinstance(problem, Ambiguous)
    assert problem.detail["candidates"] == [it.stamp.backups()[-1].id]
    assert "nothing was started" not in problem.message
    assert (it.triggers, it.journal.list()[0].state) == (1, "open")


@pytest.mark.parametrize("family", ["succeeds", *UNTOLD])
def test_attach_reports_the_verdict_of_any_running_backup(bench: Callable[..., Bench], family: str) -> None:
    it = bench(family, trigger_repeated=True)
    assert it.start(if_running="attach").verdict.judgement is Judgement.CONFIRMED
    assert it.triggers == 1


@pytest.mark.parametrize("family", ["succeeds", *UNTOLD])
def test_a_queue_after_our_own_unlisted_backup_starts_no_second_one(bench: Callable[..., Bench], family: str) -> None:
    it = bench(family, trigger_repeated=True, listed=False)
    report = it.start(if_running="queue")
    assert (report.exit_code, report.action, it.triggers) == (ExitCode.OK, "attached", 1)


def test_a_queue_never_sends_a_trigger_as_a_probe(bench: Callable[..., Bench]) -> None:
    it = bench("succeeds", trigger_repeated=True, listed=False)
    ends = Fault(  # between the list and a second trigger
        lambda text, number: is_trigger(text, number) and bool(it.sessions.triggers) and bool(it.clock.advance(3600)),
    )
    it.sessions.faults.append(ends)
    report = it.start(if_running="queue")
    assert (report.exit_code, report.action, it.triggers) == (ExitCode.OK, "attached", 1)
    assert len(it.sessions.triggers) == 1


def test_a_queue_that_times_out_names_the_unlisted_backup(bench: Callable[..., Bench]) -> None:
    it = bench("succeeds", trigger_repeated=True, listed=False)
    problem = it.refused(if_running="queue", timeout=60)
    assert isinstance(problem, DeadlineExceeded)
    assert "If the host sent the start request twice" in (problem.hint or "")
    assert it.triggers == 1


def test_a_queue_retries_if_the_conflicting_backup_is_never_listed(
    bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    it = bench("succeeds")
    asked, before = it.stamp.rest, len(it.stamp.backups())

    def once_in_the_way(method: str, path: str, *body: bytes | None, **how: bool) -> RestResponse:
        if method != "POST":
            return asked(method, path, *body, **how)
        monkeypatch.setattr(it.stamp, "rest", asked)
        return RestResponse(CONFLICT.status, {}, CONFLICT.body())

    monkeypatch.setattr(it.stamp, "rest", once_in_the_way)
    report = it.start(if_running="queue", settle=60)
    assert (report.exit_code, report.action, len(it.sessions.triggers)) == (ExitCode.OK, "started", 2)
    met, again = (at.host_time for at in it.of(Intent))
    assert met is not None
    assert again is not None
    assert (again - met).seconds > normal_run_seconds(it.client.backups.list()[-before:]) + 60


def test_a_queue_after_anothers_unlisted_backup_starts_one(bench: Callable[..., Bench]) -> None:
    it = bench("succeeds", listed=False)
    theirs = it.rival()
    it.clock.advance(60)
    report = it.start(if_running="queue")
    assert (report.exit_code, report.action, it.triggers) == (ExitCode.OK, "started", 2)
    assert report.verdict.backup is not None
    assert report.verdict.backup.id != theirs


def test_a_queue_sends_nothing_while_the_conflicting_backup_is_unreadable(bench: Callable[..., Bench]) -> None:
    it = bench("succeeds", trigger_repeated=True, listed=False)
    unread = Fault(
        lambda text, _: (
            text.startswith("Invoke-AzRestMethod") and "operationResults" not in text and it.clock.slept != []
        ),
        error=lambda: Unreachable("gone"),
        times=2,
    )
    it.sessions.faults.append(unread)
    assert it.start(if_running="queue").exit_code is ExitCode.OK
    assert (unread.times, it.triggers) == (0, 1)


def test_a_conflict_with_an_unreadable_backup_is_investigated(bench: Callable[..., Bench]) -> None:
    it = bench("trigger-repeated")
    down = Fault(
        lambda text, _: bool(it.sessions.triggers) and not is_trigger(text, 0),
        error=lambda: Unreachable("gone"),
        times=1,
    )
    it.sessions.faults.append(down)
    assert it.start().action == "started"
    assert (down.times, it.triggers) == (0, 1)


@pytest.mark.parametrize(
    "properties",
    [
        {"StatusCode": "Conflict"},
        {"StatusCode": 409, "Code": "NewCode"},
        {"StatusCode": "PreconditionFailed", "Code": "PreconditionFailedException"},
        {"StatusCode": 500, "Code": "PreconditionFailedException"},
        {"StatusCode": "Locked"},
        {"StatusCode": 423, "Code": "NewCode"},
    ],
)
def test_each_kind_of_conflict_is_investigated(bench: Callable[..., Bench], properties: dict[str, Any]) -> None:
    def refused(result: Result) -> Result:
        record = ErrorRecord("Own words.", "X,Y", activity="Start-AzsBackup", exception_properties=properties)
        return replace(result, output=(), errors=(record,))

    it = bench(faults=[Fault(is_trigger, change=refused)])
    assert (it.start().exit_code, it.triggers) == (ExitCode.OK, 1)


def test_a_409_without_a_new_backup_is_a_refusal(bench: Callable[..., Bench]) -> None:
    problem = bench(refusal=Refusal(409, "NewCode", "Own words.")).refused()
    assert isinstance(problem, PrerequisiteError)
    assert problem.message.endswith("nothing was started")


def test_a_scheduled_backup_is_never_adopted(bench: Callable[..., Bench]) -> None:
    problem = bench("conflict-race").refused()
    assert isinstance(problem, Busy)
    assert (problem.trigger, problem.detail["reason"]) == (Trigger.SENT, "backup_running")
    assert "twice" not in (problem.hint or "")


def test_an_unlisted_backup_is_busy_and_the_hint_names_it(bench: Callable[..., Bench]) -> None:
    problem = bench("busy", listed=False).refused()
    assert isinstance(problem, Busy)
    assert "If the host sent the start request twice" in (problem.hint or "")


def test_refused_reads_after_a_conflict_leave_the_run_open(bench: Callable[..., Bench]) -> None:
    def denied() -> PsbridgeError:
        return AuthError("the credentials are refused")

    it = bench("trigger-repeated")
    it.sessions.faults.append(
        Fault(lambda text, _: bool(it.sessions.triggers) and not is_trigger(text, 0), error=denied, times=99)
    )
    problem = it.refused()
    assert (problem.exit_code, problem.trigger) == (ExitCode.AMBIGUOUS, Trigger.UNKNOWN)


def test_an_update_that_prevented_the_backup_is_named(bench: Callable[..., Bench]) -> None:
    problem = bench("update-running").refused()
    assert isinstance(problem, Busy)
    assert "twice" not in (problem.hint or "")


@pytest.mark.pwsh
def test_both_engines_repeat_the_trigger(tmp_path: Path) -> None:
    user = Cli(tmp_path)
    try:
        with user.facing("trigger-repeated", engine="pwsh") as running:
            user("backup", "start", "-q").expect(0)
            assert running.stamp.counts()["triggers"] == 1
    finally:
        user.leave()


@pytest.mark.parametrize("if_running", ["fail", "attach", "queue"])
def test_an_unexplained_conflict_is_never_followed_by_another_trigger(
    bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch, if_running: str
) -> None:
    it = bench()

    def not_conclusive(_self: StartBackup, _result: Result) -> str:
        problem = Busy("something runs", detail={"reason": "backup_running"})
        problem.conclusive = False
        raise problem

    monkeypatch.setattr(StartBackup, "parse", not_conclusive)
    report = it.start(if_running=if_running)
    assert (report.exit_code, report.action) == (ExitCode.OK, "started")
    assert (it.triggers, len(it.sessions.triggers), len(it.of(Searching))) == (1, 1, 1)
