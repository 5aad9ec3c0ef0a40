"""The .NET values that the host's cmdlets pass along a pipeline, and how one gets at their members."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Union

import msgspec

Value = Union[None, bool, int, str, "Raw", "Net", "NetList", "NetDict"]

_CORELIB = "System.Private.CoreLib, Version=10.0.0.0, Culture=neutral, PublicKeyToken=7cec85d7bea7798e"


def generic(name: str, *arguments: str) -> str:
    """Return the full name of a generic type over types of the core library, as .NET 10 writes it."""
    inside = ",".join(f"[{argument}, {_CORELIB}]" for argument in arguments)
    return f"{name}`{len(arguments)}[{inside}]"


STRING_DICTIONARY = generic("System.Collections.Generic.Dictionary", "System.String", "System.String")
OBJECT_DICTIONARY = generic("System.Collections.Generic.Dictionary", "System.String", "System.Object")


class Raw(msgspec.Struct, frozen=True):
    """A primitive whose CLIXML tag is not the one of a Python type: DT, Version, I64, U32 …; `text` needs no escaping."""

    tag: str
    text: str


class Net(msgspec.Struct, eq=False):
    """An object.

    Attributes:
        types: its type and bases, written as TN; empty for a bare property bag.
        text: the result of ToString(); None to write none.
        props: adapted properties, in the order of the class.
        notes: extended properties (MS).
        boxed: the text of a string that PowerShell wrapped in an object.
        whole: written with its properties at any depth, as an inner exception is.
    """

    types: tuple[str, ...] = ()
    text: str | None = None
    props: Mapping[str, Value] | None = None
    notes: Mapping[str, Value] | None = None
    number: int | None = None
    boxed: str | None = None
    whole: bool = False


class NetList(msgspec.Struct, eq=False):
    """A list, array or collection; `tag` is LST, or IE for what can only be enumerated."""

    types: tuple[str, ...]
    items: list[Value] = msgspec.field(default_factory=list)
    tag: str = "LST"


class NetDict(msgspec.Struct, eq=False):
    """A dictionary with string keys."""

    types: tuple[str, ...]
    entries: Mapping[str, Value] = msgspec.field(default_factory=dict)


def array(element: str, items: list[Value]) -> NetList:
    """Return a T[]."""
    return NetList((f"{element}[]", "System.Array", "System.Object"), items)


def string_dictionary(entries: Mapping[str, Value] | None = None) -> NetDict:
    """Return a Dictionary<string, string>."""
    return NetDict((STRING_DICTIONARY, "System.Object"), entries or {})


def enum(type_name: str, word: str, number: int) -> Net:
    """Return an enum's value."""
    return Net((type_name, "System.Enum", "System.ValueType", "System.Object"), word, number=number)


def switch(present: bool) -> Net:
    """Return a SwitchParameter."""
    types = ("System.Management.Automation.SwitchParameter", "System.ValueType", "System.Object")
    return Net(types, str(present), {"IsPresent": present})


def text_of(value: Value) -> str:
    """Return what ToString() gives."""
    if value is None:
        return ""
    if isinstance(value, bool | int | str):
        return str(value)
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, Net):
        return value.text if value.text is not None else (value.types[0] if value.types else "")
    return value.types[0]


def enumerate_value(value: Value) -> Iterator[Value]:
    """Yield what PowerShell writes down the pipeline for a value: a list's elements, anything else itself."""
    if isinstance(value, NetList):
        yield from value.items
    else:
        yield value


def member(value: Value, name: str) -> Value:
    """Return a property, None where the value has none of that name, as PowerShell does; case is ignored."""
    folded = name.casefold()
    for key, found in _members(value):
        if key.casefold() == folded:
            return found
    return None


def _members(value: Value) -> Iterator[tuple[str, Value]]:
    if isinstance(value, Net):
        yield from (value.notes or {}).items()
        yield from (value.props or {}).items()
    elif isinstance(value, NetDict):
        yield from value.entries.items()
        yield "Count", len(value.entries)
        yield "Keys", NetList(("System.Collections.ICollection",), list(value.entries))
        yield "Values", NetList(("System.Collections.ICollection",), list(value.entries.values()))
    elif isinstance(value, str):
        yield "Length", len(value.encode("utf-16-le")) // 2
    elif isinstance(value, Raw) and value.tag == "Version":
        parts = [int(part) for part in value.text.split(".")] + [-1] * 4
        yield from zip(("Major", "Minor", "Build", "Revision"), parts[:4], strict=True)
