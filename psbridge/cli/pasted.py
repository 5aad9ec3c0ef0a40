"""Commands in hints, made complete: pasted elsewhere, they lead to the same target, config and journal.

What variables of this process name is among their options: a command of cron's mail or of a log is pasted into a shell that has
other variables.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_OF_A_STAMP: Final = r"\bpsbridge (?=(?:backup|run|settings|alert|monitor) [a-z]|(?:doctor|status)\b(?! -))"
_OF_A_CONFIG: Final = r"\bpsbridge (?=(?:config|target) [a-z])"
"""Commands without options of their own, and which of the options below they need. Texts: most commands print no hint."""


def leading(config: str | None, state: str | None = None, target: str | None = None, *, env: Mapping[str, str]) -> str:
    """Return the options for a command: of the config, the state folder and the target, those that there are."""
    import shlex  # hints and results need it, and most starts print neither

    given = (("--config", config or env.get("PSBRIDGE_CONFIG")), ("--state-dir", state), ("-t", target))
    return " ".join(f"{option} {shlex.quote(value)}" for option, value in given if value)


def completed(text: str, here: str, config: str) -> str:
    """Return a text with options in its commands; a command that has options after `psbridge` already stays as it is.

    Args:
        text: such as a hint.
        here: the options of commands on a stamp.
        config: those of commands that read the config only.
    """
    text = re.sub(_OF_A_STAMP, lambda _: f"psbridge {here}".strip() + " ", text)
    return re.sub(_OF_A_CONFIG, lambda _: f"psbridge {config}".strip() + " ", text)
