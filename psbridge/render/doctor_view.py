"""The view of `doctor`: each stage with its mark, its time and what it found; below a finding, what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from psbridge.render.blocks import BAD, DIM, GOOD, WARN, Block, Cell, Gap, Table, line

if TYPE_CHECKING:
    from psbridge.documents.doctor import DoctorDocument, FindingBody, StageBody

_MARKS: Final = {"ok": ("ok", GOOD), "warn": ("warn", WARN), "fail": ("FAIL", f"bold {BAD}"), "not_reached": ("-", DIM)}
_MARK, _NAME, _TIME = 4, 8, 6
"""Widths of the first columns: stages are written one by one, and their columns must agree."""
Row = tuple[Cell, Cell, Cell, Cell]


def stage(body: StageBody) -> Block:
    """Return one stage."""
    mark, style = _MARKS[body.state]
    seconds = "" if body.seconds is None else f"{body.seconds:.1f}s"
    name = Cell(f"{body.stage:{_NAME}}", DIM if body.state == "not_reached" else "")
    head = (Cell(f"{mark:{_MARK}}", style), name, Cell(f"{seconds:>{_TIME}}", DIM))
    below = (Cell(" " * _MARK), Cell(" " * _NAME), Cell(" " * _TIME))
    texts = _texts(body) or [Cell("")]
    return Table(
        (), tuple((*(head if at == 0 else below), text) for at, text in enumerate(texts)), frozenset({0, 1, 2})
    )


def _texts(body: StageBody) -> list[Cell]:
    """Return what is wrong, each with its remedy; what is right is one line."""
    if body.state == "not_reached":
        return [Cell(f"not reached: {it.text}", DIM) for it in body.evidence]
    texts = [cell for it in body.evidence if it.state != "ok" for cell in _finding(it)]
    good = ", ".join(it.text for it in body.evidence if it.state == "ok")
    if body.error is not None and body.error.explain:
        texts.append(Cell(f"More: psbridge explain {body.error.explain}", DIM))
    return [*texts, Cell(good, DIM if texts else "")] if good else texts


def _finding(finding: FindingBody) -> list[Cell]:
    said = Cell(finding.text, _MARKS[finding.state][1])
    return [said, Cell(f"remedy: {finding.remedy}")] if finding.remedy else [said]


def end(document: DoctorDocument) -> list[Block]:
    """Return what is written below the stages: what was not checked, and what it all means."""
    unchecked: list[Block] = [line(Cell("not checked:", DIM), Cell(what, DIM)) for what in document.not_checked]
    return [*([Gap(), *unchecked] if unchecked else []), *_summary(document)]


def _summary(document: DoctorDocument) -> list[Block]:
    """Return what all stages together mean."""
    states = [it.state for it in document.stages]
    counted = [
        (states.count("fail"), "failed"),
        (states.count("warn"), "with a warning"),
        (states.count("not_reached"), "not reached"),
    ]
    told = ", ".join(f"{count} {words}" for count, words in counted if count)
    about = document.target or "no target"
    good = "a backup can be started" if document.not_checked else "nothing wrong in these stages"
    if document.exit_code:
        word = Cell("failed:", f"bold {BAD}")
        return [Gap(), line(word, f"{told} on {about}; exit code {document.exit_code} ({document.code})")]
    return [Gap(), line(Cell("ok:", f"bold {GOOD}"), f"{about}: {told or good}")]


def doctor(document: DoctorDocument) -> list[Block]:
    """Return all stages and the end."""
    return [*map(stage, document.stages), *end(document)]
