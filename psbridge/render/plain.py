"""Blocks as plain aligned text, for pipes, files and logs: no colour, nothing wrapped, nothing cut."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from psbridge.render.blocks import Block, Facts, Line, Table, Verbatim


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
        case Facts(rows):
            return _aligned([(name, cell.text) for name, cell in rows]) if rows else []
        case Table(header, table_rows):
            return _aligned([header, *([cell.text for cell in row] for row in table_rows)])
        case Verbatim(lines):
            return list(lines)
        case _:
            return [""]


def write(blocks: Sequence[Block]) -> str:
    """Return the blocks as lines without a final newline."""
    return "\n".join(text for block in blocks for text in _lines(block))
