"""`psbridge status`: is the stamp well?"""

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from psbridge.cli.groups import verb
from psbridge.cli.options import seconds
from psbridge.cli.results import write_status
from psbridge.errors import ExitCode, PsbridgeError, UsageError

if TYPE_CHECKING:
    from psbridge.cli.context import Context

MaxAge = Annotated[
    str | None,
    typer.Option(
        "--max-age",
        metavar="DURATION",
        help="How old the newest good backup may be. [default: twice the stamp's schedule; without one 26h]",
    ),
]
Strict = Annotated[bool, typer.Option("--strict", help="Exit with 3 if any row is not ok.")]


def status(context: "Context", max_age: MaxAge = None, strict: Strict = False) -> ExitCode:
    """Show whether a stamp is well: its backups, schedule, alerts and updates.

    Only reads. The newest backup that has ended decides first: 1 if it failed, 3 if it is incomplete, 14 if it can be proved
    neither good nor bad. Then 12 if no good backup is young enough. Other rows are shown and do not change the exit code
    without `--strict`. A row that can't be read says why.

    **Examples**

    Every morning: `psbridge status -t redmond`

    From cron, a mail only if the stamp is not well: `psbridge status -t redmond -q`

    The age of the newest good backup in seconds: `psbridge status -t redmond -o json | jq .age_seconds`
    """
    from psbridge.models.stamp_status import StampStatus
    from psbridge.models.time import Instant

    limit = seconds("--max-age", max_age)
    with context.stamp("stamp_status", notify="status") as stamp:
        began = Instant.of(context.clock.now())
        try:
            found = stamp.status(max_age=limit, strict=strict)
        except UsageError:
            raise
        except PsbridgeError as problem:
            if problem.exit_code in {ExitCode.INTERRUPTED, ExitCode.INTERNAL}:
                raise
            found = StampStatus.unreadable(stamp.target.name, problem, began, emulated=stamp.target.emulated)
    return write_status(context, found)


build = partial(verb, "status", status)
