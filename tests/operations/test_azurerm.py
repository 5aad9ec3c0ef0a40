"""The AzureRM modules: a trigger without -NoWait, in a session of its own, and no information about who started a backup."""

from __future__ import annotations

import dataclasses

import pytest

from psbridge.emulator.stamp.arm_error import Refusal
from psbridge.emulator.stamp.scenario import Event
from psbridge.emulator.stamp.scenarios import SCENARIOS
from psbridge.emulator.stamp.service import APPLICATION_ID, ServicePrincipal
from psbridge.errors import (
    Ambiguous,
    AuthError,
    Busy,
    ExitCode,
    Interrupted,
    PrerequisiteError,
    Trigger,
    Unreachable,
)
from psbridge.models.connection import SignIn
from psbridge.models.secret import Credential, Secret
from psbridge.models.verdict import Judgement
from psbridge.powershell.result import PSObject
from psbridge.values import replace
from tests.operations.conftest import is_trigger
from tests.support.fakes.stamp_session import Fault

HOST = "azurerm-module"


def reset(*, delivered: bool = True):
    return lambda: Unreachable("the connection was reset", retryable=True, delivered=delivered)


def is_list(text: str, _number: int) -> bool:
    return text.startswith("Get-AzsBackup -Location")


def newest(it) -> str:
    return it.client.backups.list()[0].id


def test_a_start_finds_its_backup_in_the_list_and_leaves_the_triggers_session(bench):
    it = bench(HOST)
    report = it.start()
    assert (report.exit_code, report.verdict.judgement, report.action) == (ExitCode.OK, Judgement.CONFIRMED, "started")
    assert report.verdict.upload_proof == "assumed"
    assert report.verdict.backup.id == newest(it)
    assert (it.triggers, it.sessions.triggers) == (
        1,
        ["Start-AzsBackup -Location 'redmond' -ResourceGroupName 'system.redmond' -Force $true"],
    )
    assert (it.sessions.opened, it.sessions.closed) == (2, 1)
    record = it.journal.get(report.run)
    assert (record.state, record.backup_id) == ("decided", report.verdict.backup.id)


def test_no_wait_ends_when_a_backup_has_run_during_the_trigger_for_a_while(bench):
    it = bench(HOST)
    started = it.start_no_wait()
    assert 10 <= it.clock.monotonic() - 1000 <= 60
    assert started.id == newest(it)
    assert it.again().backups.wait(started.id).exit_code is ExitCode.OK
    assert it.triggers == 1


def test_without_listed_running_backups_the_triggers_answer_has_the_id(bench):
    it = bench(HOST, listed=False)
    report = it.start()
    assert (report.exit_code, report.verdict.backup.id, it.triggers) == (ExitCode.OK, newest(it), 1)


def test_without_listed_running_backups_no_wait_has_no_id(bench):
    it = bench(HOST, listed=False)
    problem = it.refused(wait=False)
    assert isinstance(problem, Ambiguous)
    assert (problem.trigger, problem.detail["candidates"]) == (Trigger.UNKNOWN, [])
    assert it.clock.monotonic() - 1000 == pytest.approx(60, abs=10)
    assert it.journal.list()[0].state == "open"
    assert it.triggers == 1


def test_an_answer_without_an_id_is_the_only_new_backup(bench):
    def operation_status(result):
        return replace(result, output=(PSObject(("LongRunningOperationStatus",), "", {"Code": None}),))

    it = bench(HOST, listed=False, faults=[Fault(is_trigger, change=operation_status)])
    report = it.start()
    assert (report.exit_code, report.verdict.backup.id, it.triggers) == (ExitCode.OK, newest(it), 1)


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (Refusal(400, "SmbShareOutOfCapacityException", "full"), ExitCode.PREREQUISITE),
        (Refusal(412, "PreconditionFailedException", "an update"), ExitCode.BUSY),
    ],
)
def test_a_refusal_is_read_from_the_modules_error_text(bench, refusal, code):
    it = bench(HOST, refusal=refusal)
    problem = it.refused()
    assert (problem.exit_code, problem.trigger) == (code, Trigger.SENT)
    assert "nothing was started" in problem.message
    assert it.journal.list()[0].state == "refused"
    assert it.triggers == 0


def test_an_unknown_error_leaves_the_run_open(bench):
    it = bench(HOST, refusal=Refusal(400, "SomethingNew", "what nobody knows"))
    problem = it.refused()
    assert (problem.exit_code, problem.trigger) == (ExitCode.AMBIGUOUS, Trigger.UNKNOWN)
    assert "what nobody knows" in problem.message
    assert it.journal.list()[0].state == "open"


def test_a_late_refusal_does_not_count(bench):
    full = Refusal(400, "SmbShareOutOfCapacityException", "full")
    late = bench(HOST, listed=False, refusal=full, faults=[Fault(is_trigger, held=90.0)])
    assert isinstance(late.refused(), Ambiguous)
    assert late.journal.list()[0].state == "open"


def test_a_refusal_with_a_new_backup_does_not_count(bench):
    full = Refusal(400, "SmbShareOutOfCapacityException", "full")
    begins = Event("backup", "begins", after=5.0)
    it = bench(HOST, refusal=full, events=(begins,), faults=[Fault(is_trigger, held=8.0)])
    problem = it.refused()
    assert isinstance(problem, Ambiguous)
    assert problem.detail["candidates"] == [newest(it)]


@pytest.mark.parametrize("seconds", [0.0, 6.0])
def test_the_conflicting_backup_is_never_adopted(bench, seconds):
    """Its origin is unknown: Microsoft.Rest repeats a POST, so the conflict may be with our own backup."""
    it = bench(HOST)
    it.sessions.faults.append(Fault(lambda text, _: is_trigger(text, 0) and it.rival() is not None, held=seconds))
    problem = it.refused()
    assert isinstance(problem, Ambiguous)
    assert (problem.trigger, problem.detail["candidates"]) == (Trigger.UNKNOWN, [newest(it)])
    assert it.triggers == 1


@pytest.mark.parametrize("seconds", [0.0, 6.0])
def test_a_refusal_without_a_new_backup_is_busy(bench, seconds):
    it = bench(HOST, listed=False)
    it.sessions.faults.append(Fault(lambda text, _: is_trigger(text, 0) and it.rival() is not None, held=seconds))
    problem = it.refused()
    assert isinstance(problem, Busy)
    assert (problem.trigger, problem.detail["reason"]) == (Trigger.SENT, "backup_running")
    assert it.triggers == 1


def test_attach_adopts_the_conflicting_backup(bench):
    it = bench(HOST)
    it.sessions.faults.append(Fault(lambda text, _: is_trigger(text, 0) and it.rival() is not None))
    report = it.start(if_running="attach")
    assert (report.exit_code, report.action, it.triggers) == (ExitCode.OK, "attached", 1)


def test_of_two_new_backups_the_triggers_answer_identifies_ours(bench):
    it = bench(HOST, duration=600.0, upload=0.0)
    others: list[str | None] = []

    def another_comes_and_goes(text: str, _number: int) -> bool:
        if is_trigger(text, 0) and not others:
            others.append(it.rival())
            it.clock.advance(1200)
        return False

    it.sessions.faults.append(Fault(another_comes_and_goes))
    report = it.start()
    assert (report.exit_code, it.triggers) == (ExitCode.OK, 2)
    assert report.verdict.backup.id == newest(it) != others[0]


def test_a_lost_session_of_the_trigger_is_ambiguous_and_names_the_candidate(bench):
    it = bench(HOST, faults=[Fault(is_trigger, reset(), executed=True)])
    problem = it.refused()
    assert isinstance(problem, Ambiguous)
    assert problem.detail["candidates"] == [newest(it)]
    assert "whether the scheduler started it" in problem.message
    assert (it.triggers, len(it.sessions.triggers)) == (1, 1)


def test_an_unsent_trigger_started_nothing(bench):
    it = bench(HOST, faults=[Fault(is_trigger, reset(delivered=False))])
    problem = it.refused()
    assert (problem.exit_code, problem.trigger) == (ExitCode.UNREACHABLE, Trigger.NOT_SENT)
    assert it.journal.list()[0].state == "not_sent"
    assert it.triggers == 0


def test_failing_lists_only_delay_the_search(bench):
    it = bench(HOST)
    it.sessions.faults.append(Fault(lambda text, _: bool(it.sessions.triggers) and is_list(text, 0), reset(), times=9))
    assert it.start().exit_code is ExitCode.OK
    assert it.triggers == 1


def test_refused_credentials_end_the_search(bench):
    refused = Fault(lambda text, _: bool(it.sessions.triggers) and is_list(text, 0), lambda: AuthError("no"), times=9)
    it = bench(HOST, faults=[refused])
    assert isinstance(it.refused(), Ambiguous)
    assert refused.times == 8


def test_an_interrupt_reports_that_a_backup_may_have_started(bench):
    it = bench(HOST)

    def interrupt() -> None:
        raise Interrupted("interrupted")

    it.clock.on_sleep = interrupt
    problem = it.refused()
    assert (problem.exit_code, problem.trigger) == (ExitCode.INTERRUPTED, Trigger.UNKNOWN)
    assert "backup wait" in problem.hint
    assert it.journal.list()[0].state == "open"
    assert it.sessions.opened == it.sessions.closed + 1  # the reading one is closed when the library is left
    assert it.triggers == 1


def test_a_timeout_before_the_id_names_the_listed_backups(bench):
    it = bench(HOST)
    problem = it.refused(timeout=6.0)
    assert isinstance(problem, Ambiguous)
    assert problem.detail["candidates"] == [newest(it)]
    assert it.triggers == 1


def test_a_dry_run_starts_nothing(bench):
    it = bench(HOST)
    told = it.dry_run()
    assert (told.would, told.what_if, it.triggers) == ("start", True, 0)


@pytest.mark.parametrize(
    ("scenario", "module"), [(HOST, "az"), ("succeeds", "azurerm")], ids=["azurerm-host", "az-host"]
)
def test_other_modules_than_configured_are_refused_first(bench, scenario, module):
    it = bench(scenario, target={"module": module})
    problem = it.refused()
    assert isinstance(problem, PrerequisiteError)
    assert f"module: {module}" in problem.message
    assert it.sessions.triggers == []


def test_a_target_with_configured_modules_needs_no_detection(bench):
    it = bench(HOST, target={"module": "azurerm"})
    assert it.start().exit_code is ExitCode.OK
    assert not any("Get-AzContext;" in text for text in it.sessions.ran)


SIGN_IN = SignIn("AzureStackAdmin", "contoso.onmicrosoft.com", Credential(APPLICATION_ID, Secret("right")))


@pytest.mark.parametrize("module", ["auto", "azurerm"])
def test_each_session_signs_in_with_the_hosts_own_cmdlet(bench, module):
    signed_out = dataclasses.replace(SCENARIOS[HOST].host, signed_in=False)
    it = bench(HOST, host=signed_out, target={"module": module, "sign_in": SIGN_IN})
    it.stamp.principal = ServicePrincipal(secret="right")
    assert it.start().exit_code is ExitCode.OK
    tried = [text.split()[0] for text in it.sessions.ran if text.startswith(("Connect-", "Disable-"))]
    look = ["Disable-AzContextAutosave", "Disable-AzureRmContextAutosave"]
    each = [*(look if module == "auto" else look[1:]), "Connect-AzureRmAccount"]
    assert tried == each * 2  # the session that reads, and the trigger's


def test_a_signed_out_host_is_reported(bench):
    it = bench(HOST, host=dataclasses.replace(SCENARIOS[HOST].host, signed_in=False))
    problem = it.refused()
    assert isinstance(problem, PrerequisiteError)
    assert "not signed in" in problem.message
    assert "Connect-AzureRmAccount" in problem.hint
