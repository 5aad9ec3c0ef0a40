"""The words that psbridge was called with: read where they could not be parsed, and shown without secrets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from psbridge.wellformed import well_formed

MASK: Final = "***"
_NAMES: Final = (
    r"(?:pass(?:word|wd|phrase)?|pwd|secret|token|credential|(?:api|access|private)[_-]?key)"
    r"[\w.-]{0,40}"  # bounded, as below: a word may have 128 KiB
)
# Texts: `re` compiles and keeps them when they are first used, which most commands never do.
_PAIR: Final = rf"(?is)({_NAMES}[\"']?\s*[=:]\s*)(.+)"
_OPTION: Final = rf"(?i)-{{1,2}}[\w.-]{{0,40}}{_NAMES}"
_USERINFO: Final = r"(://)([^/\s@]{1,1000})@"
_BEARER: Final = r"(?i)((?:bearer|basic)\s+)(\S+)"

_given: list[str] = []


def remember(words: Sequence[str]) -> None:
    """Keep the words of this process."""
    _given[:] = words


def given() -> list[str]:
    """Return the words of this process."""
    return list(_given)


def value_of(words: Sequence[str], long: str, short: str | None = None) -> str | None:
    """Return the last value of an option in words that could not be parsed; None if it is not there."""
    found = None
    for at, word in enumerate(words):
        if word in {long, short} and at + 1 < len(words):
            found = words[at + 1]
        elif word.startswith(f"{long}="):
            found = word.partition("=")[2]
        elif short and word.startswith(short) and not word.startswith("--"):
            found = word[len(short) :].removeprefix("=")
    return found


def masked(words: Sequence[str]) -> tuple[list[str], frozenset[str]]:
    """Return words without what looks like a secret, and those secrets.

    No option takes one, so this is for what was given by mistake: `password=…`, a URL with a login, or the word after an
    option that does not exist.
    """
    secrets: set[str] = set()

    def pair(found: re.Match[str]) -> str:
        secrets.add(found[2].strip(" \t\"'}"))
        return f"{found[1]}{MASK}"

    def login(found: re.Match[str]) -> str:
        secrets.update(part for part in found[2].split(":", 1)[-1:] if part)
        return f"{found[1]}{MASK}@"

    def bearer(found: re.Match[str]) -> str:
        secrets.add(found[2])
        return f"{found[1]}{MASK}"

    shown: list[str] = []
    for word in map(well_formed, words):
        if shown and re.fullmatch(_OPTION, shown[-1]) and not word.startswith("-"):
            secrets.add(word)
            shown.append(MASK)
            continue
        shown.append(re.sub(_PAIR, pair, re.sub(_BEARER, bearer, re.sub(_USERINFO, login, word))))
    return shown, frozenset(secrets - {"", MASK})
