"""Readers of single properties. What can't be read is said with its place, and makes the whole answer unusable (exit 14).

A value may come with a text for people (a date with notes, a DateTimeOffset, an enum). That text is in the host's culture, in
which March 2026 may be in the year 2569 (PowerShell/PowerShell#15363). One rule per type, for what the engine sends (measured
on PowerShell 7.6.9): the typed value is read; of an enum the word, because its numbers differ between versions. A text is
read only in the one form that does not depend on a culture.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeVar

from psbridge.errors import Unknown
from psbridge.models.text import ascii_lower
from psbridge.models.time import Instant, Span
from psbridge.powershell.result import PSObject, Value

T = TypeVar("T")


_BARE: Final = "value__"  # what the reader of CLIXML calls the typed value in an object
_EPOCH_TICKS: Final = 621_355_968_000_000_000  # of 1970-01-01 in .NET's count, which begins with the year 1


def _bare(value: Value) -> Value:
    """Return the typed value in an object that has one, else the value itself."""
    while isinstance(value, PSObject) and value.has(_BARE):
        value = value.get(_BARE)
    return value


def _is_enum(value: PSObject) -> bool:
    return any(name.endswith("System.Enum") for name in value.type_names)


def text_of(value: Value) -> str | None:
    """Return a value as text: an object below the serialisation depth, a struct and an enum are their ToString()."""
    if isinstance(value, PSObject):
        inner = value.text if _is_enum(value) else _bare(value)
        return inner.text if isinstance(inner, PSObject) else text_of(inner)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int | float):
        return str(value)
    return None


def instant_of(value: Value) -> Instant | None:
    """Return a moment; None and the empty text are None.

    A DateTimeOffset is its UtcDateTime, its UtcTicks, or DateTime and Offset; those that it has must agree.
    """
    value = _bare(value)
    moments = tuple(_moments(value)) if isinstance(value, PSObject) else ()
    if len(set(moments)) > 1:
        raise ValueError(f"a DateTimeOffset that contradicts itself: {', '.join(map(str, moments))}")
    return moments[0] if moments else _parsed(value, Instant.parse)


def _moments(value: PSObject) -> Iterator[Instant]:
    """Yield what each property of a DateTimeOffset says of the moment."""
    utc = instant_of(value.get("UtcDateTime"))
    if utc is not None:
        yield utc
    clock, ahead = instant_of(value.get("DateTime")), span_of(value.get("Offset"))
    if clock is not None and ahead is not None:
        yield clock.minus(ahead)
    ticks = integer_of(value.get("UtcTicks"))
    if ticks is not None:
        yield Instant(ticks - _EPOCH_TICKS)


def span_of(value: Value) -> Span | None:
    """Return a duration; None and the empty text are None. A TimeSpan that came as an object is its Ticks."""
    value = _bare(value)
    ticks = integer_of(value.get("Ticks")) if isinstance(value, PSObject) else None
    return Span(ticks) if ticks is not None else _parsed(value, Span.parse)


def flag_of(value: Value) -> bool | None:
    """Return a Boolean, from a real one or from PowerShell's words for it."""
    value = _bare(value)
    if value is None or isinstance(value, bool):
        return value
    words = {"true": True, "false": False, "": None}
    word = ascii_lower(text_of(value) or "")
    if word not in words:
        raise ValueError(f"not a Boolean: {value!r}")
    return words[word]


def integer_of(value: Value) -> int | None:
    """Return a whole number."""
    value = _bare(value)
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
        if first is not value and ((type(first), first) != (type(value), value) or twice_of(first)):
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
        what: its place for error messages, such as `Get-AzsBackup[3]`.
    """

    def __init__(self, source: PSObject | Mapping[str, Value], what: str) -> None:
        properties = source.properties if isinstance(source, PSObject) else source
        self._values = {ascii_lower(key): value for key, value in properties.items()}
        self._what = what

    def has(self, name: str) -> bool:
        """Return whether the property is there, null or not."""
        return ascii_lower(name) in self._values

    def raw(self, name: str) -> Value:
        """Return the property as it came, None if it is not there."""
        return self._values.get(ascii_lower(name))

    def _single(self, name: str, read: Callable[[Value], T | None]) -> T | None:
        """Return what a reader makes of a single value: a list or a mapping in its place is not silence."""

        def single(value: Value) -> T | None:
            if isinstance(value, Mapping | list | tuple):
                raise ValueError("not a single value")  # noqa: TRY004 - the reader reports values, not types
            return read(value)

        return self.of(name, single)

    def of(self, name: str, read: Callable[[Value], T | None]) -> T | None:
        """Return what a reader makes of a property, whose ValueError says why it can't be read."""
        try:
            return read(self.raw(name))
        except (ValueError, OverflowError) as problem:
            raise Unknown(
                f"{self._what}.{name} can't be read: {problem}",
                hint="The backup is neither proved good nor bad. Check it in the portal, and report this as a bug of psbridge.",
                detail={"property": f"{self._what}.{name}"},
            ) from problem

    def text(self, name: str) -> str | None:
        """Return text; the empty text is None, because old stamps send it where new ones send null."""
        return self._single(name, text_of) or None

    def instant(self, name: str) -> Instant | None:
        """Return a moment."""
        return self._single(name, instant_of)

    def span(self, name: str) -> Span | None:
        """Return a duration."""
        return self._single(name, span_of)

    def flag(self, name: str) -> bool | None:
        """Return a Boolean."""
        return self._single(name, flag_of)

    def integer(self, name: str) -> int | None:
        """Return a whole number."""
        return self._single(name, integer_of)
