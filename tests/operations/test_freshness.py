"""The newest backup that has ended decides whether one is due: an older good one never hides a newer one that is not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from psbridge.config.sample import SAMPLE
from psbridge.documents.verdict import VerdictDocument
from psbridge.errors import ExitCode, InternalError, PsbridgeError, ResultVoid, Unknown, UsageError
from psbridge.models.report import Report
from psbridge.models.verdict import Judgement, Outcome
from psbridge.operations.start import StartOptions
from psbridge.powershell.result import PSObject, Result
from psbridge.proofs.record import record, save
from psbridge.proofs.verify import verify_proof
from psbridge.render.writers import render
from psbridge.values import replace
from tests.operations.conftest import Bench, is_look
from tests.support.fakes.stamp_session import Fault
from tests.support.process.cli import Cli

DAY = 86_400.0
BAD = {
    "one-role-fails": (ExitCode.PARTIAL, Judgement.PARTIAL),
    "partial": (ExitCode.PARTIAL, Judgement.PARTIAL),
    "role-missing": (ExitCode.PARTIAL, Judgement.PARTIAL),
    "not-recovery-ready": (ExitCode.PARTIAL, Judgement.PARTIAL),
    "fails": (ExitCode.FAILED, Judgement.FAILED),
    "corrupted": (ExitCode.FAILED, Judgement.FAILED),
    "upload-fails": (ExitCode.FAILED, Judgement.FAILED),
    "unknown-status": (ExitCode.UNKNOWN, Judgement.UNKNOWN),
    "upload-never-completes": (ExitCode.UNPROVEN, Judgement.UNPROVEN),
}


def ended_bad(bench: Callable[..., Bench], scenario: str) -> tuple[Bench, str]:
    """Return a bench whose newest backup ended a minute ago or so and is not good, though older ones are."""
    one = bench(scenario)
    started = one.start_no_wait()
    one.clock.advance(1400)  # a backup takes 1200 s, each up to 5 % more
    return one, started.id


@pytest.mark.parametrize("scenario", BAD)
def test_a_bad_newest_backup_is_not_hidden_by_an_older_good_one(bench, scenario: str) -> None:
    code, judgement = BAD[scenario]
    one, bad = ended_bad(bench, scenario)
    report = one.start(if_older_than=DAY)
    assert (report.exit_code, report.verdict.judgement, report.action) == (code, judgement, "skipped")
    assert report.case is not None
    assert report.case.id == bad
    assert one.triggers == 1
    assert report.problem is not None
    assert "nothing was started" in report.problem.message
    assert bad in (report.reason or "")
    assert str(judgement) in (report.reason or "")


@pytest.mark.sampled(5)
@pytest.mark.parametrize("scenario", BAD)
def test_a_bad_newest_backup_is_retried_after_its_delay(bench, scenario: str) -> None:
    one, _ = ended_bad(bench, scenario)
    assert one.start(if_older_than=DAY).action == "skipped"
    one.clock.advance(3600)
    assert one.start_no_wait(if_older_than=DAY).action == "started"
    assert one.triggers == 2


def changed(**said: Any) -> Callable[[Result], Result]:
    """Return a change of the module's object in a read of one backup."""

    def change(value: Any) -> Any:
        if not isinstance(value, PSObject) or not value.has("CreatedDateTime"):
            return value
        return replace(value, properties={**value.properties, **said})

    return lambda result: replace(result, output=tuple(map(change, result.output)))


@pytest.mark.parametrize(
    "said",
    [
        {"STATUS": "Failed"},
        {"CreatedDateTime": None},
        {"CreatedDateTime": "0001-01-01T00:00:00Z"},
        {"Status": "Failed"},
    ],
    ids=["a property twice", "no end", "never set", "another status than the raw JSON's"],
)
def test_a_contradictory_newest_backup_is_not_retried_at_once(bench, said: dict[str, Any]) -> None:
    one, bad = ended_bad(bench, "succeeds")
    one.sessions.faults.append(Fault(is_look, change=changed(**said), times=9999))
    report = one.start(if_older_than=DAY)
    assert (report.exit_code, report.action, one.triggers) == (ExitCode.UNKNOWN, "skipped", 1)
    assert bad in (report.reason or "")
    plan = one.dry_run(if_older_than=DAY)
    assert (plan.would, plan.would_exit) == ("skip", ExitCode.UNKNOWN)
    one.clock.advance(3600)
    assert one.dry_run(if_older_than=DAY).would == "start"


def test_an_incompletely_read_newest_backup_is_not_retried_at_once(bench) -> None:
    one, _ = ended_bad(bench, "succeeds")
    one.sessions.faults.append(Fault(is_look, error=lambda: ResultVoid("messages were lost"), times=9999))
    report = one.start(if_older_than=DAY)
    assert (report.exit_code, report.action, one.triggers) == (ExitCode.UNKNOWN, "skipped", 1)


@pytest.mark.sweep
def test_a_cron_job_each_minute_causes_no_retry_storm(bench) -> None:
    one, _ = ended_bad(bench, "one-role-fails")
    begun = one.clock.monotonic()
    while one.clock.monotonic() - begun < 4 * 3600:
        options = StartOptions(if_older_than=DAY)
        ended = one.client.backups.run(options)
        assert isinstance(ended, Report)
        assert ended.exit_code is ExitCode.PARTIAL
        one.clock.advance(60)
    assert one.triggers == 1 + 3  # each takes 20 minutes, and an hour passes after it


@pytest.mark.parametrize(("given", "policy"), [({"retry_after": 60.0}, {}), ({}, {"retry_after": 60.0})])
def test_the_retry_delay_is_an_option_and_a_key(bench, given: dict[str, float], policy: dict[str, float]) -> None:
    one = bench("fails", policy=policy)
    one.start_no_wait()
    one.clock.advance(1200 * 1.05 + 90)
    assert one.start_no_wait(if_older_than=DAY, **given).action == "started"


def test_a_retry_delay_of_zero_is_accepted(bench) -> None:
    one, _ = ended_bad(bench, "fails")
    assert one.start_no_wait(if_older_than=DAY, retry_after=0.0).action == "started"


@pytest.mark.parametrize("seconds", [1e12, 1e300, float("inf"), float("nan"), -1.0])
@pytest.mark.parametrize("option", ["if_older_than", "retry_after"])
def test_an_impossible_time_is_a_usage_error(option: str, seconds: float) -> None:
    with pytest.raises(UsageError):
        StartOptions(**{"if_older_than": DAY, option: seconds})


def test_the_age_is_measured_by_the_hosts_clock(bench) -> None:
    one, _ = ended_bad(bench, "one-role-fails")
    one.sessions.host_skew = 2 * 3600.0  # this machine's clock is behind
    assert one.start_no_wait(if_older_than=DAY).action == "started"


def test_a_dry_run_reports_a_skip_and_its_exit_code(bench) -> None:
    one, bad = ended_bad(bench, "one-role-fails")
    plan = one.dry_run(if_older_than=DAY)
    assert (plan.would, plan.would_exit) == ("skip", ExitCode.PARTIAL)
    assert bad in (plan.reason or "")
    one.clock.advance(3600)
    assert one.dry_run(if_older_than=DAY).would == "start"
    assert one.triggers == 1


def test_a_skip_for_a_good_backup_is_reported_first(bench, tmp_path: Path) -> None:
    one = bench()
    good = one.start().verdict.backup
    assert good is not None
    report = one.start(if_older_than=DAY)
    assert (report.exit_code, report.action, report.verdict.last_good) == (0, "skipped", report.verdict.backup)
    text = render(VerdictDocument.of(one.target, report), "table").splitlines()
    assert text[0].startswith("nothing started: ")
    assert good.id in text[0]
    assert text[1].startswith("confirmed: ")
    document = VerdictDocument.of(one.target, report)
    assert (document.action, document.reason, document.retry_at) == ("skipped", report.reason, None)
    plan = one.dry_run(if_older_than=DAY)
    assert (plan.would, plan.would_exit, plan.last_good) == ("skip", ExitCode.OK, report.verdict.backup)


def test_a_skip_for_a_bad_backup_is_reported_first_with_the_retry_time(bench) -> None:
    one, _ = ended_bad(bench, "fails")
    report = one.start(if_older_than=DAY)
    text = render(VerdictDocument.of(one.target, report), "table").splitlines()
    assert text[0].startswith("nothing started: the newest backup, ")
    assert text[1].startswith("failed: ")
    document = VerdictDocument.of(one.target, report)
    assert document.retry_at is not None
    assert document.retry_at[:19] in text[0]


@pytest.mark.parametrize("scenario", BAD)
def test_the_record_of_a_skip_leads_to_the_same_end(bench, scenario: str, tmp_path: Path) -> None:
    one, _ = ended_bad(bench, scenario)
    report = one.start(if_older_than=60.0)  # younger than it is: the age is none of its business
    save(tmp_path / "proof.json", record(one.target, report, one.clock))
    checked = verify_proof(tmp_path / "proof.json")
    assert (checked.problems, checked.exit_code) == ((), int(report.exit_code))


def test_the_library_returns_the_bad_backup(bench) -> None:
    one, bad = ended_bad(bench, "one-role-fails")
    run = one.client.backups.start(if_older_than=DAY)
    assert (run.id, run.action, run.run) == (bad, "skipped", None)
    with pytest.raises(PsbridgeError) as caught:
        run.wait().require()
    assert caught.value.exit_code is ExitCode.PARTIAL


# -- beside a backup that runs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("if_running", "action"), [("attach", "attached"), ("queue", "skipped")])
def test_attach_and_queue_ignore_an_earlier_bad_backup(bench, if_running: str, action: str) -> None:
    one, _ = ended_bad(bench, "one-role-fails")
    one.clock.advance(3600)
    running = one.rival()
    report = one.start(if_older_than=DAY, if_running=if_running)
    assert report.action == action
    assert report.exit_code is ExitCode.PARTIAL
    assert report.case is not None
    assert report.case.id == running
    assert one.triggers == 2


def test_a_start_during_a_running_backup_is_busy(bench) -> None:
    one, _ = ended_bad(bench, "one-role-fails")
    one.rival()
    refused = one.refused(if_older_than=DAY)
    assert refused.exit_code is ExitCode.BUSY


# -- backups that say too little ---------------------------------------------------------------------------------------


def undated(id: str, when: object) -> Callable[[Result], Result]:
    """Return a change of a backup's end in every list and read."""

    def change(result: Result) -> Result:
        def put(value: Any) -> Any:
            if isinstance(value, PSObject) and value.has("CreatedDateTime") and str(value.get("Name")).endswith(id):
                return replace(value, properties={**value.properties, "CreatedDateTime": when})
            return value

        return replace(result, output=tuple(map(put, result.output)))

    return change


@pytest.mark.parametrize(
    "when", [None, "0001-01-01T00:00:00Z", "2569-03-04T12:00:00Z"], ids=["none", "year 1", "future"]
)
@pytest.mark.parametrize("scenario", ["fails", "one-role-fails", "succeeds"])
def test_a_backup_with_an_unknown_end_is_never_hidden(bench, when: object, scenario: str) -> None:
    one, id = ended_bad(bench, scenario)
    one.sessions.faults.append(Fault(lambda text, _: "Get-AzsBackup" in text, times=10_000, change=undated(id, when)))
    assert one.start_no_wait(if_older_than=DAY).action == "started"


def test_a_backup_with_an_unknown_end_causes_no_retries_after_a_newer_good_one(bench) -> None:
    one, id = ended_bad(bench, "succeeds")
    change = undated(id, "0001-01-01T00:00:00Z")
    one.sessions.faults.append(Fault(lambda text, _: "Get-AzsBackup" in text, times=10_000, change=change))
    assert one.start(if_older_than=DAY).action == "started"  # the journal knows that the other was listed before it
    assert one.start(if_older_than=DAY).action == "skipped"
    assert one.triggers == 2


def test_skipped_backups_are_ignored(bench) -> None:
    one = bench("skipped")
    one.refused()
    report = one.start(if_older_than=30 * DAY)
    assert (report.action, report.exit_code) == ("skipped", 0)


def nameless() -> PsbridgeError:
    """Return an error of the stamp that psbridge has no name for."""
    problem = InternalError("the stamp said what nobody knows")
    problem.conclusive = False
    return problem


@pytest.mark.parametrize("error", [lambda: Unknown("not to be read"), nameless], ids=["unknown", "nameless"])
def test_an_unreadable_newest_backup_is_not_hidden(bench, error: Callable[[], PsbridgeError]) -> None:
    one, bad = ended_bad(bench, "succeeds")
    one.sessions.faults.append(Fault(lambda text, n: is_look(text, n) and bad in text, error, times=9))
    refused = one.refused(if_older_than=DAY)
    assert (refused.exit_code, refused.id) == (ExitCode.UNKNOWN, bad)
    assert "nothing was started" in refused.message
    one.clock.advance(3600)
    assert one.start_no_wait(if_older_than=DAY).action == "started"


@pytest.mark.parametrize(
    "wrong", [{"retry_after": 60.0}, {"if_older_than": -1.0}, {"if_older_than": 1.0, "retry_after": float("nan")}]
)
def test_invalid_options_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        StartOptions(**wrong)


# -- an age that was asked for -----------------------------------------------------------------------------------------


def test_with_max_age_headline_and_row_are_stale_and_the_verdict_stays(bench, tmp_path: Path) -> None:
    one = bench()
    one.start()
    one.clock.advance(7200)
    report = one.client.backups.confirm(max_age=1.0)
    document = VerdictDocument.of(one.target, report)
    assert (document.verdict, document.exit_code) == ("confirmed", 12)
    (row,) = (it for it in document.evidence if it.check == "age")
    assert row.outcome == Outcome.FAIL
    assert "limit " in row.detail
    text = render(document, "table").splitlines()
    assert text[0].startswith("stale: ")
    assert "confirmed:" not in text[0]
    save(tmp_path / "proof.json", record(one.target, report, one.clock))
    checked = verify_proof(tmp_path / "proof.json")
    assert (checked.problems, checked.exit_code, checked.verdict) == ((), 12, "confirmed")
    assert "stale" in render(checked, "table").splitlines()[0]


def test_one_that_is_young_enough_passes_the_age(bench) -> None:
    one = bench()
    one.start()
    document = VerdictDocument.of(one.target, one.client.backups.confirm(max_age=DAY))
    assert [it.outcome for it in document.evidence if it.check == "age"] == ["pass"]


def test_an_empty_stamp_is_stale_in_its_headline(bench) -> None:
    one = bench("history-empty")
    text = render(VerdictDocument.of(one.target, one.client.backups.confirm(max_age=DAY)), "table")
    assert text.splitlines()[0] == "stale: no backup on nyc"


# -- the command line --------------------------------------------------------------------------------------------------


def test_a_partial_backup_is_not_skipped_for_an_older_good_one_on_the_command_line(cli: Cli) -> None:
    with cli.facing("one-role-fails") as running:
        started = cli("backup", "start", "-o", "json").expect(3).document
        again = cli("backup", "start", "--if-older-than", "12h").expect(3)
        assert again.out.splitlines()[0].startswith("nothing started: ")
        assert started["backup"]["id"] in again.out.splitlines()[0]
        told = cli("backup", "start", "--if-older-than", "12h", "-o", "json").expect(3).document
        assert (told["action"], told["verdict"], told["exit_code"]) == ("skipped", "partial", 3)
        assert started["backup"]["id"] in told["reason"]
        assert running.stamp.counts()["triggers"] == 1
        planned = cli("backup", "start", "--if-older-than", "12h", "--dry-run", "-o", "json").expect(0).document
        assert (planned["would"], planned["would_exit_code"]) == ("skip", 3)
        cli("backup", "start", "--if-older-than", "12h", "--retry-after", "0s", "--no-wait").expect(0)
        assert running.stamp.counts()["triggers"] == 2
    cli("backup", "start", "--retry-after", "5m").expect(2)


def test_the_key_is_in_the_sample() -> None:
    assert "retry_after: 1h" in SAMPLE
