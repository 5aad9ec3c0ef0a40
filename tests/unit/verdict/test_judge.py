"""A case holds all that its verdict rests on, and what it keeps of its observations leads where all of them led."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from psbridge.errors import ExitCode
from psbridge.models.backup import Role
from psbridge.models.observation import Observation, Source, Witness
from psbridge.models.time import Instant, Span
from psbridge.models.verdict import Judgement, Outcome
from psbridge.values import replace
from psbridge.verdict.exit_code import problem_of
from psbridge.verdict.fold import fold
from psbridge.verdict.judge import judge, trimmed
from psbridge.verdict.state import settle_left
from tests.support.backups import GOOD, OLD, case

EARLIER = replace(GOOD, id=OLD, completed_at=GOOD.completed_at.minus(Span.parse("PT5H")))
DONE = replace(GOOD, completely_uploaded=True)
LIVE = replace(DONE, status="Running", completed_at=None, duration=None, completely_uploaded=False)
LATER = replace(LIVE, roles=(Role("NRP", "Succeeded"), Role("SRP", "Running")))
WAITING = case(listed=(EARLIER,))


def at(seconds: float) -> Instant:
    return Instant(WAITING.decided_at.ticks + round(seconds * 10_000_000))


OBSERVATIONS = st.builds(
    Observation,
    st.sampled_from([None, LIVE, LATER, DONE, replace(DONE, status="Failed"), replace(DONE, roles=None)])
    | st.builds(lambda word: replace(DONE, status=word), st.sampled_from(["Deleted", "Skipped", "Verifying", ""])),
    st.sampled_from([None, 200, 202]),
    st.booleans(),
    st.booleans(),
    st.sampled_from([None, at(0), at(60)]),
)
BACKUPS = [LIVE, DONE, replace(DONE, status="Failed"), replace(DONE, completely_uploaded=False), replace(DONE, id=OLD)]
WITNESSED = st.builds(
    Observation.of,
    st.tuples(
        st.sampled_from([Witness(Source.OBJECT, it) for it in BACKUPS[:3]]) | st.none(),
        st.sampled_from([Witness(Source.RAW, it) for it in BACKUPS]) | st.none(),
        st.sampled_from([Witness(Source.OPERATION, DONE), Witness(Source.OPERATION, DONE, ("status: a, b",))])
        | st.none(),
    ).map(lambda found: tuple(it for it in found if it is not None)),
    st.sampled_from([None, 200, 202]),
    st.sampled_from([None, at(0)]),
)


@given(
    st.lists(st.tuples(OBSERVATIONS | WITNESSED, st.integers(1, 4)), max_size=12),
    st.fixed_dictionaries({"own": st.booleans(), "waiting": st.booleans(), "seen_before": st.booleans()}),
    st.sampled_from([0.0, 30.0, 900.0]),
)
@example([(Observation(None), 2)], {"own": True, "waiting": True, "seen_before": True}, 0.0)
def test_the_kept_reads_give_the_same_verdict_as_all_reads(
    looks: list[tuple[Observation, int]], known: dict[str, bool], settle: float
) -> None:
    held, elapsed = replace(WAITING, **known, settle=settle), 0.0
    each: tuple[Observation, ...] = ()
    for observation, times in looks:
        for _ in range(times):
            elapsed += 30.0
            held = held.with_observation(observation, at(elapsed), elapsed)
            each = (*each, replace(observation, at=at(elapsed), until=at(elapsed), elapsed=elapsed))
            whole = replace(held, observations=each)
            assert judge(held) == judge(whole)
            assert settle_left(held, fold(held)) == settle_left(whole, fold(whole))
    assert sum(it.times for it in held.observations) == sum(times for _, times in looks)


def test_a_long_wait_keeps_changes_and_counts() -> None:
    held = WAITING
    for number in range(5000):
        observation = Observation(LIVE if number < 4000 else LATER, 202, host_time=at(number * 30.0))
        held = held.with_observation(observation, at(number * 30.0), number * 30.0)
    assert [(it.times, it.at, it.until) for it in held.observations] == [
        (4000, at(0), at(3999 * 30.0)),
        (1000, at(4000 * 30.0), at(4999 * 30.0)),
    ]


def test_an_absent_backup_that_was_shown_is_counted_each_time() -> None:
    held = WAITING
    for number, backup in enumerate((None, None, LIVE, None, None)):
        held = held.with_observation(Observation(backup, 202), at(number), float(number))
    assert [it.times for it in held.observations] == [2, 1, 1, 1]
    assert judge(held).judgement is Judgement.UNKNOWN


def test_reads_of_the_end_are_never_merged() -> None:
    held = WAITING.with_observation(Observation(DONE, 200, upload_read=True), at(0), 0.0)
    assert judge(held).judgement is Judgement.UNPROVEN
    held = held.with_observation(Observation(DONE, 200, upload_read=True), at(30), 30.0)
    assert (len(held.observations), judge(held).judgement) == (2, Judgement.CONFIRMED)


def test_reads_of_an_ended_backup_are_merged_after_two() -> None:
    held = WAITING
    for number in range(1000):
        held = held.with_observation(
            Observation(replace(DONE, completely_uploaded=False), 202), at(number), float(number)
        )
    assert [it.times for it in held.observations] == [1, 999]


def test_the_clocks_are_compared_at_the_last_answer_and_not_at_the_deadline() -> None:
    seen = WAITING.with_observation(Observation(LIVE, 202, host_time=at(30)), at(30), 30.0)
    row = next(row for row in judge(replace(seen, decided_at=at(3600))).evidence if row.check == "clock")
    assert row.outcome is Outcome.PASS


STAMP = "3d7a1a86-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    ("shown", "listed", "judgement"),
    [
        (STAMP.upper(), None, Judgement.CONFIRMED),
        (None, STAMP, Judgement.CONFIRMED),
        (None, None, Judgement.UNKNOWN),
        (OLD, STAMP, Judgement.UNKNOWN),
    ],
)
@pytest.mark.parametrize("dated", [True, False], ids=["with its end", "without its end"])
def test_a_backup_is_confirmed_only_on_the_expected_stamp(
    shown: str | None, listed: str | None, judgement: Judgement, dated: bool
) -> None:
    held = replace(WAITING, listed=(replace(EARLIER, deployment_id=listed),), expect_deployment_id=STAMP)
    for number in range(2):
        held = held.with_observation(
            Observation(
                replace(DONE, deployment_id=shown, completed_at=DONE.completed_at if dated else None),
                200,
                upload_read=True,
            ),
            at(30 * number),
            30.0 * number,
        )
    judgement = judgement if dated else Judgement.UNKNOWN
    assert judge(held).judgement is judgement
    assert judge(trimmed(held)).judgement is judgement


@pytest.mark.parametrize(("rules", "code"), [(1, ExitCode.STALE), (2, ExitCode.UNKNOWN)])
def test_a_missing_end_time_does_not_skip_the_age_check(rules: int, code: ExitCode) -> None:
    held = replace(WAITING, waiting=False)
    for number in range(2):
        held = held.with_observation(
            Observation(replace(DONE, completed_at=None), 200, upload_read=True), at(number), 0.0
        )
    held = replace(held, max_age=3600.0)
    problem = problem_of(held, judge(held, rules), rules)
    assert problem is not None
    assert problem.exit_code is code


def test_a_success_without_the_roles_of_an_incomplete_backup_is_partial() -> None:
    """By the second rules, which knew good baselines only, it was confirmed, and a record of then still is."""
    one = replace(DONE, roles=DONE.roles[:1])
    held = case(listed=(replace(EARLIER, status="PartialSucceeded"),), own=False, waiting=False)
    for elapsed in (30.0, 60.0):
        held = held.with_observation(Observation(one, 200, True, True, at(elapsed)), at(elapsed), elapsed)
    verdict = judge(held)
    assert verdict.judgement is Judgement.PARTIAL
    assert f"role SRP is missing (backup {OLD}, PartialSucceeded had it)" in [it.detail for it in verdict.evidence]
    assert judge(held, 2).judgement is Judgement.CONFIRMED
