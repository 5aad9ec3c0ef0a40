"""Blocks of text, independent of the terminal. Their text is escaped."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from psbridge.render.escape import safe

PLAIN, GOOD, BAD, WARN, DIM, STRONG = "", "green", "red", "yellow", "dim", "bold"


class Cell(msgspec.Struct, frozen=True):
    """A text and its style. The text is always escaped."""

    text: str
    style: str = PLAIN

    def __post_init__(self) -> None:
        """Escape the text: every shown text passes through here or `Verbatim`."""
        msgspec.structs.force_setattr(self, "text", safe(self.text))


class Line(msgspec.Struct, frozen=True):
    """Cells on one line, one space between them."""

    cells: tuple[Cell, ...]


class Fields(msgspec.Struct, frozen=True):
    """Names and their values, the values aligned."""

    rows: tuple[tuple[str, Cell], ...]


class Table(msgspec.Struct, frozen=True):
    """Rows under a header; an empty header is not shown.

    Attributes:
        whole: the columns, by number, whose text is never wrapped, such as ids.
        spare: headers of the columns to leave out on a terminal that is too narrow for all, in this order.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    whole: frozenset[int] = frozenset({0})
    spare: tuple[str, ...] = ()


class Gap(msgspec.Struct, frozen=True):
    """An empty line."""


class Verbatim(msgspec.Struct, frozen=True):
    """Lines to copy: never wrapped, never coloured, always escaped."""

    lines: tuple[str, ...]

    def __post_init__(self) -> None:
        """Escape the lines."""
        msgspec.structs.force_setattr(self, "lines", tuple(map(safe, self.lines)))


Block = Line | Fields | Table | Gap | Verbatim


def line(*cells: Cell | str) -> Line:
    """Return a line of cells; a bare text is plain."""
    return Line(tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in cells))


def fields(rows: Sequence[tuple[str, Cell | str | None]]) -> Fields:
    """Return fields; those that are None are left out."""
    return Fields(tuple((name, v if isinstance(v, Cell) else Cell(v)) for name, v in rows if v is not None))
