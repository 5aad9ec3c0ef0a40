"""A run's states are one total table, and it forgets nothing that may have happened on the stamp."""

from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from psbridge.journal.fold import fold_lines, step_of
from psbridge.journal.states import MEANINGS, NOTHING_STARTED, TABLE, UNFINISHED, RunState, Step, diagram, next_state

STEPS = st.lists(st.sampled_from(Step), max_size=12)
ID = "08b92613-837a-43cd-86b5-1212ef954384"


def test_every_state_has_a_next_one_for_every_step() -> None:
    assert set(TABLE) == {(state, step) for state in RunState for step in Step}
    assert set(MEANINGS) == set(RunState)


def test_every_state_belongs_to_one_set() -> None:
    assert UNFINISHED.isdisjoint(NOTHING_STARTED)
    assert set(RunState) - {RunState.DECIDED, RunState.CLOSED} == UNFINISHED | NOTHING_STARTED


def test_every_state_can_be_reached() -> None:
    reached, edge = set(), {RunState.BEGUN}
    while edge:
        reached |= edge
        edge = {next_state(state, step) for state in edge for step in Step} - reached
    assert reached == set(RunState)


@given(STEPS)
def test_a_possible_backup_is_only_ruled_out_by_an_answer(steps: list[Step]) -> None:
    state = RunState.BEGUN
    for step in steps:
        after = next_state(state, step)
        if state in {RunState.INTENT, RunState.OPEN} and after in NOTHING_STARTED:
            assert (state, step) in {(RunState.INTENT, Step.NOT_SENT), (RunState.INTENT, Step.REFUSED)}
        if state in {RunState.STARTED, RunState.ATTACHED}:
            assert after in {state, RunState.DECIDED, RunState.CLOSED}
        if state in {RunState.DECIDED, RunState.CLOSED}:
            assert after is state
        state = after


@example([Step.INTENT, Step.NOT_SENT, Step.BEGUN, Step.DECIDED])  # an intent that was taken back leaves nothing to know
@given(STEPS)
def test_a_run_is_decided_only_once_its_id_is_known(steps: list[Step]) -> None:
    lines = [{"event": "begun"}, *(_line(step) for step in steps)]
    record = fold_lines("r", lines)
    assert record is not None
    states = list(accumulate(steps, next_state, initial=RunState.BEGUN))
    if record.state == RunState.DECIDED and states[states.index(RunState.DECIDED) - 1] not in NOTHING_STARTED:
        assert record.backup_id == ID
    if record.state in {RunState.STARTED, RunState.ATTACHED}:
        assert record.backup_id == ID


def _line(step: Step) -> dict[str, object]:
    if step in {Step.DECIDED, Step.LEFT}:
        return {"event": "ended", "final": step is Step.DECIDED, "exit_code": 0}
    return {"event": str(step), "backup_id": ID}


@pytest.mark.parametrize("step", Step)
def test_each_step_is_written_as_a_line_and_read_back(step: Step) -> None:
    assert step_of(_line(step)) is step


@pytest.mark.parametrize("event", ["judged", "seen", "what a later release writes", "decided", "left"])
def test_other_lines_change_no_state(event: str) -> None:
    assert step_of({"event": event}) is None


def test_the_diagram_has_what_is_written_and_nothing_else() -> None:
    arrows = [line.split() for line in diagram().splitlines()[1:]]
    changes = {(str(state), str(after)) for (state, _), after in TABLE.items() if after is not state}
    between = {(start, end) for start, _, end in arrows if "[*]" not in (start, end)}
    assert between < changes
    assert {("intent", "open"), ("open", "started"), ("refused", "begun")} <= between
    assert {("open", "closed"), ("started", "closed")} <= between
    assert ("not_sent", "started") not in between
    assert ("decided", "closed") not in between
