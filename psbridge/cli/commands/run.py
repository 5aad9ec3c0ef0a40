"""`psbridge run`: the journal of runs on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from psbridge.cli.completion import complete_run
from psbridge.cli.context import Call
from psbridge.cli.errors import run_body
from psbridge.cli.options import command, group

app = group("run", "What psbridge did on this machine: its journal of starts.")


@command(app, "list", run_body)
def list_(call: Call) -> None:
    """List the runs of this machine, newest first; with `--target`, of that target. Reads the journal only.

    **Examples**

    Those of one target: `psbridge run list -t redmond`

    The newest, for a script: `psbridge run list -o json | jq .runs[0]`
    """
    from psbridge.api.folders import state_folder
    from psbridge.documents.run_list import RunListDocument
    from psbridge.journal.runs import Journal

    target = call.told.target
    runs = Journal(state_folder(call.told.state_dir, call.env), call.clock, warn=call.warn).list(target)
    if target is not None and not runs:  # runs may be of targets that have left the config
        from psbridge.config.select import select_target

        select_target(call.config(), target, call.env)
    call.write(RunListDocument.of(runs))


@command(app, "show", run_body)
def show(
    call: Call, run: Annotated[str, typer.Argument(metavar="RUN", help="A run's id.", autocompletion=complete_run)]
) -> None:
    """Show one run: what was triggered, what became of it, and what leads it on.

    **Examples**

    What became of one: `psbridge run show 20260304T121543Z-5d0c1f7a`
    """
    from psbridge.api.folders import state_folder
    from psbridge.documents.run import RunDocument
    from psbridge.journal.closing import at_work, next_steps
    from psbridge.journal.runs import Journal

    journal = Journal(state_folder(call.told.state_dir, call.env), call.clock)
    found = journal.get(run)
    steps = next_steps(journal, found, call.clock, f"psbridge {call.options(found.target)}")
    call.write(RunDocument.of(found, at_work(found, call.clock), steps))


@command(app, "close", run_body)
def close(
    call: Call,
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
    from psbridge.documents.run_closed import RunClosedDocument
    from psbridge.journal.closing import close_run, what_goes_on
    from psbridge.render.writers import check_format

    check_format("run_closed", call.output)
    closed = close_run(state_folder(call.told.state_dir, call.env), call.clock, run, reason)
    call.write(RunClosedDocument.of(closed, what_goes_on(closed)))
