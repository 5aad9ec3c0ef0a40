"""What a person sees of a document, before it is known on what: blocks of cells, whose text is harmless."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psbridge.render.safe import safe

PLAIN, GOOD, BAD, WARN, DIM, STRONG = "", "green", "red", "yellow", "dim", "bold"


@dataclass(frozen=True, slots=True)
class Cell:
    """One piece of text and how it looks. However it is made, its text is harmless."""

    text: str
    style: str = PLAIN

    def __post_init__(self) -> None:
        """Make the text harmless: every shown text comes through here or `Verbatim`."""
        object.__setattr__(self, "text", safe(self.text))


@dataclass(frozen=True, slots=True)
class Line:
    """Cells on one line, one space between them."""

    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Names and their values, the values aligned."""

    rows: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a header.

    Attributes:
        whole: the columns, by number, whose text is never wrapped, such as ids.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    whole: frozenset[int] = frozenset({0})


@dataclass(frozen=True, slots=True)
class Gap:
    """An empty line."""


@dataclass(frozen=True, slots=True)
class Verbatim:
    """Lines to be copied: never wrapped, never coloured. However they are made, their text is harmless."""

    lines: tuple[str, ...]

    def __post_init__(self) -> None:
        """Make the lines harmless."""
        object.__setattr__(self, "lines", tuple(map(safe, self.lines)))


Block = Line | Facts | Table | Gap | Verbatim


def line(*cells: Cell | str) -> Line:
    """Return a line of cells; a bare text is plain."""
    return Line(tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in cells))


def facts(rows: Sequence[tuple[str, Cell | str | None]]) -> Facts:
    """Return facts; those that are None are left out."""
    return Facts(tuple((name, v if isinstance(v, Cell) else Cell(v)) for name, v in rows if v is not None))
