"""Checks the bounds of XML before a reader builds objects: in pieces, with nodes, depth and time checked between them.

The objects are much larger than the text. 8 MB of unclosed elements became 1.5 GB and 14 s (measured with ElementTree), and
so did one element with a million attributes. expat repeats a namespace in the name of each of its elements, so half a
megabyte of namespace and five thousand elements become two gigabytes (measured on expat 2.6). This check reads without
namespaces, where expat repeats nothing. The cost of text is proportional to its length.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Final
from xml.parsers import expat

import msgspec

from psbridge.clock import Tick, no_tick

LONGEST_NAMESPACE: Final = 256
"""Characters; the longest of WSMan has 61."""
LONGEST_TAG: Final = 512 * 1024
"""Bytes of one tag with its attributes; expat holds a tag in memory as a whole."""
PIECE: Final = 64 * 1024
"""Bytes between two checks of the time; they take some milliseconds at most."""

_LONG: Final = re.compile(rb"<[^!?][^<]{%d}" % LONGEST_TAG)
_TAG: Final = re.compile(rb"<[^<>\"']*(?:(?:\"[^<\"]*\"|'[^<']*')[^<>\"']*)*>")


class TooMuchXml(ValueError):
    """A text exceeds its bounds of size, nodes or depth."""


class Bounds(msgspec.Struct, frozen=True):
    """The bounds of a text.

    Attributes:
        size: bytes.
        nodes: elements and attributes.
        depth: of nested elements.
    """

    size: int
    nodes: int
    depth: int


class _Count:
    """Counts the nodes and the depth that expat reports."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._nodes = 0
        self._depth = 0

    def start(self, _name: str, attributes: list[str]) -> None:
        self._depth += 1
        if self._depth > self._bounds.depth:
            raise TooMuchXml(f"elements nested deeper than {self._bounds.depth}")
        self._nodes += 1 + len(attributes) // 2
        if self._nodes > self._bounds.nodes:
            raise TooMuchXml(f"more than {self._bounds.nodes} elements and attributes")
        for at in range(0, len(attributes), 2):
            if len(attributes[at + 1]) > LONGEST_NAMESPACE and attributes[at].startswith("xmlns"):
                raise TooMuchXml(f"a namespace of {len(attributes[at + 1])} characters")

    def end(self, _name: str) -> None:
        self._depth -= 1

    def document_type(self, *_: object) -> None:
        raise TooMuchXml("a document type")


def check(data: bytes, bounds: Bounds, tick: Tick = no_tick) -> None:
    """Check that a UTF-8 text is within the bounds; a text that is not well-formed is checked up to its first error.

    Raises:
        TooMuchXml: it is not within the bounds, or defines a document type, which could define entities.
    """
    if len(data) > bounds.size:
        raise TooMuchXml(f"more than {bounds.size} bytes")
    if _is_small(data, bounds):
        return
    _check_tags(data)
    count = _Count(bounds)
    parser = expat.ParserCreate("utf-8")
    parser.ordered_attributes = True
    parser.StartElementHandler = count.start
    parser.EndElementHandler = count.end
    parser.StartDoctypeDeclHandler = count.document_type
    view = memoryview(data)
    try:
        for at in range(0, len(data), PIECE):
            tick()
            parser.Parse(view[at : at + PIECE], False)
        parser.Parse(b"", True)
    except expat.ExpatError:
        return


def read(data: bytes, bounds: Bounds, tick: Tick = no_tick) -> ET.Element:
    """Check a text and return its tree.

    Raises:
        TooMuchXml: as `check`.
        xml.etree.ElementTree.ParseError: it is not well-formed.
    """
    check(data, bounds, tick)
    parser = ET.XMLParser(encoding="utf-8")
    view = memoryview(data)
    for at in range(0, len(data), PIECE):
        tick()
        parser.feed(view[at : at + PIECE])
    return parser.close()


def _is_small(data: bytes, bounds: Bounds) -> bool:
    """Return whether a text has too few marks to exceed a bound, as most messages have.

    Each element has its own `<`, each attribute a `=`, a document type a `<!`, and a namespace the name `xmlns`.
    """
    tags = data.count(b"<")
    few = tags <= bounds.depth and tags + data.count(b"=") <= bounds.nodes
    return few and len(data) <= LONGEST_TAG and b"<!" not in data and b"xmlns" not in data


def _check_tags(data: bytes) -> None:
    """Refuse a tag that is too long; long text between two tags is allowed."""
    for found in _LONG.finditer(data):
        if _TAG.match(data, found.start(), found.start() + LONGEST_TAG) is None:
            raise TooMuchXml(f"a tag of more than {LONGEST_TAG} bytes")
