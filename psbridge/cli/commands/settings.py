"""`psbridge settings`: the stamp's backup configuration."""

from __future__ import annotations

from psbridge.cli.context import Call
from psbridge.cli.errors import run_body
from psbridge.cli.options import command, group

app = group("settings", "The stamp's own backup configuration.")


@command(app, "show", run_body)
def show(call: Call) -> None:
    """Show where, how often and for how long the stamp backs itself up (Get-AzsBackupConfiguration).

    **Examples**

    All of it: `psbridge settings show -t redmond`

    Its free space: `psbridge settings show -o json | jq .settings.available_capacity`
    """
    from psbridge.documents.settings import SettingsDocument

    with call.stamp("settings") as stamp:
        found = stamp.settings()
    call.write(SettingsDocument.of(stamp.target, found))
