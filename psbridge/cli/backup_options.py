"""What the verbs of `psbridge backup` can be told."""

from __future__ import annotations

from typing import Annotated

import typer

from psbridge.cli.completion import complete_id, complete_id_or_latest, one_of

BackupId = Annotated[
    str | None, typer.Argument(metavar="ID", help="A backup's id, or `redmond/id`.", autocompletion=complete_id)
]
IdOrLatest = Annotated[
    str, typer.Argument(metavar="ID|latest", help="A backup's id, or `latest`.", autocompletion=complete_id_or_latest)
]

Timeout = Annotated[str | None, typer.Option("--timeout", metavar="DURATION", help="Bounds all of it. [default: 2h]")]
Settle = Annotated[
    str | None,
    typer.Option(
        "--settle",
        metavar="DURATION",
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
    typer.Option(
        "--if-older-than",
        metavar="DURATION",
        help="Start nothing if the newest backup is confirmed and younger than this.",
    ),
]
RetryAfter = Annotated[
    str | None,
    typer.Option(
        "--retry-after",
        metavar="DURATION",
        help="With --if-older-than: how soon after its end one that is not good is retried. [default: 1h]",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Do all but the trigger, and say what would be done.")]
LockWait = Annotated[
    str,
    typer.Option("--lock-wait", metavar="DURATION", help="How long to wait for another psbridge that is starting one."),
]
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
MaxAge = Annotated[
    str | None,
    typer.Option("--max-age", metavar="DURATION", help="Exit 12 if the newest good backup is older than this."),
]
