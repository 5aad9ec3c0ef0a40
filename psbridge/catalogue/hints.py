"""Hints that several errors share, hints about the backup of a start that ended early, and the target in their commands."""

from __future__ import annotations

import re
from typing import Final

NOTHING_STARTED: Final = "No backup was started."
RETRY: Final = "Retry later. If it happens again, check the WinRM service and the event log on the host."
ADDRESS: Final = "Check `host`, `port` and `tls` of the target: WinRM uses 5986 (https) or 5985 (http)."
_COMMAND: Final = re.compile(r"\bpsbridge (?=backup |run |settings |status|alert )")


def after_trigger(command: str, id: str | None) -> str:
    """Return what to do about a backup that was started, or may have been (id None).

    `command` is how to call psbridge for the target again, such as `psbridge -t redmond`.
    """
    return (
        f"The backup continues on the stamp. {take_up_again(command, id)}"
        if id
        else f"A backup may have started. Search for it and wait: {command} backup wait"
    )


def take_up_again(command: str, id: str | None) -> str:
    """Return how to resume a wait: of a backup, or (id None) of the target's unfinished run."""
    return f"Wait for it: {command} backup wait {id or ''}".rstrip()


def with_target(hint: str, command: str) -> str:
    """Return a hint whose commands lead to a target: `psbridge backup list` becomes `psbridge -t redmond backup list`.

    `command` is how to call psbridge for the target, such as `psbridge -t redmond`.
    """
    return _COMMAND.sub(lambda _: f"{command} ", hint)
