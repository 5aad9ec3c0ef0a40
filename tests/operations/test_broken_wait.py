"""What breaks while a backup is waited for: its proof is not lost."""

from __future__ import annotations

import pytest

from psbridge.errors import (
    AuthError,
    DeadlineExceeded,
    ExitCode,
    Interrupted,
    PrerequisiteError,
    PsbridgeError,
    Trigger,
    Unreachable,
)
from psbridge.models.events import Intent, Retrying
from psbridge.powershell.result import ErrorRecord
from psbridge.values import replace
from tests.operations.conftest import AFTER_TRIGGER, is_look, reset, void
from tests.support.fakes.stamp_session import Fault


@pytest.mark.parametrize("number", [1, 3, 4, 10, 13, 15, 16])
def test_a_broken_link_at_any_point_does_not_prevent_the_proof(bench, number):
    it = bench(faults=[Fault(lambda _text, at: at == number, reset(), executed=True)])
    report = it.start()
    assert report.exit_code is ExitCode.OK
    assert it.triggers == 1
    assert len(it.sessions.triggers) == 1


@pytest.mark.parametrize("number", [1, 2, 3, 12, 14])
def test_an_invalid_answer_at_any_point_does_not_prevent_the_proof(bench, number):
    it = bench(faults=[Fault(lambda _text, at: at == number, void, executed=True)])
    assert it.start().exit_code is ExitCode.OK
    assert it.triggers == 1


@pytest.mark.sampled(5)
@pytest.mark.parametrize("number", [1, 2, 3, 14])
@pytest.mark.parametrize("executed", [False, True])
@pytest.mark.parametrize(
    "error",
    [
        lambda: AuthError("refused", delivered=True),
        lambda: PrerequisiteError("denied", delivered=True),
        lambda: Unreachable("broken for good", delivered=True),
        lambda: DeadlineExceeded("no time", delivered=True),
        lambda: Interrupted("interrupted by SIGTERM"),
        lambda: ValueError("a bug"),
    ],
    ids=["auth", "prerequisite", "unreachable", "deadline", "interrupt", "bug"],
)
def test_the_exit_code_matches_the_outcome_after_any_failure(bench, number, executed, error):
    it = bench(policy={"timeout": 4000}, faults=[Fault(lambda _text, at: at == number, error, executed=executed)])
    code, trigger = outcome(it)
    assert it.triggers <= 1
    assert len(it.sessions.triggers) <= 1
    if it.triggers:
        assert code in AFTER_TRIGGER
        assert trigger is not Trigger.NOT_SENT
    if trigger is Trigger.NOT_SENT:
        assert it.triggers == 0


def outcome(it) -> tuple[int, Trigger]:
    try:
        report = it.start()
    except PsbridgeError as problem:
        return int(problem.exit_code), problem.trigger
    except ValueError:
        return 70, Trigger.NOT_SENT if not it.of(Intent) else Trigger.UNKNOWN
    return int(report.exit_code), report.problem.trigger if report.problem else Trigger.SENT


def test_credentials_refused_during_a_wait_end_it_with_the_cause(bench):
    refused = Fault(is_look, lambda: AuthError("the account is locked"), times=99)
    it = bench(faults=[refused])
    report = it.start()
    assert report.exit_code is ExitCode.TIMEOUT
    assert report.problem.detail["cause"] == {"code": "auth", "message": "the account is locked"}
    assert report.problem.trigger is Trigger.SENT
    assert refused.times == 98
    assert it.journal.unfinished("nyc") is not None


@pytest.mark.parametrize(
    "error", [PrerequisiteError("not signed in any more"), Unreachable("no route", retryable=True)]
)
def test_a_host_lost_during_a_wait_is_retried_until_the_deadline(bench, error):
    it = bench(policy={"timeout": 1800}, faults=[Fault(is_look, lambda: error, times=10_000)])
    report = it.start()
    assert report.exit_code is ExitCode.TIMEOUT
    assert report.problem.detail["cause"]["code"] == error.code
    assert report.problem.detail["backup"] == "running"
    assert it.clock.monotonic() - 1000 == pytest.approx(1800, abs=10)
    assert it.of(Retrying)


def test_a_backup_is_not_called_running_after_the_host_was_lost(bench):
    looks = []

    def later(text: str, number: int) -> bool:
        looks.extend([number] if is_look(text, number) else [])
        return is_look(text, number) and len(looks) > 2

    it = bench(
        policy={"timeout": 600}, faults=[Fault(later, lambda: Unreachable("no route", retryable=True), times=10_000)]
    )
    problem = it.start().problem
    assert "was running when it was last read (last error: no route)" in problem.message
    assert "may continue on the stamp" in problem.hint
    assert problem.detail["backup"] == "running"


def nameless(result):
    record = ErrorRecord("?", "SomethingNew,Get-AzsBackup_Get", activity="Get-AzsBackup_Get")
    return replace(result, errors=(record,), output=())


def test_a_temporary_unknown_error_is_retried(bench):
    it = bench(faults=[Fault(is_look, change=nameless, times=2)])
    assert it.start().exit_code is ExitCode.OK


def test_a_permanent_unknown_error_ends_at_the_deadline_with_the_hosts_text(bench):
    it = bench(faults=[Fault(is_look, change=nameless, times=10_000)])
    problem = it.start().problem
    assert (problem.exit_code, problem.trigger) == (ExitCode.TIMEOUT, Trigger.SENT)
    assert "Get-AzsBackup_Get failed on the host: ?" in problem.message
    assert problem.detail["cause"]["code"] == "prerequisite"
    assert problem.id
    assert it.journal.unfinished("nyc").backup_id == problem.id


def test_unreadable_settings_do_not_prevent_the_proof(bench):
    it = bench(faults=[Fault(lambda text, _: "Configuration -" in text, reset(), times=99)])
    report = it.start()
    assert report.exit_code is ExitCode.OK
    assert next(row for row in report.verdict.evidence if row.check == "thumbprint").outcome == "unknown"


def test_an_interrupt_while_the_settings_are_read_is_not_swallowed(bench):
    reading = Fault(lambda text, _: "Configuration -" in text, lambda: Interrupted("interrupted by SIGINT"))
    problem = bench(faults=[reading]).refused()
    assert problem.exit_code is ExitCode.INTERRUPTED
    assert problem.id
