"""The problems of a scenario file, reported all at once, each with its place and the nearest known word."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from psbridge.emulator.errors import EmulationError

_FEW = 12  # maximum number of words to list in a message


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem.

    Attributes:
        file: as the user named it.
        message: the expected value, or why this one is invalid.
        line: from 1; None: it is about the whole file.
        key: the keys that lead to it, such as `host.module`; empty for the whole document.
    """

    file: str
    message: str
    line: int | None = None
    key: str = ""
    nearest: str | None = None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        near = f"; did you mean '{self.nearest}'?" if self.nearest else ""
        return f"{place}: {self.key + ': ' if self.key else ''}{self.message}{near}"


class ScenarioError(EmulationError):
    """A scenario file is invalid; the message has a line for each problem.

    Attributes:
        problems: at least one, in the order of the file.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line or 0))
        super().__init__("scenario", "\n".join(map(str, self.problems)))


@contextmanager
def together() -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """Yield a function that makes a context for each read; the problems of all are raised at the end.

    Raises:
        ScenarioError: there were problems.
    """
    problems: list[Problem] = []

    @contextmanager
    def each() -> Iterator[None]:
        try:
            yield
        except ScenarioError as error:
            problems.extend(error.problems)

    yield each
    if problems:
        raise ScenarioError(problems)


def nearest(word: str, known: Collection[str]) -> str | None:
    """Return the nearest known word."""
    found = difflib.get_close_matches(word, known, n=1)
    return found[0] if found else None


def listed(known: Collection[str]) -> str:
    """Return the end of a sentence that lists the known words, if they are few."""
    return f"; there are: {', '.join(known)}" if len(known) <= _FEW else ""
