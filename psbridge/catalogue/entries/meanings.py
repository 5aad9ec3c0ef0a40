"""Entries of the codes in `psbridge.catalogue.error_codes`: its sentence and hint, and more."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from psbridge.catalogue.entries.entry import Entry
from psbridge.catalogue.error_codes import Meaning, meaning_of

NOTHING: Final = "None was started: this refusal proves it."
READ_OR_OPEN: Final = (
    "To a read: none was started. To a start request it proves nothing: psbridge searches for the backup and ends with 0, 6 "
    "or 11."
)
_FILLED: Final = {"activity": "the cmdlet", "target": "of that name", "code": "with this code"}
_CERTAIN: Final = "None was started: whatever the HTTP status, this error proves it."
_WITH_4XX: Final = (
    "With an HTTP status 4xx none was started. With a 5xx the service may have met the error in the middle of a backup: "
    "psbridge searches for it."
)


class Long(NamedTuple):
    """What is to be said about a code in addition to its sentence and hint.

    Attributes:
        title: instead of the sentence, for one of several codes that share it.
        backup: instead of what follows from the table.
    """

    causes: tuple[str, ...]
    steps: tuple[str, ...] = ()
    see: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    title: str = ""
    backup: str = ""


def entries(table: Mapping[str, Long], source: str, *, inferred: bool) -> Iterator[Entry]:
    """Yield the entry of each code.

    Raises:
        ValueError: a code is not in the table of meanings.
    """
    for code, more in table.items():
        meaning = meaning_of(code)
        if meaning is None:
            raise ValueError(code)
        yield Entry(
            code,
            more.title or sentence(meaning),
            more.backup or _backup(meaning),
            more.causes,
            (re.sub(r"\{(\w+)\}", _filled, meaning.hint), *more.steps),
            see=(*more.see, *((f"explain:{meaning.reason}",) if meaning.reason else ())),
            aliases=more.aliases,
            exit_code=meaning.exit_code,
            source=source,
            inferred=inferred,
        )


def sentence(meaning: Meaning) -> str:
    """Return the sentence of a meaning without what only an error can fill in."""
    return re.sub(r"\{(\w+)\}", _filled, re.sub(r" \(\{\w+\}\)", "", meaning.says))


def _filled(found: re.Match[str]) -> str:
    return _FILLED[found[1]]


def _backup(meaning: Meaning) -> str:
    if meaning.exit_code == "unreachable":
        return READ_OR_OPEN
    return _CERTAIN if meaning.certain else _WITH_4XX
