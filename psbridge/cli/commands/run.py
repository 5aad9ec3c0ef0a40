"""`psbridge run`: the journal of runs on this machine."""

from typing import TYPE_CHECKING, Annotated

import typer

from psbridge.cli.completion import complete_run
from psbridge.cli.groups import CommandGroup

if TYPE_CHECKING:
    from psbridge.cli.context import Context

group = CommandGroup("run", "What psbridge did on this machine: its journal of starts.")
build = group.build


@group.command("list")
def list_(context: "Context") -> None:
    """List the runs of this machine, newest first; with `--target`, of that target. Reads the journal only.

    **Examples**

    Those of one target: `psbridge run list -t redmond`

    The newest, for a script: `psbridge run list -o json | jq .runs[0]`
    """
    from psbridge.api.folders import state_folder
    from psbridge.documents.run import RunListDocument
    from psbridge.journal.runs import Journal

    target = context.options.target
    runs = Journal(state_folder(context.options.state_dir, context.env), context.clock, warn=context.warn).list(target)
    if target is not None and not runs:  # runs may be of targets that have left the config
        from psbridge.config.resolve import select_target

        select_target(context.config(), target, context.env)
    context.write(RunListDocument.of(runs))


@group.command("show")
def show(
    context: "Context",
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's id.", autocompletion=complete_run)],
) -> None:
    """Show one run: what was triggered, what became of it, and what leads it on.

    **Examples**

    What became of one: `psbridge run show 20260304T121543Z-5d0c1f7a`
    """
    from psbridge.api.folders import state_folder
    from psbridge.documents.run import RunDocument
    from psbridge.journal.closing import at_work, next_steps
    from psbridge.journal.runs import Journal

    journal = Journal(state_folder(context.options.state_dir, context.env), context.clock)
    found = journal.get(run)
    steps = next_steps(journal, found, context.clock, f"psbridge {context.leading_to(found.target)}")
    context.write(RunDocument.of(found, at_work(found, context.clock), steps))


@group.command("close")
def close(
    context: "Context",
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's id.", autocompletion=complete_run)],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for whoever reads the record.")],
) -> None:
    """Close an unfinished run's record, so that no `backup wait` takes it up again.

    For a run that ended with 11, or was killed, and whose backup was looked after by hand. It changes the record on this
    machine only: a backup that the stamp makes goes on. Refused (7) while a process is at the run.

    **Examples**

    It was found in the portal: `psbridge run close 20260304T121543Z-5d0c1f7a --reason CHG0042`
    """
    from psbridge.api.folders import state_folder
    from psbridge.documents.run import RunClosedDocument
    from psbridge.journal.closing import close_run, what_goes_on
    from psbridge.render.writers import check_format

    check_format("run_closed", context.output)
    closed = close_run(state_folder(context.options.state_dir, context.env), context.clock, run, reason)
    context.write(RunClosedDocument.of(closed, what_goes_on(closed)))
