"""`psbridge alert`: the open alerts of a stamp."""

from typing import TYPE_CHECKING, Annotated

import typer

from psbridge.cli.groups import CommandGroup

if TYPE_CHECKING:
    from psbridge.cli.context import Context

group = CommandGroup("alert", "List the open alerts of a stamp.")
build = group.build

All = Annotated[bool, typer.Option("--all", help="List every open alert of the stamp, not only those about backups.")]


@group.command("list")
def list_(context: "Context", all_: All = False) -> None:
    """List the open alerts of the backup service: what each means for the backups and what to do.

    The exit code is 0 if the alerts could be read, whatever they say.

    **Examples**

    What the stamp reports about its backups: `psbridge alert list -t redmond`

    Their types, for a script: `psbridge alert list -t redmond -o json | jq -r .alerts[].fault_type`
    """
    from psbridge.documents.alert import AlertListDocument

    with context.stamp("alert_list") as stamp:
        found = stamp.alerts(every=all_)
    context.write(AlertListDocument.of(stamp.target, found, every=all_))
