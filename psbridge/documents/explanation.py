"""What `psbridge explain` prints: entries of the catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, Self

import msgspec

from psbridge.catalogue.entries.entry import Entry
from psbridge.catalogue.exit_codes import MEANINGS
from psbridge.documents.document import Document
from psbridge.errors import ExitCode

_NUMBERS = {code.label: code for code in ExitCode}
_WHERE: dict[str, Literal["here", "host"]] = {"$ ": "here", "PS> ": "host"}


class CommandBody(msgspec.Struct, frozen=True):
    """A command to paste, on this machine (a shell) or on the operator management host (PowerShell)."""

    where: Literal["here", "host"]
    command: str


class StepBody(msgspec.Struct, frozen=True):
    """One thing to do."""

    text: str
    commands: tuple[CommandBody, ...]


class ReadOnBody(msgspec.Struct, frozen=True):
    """Where to read on: a page of the manual (and a heading on it, as a link has it), or another entry; and the command."""

    page: str | None
    heading: str | None
    entry: str | None
    command: str


class EntryBody(msgspec.Struct, frozen=True):
    """One entry.

    `code` and `exit_code` are psbridge's, where the entry leads to one. `outcomes` is what each outcome of a row of the
    evidence says, empty for others. `inferred` marks a meaning that is neither documented nor measured.
    """

    id: str
    category: str
    title: str
    meaning: str | None
    code: str | None
    exit_code: int | None
    backup: str
    outcomes: dict[str, str]
    causes: tuple[str, ...]
    steps: tuple[StepBody, ...]
    runbook: str | None
    read_on: tuple[ReadOnBody, ...]
    aliases: tuple[str, ...]
    source: str | None
    inferred: bool

    @classmethod
    def of(cls, entry: Entry, category: str) -> Self:
        """Return an entry as documents have it. An exit code's has its whole meaning in addition to the title."""
        code = _NUMBERS.get(entry.exit_code)
        return cls(
            id=entry.id,
            category=category,
            title=entry.title,
            meaning=MEANINGS[code] if code is not None and category == "exit-codes" else None,
            code=entry.exit_code or None,
            exit_code=None if code is None else int(code),
            backup=entry.backup,
            outcomes=dict(entry.outcomes),
            causes=entry.causes,
            steps=tuple(_step(step) for step in entry.steps),
            runbook=entry.runbook or None,
            read_on=tuple(_read_on(place) for place in entry.see),
            aliases=entry.aliases,
            source=entry.source or None,
            inferred=entry.inferred,
        )


class AlsoBody(msgspec.Struct, frozen=True):
    """Another entry that the same name stands for."""

    id: str
    category: str
    title: str


class ExplanationDocument(Document, frozen=True, kw_only=True):
    """`explain`: what was found for `what`, the best first; without `what`, all entries or those of one category."""

    kind: Literal["explanation"] = "explanation"
    what: str | None
    entries: tuple[EntryBody, ...]
    also: tuple[AlsoBody, ...]

    @classmethod
    def of(cls, what: str | None, entries: Iterable[tuple[Entry, str]], also: Iterable[tuple[Entry, str]] = ()) -> Self:
        """Return the document of entries, each with its category."""
        return cls(
            what=what,
            entries=tuple(EntryBody.of(entry, category) for entry, category in entries),
            also=tuple(AlsoBody(entry.id, category, entry.title) for entry, category in also),
        )


def _step(step: str) -> StepBody:
    text, *lines = step.split("\n")
    found = (re.match(r"(\$ |PS> )(.*)", line) for line in lines)
    return StepBody(text, tuple(CommandBody(_WHERE[it[1]], it[2]) for it in found if it))


def _read_on(place: str) -> ReadOnBody:
    if place.startswith("explain:"):
        entry = place.removeprefix("explain:")
        return ReadOnBody(None, None, entry, f"psbridge explain {entry}")
    page, _, heading = place.partition("#")
    return ReadOnBody(page, heading or None, None, f"psbridge help {page}")
