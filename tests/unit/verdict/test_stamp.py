"""When a stamp is well: a table over values, with each edge."""

from __future__ import annotations

import pytest

from psbridge.errors import BackupFailed, BackupPartial, ExitCode, PsbridgeError, Unknown, Unproven
from psbridge.models.backup import Backup
from psbridge.models.stamp import StampUpdate, UpdateLocation
from psbridge.models.stamp_status import JudgedBackup, RowState, Schedule, StatusRow, UpdateState
from psbridge.models.time import Instant, Span
from psbridge.values import replace
from psbridge.verdict.stamp import (
    age_at,
    allowed_age,
    problem_with,
    strict_problem,
    update_state,
    version_now,
    version_warning,
)
from tests.support.backups import GOOD
from tests.support.samples import STAMP_STATUS

HOUR = 3600.0
LIMIT = 24 * HOUR
FAILED, PARTIAL = BackupFailed("it failed"), BackupPartial("roles failed")
UNKNOWN, UNPROVEN = Unknown("answers differ"), Unproven("not yet")


@pytest.mark.parametrize(
    ("newest", "good", "age", "code"),
    [
        # the newest backup decides first, whatever the age of an older good one
        (FAILED, GOOD, HOUR, ExitCode.FAILED),
        (FAILED, GOOD, 9 * LIMIT, ExitCode.FAILED),
        (FAILED, None, None, ExitCode.FAILED),
        (PARTIAL, GOOD, HOUR, ExitCode.PARTIAL),
        (PARTIAL, None, None, ExitCode.PARTIAL),
        (UNKNOWN, GOOD, HOUR, ExitCode.UNKNOWN),
        (UNKNOWN, None, None, ExitCode.UNKNOWN),
        # then the age of the newest good one; exactly the limit is young enough
        (None, GOOD, 0.0, ExitCode.OK),
        (None, GOOD, LIMIT, ExitCode.OK),
        (None, GOOD, LIMIT + 1e-6, ExitCode.STALE),
        (None, None, None, ExitCode.STALE),
        (None, GOOD, None, ExitCode.STALE),
        # one that is not proved yet is neither good nor bad: an older good one counts
        (UNPROVEN, GOOD, HOUR, ExitCode.OK),
        (UNPROVEN, GOOD, LIMIT + 1, ExitCode.STALE),
        (UNPROVEN, None, None, ExitCode.STALE),
    ],
)
def test_the_newest_backup_decides_and_then_the_age(
    newest: PsbridgeError | None, good: Backup | None, age: float | None, code: ExitCode
) -> None:
    problem = problem_with(newest, good, age, LIMIT)
    assert (problem.exit_code if problem else ExitCode.OK) is code


def test_a_stale_backup_is_named_with_age_and_limit() -> None:
    problem = problem_with(None, GOOD, 2 * LIMIT, LIMIT)
    assert problem is not None
    assert problem.message == f"the newest good backup, {GOOD.id}, is 2d old (limit 1d)"
    assert (problem.id, problem.detail) == (GOOD.id, {"age_seconds": 2 * LIMIT, "max_age_seconds": LIMIT})


@pytest.mark.parametrize(
    ("asked", "schedule", "expected"),
    [
        (5.0, Schedule(True, 12), (5.0, "option")),
        (None, Schedule(True, 12), (24 * HOUR, "schedule")),
        (None, Schedule(None, 4), (8 * HOUR, "schedule")),
        (None, Schedule(False, 12), (26 * HOUR, "default")),
        (None, Schedule(True, None), (26 * HOUR, "default")),
        (None, Schedule(True, 0), (26 * HOUR, "default")),
        (None, None, (26 * HOUR, "default")),
    ],
)
def test_the_limit_is_the_options_or_twice_the_schedule_or_26_hours(
    asked: float | None, schedule: Schedule | None, expected: tuple[float, str]
) -> None:
    assert allowed_age(asked, schedule) == expected


def test_a_backup_from_the_future_has_no_age_and_one_without_an_end_none_at_all() -> None:
    assert GOOD.completed_at is not None
    later = GOOD.completed_at.minus(Span.of_seconds(-90))
    assert age_at(GOOD, later) == 90.0
    assert age_at(GOOD, GOOD.completed_at) == 0.0
    assert age_at(GOOD, GOOD.completed_at.minus(Span.of_seconds(90))) == 0.0
    assert age_at(replace(GOOD, completed_at=None), later) is None
    assert age_at(None, later) is None


def test_strict_names_each_row_that_is_not_ok_once() -> None:
    rows = (
        StatusRow("newest", RowState.OK, ""),
        StatusRow("alerts", RowState.WARN, ""),
        StatusRow("alerts", RowState.WARN, ""),
        StatusRow("update", RowState.UNKNOWN, ""),
    )
    problem = strict_problem(replace(STAMP_STATUS, rows=rows))
    assert problem is not None
    assert (problem.exit_code, problem.detail) == (
        ExitCode.PARTIAL,
        {"rows": ["alerts", "update"], "reason": "rows_not_ok"},
    )
    assert strict_problem(replace(STAMP_STATUS, rows=rows[:1])) is None


APPLIED = UpdateLocation("1.2301.2.58", "AppliedSuccessfully")
FAILED_ONE = StampUpdate("redmond/Microsoft1.2306.2.47", "1.2306.2.47", "InstallationFailed")
INSTALLING = replace(FAILED_ONE, state="Installing")


@pytest.mark.parametrize(
    ("location", "updates", "installing", "failed", "version"),
    [
        (APPLIED, (), False, False, None),
        (APPLIED, (FAILED_ONE,), False, False, None),  # it was passed over since
        (replace(APPLIED, state="UpdateFailed"), (FAILED_ONE,), False, True, "1.2306.2.47"),
        (replace(APPLIED, state="updatefailed"), None, False, True, None),
        (replace(APPLIED, state="UpdateInProgress"), (INSTALLING,), True, False, "1.2306.2.47"),
        (replace(APPLIED, state="UpdateInProgress"), (FAILED_ONE,), True, False, None),
        (replace(APPLIED, state="SomethingNew"), (), False, False, None),
        (None, (FAILED_ONE,), False, True, "1.2306.2.47"),
        (None, (INSTALLING, FAILED_ONE), True, False, "1.2306.2.47"),
        (None, (), False, False, None),
        (replace(APPLIED, state=None), (FAILED_ONE,), False, True, "1.2306.2.47"),
    ],
)
def test_the_update_location_decides_and_else_the_updates(
    location: UpdateLocation | None,
    updates: tuple[StampUpdate, ...] | None,
    installing: bool,
    failed: bool,
    version: str | None,
) -> None:
    found = update_state(location, updates)
    assert found is not None
    assert (found.installing, found.failed, found.version) == (installing, failed, version)


def test_without_both_sources_the_update_is_unknown() -> None:
    assert update_state(None, None) is None
    assert update_state(APPLIED, None) == UpdateState("AppliedSuccessfully")


def test_the_stamps_version_is_its_locations_or_else_that_of_the_newest_backup() -> None:
    newest = JudgedBackup(GOOD, "confirmed", ExitCode.OK)
    assert version_now(APPLIED, newest) == ("1.2301.2.58", "update_location")
    assert version_now(UpdateLocation(), newest) == ("1.2002.0.35", "backup")
    assert version_now(None, None) == (None, None)
    assert version_now(None, JudgedBackup(replace(GOOD, stamp_version=None), "confirmed", ExitCode.OK)) == (None, None)


def test_a_good_backup_of_another_version_is_a_warning() -> None:
    expected = "the newest good backup was made on version 1.2002.0.35, the stamp runs 1.2108.0.32: back up now"
    assert version_warning(GOOD, "1.2108.0.32") == expected
    assert version_warning(GOOD, "1.2002.0.35") is None
    assert version_warning(GOOD, None) is None
    assert version_warning(None, "1.2108.0.32") is None
    assert version_warning(replace(GOOD, stamp_version=None), "1.2108.0.32") is None


@pytest.mark.parametrize("limit", [0.0, 1.0, 10.0**9])
def test_an_age_of_exactly_the_limit_is_young_enough(limit: float) -> None:
    now = Instant.parse("2026-03-04T12:00:00Z")
    backup = replace(GOOD, completed_at=now.minus(Span.of_seconds(limit)))
    age = age_at(backup, now)
    assert problem_with(None, backup, age, limit) is None
    older = replace(GOOD, completed_at=now.minus(Span(Span.of_seconds(limit).ticks + 1)))
    assert problem_with(None, older, age_at(older, now), limit) is not None
