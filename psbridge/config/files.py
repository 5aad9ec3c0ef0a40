"""Files that psbridge trusts: where the config is searched for, and who may have written it."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from psbridge.errors import ConfigError
from psbridge.files import expanded, home, open_regular, read_at_most, systemd_folders

if TYPE_CHECKING:
    from psbridge.yamlfile import Node

NAME = "config.yaml"
SYSTEM = Path("/etc/psbridge") / NAME
CONFIG = "config"
"""What `read` calls the config in its messages."""
MOST = 1024 * 1024
"""Bytes; the largest config or secret that is read."""
MOST_NODES = 20_000
"""Keys and values of a config; a fleet of 500 targets with ten keys each has half as many."""
DEEPEST = 12
"""Levels of mappings and lists in a config."""


def user_config(env: Mapping[str, str]) -> Path | None:
    """Return the user's own config file, whether it exists or not; None for a user without a home folder."""
    folder = env.get("XDG_CONFIG_HOME", "")
    own = home(env)
    base = Path(folder) if folder.startswith("/") else own and own / ".config"
    return base and base / "psbridge" / NAME


def find(path: str | Path | None, env: Mapping[str, str], system: Path = SYSTEM) -> Path | None:
    """Return the config file to read: the flag's, `$PSBRIDGE_CONFIG`'s, systemd's, the user's, the machine's, or None.

    One that was named need not exist yet; reading it will say so. systemd's is `config.yaml` in a folder of
    `$CONFIGURATION_DIRECTORY`, after the user's if the folder is not psbridge's own (see `systemd_folders`).

    Raises:
        ConfigError: its name begins with a home folder that is not known.
    """
    named = path or env.get("PSBRIDGE_CONFIG")
    if named:
        try:
            return expanded(named)
        except OSError as error:
            raise _refused(f"can't read the config: {error.strerror}", named) from None
    ours, others = ([each / NAME for each in folders] for folders in systemd_folders(env, "CONFIGURATION_DIRECTORY"))
    return next((each for each in (*ours, user_config(env), *others, system) if each and _exists(each)), None)


def _exists(path: Path) -> bool:
    """Return whether a path exists. One that this user may not examine counts as existing; reading it gives the reason."""
    try:
        return path.exists()
    except OSError:
        return True


def beside(config: Path | None, path: str | None) -> str | None:
    """Return a path of the config: `~` is the user's home, a relative one starts at the config's folder.

    Raises:
        ConfigError: it begins with a home folder that is not known.
    """
    if path is None:
        return None
    try:
        found = expanded(path)
    except OSError as error:
        raise _refused(f"can't be found: {error.strerror}", path) from None
    return str(found if found.is_absolute() or config is None else config.parent.absolute() / found)


def read(path: Path, what: str) -> tuple[str, bool]:
    """Return a file's text, and whether others may read it.

    Args:
        path: the file; its owner and mode, and its folder's, are checked on the file that was opened.
        what: such as `config` or `secret file`, for the message.

    Raises:
        ConfigError: it can't be read, is not UTF-8, is too large, or others may change it.
    """
    try:
        with open_regular(path) as stream:
            found = os.fstat(stream.fileno())
            _trust(found, path, what)
            for folder in {path.parent.absolute(), path.resolve().parent}:
                _trust(folder.stat(), folder, f"folder of the {what}")
            data = read_at_most(stream, MOST)
    except OSError as error:
        hint = _unreadable(error) if what == CONFIG else None
        raise _refused(f"can't read the {what}: {error.strerror}", path, hint=hint) from None
    try:
        return data.decode("utf-8-sig"), bool(found.st_mode & (stat.S_IRGRP | stat.S_IROTH))
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
    raise _refused(f"the {what} is not UTF-8 text", path, line=line)


def _unreadable(error: OSError) -> str:
    """Return what to do about a config that can't be read; a command that reads it again can't help."""
    if isinstance(error, FileNotFoundError):
        return "Correct the path, or write a config there: psbridge config init"
    return "Name a file that this user can read, with --config or PSBRIDGE_CONFIG."


def _trust(found: os.stat_result, path: Path, what: str) -> None:
    if found.st_uid not in {os.geteuid(), 0}:
        problem = f"the {what} belongs to neither this user nor root"
        raise _refused(problem, path, hint=f'Read it, then change its owner: chown "$USER" {path}')
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        problem = f"others may write the {what} (mode {stat.S_IMODE(found.st_mode):04o})"
        shared = stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX  # such as /tmp
        move = "Move it to a folder that only this user can write, such as ~/.config/psbridge."
        raise _refused(problem, path, hint=move if shared else f"chmod go-w {shlex.quote(str(path))}")


def _refused(message: str, path: str | Path, *, line: int | None = None, hint: str | None = None) -> ConfigError:
    from psbridge.config.problems import Problem, refuse  # completion, which reads names only, does without

    return refuse([Problem(message, file=str(path), line=line)], hint=hint)


def tree(text: str) -> Node | None:
    """Return the YAML of a config.

    Raises:
        YamlError: it is not YAML, or more than any config.
    """
    from psbridge.yamlfile import parse  # here, because completion only searches for the config

    return parse(text, "a config", most=MOST_NODES, deepest=DEEPEST)
