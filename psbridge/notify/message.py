"""The words of a notification, from a `stamp_status` document and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from psbridge.documents.stamp_status import StampStatusDocument, StatusBackupBody
from psbridge.errors import ExitCode
from psbridge.models.notify import NoticeEvent
from psbridge.notify.events import Command
from psbridge.version import __version__
from psbridge.wellformed import well_formed

_LONGEST: Final = 600
"""Characters of one line; an answer of the host may contain megabytes."""
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")


class Message(msgspec.Struct, frozen=True):
    """What a person reads; no line of it holds a control character.

    Attributes:
        event: None for a test, and for an end that raises none.
        text: the rows that are not ok.
        whole: all rows, for a log.
    """

    title: str
    text: str
    whole: str
    event: NoticeEvent | None = None


def message_of(command: Command, event: NoticeEvent | None, status: StampStatusDocument) -> Message:
    """Return what is sent about the end of a command."""
    said = list(_said(status))
    bad = [_line(row.state, f"{row.name}: {row.text}") for row in status.rows if row.state != "ok"]
    rows = [_line(row.state, f"{row.name}: {row.text}") for row in status.rows]
    foot = _foot(command, status)
    return Message(
        f"psbridge: {_clean(status.target)}: {headline(command, event, status)}",
        _joined(said, bad, foot),
        _joined(said, rows, foot),
        event,
    )


def test_message(target: str, event: NoticeEvent | None, made_at: str) -> Message:
    """Return what `monitor test` sends."""
    about = f" as {event}" if event else ""
    text = f"This is a test of psbridge's notifications, sent{about} at {made_at}. Nothing is wrong."
    return Message(f"psbridge: {target}: test{about}", text, text, event)


def headline(command: Command, event: NoticeEvent | None, status: StampStatusDocument) -> str:
    """Return the few words that a phone shows."""
    match event:
        case NoticeEvent.FAILED:
            return _failed(command, status)
        case NoticeEvent.PARTIAL:
            strict = status.strict and status.newest is not None and status.newest.exit_code == 0
            return "not everything is well" if strict else "the backup is incomplete"
        case NoticeEvent.STALE:
            return "the newest good backup is too old" if status.last_good else "there is no good backup"
        case NoticeEvent.AMBIGUOUS:
            return "unknown whether a backup was started"
        case NoticeEvent.RECOVERED:
            return "good again"
        case _:
            return "nothing is decided yet"


def _failed(command: Command, status: StampStatusDocument) -> str:
    if status.exit_code == ExitCode.FAILED:
        return "the backup failed"
    error, job = status.error, command in {Command.START, Command.WAIT}
    if error is None:
        return "the backup is not proved"
    if command is Command.START and _nothing_started(status):
        return "no backup was started"
    return "the backup is not proved" if job else "the stamp can't be read"


def _nothing_started(status: StampStatusDocument) -> bool:
    error = status.error
    refused = error is not None and error.detail.get("refused") is True
    return error is not None and (error.trigger == "not_sent" or refused)


def _said(status: StampStatusDocument) -> Iterator[str]:
    if status.message:
        yield _clean(status.message)
    if status.hint:
        yield _clean(status.hint)
    newest, good = status.newest, status.last_good
    if newest is not None:
        yield f"newest backup: {_backup(newest)}"
    if good is not None and (newest is None or good.id != newest.id):
        yield f"newest good backup: {_backup(good)}"
    if status.running is not None:
        yield f"running backup: {_clean(status.running.id)}"


def _backup(backup: StatusBackupBody) -> str:
    ended = f", ended {_moment(backup.completed_at)}" if backup.completed_at else ""
    return f"{_clean(backup.id)} is {backup.verdict}{ended}"


def _foot(command: Command, status: StampStatusDocument) -> str:
    host = f" from {_clean(status.host)}" if status.host else ""
    ended = f"exit code {status.exit_code} ({status.code})"
    return f"psbridge {__version__}, {command}, read {_moment(status.read_at)}{host}, {ended}"


def _moment(text: str) -> str:
    """Return a time of a document, RFC 3339 in UTC, to the second."""
    return f"{text[:10]} {text[11:19]}Z"


def _line(state: str, text: str) -> str:
    return f"{state:<7}  {_clean(text)}"


def _joined(*parts: list[str] | str) -> str:
    listed = ["\n".join(part) if isinstance(part, list) else part for part in parts]
    return "\n\n".join(part for part in listed if part)


def _clean(text: str) -> str:
    return _CONTROL.sub(" ", well_formed(text[:_LONGEST]))
