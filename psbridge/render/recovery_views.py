"""Views of keys and of the recovery sheet."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from psbridge.render import formatting
from psbridge.render.blocks import DIM, STRONG, WARN, Block, Cell, Gap, Table, fields, line
from psbridge.render.escape import safe

if TYPE_CHECKING:
    from psbridge.documents.recovery import KeyBody, KeyListDocument, RecoverySheetDocument

_LINE = "_" * 30


def key_list(document: KeyListDocument) -> list[Block]:
    """Return each certificate with the backups that need it, and what is known of its key."""
    shown: list[Block] = []
    for key in document.keys:
        shown += [*([Gap()] if shown else []), *_key(key)]
    if not shown:
        shown.append(line(f"no certificate is known for {document.target}"))
    for path in document.in_store:
        text = f"{path}: a key in the store would be deleted when the stamp removes what it does not know"
        shown.append(line(Cell("warning:", WARN), text))
    shown.append(line(Cell("Keep every key: a copy of a backup may need one that is not listed.", DIM)))
    if document.emulated:
        shown.append(line(Cell(formatting.EMULATED, WARN)))
    return shown


def _key(key: KeyBody) -> list[Block]:
    newest = f", newest {key.backups[0]}" if key.backups else ""
    opened = key.opened
    rows = fields(
        [
            ("settings", "the stamp encrypts with it now" if key.in_settings else "not the one in the settings"),
            ("needed by", f"{len(key.backups)} backups on the stamp{newest}"),
            ("in store", None if key.in_store is None else f"{len(key.in_store)} backups need it"),
            ("opened", f"{formatting.moment(opened.opened_at)} on {opened.machine}" if opened else formatting.NONE),
            ("file", opened.path if opened else None),
            ("subject", opened.subject if opened else None),
            ("expires", formatting.moment(opened.not_after) if opened else None),
        ]
    )
    return [line(Cell(key.thumbprint, STRONG)), rows, *(line(Cell("warning:", WARN), text) for text in key.warnings)]


def recovery_sheet(document: RecoverySheetDocument) -> list[Block]:
    """Return the sheet; what must be filled in by hand is a line to write on."""
    shown: list[Block] = [line(Cell(f"Recovery sheet of {document.target}", STRONG)), line(document.made_at)]
    for section, rows in groupby(document.rows, key=lambda row: row.section):
        cells = tuple(
            (Cell(row.name), Cell(row.value) if row.value is not None else Cell(_LINE, DIM), Cell(row.source, DIM))
            for row in rows
        )
        shown += [Gap(), line(Cell(section, STRONG)), Table((), cells)]
    shown += [Gap(), *(line(Cell("-", DIM), note) for note in document.notes)]
    if document.emulated:
        shown.append(line(Cell(formatting.EMULATED, WARN)))
    return shown


def markdown(document: RecoverySheetDocument) -> str:
    """Return the sheet as Markdown, one printed page."""
    lines = [f"# Recovery sheet of {_cell(document.target)}", "", f"Made {document.made_at} by psbridge."]
    if document.emulated:
        lines += ["", formatting.EMULATED]
    for section, rows in groupby(document.rows, key=lambda row: row.section):
        lines += ["", f"## {section}", "", "| what | value | from |", "|---|---|---|"]
        lines += [f"| {_cell(row.name)} | {_cell(row.value or _LINE)} | {_cell(row.source)} |" for row in rows]
    lines += ["", "## Read this first", "", *(f"- {note}" for note in document.notes), ""]
    return "\n".join(lines)


def _cell(text: str) -> str:
    return safe(text).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
