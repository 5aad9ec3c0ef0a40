"""Views of what was read in a store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from psbridge.errors import ExitCode
from psbridge.models.verification import Level
from psbridge.render import formatting
from psbridge.render.blocks import BAD, DIM, GOOD, WARN, Block, Cell, Gap, Table, fields, line

if TYPE_CHECKING:
    from psbridge.documents.keys import KeyCheckDocument, WrappedKeysDocument
    from psbridge.documents.store_list import StoreListDocument
    from psbridge.documents.verdict import EvidenceBody
    from psbridge.documents.verification import VerificationDocument

_SHOWN = 20
"""Problems that a person is shown; the JSON has all."""


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


def verification(document: VerificationDocument) -> list[Block]:
    """Return how far the backup is verified, what is wrong with it, and the rows that say why."""
    rows = fields(
        [
            ("backup", document.backup_id),
            ("store", document.where),
            ("files", _files(document)),
            ("key", document.observations.key_thumbprint or formatting.NONE),
        ]
    )
    wrong = [it.text for it in document.problems] + list(document.undecided)
    shown = [line(Cell("-", BAD), each) for each in wrong[:_SHOWN]]
    if len(wrong) > _SHOWN:
        shown.append(line(Cell("-", BAD), f"and {len(wrong) - _SHOWN} more; `-o json` has all"))
    emulated = [line(Cell(formatting.EMULATED, WARN))] if document.emulated else []
    return [_headline(document), *shown, Gap(), rows, Gap(), evidence(document.evidence), *emulated]


def _files(document: VerificationDocument) -> str:
    """Return how many files there are, and what of them a level does not read."""
    there = f"{document.files}, {formatting.size(document.bytes)}"
    if not document.level.includes(Level.DESCRIBED):
        return f"{there} (only their names and sizes were read)"
    if not document.level.includes(Level.WHOLE):
        return f"{there} (of the data files, only names and sizes were read)"
    return there


def key_check(document: KeyCheckDocument) -> list[Block]:
    """Return whether a key opens what it should, and what it does not open."""
    good = document.exit_code == ExitCode.OK
    word = Cell("the key opens all:" if good else "wrong key:", f"bold {GOOD if good else BAD}")
    shown = [line(Cell("-", BAD), f"{it.repository}: {it.text}") for it in document.problems[:_SHOWN]]
    if len(document.problems) > _SHOWN:
        shown.append(line(Cell("-", BAD), f"and {len(document.problems) - _SHOWN} more; `-o json` has all"))
    rows = fields(
        [
            ("key", document.key),
            ("thumbprint", document.thumbprint),
            ("subject", document.subject),
            ("expires", formatting.moment(document.not_after)),
            ("backup", document.backup_id),
        ]
    )
    return [line(word, f"{document.opened} of {document.keys} wrapped keys"), *shown, Gap(), rows]


def wrapped_keys(document: WrappedKeysDocument) -> list[Block]:
    """Return how many wrapped keys of which backup were saved."""
    return [line(f"{len(document.keys)} wrapped keys of backup {document.backup_id} in {document.where}")]


def store_list(document: StoreListDocument) -> list[Block]:
    """Return the files that a prune would delete, and which of them may be a key."""
    emulated = [line(Cell(formatting.EMULATED, WARN))] if document.emulated else []
    if not document.files:
        return [line(f"the stamp recognizes every file in the store of {document.target}"), *emulated]
    words = {True: "yes", False: "no", None: formatting.NONE}
    rows = tuple(
        (
            Cell(it.path),
            Cell("may be a key" if it.may_be_key else formatting.NONE, WARN if it.may_be_key else DIM),
            Cell(words[it.in_store], BAD if it.in_store is False else ""),
        )
        for it in document.files
    )
    about = f"a prune of {document.target} would delete {len(rows)} file{'s' if len(rows) > 1 else ''}"
    found = line(Cell("dry run:", f"bold {WARN}"), about)
    return [found, *_keys_to_move(document), Gap(), Table(("PATH", "NOTE", "STILL THERE"), rows), *emulated]


def _keys_to_move(document: StoreListDocument) -> list[Block]:
    if not any(it.may_be_key for it in document.files):
        return []
    return [line(Cell("hint:", "bold"), "Copy the key to a safe place outside the store before anyone prunes it.")]


def _headline(document: VerificationDocument) -> Block:
    about = f"backup {document.backup_id}"
    match document.exit_code:
        case ExitCode.OK if document.reached == document.level:
            return line(Cell(f"verified ({document.level}):", f"bold {GOOD}"), about)
        case ExitCode.OK:
            found = f"{document.reached}, not {document.level}" if document.reached else f"not {document.level}"
            return line(Cell(f"verified in part ({found}):", f"bold {WARN}"), about)
        case ExitCode.NOT_VERIFIED:
            return line(Cell("not verified:", f"bold {BAD}"), f"{about} ({document.reason})")
        case ExitCode.UNPROVEN:
            return line(Cell("not uploaded yet:", f"bold {WARN}"), about)
        case _:
            return line(Cell("not recognized:", f"bold {WARN}"), f"{about} was proved neither good nor bad")
