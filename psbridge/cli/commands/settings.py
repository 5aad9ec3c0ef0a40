"""`psbridge settings`: the stamp's backup configuration."""

from typing import TYPE_CHECKING

from psbridge.cli.groups import CommandGroup

if TYPE_CHECKING:
    from psbridge.cli.context import Context

group = CommandGroup("settings", "The stamp's own backup configuration.")
build = group.build


@group.command("show")
def show(context: "Context") -> None:
    """Show where, how often and for how long the stamp backs itself up (Get-AzsBackupConfiguration).

    **Examples**

    All of it: `psbridge settings show -t redmond`

    Its free space: `psbridge settings show -o json | jq .settings.available_capacity`
    """
    from psbridge.documents.settings import SettingsDocument

    with context.stamp("settings") as stamp:
        found = stamp.settings()
    context.write(SettingsDocument.of(stamp.target, found))
