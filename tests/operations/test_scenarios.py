"""Every scenario of the stamp, from start to verdict, in 20-minute backups that take milliseconds."""

from __future__ import annotations

import dataclasses
import itertools

import pytest

from psbridge.emulator.stamp.scenarios import SCENARIOS
from psbridge.errors import (
    Busy,
    DeadlineExceeded,
    ExitCode,
    PsbridgeError,
    Trigger,
)
from psbridge.models.events import Decided, Ended, Intent, Status
from psbridge.models.events import Started as StartedEvent
from psbridge.models.report import Report
from psbridge.models.verdict import Judgement, Outcome
from psbridge.powershell.result import PSObject, Result
from psbridge.values import replace
from tests.operations.conftest import is_look
from tests.support.fakes.stamp_session import Fault

# What a start that waits 2 hours ends with: exit code, verdict (None: no document), upload's proof, backups triggered.
STARTS: dict[str, tuple[ExitCode, Judgement | None, str | None, int]] = {
    "succeeds": (ExitCode.OK, Judgement.CONFIRMED, "shown", 1),
    "slow": (ExitCode.TIMEOUT, Judgement.RUNNING, None, 1),
    "fails": (ExitCode.FAILED, Judgement.FAILED, None, 1),
    "corrupted": (ExitCode.FAILED, Judgement.FAILED, None, 1),
    "partial": (ExitCode.PARTIAL, Judgement.PARTIAL, None, 1),
    "partial-on-new-build": (ExitCode.PARTIAL, Judgement.PARTIAL, None, 1),
    "one-role-fails": (ExitCode.PARTIAL, Judgement.PARTIAL, None, 1),
    "role-missing": (ExitCode.PARTIAL, Judgement.PARTIAL, None, 1),
    "not-recovery-ready": (ExitCode.PARTIAL, Judgement.PARTIAL, None, 1),
    "upload-never-completes": (ExitCode.TIMEOUT, Judgement.UNPROVEN, None, 1),
    "upload-fails": (ExitCode.FAILED, Judgement.FAILED, None, 1),
    "running-not-listed": (ExitCode.OK, Judgement.CONFIRMED, "shown", 1),
    "old-ids": (ExitCode.OK, Judgement.CONFIRMED, "shown", 1),
    "no-rest-method": (ExitCode.OK, Judgement.CONFIRMED, "assumed", 1),
    "history-empty": (ExitCode.OK, Judgement.CONFIRMED, "shown", 1),
    "scheduler": (ExitCode.OK, Judgement.CONFIRMED, "shown", 1),
    "unknown-status": (ExitCode.TIMEOUT, Judgement.RUNNING, None, 1),
    "skipped": (ExitCode.BUSY, None, None, 1),
    "busy": (ExitCode.BUSY, None, None, 0),
    "conflict-race": (ExitCode.BUSY, None, None, 0),
    "update-running": (ExitCode.BUSY, None, None, 0),
    "not-configured": (ExitCode.PREREQUISITE, None, None, 0),
    "no-certificate": (ExitCode.PREREQUISITE, None, None, 0),
    "share-unreachable": (ExitCode.PREREQUISITE, None, None, 0),
    "share-full": (ExitCode.PREREQUISITE, None, None, 0),
    "share-path-invalid": (ExitCode.PREREQUISITE, None, None, 0),
    "share-credentials-refused": (ExitCode.PREREQUISITE, None, None, 0),
    "share-read-only": (ExitCode.PREREQUISITE, None, None, 0),
    "share-not-accessible": (ExitCode.PREREQUISITE, None, None, 0),
    "share-almost-full": (ExitCode.OK, Judgement.CONFIRMED, "shown", 1),
    "share-fills-up": (ExitCode.FAILED, Judgement.FAILED, None, 1),
    "role-fails-midway": (ExitCode.PARTIAL, Judgement.PARTIAL, None, 1),
    "roles-twelve": (ExitCode.OK, Judgement.CONFIRMED, "shown", 1),
    "roles-one": (ExitCode.PARTIAL, Judgement.PARTIAL, None, 1),
    "scheduler-off": (ExitCode.OK, Judgement.CONFIRMED, "shown", 1),
    "retention": (ExitCode.OK, Judgement.CONFIRMED, "shown", 1),
    "update-comes": (ExitCode.OK, Judgement.CONFIRMED, "shown", 1),
    "update-failed": (ExitCode.BUSY, None, None, 0),
    "alerts": (ExitCode.OK, Judgement.CONFIRMED, "shown", 1),
    "certificate-changes": (ExitCode.OK, Judgement.CONFIRMED, "shown", 1),
    "answer-lost": (ExitCode.OK, Judgement.CONFIRMED, "shown", 1),
    "not-signed-in": (ExitCode.PREREQUISITE, None, None, 0),
    "wrong-subscription": (ExitCode.PREREQUISITE, None, None, 0),
    "signed-out": (ExitCode.PREREQUISITE, None, None, 0),
    "sign-in-expired": (ExitCode.PREREQUISITE, None, None, 0),
    "sign-in-expires": (ExitCode.OK, Judgement.CONFIRMED, "shown", 1),
    "tenant-endpoint": (ExitCode.PREREQUISITE, None, None, 0),
    "no-subscription": (ExitCode.PREREQUISITE, None, None, 0),
    "environment-unknown": (ExitCode.PREREQUISITE, None, None, 0),
    "secret-expired": (ExitCode.PREREQUISITE, None, None, 0),
    "preferences": (ExitCode.OK, Judgement.CONFIRMED, "shown", 1),
    "stray-error": (ExitCode.OK, Judgement.CONFIRMED, "shown", 1),
    "no-module": (ExitCode.PREREQUISITE, None, None, 0),
    "module-broken": (ExitCode.PREREQUISITE, None, None, 0),
    "sources-differ": (ExitCode.UNKNOWN, Judgement.UNKNOWN, None, 1),
    "stale-answer": (ExitCode.OK, Judgement.CONFIRMED, "shown", 1),
    "trigger-repeated": (ExitCode.OK, Judgement.CONFIRMED, "shown", 1),
    "azurerm-module": (ExitCode.OK, Judgement.CONFIRMED, "assumed", 1),
    "restricted-endpoint": (ExitCode.PREREQUISITE, None, None, 0),
    "alerts-odd": (ExitCode.OK, Judgement.CONFIRMED, "shown", 1),
    "reads-forbidden": (ExitCode.OK, Judgement.CONFIRMED, "shown", 1),
    "version-changed": (ExitCode.OK, Judgement.CONFIRMED, "shown", 1),
    # What lies in the share is not read by a start: `test_store_faults` reads it.
    "store-missing": (ExitCode.OK, Judgement.CONFIRMED, "shown", 1),
    "store-damaged": (ExitCode.OK, Judgement.CONFIRMED, "shown", 1),
    "store-chain": (ExitCode.OK, Judgement.CONFIRMED, "shown", 1),
    "store-foreign": (ExitCode.OK, Judgement.CONFIRMED, "shown", 1),
    "store-half": (ExitCode.OK, Judgement.CONFIRMED, "shown", 1),
    "store-wrong-key": (ExitCode.OK, Judgement.CONFIRMED, "shown", 1),
    "store-unrecognized": (ExitCode.OK, Judgement.CONFIRMED, "shown", 1),
    "store-unregistered": (ExitCode.OK, Judgement.CONFIRMED, "shown", 1),
    "store-key-inside": (ExitCode.OK, Judgement.CONFIRMED, "shown", 1),
    "store-legacy": (ExitCode.OK, Judgement.CONFIRMED, "shown", 1),
}


def test_every_scenario_of_the_stamp_has_an_expectation_here():
    assert set(STARTS) == set(SCENARIOS)


@pytest.mark.parametrize("scenario", STARTS)
def test_a_start_ends_as_its_scenario_describes(bench, scenario):
    code, judgement, proof, triggers = STARTS[scenario]
    it = bench(scenario)
    try:
        ended: Report | PsbridgeError = it.start()
    except PsbridgeError as problem:
        ended = problem
    assert ended.exit_code is code
    assert it.triggers == triggers
    assert len(it.sessions.triggers) <= 1
    if isinstance(ended, Report):
        assert ended.verdict.judgement is judgement
        assert ended.verdict.upload_proof == proof
        assert ended.action == "started"
        assert ended.verdict.backup is not None
        record = it.journal.get(ended.run or "")
        assert record.backup_id == ended.verdict.backup.id
        assert record.state == ("started" if code in {ExitCode.TIMEOUT, ExitCode.UNKNOWN} else "decided")
        assert record.exit_code == code
        assert record.verdict == judgement
    else:
        assert judgement is None


@pytest.mark.sampled(3)
@pytest.mark.parametrize("scenario", [name for name, (_, judged, _, _) in STARTS.items() if judged is not None])
def test_a_confirm_right_after_agrees_with_the_start(bench, scenario):
    it = bench(scenario)
    report = it.start()
    assert report.verdict.backup is not None
    again = it.again().backups.confirm(report.verdict.backup.id)
    if scenario == "unknown-status":  # an unknown word is still running while waiting, unknown in confirm
        assert again.exit_code is ExitCode.UNKNOWN
    elif report.exit_code is ExitCode.TIMEOUT:
        assert again.exit_code is ExitCode.UNPROVEN
    else:
        assert again.exit_code is report.exit_code
        assert again.verdict.judgement is report.verdict.judgement


def test_an_unproven_run_is_judged_again_by_a_later_wait(bench):
    altered: list[Result] = []

    def once_ended_otherwise(result: Result) -> Result:
        backups = [it for it in result.output if isinstance(it, PSObject) and it.has("CreatedDateTime")]
        if altered or not backups or backups[0].get("Status") != "Succeeded":
            return result
        altered.append(result)
        roles = tuple(it for it in result.output if not (isinstance(it, PSObject) and it.has("RoleName")))
        return replace(result, output=roles)

    it = bench(faults=[Fault(is_look, change=once_ended_otherwise, times=999)])
    first = it.start()
    assert (first.exit_code, len(altered)) == (ExitCode.UNKNOWN, 1)
    assert it.journal.get(first.run).state == "started"
    again = it.again().backups.wait()
    assert (again.exit_code, again.run, again.verdict.backup.id) == (ExitCode.OK, first.run, first.verdict.backup.id)
    assert it.journal.get(first.run).state == "decided"
    assert it.triggers == 1


def test_a_bad_report_raises_its_problem(bench):
    report = bench("one-role-fails").start()
    with pytest.raises(PsbridgeError) as caught:
        report.require()
    assert caught.value.exit_code is ExitCode.PARTIAL
    assert caught.value.trigger is Trigger.SENT
    assert caught.value.id == report.verdict.backup.id
    assert caught.value.hint


def test_events_come_in_their_order(bench):
    it = bench()
    report = it.start()
    kinds = [type(event) for event in it.events]
    assert kinds.index(Intent) < kinds.index(StartedEvent) < kinds.index(Status)
    assert kinds[-2:] == [Decided, Ended]
    roles = [event.roles_done for event in it.of(Status) if event.roles_done is not None]
    assert roles == sorted(roles)
    assert roles[-1] == 13
    assert it.of(StartedEvent)[0].id == report.verdict.backup.id


def test_two_reads_after_the_end_are_at_least_one_poll_apart(bench):
    it = bench(policy={"poll": 45})
    it.start()
    ended = [event for event in it.of(Status) if event.backup is not None and event.backup.status == "Succeeded"]
    assert len(ended) >= 2
    assert all(later.elapsed_seconds - sooner.elapsed_seconds >= 45 for sooner, later in itertools.pairwise(ended))


def test_a_later_wait_counts_from_the_start_of_the_backup(bench):
    it = bench()
    usual = it.start().verdict.backup.duration.seconds
    started = it.start_no_wait()
    it.clock.advance(300)
    for words in ((), (started.id,)):
        it.events.clear()
        it.client.backups.wait(*words, timeout=5, observe=it.events.append)
        first = it.of(Status)[0]
        assert 300 <= first.elapsed_seconds < 330
        assert first.elapsed_seconds + first.eta_seconds == pytest.approx(usual, rel=0.2)


def test_polling_starts_at_one_second_and_doubles_up_to_the_policy(bench):
    it = bench(policy={"poll": 20})
    it.start()
    assert it.clock.slept[:7] == [1, 2, 4, 8, 16, 20, 20]


def test_no_wait_ends_once_the_id_is_known(bench):
    it = bench()
    started = it.start_no_wait()
    assert started.action == "started"
    assert it.triggers == 1
    assert it.clock.slept == []
    record = it.journal.get(started.run or "")
    assert (record.state, record.trigger, record.backup_id) == ("started", "sent", started.id)


def test_the_settle_time_counts_from_the_observed_end(bench):
    it = bench("no-rest-method")
    report = it.start(settle=600.0)
    waited = report.verdict.backup.duration.seconds
    assert 600 <= it.clock.monotonic() - 1000 - waited <= 600 + 3 * 240
    upload = next(row for row in report.verdict.evidence if row.check == "upload")
    assert upload.outcome == "warn"


def test_a_required_proof_is_never_assumed(bench):
    report = bench("no-rest-method", policy={"require_upload_proof": True}).start()
    assert report.exit_code is ExitCode.TIMEOUT
    assert report.verdict.judgement is Judgement.UNPROVEN
    assert report.problem.detail["backup"] == "unproven"


def test_readiness_may_be_waived_by_policy(bench):
    assert bench("not-recovery-ready", policy={"require_recovery_ready": False}).start().exit_code is ExitCode.OK


def test_at_the_deadline_the_id_and_what_continues_are_reported(bench):
    it = bench(policy={"timeout": 300})
    report = it.start()
    assert report.exit_code is ExitCode.TIMEOUT
    assert report.verdict.judgement is Judgement.RUNNING
    problem = report.problem
    assert (problem.trigger, problem.detail["backup"], problem.id) == (
        Trigger.SENT,
        "running",
        report.verdict.backup.id,
    )
    assert problem.id in problem.hint
    assert it.clock.monotonic() - 1000 == pytest.approx(300, abs=2)
    assert it.again().backups.wait(timeout=7200).exit_code is ExitCode.OK
    assert it.triggers == 1


def test_a_skipped_backup_of_our_own_is_busy_and_says_so(bench):
    problem = bench("skipped").refused()
    assert isinstance(problem, Busy)
    assert problem.detail["reason"] == "skipped"
    assert problem.trigger is Trigger.SENT
    assert problem.id


@pytest.mark.parametrize(
    ("scenario", "reason"),
    [("busy", "backup_running"), ("conflict-race", "backup_running"), ("update-running", "update_running")],
)
def test_busy_says_why(bench, scenario, reason):
    assert bench(scenario).refused().detail["reason"] == reason


def test_a_backup_that_failed_is_shown_with_the_open_alert_and_its_remedy(bench):
    it = bench("share-fills-up")
    report = it.start()
    shown = next(row for row in report.verdict.evidence if row.check == "alerts")
    assert shown.outcome is Outcome.WARN
    assert "file share is full (Free space on the share" in shown.detail
    assert "file share is full" in report.problem.hint


def test_a_host_without_alerts_keeps_the_verdict(bench):
    it = bench(host=dataclasses.replace(SCENARIOS["succeeds"].host, insights=None, update=None))
    report = it.start()
    assert report.exit_code is ExitCode.OK
    assert next(row for row in report.verdict.evidence if row.check == "alerts").outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("if_running", ["attach", "queue"])
def test_no_way_of_running_waits_for_an_update(bench, if_running):
    it = bench("update-running")
    problem = it.refused(if_running=if_running)
    assert (problem.exit_code, problem.detail["reason"]) == (ExitCode.BUSY, "update_running")
    assert problem.detail["update"]["state"] == "Installing"
    assert f"{problem.detail['update']['name']} is installing" in problem.message
    assert it.clock.slept == []


def test_attach_judges_the_running_backup_and_starts_none(bench):
    it = bench("busy")
    report = it.start(if_running="attach")
    assert (report.exit_code, report.action) == (ExitCode.OK, "attached")
    assert it.sessions.triggers == []
    assert report.verdict.backup.is_automatic is True


def test_queue_waits_for_the_running_backup_and_then_starts_one(bench):
    it = bench("busy")
    report = it.start(if_running="queue")
    assert (report.exit_code, report.action) == (ExitCode.OK, "started")
    assert it.triggers == 1
    assert report.verdict.backup.is_automatic is False


def test_queue_ends_at_the_deadline_with_nothing_started(bench):
    it = bench("busy", policy={"timeout": 120})
    problem = it.refused(if_running="queue")
    assert isinstance(problem, DeadlineExceeded)
    assert (problem.detail["backup"], problem.trigger) == ("none", Trigger.NOT_SENT)
    assert it.triggers == 0


@pytest.mark.parametrize(("if_running", "action"), [("attach", "attached"), ("queue", "started")])
def test_an_unlisted_conflict_is_treated_like_a_running_backup(bench, if_running, action):
    it = bench("conflict-race")
    report = it.start(if_running=if_running)
    assert (report.exit_code, report.action) == (ExitCode.OK, action)
    assert it.triggers == (1 if action == "started" else 0)


def test_attach_to_a_backup_that_is_not_listed_is_refused(bench):
    it = bench("busy", listed=False)
    problem = it.refused(if_running="attach")
    assert (problem.exit_code, problem.detail["reason"]) == (ExitCode.BUSY, "backup_running")
    assert it.triggers == 0


def test_a_recent_backup_is_shown_and_nothing_is_started(bench):
    it = bench()
    report = it.start(if_older_than=6 * 3600.0)  # the newest of the past ended 5 h 17 min ago
    assert (report.exit_code, report.action) == (ExitCode.OK, "skipped")
    assert report.verdict.judgement is Judgement.CONFIRMED
    assert report.verdict.last_good == report.verdict.backup
    assert it.sessions.triggers == []


def test_an_old_backup_does_not_prevent_a_start(bench):
    report = bench().start(if_older_than=5 * 3600.0)
    assert (report.exit_code, report.action) == (ExitCode.OK, "started")


def test_a_queued_start_is_skipped_if_the_awaited_backup_is_recent(bench):
    it = bench("busy", upload=0.0)
    report = it.start(if_running="queue", if_older_than=3600.0)
    assert report.action == "skipped"
    assert it.triggers == 0
