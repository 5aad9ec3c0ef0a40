"""Blocks as text: plain and aligned for pipes, files and logs; with colour, and wrapped to the width, for a terminal."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

from psbridge.render.blocks import Block, Fields, Line, Table, Verbatim
from psbridge.render.terminal import Terminal

if TYPE_CHECKING:
    from rich.console import Console, RenderableType


def _width(text: str) -> int:
    """Return the columns that a text takes: two for wide East Asian characters, none for combining ones."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    columns = zip(*rows, strict=True)
    widths = [max(map(_width, column)) for column in columns]
    return ["  ".join(_padded(row, widths)).rstrip() for row in rows]


def _padded(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]


def _lines(block: Block) -> list[str]:
    match block:
        case Line(cells):
            return [" ".join(cell.text for cell in cells)]
        case Fields(rows):
            return _aligned([(name, cell.text) for name, cell in rows]) if rows else []
        case Table(header, table_rows):
            return _aligned([*([header] if header else []), *([cell.text for cell in row] for row in table_rows)])
        case Verbatim(lines):
            return list(lines)
        case _:
            return [""]


def plain(blocks: Sequence[Block]) -> str:
    """Return the blocks as lines without a final newline."""
    return "\n".join(text for block in blocks for text in _lines(block))


_UNBOUNDED = 10_000
"""Columns of a line that is not to be wrapped."""
_WORD = 64
"""The longest word that is never broken: more than an id of 36 or a host's address."""


def console(terminal: Terminal) -> Console:
    """Return a rich console that writes to memory and asks nothing of the process's own streams or environment."""
    from rich.console import Console

    return Console(
        file=io.StringIO(),
        force_terminal=terminal.color,
        color_system="standard" if terminal.color else None,
        no_color=not terminal.color,
        width=max(terminal.width, 20),
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
        _environ={},
    )


_GAP = 2
"""Spaces between two columns; one, where a table fits with that."""


def _fitting(table: Table, width: int) -> tuple[Table, int]:
    """Return a table without the spare columns that `width` has no room for, and the gap between its columns."""
    spare = list(table.spare)
    while True:
        texts = zip(table.header, *([cell.text for cell in row] for row in table.rows), strict=True)
        taken = sum(max(map(_width, column)) for column in texts)
        for gap in (_GAP, 1):
            if taken + gap * (len(table.header) - 1) <= width:
                return table, gap
        if not spare:
            return table, _GAP
        table = _without(table, spare.pop(0))


def _without(table: Table, name: str) -> Table:
    kept = [number for number, header in enumerate(table.header) if header != name]
    return Table(
        tuple(table.header[number] for number in kept),
        tuple(tuple(row[number] for number in kept) for row in table.rows),
        frozenset(place for place, number in enumerate(kept) if number in table.whole),
    )


def _grid(
    header: tuple[str, ...], rows: Sequence[Sequence[tuple[str, str]]], whole: frozenset[int], gap: int = _GAP
) -> RenderableType:
    from rich.table import Table as Grid
    from rich.text import Text

    grid = Grid(box=None, pad_edge=False, padding=(0, gap, 0, 0), show_header=bool(header), header_style="bold")
    for number, column in enumerate(zip(*([header] if header else []), *_texts(rows), strict=True)):
        keep = number in whole
        widest = max(_longest(text, whole=keep) for text in column)
        grid.add_column(header[number] if header else "", no_wrap=keep, overflow="fold", min_width=widest)
    for row in rows:
        grid.add_row(*(Text(text, style=style) for text, style in row))
    return grid


def _texts(rows: Sequence[Sequence[tuple[str, str]]]) -> list[list[str]]:
    return [[text for text, _ in row] for row in rows]


def _longest(text: str, *, whole: bool) -> int:
    """Return the columns that a text needs at least, so that no id and no common word is broken."""
    return len(text) if whole else min(max((len(word) for word in text.split()), default=0), _WORD)


def _renderable(block: Block, width: int) -> RenderableType:
    from rich.text import Text

    match block:
        case Line(cells):
            return Text(" ").join(Text(cell.text, style=cell.style) for cell in cells)
        case Fields(named):
            return _grid((), [((name, "dim"), (cell.text, cell.style)) for name, cell in named], frozenset({0}))
        case Table():
            table, gap = _fitting(block, width) if block.spare else (block, _GAP)
            rows = [[(cell.text, cell.style) for cell in row] for row in table.rows]
            return _grid(table.header, rows, table.whole, gap)
        case Verbatim(lines):
            return Text("\n".join(lines))
        case _:
            return Text("")


def written(blocks: Sequence[Block], terminal: Terminal) -> str:
    """Return the blocks as lines for a terminal without a final newline.

    A table leaves out its spare columns where the terminal is narrow. If its whole columns still don't fit, it is written
    wider than the terminal: an id is never broken.
    """
    if not terminal.tty and not terminal.color:
        return plain(blocks)
    to = console(terminal)
    for block in blocks:
        shown = _renderable(block, terminal.width if terminal.tty else _UNBOUNDED)
        if not terminal.tty or isinstance(block, Verbatim):  # a pipe that wants colour, or a copy: nothing is wrapped
            to.width = _UNBOUNDED
        else:
            least = to.measure(shown, options=to.options.update(width=_UNBOUNDED)).minimum
            to.width = max(terminal.width, min(least, _WORD) if isinstance(block, Line) else least)
        to.print(shown, crop=False, overflow="fold", soft_wrap=not terminal.tty)
        to.width = max(terminal.width, 20)
    text = to.file.getvalue() if isinstance(to.file, io.StringIO) else ""
    return "\n".join(part.rstrip() for part in text.splitlines())
