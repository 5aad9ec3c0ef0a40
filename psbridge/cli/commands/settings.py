"""`psbridge settings`: the stamp's backup configuration."""

from typing import TYPE_CHECKING

from psbridge.cli.groups import CommandGroup

if TYPE_CHECKING:
    from psbridge.cli.context import Context

group = CommandGroup("settings", "Show the backup settings of a stamp.")
build = group.build


@group.command("show")
def show(context: "Context") -> None:
    """Show the backup settings of a stamp: share, schedule, retention and free space.

    The source is `Get-AzsBackupConfiguration`.

    **Examples**

    All settings: `psbridge settings show -t redmond`

    The free space of the share: `psbridge settings show -t redmond -o json | jq .settings.available_capacity`
    """
    from psbridge.documents.settings import SettingsDocument

    with context.stamp("settings") as stamp:
        found = stamp.settings()
    context.write(SettingsDocument.of(stamp.target, found))
