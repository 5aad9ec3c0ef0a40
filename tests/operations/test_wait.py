"""The backup that a wait waits for, and concurrent starts on one target."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from psbridge.clock import Deadline
from psbridge.errors import (
    Ambiguous,
    ExitCode,
    Interrupted,
    NotFound,
    PsbridgeError,
)
from psbridge.journal.lock import TargetLock
from psbridge.models.events import Started as StartedEvent
from psbridge.models.verdict import Judgement
from psbridge.proofs.record import record, save
from psbridge.proofs.verify import verify_proof
from tests.operations.conftest import is_look, is_trigger, killed, reset
from tests.support.fakes.stamp_session import Fault


def test_wait_without_anything_to_wait_for_is_not_found(bench):
    with pytest.raises(PsbridgeError) as caught:
        bench().client.backups.wait()
    assert caught.value.exit_code is ExitCode.NOT_FOUND


def test_wait_follows_the_running_backup(bench):
    report = bench("busy").client.backups.wait()
    assert (report.exit_code, report.action) == (ExitCode.OK, None)


def test_wait_by_id_needs_no_journal(bench):
    it = bench()
    started = it.start_no_wait()
    for file in it.folder.glob("runs/*"):
        file.unlink()
    report = it.again().backups.wait(started.id)
    assert (report.exit_code, report.action) == (ExitCode.OK, None)


def test_wait_resumes_the_started_run(bench):
    it = bench("running-not-listed")
    started = it.start_no_wait()
    report = it.again().backups.wait()
    assert (report.exit_code, report.run, report.verdict.backup.id) == (ExitCode.OK, started.run, started.id)


def test_a_backup_that_is_never_shown_is_not_reported_as_running(bench):
    started = bench().start_no_wait()
    it = bench("history-empty")  # the stamp behind the same journal has never heard of it
    report = it.again().backups.wait(timeout=5)
    assert report.exit_code is ExitCode.TIMEOUT
    assert report.problem.message.endswith(
        f"{started.id} is not shown by the stamp: it may be running unlisted, or be deleted"
    )
    assert report.problem.detail["backup"] == "not_shown"
    assert it.journal.unfinished("nyc").backup_id == started.id


def test_a_vanished_backup_is_not_reported_as_running(bench):
    first = bench("slow")
    assert first.start(timeout=5).exit_code is ExitCode.TIMEOUT
    it = bench("history-empty")
    looks = iter(range(9))
    it.sessions.faults.append(
        Fault(
            lambda text, _: is_look(text, 0) and next(looks) == 1,
            lambda: Interrupted("interrupted by SIGINT"),
            executed=True,
        )
    )
    with pytest.raises(Interrupted):  # behind one look that lacks it
        it.again().backups.wait()
    it.sessions.faults.clear()
    report = it.again().backups.wait()
    assert report.exit_code is ExitCode.UNKNOWN
    assert "showed the backup before and does not any more" in report.problem.message
    assert report.problem.id == it.journal.list()[0].backup_id
    assert f"backup {report.problem.id} can be proved" in report.problem.message
    assert it.clock.monotonic() - first.clock.monotonic() < 600
    made = record(it.target, report, it.clock)
    save(it.folder / "proof.json", made)
    checked = verify_proof(it.folder / "proof.json")
    assert (checked.intact, checked.agrees, checked.verdict) == (True, True, "unknown")


def test_an_old_run_with_a_vanished_backup_is_not_awaited(bench):
    first = bench()
    started = first.start_no_wait()
    it = bench("history-empty")
    it.clock.advance(90_000)
    with pytest.raises(NotFound) as caught:
        it.again().backups.wait()
    assert caught.value.id == started.id
    assert it.journal.unfinished("nyc") is None


def test_wait_for_an_unknown_foreign_id_is_not_found(bench):
    it = bench()
    with pytest.raises(PsbridgeError) as caught:
        it.client.backups.wait("00000000-0000-4000-8000-000000000000")
    assert caught.value.exit_code is ExitCode.NOT_FOUND
    assert it.clock.slept == []


def test_an_ended_run_is_not_resumed(bench):
    it = bench()
    it.start()
    assert it.journal.unfinished("nyc") is None


def test_a_refused_later_start_does_not_hide_the_running_one(bench):
    it = bench("running-not-listed")
    started = it.start_no_wait()
    it.clock.advance(5)
    assert it.refused().exit_code is ExitCode.BUSY
    assert it.journal.unfinished("nyc").backup_id == started.id


def test_an_ambiguous_run_can_be_searched_for_again(bench):
    it = bench(policy={"timeout": 120}, faults=[Fault(is_trigger, reset(), executed=True)])
    assert isinstance(it.refused(), Ambiguous)
    report = it.again().backups.wait(timeout=7200)
    assert (report.exit_code, report.verdict.judgement) == (ExitCode.OK, Judgement.CONFIRMED)
    assert it.triggers == 1


def test_the_backup_of_a_later_run_is_not_adopted_by_an_open_run(bench):
    # The first trigger never came to the stamp; the second start made a backup, and was waited for.
    it = bench(duration=600.0, faults=[Fault(is_trigger, reset())])
    assert isinstance(it.refused(), Ambiguous)
    second = it.start()
    first = it.journal.unfinished("nyc")
    assert first is not None
    with pytest.raises(Ambiguous) as caught:
        it.again().backups.wait()
    assert caught.value.detail["candidates"] == []
    assert it.journal.get(first.run).backup_id is None
    assert it.triggers == 1
    assert it.journal.get(second.run or "").backup_id == it.client.backups.list()[0].id


def test_a_backup_that_a_later_run_attached_to_may_belong_to_an_open_run(bench):
    it = bench(faults=[Fault(is_trigger, killed, executed=True)])
    with pytest.raises(KeyboardInterrupt):
        it.start()
    attached = it.start_no_wait(if_running="attach")
    it.again().backups.wait()
    report = it.again().backups.wait()
    assert (report.action, report.verdict.backup.id, report.exit_code) == ("started", attached.id, ExitCode.OK)
    assert it.triggers == 1


def test_another_start_of_this_machine_is_busy_while_the_lock_is_held(bench):
    it = bench()
    with it.again().operation() as context, context.lock.held(context.call_deadline()):
        problem = it.refused()
        assert (problem.exit_code, problem.detail["reason"]) == (ExitCode.BUSY, "locked")
        problem = it.refused(lock_wait=30.0)
        assert problem.exit_code is ExitCode.BUSY
        assert it.clock.monotonic() - 1000 == pytest.approx(30, abs=1)
    assert it.triggers == 0
    assert it.start().exit_code is ExitCode.OK


def test_a_queue_waits_for_a_start_with_the_lock(bench):
    it = bench()
    lock, held = TargetLock(it.folder, "nyc"), ExitStack()
    held.enter_context(lock.held(Deadline.after(it.clock, 1)))
    it.clock.on_sleep = held.close
    assert it.start(if_running="queue").exit_code is ExitCode.OK
    assert it.triggers == 1


def test_a_queued_start_waits_for_the_lock(bench):
    it = bench("busy")
    lock, held = TargetLock(it.folder, "nyc"), []

    def another() -> None:
        if len(it.clock.slept) == 2:
            held.append(lock.held(Deadline.after(it.clock, 1)))
            held[0].__enter__()
        elif len(it.clock.slept) == 5 and held:
            held.pop().__exit__(None, None, None)

    it.clock.on_sleep = another
    report = it.start(if_running="queue")
    assert (report.exit_code, report.action) == (ExitCode.OK, "started")
    assert it.of(StartedEvent)
