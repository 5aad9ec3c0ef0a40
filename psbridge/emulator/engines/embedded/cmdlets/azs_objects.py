"""Values of JSON to .NET values, as generated code and Newtonsoft's converter read them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from psbridge.emulator.engines.embedded.clixml import escape
from psbridge.emulator.engines.embedded.values import Net, Raw, Value, array, generic, string_dictionary

_FRACTION = re.compile(r"(\.\d{1,7})\d*")


Column = tuple[str, str, str, Callable[[Any], Value]]
"""A property, where the JSON has it (`top` or another place), its key there, its conversion."""


def resource(
    kind: str,
    columns: tuple[Column, ...],
    body: Mapping[str, Any],
    *,
    bases: tuple[str, ...] = ("System.Object",),
    **places: Mapping[str, Any] | None,
) -> Net:
    """Return an object of a class from its JSON; a place that is absent has nothing."""
    found = {"top": body, **{name: place or {} for name, place in places.items()}}
    props = {title: convert(found[place].get(key)) for title, place, key, convert in columns}
    return Net((kind, *bases), kind, props)


def text(value: Any) -> Value:
    """Return a string."""
    return None if value is None else str(value)


def time(value: Any) -> Value:
    """Return a DateTime."""
    if not isinstance(value, str) or not value:
        return None
    # .NET keeps 7 decimals and writes no trailing zero of them
    return Raw("DT", escape(_FRACTION.sub(lambda match: match[1].rstrip("0").rstrip("."), value)))


def flag(value: Any) -> Value:
    """Return a bool."""
    return value if isinstance(value, bool) else None


def long_number(value: Any) -> Value:
    """Return an Int64."""
    return Raw("I64", str(value)) if isinstance(value, int) and not isinstance(value, bool) else None


def word(kind: str) -> Callable[[Any], Value]:
    """Return the conversion to a struct around a string, as the generator makes an enum that may grow."""

    def convert(value: Any) -> Value:
        return None if value is None else Net((kind, "System.ValueType", "System.Object"), str(value))

    return convert


def opaque(kind: str) -> Callable[[Any], Value]:
    """Return the conversion to a class of additional properties: it shows none of them, and is never null."""

    def convert(_value: Any) -> Value:
        return Net((kind, "System.Object"), kind)

    return convert


def opaques(kind: str, interface: str) -> Callable[[Any], Value]:
    """Return the conversion to an array of such objects."""

    def convert(value: Any) -> Value:
        if not isinstance(value, list):
            return None
        return array(interface, [Net((kind, "System.Object"), kind) for _ in value])

    return convert


def number(value: Any) -> Value:
    """Return an Int32."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def tags(value: Any) -> Value:
    """Return a dictionary of strings."""
    return string_dictionary({str(key): text(item) for key, item in value.items()} if isinstance(value, dict) else None)


def call_target(number: int, members: Mapping[str, str]) -> Net:
    """Return the anonymous object that the module names as an error's target."""
    kind = generic(f"<>f__AnonymousType{number}", *("System.String" for _ in members))
    text = ", ".join(f"{name} = {value}" for name, value in members.items())
    return Net((kind, "System.Object"), f"{{ {text} }}", dict(members))
