"""`psbridge backup`: start, wait, list, show, confirm."""

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from psbridge.cli.arguments import IdOrLatest, checked_id, checked_location, destination
from psbridge.cli.commands.backup_verify import (
    Copy,
    Key,
    KeyPassword,
    StoreOption,
    VerifyLevel,
    verification_of,
)
from psbridge.cli.commands.backup_verify import verify as verify_in_store
from psbridge.cli.completion import complete_id, one_of
from psbridge.cli.groups import CommandGroup
from psbridge.cli.keys import remember_read
from psbridge.cli.options import seconds
from psbridge.cli.results import write_started, write_verdict
from psbridge.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from psbridge.cli.context import Context

_duration = partial(typer.Option, metavar="DURATION")

group = CommandGroup("backup", "Start, wait for, list, show, confirm and verify backups.")
build = group.build

BackupId = Annotated[
    str | None, typer.Argument(metavar="ID", help="Id of the backup, or `LOCATION/ID`.", autocompletion=complete_id)
]

Timeout = Annotated[str | None, _duration("--timeout", help="Overall time limit. [default: 2h]")]
Settle = Annotated[
    str | None,
    _duration(
        "--settle",
        help="How long to wait for an unknown upload state after the end, before the upload is assumed complete. "
        "[default: 15m]",
    ),
]
Proof = Annotated[
    str | None,
    typer.Option(
        "--proof",
        metavar="FILE",
        help="Save the verdict and its observations for `psbridge proof verify`. Overwrites FILE.",
    ),
]

# start
Location = Annotated[
    str | None, typer.Option("--location", metavar="NAME", help="Backup location. [default: the target's location]")
]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Exit as soon as the backup id is known.")]
IfRunning = Annotated[
    str,
    typer.Option(
        "--if-running",
        metavar="fail|attach|queue",
        help="If a backup is already running: fail, wait for that one (attach), or start after it ends (queue).",
        autocompletion=one_of("psbridge.operations.start", "IF_RUNNING"),
    ),
]
IfOlderThan = Annotated[
    str | None,
    _duration("--if-older-than", help="Start only if the newest backup is older than this, or not confirmed."),
]
RetryAfter = Annotated[
    str | None,
    _duration(
        "--retry-after",
        help="With --if-older-than: how long after its end an unconfirmed backup is retried. [default: 1h]",
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Check everything and report what would be done. Send no start request.")
]
LockWait = Annotated[
    str, _duration("--lock-wait", help="How long to wait while another psbridge is starting a backup of this target.")
]
NoJournal = Annotated[
    bool, typer.Option("--no-journal", help="Do not record the run. If psbridge is killed, the run can't be resumed.")
]
Note = Annotated[
    str | None,
    typer.Option("--note", metavar="TEXT", help="Reason, kept in the journal and the proof; maximum 500 characters."),
]

# list
Limit = Annotated[int | None, typer.Option("--limit", min=1, metavar="N", help="Maximum number to show.")]
Status = Annotated[
    str | None, typer.Option("--status", metavar="WORD", help="Show only backups with this status, such as Succeeded.")
]

# confirm
MaxAge = Annotated[
    str | None, _duration("--max-age", help="Exit with 12 if the newest good backup is older than this.")
]


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
    verify: VerifyLevel = None,
    store: StoreOption = None,
    key: Key = None,
    key_password_file: KeyPassword = None,
    copy: Copy = None,
) -> ExitCode | None:
    """Start a backup, wait until it ends and prove the result.

    The start request is sent only once, even if the connection fails. The exit code reports the outcome: 0 confirmed, 1
    failed, 3 partial, 6 timed out, 7 another backup is running, 11 unknown whether a backup was started.

    **Examples**

    Try it on the built-in emulated stamp: `psbridge backup start -t demo`

    From cron, one backup every 12 hours: `psbridge backup start -t redmond --if-older-than 12h -q`

    Start now, prove later: `id=$(psbridge backup start -t redmond --no-wait -o id)`, then
    `psbridge backup wait $id -t redmond`
    """
    from psbridge.documents.verdict import DryRunDocument
    from psbridge.models.report import Report
    from psbridge.operations.start import StartOptions

    options = StartOptions(
        location=checked_location(location),
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
            f"--proof needs a verdict, and {'--dry-run' if dry_run else '--no-wait'} gives none",
            hint="Save the proof after the backup: psbridge backup wait ID --proof FILE",
        )
    if verify is not None and (dry_run or no_wait):
        raise UsageError(
            f"--verify needs a verdict, and {'--dry-run' if dry_run else '--no-wait'} gives none",
            hint="Verify it after the backup: psbridge backup verify ID",
        )
    record = destination(proof)
    read = verification_of(context, verify, store, copy, (key, key_password_file))
    kind = "dry_run" if dry_run else "started" if no_wait else "verdict"
    with context.stamp(kind, timeout=options.timeout, notify=None if dry_run else "start") as stamp:
        ended = (
            DryRunDocument.of(stamp.target, stamp.backups.dry_run(options))
            if dry_run
            else stamp.backups.run(options, journal=not no_journal, verify=read, critical=context.signals.critical)
        )
    if isinstance(ended, DryRunDocument):
        context.write(ended)  # after the progress line was erased
        return None
    if isinstance(ended, Report):
        remember_read(context, stamp.target, ended, read)
        return write_verdict(context, stamp, ended, record)
    write_started(context, stamp, ended)
    return None


@group.command("wait")
def wait(
    context: "Context",
    id: BackupId = None,
    timeout: Timeout = None,
    settle: Settle = None,
    proof: Proof = None,
    verify: VerifyLevel = None,
    store: StoreOption = None,
    key: Key = None,
    key_password_file: KeyPassword = None,
    copy: Copy = None,
) -> ExitCode:
    """Wait until a backup ends and prove the result.

    It does not matter who started the backup. Without an id, psbridge resumes the target's unfinished run (after Ctrl-C or
    a reboot) or waits for the backup that is running now.

    **Examples**

    Resume an interrupted run: `psbridge backup wait -t redmond`

    Wait for one backup: `psbridge backup wait 08b92613-837a-43cd-86b5-1212ef954384 -t redmond`

    Wait up to 40 minutes: `psbridge backup wait -t redmond --timeout 40m`
    """
    limit, calm = seconds("--timeout", timeout), seconds("--settle", settle, zero=True)
    plain = checked_id(id, latest=False)
    if id is not None and plain is None:
        raise UsageError(
            "nothing to wait for: `latest` is a backup that has ended", hint="Judge it: psbridge backup confirm"
        )
    record = destination(proof)
    read = verification_of(context, verify, store, copy, (key, key_password_file))
    context.signals.messages.know(plain)
    with context.stamp("verdict", timeout=limit, notify="wait") as stamp:
        report = stamp.backups.wait(plain, timeout=limit, settle=calm, verify=read)
    remember_read(context, stamp.target, report, read)
    return write_verdict(context, stamp, report, record)


@group.command("list")
def list_(context: "Context", limit: Limit = None, status: Status = None) -> None:
    """List the backups of a stamp, newest first.

    **Examples**

    Show the last five: `psbridge backup list -t redmond --limit 5`

    Failed backups, for a script: `psbridge backup list -t redmond --status Failed -o json`
    """
    from psbridge.documents.backup import BackupListDocument

    if status is not None and not status.strip():
        raise UsageError("--status is empty", hint="If it comes from a variable, check that the variable is set.")
    with context.stamp("backup_list") as stamp:
        backups = stamp.backups.list(status=status)
    context.write(BackupListDocument.of(stamp.target, backups[:limit]))


@group.command("show")
def show(context: "Context", id: IdOrLatest) -> None:
    """Show one backup with its roles.

    `latest` is the newest backup that has ended; skipped backups do not count.

    **Examples**

    The newest backup that has ended: `psbridge backup show latest -t redmond`

    Its roles as JSON: `psbridge backup show latest -t redmond -o json | jq .backup.roles`
    """
    from psbridge.documents.backup import BackupDocument

    plain = checked_id(id)
    with context.stamp("backup") as stamp:
        found = stamp.backups.show(plain)
    context.write(BackupDocument.of(stamp.target, found))


@group.command("confirm")
def confirm(
    context: "Context",
    id: IdOrLatest = "latest",
    max_age: MaxAge = None,
    settle: Settle = None,
    proof: Proof = None,
    verify: VerifyLevel = None,
    store: StoreOption = None,
    key: Key = None,
    key_password_file: KeyPassword = None,
    copy: Copy = None,
) -> ExitCode:
    """Judge a backup without waiting, and show the evidence.

    **Examples**

    For monitoring, with a limit for the age: `psbridge backup confirm -t redmond --max-age 26h -q`

    Judge one backup: `psbridge backup confirm 08b92613-837a-43cd-86b5-1212ef954384 -t redmond`
    """
    oldest, calm = seconds("--max-age", max_age), seconds("--settle", settle, zero=True)
    plain = checked_id(id)
    record = destination(proof)
    read = verification_of(context, verify, store, copy, (key, key_password_file))
    with context.stamp("verdict", notify="confirm" if plain is None else None) as stamp:
        report = stamp.backups.confirm(plain, max_age=oldest, settle=calm, verify=read)
    remember_read(context, stamp.target, report, read)
    return write_verdict(context, stamp, report, record, only_read=True)


group.command("verify")(verify_in_store)
