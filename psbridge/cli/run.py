"""`psbridge run`: the journal of runs on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from psbridge.cli.boundary import run_body
from psbridge.cli.call import Call
from psbridge.cli.completion import complete_run
from psbridge.cli.options import command, group

app = group("run", "What psbridge did on this machine: its journal of starts.")


@command(app, "list", run_body)
def list_(call: Call) -> None:
    """List the runs of this machine, newest first; with `--target`, of that target. Reads the journal only.

    **Examples**

    Those of one target: `psbridge run list -t redmond`

    The newest, for a script: `psbridge run list -o json | jq .runs[0]`
    """
    from psbridge import documents
    from psbridge.api.places import state_folder
    from psbridge.journal import Journal

    target = call.told.target
    runs = Journal(state_folder(call.told.state_dir, call.env), call.clock).list(target)
    if target is not None and not runs:  # runs may be of targets that have left the config
        from psbridge.config import select_target

        select_target(call.config(), target, call.env)
    call.write(documents.run_list(runs))


@command(app, "show", run_body)
def show(
    call: Call, run: Annotated[str, typer.Argument(metavar="RUN", help="A run's id.", autocompletion=complete_run)]
) -> None:
    """Show one run: what was triggered, what became of it, and whether it can be taken up again.

    **Examples**

    What became of one: `psbridge run show 20260304T121543Z-5d0c1f7a`
    """
    from psbridge import documents
    from psbridge.api.places import state_folder
    from psbridge.journal import Journal

    journal = Journal(state_folder(call.told.state_dir, call.env), call.clock)
    call.write(documents.run(journal.get(run)))
