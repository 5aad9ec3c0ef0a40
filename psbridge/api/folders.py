"""Where psbridge keeps its files on this machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from psbridge.errors import ConfigError
from psbridge.files import home, systemd_folders, unwritable, whole

_NAME_ONE = "Name one by its whole path, with --state-dir or PSBRIDGE_STATE_DIR"


def state_folder(chosen: str | Path | None, env: Mapping[str, str]) -> Path:
    """Return the state folder; it need not exist.

    It is the first of: the one that was asked for, `PSBRIDGE_STATE_DIR`, systemd's `STATE_DIRECTORY` if a folder of it is
    psbridge's own, the user's XDG state folder, and, for a user without a home folder, any folder of `STATE_DIRECTORY`. But a
    journal that is already in the XDG folder stays in use: its unfinished runs must not be forgotten.

    Raises:
        ConfigError: none is known on this machine.
    """
    named = chosen or env.get("PSBRIDGE_STATE_DIR")
    if named:
        return _absolute(Path(named))
    own = _xdg(env, "XDG_STATE_HOME", ".local/state")
    ours, others = systemd_folders(env, "STATE_DIRECTORY")
    if ours and not (own and _has_journal(own) and not _has_journal(ours[0])):
        return ours[0]
    found = own or next(iter(others), None)
    if found is None:
        raise ConfigError(
            f"this machine has no folder for psbridge's state: the user (uid {os.geteuid()}) has no home folder",
            hint=f"{_NAME_ONE}; a systemd service can have StateDirectory=psbridge.",
        )
    return found


def named_state(env: Mapping[str, str]) -> str | None:
    """Return the state folder that variables of this process name, None if another process of the user finds it by itself."""
    named = env.get("PSBRIDGE_STATE_DIR")
    if named or not env.get("STATE_DIRECTORY"):
        return named or None
    try:
        found = state_folder(None, env)
    except ConfigError:
        return None
    return None if found == _xdg(env, "XDG_STATE_HOME", ".local/state") else str(found)


def _has_journal(folder: Path) -> bool:
    return os.path.isdir(folder / "runs")  # noqa: PTH112 - a folder that may not be entered has none for this user


def state_problem(chosen: str | Path | None, env: Mapping[str, str]) -> str | None:
    """Return why the state folder can't be written to, None if it most probably can; nothing is made."""
    try:
        folder = state_folder(chosen, env)
    except ConfigError as nowhere:
        return nowhere.message
    why = unwritable(folder)
    return None if why is None else f"the state folder {folder} can't be written: {why}"


def cache_folder(env: Mapping[str, str]) -> Path | None:
    """Return the user's cache folder for psbridge, None where there is none; what is in it may be lost at any time."""
    ours, others = systemd_folders(env, "CACHE_DIRECTORY")
    return next(iter(ours), None) or _xdg(env, "XDG_CACHE_HOME", ".cache") or next(iter(others), None)


def _xdg(env: Mapping[str, str], variable: str, default: str) -> Path | None:
    # The XDG specification: a relative path in these variables is invalid and to be ignored.
    base = env.get(variable, "")
    if base.startswith("/"):
        return Path(base) / "psbridge"
    own = home(env)
    # Systemd gives a service with DynamicUser= the home `/`, which it can't write to.
    if own is None or (own == Path("/") and os.geteuid() != 0):
        return None
    return own / default / "psbridge"


def _absolute(path: Path) -> Path:
    try:
        return whole(path)
    except FileNotFoundError as nowhere:
        raise ConfigError(
            f"the state folder {path} can't be found: {nowhere.strerror}", hint=f"{_NAME_ONE}."
        ) from nowhere
