"""Where psbridge keeps its files on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from psbridge.errors import ConfigError
from psbridge.files import whole


def state_folder(chosen: str | Path | None, env: Mapping[str, str]) -> Path:
    """Return the state folder: the one that was asked for, `PSBRIDGE_STATE_DIR`, else the user's XDG state folder."""
    named = chosen or env.get("PSBRIDGE_STATE_DIR")
    if named:
        return _absolute(Path(named))
    return _xdg(env, "XDG_STATE_HOME", ".local/state")


def cache_folder(env: Mapping[str, str]) -> Path:
    """Return the user's XDG cache folder for psbridge; what is in it may be lost at any time."""
    return _xdg(env, "XDG_CACHE_HOME", ".cache")


def _xdg(env: Mapping[str, str], variable: str, default: str) -> Path:
    # The XDG specification: a relative path in these variables is invalid and to be ignored.
    base = env.get(variable, "")
    return (Path(base) if base.startswith("/") else _absolute(Path("~") / default)) / "psbridge"


def _absolute(path: Path) -> Path:
    try:
        return whole(path)
    except FileNotFoundError as nowhere:
        raise ConfigError(
            f"the state folder {path} can't be found: {nowhere.strerror}",
            hint="Name one by its whole path, with --state-dir or PSBRIDGE_STATE_DIR.",
        ) from nowhere
