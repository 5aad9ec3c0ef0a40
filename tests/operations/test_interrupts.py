"""Ctrl-C, SIGTERM and a kill, at any moment of a start."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from psbridge.errors import (
    ExitCode,
    Interrupted,
    Trigger,
)
from psbridge.models.events import Searching
from psbridge.operations.start import StartOptions
from tests.operations.conftest import is_trigger
from tests.support.fakes.stamp_session import Fault


def test_an_interrupted_wait_keeps_the_id_and_shows_how_to_resume(bench):
    it = bench()

    def ctrl_c() -> None:
        if len(it.clock.slept) == 5:
            raise Interrupted("interrupted by SIGINT")

    it.clock.on_sleep = ctrl_c
    problem = it.refused()
    assert (problem.exit_code, problem.trigger) == (ExitCode.INTERRUPTED, Trigger.SENT)
    assert f"backup wait {problem.id}" in problem.hint
    it.clock.on_sleep = None
    report = it.again().backups.wait()
    assert (report.exit_code, report.action, report.verdict.backup.id) == (ExitCode.OK, "started", problem.id)
    assert it.triggers == 1


def test_an_interrupt_in_the_trigger_leaves_a_resumable_run(bench):
    it = bench(faults=[Fault(is_trigger, lambda: Interrupted("interrupted by SIGTERM"), executed=True)])
    problem = it.refused()
    assert (problem.exit_code, problem.trigger) == (ExitCode.INTERRUPTED, Trigger.UNKNOWN)
    assert "backup wait" in problem.hint
    record = it.journal.unfinished("nyc")
    assert (record.state, record.cause) == ("open", "interrupted by SIGTERM")
    report = it.again().backups.wait(observe=it.events.append)
    assert (report.exit_code, report.action) == (ExitCode.OK, "started")
    assert it.of(Searching)[-1].cause == "interrupted by SIGTERM"
    assert it.triggers == 1


def test_an_interrupt_deferred_by_the_critical_block_reports_the_id(bench):
    it = bench()

    @contextmanager
    def critical():
        yield
        raise Interrupted("interrupted by SIGINT", trigger=Trigger.NOT_SENT)

    with pytest.raises(Interrupted) as caught:
        it.client.backups.run(StartOptions(), critical=critical)
    record = it.journal.unfinished("nyc")
    assert (caught.value.trigger, caught.value.id) == (Trigger.SENT, record.backup_id)
    assert record.backup_id in caught.value.hint


def test_an_interrupt_before_the_trigger_started_nothing(bench):
    it = bench(faults=[Fault(lambda _text, at: at == 1, lambda: Interrupted("interrupted by SIGINT"))])
    problem = it.refused()
    assert (problem.exit_code, problem.trigger, it.triggers) == (ExitCode.INTERRUPTED, Trigger.NOT_SENT, 0)


def test_a_process_killed_between_intent_and_answer_is_resumed_from_the_journal(bench):
    class Killed(BaseException):
        pass

    it = bench(faults=[Fault(is_trigger, Killed, executed=True)])
    with pytest.raises(Killed):
        it.start()
    assert it.journal.unfinished("nyc").state == "intent"
    report = it.again().backups.wait(observe=it.events.append)
    assert report.exit_code is ExitCode.OK
    assert it.of(Searching)[-1].cause == "psbridge was ended before the answer arrived"
    assert it.triggers == 1
