"""Readers of single properties. What can't be read is said with its place, and makes the whole answer unusable (exit 14)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from psbridge.errors import Unknown
from psbridge.models import Instant, Span
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
    word = (text_of(value) or "").casefold()
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


class Reader:
    """Reads the properties of one object, a PSObject or a JSON object; names ignore case, as PowerShell's do.

    Args:
        source: the object.
        what: its place for error messages, such as `Get-AzsBackup[3]`.
    """

    def __init__(self, source: PSObject | Mapping[str, Value], what: str) -> None:
        properties = source.properties if isinstance(source, PSObject) else source
        self._values = {key.casefold(): value for key, value in properties.items()}
        self._what = what

    def has(self, name: str) -> bool:
        """Tell whether the property is there, null or not."""
        return name.casefold() in self._values

    def raw(self, name: str) -> Value:
        """Return the property as it came, None if it is not there."""
        return self._values.get(name.casefold())

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
