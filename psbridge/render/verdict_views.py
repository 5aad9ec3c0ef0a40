"""What a person sees of a verdict's evidence, of its record, and of the record's check."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from psbridge.errors import ExitCode
from psbridge.render import formatting
from psbridge.render.blocks import BAD, DIM, GOOD, STRONG, WARN, Block, Cell, Gap, Table, fields, line

if TYPE_CHECKING:
    from psbridge.documents.proof import ProofCheckDocument, ProofDocument
    from psbridge.documents.verdict import EvidenceBody


def evidence(rows: Sequence[EvidenceBody]) -> Table:
    """Return the rows that a verdict rests on."""
    shown = tuple(
        (
            Cell(row.check, DIM if row.outcome == "not_checked" else ""),
            Cell(row.outcome.replace("_", " "), formatting.OUTCOME_STYLES[row.outcome]),
            Cell(row.detail, DIM if row.outcome == "not_checked" else ""),
        )
        for row in rows
    )
    return Table(("CHECK", "OUTCOME", "DETAIL"), shown, frozenset({0, 1}))


def proof(document: ProofDocument) -> list[Block]:
    """Return the record's head; its observations are for `proof verify`."""
    looks = sum(look.times for look in document.observations.looks)
    rows = [
        ("target", document.target),
        ("host", formatting.text(document.host)),
        ("backup", formatting.text(document.observations.backup_id)),
        ("verdict", document.verdict),
        ("looks", str(looks)),
        ("made", formatting.moment(document.made_at)),
        ("sha256", document.sha256),
    ]
    return [line(Cell("record:", STRONG), f"of a verdict on {document.target}"), Gap(), fields(rows)]


def proof_check(document: ProofCheckDocument) -> list[Block]:
    """Return what a record says and what its observations lead to."""
    good = document.intact and document.agrees
    word = Cell("the record holds:" if good else "the record does not hold:", GOOD if good else BAD)
    about = f"{document.verdict} by its observations" if document.verdict else document.file
    if good and document.exit_code == ExitCode.STALE:
        about = f"stale ({about}, but older than was asked for)"
    shown: list[Block] = [line(word, about), *(line(Cell("-", BAD), each) for each in document.problems)]
    shown += [line(Cell("warning:", WARN), each) for each in document.warnings]
    if document.target is None:
        return shown
    maker = document.made_by
    rows = fields(
        [
            ("target", document.target + (" (emulated: nothing real was backed up)" if document.emulated else "")),
            ("host", formatting.text(document.host)),
            ("backup", document.backup.id if document.backup else formatting.NONE),
            ("completed", formatting.moment(document.backup.completed_at) if document.backup else formatting.NONE),
            ("said", f"{document.recorded_verdict}, exit code {document.recorded_exit_code}"),
            (
                "made",
                f"{formatting.moment(document.made_at)} by {maker.user} on {maker.machine}"
                if maker
                else formatting.NONE,
            ),
            ("run", document.run),
            ("note", document.note),
        ]
    )
    return [*shown, Gap(), rows, Gap(), evidence(document.evidence)]
