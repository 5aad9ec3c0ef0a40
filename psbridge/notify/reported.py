"""The end of a start, wait or confirm as a `StampStatus`: what the command read, and everything else as unread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from psbridge.errors import ExitCode, PsbridgeError
from psbridge.models.backup import Backup
from psbridge.models.capacity import capacity_bytes
from psbridge.models.report import Report
from psbridge.models.stamp_status import JudgedBackup, RowState, RunningStatus, Schedule, StampStatus, StatusRow, Unread
from psbridge.models.time import Instant
from psbridge.models.verdict import Judgement, Outcome, Verdict

_CODES: Final[Mapping[Judgement, ExitCode]] = {
    Judgement.CONFIRMED: ExitCode.OK,
    Judgement.PARTIAL: ExitCode.PARTIAL,
    Judgement.FAILED: ExitCode.FAILED,
    Judgement.RUNNING: ExitCode.UNPROVEN,
    Judgement.UNPROVEN: ExitCode.UNPROVEN,
    Judgement.UNKNOWN: ExitCode.UNKNOWN,
}
"""What `backup confirm` of a backup with this verdict ends with, whatever its age."""
_STATES: Final[Mapping[Outcome, RowState]] = {
    Outcome.PASS: RowState.OK,
    Outcome.WARN: RowState.WARN,
    Outcome.FAIL: RowState.FAIL,
    Outcome.UNKNOWN: RowState.UNKNOWN,
}
"""What is never checked, such as an off-site copy, is in every verdict and not a row."""
_NOT_READ: Final = "this command does not read it"


def of_report(target: str, report: Report, at: Instant) -> StampStatus:
    """Return what a report knows of its stamp; the rows are those of its evidence."""
    verdict, case = report.verdict, report.case
    settings = case.settings if case else None
    backup = verdict.backup
    ended = backup is not None and verdict.judgement is not Judgement.RUNNING
    return StampStatus(
        target=target,
        read_at=at,
        host=report.host,
        location=backup.location if backup else None,
        newest=_judged(backup, verdict, report) if backup is not None and ended else None,
        last_good=_last_good(verdict),
        max_age=case.max_age if case else None,
        max_age_from=None if case is None or case.max_age is None else "option",
        schedule=Schedule.of(settings) if settings else None,
        running=RunningStatus(backup.id, "list", report.run, status=backup.status) if backup and not ended else None,
        free_text=settings.available_capacity if settings else None,
        free_bytes=capacity_bytes(settings.available_capacity) if settings else None,
        certificate_thumbprint=settings.encryption_cert_thumbprint if settings else None,
        alerts=case.alerts if case else None,
        unread=tuple(_unread(report)),
        rows=tuple(
            StatusRow(it.check, _STATES[it.outcome], it.detail) for it in verdict.evidence if it.outcome in _STATES
        ),
        problem=report.problem,
    )


def of_error(target: str, error: PsbridgeError, at: Instant) -> StampStatus:
    """Return what is known of a stamp if the command ended with an error."""
    return StampStatus.unreadable(target, error, at)


def of_start(target: str, id: str, at: Instant) -> StampStatus:
    """Return what is known of a stamp whose backup was started and not waited for."""
    return StampStatus(target=target, read_at=at, running=RunningStatus(id, "operation"))


def _judged(backup: Backup, verdict: Verdict, report: Report) -> JudgedBackup:
    code = _CODES[verdict.judgement]
    about = report.problem is not None and report.problem.exit_code is code
    return JudgedBackup(
        backup,
        verdict.judgement,
        code,
        report.problem.message if about and report.problem else None,
        verdict.upload_proof,
    )


def _last_good(verdict: Verdict) -> JudgedBackup | None:
    if verdict.judgement is Judgement.CONFIRMED and verdict.backup is not None:
        return JudgedBackup(verdict.backup, Judgement.CONFIRMED, ExitCode.OK, upload_proof=verdict.upload_proof)
    if verdict.last_good is not None:
        return JudgedBackup(verdict.last_good, Judgement.CONFIRMED, ExitCode.OK)
    return None


def _unread(report: Report) -> Iterator[Unread]:
    case = report.case
    rows = [] if case is not None and case.settings is not None else ["schedule", "free space", "certificate"]
    rows += [] if case is not None and case.alerts is not None else ["alerts"]
    for row in (*rows, "update", "version", "runs"):
        yield Unread(row, ExitCode.UNKNOWN.label, _NOT_READ)
