"""Which run a wait takes up."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from psbridge.clock import Deadline
from psbridge.errors import (
    Ambiguous,
    AuthError,
    DeadlineExceeded,
    ExitCode,
    Interrupted,
    PrerequisiteError,
    PsbridgeError,
    Trigger,
    Unknown,
    Unreachable,
)
from psbridge.journal.lock import TargetLock
from psbridge.models.events import Intent, Note
from psbridge.models.verdict import Outcome
from psbridge.operations.start import StartOptions
from tests.operations.conftest import is_look, is_trigger, void
from tests.support.fakes.stamp_session import Fault


def test_a_wait_lets_a_running_start_finish(bench):
    """Beside a start that is between its trigger and the answer a wait must not call its run open."""
    it = bench("no-certificate")
    met = []

    def observe(event) -> None:
        if isinstance(event, Intent):
            with pytest.raises(DeadlineExceeded) as caught:
                it.again().backups.wait(timeout=5)
            met.append(caught.value)

    with pytest.raises(PrerequisiteError):
        it.client.backups.run(StartOptions(), observe=observe)
    assert "still works on run" in met[0].message
    assert it.journal.list()[0].state == "refused"
    assert it.journal.unfinished("nyc") is None


def test_a_wait_by_id_resumes_its_own_run_before_a_later_one(bench):
    it = bench()
    first = it.start_no_wait()
    it.clock.advance(1800)
    second = it.start_no_wait()
    report = it.again().backups.wait(first.id)
    assert (report.action, report.run) == ("started", first.run)
    assert {run.run: run.state for run in it.journal.list()} == {first.run: "decided", second.run: "started"}


def test_a_wait_by_id_resumes_the_starting_run_before_an_attached_one(bench):
    it = bench()
    first = it.start_no_wait()
    it.clock.advance(5)
    assert it.start_no_wait(if_running="attach").id == first.id
    assert it.again().backups.wait(first.id).run == first.run


def test_a_run_of_the_library_waits_with_the_options_of_its_start(bench):
    it = bench("no-rest-method")
    report = it.client.backups.start(settle=4000).wait()
    assert report.case.settle == 4000
    it.clock.advance(60)
    run = it.client.backups.start(journal=False, settle=50)
    assert run.run is None
    report = run.wait()
    assert (report.action, report.run, report.case.settle, report.case.own) == (
        "started",
        None,
        50,
        True,
    )


def test_a_wait_without_any_read_does_not_claim_success(bench):
    it = bench()
    started = it.start_no_wait()
    it.sessions.faults.append(Fault(is_look, void, times=9999))
    report = it.again().backups.wait(started.id, timeout=600)
    assert report.exit_code is ExitCode.TIMEOUT
    assert "was not read once" in report.problem.message
    assert {row.check: row.outcome for row in report.verdict.evidence}["whole"] is Outcome.NOT_CHECKED


@pytest.mark.parametrize("what", ["start", "confirm"])
def test_a_refused_login_is_never_retried(bench, what):
    """Accounts lock: what reads settings and alerts as evidence may not log in once more either."""
    it = bench()
    looked = []

    def is_settings(text: str, _number: int) -> bool:
        return text.startswith("Get-AzsBackupConfiguration")

    def refused() -> PsbridgeError:
        looked.append(it.sessions.opened)
        it.sessions.refuse_to_open += [AuthError("the host refused the credentials")] * 9
        return AuthError("the host refused the credentials")

    it.sessions.faults.append(Fault(is_settings, refused))
    report = it.start() if what == "start" else it.client.backups.confirm()
    assert report.exit_code is (ExitCode.TIMEOUT if what == "start" else ExitCode.OK)
    assert len(looked) == 1
    assert len(it.sessions.refuse_to_open) == 9, "no session was asked for again"


def test_a_run_is_resumed_over_a_temporarily_broken_link(bench):
    it = bench()
    started = it.start_no_wait()
    it.sessions.refuse_to_open += [Unreachable("no route", retryable=True)] * 10
    report = it.again().backups.wait()
    assert (report.exit_code, report.verdict.backup.id) == (ExitCode.OK, started.id)


@pytest.mark.parametrize("error", [AuthError("refused"), Interrupted("interrupted by SIGTERM")])
def test_a_wait_that_ends_before_its_first_read_reports_the_journals_id(bench, error):
    it = bench()
    started = it.start_no_wait()
    it.sessions.refuse_to_open.append(error)
    with pytest.raises(PsbridgeError) as caught:
        it.again().backups.wait()
    assert (caught.value.id, caught.value.trigger) == (started.id, Trigger.SENT)
    assert f"backup wait {started.id}" in caught.value.hint


def test_an_unreadable_old_backup_does_not_block_a_start(bench):
    it = bench()
    it.sessions.faults.append(Fault(is_look, lambda: Unknown("the stamp answered with another backup")))
    assert it.start(if_older_than=60.0).action == "started"
    assert it.triggers == 1


def test_a_login_refused_to_the_azurerm_trigger_is_not_retried(bench):
    it = bench("azurerm-module", faults=[Fault(is_trigger, lambda: AuthError("refused", delivered=True))])
    problem = it.refused()
    assert isinstance(problem, Ambiguous)
    assert it.sessions.opened == 1


def test_a_refusal_is_recorded_before_the_update_is_read(bench):
    it = bench("update-running")
    it.sessions.faults.append(
        Fault(lambda text, _: text.startswith("Get-AzsUpdate"), lambda: Interrupted("interrupted by SIGTERM"))
    )
    assert isinstance(it.refused(), Interrupted)
    assert it.journal.list()[0].state == "refused"
    assert it.journal.unfinished("nyc") is None


def test_a_wait_for_anothers_start_leaves_time_for_the_calls(bench):
    it = bench("busy")
    log = it.journal.begin("20260304T120000Z-00000001", "nyc", "redmond")
    log.write("intent", host=None, host_time=None, known_ids=[])
    held = ExitStack()
    held.enter_context(TargetLock(it.folder, "nyc").held(Deadline.after(it.clock, 1)))
    began = it.clock.monotonic()

    def later() -> None:
        if it.clock.monotonic() - began > 200:  # more than a call may take
            log.write("refused", cause="no", code="x")
            held.close()

    it.clock.on_sleep = later
    report = it.client.backups.wait(observe=it.events.append)
    assert report.exit_code is ExitCode.OK
    assert "works on run 20260304T120000Z-00000001" in it.of(Note)[0].text


def test_a_wait_works_without_locks(bench, mocker):
    it = bench(faults=[Fault(is_trigger, lambda: Interrupted("interrupted by SIGTERM"), executed=True)])
    assert isinstance(it.refused(), Interrupted)
    mocker.patch("filelock.FileLock.acquire", side_effect=OSError(30, "Read-only file system"))
    report = it.again().backups.wait()
    assert (report.exit_code, report.action) == (ExitCode.OK, "started")
    assert it.triggers == 1


def test_a_run_of_an_unreachable_host_ends_at_the_deadline(bench):
    it = bench()
    started = it.start_no_wait()
    it.sessions.refuse_to_open += [Unreachable("no route", retryable=True)] * 999
    with pytest.raises(DeadlineExceeded) as caught:
        it.again().backups.wait(timeout=600)
    assert (caught.value.id, caught.value.trigger, caught.value.detail["backup"]) == (
        started.id,
        Trigger.SENT,
        "running",
    )
    assert caught.value.detail["cause"]["message"] == "no route"
