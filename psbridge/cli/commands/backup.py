"""`psbridge backup`: start, wait, list, show, confirm."""

from __future__ import annotations

from pathlib import Path

from psbridge.cli.backup_options import (
    BackupId,
    DryRun,
    IdOrLatest,
    IfOlderThan,
    IfRunning,
    Limit,
    Location,
    LockWait,
    MaxAge,
    NoJournal,
    Note,
    NoWait,
    Proof,
    RetryAfter,
    Settle,
    Status,
    Timeout,
)
from psbridge.cli.context import Call
from psbridge.cli.errors import run_body
from psbridge.cli.finish import finish, finish_started
from psbridge.cli.options import command, group
from psbridge.cli.values import seconds
from psbridge.errors import ExitCode, UsageError

app = group("backup", "Start, wait for, list, show and confirm backups of a stamp.")


@command(app, "start", run_body)
def start(
    call: Call,
    location: Location = None,
    no_wait: NoWait = False,
    timeout: Timeout = None,
    settle: Settle = None,
    if_running: IfRunning = "fail",
    if_older_than: IfOlderThan = None,
    retry_after: RetryAfter = None,
    dry_run: DryRun = False,
    lock_wait: LockWait = "0s",
    no_journal: NoJournal = False,
    note: Note = None,
    proof: Proof = None,
) -> ExitCode | None:
    """Start a backup, wait for it and prove it.

    Exactly one backup is started, whatever breaks on the way, and the exit code says what became of it: 0 confirmed, 1
    failed, 3 partial, 6 out of time, 7 another one runs, 11 it can't be told whether one started.

    **Examples**

    Try it on the emulated stamp: `psbridge backup start -t demo`

    From cron, at most one each 12 hours: `psbridge backup start -t redmond --if-older-than 12h -q`; one that is not good is
    retried after an hour, and until then its code is the exit code

    Start now, prove later: `id=$(psbridge backup start -t redmond --no-wait -o id)`, then `psbridge backup wait $id`
    """
    from psbridge.documents.dry_run import DryRunDocument
    from psbridge.models.report import Report
    from psbridge.operations.start import StartOptions

    options = StartOptions(
        location=checked(location),
        wait=not no_wait,
        timeout=seconds("--timeout", timeout),
        settle=seconds("--settle", settle, zero=True),
        if_running=if_running,
        if_older_than=seconds("--if-older-than", if_older_than),
        retry_after=seconds("--retry-after", retry_after, zero=True),
        lock_wait=seconds("--lock-wait", lock_wait, zero=True) or 0.0,
        note=note,
    )
    if proof and (dry_run or no_wait):
        raise UsageError(
            f"--proof goes with a verdict, and {'--dry-run' if dry_run else '--no-wait'} gives none",
            hint="Write it when the backup has ended: psbridge backup wait ID --proof FILE.",
        )
    record = destination(proof)
    kind = "dry_run" if dry_run else "started" if no_wait else "verdict"
    with call.stamp(kind, timeout=options.timeout) as stamp:
        if dry_run:
            call.write(DryRunDocument.of(stamp.target, stamp.backups.dry_run(options)))
            return None
        ended = stamp.backups.run(options, journal=not no_journal, critical=call.signals.critical)
    if isinstance(ended, Report):
        return finish(call, stamp, ended, record)
    finish_started(call, stamp, ended)
    return None


def checked(location: str | None) -> str | None:
    """Return a location that may be sent; refuse any other before there is a connection."""
    from psbridge.cmdlets.paths import checked_location

    return location if location is None else checked_location(location)


@command(app, "wait", run_body)
def wait(
    call: Call, id: BackupId = None, timeout: Timeout = None, settle: Settle = None, proof: Proof = None
) -> ExitCode:
    """Wait for a backup and prove it, whoever started it.

    Without an id: this target's unfinished run, as after Ctrl-C or a reboot; else the backup that runs now.

    **Examples**

    Take up what was interrupted: `psbridge backup wait -t redmond`

    Wait for one backup, 40 minutes at most: `psbridge backup wait 08b92613-837a-43cd-86b5-1212ef954384 --timeout 40m`
    """
    limit, calm = seconds("--timeout", timeout), seconds("--settle", settle, zero=True)
    plain = checked_id(id, latest=False)
    if id is not None and plain is None:
        raise UsageError(
            "latest has ended, so there is nothing to wait for", hint="To judge it: psbridge backup confirm."
        )
    record = destination(proof)
    call.signals.words.know(plain)
    with call.stamp("verdict", timeout=limit) as stamp:
        report = stamp.backups.wait(plain, timeout=limit, settle=calm)
    return finish(call, stamp, report, record)


@command(app, "list", run_body)
def list_(call: Call, limit: Limit = None, status: Status = None) -> None:
    """List the stamp's backups, newest first.

    **Examples**

    The last five: `psbridge backup list --limit 5`

    Those that failed, for a script: `psbridge backup list --status Failed -o json`
    """
    from psbridge.documents.backup_list import BackupListDocument

    if status is not None and not status.strip():
        raise UsageError("--status is empty", hint="Is the variable that holds it set?")
    with call.stamp("backup_list") as stamp:
        backups = stamp.backups.list(status=status)
    call.write(BackupListDocument.of(stamp.target, backups[:limit]))


@command(app, "show", run_body)
def show(call: Call, id: IdOrLatest) -> None:
    """Show all that the stamp tells of one backup.

    `latest` is the newest that has ended; skipped ones are passed over.

    **Examples**

    The newest that has ended: `psbridge backup show latest`

    Its roles as JSON: `psbridge backup show latest -o json | jq .backup.roles`
    """
    from psbridge.documents.backup import BackupDocument

    plain = checked_id(id)
    with call.stamp("backup") as stamp:
        found = stamp.backups.show(plain)
    call.write(BackupDocument.of(stamp.target, found))


@command(app, "confirm", run_body)
def confirm(
    call: Call, id: IdOrLatest = "latest", max_age: MaxAge = None, settle: Settle = None, proof: Proof = None
) -> ExitCode:
    """Judge a backup as it is now, with the evidence. Waits for nothing.

    **Examples**

    For monitoring: `psbridge backup confirm --max-age 26h -q`

    One backup: `psbridge backup confirm 08b92613-837a-43cd-86b5-1212ef954384`
    """
    oldest, calm = seconds("--max-age", max_age), seconds("--settle", settle, zero=True)
    plain = checked_id(id)
    record = destination(proof)
    with call.stamp("verdict") as stamp:
        report = stamp.backups.confirm(plain, max_age=oldest, settle=calm)
    return finish(call, stamp, report, record, only_read=True)


def destination(proof: str | None) -> Path | None:
    """Return where a record is to be written; refuse what can't be before there is a connection."""
    if proof is None:
        return None
    from psbridge.files import whole
    from psbridge.proofs.file import check_destination

    try:
        path = whole(proof)
    except FileNotFoundError as nowhere:
        raise UsageError(
            f"--proof: no folder leads to {proof}: {nowhere.strerror}", hint="Name the file by its whole path."
        ) from None
    check_destination(path)
    return path


def checked_id(text: str | None, *, latest: bool = True) -> str | None:
    """Return a backup's id in its plain form, None for `latest`; refuse any other before there is a connection.

    Args:
        text: what was given.
        latest: whether the hint may say that `latest` would do.
    """
    from psbridge.api.backups import plain_id

    try:
        return plain_id(text)
    except UsageError as wrong:
        if not latest:
            wrong.hint = "An id is a GUID such as 08b92613-837a-43cd-86b5-1212ef954384, alone or after `redmond/`."
        raise
