"""An abandoned run is closed by hand; an unfinished one shows how to resume it; a note is kept with it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from psbridge.clock import Deadline
from psbridge.documents.run import RunDocument, RunListDocument
from psbridge.errors import Ambiguous, Busy, NotFound, Trigger, Unreachable, UsageError
from psbridge.journal import process as processes
from psbridge.journal.closing import at_work, close_run, next_steps
from psbridge.journal.lock import TargetLock
from psbridge.journal.process import this_process
from psbridge.proofs.record import record, save
from psbridge.proofs.verify import verify_proof
from psbridge.render.writers import render
from psbridge.values import replace
from tests.operations.conftest import Bench, is_trigger
from tests.support.fakes.stamp_session import Fault
from tests.support.process.cli import Cli


def lines(one: Bench, run: str) -> list[dict[str, Any]]:
    return [json.loads(each) for each in (one.folder / "runs" / f"{run}.jsonl").read_text().splitlines()]


def killed(one: Bench, *, after: str = "intent", pid: int = 4_194_305) -> str:
    """Leave the record of a start that was killed after a line; return its run's id."""
    with pytest.raises(Ambiguous):
        one.start()
    (run,) = (it.run for it in one.journal.list())
    path = one.folder / "runs" / f"{run}.jsonl"
    kept = []
    for line in lines(one, run):
        if "process" in line:
            line["process"]["pid"] = pid
        kept.append(json.dumps(line))
        if line["event"] == after:
            break
    path.write_text("\n".join(kept) + "\n")
    return run


def lost(bench: Callable[..., Bench], **more: Any) -> Bench:
    """Return a bench whose next start ends with 11: the trigger's answer is lost, and it started nothing."""
    return bench(faults=[Fault(is_trigger, lambda: Unreachable("cut", retryable=True, delivered=True))], **more)


# -- run close ---------------------------------------------------------------------------------------------------------


def test_an_ambiguous_run_is_closed_with_its_reason_and_not_resumed(bench) -> None:
    one = lost(bench)
    with pytest.raises(Ambiguous):
        one.start()
    (run,) = one.journal.list()
    assert (run.state, run.exit_code) == ("open", 11)
    closed = close_run(one.folder, one.clock, run.run, " seen in the portal: none started ")
    assert (closed.state, closed.closed_reason) == ("closed", "seen in the portal: none started")
    assert one.journal.unfinished("nyc") is None
    with pytest.raises(NotFound):
        one.again().backups.wait()
    assert one.start().exit_code == 0
    shown = render(RunDocument.of(one.journal.get(run.run)), "table")
    assert "seen in the portal" in shown
    assert "seen in the portal" in render(RunListDocument.of(one.journal.list()), "table")


def test_a_closed_run_keeps_its_backup_and_a_wait_by_id_still_works(bench) -> None:
    one = bench()
    started = one.start_no_wait()
    assert started.run is not None
    close_run(one.folder, one.clock, started.run, "judged elsewhere")
    report = one.again().backups.wait(started.id)
    assert (report.exit_code, report.run) == (0, None)
    assert one.journal.get(started.run).state == "closed"


@pytest.mark.parametrize("state", ["decided", "closed", "refused", "not_sent"])
def test_a_decided_run_cannot_be_closed(bench, state: str) -> None:
    one = bench("share-full" if state == "refused" else "succeeds")
    if state == "not_sent":
        one.sessions.faults.append(Fault(is_trigger, lambda: Unreachable("cut before it left")))
    if state in {"decided", "closed"}:
        run = one.start_no_wait().run or ""
        if state == "decided":
            one.client.backups.wait()
        else:
            close_run(one.folder, one.clock, run, "first")
    else:
        one.refused()
        (run,) = (it.run for it in one.journal.list())
    before = (one.folder / "runs" / f"{run}.jsonl").read_bytes()
    with pytest.raises(UsageError) as caught:
        close_run(one.folder, one.clock, run, "again")
    assert state in str(caught.value)
    assert (one.folder / "runs" / f"{run}.jsonl").read_bytes() == before


def test_a_killed_run_can_be_closed_and_a_live_one_cannot(bench) -> None:
    one = lost(bench)
    run = killed(one)
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    path = one.folder / "runs" / f"{run}.jsonl"
    text = path.read_text()
    mine = replace(this_process(), pid=child.pid, began=processes._began(child.pid) or "")
    begun, *rest = text.splitlines()
    path.write_text("\n".join([json.dumps({**json.loads(begun), "process": mine.plain()}), *rest]) + "\n")
    with pytest.raises(Busy) as caught:
        close_run(one.folder, one.clock, run, "no longer needed")
    assert caught.value.detail["reason"] == "run_in_use"
    assert f"process {child.pid}" in caught.value.message
    assert next_steps(one.journal, one.journal.get(run), one.clock, "psbridge") == ()
    child.kill()
    child.communicate()
    assert close_run(one.folder, one.clock, run, "no longer needed").state == "closed"


def test_a_run_cannot_be_closed_while_a_wait_resumes_it(bench) -> None:
    one = bench()
    started = one.start_no_wait()
    assert started.run is not None
    seen: list[str | None] = []

    def look() -> None:
        seen.append(at_work(one.journal.get(started.run or ""), one.clock))
        with pytest.raises(Busy):
            close_run(one.folder, one.clock, started.run or "", "too early")

    one.clock.on_sleep = look
    assert one.client.backups.wait().exit_code == 0
    assert seen
    assert all(seen)
    assert at_work(one.journal.get(started.run), one.clock) is None


def test_two_processes_of_one_run_are_both_counted(bench) -> None:
    one = lost(bench)
    run = killed(one)
    other = {**this_process().plain(), "pid": 1, "began": processes._began(1) or ""}
    path = one.folder / "runs" / f"{run}.jsonl"
    with path.open("a") as file:
        for line in (
            {"event": "taken_up", "process": this_process().plain()},
            {"event": "taken_up", "process": other},
            {"event": "ended", "final": False, "exit_code": 6, "process": this_process().plain()},
        ):
            file.write(json.dumps({"at": "2026-03-04T12:00:00Z", **line}) + "\n")
    assert at_work(one.journal.get(run), one.clock) == "process 1"


@pytest.mark.parametrize("hours", [1, 30])
def test_a_process_on_another_machine_counts_for_a_day(bench, hours: int) -> None:
    one = lost(bench)
    run = killed(one)
    path = one.folder / "runs" / f"{run}.jsonl"
    path.write_text(path.read_text().replace(this_process().machine, "other/0123"))
    one.clock.advance(hours * 3600)
    if hours > 24:
        assert close_run(one.folder, one.clock, run, "that machine is gone").state == "closed"
    else:
        with pytest.raises(Busy, match=r"on other \(another machine or container"):
            close_run(one.folder, one.clock, run, "that machine is gone")


def test_a_run_between_trigger_and_id_cannot_be_closed(bench) -> None:
    one = lost(bench)
    run = killed(one)
    lock = TargetLock(one.folder, "nyc")
    with lock.held(Deadline.after(one.clock, 0)), pytest.raises(Busy, match="another psbridge"):
        close_run(one.folder, one.clock, run, "x")


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "not \udcff text"])
def test_an_empty_or_too_long_reason_is_refused(bench, reason: str) -> None:
    one = lost(bench)
    run = killed(one)
    with pytest.raises(UsageError, match="--reason"):
        close_run(one.folder, one.clock, run, reason)
    assert one.journal.get(run).state == "intent"


def test_an_unknown_run_is_not_found_and_the_nearest_is_named(bench) -> None:
    one = lost(bench)
    run = killed(one)
    for wrong in (run[:-1] + ("0" if run[-1] != "0" else "1"), run[:-1], run.upper()):
        with pytest.raises(NotFound) as caught:
            close_run(one.folder, one.clock, wrong, "x")
        assert run in (caught.value.hint or "")
    for other in ("../../etc/passwd", "", "\x1b[2J"):
        with pytest.raises(NotFound):
            close_run(one.folder, one.clock, other, "x")


def test_a_later_line_of_a_live_process_keeps_its_id(bench) -> None:
    one = lost(bench)
    run = killed(one)
    close_run(one.folder, one.clock, run, "x")
    one.journal.resume(run).write("started", backup_id="08b92613-837a-43cd-86b5-1212ef954384")
    found = one.journal.get(run)
    assert (found.state, found.backup_id) == ("closed", "08b92613-837a-43cd-86b5-1212ef954384")


# -- what leads on -----------------------------------------------------------------------------------------------------


def test_a_killed_run_shows_how_to_resume(bench) -> None:
    one = lost(bench)
    run = killed(one)
    steps = next_steps(one.journal, one.journal.get(run), one.clock, "psbridge -t nyc")
    assert steps == ("psbridge -t nyc backup wait", f"psbridge -t nyc run close {run} --reason TEXT")
    assert steps[0] in render(RunDocument.of(one.journal.get(run), None, steps), "table")


def test_a_run_with_an_id_is_resumed_by_it_and_a_decided_one_is_not(bench) -> None:
    one = bench()
    started = one.start_no_wait()
    found = one.journal.get(started.run or "")
    assert next_steps(one.journal, found, one.clock, "psbridge")[0] == f"psbridge backup wait {started.id}"
    one.client.backups.wait()
    assert next_steps(one.journal, one.journal.get(started.run or ""), one.clock, "psbridge") == ()


def test_a_run_that_no_wait_resumes_can_only_be_closed(bench) -> None:
    one = lost(bench)
    run = killed(one)
    one.clock.advance(2 * 86_400)
    one.start()
    (step,) = next_steps(one.journal, one.journal.get(run), one.clock, "psbridge")
    assert step == f"psbridge run close {run} --reason TEXT"


def test_a_killed_start_is_shown_closed_and_skipped(cli: Cli) -> None:
    with cli.facing(speed=1):
        process = cli.start("backup", "start", "-o", "jsonl")
        run = process.line_of("started")["run"]
        refused = cli("run", "close", run, "--reason", "too early", "-o", "json").expect(7)
        assert refused.error["detail"]["reason"] == "run_in_use"
        process.signal(signal.SIGKILL)
        process.ended()
        shown = cli("run", "show", run, "-o", "json").expect(0).document
        assert shown["at_work"] is None
        assert [step.split(" --reason")[0] for step in shown["next_steps"]] == [
            f"{cli.command()} backup wait {shown['run']['backup_id']}",
            f"{cli.command()} run close {run}",
        ]
        closed = cli("run", "close", run, "--reason", "a \x1b[31mred\x1b[0m one")
        assert "\x1b" not in closed.expect(0).out
        assert "it continues" in closed.out
        listed = cli("run", "list").expect(0).out
        assert "\\x1b[31mred" in listed
        again = cli("run", "close", run, "--reason", "twice", "-o", "json").expect(2)
        assert "closed" in again.error["message"]
        nobody = cli("run", "close", run[:-1] + "x", "--reason", "no such", "-o", "json").expect(8)
        assert run in nobody.error["hint"]
        assert cli("run", "show", run, "-o", "json").document["run"]["closed_reason"] == "a \x1b[31mred\x1b[0m one"
        assert cli("run", "close", run, "--reason", "x", "--help").expect(0).out.count("run close") >= 2


# -- notes -------------------------------------------------------------------------------------------------------------


def test_a_note_is_kept_in_the_journal_and_the_proof(bench, tmp_path: Path) -> None:
    one = bench()
    report = one.start(note=" CHG0042: before the update ")
    assert report.run is not None
    assert one.journal.get(report.run).note == "CHG0042: before the update"
    assert [line["event"] for line in lines(one, report.run)][:3] == ["begun", "noted", "intent"]
    save(tmp_path / "proof.json", record(one.target, report, one.clock))
    for path in (tmp_path / "proof.json", one.folder / "runs" / f"{report.run}.jsonl"):
        checked = verify_proof(path)
        assert (checked.exit_code, checked.note) == (0, "CHG0042: before the update")
        assert "CHG0042" in render(checked, "table")
    assert "CHG0042" in render(RunDocument.of(one.journal.get(report.run)), "table")


def test_a_note_outlives_the_process_that_wrote_it(bench) -> None:
    one = bench()
    run = one.client.backups.start(note="CHG0042")
    report = one.again().backups.wait()
    assert report.run == run.run
    assert report.note == "CHG0042"


@pytest.mark.parametrize("note", ["", " ", "x" * 501, "two\nlines", "\x1b[2J", "\udcff", "nul\x00"])
def test_an_invalid_note_is_refused_before_anything_is_sent(bench, note: str) -> None:
    one = bench()
    with pytest.raises(UsageError, match="--note"):
        one.client.backups.start(note=note)
    assert one.sessions.ran == []


def test_a_note_is_shown_with_hidden_characters_escaped(bench) -> None:
    one = bench()
    report = one.start(note="safe\u202egnp.exe")
    assert "\\u202e" in render(RunDocument.of(one.journal.get(report.run or "")), "table")
    assert Trigger(one.journal.get(report.run or "").trigger) is Trigger.SENT
