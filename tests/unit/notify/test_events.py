"""The table of events: every exit code of every command that notifies."""

from __future__ import annotations

import pytest

from psbridge.errors import ExitCode
from psbridge.models.notify import NoticeEvent
from psbridge.notify.events import EVENTS, Command, event_of, signal_of


def test_every_exit_code_has_a_row() -> None:
    assert set(EVENTS) == set(ExitCode)


@pytest.mark.parametrize("command", Command)
@pytest.mark.parametrize("code", ExitCode)
def test_a_ping_is_a_success_for_0_alone_and_no_event_is_raised_without_one(command: Command, code: ExitCode) -> None:
    event, signal = event_of(command, code), signal_of(command, code)
    assert (signal == "") == (code is ExitCode.OK) == (event is NoticeEvent.RECOVERED)
    assert signal in {None, "", "log", str(int(code))}
    assert (event is None) == (signal in {None, "log"})


@pytest.mark.parametrize("code", set(ExitCode) - {ExitCode.OK, ExitCode.UNPROVEN})
def test_a_start_that_does_not_end_well_always_notifies(code: ExitCode) -> None:
    assert event_of(Command.START, code) in {"failed", "partial", "stale", "ambiguous"}
    assert signal_of(Command.START, code) == str(int(code))


@pytest.mark.parametrize(
    ("reason", "event"), [("backup_running", None), ("locked", None), ("update_running", "failed")]
)
def test_a_start_next_to_another_backup_is_no_trouble_and_one_that_an_update_blocks_is(
    reason: str, event: str | None
) -> None:
    assert event_of(Command.START, ExitCode.BUSY, reason) == event
    assert signal_of(Command.START, ExitCode.BUSY, reason) == ("7" if event else "log")


def test_what_says_nothing_of_the_backups_notifies_nobody() -> None:
    silent = {(command, code) for command in Command for code in ExitCode if signal_of(command, code) is None}
    assert silent == {
        ("wait", ExitCode.NOT_FOUND),
        *((command, code) for command in ("confirm", "status") for code in (ExitCode.USAGE, ExitCode.INTERRUPTED)),
    }
