"""What is wrong with a backup that was judged: the worst of its verdict and its age."""

from __future__ import annotations

from typing import Any

import pytest

from psbridge.errors import ExitCode
from psbridge.models.backup import Role
from psbridge.models.case import Case
from psbridge.models.observation import Observation
from psbridge.models.time import Instant, Span
from psbridge.models.verdict import Outcome
from psbridge.values import replace
from psbridge.verdict.exit_code import exit_code_of, problem_of
from psbridge.verdict.judge import judge
from tests.support.backups import GOOD, OLD, case

DONE = replace(GOOD, completely_uploaded=True)
EARLIER = replace(DONE, id=OLD, completed_at=GOOD.completed_at.minus(Span.parse("PT5H")))
RUNNING = replace(DONE, status="Running", completed_at=None, duration=None, completely_uploaded=None)
HOUR, DAY = 3600.0, 86_400.0


def shown(**changes: Any) -> Case:
    """Return the case of a backup that two reads showed, eight hours after its end; keys of the backup and of the case."""
    backup = replace(DONE, **{name: changes.pop(name) for name in list(changes) if hasattr(DONE, name)})
    return looked_at(backup, **changes)


def looked_at(backup: Any, **changes: Any) -> Case:
    found = case(id=backup.id, listed=(), own=False, **{"waiting": False} | changes)
    for number in range(2):
        at = Instant(GOOD.completed_at.ticks + (8 * 3600 + number) * 10_000_000)
        found = found.with_observation(Observation(backup, 200, upload_read=True, host_time=at), at, float(number))
    return found


def code_of(found: Case, rules: int = 2) -> ExitCode:
    return exit_code_of(found, judge(found, rules), rules)


def test_the_worse_of_verdict_and_age_is_reported() -> None:
    partial, failed = {"roles": (Role("NRP", "Failed"),)}, {"status": "Failed"}
    assert code_of(shown()) is ExitCode.OK
    assert code_of(shown(max_age=HOUR)) is ExitCode.STALE
    assert code_of(shown(max_age=DAY)) is ExitCode.OK
    assert code_of(shown(max_age=HOUR, **partial)) is ExitCode.PARTIAL
    assert code_of(shown(max_age=HOUR, **failed)) is ExitCode.FAILED
    unread = shown(max_age=HOUR)
    assert code_of(replace(unread, observations=unread.observations[:1])) is ExitCode.STALE, "12 before 13"


def test_a_requested_age_is_a_row_and_causes_no_other_problem() -> None:
    stale = shown(max_age=HOUR, roles=(Role("NRP", "Failed"),))
    row = next(it for it in judge(stale).evidence if it.check == "age")
    assert (row.outcome, "limit " in row.detail) == (Outcome.FAIL, True)
    problem = problem_of(stale, judge(stale))
    assert problem is not None
    assert "allowed" not in problem.message
    by_first_rules = next(it for it in judge(stale, rules=1).evidence if it.check == "age")
    assert by_first_rules.outcome is not Outcome.FAIL


def test_the_age_of_the_latest_is_that_of_the_newest_confirmed_one() -> None:
    failed, good = shown(status="Failed", latest=True, max_age=DAY), looked_at(EARLIER)
    assert judge(failed).last_good is None
    assert problem_of(failed, judge(failed)).exit_code is ExitCode.FAILED
    beside = replace(failed, last_good=good)
    assert judge(beside).last_good == EARLIER
    assert next(it for it in judge(beside).evidence if it.check == "age").outcome is Outcome.PASS
    bad = replace(failed, last_good=looked_at(replace(EARLIER, status="Failed")))
    assert judge(bad).last_good is None
    assert next(it for it in judge(bad).evidence if it.check == "age").outcome is Outcome.FAIL


@pytest.mark.parametrize("rules", [1, 2])
def test_a_running_backup_has_no_age_and_an_empty_stamp_is_stale(rules: int) -> None:
    assert code_of(looked_at(RUNNING, max_age=HOUR), rules) is ExitCode.UNPROVEN
    assert code_of(looked_at(RUNNING, max_age=HOUR, latest=True), rules) is ExitCode.STALE
    assert code_of(case(id="", own=False, waiting=False, listed=(), max_age=HOUR), rules) is ExitCode.STALE


def test_an_unfinished_wait_is_timed_out() -> None:
    assert code_of(shown(waiting=True)) is ExitCode.OK
    assert code_of(looked_at(RUNNING, waiting=True)) is ExitCode.TIMEOUT


def test_unknown_rules_versions_are_refused() -> None:
    for rules in (0, 4):
        with pytest.raises(ValueError, match=f"no rules {rules}"):
            judge(shown(), rules)
