"""What to do about the backup of a start that ended early, for errors that leave an operation or the command line."""

from __future__ import annotations

from typing import Final

NOTHING_STARTED: Final = "No backup was started."


def after_trigger(command: str, id: str | None) -> str:
    """Return what to do about a backup that was triggered, or may have been (id None).

    `command` is how to call psbridge for the target again, such as `psbridge -t redmond`.
    """
    return (
        f"The backup goes on. {take_up_again(command, id)}"
        if id
        else f"A backup may have started. Look for it: {command} backup wait"
    )


def take_up_again(command: str, id: str | None) -> str:
    """Return how to go on with a wait: of a backup, or (id None) of the target's unfinished run."""
    return f"Take it up again: {command} backup wait {id or ''}".rstrip()
