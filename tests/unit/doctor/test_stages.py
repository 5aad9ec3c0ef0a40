"""The table of stages, and what runs it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from psbridge.doctor import run
from psbridge.doctor.results import failed, found, ok, warn
from psbridge.doctor.stages import OPENING, STAGES, StageEntry
from psbridge.doctor.state import Asked, DoctorState
from psbridge.errors import ExitCode, Interrupted, PrerequisiteError, Unreachable, UsageError
from psbridge.models.diagnosis import STAGE_NAMES, Diagnosis, StageResult, StageState
from tests.support.fakes.fake_clock import FakeClock

Check = Callable[[DoctorState], StageResult]


def test_the_names_are_those_of_the_table() -> None:
    assert tuple(entry.name for entry in STAGES) == STAGE_NAMES


def test_the_help_names_them() -> None:
    from psbridge.cli.commands.doctor import doctor

    assert f"The stages: {', '.join(STAGE_NAMES)}." in " ".join((doctor.__doc__ or "").split())


def test_a_stage_needs_earlier_stages_only() -> None:
    for at, entry in enumerate(STAGES):
        assert {*entry.needs, *entry.after} <= {earlier.name for earlier in STAGES[:at]}, entry.name


@pytest.fixture
def stages(mocker: Any) -> Callable[..., Diagnosis]:
    """Return what runs a table of stages: each given as its name, its check, what it needs, and its group."""

    def diagnosed(*rows: Any, clock: FakeClock, **asked: Any) -> Diagnosis:
        mocker.patch.object(run, "STAGES", tuple(StageEntry(*row) for row in rows))
        nothing = Asked(None, None, {}, Path("/nowhere"), clock, connect=lambda *_: nullcontext())
        return run.diagnose(nothing, **asked)

    return diagnosed


def good(_: DoctorState) -> StageResult:
    return found(ok("good"))


def bad(_: DoctorState) -> StageResult:
    return failed(Unreachable("no answer", hint="check"))


def states(found: Diagnosis) -> dict[str, str]:
    return {it.stage: it.state.value for it in found.stages}


def test_what_needs_a_failed_stage_is_not_reached_and_the_rest_runs(stages: Callable[..., Diagnosis]) -> None:
    rows = (("a", bad, (), "g"), ("b", good, ("a",), "g"), ("c", good, ("b",), "g"), ("d", good, (), "h"))
    found = stages(*rows, clock=FakeClock())
    assert states(found) == {"a": "fail", "b": "not_reached", "c": "not_reached", "d": "ok"}
    assert found.stages[1].findings[0].text == "a failed"
    assert found.stages[1].seconds is None
    assert found.exit_code is ExitCode.UNREACHABLE


def test_the_exit_code_is_that_of_the_first_failure(stages: Callable[..., Diagnosis]) -> None:
    def worse(_: DoctorState) -> StageResult:
        raise PrerequisiteError("no module", hint="install it")

    found = stages(("a", good, (), "g"), ("b", worse, (), "g"), ("c", bad, (), "g"), clock=FakeClock())
    assert found.exit_code is ExitCode.PREREQUISITE
    assert [(it.code, it.remedy) for it in found.stages] == [
        (None, None),
        ("prerequisite", "install it"),
        ("unreachable", "check"),
    ]


def test_a_warning_never_changes_the_exit_code(stages: Callable[..., Diagnosis]) -> None:
    result = stages(("a", lambda _: found(ok("x"), warn("y", "z")), (), "g"), clock=FakeClock())
    assert (states(result), result.exit_code) == ({"a": "warn"}, ExitCode.OK)
    assert [it.text for it in result.stages[0].findings] == ["y", "x"]


def test_a_bug_is_the_failure_of_its_stage_alone(stages: Callable[..., Diagnosis]) -> None:
    def buggy(_: DoctorState) -> StageResult:
        raise ValueError("hunter2")

    found = stages(("a", buggy, (), "g"), ("b", good, (), "g"), clock=FakeClock())
    assert states(found) == {"a": "fail", "b": "ok"}
    assert found.exit_code is ExitCode.INTERNAL
    assert "hunter2" not in str(found)


def test_an_interrupt_ends_the_run(stages: Callable[..., Diagnosis]) -> None:
    def interrupted(_: DoctorState) -> StageResult:
        raise Interrupted("interrupted by SIGINT")

    with pytest.raises(Interrupted):
        stages(("a", interrupted, (), "g"), clock=FakeClock())


def test_each_group_has_a_time_limit_of_its_own(stages: Callable[..., Diagnosis]) -> None:
    clock = FakeClock()
    left: list[float] = []

    def slow(state: DoctorState) -> StageResult:
        left.append(state.deadline.remaining())
        clock.sleep(125)
        return found(ok("slow"))

    rows = (("a", slow, (), "g"), ("b", good, (), "g"), ("c", slow, (), "h"), ("d", good, (), "h"))
    result = stages(*rows, clock=clock)
    assert left == [120.0, 120.0]
    assert states(result) == {"a": "ok", "b": "fail", "c": "ok", "d": "not_reached"}
    assert [it.code for it in result.stages] == [None, "timeout", None, None]
    assert result.stages[3].findings[0].text == "no time was left"


def test_stages_of_a_connection_report_what_was_seen_when_the_opening_used_all_the_time(
    stages: Callable[..., Diagnosis],
) -> None:
    """A host that accepts the connection and never answers: TCP is well, and the failure is where it stopped."""
    clock = FakeClock()

    def opens(state: DoctorState) -> StageResult:
        state.opened, state.unopened = True, Unreachable("no answer")
        clock.sleep(125)
        return found(ok("resolved"))

    def bare(_: DoctorState) -> StageResult:
        raise Unreachable("no answer", hint="check")

    rows = (("name", opens, (), OPENING), ("tcp", good, ("name",), OPENING), ("wsman", bare, ("tcp",), OPENING))
    result = stages(*rows, clock=clock)
    assert states(result) == {"name": "ok", "tcp": "ok", "wsman": "fail"}
    assert result.exit_code is ExitCode.UNREACHABLE


def test_the_timeout_limits_all_groups_together(stages: Callable[..., Diagnosis]) -> None:
    clock = FakeClock()
    left: list[float] = []

    def slow(state: DoctorState) -> StageResult:
        left.append(state.deadline.remaining())
        clock.sleep(20)
        return found(ok("slow"))

    stages(("a", slow, (), "g"), ("b", slow, (), "h"), clock=clock, timeout=30)
    assert left == [30.0, 10.0]


@pytest.mark.parametrize(("asked", "run"), [("c", ["a", "c"]), ("B", ["b"]), ("d-e", ["d_e"])])
def test_only_a_stage_and_what_it_needs_is_run(stages: Callable[..., Diagnosis], asked: str, run: list[str]) -> None:
    rows = (("a", good, (), "g"), ("b", good, (), "g"), ("c", good, ("a",), "g"), ("d_e", good, (), "g"))
    assert [it.stage for it in stages(*rows, clock=FakeClock(), only=[asked]).stages] == run


def test_a_stage_that_comes_after_another_runs_whatever_came_of_it(stages: Callable[..., Diagnosis]) -> None:
    found = stages(("a", bad, (), "g"), ("b", good, (), "g", False, ("a",)), clock=FakeClock(), only=["b"])
    assert states(found) == {"a": "fail", "b": "ok"}


def test_an_unknown_stage_is_refused_with_the_nearest(stages: Callable[..., Diagnosis]) -> None:
    with pytest.raises(UsageError, match="no such stage: 'loginn'") as caught:
        stages(("login", good, (), "g"), clock=FakeClock(), only=["loginn"])
    assert caught.value.hint == "Did you mean login?"


def test_each_result_is_given_as_its_stage_ends(stages: Callable[..., Diagnosis]) -> None:
    order: list[str] = []

    def check(state: DoctorState) -> StageResult:
        order.append(f"runs after {len(state.results)}")
        return found(ok("x"))

    stages(
        ("a", check, (), "g"),
        ("b", check, (), "g"),
        clock=FakeClock(),
        report=lambda it: order.append(f"ended {it.stage}"),
    )
    assert order == ["runs after 0", "ended a", "runs after 1", "ended b"]


def test_the_seconds_are_those_of_the_clock_unless_the_stage_knows_better(stages: Callable[..., Diagnosis]) -> None:
    from psbridge.values import replace

    clock = FakeClock()

    def slow(_: DoctorState) -> StageResult:
        clock.sleep(1.5)
        return found(ok("x"))

    def told(_: DoctorState) -> StageResult:
        clock.sleep(1.5)
        return replace(found(ok("x")), seconds=0.25)

    assert [it.seconds for it in stages(("a", slow, (), "g"), ("b", told, (), "g"), clock=clock).stages] == [1.5, 0.25]


def test_not_reached_is_no_failure_by_itself() -> None:
    assert Diagnosis("nyc", False, (StageResult(StageState.NOT_REACHED),)).exit_code is ExitCode.OK
