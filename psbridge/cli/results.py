"""Write the result of a start, wait or confirm, save its record, and return the exit code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from psbridge.cli.streams import Unwritten
from psbridge.errors import ExitCode

if TYPE_CHECKING:
    from psbridge.api.stamp import Stamp
    from psbridge.cli.context import Context
    from psbridge.documents.document import Document
    from psbridge.documents.keys import KeyCheckDocument
    from psbridge.documents.verdict import VerdictDocument
    from psbridge.errors import PsbridgeError
    from psbridge.models.events import Started
    from psbridge.models.report import Report
    from psbridge.models.stamp_status import StampStatus
    from psbridge.models.target import Target
    from psbridge.models.verification import VerificationReport


def write_verdict(
    context: Context, stamp: Stamp, report: Report, proof: Path | None = None, *, only_read: bool = False
) -> ExitCode:
    """Write a report, save its record to `proof`, and return its exit code. With a table, the error follows on stderr.

    With `-q` the error comes first, and the table has only what did not pass. Where `-q` hides a good verdict, one line reports
    it after a warning, which would stand alone in a mail of cron.

    The exit code is the verdict's even if stdout can't be written, because scripts rely on it: from a start, 9 would mean
    that nothing was started. With `only_read` the command only read, and can be repeated.

    Raises:
        Unwritten: a good verdict can't be written, and the command only read.
    """
    from psbridge.documents.verdict import VerdictDocument

    if context.notice is not None:
        context.notice.reported(report)
    if proof is not None:
        _save(context, proof, stamp, report)
    document = VerdictDocument.of(stamp.target, report)
    if report.exit_code is ExitCode.OK and context.hides_success:
        context.log_verdict(document)
        if context.warned and report.verdict.backup:
            context.note(f"backup {report.verdict.backup.id} on {stamp.target.name} is {report.verdict.judgement}")
        return report.exit_code
    first = report.problem if context.hides_success else None
    if first is not None:
        context.show_error(first)
    written = _write(context, stamp, report, document, only_read=only_read)
    if report.problem is not None:
        context.log_error(report.problem)
        if first is None and not (written and context.output.machine):
            context.show_error(report.problem)
    return report.exit_code


def _write(context: Context, stamp: Stamp, report: Report, document: VerdictDocument, *, only_read: bool) -> bool:
    """Write a verdict to stdout, and return whether that succeeded; if not, a warning names the backup.

    Raises:
        Unwritten: a good verdict can't be written, and the command only read.
    """
    try:
        context.write(document, document.without_passed() if context.hides_success else None)
    except Unwritten as lost:
        backup = report.verdict.backup
        if only_read and report.exit_code is ExitCode.OK:
            raise _about(lost, stamp, backup.id if backup else None) from lost.__cause__
        what = f"backup {backup.id} on {stamp.target.name}" if backup else stamp.target.name
        context.warn(f"{lost.message}; the verdict is unchanged: {what} is {report.verdict.judgement}")
        return False
    return True


def write_status(context: Context, status: StampStatus) -> ExitCode:
    """Write how a stamp stands, and return its exit code.

    People get all of it on stdout, with what is wrong first; with `-q` nothing if the stamp is well, else only the rows that
    are not ok. Of a stamp that can't be read they get the error on stderr, and machines the document too.

    Raises:
        Unwritten: a stamp is well, and that can't be written.
    """
    from psbridge.documents.stamp_status import StampStatusDocument

    found = status.error or status.problem
    if context.notice is not None:
        context.notice.read(StampStatusDocument.of(status))
    if found is not None:
        context.log_error(found)
    if found is None and context.hides_success:
        if context.warned:
            context.note(f"{status.target} is well")
        return status.exit_code
    written = False
    if status.error is None or context.output.machine:
        document = StampStatusDocument.of(status)
        try:
            context.write(document, document.without_ok() if context.hides_success else None)
            written = True
        except Unwritten as lost:
            if found is None:
                raise
            context.warn(f"{lost.message}; the status is unchanged")
    if found is not None and (status.error is not None or not written):
        context.show_error(found)
    return status.exit_code


def write_verification(
    context: Context, target: Target | None, report: VerificationReport, proof: Path | None = None
) -> ExitCode:
    """Write a verification, save its record to `proof`, and return its exit code. With a table, the error follows on stderr.

    Raises:
        Unwritten: a good verification can't be written; it can be repeated.
    """
    from psbridge.proofs.record import save, verification_record

    document = verification_record(target, report, context.clock)
    if proof is not None:
        try:
            save(proof, document)
        except OSError as problem:
            context.warn(f"the record {proof} can't be written: {problem.strerror}; the result is unchanged")
    return _write_checked(context, document, report.problem)


def write_key_check(context: Context, document: KeyCheckDocument, problem: PsbridgeError | None) -> ExitCode:
    """Write what a key opens, and return the exit code. With a table, the error follows on stderr.

    Raises:
        Unwritten: a good result can't be written; it can be repeated.
    """
    return _write_checked(context, document, problem)


def _write_checked(context: Context, document: Document, problem: PsbridgeError | None) -> ExitCode:
    """Write the result of a check that can be repeated, and what is wrong."""
    if problem is None and context.hides_success:
        return ExitCode.OK
    written = True
    try:
        context.write(document)
    except Unwritten as lost:
        if problem is None:
            raise
        context.warn(f"{lost.message}; the result is unchanged")
        written = False
    if problem is not None:
        context.log_error(problem)
        if not (written and context.output.machine):
            context.show_error(problem)
    return ExitCode.OK if problem is None else problem.exit_code


def write_started(context: Context, stamp: Stamp, started: Started) -> None:
    """Write the result of a start without a wait; if stdout can't be written, stderr names the backup."""
    from psbridge.documents.progress import StartedDocument

    if context.notice is not None:
        context.notice.accepted(started)
    if context.hides_success:
        if context.warned:
            context.note(f"{started.action} backup {started.id} on {stamp.target.name}")
        return
    try:
        context.write(StartedDocument.of(stamp.target, started))
    except Unwritten as lost:
        done = f"{started.action} backup {started.id} on {stamp.target.name}"
        context.warn(f"{lost.message}; {done}. Show it: {stamp.target.command} backup show {started.id}")


def _save(context: Context, path: Path, stamp: Stamp, report: Report) -> None:
    """Save a record; a failure is a warning and does not change the verdict."""
    from psbridge.proofs.record import record, save

    try:
        save(path, record(stamp.target, report, context.clock))
    except OSError as problem:
        context.warn(f"the record {path} can't be written: {problem.strerror}; the verdict is unchanged")


def _about(lost: Unwritten, stamp: Stamp, backup_id: str | None) -> Unwritten:
    """Return the error for a lost result, with the id of its backup."""
    lost.id = backup_id
    if backup_id:
        lost.hint = f"{lost.hint} `{stamp.target.command} backup show {backup_id}` shows the backup."
    return lost
