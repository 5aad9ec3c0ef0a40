"""List, show and confirm."""

from __future__ import annotations

from functools import partial

import pytest

from psbridge.errors import (
    ExitCode,
    NotFound,
)
from psbridge.models.verdict import Judgement
from psbridge.values import replace
from tests.operations.conftest import is_look, without_roles
from tests.support.fakes.stamp_session import Fault


def test_the_list_is_newest_first_with_roles(bench):
    backups = bench().client.backups.list()
    assert len(backups) == 6
    ends = [it.completed_at.ticks for it in backups]
    assert ends == sorted(ends, reverse=True)
    assert all(len(it.roles) == 13 for it in backups)


def test_a_running_backup_comes_first_in_the_list(bench):
    backups = bench("busy").client.backups.list()
    assert backups[0].status == "Running"
    assert backups[0].completed_at is None


def test_an_empty_list_is_not_an_error(bench):
    assert bench("history-empty").client.backups.list() == []


def test_show_without_an_id_returns_the_newest_ended_backup(bench):
    it = bench("busy")
    shown = it.client.backups.show()
    assert shown.status == "Succeeded"
    assert shown.completely_uploaded is True
    assert len(shown.roles) == 13


@pytest.mark.parametrize("call", ["show", "confirm"])
def test_an_unknown_id_is_not_found(bench, call):
    it = bench()
    with pytest.raises(NotFound):
        getattr(it.client.backups, call)("00000000-0000-4000-8000-000000000000")


@pytest.mark.parametrize("call", ["show", "confirm"])
def test_without_any_backup_there_is_nothing_to_show(bench, call):
    with pytest.raises(NotFound):
        getattr(bench("history-empty").client.backups, call)()


def test_max_age_on_an_empty_stamp_reports_no_backup(bench):
    report = bench("history-empty").client.backups.confirm(max_age=3600)
    assert report.exit_code is ExitCode.STALE
    said = {row.check: row.detail for row in report.verdict.evidence}
    assert said["status"] == "no backup of this stamp has ended"
    assert (said["clock"], said["alerts"]) == ("the host's time is not known", "the stamp's alerts are not known")


def test_confirm_without_an_id_skips_a_running_backup(bench):
    report = bench("busy").client.backups.confirm()
    assert report.exit_code is ExitCode.OK
    assert report.verdict.backup.status == "Succeeded"


def test_max_age_does_not_make_a_running_backup_stale(bench):
    it = bench("busy")
    running = it.client.backups.list()[0]
    assert it.client.backups.confirm(running.id, max_age=3600).exit_code is ExitCode.UNPROVEN


def test_confirming_a_running_backup_is_unproven(bench):
    it = bench("busy")
    running = it.client.backups.list()[0]
    report = it.client.backups.confirm(running.id)
    assert (report.exit_code, report.verdict.judgement) == (ExitCode.UNPROVEN, Judgement.RUNNING)


def test_confirm_ignores_a_skipped_backup(bench):
    it = bench("skipped")
    it.refused()
    report = it.client.backups.confirm()
    assert report.exit_code is ExitCode.OK
    assert report.verdict.backup.status == "Succeeded"


def test_confirming_a_skipped_backup_by_its_id_is_not_found(bench):
    it = bench("skipped")
    skipped = it.refused().id
    with pytest.raises(NotFound):
        it.client.backups.confirm(skipped)


def test_confirm_knows_how_old_the_newest_confirmed_backup_is(bench):
    it = bench()
    assert it.client.backups.confirm(max_age=6 * 3600.0).exit_code is ExitCode.OK
    report = it.client.backups.confirm(max_age=5 * 3600.0)
    assert report.exit_code is ExitCode.STALE
    assert report.verdict.judgement is Judgement.CONFIRMED
    assert report.verdict.last_good == report.verdict.backup


def test_of_several_causes_the_failure_comes_before_the_age(bench):
    it = bench("fails")
    it.start()
    report = it.client.backups.confirm(max_age=60.0)
    assert report.exit_code is ExitCode.FAILED
    assert report.verdict.last_good.status == "Succeeded"
    assert report.verdict.last_good.id != report.verdict.backup.id


def test_an_impossible_age_is_stale(bench):
    report = bench("history-empty").client.backups.confirm(max_age=3600.0)
    assert report.exit_code is ExitCode.STALE
    assert report.verdict.backup is None


def test_confirm_uses_the_hosts_clock_for_the_settle_time(bench):
    it = bench("no-rest-method")
    started = it.start_no_wait()
    it.clock.advance(1300)
    assert it.client.backups.confirm(started.id).exit_code is ExitCode.UNPROVEN
    it.sessions.host_skew = 1000.0
    report = it.client.backups.confirm(started.id)
    assert (report.exit_code, report.verdict.upload_proof) == (ExitCode.OK, "assumed")
    assert next(row for row in report.verdict.evidence if row.check == "clock").outcome == "warn"


@pytest.mark.parametrize("empty", [True, False], ids=["empty", "null"])
@pytest.mark.parametrize("by_id", [True, False], ids=["the roles are told by id", "the roles are not told"])
def test_a_missing_role_is_detected_without_roles_in_the_list(bench, by_id, empty):
    it = bench("role-missing")

    def silent(text: str, _number: int) -> bool:
        return "Get-Command" in text

    it.sessions.faults.append(Fault(silent, change=partial(without_roles, empty=empty), times=99))
    if not by_id:

        def before(text: str, number: int) -> bool:
            return is_look(text, number) and not it.sessions.triggers

        it.sessions.faults.append(Fault(before, change=lambda result: replace(result, output=()), times=99))
    report = it.start()
    assert report.exit_code is (ExitCode.PARTIAL if by_id else ExitCode.UNKNOWN), report.verdict.evidence
