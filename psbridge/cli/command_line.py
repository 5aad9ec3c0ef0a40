"""The words of a command line: searched if they can't be parsed, and shown without secrets."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from psbridge.models.output import OutputFormat
from psbridge.wellformed import well_formed

MASK: Final = "***"
_NAMES: Final = (
    r"(?:pass(?:word|wd|phrase)?|pwd|secret|token|credential|(?:api|access|private)[_-]?key)"
    r"[\w.-]{0,40}"  # bounded, as below: a word may have 128 KiB
)
# Texts: `re` compiles and keeps them when they are first used, which most commands never do.
_PAIR: Final = rf"(?is)({_NAMES}[\"']?\s*[=:]\s*)(.+)"
_OPTION: Final = rf"(?i)-{{1,2}}[\w.-]{{0,40}}{_NAMES}"
_USERINFO: Final = r"(://|^)((?<=://)[^/\s@]{1,1000}|[^/\s:@]{1,200}:[^/\s@]{1,1000})@"
_BEARER: Final = r"(?i)((?:bearer|basic)\s+)(\S+)"
_PLAIN: Final = r"[A-Za-z]{1,20}|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|\d{8}T\d{6}Z-[0-9a-f]{8}"
_SHORTEST_SECRET: Final = 4
"""Characters; a shorter secret is not masked in other texts, because it would match unrelated words."""


class CommandLine:
    """The words of one call."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = list(words)
        self._unknown: set[str] = set()  # words of no known option or command
        self._secrets: re.Pattern[str] | None = None
        self._looked = False

    @property
    def output(self) -> str | None:
        """The value of `-o`, also of words that could not be parsed; None if it is not a format."""
        found = value_of(self.words, "--output", "-o")
        return found if found in set(OutputFormat) else None

    def without_secrets(self, text: str) -> str:
        """Return a text that may contain these words, such as an error, with their secrets masked."""
        if not self._looked:
            self._secrets = any_of(masked(self.words)[1] | self._unknown)
            self._looked = True
        return text if self._secrets is None else self._secrets.sub(MASK, text)

    def unparsed(self, known: Mapping[str, bool], commands: Collection[str]) -> list[str]:
        """Return words that could not be parsed, with unknown ones masked, because they may be secrets.

        Args:
            known: the options, and whether each takes a value.
            commands: the commands that may follow an option.
        """
        shown: list[str] = []
        value_of_known = after_unknown = False
        for word in self.words:
            name, equals, value = word.partition("=")
            if not word.startswith("--"):
                name, equals, value = word[:2], "", word[2:]
            if value_of_known or word in commands:
                shown.append(word)
                value_of_known = after_unknown = False
            elif word.startswith("-") and len(word) > 1:
                after_unknown = name not in known
                value_of_known = known.get(name, False) and not value
                self._unknown.update([value] if after_unknown else [])
                shown.append(f"{name}{equals}{MASK}" if after_unknown and value else word)
            elif after_unknown or not re.fullmatch(_PLAIN, word):
                self._unknown.add(word)
                shown.append(MASK)
            else:
                shown.append(word)
        self._looked = False
        return shown


def value_of(words: Sequence[str], long: str, short: str | None = None) -> str | None:
    """Return the last value of an option in words that could not be parsed; None if it is missing."""
    found = None
    for at, word in enumerate(words):
        if word in {long, short} and at + 1 < len(words):
            found = words[at + 1]
        elif word.startswith(f"{long}="):
            found = word.partition("=")[2]
        elif short and word.startswith(short) and not word.startswith("--"):
            found = word[len(short) :].removeprefix("=")
    return found


def any_of(secrets: Collection[str]) -> re.Pattern[str] | None:
    """Return a pattern that finds any of these secrets; None if none is long enough."""
    long = [re.escape(it) for it in secrets if len(it) >= _SHORTEST_SECRET]
    return re.compile("|".join(sorted(long, key=len, reverse=True))) if long else None


def _place(option: str, word: str) -> bool:
    """Return whether a word names the place of a secret, as `config init` takes it: a path, or a variable in capitals."""
    return (option == "--password-file" and "/" in word) or (
        option == "--password-env" and re.fullmatch("[A-Z][A-Z0-9_]*", word) is not None
    )


def masked(words: Sequence[str]) -> tuple[list[str], frozenset[str]]:
    """Return words with everything that looks like a secret masked, and those secrets.

    No option takes a secret, so this covers mistakes: `password=…`, a URL with a login, or the word after an unknown option.
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
        if shown and re.fullmatch(_OPTION, shown[-1]) and not word.startswith("-") and not _place(shown[-1], word):
            secrets.add(word)
            shown.append(MASK)
            continue
        shown.append(re.sub(_PAIR, pair, re.sub(_BEARER, bearer, re.sub(_USERINFO, login, word))))
    return shown, frozenset(secrets - {"", MASK})
