"""One table of exit codes, and one exception for each of them."""

from __future__ import annotations

import pytest

import psbridge.errors
from psbridge.clock import Deadline
from psbridge.errors import ExitCode, InternalError, PsbridgeError, ResultVoid, Trigger, Unknown
from tests.support.fakes.fake_clock import FakeClock

CODES = {
    0: "ok",
    1: "failed",
    2: "usage",
    3: "partial",
    4: "auth",
    5: "unreachable",
    6: "timeout",
    7: "busy",
    8: "not_found",
    9: "config",
    10: "prerequisite",
    11: "ambiguous",
    12: "stale",
    13: "unproven",
    14: "unknown",
    15: "not_verified",
    70: "internal",
    130: "interrupted",
}
CLASSES = [it for it in vars(psbridge.errors).values() if isinstance(it, type) and issubclass(it, PsbridgeError)]


def test_the_table_of_codes():
    assert {int(code): code.label for code in ExitCode} == CODES
    assert all(code.meaning for code in ExitCode)


def test_every_code_but_success_has_an_exception():
    assert {kind.exit_code for kind in CLASSES} == set(ExitCode) - {ExitCode.OK}


@pytest.mark.parametrize("kind", CLASSES)
def test_an_error_carries_machine_readable_fields(kind):
    error = kind("what happened", hint="what to do", id="x", detail={"a": 1})
    assert (str(error), error.message, error.hint, error.id) == ("what happened", "what happened", "what to do", "x")
    assert error.code == CODES[int(kind.exit_code)]
    assert error.trigger is Trigger.NOT_SENT
    assert error.detail == {"a": 1}
    assert (error.retryable, error.delivered) == (False, False)


def test_details_are_not_shared():
    told = {"a": 1}
    error = InternalError("x", detail=told)
    error.detail["b"] = 2
    assert told == {"a": 1}


def test_an_invalid_result_is_unknown():
    assert issubclass(ResultVoid, Unknown)


def test_a_deadline_is_a_moment_of_its_clock():
    clock = FakeClock()
    deadline = Deadline.after(clock, 10)
    sooner = deadline.sooner(4)
    assert (deadline.remaining(), sooner.remaining(), deadline.sooner(99).remaining()) == (10, 4, 10)
    clock.sleep(4)
    assert (sooner.expired, deadline.expired) == (True, False)
    clock.sleep(7)
    assert deadline.remaining() == 0
    assert Deadline.after(clock, -1).expired
