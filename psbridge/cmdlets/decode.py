"""Readers of single properties. What can't be read is said with its place, and makes the whole answer unusable (exit 14)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from psbridge.errors import Unknown
from psbridge.models import Instant, Span, ascii_lower
from psbridge.powershell import PSObject, Value

T = TypeVar("T")


def text_of(value: Value) -> str | None:
    """Return a value as text: an object below the serialisation depth and a struct are their ToString()."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, PSObject):
        return value.text
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int | float):
        return str(value)
    return None


def instant_of(value: Value) -> Instant | None:
    """Return a moment; None and the empty text are None."""
    return _parsed(value, Instant.parse)


def span_of(value: Value) -> Span | None:
    """Return a duration; None and the empty text are None."""
    return _parsed(value, Span.parse)


def flag_of(value: Value) -> bool | None:
    """Return a Boolean, from a real one or from PowerShell's words for it."""
    if value is None or isinstance(value, bool):
        return value
    words = {"true": True, "false": False, "": None}
    word = ascii_lower(text_of(value) or "")
    if word not in words:
        raise ValueError(f"not a Boolean: {value!r}")
    return words[word]


def integer_of(value: Value) -> int | None:
    """Return a whole number."""
    if isinstance(value, bool):
        raise ValueError(f"not a number: {value!r}")  # noqa: TRY004 - the reader reports values, not types
    if value is None or isinstance(value, int):
        return value
    word = text_of(value)
    if word and not re.fullmatch(r"-?[0-9]+", word):
        raise ValueError(f"not a number: {word[:40]!r}")  # int() takes "1_000" and the digits of every script
    return int(word) if word else None


def _parsed(value: Value, parse: Callable[[str], T]) -> T | None:
    word = text_of(value)
    return parse(word) if word else None


class JsonObject(dict[str, Any]):
    """An object of JSON that keeps the keys that were given again; as a dict it has the last of each."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.pairs = pairs if len(pairs) > len(self) else list(self.items())


_LONGEST_SHOWN = 80


def twice_of(source: Value | JsonObject) -> tuple[str, ...]:
    """Return each property that is given twice with different values, in one spelling or in two, as `name: one, other`."""
    known: dict[str, Value] = {}
    found = []
    for name, value in _pairs(source):
        first = known.setdefault(ascii_lower(name), value)
        if (type(first), first) != (type(value), value):
            found.append(f"{name}: {_shown(first)}, {_shown(value)}")
    return tuple(dict.fromkeys(found))


def _pairs(source: Value | JsonObject) -> Iterator[tuple[str, Value]]:
    if isinstance(source, JsonObject):
        yield from source.pairs
    elif isinstance(source, PSObject):
        yield from ((name, value) for name, first, second in source.repeated for value in (first, second))
        yield from source.properties.items()
    elif isinstance(source, Mapping):
        yield from source.items()


def _shown(value: Value) -> str:
    text = "null" if value is None else text_of(value)
    return "another value" if text is None else text[:_LONGEST_SHOWN]


class Reader:
    """Reads the properties of one object, a PSObject or a JSON object; names ignore case, as PowerShell's do.

    Args:
        source: the object.
        what: its place for error messages, such as `Get-AzsBackup[3]`.
    """

    def __init__(self, source: PSObject | Mapping[str, Value], what: str) -> None:
        properties = source.properties if isinstance(source, PSObject) else source
        self._values = {ascii_lower(key): value for key, value in properties.items()}
        self._what = what

    def has(self, name: str) -> bool:
        """Tell whether the property is there, null or not."""
        return ascii_lower(name) in self._values

    def raw(self, name: str) -> Value:
        """Return the property as it came, None if it is not there."""
        return self._values.get(ascii_lower(name))

    def _read(self, name: str, read: Callable[[Value], T]) -> T:
        try:
            return read(self.raw(name))
        except (ValueError, OverflowError) as problem:
            raise Unknown(
                f"{self._what}.{name} can't be read: {problem}",
                hint="Nothing is proved either way. Look at the backup in the portal, and report this answer.",
                detail={"property": f"{self._what}.{name}"},
            ) from problem

    def text(self, name: str) -> str | None:
        """Return text; the empty text is None, for old stamps send it where new ones send null."""
        return self._read(name, text_of) or None

    def instant(self, name: str) -> Instant | None:
        """Return a moment."""
        return self._read(name, instant_of)

    def span(self, name: str) -> Span | None:
        """Return a duration."""
        return self._read(name, span_of)

    def flag(self, name: str) -> bool | None:
        """Return a Boolean."""
        return self._read(name, flag_of)

    def integer(self, name: str) -> int | None:
        """Return a whole number."""
        return self._read(name, integer_of)
