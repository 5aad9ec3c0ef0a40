"""Limits for a client's CLIXML, checked before psrpcore builds objects: depth, number of elements, properties.

References are followed in the counting: a list may hold another twice, which holds another twice, and so on; thirty such
lists expand to a gigabyte.
"""

from __future__ import annotations

from typing import Final, NoReturn
from xml.parsers import expat

import msgspec

from psbridge.emulator.engines.embedded.fragments import BadFragments

MAX_BYTES: Final = 2 * 1024 * 1024
"""Of one message; PowerShell takes 10 MiB (PSMaximumReceivedObjectSizeMB), the dialect needs less."""
MAX_DEPTH: Final = 100
MAX_ELEMENTS: Final = 20_000
MAX_MEMBERS: Final = 1_000
"""Properties of one object: psrpcore's cost grows with their square."""


class _Open(msgspec.Struct):
    """An element that has begun: its RefId, and how much is in it when every reference is followed."""

    reference: str | None
    size: int = 1
    members: int = 0


class _Look:
    def __init__(self) -> None:
        self._stack = [_Open(None)]
        self._sizes: dict[str, int] = {}
        self._seen: set[str] = set()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        parent = self._stack[-1]
        parent.members += "N" in attributes
        if parent.members > MAX_MEMBERS:
            raise BadFragments(f"an object of more than {MAX_MEMBERS} properties")
        if any(key.startswith("xmlns") for key in attributes):
            raise BadFragments("a namespace in CLIXML, which has none")
        if len(self._stack) > MAX_DEPTH:
            raise BadFragments(f"CLIXML that is nested more than {MAX_DEPTH} deep")
        reference = attributes.get("RefId") if name == "Obj" else None
        if reference in self._seen:
            raise BadFragments(f"two objects with the RefId {reference!r}")
        if reference is not None:
            self._seen.add(reference)
        self._stack.append(_Open(reference))
        if name == "Ref":
            self._add(self._sizes.get(attributes.get("RefId", ""), MAX_ELEMENTS))

    def end(self, _name: str) -> None:
        closed = self._stack.pop()
        if closed.reference is not None:
            self._sizes[closed.reference] = closed.size
        self._add(closed.size)

    def _add(self, size: int) -> None:
        """Count the innermost element's content; a cycle or an unknown reference counts as too much."""
        self._stack[-1].size += size
        if self._stack[-1].size > MAX_ELEMENTS:
            raise BadFragments(
                f"CLIXML of more than {MAX_ELEMENTS} elements, references followed, or of a loop of them"
            )


def _refuse(*_: object) -> NoReturn:
    raise BadFragments("a document type or entity in CLIXML")


def check(data: bytes) -> None:
    """Accept a message that can be read in limited time; an empty one is left to the reader.

    Raises:
        BadFragments: it is too large, too deep or too wide, or no XML in UTF-8 without a document type.
    """
    if len(data) > MAX_BYTES:
        raise BadFragments(f"a message of {len(data)} bytes")
    if not data:
        return
    look = _Look()
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = look.start
    parser.EndElementHandler = look.end
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise BadFragments(f"CLIXML that is not XML: {error}") from error
