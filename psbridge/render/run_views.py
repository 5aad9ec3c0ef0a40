"""What a person sees of the journal's runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psbridge.render import words
from psbridge.render.blocks import STRONG, Block, Cell, Gap, Table, Verbatim, facts, line

if TYPE_CHECKING:
    from psbridge.documents.run import RunBody, RunDocument
    from psbridge.documents.run_closed import RunClosedDocument
    from psbridge.documents.run_list import RunListDocument


def run_list(document: RunListDocument) -> list[Block]:
    """Return one row per run; a closed one is followed by why it was closed."""
    if not document.runs:
        return [line("no runs in the journal of this machine")]
    rows = tuple(
        (
            Cell(run.run),
            Cell(run.target),
            Cell(run.state),
            Cell(words.text(run.verdict), words.JUDGEMENT_STYLES.get(run.verdict or "", "")),
            Cell(words.moment(run.created_at)),
            Cell(words.text(run.backup_id)),
        )
        for run in document.runs
    )
    header = ("RUN", "TARGET", "STATE", "VERDICT", "CREATED", "BACKUP")
    shown: list[Block] = [Table(header, rows, frozenset({0, 5}))]
    return shown + [
        line(run.run, Cell("closed:", STRONG), run.closed_reason) for run in document.runs if run.closed_reason
    ]


def _facts_of(run: RunBody) -> Block:
    return facts(
        [
            ("run", run.run),
            ("target", run.target),
            ("location", run.location),
            ("host", words.text(run.host)),
            ("state", run.state),
            ("closed", run.closed_reason),
            ("note", run.note),
            ("trigger", run.trigger),
            ("backup", words.text(run.backup_id)),
            ("last seen", words.text(run.status)),
            ("verdict", Cell(words.text(run.verdict), words.JUDGEMENT_STYLES.get(run.verdict or "", ""))),
            ("exit code", words.text(run.exit_code)),
            ("created", words.moment(run.created_at)),
            ("updated", words.moment(run.updated_at)),
            ("host's time", words.moment(run.host_time)),
        ]
    )


def run(document: RunDocument) -> list[Block]:
    """Return one run, and what leads it on."""
    held = document.run
    shown: list[Block] = [_facts_of(held)]
    if held.cause:
        shown.append(line("the trigger's answer was lost:", held.cause))
    shown += [line("candidate", one) for one in held.candidates]
    if document.at_work:
        shown.append(line("at work:", document.at_work))
    if document.next_steps:
        shown += [Gap(), line(Cell("next:", STRONG)), Verbatim(document.next_steps)]
    return shown


def run_closed(document: RunClosedDocument) -> list[Block]:
    """Return what was closed, why, and what that means for the backup."""
    held = document.run
    return [
        line(Cell("closed", STRONG), f"run {held.run} of {held.target}: {held.closed_reason}"),
        line(document.message),
    ]
