"""The view of `doctor`: each stage with its mark, its time and what it found; below a finding, what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Final

from psbridge.render.blocks import BAD, DIM, GOOD, WARN, Block, Cell, Gap, Table, line

if TYPE_CHECKING:
    from psbridge.documents.doctor import DoctorDocument, StageBody

_MARKS: Final = {"ok": ("ok", GOOD), "warn": ("warn", WARN), "fail": ("FAIL", f"bold {BAD}"), "not_reached": ("-", DIM)}
_MARK, _NAME, _TIME = 4, 8, 6
"""Widths of the first columns: stages are written one by one, and their columns must agree."""


def stages(bodies: Sequence[StageBody]) -> list[Block]:
    """Return stages; those in a row that were not reached for the same reason are one line."""
    groups = groupby(bodies, key=lambda it: it.evidence if it.state == "not_reached" else it.stage)
    return [_unreached(list(group)) if isinstance(key, tuple) else stage(next(group)) for key, group in groups]


def stage(body: StageBody) -> Block:
    """Return one stage that was reached."""
    mark, style = _MARKS[body.state]
    seconds = "" if body.seconds is None else f"{body.seconds:.1f}s"
    head = (Cell(f"{mark:{_MARK}}", style), Cell(f"{body.stage:{_NAME}}"), Cell(f"{seconds:>{_TIME}}", DIM))
    below = (Cell(" " * _MARK), Cell(" " * _NAME), Cell(" " * _TIME))
    texts = _texts(body) or [Cell("")]
    return Table(
        (), tuple((*(head if at == 0 else below), text) for at, text in enumerate(texts)), frozenset({0, 1, 2})
    )


def _unreached(bodies: Sequence[StageBody]) -> Block:
    """Return what was not reached, and why."""
    mark, style = _MARKS["not_reached"]
    why = ", ".join(it.text for it in bodies[0].evidence)
    names = ", ".join(it.stage for it in bodies)
    return Table(
        (), ((Cell(f"{mark:{_MARK}}", style), Cell(f"not reached, because {why}: {names}", DIM)),), frozenset({0})
    )


def _texts(body: StageBody) -> list[Cell]:
    """Return what is wrong, each with its remedy, or several with theirs; what is right is one line."""
    texts: list[Cell] = []
    wrong = [it for it in body.evidence if it.state != "ok"]
    for remedy, group in groupby(wrong, key=lambda it: it.remedy):
        texts += [Cell(it.text, _MARKS[it.state][1]) for it in group]
        texts += [Cell(f"remedy: {remedy}")] if remedy else []
    good = ", ".join(it.text for it in body.evidence if it.state == "ok")
    if body.error is not None and body.error.explain:
        texts.append(Cell(f"More: psbridge explain {body.error.explain}", DIM))
    return [*texts, Cell(good, DIM if texts else "")] if good else texts


def end(document: DoctorDocument) -> list[Block]:
    """Return what is written below the stages: what they mean together, and, if they are well, what was not checked."""
    unchecked: list[Block] = [
        line(Cell("not checked:", DIM), Cell(what, DIM))
        for what in (document.not_checked if document.exit_code == 0 else ())
    ]
    emulated = [line(Cell("emulated: no real host was asked", WARN))] if document.emulated else []
    return [*([Gap(), *unchecked] if unchecked else []), *_summary(document), *emulated]


def _summary(document: DoctorDocument) -> list[Block]:
    """Return what all stages together mean."""
    states = [it.state for it in document.stages]
    counted = [
        (states.count("fail"), "failed"),
        (states.count("warn"), "with a warning"),
        (states.count("not_reached"), "not reached"),
    ]
    counts = ", ".join(f"{count} {words}" for count, words in counted if count)
    if document.exit_code:
        where = f" on {document.target}" if document.target else ""
        word = Cell("failed:", f"bold {BAD}")
        return [Gap(), line(word, f"{counts}{where}; exit code {document.exit_code} ({document.code})")]
    good = _good(whole=bool(document.not_checked), warned="warn" in states)
    return [Gap(), line(Cell("ok:", f"bold {GOOD}"), f"{document.target}: {good}{f' ({counts})' if counts else ''}")]


def _good(*, whole: bool, warned: bool) -> str:
    """Return what it means that no stage failed. A warning, such as of a running backup, may still keep a start back."""
    if warned:
        return "no stage failed; read the warnings before a start" if whole else "none of these stages failed"
    return "a backup can be started" if whole else "nothing wrong in these stages"


def doctor(document: DoctorDocument) -> list[Block]:
    """Return all stages and the end."""
    return [*stages(document.stages), *end(document)]
