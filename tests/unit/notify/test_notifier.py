"""Who is notified of what at the end of a command, in which words, and what is kept so that nothing is repeated."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from psbridge.documents.stamp_status import StampStatusDocument
from psbridge.errors import (
    Ambiguous,
    BackupFailed,
    Busy,
    DeadlineExceeded,
    NotFound,
    PsbridgeError,
    Stale,
    Trigger,
    Unproven,
    Unreachable,
)
from psbridge.models.notify import ALL_EVENTS, AppriseService, Healthchecks, NoticeEvent, Notify
from psbridge.models.report import Report
from psbridge.models.secret import Secret
from psbridge.models.stamp_status import RowState, StampStatus, StatusRow
from psbridge.models.time import Instant
from psbridge.models.verdict import Judgement, Verdict
from psbridge.notify import apprise, healthchecks, memory
from psbridge.notify.delivery import Attempt, NotSent
from psbridge.notify.events import Command
from psbridge.notify.message import message_of
from psbridge.notify.notifier import Notifier
from psbridge.notify.reported import of_error, of_report, of_start
from psbridge.values import replace
from tests.support.backups import GOOD, ID
from tests.support.fakes.fake_clock import FakeClock
from tests.support.samples import REPORT

NOW = Instant.parse("2026-03-04T12:00:00Z")
DAY = 86_400.0


class Told:
    """A notifier whose ways keep what they are given.

    Attributes:
        messages: label and title of each message.
        pings: signal and run of each ping.
        down: labels of the ways that fail.
    """

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, notify: Notify | None = None) -> None:
        self.clock = FakeClock()
        self.folder = folder
        self.config = "/etc/psbridge/config.yaml"
        self.messages: list[tuple[str, str]] = []
        self.pings: list[tuple[str, str | None]] = []
        self.warnings: list[str] = []
        self.down: set[str] = set()
        everything = AppriseService("ops", lambda _: Secret("json://ops"))
        failures = AppriseService(
            "pager", lambda _: Secret("json://pager"), (NoticeEvent.FAILED, NoticeEvent.RECOVERED)
        )
        self.notify = notify or Notify(Healthchecks(lambda _: Secret("http://hc")), (everything, failures))
        monkeypatch.setattr(apprise, "send", self._message)
        monkeypatch.setattr(healthchecks, "send", self._ping)

    def _message(self, request: apprise.Request, _attempt: Attempt, **_: object) -> None:
        label = request.url.reveal().removeprefix("json://")
        if label in self.down:
            raise NotSent("the service can't be reached")
        self.messages.append((label, request.message.title.removeprefix("psbridge: nyc: ")))

    def _ping(self, ping: healthchecks.Ping, _attempt: Attempt, **_: object) -> int:
        self.pings.append((ping.signal, ping.run))
        return 100_000

    def notifier(self) -> Notifier:
        return Notifier(
            self.notify,
            "nyc",
            self.folder,
            self.clock,
            lambda outcome: self.warnings.append(f"{outcome.label}: {outcome.why}") if outcome.why else None,
            self.warnings.append,
            config=self.config,
        )

    def end(self, command: str, status: StampStatus, *, accepted: bool = False) -> list[tuple[str, str]]:
        """Notify of an end in a process of its own, and return the messages of it."""
        before = len(self.messages)
        notifier = self.notifier()
        if command == "start":
            notifier.begin()
        notifier.end(Command(command), StampStatusDocument.of(status), accepted=accepted)
        return sorted(self.messages[before:])


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    return Told(tmp_path / "state", monkeypatch)


def bad(error: PsbridgeError) -> StampStatus:
    return of_error("nyc", error, NOW)


def judged(judgement: Judgement, problem: PsbridgeError | None = None, **more: object) -> StampStatus:
    verdict = Verdict(judgement, GOOD, REPORT.verdict.evidence)
    return of_report("nyc", Report(verdict, problem=problem, case=REPORT.case, host="oaw01", **more), NOW)


CONFIRMED = judged(Judgement.CONFIRMED)
FAILED = judged(Judgement.FAILED, BackupFailed("backup x failed: status Failed", id=ID))
STALE = replace(CONFIRMED, problem=Stale("the newest good backup is 2d old"), max_age=DAY)
GONE = bad(Unreachable("oaw01 refused the connection; nothing was started"))


def test_each_bad_end_is_sent_to_the_services_of_its_event(told: Told) -> None:
    assert told.end("start", FAILED) == [("ops", "the backup failed"), ("pager", "the backup failed")]
    assert told.end("status", STALE) == [("ops", "the newest good backup is too old")]
    assert [signal for signal, _ in told.pings] == ["start", "1", "12"]


def test_a_start_that_did_not_happen_is_a_failure_that_says_so(told: Told) -> None:
    assert told.end("start", GONE)[0] == ("ops", "no backup was started")
    refused = bad(Busy("an update is running", trigger=Trigger.SENT, detail={"refused": True}))
    assert told.end("start", refused)[0] == ("ops", "no backup was started")


def test_a_stamp_that_can_not_be_read_is_a_failure_of_a_check(told: Told) -> None:
    assert told.end("confirm", GONE)[0] == ("ops", "the stamp can't be read")
    timed_out = bad(DeadlineExceeded("timed out", trigger=Trigger.SENT, id=ID))
    assert told.end("wait", timed_out)[0] == ("ops", "the backup is not proved")


def test_an_unknown_outcome_is_ambiguous(told: Told) -> None:
    lost = bad(Ambiguous("the outcome is unknown", trigger=Trigger.UNKNOWN))
    assert told.end("start", lost) == [("ops", "unknown whether a backup was started")]


def test_nothing_is_repeated_for_the_same_state_and_each_run_is_pinged(told: Told) -> None:
    assert told.end("status", STALE)
    for _ in range(3):
        told.clock.advance(3600)
        assert told.end("status", STALE) == []
    assert [signal for signal, _ in told.pings] == ["12"] * 4


def test_the_same_state_is_sent_again_after_the_time_to_repeat(told: Told) -> None:
    assert told.end("start", GONE)
    told.clock.advance(told.notify.repeat - 1)
    assert told.end("start", GONE) == []
    told.clock.advance(1)
    assert told.end("start", GONE)


def test_another_code_or_another_backup_is_another_state(told: Told) -> None:
    assert told.end("start", FAILED)
    assert told.end("status", GONE)
    assert told.end("status", FAILED) == []
    newer = replace(FAILED, newest=replace(FAILED.newest, backup=replace(GOOD, id="another")))
    assert told.end("start", newer)


def test_a_recovery_is_sent_once_to_those_who_know_of_the_trouble(told: Told) -> None:
    assert told.end("status", CONFIRMED) == []
    told.end("status", STALE)
    assert told.end("start", CONFIRMED) == [("ops", "good again")]
    assert told.end("start", CONFIRMED) == []
    told.end("start", FAILED)
    assert told.end("wait", CONFIRMED) == [("ops", "good again"), ("pager", "good again")]


def test_a_confirm_that_checks_no_age_does_not_end_a_stale_state(told: Told) -> None:
    told.end("status", STALE)
    assert told.end("confirm", CONFIRMED) == []
    assert told.end("confirm", replace(CONFIRMED, max_age=DAY)) == [("ops", "good again")]


def test_what_a_service_did_not_take_is_sent_to_it_again(told: Told) -> None:
    told.down = {"ops", "pager"}
    assert told.end("status", FAILED) == []
    assert told.warnings == [f"apprise {name}: the service can't be reached" for name in ("ops", "pager")]
    told.down = {"pager"}
    assert told.end("status", FAILED) == [("ops", "the backup failed")]
    told.down = set()
    assert told.end("status", FAILED) == [("pager", "the backup failed")], (
        "a chat that took it does not speak for a pager"
    )
    assert told.end("status", FAILED) == []
    told.down = {"pager"}
    assert told.end("status", CONFIRMED) == [("ops", "good again")]
    told.down = set()
    assert told.end("status", CONFIRMED) == [("pager", "good again")]
    assert told.end("status", CONFIRMED) == []


def test_a_recovery_is_not_sent_to_a_service_that_took_nothing_bad(told: Told) -> None:
    told.down = {"pager"}
    told.end("status", FAILED)
    told.down = set()
    assert told.end("status", CONFIRMED) == [("ops", "good again")]


def test_a_target_of_the_same_name_in_another_config_is_another(told: Told) -> None:
    """Its host and its services may be others, so what was sent about one is nothing about the other."""
    assert told.end("status", GONE)
    told.config = "/home/operator/config.yaml"
    assert told.end("status", CONFIRMED) == []
    assert told.end("status", GONE)
    told.config = "/etc/psbridge/config.yaml"
    assert told.end("status", GONE) == []
    assert told.end("status", CONFIRMED)


def test_what_is_not_decided_yet_adds_a_line_to_the_log(told: Told) -> None:
    assert told.end("confirm", judged(Judgement.RUNNING, Unproven("still running"))) == []
    assert told.pings == [("log", None)]


def test_the_wait_of_a_start_that_did_not_wait_carries_its_run(told: Told) -> None:
    told.end("start", of_start("nyc", ID, NOW), accepted=True)
    told.end("confirm", CONFIRMED)
    told.end("wait", CONFIRMED)
    told.end("wait", CONFIRMED)
    signals, names = zip(*told.pings, strict=True)
    assert signals == ("start", "log", "", "", "")
    assert names[0] == names[1] == names[3] is not None
    assert (names[2], names[4]) == (None, None)


def test_a_wait_that_finds_no_end_leaves_the_run_to_the_next(told: Told) -> None:
    told.end("start", bad(Ambiguous("the outcome is unknown", trigger=Trigger.UNKNOWN)))
    told.end("wait", bad(DeadlineExceeded("timed out", trigger=Trigger.SENT, id=ID)))
    told.end("wait", bad(NotFound("nothing to wait for")))
    told.end("wait", CONFIRMED)
    assert [signal for signal, _ in told.pings] == ["start", "11", "6", ""]
    assert len({run for _, run in told.pings}) == 1


def test_the_wait_of_a_start_that_timed_out_carries_its_run_and_that_of_a_failed_one_does_not(told: Told) -> None:
    told.end("start", bad(DeadlineExceeded("timed out", trigger=Trigger.SENT, id=ID)))
    told.end("wait", CONFIRMED)
    told.end("start", GONE)
    told.end("wait", CONFIRMED)
    assert told.pings[0][1] == told.pings[2][1]
    assert told.pings[-1] == ("", None)


def test_a_state_folder_that_can_not_be_written_is_a_warning(told: Told) -> None:
    told.folder.parent.mkdir(exist_ok=True)
    told.folder.write_text("a file")
    assert told.end("status", FAILED)
    assert any("can't be kept" in each for each in told.warnings)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"sent": 3}', '{"sent": [{"event": "failed"}]}', "\udcff"])
def test_a_file_of_what_was_sent_that_is_none_counts_as_nothing(told: Told, text: str) -> None:
    told.end("status", FAILED)
    (path,) = (told.folder / "notify").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(os.fsencode(text))
    assert memory.read(told.folder, "nyc", told.config) == memory.Memory()
    assert told.end("status", FAILED)


def test_a_clock_that_was_set_back_keeps_nothing_from_being_sent(told: Told) -> None:
    told.clock.advance(365 * DAY)
    told.end("status", FAILED)
    told.clock.advance(-365 * DAY)
    assert told.end("status", FAILED)


def test_a_test_is_sent_by_each_way_or_by_those_of_an_event_and_nothing_is_kept(told: Told) -> None:
    assert [it.label for it in told.notifier().test()] == ["healthchecks", "apprise ops", "apprise pager"]
    assert [it.label for it in told.notifier().test(NoticeEvent.STALE)] == ["healthchecks", "apprise ops"]
    assert told.pings == [("log", None)] * 2
    assert not told.folder.exists()


def test_a_message_holds_what_is_not_ok_and_a_ping_all_of_the_evidence() -> None:
    status = replace(
        FAILED,
        rows=(StatusRow("status", RowState.FAIL, "Failed\x1b[31m\nnext"), StatusRow("roles", RowState.OK, "13 of 13")),
        problem=BackupFailed("backup x failed", hint="Read its roles."),
    )
    made = message_of(Command.START, NoticeEvent.FAILED, StampStatusDocument.of(status))
    assert made.title == "psbridge: nyc: the backup failed"
    assert made.text.splitlines() == [
        "backup x failed",
        "Read its roles.",
        f"newest backup: {ID} is failed, ended 2020-03-04 12:22:18Z",
        "",
        "fail     status: Failed [31m next",
        "",
        made.text.splitlines()[-1],
    ]
    assert "start, read 2026-03-04 12:00:00Z from oaw01, exit code 1 (failed)" in made.text
    assert "ok       roles: 13 of 13" in made.whole


def test_what_a_command_did_not_read_is_marked_unread() -> None:
    found = of_report("nyc", replace(REPORT, case=None), NOW)
    assert [it.row for it in found.unread] == [
        "schedule",
        "free space",
        "certificate",
        "alerts",
        "update",
        "version",
        "runs",
    ]
    assert (found.newest.backup.id, found.newest.exit_code, found.last_good.verdict) == (ID, 3, "confirmed")
    assert [it.name for it in found.rows] == ["status", "upload"], "what is never checked is not a row"
    running = of_report("nyc", Report(Verdict(Judgement.RUNNING, GOOD, ())), NOW)
    assert (running.newest, running.running.id) == (None, ID)


def test_all_events_are_the_default() -> None:
    assert AppriseService("x", lambda _: Secret("json://x")).events == ALL_EVENTS == tuple(NoticeEvent)
