"""Who is notified of what: one table from command and exit code to a message's event and a ping's signal."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from psbridge.errors import ExitCode
from psbridge.models.notify import NoticeEvent


class Command(StrEnum):
    """The commands that notify. `start` and `wait` are the job; `confirm` and `status` check its result."""

    START = "start"
    WAIT = "wait"
    CONFIRM = "confirm"
    STATUS = "status"


START: Final = "start"
SUCCESS: Final = ""
LOG: Final = "log"
"""The signals of a ping, the last part of its address. An exit status is a signal too; anything but 0 is a failure."""

EVENTS: Final[Mapping[ExitCode, NoticeEvent | None]] = {
    ExitCode.OK: NoticeEvent.RECOVERED,
    ExitCode.FAILED: NoticeEvent.FAILED,
    ExitCode.USAGE: NoticeEvent.FAILED,
    ExitCode.PARTIAL: NoticeEvent.PARTIAL,
    ExitCode.AUTH: NoticeEvent.FAILED,
    ExitCode.UNREACHABLE: NoticeEvent.FAILED,
    ExitCode.TIMEOUT: NoticeEvent.FAILED,
    ExitCode.BUSY: NoticeEvent.FAILED,
    ExitCode.NOT_FOUND: NoticeEvent.FAILED,
    ExitCode.CONFIG: NoticeEvent.FAILED,
    ExitCode.PREREQUISITE: NoticeEvent.FAILED,
    ExitCode.AMBIGUOUS: NoticeEvent.AMBIGUOUS,
    ExitCode.STALE: NoticeEvent.STALE,
    ExitCode.UNPROVEN: None,  # retry later: neither good nor bad yet
    ExitCode.UNKNOWN: NoticeEvent.FAILED,
    ExitCode.NOT_VERIFIED: NoticeEvent.FAILED,
    ExitCode.INTERNAL: NoticeEvent.FAILED,
    ExitCode.INTERRUPTED: NoticeEvent.FAILED,
}
"""What each end of a command means. A nightly start that ends without a backup is `failed`, whatever kept it from one."""

UNDECIDED: Final = frozenset({"backup_running", "locked"})
"""Reasons of `busy` that are no trouble: another backup is being made, and its own end decides."""

NOTHING: Final = frozenset({
    (Command.WAIT, ExitCode.NOT_FOUND),  # nothing to wait for
    (Command.CONFIRM, ExitCode.USAGE),
    (Command.STATUS, ExitCode.USAGE),
    (Command.CONFIRM, ExitCode.INTERRUPTED),
    (Command.STATUS, ExitCode.INTERRUPTED),
})  # fmt: skip
"""Ends that say nothing about the backups: nothing is sent."""


def event_of(command: Command, code: ExitCode, reason: str | None = None) -> NoticeEvent | None:
    """Return the event that a command with this end raises; None for none.

    Args:
        command: which.
        code: its exit code.
        reason: the error's `detail.reason`.
    """
    undecided = code is ExitCode.BUSY and reason in UNDECIDED
    return None if undecided or (command, code) in NOTHING else EVENTS[code]


def signal_of(command: Command, code: ExitCode, reason: str | None = None) -> str | None:
    """Return the signal of the ping at the end of a command; None for no ping. The arguments are those of `event_of`.

    A backup that is not proved yet, or another one that is being made, only adds a line to the check's log: the next good
    ping or the check's own grace time decides.
    """
    if (command, code) in NOTHING:
        return None
    if event_of(command, code, reason) is None:
        return LOG
    return SUCCESS if code is ExitCode.OK else str(int(code))
