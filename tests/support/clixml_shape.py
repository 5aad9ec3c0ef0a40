"""CLIXML as a structure to compare: references resolved, what differs from run to run masked."""

from __future__ import annotations

import contextlib
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Collection

Shape = tuple[object, ...]
MASK = "…"

# Positions, stacks and ids differ from run to run, and between a script's body and compiled code.
RUN_TO_RUN = frozenset({"StackTrace", "RequestId"})
# A generic type names the assembly of its argument: a client library's, or the one that a stand-in makes for itself.
_ASSEMBLY = re.compile(r"(\[\[Microsoft\.AzureStack\.[\w.]+), [^\]]*")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_REQUEST_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_FRAMES = re.compile(r"\n(   (at|---)|--- End of stack) .*")
_DATE = re.compile(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")


def shape(clixml: str, left_out: Collection[str] = ()) -> Shape:
    """Return the message as nested tuples: tag, name, then text or type names, ToString and members."""
    if not clixml:
        return ("empty",)
    return _element(ET.fromstring(clixml), {}, left_out)


def _element(element: ET.Element, types: dict[str, tuple[str, ...]], left_out: Collection[str]) -> Shape:
    name = _plain(element.get("N") or "")
    names = _types(element, types)  # even of a masked one: others may refer to it
    members = tuple(
        _element(child, types, left_out)
        for child in element
        if child.tag not in {"TN", "TNRef", "ToString"} and child.get("N") not in left_out
    )
    if name in RUN_TO_RUN:
        return (element.tag, name, MASK)
    if element.tag not in {"Obj", "MS", "Props", "LST", "IE", "STK", "QUE", "DCT", "En"}:
        return (element.tag, name, _text(element.text or ""))
    if names is None and len(members) == 1 and isinstance(members[0], tuple) and len(members[0]) == 3 and name:
        # A string with instance members, such as a command's that Get-Command has shown before: the same to a client.
        return (members[0][0], name, members[0][2])
    shown = element.find("ToString")
    text = None if shown is None else _FRAMES.sub("", _text(shown.text or ""))
    return (element.tag, name, names, text, *members)


def _types(element: ET.Element, types: dict[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    given, reference = element.find("TN"), element.find("TNRef")
    if given is not None:
        types[given.get("RefId") or ""] = tuple(_ASSEMBLY.sub(r"\1", each.text or "") for each in given)
        return types[given.get("RefId") or ""]
    return None if reference is None else types[reference.get("RefId") or ""]


def _plain(text: str) -> str:
    plain = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")  # two halves make one character


def _text(text: str) -> str:
    plain = _plain(text)
    if plain.startswith(("{", "[{")):
        with contextlib.suppress(ValueError):
            plain = json.dumps(json.loads(plain), sort_keys=True)
    return _DATE.sub("DATE", _REQUEST_ID.sub("UUID4", plain))


def differences(one: Shape, other: Shape, at: str = "") -> list[str]:
    """Return where two shapes differ, one line each."""
    if one == other:
        return []
    if one[:2] != other[:2] or len(one) < 4 or len(other) < 4:
        return [f"{at}: {_brief(one)} != {_brief(other)}"]
    here = f"{at}/{one[1] or one[0]}"
    found = [
        f"{here} {what}: {_brief(left)} != {_brief(right)}"
        for what, left, right in (("type", one[2], other[2]), ("text", one[3], other[3]))
        if left != right
    ]
    left, right = _named(one[4:]), _named(other[4:])
    found += [f"{here}: only the first has {_brief(left[key])}" for key in left.keys() - right.keys()]
    found += [f"{here}: only the second has {_brief(right[key])}" for key in right.keys() - left.keys()]
    for key in left:
        if key in right:
            found += differences(left[key], right[key], here)
    return found or [f"{here}: another order: {list(left)} != {list(right)}"]


def _named(members: tuple[object, ...]) -> dict[object, Shape]:
    named: dict[object, Shape] = {}
    for member in members:
        assert isinstance(member, tuple)
        key = member[1] or member[0]
        named[(key, sum(1 for each in named if isinstance(each, tuple) and each[0] == key))] = member
    return named


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) < 700 else text[:700] + "…"
