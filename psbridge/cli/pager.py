"""A pager for long texts on a terminal, chosen as git and gh choose it."""

from __future__ import annotations

import shlex
import shutil
import signal
import subprocess
from collections.abc import Mapping
from typing import Final

_SETTINGS: Final = {"LESS": "FRX", "LV": "-c"}
"""What git and gh set for less and lv where the caller did not: colours, and no pager for what fits the screen."""


def paged(text: str, env: Mapping[str, str]) -> bool:
    """Show a text in `$PAGER`, else in less, and return whether the pager showed it.

    It did not if `PAGER` is empty or `cat`, or if its program can't be started or fails. A pager that a signal ended was
    stopped by its user.
    """
    try:
        command = shlex.split(env.get("PAGER", "less"))
    except ValueError:  # an open quote
        return False
    if not command or command == ["cat"] or shutil.which(command[0], path=env.get("PATH")) is None:
        return False
    try:
        pager = subprocess.Popen(command, stdin=subprocess.PIPE, env={**_SETTINGS, **env}, encoding="utf-8")  # noqa: S603 - the user's own choice
    except OSError:
        return False
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the pager's to take
    try:
        pager.communicate(text)
    finally:
        signal.signal(signal.SIGINT, before)
    return pager.returncode <= 0
