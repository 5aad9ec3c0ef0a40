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
def test_a_conflict_with_our_own_backup_is_no_refusal(bench: Callable[..., Bench], if_running: str) -> None:
    it = bench("trigger-repeated")
    report = it.start(if_running=if_running)
    assert (report.exit_code, report.action, it.triggers) == (ExitCode.OK, "started", 1)
    assert report.verdict.backup is not None
    assert report.verdict.backup.id == it.stamp.backups()[-1].id
    assert len(it.sessions.triggers) == 1


@pytest.mark.parametrize("family", UNTOLD)
@pytest.mark.parametrize("if_running", ["fail", "queue"])
def test_where_nothing_tells_whose_it_is_the_backup_is_named_and_none_is_denied(
    bench: Callable[..., Bench], family: str, if_running: str
) -> None:
    it = bench(family, trigger_repeated=True)
    problem = it.refused(if_running=if_running)
    assert isinstance(problem, Ambiguous)
    assert problem.detail["candidates"] == [it.stamp.backups()[-1].id]
    assert "nothing was started" not in problem.message
    assert (it.triggers, it.journal.list()[0].state) == (1, "open")


@pytest.mark.parametrize("family", ["succeeds", *UNTOLD])
def test_who_attaches_gets_the_verdict_whosever_it_is(bench: Callable[..., Bench], family: str) -> None:
    it = bench(family, trigger_repeated=True)
    assert it.start(if_running="attach").verdict.judgement is Judgement.CONFIRMED
    assert it.triggers == 1


@pytest.mark.parametrize("family", ["succeeds", *UNTOLD])
def test_a_queue_behind_our_own_unlisted_backup_starts_no_second_one(bench: Callable[..., Bench], family: str) -> None:
    it = bench(family, trigger_repeated=True, listed=False)
    report = it.start(if_running="queue")
    assert (report.exit_code, report.action, it.triggers) == (ExitCode.OK, "attached", 1)


def test_a_queue_sends_no_trigger_to_find_out_whether_an_unlisted_backup_has_ended(bench: Callable[..., Bench]) -> None:
    it = bench("succeeds", trigger_repeated=True, listed=False)
    ends = Fault(  # between the list and a second trigger
        lambda text, number: is_trigger(text, number) and bool(it.sessions.triggers) and bool(it.clock.advance(3600)),
    )
    it.sessions.faults.append(ends)
    report = it.start(if_running="queue")
    assert (report.exit_code, report.action, it.triggers) == (ExitCode.OK, "attached", 1)
    assert len(it.sessions.triggers) == 1


def test_a_queue_whose_deadline_passes_names_the_doubt(bench: Callable[..., Bench]) -> None:
    it = bench("succeeds", trigger_repeated=True, listed=False)
    problem = it.refused(if_running="queue", timeout=60)
    assert isinstance(problem, DeadlineExceeded)
    assert "If the host sent the start request twice" in (problem.hint or "")
    assert it.triggers == 1


def test_a_queue_tries_again_where_what_it_met_is_never_listed(
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


def test_a_queue_behind_anothers_unlisted_backup_starts_one(bench: Callable[..., Bench]) -> None:
    it = bench("succeeds", listed=False)
    theirs = it.rival()
    it.clock.advance(60)
    report = it.start(if_running="queue")
    assert (report.exit_code, report.action, it.triggers) == (ExitCode.OK, "started", 2)
    assert report.verdict.backup is not None
    assert report.verdict.backup.id != theirs


def test_a_queue_sends_nothing_while_what_met_the_conflict_can_not_be_read(bench: Callable[..., Bench]) -> None:
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


def test_a_conflict_whose_backup_can_not_be_read_is_looked_into(bench: Callable[..., Bench]) -> None:
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
def test_whatever_says_that_something_is_in_the_way_is_looked_into(
    bench: Callable[..., Bench], properties: dict[str, Any]
) -> None:
    def refused(result: Result) -> Result:
        record = ErrorRecord("Own words.", "X,Y", activity="Start-AzsBackup", exception_properties=properties)
        return replace(result, output=(), errors=(record,))

    it = bench(faults=[Fault(is_trigger, change=refused)])
    assert (it.start().exit_code, it.triggers) == (ExitCode.OK, 1)


def test_a_409_beside_no_new_backup_is_the_refusal_that_it_is(bench: Callable[..., Bench]) -> None:
    problem = bench(refusal=Refusal(409, "NewCode", "Own words.")).refused()
    assert isinstance(problem, PrerequisiteError)
    assert problem.message.endswith("nothing was started")


def test_the_schedulers_backup_is_never_ours(bench: Callable[..., Bench]) -> None:
    problem = bench("conflict-race").refused()
    assert isinstance(problem, Busy)
    assert (problem.trigger, problem.detail["reason"]) == (Trigger.SENT, "backup_running")
    assert "twice" not in (problem.hint or "")


def test_an_unlisted_one_is_busy_and_the_hint_names_the_doubt(bench: Callable[..., Bench]) -> None:
    problem = bench("busy", listed=False).refused()
    assert isinstance(problem, Busy)
    assert "If the host sent the start request twice" in (problem.hint or "")


def test_refused_reads_after_a_conflict_leave_it_open(bench: Callable[..., Bench]) -> None:
    def denied() -> PsbridgeError:
        return AuthError("the credentials are refused")

    it = bench("trigger-repeated")
    it.sessions.faults.append(
        Fault(lambda text, _: bool(it.sessions.triggers) and not is_trigger(text, 0), error=denied, times=99)
    )
    problem = it.refused()
    assert (problem.exit_code, problem.trigger) == (ExitCode.AMBIGUOUS, Trigger.UNKNOWN)


def test_an_update_in_the_way_of_a_backup_that_was_not_made_is_named(bench: Callable[..., Bench]) -> None:
    problem = bench("update-running").refused()
    assert isinstance(problem, Busy)
    assert "twice" not in (problem.hint or "")


@pytest.mark.pwsh
def test_both_engines_send_it_twice(tmp_path: Path) -> None:
    user = Cli(tmp_path)
    try:
        with user.facing("trigger-repeated", engine="pwsh") as running:
            user("backup", "start", "-q").expect(0)
            assert running.stamp.counts()["triggers"] == 1
    finally:
        user.leave()


@pytest.mark.parametrize("if_running", ["fail", "attach", "queue"])
def test_a_conflict_that_proves_nothing_is_never_followed_by_another_trigger(
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
