"""Which state a status is, at the edges of its ages."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from psbridge.documents.stamp_status import StampStatusDocument
from psbridge.errors import ExitCode
from psbridge.monitoring.states import State, Thresholds, judge, state_of, thresholds
from psbridge.values import replace
from tests.support.samples import DOCUMENTS

WELL = DOCUMENTS["stamp_status"]
NOT_WELL = DOCUMENTS["stamp_status_not_well"]
UNREACHABLE = DOCUMENTS["stamp_status_unreachable"]
assert isinstance(WELL, StampStatusDocument)
assert isinstance(NOT_WELL, StampStatusDocument)
assert isinstance(UNREACHABLE, StampStatusDocument)


def state(document: StampStatusDocument, limits: Thresholds | None = None) -> State:
    return judge(document, limits or thresholds(document))[0].state


def aged(seconds: float | None, **changes: Any) -> StampStatusDocument:
    return replace(WELL, age_seconds=seconds, **changes)


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (0.0, State.OK),
        (64_799.0, State.OK),
        (64_800.0, State.OK),  # equal is within the limit, as in a range of Nagios
        (64_800.001, State.WARNING),
        (64_801.0, State.WARNING),
        (86_399.0, State.WARNING),
        (86_400.0, State.WARNING),
        (86_400.001, State.CRITICAL),
        (86_401.0, State.CRITICAL),
    ],
)
def test_an_age_at_the_edges_of_the_schedule(age: float, expected: State) -> None:
    """Every 12 hours: a warning after 18, critical after 24."""
    assert state(aged(age)) is expected


@pytest.mark.parametrize(
    ("age", "expected"), [(7199, State.OK), (7200, State.OK), (7201, State.WARNING), (10801, State.CRITICAL)]
)
def test_given_ages_replace_those_of_the_schedule(age: float, expected: State) -> None:
    assert state(aged(age), thresholds(WELL, 7200, 10800)) is expected


def test_thresholds() -> None:
    assert thresholds(WELL) == Thresholds(64_800, 86_400)
    assert thresholds(WELL, 3600) == Thresholds(3600, 86_400)
    assert thresholds(WELL, None, 72_000) == Thresholds(64_800, 72_000)
    assert thresholds(WELL, None, 50_000) == Thresholds(None, 50_000)  # the schedule's would be above it
    assert thresholds(WELL, None, 64_800) == Thresholds(None, 64_800)
    off = replace(WELL, schedule=replace(WELL.schedule, enabled=False), max_age_seconds=93_600)
    for document in (
        off,
        replace(off, schedule=None),
        replace(off, schedule=replace(WELL.schedule, frequency_hours=None)),
    ):
        assert thresholds(document) == Thresholds(None, 93_600)
    assert thresholds(UNREACHABLE) == Thresholds(None, None)


def test_a_limit_that_is_not_known_is_none() -> None:
    assert state(aged(1e9), Thresholds(None, None)) is State.OK
    assert state(aged(10, exit_code=0), Thresholds(None, 9)) is State.CRITICAL
    assert state(aged(10, exit_code=0), Thresholds(9, None)) is State.WARNING


CODES = {
    State.OK: {0},
    State.WARNING: {7, 13},
    State.CRITICAL: {1, 3, 5, 6, 12, 14, 15},
    State.UNKNOWN: {2, 4, 8, 9, 10, 11, 70, 130},
}


def test_every_exit_code_has_a_state() -> None:
    assert {15, *map(int, ExitCode)} == set().union(*CODES.values())
    for expected, codes in CODES.items():
        assert {state_of(code) for code in codes} == {expected}
    assert state_of(99) is State.UNKNOWN


@pytest.mark.parametrize("code", sorted({*map(int, ExitCode), 15} - {0, 12}))
def test_the_code_of_a_young_backup_decides(code: int) -> None:
    document = aged(60, exit_code=code, code="any", message="what is wrong")
    findings = judge(document, thresholds(document))
    assert findings[0].state is state_of(code)
    assert [it.text for it in findings if it.state is not State.OK] == ["what is wrong"]


@pytest.mark.parametrize("code", sorted(map(int, ExitCode)))
def test_of_a_stamp_that_was_not_read_the_error_decides_alone(code: int) -> None:
    document = replace(UNREACHABLE, exit_code=code)
    (finding,) = judge(document, thresholds(document, 1, 2))
    assert (finding.state, finding.text) == (state_of(code), "oaw01:5986 refused the connection")


def test_the_worst_of_two_comes_first() -> None:
    document = aged(90_000, exit_code=13, code="unproven", message="its upload is not shown")
    assert [it.state for it in judge(document, thresholds(document))] == [State.CRITICAL, State.WARNING]
    document = aged(70_000, exit_code=10, code="prerequisite", message="no cmdlet")
    assert [it.state for it in judge(document, thresholds(document))] == [State.WARNING, State.UNKNOWN]


@pytest.mark.parametrize(("code", "expected"), [(13, State.WARNING), (7, State.WARNING), (14, State.CRITICAL)])
def test_a_newest_backup_that_is_not_proved_is_a_warning_while_an_older_one_is_young(
    code: int, expected: State
) -> None:
    """`status` ends with 0 then: the older one decides by its age."""
    newest = replace(WELL.newest, verdict="unproven", exit_code=code, code="unproven", message="not uploaded yet")
    document = replace(WELL, newest=newest)
    assert (document.exit_code, state(document)) == (0, expected)
    assert judge(document, thresholds(document))[0].text == "not uploaded yet"
    old = replace(document, age_seconds=90_000.0, exit_code=12, code="stale")
    assert [it.state for it in judge(old, thresholds(old))] == sorted([expected, State.CRITICAL], reverse=True)


def test_no_good_backup_is_critical() -> None:
    document = aged(None, last_good=None, exit_code=12, code="stale", message="no good backup was found")
    assert [it.text for it in judge(document, thresholds(document))] == ["no good backup"]
    assert state(document) is State.CRITICAL
    unread = aged(None, last_good=None, newest=None, exit_code=10, code="prerequisite", message="no cmdlet")
    assert [(it.state, it.text) for it in judge(unread, thresholds(unread))] == [(State.UNKNOWN, "no cmdlet")]


def test_the_age_given_decides_and_not_the_exit_code_for_too_old() -> None:
    """Which compares with the schedule."""
    document = aged(90_000, exit_code=12, code="stale", message="too old")
    assert state(document, thresholds(document, None, 100_000)) is State.WARNING
    assert state(document, Thresholds(None, 100_000)) is State.OK


def test_an_age_that_is_unknown_is_unknown() -> None:
    assert state(aged(None)) is State.UNKNOWN


def test_states_only_get_worse_with_age() -> None:
    order = [State.OK, State.WARNING, State.CRITICAL]
    found = [order.index(state(aged(float(age)))) for age in range(0, 100_000, 1000)]
    assert all(before <= after for before, after in pairwise(found))


def test_rows_that_are_not_ok_count_if_asked_for() -> None:
    limits = thresholds(WELL)
    rows = (replace(WELL.rows[0], state="warn", text="the scheduler is off"), *WELL.rows)
    document = replace(WELL, rows=rows)
    assert judge(document, limits)[0].state is State.OK
    worst = judge(document, limits, strict=True)[0]
    assert (worst.state, worst.text) == (State.WARNING, "backup: the scheduler is off")
    assert judge(WELL, limits, strict=True)[0].state is State.OK
