"""Each operation ends with one event, whatever it ends with; what people and scripts read says nothing of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from psbridge.errors import AuthError, ExitCode, InternalError, Interrupted, PsbridgeError, Trigger, Unreachable
from psbridge.models.events import Decided, Ended
from psbridge.models.verdict import Judgement
from psbridge.operations.list import show_settings
from psbridge.operations.start import StartOptions
from psbridge.render.observers import Heartbeat, JsonLines, Notes
from tests.operations.conftest import Bench, is_look, is_trigger
from tests.support.fakes.stamp_session import Fault


def settings(it: Bench) -> object:
    with it.client.operation(it.events.append) as context:
        return show_settings(context)


def backups(name: str, *args: object, **options: object) -> Callable[[Bench], object]:
    return lambda it: getattr(it.client.backups, name)(*args, observe=it.events.append, **options)


OPERATIONS: dict[str, tuple[str, Callable[[Bench], object]]] = {
    "start": ("start", backups("run", StartOptions())),
    "start-no-wait": ("start", backups("run", StartOptions(wait=False))),
    "start-skipped": ("start", backups("run", StartOptions(if_older_than=1e9))),
    "dry-run": ("dry_run", backups("dry_run", StartOptions())),
    "confirm": ("confirm", backups("confirm")),
    "list": ("list", backups("list")),
    "show": ("show", backups("show")),
    "settings": ("settings", settings),
}
every = pytest.mark.parametrize(("name", "run"), OPERATIONS.values(), ids=OPERATIONS)


def the_end(it: Bench) -> Ended:
    """Return the one event with which what was done last has ended."""
    found = it.of(Ended)
    assert len(found) == 1
    assert it.events[-1] is found[0]
    written: list[str] = []
    for write in (
        Notes(written.append, verbosity=9),
        Heartbeat(written.append, it.clock),
        JsonLines(it.target, written.append),
    ):
        write(found[0])
    assert written == []
    return found[0]


@every
def test_each_operation_ends_with_one_event(bench, name, run):
    it = bench()
    run(it)
    end = the_end(it)
    assert (end.operation, end.exit_code) == (name, ExitCode.OK)


@every
@pytest.mark.parametrize("error", [AuthError("the host refused"), Interrupted("interrupted by SIGINT")])
def test_each_error_or_interrupt_ends_with_one_event(bench, name, run, error):
    it = bench(faults=[Fault(lambda _text, at: at == 1, lambda: error)])
    with pytest.raises(type(error)) as caught:
        run(it)
    assert the_end(it) == Ended(name, error.exit_code)
    assert (caught.value.trigger, caught.value.id) == (Trigger.NOT_SENT, None)


@every
def test_each_bug_ends_with_one_event(bench, name, run):
    it = bench(faults=[Fault(lambda _text, at: at == 1, lambda: ZeroDivisionError("of psbridge"))])
    with pytest.raises(ZeroDivisionError):
        run(it)
    assert the_end(it) == Ended(name, ExitCode.INTERNAL)


def test_a_verdict_is_part_of_the_end(bench):
    it = bench()
    report = it.start()
    id = report.verdict.backup.id
    assert the_end(it) == Ended("start", ExitCode.OK, id, Judgement.CONFIRMED)
    assert [type(event) for event in it.events[-2:]] == [Decided, Ended]


def test_a_bad_verdict_ends_with_its_code(bench):
    it = bench("fails")
    report = it.start()
    end = the_end(it)
    assert (end.exit_code, end.judgement) == (ExitCode.FAILED, Judgement.FAILED)
    assert (report.problem.trigger, report.problem.id) == (Trigger.SENT, end.id)


@pytest.mark.parametrize("known", [True, False], ids=["of-a-run", "of-another"])
def test_a_wait_ends_with_one_event_whoever_started_the_backup(bench, known):
    it = bench()
    id = it.start_no_wait().id if known else it.rival()
    it.events.clear()
    it.client.backups.wait(id, observe=it.events.append)
    assert the_end(it) == Ended("wait", ExitCode.OK, id, Judgement.CONFIRMED)
    assert bool(it.of(Decided)) is known


def test_a_wait_for_a_start_without_a_record_ends_with_one_event(bench):
    it = bench()
    run = it.client.backups.start(journal=False)
    run.wait(observe=it.events.append)
    assert the_end(it) == Ended("wait", ExitCode.OK, run.id, Judgement.CONFIRMED)


@pytest.mark.parametrize("known", [True, False], ids=["of-a-run", "of-another"])
def test_a_wait_that_is_interrupted_names_the_backup_in_its_end(bench, known):
    it = bench()
    id = it.start_no_wait().id if known else it.rival()
    it.events.clear()
    it.sessions.faults.append(Fault(is_look, lambda: Interrupted("interrupted by SIGINT")))
    with pytest.raises(Interrupted) as caught:
        it.client.backups.wait(id, observe=it.events.append)
    assert the_end(it) == Ended("wait", ExitCode.INTERRUPTED, id)
    again = f"Wait for it: {it.target.command} backup wait {id}"
    continues = "" if known else "The backup continues on the stamp. "
    assert caught.value.hint == f"{continues}{again}"
    assert caught.value.trigger is (Trigger.SENT if known else Trigger.NOT_SENT)


def test_an_end_after_the_trigger_names_the_backup(bench):
    it = bench(faults=[Fault(is_look, lambda: Interrupted("interrupted by SIGINT"))])
    stop = it.refused()
    assert the_end(it) == Ended("start", ExitCode.INTERRUPTED, stop.id)
    assert stop.trigger is Trigger.SENT


@pytest.mark.parametrize("scenario", ["busy", "not-configured", "update-running"])
def test_a_refusal_is_annotated_once(bench, scenario):
    it = bench(scenario)
    problem = it.refused()
    assert problem.message.casefold().count("nothing was started") == 1
    assert the_end(it) == Ended("start", problem.exit_code, problem.id)


def test_a_bug_after_the_trigger_is_reported_as_one(bench):
    it = bench(faults=[Fault(is_trigger, lambda: ZeroDivisionError("of psbridge"), executed=True)])
    problem = it.refused()
    assert isinstance(problem, InternalError)
    assert (problem.trigger, problem.hint) == (Trigger.UNKNOWN, "Please report it.")
    assert the_end(it) == Ended("start", ExitCode.INTERNAL)


def test_a_copy_of_an_error_changes_only_the_given_fields():
    first = Unreachable("no route", hint="Look.", retryable=True, detail={"a": 1})
    second = first.replace(message="no route; nothing was started", detail={"a": 2})
    assert isinstance(second, Unreachable)
    assert (str(second), second.hint, second.retryable, second.detail) == (
        "no route; nothing was started",
        "Look.",
        True,
        {"a": 2},
    )
    assert (str(first), first.detail) == ("no route", {"a": 1})
    assert isinstance(second, PsbridgeError)
