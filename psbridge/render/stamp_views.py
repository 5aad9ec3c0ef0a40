"""Views of how a stamp stands: its status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psbridge.errors import ExitCode
from psbridge.render import formatting
from psbridge.render.blocks import BAD, DIM, GOOD, STRONG, WARN, Block, Cell, Gap, Table, line

if TYPE_CHECKING:
    from psbridge.documents.stamp_status import RowBody, StampStatusDocument

_MARKS = {"ok": GOOD, "warn": WARN, "fail": BAD, "unknown": WARN}


def stamp_status(document: StampStatusDocument) -> list[Block]:
    """Return whether the stamp is well and why, what to do, and one row per thing that was read."""
    shown: list[Block] = [_headline(document)]
    if document.hint:
        shown.append(line(Cell("hint:", STRONG), document.hint))
    if document.rows:
        shown += [Gap(), Table((), tuple(map(_row, document.rows)), frozenset({0, 1}))]
    if document.emulated:
        shown.append(line(Cell(formatting.EMULATED, WARN)))
    return shown


def _headline(document: StampStatusDocument) -> Block:
    if document.exit_code != ExitCode.OK:
        return line(Cell("not well:", f"bold {BAD}"), f"{document.target}: {document.message}")
    attention = dict.fromkeys(row.name for row in document.rows if row.state != "ok")
    good = f"newest good backup {formatting.duration(document.age_seconds)} old"
    limit = f" (limit {formatting.duration(document.max_age_seconds)})"
    also = f"; see: {', '.join(attention)}" if attention else ""
    return line(Cell("well:", f"bold {GOOD}"), f"{document.target}: {good}{limit}{also}")


def _row(row: RowBody) -> tuple[Cell, Cell, Cell]:
    style = _MARKS[row.state]
    text = Cell(row.text, DIM if row.state == "unknown" else "" if row.state == "ok" else style)
    return Cell(row.state, style), Cell(row.name), text
