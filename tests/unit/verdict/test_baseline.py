"""Which backups of a list are good, and which is the baseline for a backup's roles."""

from __future__ import annotations

import pytest

from psbridge.models.backup import Role
from psbridge.models.time import Instant
from psbridge.values import replace
from psbridge.verdict import first_rules
from psbridge.verdict.baseline import baseline, looks_good, newest_ended
from tests.support.backups import GOOD, ID, OLD

END = GOOD.completed_at
EARLIER = replace(GOOD, id=OLD, completed_at=Instant.parse("2020-03-04T00:00:00Z"))


def test_the_baseline_is_the_newest_good_backup_that_ended_before():
    later = replace(GOOD, id="1" * 8 + ID[8:], completed_at=Instant.parse("2020-03-05T00:00:00Z"))
    older = replace(EARLIER, id="2" * 8 + ID[8:], completed_at=Instant.parse("2020-03-01T00:00:00Z"))
    assert first_rules.baseline(GOOD, [GOOD, later, older, EARLIER]) == EARLIER
    running = replace(GOOD, status="Running", completed_at=None)
    assert first_rules.baseline(running, [later, older, EARLIER]) == later
    assert first_rules.baseline(GOOD, [later]) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "PartialSucceeded"},
        {"roles": None},
        {"roles": ()},
        {"roles": (Role("NRP", "Failed"),)},
        {"completed_at": None},
    ],
)
def test_an_incomplete_backup_is_not_a_baseline(changes):
    assert looks_good(GOOD)
    assert not looks_good(replace(GOOD, **changes))


def test_the_newest_ended_backup_ignores_skipped_deleted_and_running_ones():
    words = ["Failed", "Skipped", "Deleted", "Running", "Verifying", "Succeeded"]
    backups = [replace(GOOD, status=word, completed_at=Instant(END.ticks + at)) for at, word in enumerate(words)]
    backups.append(replace(GOOD, completed_at=None))
    assert [it.status for it in newest_ended(backups)] == ["Succeeded", "Verifying", "Failed"]


def test_without_a_good_backup_the_newest_incomplete_one_shows_which_roles_there_are() -> None:
    """A stamp of build 1.2108 had a success with one role between backups of 23 roles that all were incomplete (recorded)."""
    many = tuple(Role(f"R{at}", "Succeeded" if at == 0 else "Failed") for at in range(23))
    incomplete = replace(GOOD, id=OLD, status="PartialSucceeded", roles=many)
    failed = replace(incomplete, id="0", status="Failed", completed_at=Instant.parse("2019-01-01T00:00:00Z"))
    empty = replace(incomplete, id="1", roles=None)
    one = replace(GOOD, roles=many[:1])
    assert baseline(one, [one, failed, empty, incomplete]) == incomplete
    assert baseline(one, [one, empty]) is None
    assert baseline(one, [one, incomplete, replace(GOOD, id="2")]) == replace(GOOD, id="2")
