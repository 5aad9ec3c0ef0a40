"""The view of `psbridge explain`: one entry in full, or a list of entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING

from psbridge.render.blocks import DIM, STRONG, Block, Cell, Gap, Table, Verbatim, fields, line

if TYPE_CHECKING:
    from psbridge.documents.explanation import AlsoBody, EntryBody, ExplanationDocument, StepBody

_ON_THE_HOST = "on the host, in PowerShell:"
_INDENT = " " * 6


def explanation(document: ExplanationDocument) -> list[Block]:
    """Return the entry if one was found, else the entries by category."""
    if document.what is not None and len(document.entries) == 1:
        return [*_whole(document.entries[0]), *_also(document.also)]
    shown = list(_listed(document.entries, headed=document.what is None))
    return [*shown, Gap(), line(Cell("In full: psbridge explain NAME", DIM))]


def _listed(entries: Iterable[EntryBody], *, headed: bool) -> Iterator[Block]:
    if not headed:
        yield Table(
            ("NAME", "CATEGORY", "WHAT IT IS"), tuple(_row(it, it.category) for it in entries), spare=("CATEGORY",)
        )
        return
    for number, (category, members) in enumerate(groupby(entries, lambda it: it.category)):
        if number:
            yield Gap()
        yield line(Cell(category, STRONG))
        yield Table(("NAME", "WHAT IT IS"), tuple(_row(it) for it in members))


def _row(entry: EntryBody, *more: str) -> tuple[Cell, ...]:
    return (Cell(entry.id), *(Cell(it, DIM) for it in more), Cell(entry.title))


def _whole(entry: EntryBody) -> Iterator[Block]:
    number = "" if entry.exit_code is None or entry.meaning is None else f"exit code {entry.exit_code}: "
    yield line(Cell(f"{number}{entry.id}", STRONG))
    yield line(_sentence(entry.meaning or entry.title))
    yield from _part("For the backup", [entry.backup])
    if entry.outcomes:
        yield from (Gap(), line(Cell("Outcomes", STRONG)))
        yield fields([(f"  {outcome}", says) for outcome, says in entry.outcomes.items()])
    yield from _part("In a script", [entry.runbook] if entry.runbook else [])
    yield from _part("Likely causes", entry.causes, mark="-")
    yield from _steps(entry.steps)
    facts = []
    if entry.exit_code is not None and entry.meaning is None:
        facts.append(("exit code", f"{entry.exit_code} ({entry.code})"))
    if words := [it for it in entry.aliases if " " not in it and it != str(entry.exit_code)]:
        facts.append(("also called", ", ".join(words)))
    if entry.source or entry.inferred:
        facts.append(("source", "; ".join(filter(None, ("inferred" if entry.inferred else "", entry.source or "")))))
    if facts:
        yield from (Gap(), fields(facts))
    if entry.read_on:
        yield from (Gap(), line(Cell("Read on", STRONG)), Verbatim(tuple(f"  {it}" for it in _commands(entry))))


def _commands(entry: EntryBody) -> Iterator[str]:
    """Yield the commands that show more, and the heading to search on a page."""
    width = max(len(it.command) for it in entry.read_on)
    for place in entry.read_on:
        heading = (place.heading or "").replace("-", " ")
        yield f"{place.command:{width}}   {heading}".rstrip()


def _part(title: str, texts: Iterable[str], mark: str = "") -> Iterator[Block]:
    rows = [(f"  {mark}".rstrip(), text.replace("**", "")) for text in texts]
    if rows:
        yield from (Gap(), line(Cell(title, STRONG)), fields(rows))


def _steps(steps: Iterable[StepBody]) -> Iterator[Block]:
    for number, step in enumerate(steps, 1):
        if number == 1:
            yield from (Gap(), line(Cell("What to do", STRONG)))
        yield fields([(f"  {number}.", step.text)])
        for where, commands in groupby(step.commands, lambda it: it.where):
            if where == "host":
                yield line(Cell(f"{_INDENT}{_ON_THE_HOST}", DIM))
            yield Verbatim(tuple(f"{_INDENT}{it.command}" for it in commands))


def _also(others: Iterable[AlsoBody]) -> Iterator[Block]:
    rows = [(f"  {it.id}", f"{it.title} ({it.category})") for it in others]
    if rows:
        yield from (Gap(), line(Cell("The same name also stands for", STRONG)), fields(rows))


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"
