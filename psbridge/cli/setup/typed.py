"""Checks of what is typed or given that the config's rules do not have: each returns it as it is taken, or raises `Wrong`."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable

from psbridge.config.draft import checked
from psbridge.config.rules import Wrong
from psbridge.files import expanded


def existing_file(typed: str) -> str:
    """Return the absolute path of a file that can be read."""
    try:
        path = expanded(typed).absolute() if typed else None
    except OSError:
        path = None
    if path is None or not path.is_file() or not os.access(path, os.R_OK):
        raise Wrong("expected a file that this user can read")
    return str(path)


def optional(check: Callable[[str], str]) -> Callable[[str], str]:
    """Return a check that takes an empty answer too."""
    return lambda typed: check(typed) if typed else ""


def key(name: str) -> Callable[[str], str]:
    """Return the check of a key of a target."""
    return lambda typed: checked(name, typed)


def command(typed: str) -> str:
    """Return the words of a command, quoted anew."""
    return shlex.join(words(typed))


def words(typed: str) -> list[str]:
    """Return the words of a command."""
    try:
        found = shlex.split(typed)
    except ValueError:
        raise Wrong("expected words with matching quotes") from None
    if not found or not found[0]:
        raise Wrong("expected a command")
    return found


def variable(typed: str) -> str:
    """Return the name of an environment variable."""
    if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]{0,127}", typed):
        raise Wrong("expected the name of an environment variable")
    return typed


def credential(typed: str) -> str:
    """Return the name of a credential of systemd."""
    if not re.fullmatch("[A-Za-z0-9._-]{1,64}", typed):
        raise Wrong("expected a name of letters, digits, . _ -")
    return typed
