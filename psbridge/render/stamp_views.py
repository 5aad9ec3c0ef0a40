"""Views of how a stamp stands: its status, its open alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psbridge.catalogue.alerts import PREFIX
from psbridge.errors import ExitCode
from psbridge.render import formatting
from psbridge.render.blocks import BAD, DIM, GOOD, STRONG, WARN, Block, Cell, Gap, Table, fields, line

if TYPE_CHECKING:
    from psbridge.documents.alert import AlertEntryBody, AlertListDocument
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
        return line(Cell("not well:", f"bold {BAD}"), f"{document.target}: {_why(document)}")
    attention = dict.fromkeys(row.name for row in document.rows if row.state != "ok")
    good = f"newest good backup {formatting.duration(document.age_seconds)} old"
    limit = f" (limit {formatting.duration(document.max_age_seconds)})"
    also = f"; see: {', '.join(attention)}" if attention else ""
    return line(Cell("well:", f"bold {GOOD}"), f"{document.target}: {good}{limit}{also}")


_OF_THE_NEWEST = {
    ExitCode.FAILED: "the newest backup has failed",
    ExitCode.PARTIAL: "the newest backup is incomplete",
    ExitCode.UNKNOWN: "the newest backup can be proved neither good nor bad",
}


def _why(document: StampStatusDocument) -> str | None:
    """Return what is wrong; of the newest backup in short, because its row says the rest."""
    newest = document.newest
    code = next((it for it in _OF_THE_NEWEST if it == document.exit_code), None)
    if newest is None or code is None or newest.exit_code != document.exit_code or document.error is not None:
        return document.message
    return _OF_THE_NEWEST[code]


def _row(row: RowBody) -> tuple[Cell, Cell, Cell]:
    style = _MARKS[row.state]
    text = Cell(row.text, DIM if row.state == "unknown" else "" if row.state == "ok" else style)
    return Cell(row.state, style), Cell(row.name), text


def alert_list(document: AlertListDocument) -> list[Block]:
    """Return each open alert with what it means and what to do."""
    whose = "" if document.every else "of the backup service "
    shown: list[Block] = []
    for alert in document.alerts:
        shown += [*([Gap()] if shown else []), *_alert(alert)]
    if not shown:
        shown.append(line(f"no alert {whose}is open on {document.target}"))
    if document.emulated:
        shown.append(line(Cell(formatting.EMULATED, WARN)))
    return shown


_UNKNOWN_TYPE = "a type of alert that this release does not know"


def _of_backup(alert: AlertEntryBody) -> bool:
    return (alert.fault_type or "").casefold().startswith(PREFIX.casefold())


def _alert(alert: AlertEntryBody) -> list[Block]:
    severity = (alert.severity or "unknown severity").lower()
    style = BAD if severity == "critical" else WARN
    rows = fields(
        [
            ("type", formatting.text(alert.fault_type)),
            ("since", formatting.moment(alert.created_at)),
            ("about", alert.resource),
            ("means", alert.meaning or (_UNKNOWN_TYPE if _of_backup(alert) else None)),
            ("do", alert.remedy),
            *(("details", f"{name}: {value}") for name, value in alert.properties.items()),
            *(("stamp says", text) for text in alert.description or ()),
            *(("stamp advises", text) for text in alert.remediation or ()),
        ]
    )
    return [line(Cell(f"{severity}:", f"bold {style}"), alert.title or "untitled"), rows]
