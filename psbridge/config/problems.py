"""What is wrong in a config: all of it at once, each with its place. No value is ever repeated: it may be a secret."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import asdict

from psbridge.errors import ConfigError

Path = tuple[str | int, ...]
"""Where in a file's values something is: keys, and places in lists."""
MOST = 100
"""Problems that are listed one by one; a config with more is not one that was written by hand."""


class _Hidden(tuple[str | int, ...]):
    """A place in a file's values, whose repr shows none of it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "(***)"


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong; with severity `warning` it stops nothing.

    `path` is for psbridge itself; it may hold what the key masks.
    """

    message: str
    file: str | None = None
    line: int | None = None
    key: str | None = None
    nearest: str | None = None
    severity: str = "error"
    path: Path = ()

    def __post_init__(self) -> None:
        """Hide the path: a key of it may be a secret that was written in its place."""
        msgspec.structs.force_setattr(self, "path", _Hidden(self.path))

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: " if self.file and self.line else f"{self.file}: " if self.file else ""
        near = f" (did you mean {self.nearest}?)" if self.nearest else ""
        return f"{place}{self.key + ': ' if self.key else ''}{self.message}{near}"

    def plain(self) -> dict[str, Any]:
        """Return it as it stands in `detail.problems`."""
        return {key: value for key, value in asdict(self).items() if key != "path"}


def most(problems: Sequence[Problem]) -> list[Problem]:
    """Return the first problems by their place, and how many more there are where there are too many to list."""
    ordered = sorted(problems, key=lambda problem: (problem.file or "", problem.line or 0))
    rest = ordered[MOST:]
    if not rest:
        return ordered
    return [*ordered[:MOST], Problem(f"{len(rest)} more problems from here on", file=rest[0].file, line=rest[0].line)]


def refuse(problems: Sequence[Problem], *, hint: str | None = None) -> ConfigError:
    """Return one error that names all problems."""
    ordered = most(problems)
    count = f"{len(problems)} problems in the config; the first: " if len(problems) > 1 else ""
    return ConfigError(
        f"{count}{ordered[0]}",
        hint=hint or _check_again(ordered[0]),
        detail={"problems": [problem.plain() for problem in ordered]},
    )


def _check_again(problem: Problem) -> str:
    """Return how to check the config after a correction, from any shell. Only a config has lines, a secret file has none."""
    option = f" --config {shlex.quote(problem.file)}" if problem.file and problem.line else ""
    return f"Each key is explained by `psbridge help configuration`. Check the config: psbridge config validate{option}"
