"""What is known of a backup after each observation."""

from __future__ import annotations

import pytest

from psbridge.models.backup import Backup, Role
from psbridge.models.observation import Observation
from psbridge.models.time import Instant, Span
from psbridge.models.verdict import Judgement
from psbridge.values import replace
from psbridge.verdict.checks import Facts
from psbridge.verdict.judge import verdict_on
from psbridge.verdict.second_rules import advance
from psbridge.verdict.state import State
from tests.support.backups import ID, case

END = Instant.parse("2026-03-04T12:00:00Z")
DONE = Backup(
    id=ID,
    status="Succeeded",
    roles=(Role("NRP", "Succeeded"),),
    completed_at=END,
    duration=Span.parse("PT20M"),
    completely_uploaded=True,
)
LIVE = replace(DONE, status="Running", completed_at=None, duration=None, completely_uploaded=False)


def look(backup: Backup | None, operation: int | None = 200, *, agree: bool = True, read: bool = True) -> Observation:
    return Observation(backup, operation, upload_read=read, witnesses_agree=agree)


def after(*answers: Observation) -> State:
    state = State()
    for at, answer in enumerate(answers):
        state = advance(state, replace(answer, elapsed=float(at)))
    return state


def verdict_of(state: State, *, settled: bool = False) -> Judgement:
    facts = Facts(case(observations=(look(None),)), state, END, settled=settled, contradiction=state.contradiction)
    return verdict_on(facts).judgement


def test_two_reads_of_the_end_are_required():
    once = after(look(LIVE, 202), look(DONE))
    assert (once.reads_agree, once.first_end.elapsed) == (None, 1.0)
    assert verdict_of(once) is Judgement.UNPROVEN
    twice = advance(once, replace(look(DONE), elapsed=2.0))
    assert (twice.reads_agree, twice.first_end.elapsed) == (True, 1.0)
    assert verdict_of(twice) is Judgement.CONFIRMED


@pytest.mark.parametrize(
    "changed",
    [
        {"status": "Failed"},
        {"roles": (Role("NRP", "Failed"),)},
        {"roles": None},
        {"completed_at": Instant(END.ticks + 1)},
        {"duration": Span(1)},
        {"encryption_cert_thumbprint": "AB"},
        {"deployment_id": "0d4b31cb-7a3d-4b6a-9b0d-8c3ec1c7a2a1"},
        {"stamp_version": "1.2406.0.8"},
        {"oem_version": "2.4"},
        {"data_version": "1.0.2"},
        {"location": "elsewhere"},
        {"completely_uploaded": False},
    ],
)
def test_reads_that_differ_stay_different(changed):
    state = after(look(DONE), look(replace(DONE, **changed)), look(DONE), look(DONE))
    assert state.reads_agree is False
    assert verdict_of(state) is Judgement.UNKNOWN


def test_changes_by_the_upload_are_not_a_difference_and_are_read_again():
    first = look(replace(DONE, completely_uploaded=False, is_cloud_recovery_ready=False), 202)
    later = look(replace(DONE, is_cloud_recovery_ready=True))
    assert after(first, later).reads_agree is None
    assert after(first, first, later).reads_agree is None
    assert after(first, later, later).reads_agree is True


@pytest.mark.parametrize("name", ["completely_uploaded", "is_cloud_recovery_ready"])
def test_a_role_that_is_no_longer_done_is_a_difference(name):
    good = replace(DONE, is_cloud_recovery_ready=True)
    state = after(look(good), look(replace(good, **{name: False})))
    assert state.reads_agree is False
    assert name in state.changed


def test_an_ended_operation_that_runs_again_is_a_difference():
    assert after(look(DONE, 200), look(DONE, 202)).reads_agree is False


def test_reads_during_the_run_do_not_count_for_the_end():
    bare = replace(DONE, completely_uploaded=None)
    for early in (
        look(replace(LIVE, completely_uploaded=None), 200),
        look(replace(LIVE, completely_uploaded=True), 200),
    ):
        state = after(early, look(bare, None, read=False), look(bare, None, read=False))
        assert (state.operation, state.upload_read, state.backup.completely_uploaded) == (None, False, None)
        assert verdict_of(state) is Judgement.UNPROVEN


def test_the_order_of_roles_is_not_a_difference():
    two = (Role("NRP", "Succeeded"), Role("SRP", "Succeeded"))
    assert after(look(replace(DONE, roles=two)), look(replace(DONE, roles=two[::-1]))).reads_agree is True


@pytest.mark.parametrize("word", ["Running", "Queued", "Verifying", None])
def test_an_ended_backup_that_runs_again_is_a_contradiction(word):
    state = after(look(DONE), look(replace(LIVE, status=word)), look(DONE), look(DONE))
    assert state.contradiction
    assert verdict_of(state) is Judgement.UNKNOWN


def test_deleted_while_waited_for_is_a_contradiction():
    assert after(look(LIVE), look(replace(LIVE, status="Deleted"))).contradiction


def test_a_backup_that_was_never_shown_may_be_absent():
    state = after(look(None, 202), look(None, 202), look(None, 202))
    assert (state.contradiction, state.showed, state.backup) == (None, False, None)
    assert verdict_of(state) is Judgement.RUNNING


def test_a_backup_that_vanishes_twice_in_a_row_is_a_contradiction():
    once = after(look(LIVE), look(None))
    assert once.contradiction is None
    assert advance(once, look(LIVE)).absences == 0
    assert advance(once, look(None)).contradiction


def test_an_answer_with_differing_sources_is_not_judged():
    torn = look(replace(DONE, completely_uploaded=True), 200, agree=False)
    state = after(
        look(replace(DONE, completely_uploaded=False), 202), look(replace(DONE, completely_uploaded=False), 202)
    )
    state = advance(state, replace(torn, operation=202))
    assert state.backup.completely_uploaded is False
    assert verdict_of(state) is Judgement.UNPROVEN
    alone = after(look(replace(DONE, status="Failed"), agree=False))
    assert (alone.backup, alone.showed, alone.reads_agree) == (None, True, None)


def test_sources_that_differ_in_two_reads_are_a_contradiction():
    torn = look(DONE, agree=False)
    assert after(torn).contradiction is None
    assert after(torn, torn).contradiction
    assert after(torn, look(LIVE), torn).contradiction, "what has ended does not change: two need not be in a row"
    early = look(LIVE, agree=False)  # the raw JSON is read after the object, and may be ahead of it
    assert after(early, look(LIVE), early).contradiction is None


def test_a_contradiction_is_permanent():
    state = after(look(DONE), look(LIVE), look(DONE), look(DONE), look(DONE))
    assert verdict_of(state) is Judgement.UNKNOWN


def test_a_running_upload_that_becomes_unreadable_is_not_assumed_done():
    going = replace(DONE, completely_uploaded=False)
    blind = look(replace(DONE, completely_uploaded=None), None, read=False)
    state = after(look(going, 202), blind, blind)
    assert (state.operation, state.backup.completely_uploaded) == (202, False)
    assert verdict_of(state, settled=True) is Judgement.UNPROVEN


def test_a_running_operation_that_becomes_unreadable_is_not_assumed_done():
    bare = replace(DONE, completely_uploaded=None)
    state = after(look(bare, 202, read=False), look(bare, None, read=False), look(bare, None, read=False))
    assert verdict_of(state, settled=True) is Judgement.UNPROVEN


def test_an_ended_operation_proves_nothing_without_the_raw_backup():
    bare = replace(DONE, completely_uploaded=None)
    state = after(look(bare, 200, read=False), look(bare, 200, read=False))
    assert verdict_of(state) is Judgement.UNPROVEN
    assert verdict_of(after(look(bare, 200), look(bare, 200))) is Judgement.CONFIRMED
