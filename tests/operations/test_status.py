"""How a stamp stands: each row of `status`, what decides, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from psbridge.documents.stamp_status import StampStatusDocument
from psbridge.emulator.stamp.api import HostProfile
from psbridge.emulator.stamp.scenario import Event
from psbridge.errors import AuthError, ExitCode, PsbridgeError, Stale, Unreachable, UsageError
from psbridge.models.stamp_status import StampStatus
from psbridge.models.time import Instant
from psbridge.powershell.result import Result
from psbridge.render.writers import render
from psbridge.values import replace as msgspec_replace
from tests.operations.conftest import Bench, is_look, slow
from tests.support.fakes.stamp_session import Fault

HOUR = 3600.0
Benches = Callable[..., Bench]


def states(status: StampStatus) -> dict[str, str]:
    """Return the state of each row; of several of one name the last."""
    return {row.name: row.state.value for row in status.rows}


def texts(status: StampStatus, name: str) -> list[str]:
    return [row.text for row in status.rows if row.name == name]


def not_ok(status: StampStatus) -> set[str]:
    return {name for name, state in states(status).items() if state != "ok"}


def reads_alerts(text: str, _number: int) -> bool:
    return "Get-AzsAlert -Location" in text


def test_a_stamp_that_is_well_costs_four_round_trips(bench: Benches) -> None:
    it = bench()
    status = it.client.status()
    assert status.exit_code is ExitCode.OK
    assert not_ok(status) == set()
    assert len(it.sessions.ran) == 4
    assert "Get-AzsBackupConfiguration" in it.sessions.ran[-1]
    assert it.sessions.ran[-1].count("; ") == 3
    assert it.triggers == 0
    assert (status.target, status.host, status.location) == ("nyc", "oaw01", "redmond")
    assert (status.max_age, status.max_age_from) == (24 * HOUR, "schedule")
    assert status.newest == status.last_good
    assert status.newest is not None
    assert (status.newest.roles_ok, status.newest.roles_failed, status.newest.verdict) == (13, 0, "confirmed")
    assert (status.stamp_version, status.stamp_version_from) == ("1.2301.2.58", "update_location")
    assert (status.free_text, status.free_bytes) == ("1.21 TB", 121 * 2**40 // 100)
    assert status.schedule is not None
    assert (status.schedule.enabled, status.schedule.frequency_hours, status.schedule.retention_days) == (True, 12, 7)
    assert (status.alerts, status.unread, status.runs, status.running) == ((), (), (), None)


def test_without_a_location_the_settings_are_asked_for_it_first(bench: Benches) -> None:
    it = bench(target={"location": None})
    assert it.client.status().location == "redmond"
    assert len(it.sessions.ran) == 5


@pytest.mark.parametrize(
    ("scenario", "code"),
    [
        ("fails", ExitCode.FAILED),
        ("partial", ExitCode.PARTIAL),
        ("one-role-fails", ExitCode.PARTIAL),
    ],
)
def test_the_newest_backup_decides_although_an_older_one_is_good(bench: Benches, scenario: str, code: ExitCode) -> None:
    it = bench(scenario)
    report = it.start()
    status = it.client.status()
    assert (status.exit_code, report.exit_code) == (code, code)
    assert status.newest is not None
    assert status.last_good is not None
    assert (status.newest.backup.id, status.newest.exit_code) == (
        report.verdict.backup and report.verdict.backup.id,
        code,
    )
    assert status.last_good.backup.id != status.newest.backup.id
    assert states(status)["newest"] == "fail"
    assert states(status)["last good"] == "ok"
    confirmed = it.client.backups.confirm()
    assert confirmed.problem is not None
    assert status.problem is not None
    assert (status.problem.message, status.problem.exit_code) == (confirmed.problem.message, confirmed.exit_code)
    with pytest.raises(PsbridgeError):
        status.require()


def test_a_bad_backup_is_told_in_short_first_and_its_reasons_in_its_row(bench: Benches) -> None:
    it = bench("partial-on-new-build")
    it.start()
    status = it.client.status()
    text = render(StampStatusDocument.of(status), "table")
    assert text.splitlines()[0] == "not well: nyc: the newest backup is incomplete"
    (row,) = texts(status, "newest")
    assert "1/23 roles: the stamp says PartialSucceeded; not succeeded: CertificateManagement Failed" in row
    assert row.endswith("… (all of it: psbridge backup confirm)")
    assert len(row) < 300


def test_a_newest_backup_whose_sources_differ_is_unknown(bench: Benches) -> None:
    it = bench("sources-differ")
    it.start()
    status = it.client.status()
    assert (status.exit_code, status.last_good) == (ExitCode.UNKNOWN, None)


def test_the_problem_of_a_failed_backup_has_the_remedy_of_the_open_alert(bench: Benches) -> None:
    it = bench("share-fills-up")
    it.start()
    problem = it.client.status().problem
    assert problem is not None
    assert "Free space on the share" in str(problem.hint)


def test_no_backup_at_all_is_stale(bench: Benches) -> None:
    status = bench("history-empty").client.status()
    assert status.exit_code is ExitCode.STALE
    assert (status.newest, status.last_good, status.age) == (None, None, None)
    assert [states(status)[row] for row in ("newest", "last good")] == ["fail", "fail"]
    assert status.problem is not None
    assert status.problem.hint == "Start one: psbridge -t nyc backup start"


def test_a_good_backup_that_is_too_old_is_stale(bench: Benches) -> None:
    it = bench("scheduler-off")
    assert it.client.status().exit_code is ExitCode.OK
    it.clock.advance(21 * HOUR)
    status = it.client.status()
    assert status.exit_code is ExitCode.STALE
    assert (status.max_age, status.max_age_from) == (26 * HOUR, "default")
    assert states(status)["newest"] == "ok"
    assert states(status)["last good"] == "fail"
    assert it.client.status(max_age=30 * HOUR).exit_code is ExitCode.OK
    with pytest.raises(Stale):
        it.client.status(max_age=HOUR).require()


def test_a_scheduler_that_is_off_has_no_next_run_although_the_stamp_reports_one(bench: Benches) -> None:
    off, on = bench("scheduler-off"), bench("succeeds")
    assert off.client.settings().next_backup_time is not None
    planned = [it.client.status().schedule for it in (off, on)]
    assert [each is not None and each.next_run_at is not None for each in planned] == [False, True]


def test_an_age_of_nothing_is_refused_before_anything_is_sent(bench: Benches) -> None:
    it = bench()
    with pytest.raises(UsageError):
        it.client.status(max_age=0)
    assert it.sessions.ran == []


def test_the_age_is_measured_on_the_hosts_clock(bench: Benches) -> None:
    it = bench()
    plain = it.client.status().age
    it.sessions.host_skew = 2 * HOUR
    skewed = it.client.status().age
    assert plain is not None
    assert skewed is not None
    assert 2 * HOUR <= skewed - plain < 2 * HOUR + 60


def test_a_backup_a_little_in_the_future_has_age_0_and_one_far_in_it_is_unknown(bench: Benches) -> None:
    it = bench()
    it.sessions.host_skew = -5.5 * HOUR
    status = it.client.status()
    assert (status.exit_code, status.age) == (ExitCode.OK, 0.0)
    it.sessions.host_skew = -7 * HOUR
    assert it.client.status().exit_code is ExitCode.UNKNOWN


# Each row that is shown and changes nothing: 0, or 3 with `strict`.
SHOWN = {
    "scheduler-off": ({"schedule"}, "off: the stamp makes no backups by itself, kept 7d"),
    "share-full": ({"free space"}, "0.00 TB: the share is full"),
    "alerts-odd": ({"alerts"}, "critical: Backup failed because file share is full (0s ago)"),
    "update-running": ({"update"}, "1.2306.2.47 is being installed; the stamp refuses backups until it ends"),
    "update-failed": ({"update"}, "1.2306.2.47 has failed; the stamp skips backups until it is resumed"),
    "version-changed": (
        {"schedule", "version"},
        "the newest good backup was made on version 1.2301.2.58, the stamp runs 1.2306.2.47: back up now",
    ),
    "reads-forbidden": ({"schedule", "free space", "certificate", "alerts", "update"}, "AuthorizationFailed"),
}


@pytest.mark.parametrize("scenario", SHOWN)
def test_other_rows_are_shown_and_count_only_with_strict(bench: Benches, scenario: str) -> None:
    rows, text = SHOWN[scenario]
    it = bench(scenario)
    status = it.client.status()
    assert status.exit_code is ExitCode.OK
    assert not_ok(status) == rows
    assert any(text in row.text for row in status.rows)
    strict = it.client.status(strict=True)
    assert strict.exit_code is ExitCode.PARTIAL
    assert strict.problem is not None
    assert set(strict.problem.detail["rows"]) == rows


def test_alerts_are_those_of_the_backup_service_with_types_that_are_not_known(bench: Benches) -> None:
    status = bench("alerts-odd").client.status()
    assert status.alerts is not None
    assert [(it.fault_type, it.severity) for it in status.alerts] == [
        ("AzureStack.BackupController.BackupFailedShareOutOfCapacityFault", "Critical"),
        ("AzureStack.BackupController.SomethingNewFault", "Warning"),
    ]
    assert [it.known for it in StampStatusDocument.of(status).alerts or ()] == [True, False]


def test_what_cannot_be_read_says_why_and_ends_nothing(bench: Benches) -> None:
    status = bench("reads-forbidden").client.status()
    assert {(it.row, it.code) for it in status.unread} == {
        (row, "auth") for row in ("schedule", "free space", "certificate", "alerts", "update")
    }
    assert (status.schedule, status.alerts, status.update) == (None, None, None)
    assert (status.max_age, status.max_age_from) == (26 * HOUR, "default")
    assert (status.stamp_version, status.stamp_version_from) == ("1.2301.2.58", "backup")


@pytest.mark.parametrize(
    ("host", "rows"),
    [
        ({"insights": None}, {"alerts"}),
        ({"update": None}, {"update"}),
        ({"insights": None, "update": None}, {"alerts", "update"}),
    ],
)
def test_a_host_without_the_modules_of_alerts_and_updates(bench: Benches, host: dict[str, Any], rows: set[str]) -> None:
    it = bench(host=replace(HostProfile(), **host))
    status = it.client.status()
    assert status.exit_code is ExitCode.OK
    assert not_ok(status) == rows
    assert all("has no cmdlet Get-Azs" in unread.message for unread in status.unread)
    assert len(it.sessions.ran) == 4


@pytest.mark.parametrize("scenario", ["azurerm-module", "no-rest-method", "restricted-endpoint"])
def test_other_hosts_show_the_same(bench: Benches, scenario: str) -> None:
    status = bench(scenario).client.status()
    assert status.exit_code is ExitCode.OK
    assert not_ok(status) <= {"alerts", "update"}
    assert status.newest is not None
    assert status.newest.verdict == "confirmed"


def test_a_part_that_hangs_leaves_the_others(bench: Benches) -> None:
    it = bench(faults=[Fault(reads_alerts, slow, times=2)])
    status = it.client.status()
    assert status.exit_code is ExitCode.OK
    assert not_ok(status) == {"alerts"}
    assert [(each.row, each.code) for each in status.unread] == [("alerts", "timeout")]


def test_parts_that_fail_alone_are_told_apart_although_the_errors_name_no_cmdlet(bench: Benches) -> None:
    def unnamed(result: Result) -> Result:
        return msgspec_replace(
            result, errors=tuple(msgspec_replace(it, activity="Get-Exception") for it in result.errors)
        )

    faults = [Fault(lambda text, _: "Get-AzsUpdate -Location" in text, change=unnamed, times=9)]
    it = bench("reads-forbidden", faults=faults)
    assert {it.row for it in it.client.status().unread} == {"schedule", "free space", "certificate", "alerts", "update"}
    assert len(it.sessions.ran) == 8


def test_errors_of_the_modules_private_cmdlets_are_known_to_be_theirs(bench: Benches) -> None:
    def private(result: Result) -> Result:
        errors = tuple(msgspec_replace(it, activity=f"{it.activity}_List") for it in result.errors)
        return msgspec_replace(result, errors=errors)

    faults = [Fault(lambda text, _: "Get-AzsUpdate -Location" in text, change=private, times=9)]
    it = bench("reads-forbidden", faults=faults)
    assert {it.row for it in it.client.status().unread} == {"schedule", "free space", "certificate", "alerts", "update"}
    assert len(it.sessions.ran) == 4


def test_refused_credentials_end_it_at_once(bench: Benches) -> None:
    refused = Fault(reads_alerts, lambda: AuthError("refused"), times=5)
    it = bench(faults=[refused])
    with pytest.raises(AuthError):
        it.client.status()
    assert sum(reads_alerts(text, 0) for text in it.sessions.ran) <= 1


def test_an_unreachable_stamp_has_no_status_but_a_document(bench: Benches) -> None:
    it = bench()
    it.sessions.refuse_to_open = [Unreachable("refused the connection")]
    with pytest.raises(Unreachable) as caught:
        it.client.status()
    status = StampStatus.unreadable("nyc", caught.value, Instant.of(it.clock.now()))
    document = StampStatusDocument.of(status)
    assert (document.exit_code, document.code, document.rows) == (5, "unreachable", ())
    assert document.error is not None
    assert status.exit_code is ExitCode.UNREACHABLE


def test_a_newest_backup_that_cannot_be_read_is_unknown(bench: Benches) -> None:
    from psbridge.errors import Unknown

    it = bench()
    newest = it.client.backups.list()[0].id
    it.sessions.faults.append(
        Fault(
            lambda text, n: is_look(text, n) and newest in text, lambda: Unknown("Get-AzsBackup.Status can't be read")
        )
    )
    status = it.client.status()
    assert status.exit_code is ExitCode.UNKNOWN
    assert status.last_good is not None
    assert status.last_good.backup.id != newest


def test_another_certificate_than_that_of_the_newest_good_backup_is_a_warning(bench: Benches) -> None:
    it = bench(events=(Event("certificate", "changed"),), settings={"isBackupSchedulerEnabled": False})
    status = it.client.status()
    assert states(status)["certificate"] == "warn"
    assert "keep both private keys" in texts(status, "certificate")[0]


def test_every_text_fits_a_terminal_of_80_columns(bench: Benches) -> None:
    from psbridge.render.terminal import Terminal

    for scenario in SHOWN:
        text = render(StampStatusDocument.of(bench(scenario).client.status()), "table", Terminal(tty=True, width=80))
        assert max(map(len, text.splitlines())) <= 80, scenario
