"""The names of entries: ids, aliases and numbers, in any spelling."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from psbridge.catalogue.entries.entry import Entry
from psbridge.catalogue.error_codes import meaning_of
from psbridge.explain.entries import category_of, every

_NUMBER: Final = re.compile(r"-?\d{1,10}|0x[0-9a-f]{1,8}", re.IGNORECASE)
_DECIMAL_ONLY: Final = frozenset({"exit-codes", "http"})
"""Categories whose numbers are written in decimal only."""
_PREFIXES: Final = {
    "code": "exit-codes",
    "exit": "exit-codes",
    "exit code": "exit-codes",
    "exit status": "exit-codes",
    "rc": "exit-codes",
    "http": "http",
    "http status": "http",
    "win32": "win32",
    "system error": "win32",
}
"""What stands before a number, and the category that it is of then."""
_PREFIXED: Final = re.compile(rf"({'|'.join(_PREFIXES)})[ :=-]+(\d+)", re.IGNORECASE)
_MEANINGS: Final = frozenset({"stamp", "arm", "powershell"})
"""Categories of the codes in `psbridge.catalogue.error_codes`, whose patterns fit codes without an entry too."""
_FAMILIES: Final = {r"AADSTS\d{4,}": "aadsts", r"MSIS\d{4}": "msis"}
_WSMAN: Final = range(0x8033_8000, 0x8034_0000)
_WIN32_HRESULT: Final = range(0x8007_0000, 0x8008_0000)
"""HRESULTs that wrap an error of Windows (FACILITY_WIN32); its number is in the lower half."""


def folded(name: str) -> str:
    """Return a name as it is compared: without case, quotes and the difference of blank, hyphen and underscore."""
    return re.sub(r"[\s_-]+", "_", name.strip(" \t\n\"'`.,;:()[]").casefold())


def number_of(text: str) -> int | None:
    """Return a number that is written in decimal (signed or not) or hex, as 32 unsigned bits; None if it is none."""
    word = text.strip()
    if not _NUMBER.fullmatch(word):
        return None
    number = int(word, 16) if word[:2].casefold() == "0x" else int(word)
    return number % (1 << 32) if abs(number) < 1 << 32 else None


@cache
def _by_name() -> Mapping[str, tuple[Entry, ...]]:
    names: dict[str, dict[str, Entry]] = {folded(entry.id): {entry.id: entry} for entry in every()}
    for entry in every():
        for name in entry.aliases:
            names.setdefault(folded(name), {})[entry.id] = entry
    return {name: tuple(entries.values()) for name, entries in names.items()}


@cache
def _by_number() -> Mapping[int, tuple[Entry, ...]]:
    numbers: dict[int, dict[str, Entry]] = {}
    for entry in every():
        for name in (entry.id, *entry.aliases):
            if (number := number_of(name)) is not None:
                numbers.setdefault(number, {})[entry.id] = entry
    return {number: tuple(entries.values()) for number, entries in numbers.items()}


def named(word: str) -> tuple[Entry, ...]:
    """Return the entries that a whole word or phrase names, in the order of the categories; empty if it names none."""
    number = number_of(word)
    if number is not None:
        return _numbered(number, hex_=word.strip()[:2].casefold() == "0x")
    if prefixed := _PREFIXED.fullmatch(word.strip()):
        return tuple(it for it in named(prefixed[2]) if category_of()[it.id] == _PREFIXES[prefixed[1].casefold()])
    return next(filter(None, (_by_name().get(spelling, ()) for spelling in _spellings(word))), ()) or _of_a_family(word)


def _of_a_family(word: str) -> tuple[Entry, ...]:
    """Return the entry of all codes of a kind, for one that has none of its own."""
    code = word.strip().partition(",")[0]
    meaning = meaning_of(code) if re.fullmatch(r"\w+", code) else None
    if meaning is not None:
        return tuple(it for it in every() if category_of()[it.id] in _MEANINGS and meaning_of(it.id) is meaning)[:1]
    return next(
        (_by_name()[id_] for pattern, id_ in _FAMILIES.items() if re.fullmatch(pattern, code, re.IGNORECASE)), ()
    )


def _numbered(number: int, *, hex_: bool) -> tuple[Entry, ...]:
    found = _by_number().get(number, ()) or (_by_name()["wsman_other"] if number in _WSMAN else ())
    if number in _WIN32_HRESULT:
        found += tuple(it for it in _by_number().get(number & 0xFFFF, ()) if category_of()[it.id] == "win32")
    return tuple(dict.fromkeys(it for it in found if not (hex_ and category_of()[it.id] in _DECIMAL_ONLY)))


def _spellings(word: str) -> Iterator[str]:
    """Yield the ways to read a name: as it is, without what PowerShell, .NET and Azure Stack put around it."""
    plain = folded(word)
    first = plain.partition(",")[0]  # NamedParameterNotFound,Microsoft.Azs…
    for each in (plain, first, first.rpartition(".")[2]):  # AzureStack.BackupController.BackupFailedGeneralFault
        yield from (each, each.removesuffix("exception"), f"{each}exception")


def all_names() -> Iterator[str]:
    """Yield each id, and each alias that is one word."""
    for entry in every():
        yield entry.id
        yield from (alias for alias in entry.aliases if " " not in alias)
