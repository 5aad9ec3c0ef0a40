"""Readers: each parses one value, or reports the expected value."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin

from psbridge.emulator.stamp import ticks
from psbridge.emulator.stamp.scenario_format.document import Value
from psbridge.emulator.stamp.scenario_format.problems import together

LONGEST: Final = 10 * 86_400  # seconds
_LONGEST_TEXT: Final = 1000  # characters
_FAR: Final = 365 * 86_400  # the largest plain number of a field
_UNITS: Final = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?", re.ASCII)
_SECONDS: Final = (86_400, 3600, 60, 1)


@dataclass(frozen=True, slots=True)
class Reader:
    """The reader of a value.

    Attributes:
        expected: the valid values, for the message "expected …, not …".
        schema: the same as JSON Schema.
    """

    expected: str
    read: Callable[[Value], Any]
    schema: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, value: Value) -> Any:
        """Read a value.

        Raises:
            ScenarioError: it is not an expected value.
        """
        return self.read(value)


@dataclass(frozen=True, slots=True)
class Key:
    """A key: the reader of its value, and its meaning in one line."""

    reader: Reader
    meaning: str


def text() -> Reader:
    """A text of one line."""
    expected = "a text of one line"

    def read(value: Value) -> str:
        plain = value.plain
        if not isinstance(plain, str) or not plain.strip() or len(plain) > _LONGEST_TEXT or "\n" in plain.strip():
            value.wrong(expected)
        return plain.strip()

    return Reader(expected, read, {"type": "string"})


def pattern(expected: str, form: str) -> Reader:
    """A text that matches a regular expression."""

    def read(value: Value) -> str:
        plain = value.plain
        if not isinstance(plain, str) or not re.fullmatch(form, plain, re.ASCII):
            value.wrong(expected)
        return plain

    return Reader(expected, read, {"type": "string", "pattern": f"^{form}$"})


def flag() -> Reader:
    """True or false; a bare `yes`, `no`, `on` and `off` mean them too, as in YAML 1.1."""

    def read(value: Value) -> bool:
        plain = value.truth
        if plain is None:
            value.wrong("true or false")
        return plain

    return Reader("true or false", read, {"type": "boolean"})


def word(known: Collection[str], noun: str = "") -> Reader:
    """One of several words; `noun` names them if they are too many to list."""
    expected = f"{noun} such as {next(iter(known))}" if noun else f"one of {', '.join(known)}"

    def read(value: Value) -> str:
        plain = value.plain
        if not isinstance(plain, str) or plain not in known:
            value.wrong(expected, known=known)
        return plain

    return Reader(expected, read, {"enum": [*known]})


def whole(low: int, high: int) -> Reader:
    """An integer."""
    expected = f"a whole number from {low} to {high}"

    def read(value: Value) -> int:
        plain = value.plain
        if not isinstance(plain, int) or isinstance(plain, bool) or not low <= plain <= high:
            value.wrong(expected)
        return plain

    return Reader(expected, read, {"type": "integer", "minimum": low, "maximum": high})


def duration(low: float = 0.0) -> Reader:
    """A duration, in seconds; `30m`, `6h`, `1h30m`, `PT20M` or a number of seconds."""
    expected = "a duration such as 30m, 6h, PT20M or a number of seconds"

    def read(value: Value) -> float:
        seconds = seconds_of(value.plain)
        if seconds is None:
            value.wrong(expected)
        if not low <= seconds <= LONGEST:
            value.wrong(f"a duration from {low:g}s to {LONGEST // 86_400}d")
        return seconds

    return Reader(expected, read, {"type": ["string", "number"]})


def seconds_of(plain: object) -> float | None:
    """Return a duration in seconds; None if it is not a duration."""
    if isinstance(plain, int | float) and not isinstance(plain, bool):
        return float(plain)
    if not isinstance(plain, str):
        return None
    match = _UNITS.fullmatch(plain)
    if match is not None and any(match.groups()):
        return sum(float(part) * unit for part, unit in zip(match.groups(), _SECONDS, strict=True) if part)
    try:
        return ticks.parse_span(plain) / ticks.PER_SECOND
    except ValueError:
        return None


def or_null(reader: Reader) -> Reader:
    """A value of a reader, or null."""

    def read(value: Value) -> Any:
        return None if value.plain is None else reader(value)

    return Reader(f"{reader.expected}, or null", read, {"anyOf": [reader.schema, {"type": "null"}]})


def several(reader: Reader) -> Reader:
    """A list of values of a reader."""
    expected = f"a list, each element {reader.expected}"

    def read(value: Value) -> tuple[Any, ...]:
        found = []
        with together() as each:
            for item in value.items(expected):
                with each():
                    found.append(reader(item))
        return tuple(found)

    return Reader(expected, read, {"type": "array", "items": reader.schema})


def mapping(keys: Mapping[str, Reader]) -> Reader:
    """A mapping with optional keys."""
    expected = f"a mapping with keys such as {', '.join(list(keys)[:3])}"

    def read(value: Value) -> dict[str, Any]:
        return value.read(expected, keys)

    properties = {name: reader.schema for name, reader in keys.items()}
    return Reader(expected, read, {"type": "object", "properties": properties, "additionalProperties": False})


def of_type(hint: Any) -> Reader:
    """Return the reader for a field of a dataclass: bool, int, str, Literal, tuple[str, ...], each perhaps with None.

    Raises:
        TypeError: the type is another one.
    """
    if get_origin(hint) in {Union, UnionType} and NoneType in get_args(hint):
        (inner,) = (each for each in get_args(hint) if each is not NoneType)
        return or_null(of_type(inner))
    if get_origin(hint) is Literal:
        return word(get_args(hint))
    if get_origin(hint) is tuple:
        return several(of_type(get_args(hint)[0]))
    if hint is bool:
        return flag()
    if hint is str:
        return text()
    if hint is int:
        return whole(-_FAR, _FAR)
    raise TypeError(f"no reader for {hint}")
