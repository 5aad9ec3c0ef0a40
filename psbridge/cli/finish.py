"""The end of a command that starts, waits for or judges a backup: what is written, kept and told, and the exit code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from psbridge.errors import ExitCode, InternalError, Trigger

if TYPE_CHECKING:
    from psbridge.api import Report, Stamp
    from psbridge.cli.call import Call
    from psbridge.models.events import Started


def finish(call: Call, stamp: Stamp, report: Report, proof: Path | None = None) -> ExitCode:
    """Write a report, and its record to `proof`, and return its exit code; people get told what is wrong beside the table.

    The code is the backup's even if nobody reads, for it is what a script goes by.
    """
    from psbridge import documents

    if proof is not None:
        _save(call, proof, stamp, report)
    try:
        call.write(documents.verdict(stamp.target, report))
    except InternalError as lost:
        backup = report.verdict.backup
        call.tell(_about(lost, stamp, backup.id if backup else None, report.action))
        return report.exit_code or lost.exit_code
    if report.problem is not None and not call.output.machine:
        call.tell(report.problem)
    return report.exit_code


def finish_started(call: Call, stamp: Stamp, started: Started) -> None:
    """Write what a start came to that does not wait.

    Raises:
        InternalError: it can't be written; the error names the backup.
    """
    from psbridge import documents

    try:
        call.write(documents.started(stamp.target, started))
    except InternalError as lost:
        raise _about(lost, stamp, started.id, started.action) from lost.__cause__


def _save(call: Call, path: Path, stamp: Stamp, report: Report) -> None:
    """Write a record; that it can't be kept costs nobody the verdict."""
    from psbridge.api.proofs import record, save

    try:
        save(path, record(stamp.target, report, call.clock))
    except OSError as problem:
        call.warn(f"the record {path} can't be written: {problem.strerror}; the verdict stands")


def _about(lost: InternalError, stamp: Stamp, backup_id: str | None, action: str | None) -> InternalError:
    """Return the error for a lost result with what the result said: which backup it is about, and who began it."""
    lost.id = backup_id
    lost.trigger = Trigger.SENT if action == "started" else Trigger.NOT_SENT
    if backup_id:
        lost.hint = f"{lost.hint} `{stamp.target.command} backup show {backup_id}` shows the backup."
    return lost
