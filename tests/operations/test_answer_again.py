"""A trigger whose answer was lost is asked for it by its id, in its own session, before the list is searched."""

from __future__ import annotations

import pytest

from psbridge.errors import (
    AuthError,
    DeadlineExceeded,
    ExitCode,
    Interrupted,
    PrerequisiteError,
    ResultVoid,
    Trigger,
    Unreachable,
)
from psbridge.models.events import Note, Searching
from tests.operations.conftest import is_trigger
from tests.support.fakes.stamp_session import Fault, StampSession

AZURERM = "azurerm-module"


def lost() -> Unreachable:
    return Unreachable("HTTP 503", retryable=True, delivered=True)


def with_answers(bench, scenario: str = "succeeds", error=lost, **changes):
    it = bench(scenario, faults=[Fault(is_trigger, error, executed=True)], **changes)
    it.sessions.answers_again = True
    return it


@pytest.mark.parametrize("error", [lost, lambda: DeadlineExceeded("slow", delivered=True)], ids=["status", "deadline"])
@pytest.mark.parametrize("scenario", ["succeeds", "no-rest-method"])
def test_the_repeated_answer_gives_the_id_without_a_search(bench, scenario, error):
    it = with_answers(bench, scenario, error)
    with it.client:
        report = it.start()
    assert (report.exit_code, report.action, it.triggers) == (ExitCode.OK, "started", 1)
    assert len(it.sessions.triggers) == 1
    assert it.of(Searching) == []
    assert it.sessions.opened == it.sessions.closed == 1
    assert any("asking for its answer" in note.text for note in it.of(Note))
    assert it.journal.get(report.run or "").backup_id == report.verdict.backup.id


def test_a_refusal_is_recognized_in_a_repeated_answer(bench):
    it = with_answers(bench, "share-full")
    problem = it.refused()
    assert isinstance(problem, PrerequisiteError)
    assert (problem.trigger, problem.detail["refused"]) == (Trigger.SENT, True)
    assert it.journal.list()[0].state == "refused"


def test_the_answer_is_requested_as_often_as_a_read_and_then_searched_for(bench, monkeypatch):
    it = with_answers(bench)
    asked: list[int] = []

    def fails(_session: StampSession) -> None:
        asked.append(1)
        raise lost()

    monkeypatch.setattr(StampSession, "resume", fails)
    assert it.start().exit_code is ExitCode.OK
    assert (len(asked), len(it.of(Searching)), it.triggers) == (4, 1, 1)


def test_an_unknown_command_is_requested_once_and_then_searched_for(bench):
    it = bench(faults=[Fault(is_trigger, lost, executed=True)])
    assert it.start().exit_code is ExitCode.OK
    assert (len(it.of(Searching)), it.triggers) == (1, 1)


def test_a_lost_trigger_is_never_resent(bench):
    it = bench(faults=[Fault(is_trigger, lost)])
    problem = it.refused()
    assert (problem.exit_code, problem.trigger, it.triggers) == (ExitCode.AMBIGUOUS, Trigger.UNKNOWN, 0)


@pytest.mark.parametrize(("scenario", "sessions"), [("succeeds", 1), (AZURERM, 2)])
def test_credentials_refused_after_a_possible_delivery_are_not_retried(bench, scenario, sessions):
    it = with_answers(bench, scenario, lambda: AuthError("refused", delivered=True))
    problem = it.refused()
    assert (problem.exit_code, problem.trigger) == (ExitCode.AMBIGUOUS, Trigger.UNKNOWN)
    assert it.sessions.opened == sessions


def test_an_invalid_answer_causes_a_search(bench):
    it = bench(faults=[Fault(is_trigger, lambda: ResultVoid("messages were lost"), executed=True)])
    assert it.start().exit_code is ExitCode.OK
    assert len(it.of(Searching)) == 1


def test_an_interrupt_during_the_request_leaves_the_run_open(bench, monkeypatch):
    it = with_answers(bench)

    def interrupted(_session: StampSession) -> None:
        raise Interrupted("interrupted by SIGINT")

    monkeypatch.setattr(StampSession, "resume", interrupted)
    problem = it.refused()
    assert (problem.exit_code, problem.trigger) == (ExitCode.INTERRUPTED, Trigger.UNKNOWN)
    assert "backup wait" in problem.hint
    assert it.journal.unfinished("nyc").state == "open"
    assert it.again().backups.wait().exit_code is ExitCode.OK


# -- the trigger that ends with its backup


def test_a_blocking_trigger_is_resumed_after_a_lost_answer(bench):
    it = with_answers(bench, AZURERM)
    assert it.start().exit_code is ExitCode.OK
    assert (it.triggers, it.of(Searching)) == (1, [])


def test_a_blocking_trigger_is_resumed_over_another_connection(bench, monkeypatch):
    it = bench(AZURERM)
    it.sessions.answers_again = True
    looks: list[int] = []
    poll = StampSession.poll

    def breaks(session: StampSession, patience: float, deadline):
        looks.append(1)
        if len(looks) in {2, 4}:
            session._broken = True
        return poll(session, patience, deadline)

    monkeypatch.setattr(StampSession, "poll", breaks)
    assert it.start().exit_code is ExitCode.OK
    assert (it.triggers, it.of(Searching)) == (1, [])
