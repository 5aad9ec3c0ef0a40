"""From what a person typed or pasted to entries: its name, the codes and sentences within it, its words."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final, NamedTuple

from psbridge.catalogue.entries.entry import Entry
from psbridge.errors import NotFound
from psbridge.explain.entries import CATEGORIES, by_category, every
from psbridge.explain.names import all_names, folded, named
from psbridge.models.text import close_to, shortened

MOST_TYPED: Final = 10_000
"""Characters of a pasted text that are read."""
_MOST_FOUND: Final = 8
_SHORTEST_TITLE: Final = 15
"""Characters of a title that is searched in a pasted line; a shorter one may stand in any sentence."""
_SHORTEST_TEXT: Final = 12
"""The same of what another program prints (an alias of several words)."""
_GENERAL: Final = frozenset({"CERTIFICATE_VERIFY_FAILED", "AADSTS", "MSIS", "GSS_S_FAILURE", "wsman_other"})
"""Entries of a whole kind of errors: in a line that has a more exact one, too, that is meant."""
_LONG_NUMBER: Final = 6
"""Digits; errors of Windows have fewer."""
_NUMBERED: Final = re.compile(
    r"\bexit (?:code|status)[ :]+\d{1,3}\b|\brc[=:]\d{1,3}\b|\bHTTP(?: status)?[ :]+\d{3}\b"
    r"|\b\d{3} (?:client|server) error\b|\bcode: [45]\d\d\b|\b(?:WSMan fault|system error|error code)[ :]+-?\d+"
    r"|\b0x[0-9a-f]{2,8}\b|(?<![\w.-])-?\d{8,10}\b",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(r"(?<!\w)'[^']*'|\"[^\"]*\"")
_NAMED: Final = re.compile(r"\b\w*[a-z][A-Z]\w*|\b\w*[A-Z]{2}\w*|\b[A-Za-z]\w*_\w+")
"""A word with a capital letter or an underscore inside: a code, not prose."""
_STOP: Final = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be by can cannot could did do does error for from has have host i in is it its my no not of on or "
        "get got many psbridge that the this to too was what when with you your",
    )
)
_ENDINGS: Final = ("ing", "ed", "es", "s")
_SHORT: Final = 4
_WEIGHTS: Final = {"id": 6, "title": 5, "aliases": 4, "causes": 2, "steps": 1, "backup": 1}
"""How much a word counts by where it stands in an entry."""


class Found(NamedTuple):
    """What a text leads to.

    Attributes:
        entries: what was found, the best first; one if the text names it.
        also: entries that the same name stands for too.
    """

    entries: tuple[Entry, ...]
    also: tuple[Entry, ...] = ()


class NoSuchEntry(NotFound):
    """Nothing in the catalogue fits; more about this error would lead nowhere."""

    explain = None


def find(text: str) -> Found:
    """Return the entries that a code, a pasted line or words lead to.

    Raises:
        NoSuchEntry: there are none; the hint has the nearest names.
    """
    given = text.strip()[:MOST_TYPED]
    if exact := named(given):
        return Found(exact[:1], exact[1:])
    found = _within(given) or _by_words(given)
    if not found:
        raise _nothing(given)
    return Found(found[:_MOST_FOUND])


def in_category(name: str) -> tuple[Entry, ...]:
    """Return the entries of a category.

    Raises:
        NoSuchEntry: there is no such category.
    """
    word = folded(name).replace("_", "-")
    if word not in CATEGORIES:
        raise NoSuchEntry(f"no such category: {name[:60]!r}", hint=f"The categories are {', '.join(CATEGORIES)}.")
    return by_category()[word]


def _within(line: str) -> tuple[Entry, ...]:
    """Return the entries of the codes within a line, else of the sentences within it."""
    places = [*_NUMBERED.finditer(line), *_NAMED.finditer(line)]
    words = [found[0] for found in sorted(places, key=lambda it: it.start())]
    found = {entry.id: entry for word in words for entry in named(_code(word))[:1]}
    if found.keys() <= _GENERAL:
        found |= {entry.id: entry for entry in _by_sentence(line)}
    exact = tuple(entry for id_, entry in found.items() if id_ not in _GENERAL)
    return exact or tuple(found.values())


def _code(word: str) -> str:
    """Return the part of a found place that names an entry."""
    status = re.fullmatch(r"(\d{3}) (?:client|server) error|code: (\d{3})", word, re.IGNORECASE)
    if status is not None:  # of requests and of pywinrm
        return f"http {status[1] or status[2]}"
    number = re.search(r"(WSMan fault|system error|error code)[ :]+(-?\d+)", word, re.IGNORECASE)
    if number is None:
        return re.sub(r"[ :]+", " ", word)
    if len(number[2]) >= _LONG_NUMBER:
        return number[2]
    return f"{'wsman' if number[1][0] in 'wW' else 'win32'}-{number[2]}"


def _by_sentence(line: str) -> Iterator[Entry]:
    """Yield the entries whose title, or an alias of several words, stands in a line; one of several with the same title.

    A sentence that is part of a longer one in the same place is not meant: `self-signed certificate in certificate chain`
    is not `self-signed certificate`. Names in quotes are left out too, because `Client 'x' not found` is `Client not found`.
    """
    plain = f" {_plain(line)} {_plain(re.sub(_QUOTED, ' ', line))} "
    longest = {entry.id: max(_said(entry, plain), key=len, default="") for entry in every()}
    seen: set[str] = set()
    for entry in every():
        said = longest[entry.id]
        part = any(said in other and said != other for other in longest.values())
        if said and not part and entry.title not in seen:
            seen.add(entry.title)
            yield entry


def _said(entry: Entry, plain: str) -> Iterator[str]:
    """Yield the sentences of an entry that stand in a plain text, as whole words."""
    sentences = ((entry.title, _SHORTEST_TITLE), *((it, _SHORTEST_TEXT) for it in entry.aliases if " " in it))
    for sentence, shortest in sentences:
        said = _plain(sentence)
        if len(said) >= shortest and f" {said} " in plain:
            yield said


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _by_words(text: str) -> tuple[Entry, ...]:
    """Return the entries that have the words of a text, the best first."""
    wanted = {word for word in _stems(text) if word.isalpha()}  # ids and numbers are of one error, not of its kind
    if not wanted:
        return ()
    scores: list[tuple[int, float, int]] = []
    entries = tuple(every())
    for place, words in enumerate(_words()):
        hits = [word for word in wanted if word in words]
        if hits:
            scores.append((len(hits), sum(words[word] * _rarity()[word] for word in hits), -place))
    most = max((hits for hits, _, _ in scores), default=0)
    if most * 2 < len(wanted):
        return ()
    best = sorted((it for it in scores if it[0] == most), reverse=True)
    by_title: dict[str, Entry] = {}  # of several codes with one meaning, such as those of quotas, the first
    for _, _, place in best:
        by_title.setdefault(entries[-place].title, entries[-place])
    return tuple(by_title.values())


@cache
def _words() -> tuple[Mapping[str, int], ...]:
    """Return the words of each entry, with how much each counts there."""
    return tuple(_weighed(entry) for entry in every())


def _weighed(entry: Entry) -> Mapping[str, int]:
    weights: dict[str, int] = {}
    for field, weight in _WEIGHTS.items():
        value = getattr(entry, field)
        for word in _stems(value if isinstance(value, str) else " ".join(value)):
            weights[word] = max(weights.get(word, 0), weight)
    return weights


@cache
def _rarity() -> Mapping[str, float]:
    """Return the weight of a word: the fewer entries have it, the larger."""
    counts = Counter(word for words in _words() for word in words)
    return {word: 1 + math.log(len(_words()) / count) for word, count in counts.items()}


def _stems(text: str) -> Iterator[str]:
    """Yield the words of a text without the endings of English, and the parts of names such as `SmbShareIOException`."""
    for word in re.findall(r"\w+", text):
        yield from _stems_of(word)


@cache
def _stems_of(word: str) -> tuple[str, ...]:
    parts = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", word).casefold().split()
    return tuple(filter(None, map(_stem, dict.fromkeys((word.casefold(), *parts)))))


def _stem(word: str) -> str:
    """Return a word without its ending; a short one has none, and a word without meaning is empty."""
    if word in _STOP:
        return ""
    ending = next((it for it in _ENDINGS if word.endswith(it)), "") if len(word) > _SHORT else ""
    return word.removesuffix(ending)


def _nothing(text: str) -> NoSuchEntry:
    shown = shortened(text, 60)
    near = close_to(folded(text), {folded(name): name for name in all_names()})
    hint = f"Did you mean {' or '.join(near)}? " if near else ""
    return NoSuchEntry(f"nothing is known about {shown!r}", hint=f"{hint}`psbridge explain --list` lists all.")
