"""A stamp need not list a backup while it runs: no command rests on its absence, whether or not the stamp lists it."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from psbridge.documents.verdict import DryRunDocument
from psbridge.emulator.stamp.scenarios import SCENARIOS
from psbridge.errors import Ambiguous, Busy, ExitCode, NotFound, Unreachable
from psbridge.journal.closing import close_run
from psbridge.models.events import Note, Queued
from psbridge.models.stamp import BackupSettings
from psbridge.models.verdict import Judgement
from psbridge.operations.dry_run import _warnings
from psbridge.powershell.result import PSObject, Result
from psbridge.proofs.record import record, save
from psbridge.proofs.verify import verify_proof
from psbridge.render.event_text import progress
from psbridge.render.writers import render
from psbridge.values import replace
from tests.operations.conftest import Bench, bench_in, is_look, is_trigger
from tests.support.fakes.stamp_session import Fault
from tests.support.process.cli import Cli

NONE_LISTED = "is listed (a stamp may not list one before it has ended)"


@pytest.fixture(params=[True, False], ids=["listed", "not listed"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Bench]:
    return partial(bench_in, tmp_path / "state", listed=request.param)


@pytest.fixture
def hiding(tmp_path: Path) -> Callable[..., Bench]:
    """Return what sets a bench up whose stamp lists no running backup."""
    return partial(bench_in, tmp_path / "state", listed=False)


# -- what this machine started -----------------------------------------------------------------------------------------


def test_a_second_start_is_busy_and_sends_no_trigger(bench) -> None:
    one = bench()
    first = one.start_no_wait()
    refused = one.refused()
    assert (refused.exit_code, refused.id, refused.detail["reason"]) == (ExitCode.BUSY, first.id, "backup_running")
    assert "nothing was started" in refused.message
    assert len(one.sessions.triggers) == 1


def test_a_start_attaches_to_an_unlisted_backup(bench) -> None:
    one = bench()
    first = one.start_no_wait()
    report = one.start(if_running="attach")
    assert (report.action, report.exit_code) == ("attached", 0)
    assert report.verdict.backup is not None
    assert report.verdict.backup.id == first.id
    assert one.triggers == len(one.sessions.triggers) == 1


def test_a_start_queues_after_an_unlisted_backup(bench) -> None:
    one = bench()
    first = one.start_no_wait()
    report = one.start(if_running="queue")
    assert (report.action, report.exit_code) == ("started", 0)
    assert one.of(Queued)[0].id == first.id
    assert one.triggers == len(one.sessions.triggers) == 2


def test_a_dry_run_names_an_unlisted_backup(bench) -> None:
    one = bench()
    first = one.start_no_wait()
    plan = one.dry_run(if_running="queue")
    assert (plan.would, plan.running.id if plan.running else None) == ("queue", first.id)
    with pytest.raises(Busy):
        one.dry_run()


@pytest.mark.parametrize("by_id", [True, False])
def test_a_wait_resumes_an_unlisted_backup(bench, by_id: bool) -> None:
    one = bench()
    first = one.start_no_wait()
    report = one.again().backups.wait(first.id if by_id else None)
    assert (report.exit_code, report.run) == (0, first.run)


def test_a_wait_by_id_follows_anothers_backup_to_its_end(bench) -> None:
    one = bench()
    rival = one.rival()
    assert one.client.backups.wait(rival).exit_code == 0


def test_one_failed_read_of_the_operation_does_not_end_a_wait(hiding) -> None:
    one = hiding()

    def unread(result: Result) -> Result:
        kept = (it for it in result.output if not (isinstance(it, PSObject) and it.has("StatusCode")))
        return replace(result, output=tuple(kept))

    one.sessions.faults.append(Fault(lambda text, n: is_look(text, n) and len(one.clock.slept) == 2, change=unread))
    assert one.client.backups.wait(one.rival()).exit_code == 0


def test_a_start_killed_in_its_trigger_is_resumed(bench) -> None:
    one = bench(faults=[Fault(is_trigger, lambda: Unreachable("cut", delivered=True), executed=True)])
    one.clock.on_sleep = lambda: (_ for _ in ()).throw(KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        one.start()
    one.clock.on_sleep = None
    report = one.again().backups.wait()
    assert (report.exit_code, one.triggers) == (0, 1)


def test_a_lost_trigger_is_found_or_not_but_never_sent_again(bench) -> None:
    one = bench(faults=[Fault(is_trigger, lambda: Unreachable("cut", delivered=True), executed=True)])
    assert one.start().exit_code == 0
    assert len(one.sessions.triggers) == one.triggers == 1


def test_a_lost_trigger_that_started_nothing_stays_ambiguous(bench) -> None:
    one = bench(faults=[Fault(is_trigger, lambda: Unreachable("cut", delivered=True))])
    with pytest.raises(Ambiguous):
        one.start()
    assert one.triggers == 0


def test_confirm_reports_an_unlisted_backup_as_running(bench, tmp_path: Path) -> None:
    one = bench()
    first = one.start_no_wait()
    for age in (None, 3600.0):
        report = one.client.backups.confirm(first.id, max_age=age)
        assert (report.exit_code, report.verdict.judgement) == (ExitCode.UNPROVEN, Judgement.RUNNING)
        save(tmp_path / "proof.json", record(one.target, report, one.clock))
        checked = verify_proof(tmp_path / "proof.json")
        assert (checked.problems, checked.exit_code) == ((), 13)


def test_show_reports_an_unlisted_backup_as_running(hiding) -> None:
    one = hiding()
    first = one.start_no_wait()
    with pytest.raises(NotFound, match="is running; the stamp shows it when it has ended") as caught:
        one.client.backups.show(first.id)
    assert f"backup wait {first.id}" in (caught.value.hint or "")


def test_the_list_shows_only_listed_backups(bench) -> None:
    one = bench()
    first = one.start_no_wait()
    shown = first.id in {it.id for it in one.client.backups.list()}
    assert shown is one.stamp.scenario.listed
    one.clock.advance(1400)
    assert first.id in {it.id for it in one.client.backups.list()}


def test_at_the_deadline_the_operation_shows_that_the_backup_continues(hiding) -> None:
    one = hiding()
    report = one.start(timeout=300)
    assert report.problem is not None
    assert (report.exit_code, report.problem.detail["backup"]) == (ExitCode.TIMEOUT, "running")
    assert "is running (the stamp does not list it yet)" in report.problem.message


def test_a_closed_run_is_not_resumed_but_blocks_other_starts(bench) -> None:
    one = bench()
    first = one.start_no_wait()
    close_run(one.folder, one.clock, first.run or "", "no longer needed")
    assert one.refused().id == first.id
    assert one.client.backups.wait().run is None


def test_backups_that_ended_long_ago_are_not_read(hiding) -> None:
    one = hiding()
    one.start_no_wait()
    one.clock.advance(1400)
    before = one.sessions.runs
    one.start_no_wait()
    assert not any(is_look(text, 0) for text in one.sessions.ran[before:])


# -- what others started -----------------------------------------------------------------------------------------------


def test_the_stamps_refusal_decides(bench) -> None:
    one = bench()
    one.rival()
    assert one.refused().detail["reason"] == "backup_running"
    assert one.start(if_running="queue").exit_code == 0


def test_an_unlisted_backup_of_another_cannot_be_attached_to(hiding) -> None:
    one = hiding()
    one.rival()
    refused = one.refused(if_running="attach")
    assert refused.exit_code is ExitCode.BUSY
    assert "no run of this machine has it" in (refused.hint or "")
    assert refused.detail["refused"]


def test_a_queue_reports_that_the_backup_is_not_listed(hiding) -> None:
    one = hiding()
    one.rival()
    one.start(if_running="queue")
    queued = one.of(Queued)
    assert queued[0].id is None
    assert "not listed" in (progress(queued[0]) or "")


def test_a_wait_without_a_backup_reports_that_one_may_run_unlisted(bench) -> None:
    one = bench()
    with pytest.raises(NotFound) as caught:
        one.client.backups.wait()
    assert NONE_LISTED in str(caught.value)


def test_a_dry_run_reports_that_a_backup_may_run_unlisted(bench) -> None:
    one = bench()
    plan = one.dry_run()
    assert plan.would == "start"
    assert NONE_LISTED in render(DryRunDocument.of(one.target, plan), "table")


def test_with_azurerm_the_trigger_reports_at_its_end(tmp_path: Path) -> None:
    one = bench_in(tmp_path / "state", "azurerm-module", listed=False)
    assert one.start(timeout=4 * 3600).exit_code == 0
    with pytest.raises(Ambiguous) as caught:
        one.client.backups.start()
    assert NONE_LISTED in str(caught.value)


def test_a_scenario_with_unlisted_backups_exists(cli: Cli) -> None:
    assert SCENARIOS["running-not-listed"].listed is False
    with cli.facing("running-not-listed", speed=60) as running:
        first = json.loads(cli("backup", "start", "--no-wait", "-o", "json").expect(0).out)
        busy = cli("backup", "start", "-o", "json").expect(7)
        assert busy.error["id"] == first["id"]
        assert running.stamp.counts()["triggers"] == 1


# -- what a dry run and a deadline say ---------------------------------------------------------------------------------


@pytest.mark.parametrize("free", ["0.00 TB", "0 GB", "0,00 TB", "0", "0 B", "-0.00 TB", "-1 GB"])
def test_a_dry_run_warns_of_a_share_without_space(bench, free: str) -> None:
    one = bench(settings={"availableCapacity": free})
    plan = one.dry_run()
    assert plan.would == "start"
    assert free in plan.warnings[0]
    assert [note.text for note in one.of(Note) if note.level == "warning"] == list(plan.warnings)
    assert "warning:" in render(DryRunDocument.of(one.target, plan), "table")


@pytest.mark.parametrize("free", ["1.21 TB", "60 GB", "0.01 TB", "10 GB", "100", None, "unknown"])
def test_a_share_with_enough_or_unknown_space_gives_no_warning(free: str | None) -> None:
    assert _warnings(BackupSettings(available_capacity=free)) == ()


def test_an_unknown_status_is_reported_with_the_end_time(bench) -> None:
    one = bench("unknown-status")
    report = one.start(timeout=4 * 3600)
    assert report.problem is not None
    assert report.exit_code is ExitCode.TIMEOUT
    assert report.problem.detail["backup"] == "unknown_status"
    assert report.verdict.backup is not None
    said = report.problem.message
    assert str(report.verdict.backup.status) in said
    assert str(report.verdict.backup.completed_at) in said
    assert "goes on" not in said


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("succeded", "Succeeded"),
        ("partial-succeeded", "PartialSucceeded"),
        ("Runing", "Running"),
        ("Failled", "Failed"),
        ("sucess", "Succeeded"),
        ("partialy", "PartialSucceeded"),
    ],
)
def test_a_misspelt_status_gets_the_nearest_word(bench, word: str, said: str) -> None:
    one = bench()
    assert one.client.backups.list(status=word, observe=one.events.append) == []
    (note,) = one.of(Note)
    assert f"did you mean {said}?" in note.text
    assert note.level == "warning"


def test_an_unrelated_status_gets_all_words(bench) -> None:
    one = bench()
    assert one.client.backups.list(status="InProgress", observe=one.events.append) == []
    (note,) = one.of(Note)
    assert "InProgress" in note.text
    assert "Running" in note.text


def test_a_known_status_without_backups_gets_no_hint(bench) -> None:
    one = bench()
    assert one.client.backups.list(status="failed", observe=one.events.append) == []
    assert one.of(Note) == []


def test_the_nearest_status_is_suggested_on_the_command_line(cli: Cli) -> None:
    with cli.facing():
        ended: Any = cli("backup", "list", "--status", "succeded", "-q").expect(0)
        assert "did you mean Succeeded?" in ended.err
