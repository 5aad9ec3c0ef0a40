"""The files of a first config: all of them, or none. What exists is never changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

from psbridge.config.draft import SCHEMA_FILE
from psbridge.config.files import user_config
from psbridge.config.schema import json_schema
from psbridge.errors import ConfigError
from psbridge.files import expanded, private_folder, write_new

if TYPE_CHECKING:
    from collections.abc import Mapping

    from psbridge.cli.context import Context
    from psbridge.cli.setup.results import Answers

_ANOTHER: Final = (
    "Edit it to change it or to add a target (psbridge help configuration), or name another file with --config."
)


def place(context: Context) -> Path:
    """Return the path of the config to write; nothing is written yet.

    Raises:
        ConfigError: there is no folder for it, or it exists already.
    """
    named = context.options.config or context.env.get("PSBRIDGE_CONFIG") or user_config(context.env)
    if named is None:
        raise ConfigError("no folder for the config: the user has no home folder", hint="Name a file with --config.")
    try:
        path = expanded(named)
    except OSError as problem:
        raise _unwritable(Path(named), problem) from problem
    if path.is_symlink() or path.exists():
        raise taken(path)
    return path


def taken(path: Path) -> ConfigError:
    """Return the error for a file that exists already."""
    return ConfigError(f"{path} already exists and was not changed", hint=_ANOTHER)


def write_text(path: Path, text: str) -> None:
    """Write the config alone.

    Raises:
        ConfigError: it exists, or can't be written.
    """
    _write(path.parent, {path.name: text})


def write(path: Path, answers: Answers) -> list[Path]:
    """Write the config and the files next to it; return the paths of those, the config's first.

    Raises:
        ConfigError: one exists, or can't be written; then none of them is left.
    """
    draft, files = answers.finished()
    made = _write(path.parent, {**files, path.name: draft.text()})
    schema = path.with_name(SCHEMA_FILE)
    if not schema.exists():
        made += _write(path.parent, {SCHEMA_FILE: json.dumps(json_schema(), indent=2) + "\n"})
    return sorted(made, key=lambda each: each != path)


def _write(folder: Path, files: Mapping[str, str]) -> list[Path]:
    made: list[Path] = []
    path = folder
    try:
        private_folder(folder)
        for name, text in files.items():
            path = folder / name
            write_new(path, text)
            made.append(path)
    except BaseException as problem:
        for each in made:
            each.unlink(missing_ok=True)
        if isinstance(problem, FileExistsError):
            raise taken(path) from None
        if isinstance(problem, OSError):
            raise _unwritable(path, problem) from problem
        raise
    return made


def _unwritable(path: Path, problem: OSError) -> ConfigError:
    return ConfigError(f"{path} can't be written: {problem.strerror}", hint="Name another file with --config.")
