"""`psbridge run`: the journal of runs on this machine."""

from typing import TYPE_CHECKING, Annotated

import typer

from psbridge.cli.completion import complete_run
from psbridge.cli.groups import CommandGroup

if TYPE_CHECKING:
    from psbridge.cli.context import Context

group = CommandGroup("run", "List, show and close the runs in this machine's journal.")
build = group.build


@group.command("list")
def list_(context: "Context") -> None:
    """List the runs in this machine's journal, newest first.

    With `--target`, only the runs of that target. Nothing is connected to.

    **Examples**

    The runs of one target: `psbridge run list -t redmond`

    The newest run, for a script: `psbridge run list -o json | jq .runs[0]`
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
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of the run.", autocompletion=complete_run)],
) -> None:
    """Show one run, its outcome and the next step.

    **Examples**

    The outcome of one run: `psbridge run show 20260304T121543Z-5d0c1f7a`
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
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of the run.", autocompletion=complete_run)],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Reason, kept in the record.")],
) -> None:
    """Close an unfinished run, so that `backup wait` no longer resumes it.

    Use it for a run that was killed or ended with exit code 11, after you have checked its backup by other means, such as
    the portal. Only the record on this machine changes: a backup that is running on the stamp continues. While a process
    is working on the run, closing it is refused with exit code 7.

    **Examples**

    After a check in the portal: `psbridge run close 20260304T121543Z-5d0c1f7a --reason CHG0042`
    """
    from psbridge.api.folders import state_folder
    from psbridge.documents.run import RunClosedDocument
    from psbridge.journal.closing import close_run, what_goes_on
    from psbridge.render.writers import check_format

    check_format("run_closed", context.output)
    closed = close_run(state_folder(context.options.state_dir, context.env), context.clock, run, reason)
    context.write(RunClosedDocument.of(closed, what_goes_on(closed)))
