"""`psbridge backup`: start, wait, list, show, confirm."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from psbridge.cli.completion import complete_id, complete_id_or_latest, one_of
from psbridge.cli.groups import CommandGroup
from psbridge.cli.options import seconds
from psbridge.cli.results import write_started, write_verdict
from psbridge.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from psbridge.cli.context import Context

_duration = partial(typer.Option, metavar="DURATION")

group = CommandGroup("backup", "Start, wait for, list, show and confirm backups of a stamp.")
build = group.build

BackupId = Annotated[
    str | None, typer.Argument(metavar="ID", help="A backup's id, or `redmond/id`.", autocompletion=complete_id)
]
IdOrLatest = Annotated[
    str, typer.Argument(metavar="ID|latest", help="A backup's id, or `latest`.", autocompletion=complete_id_or_latest)
]

Timeout = Annotated[str | None, _duration("--timeout", help="Bounds all of it. [default: 2h]")]
Settle = Annotated[
    str | None,
    _duration(
        "--settle",
        help="After the end, how long an upload that can't be read is waited for before it is assumed. [default: 15m]",
    ),
]
Proof = Annotated[
    str | None,
    typer.Option(
        "--proof",
        metavar="FILE",
        help="Write what the verdict rests on, for `psbridge proof verify`; replaces the file.",
    ),
]

# start
Location = Annotated[
    str | None, typer.Option("--location", metavar="NAME", help="The backup location. [default: the target's]")
]
NoWait = Annotated[bool, typer.Option("--no-wait", help="End when the backup's id is known.")]
IfRunning = Annotated[
    str,
    typer.Option(
        "--if-running",
        metavar="fail|attach|queue",
        help="What to do if a backup is running already.",
        autocompletion=one_of("psbridge.operations.start", "IF_RUNNING"),
    ),
]
IfOlderThan = Annotated[
    str | None,
    _duration("--if-older-than", help="Start nothing if the newest backup is confirmed and younger than this."),
]
RetryAfter = Annotated[
    str | None,
    _duration(
        "--retry-after",
        help="With --if-older-than: how soon after its end one that is not good is retried. [default: 1h]",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Do all but the trigger, and say what would be done.")]
LockWait = Annotated[str, _duration("--lock-wait", help="How long to wait for another psbridge that is starting one.")]
NoJournal = Annotated[
    bool, typer.Option("--no-journal", help="Keep no record: a killed start can then not be taken up again.")
]
Note = Annotated[
    str | None,
    typer.Option("--note", metavar="TEXT", help="Why, for the journal and the proof; at most 500 characters."),
]

# list
Limit = Annotated[int | None, typer.Option("--limit", min=1, metavar="N", help="At most so many.")]
Status = Annotated[
    str | None, typer.Option("--status", metavar="WORD", help="Only those with this status, such as Succeeded.")
]

# confirm
MaxAge = Annotated[str | None, _duration("--max-age", help="Exit 12 if the newest good backup is older than this.")]


@group.command("start")
def start(
    context: "Context",
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
    from psbridge.documents.verdict import DryRunDocument
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
    with context.stamp(kind, timeout=options.timeout) as stamp:
        if dry_run:
            context.write(DryRunDocument.of(stamp.target, stamp.backups.dry_run(options)))
            return None
        ended = stamp.backups.run(options, journal=not no_journal, critical=context.signals.critical)
    if isinstance(ended, Report):
        return write_verdict(context, stamp, ended, record)
    write_started(context, stamp, ended)
    return None


def checked(location: str | None) -> str | None:
    """Return a location that may be sent; refuse any other before there is a connection."""
    from psbridge.cmdlets.paths import checked_location

    return location if location is None else checked_location(location)


@group.command("wait")
def wait(
    context: "Context", id: BackupId = None, timeout: Timeout = None, settle: Settle = None, proof: Proof = None
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
    context.signals.messages.know(plain)
    with context.stamp("verdict", timeout=limit) as stamp:
        report = stamp.backups.wait(plain, timeout=limit, settle=calm)
    return write_verdict(context, stamp, report, record)


@group.command("list")
def list_(context: "Context", limit: Limit = None, status: Status = None) -> None:
    """List the stamp's backups, newest first.

    **Examples**

    The last five: `psbridge backup list --limit 5`

    Those that failed, for a script: `psbridge backup list --status Failed -o json`
    """
    from psbridge.documents.backup import BackupListDocument

    if status is not None and not status.strip():
        raise UsageError("--status is empty", hint="Is the variable that holds it set?")
    with context.stamp("backup_list") as stamp:
        backups = stamp.backups.list(status=status)
    context.write(BackupListDocument.of(stamp.target, backups[:limit]))


@group.command("show")
def show(context: "Context", id: IdOrLatest) -> None:
    """Show all that the stamp tells of one backup.

    `latest` is the newest that has ended; skipped ones are passed over.

    **Examples**

    The newest that has ended: `psbridge backup show latest`

    Its roles as JSON: `psbridge backup show latest -o json | jq .backup.roles`
    """
    from psbridge.documents.backup import BackupDocument

    plain = checked_id(id)
    with context.stamp("backup") as stamp:
        found = stamp.backups.show(plain)
    context.write(BackupDocument.of(stamp.target, found))


@group.command("confirm")
def confirm(
    context: "Context", id: IdOrLatest = "latest", max_age: MaxAge = None, settle: Settle = None, proof: Proof = None
) -> ExitCode:
    """Judge a backup as it is now, with the evidence. Waits for nothing.

    **Examples**

    For monitoring: `psbridge backup confirm --max-age 26h -q`

    One backup: `psbridge backup confirm 08b92613-837a-43cd-86b5-1212ef954384`
    """
    oldest, calm = seconds("--max-age", max_age), seconds("--settle", settle, zero=True)
    plain = checked_id(id)
    record = destination(proof)
    with context.stamp("verdict") as stamp:
        report = stamp.backups.confirm(plain, max_age=oldest, settle=calm)
    return write_verdict(context, stamp, report, record, only_read=True)


def destination(proof: str | None) -> Path | None:
    """Return where a record is to be written; refuse what can't be before there is a connection."""
    if proof is None:
        return None
    from psbridge.files import whole
    from psbridge.proofs.record import check_destination

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

    With `latest`, the hint may say that `latest` would do.
    """
    from psbridge.api.backups import plain_id

    try:
        return plain_id(text)
    except UsageError as wrong:
        if not latest:
            wrong.hint = "An id is a GUID such as 08b92613-837a-43cd-86b5-1212ef954384, alone or after `redmond/`."
        raise
