"""Read hostile XML: no document type, no entities, bounded depth and number of elements.

The checks run inside expat while it reads, so they hold for every encoding it knows and nothing is expanded first.
"""

from __future__ import annotations

from typing import Final
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

MAX_DEPTH: Final = 32
MAX_ELEMENTS: Final = 5000


class BadXml(ValueError):
    """The bytes are no XML, or XML that is refused."""


class _Reader:
    def __init__(self) -> None:
        self._tree = TreeBuilder()
        self._depth = 0
        self._elements = 0
        parser = expat.ParserCreate(namespace_separator="}")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._entity
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._tree.data
        self._parser = parser

    def read(self, data: bytes) -> Element:
        self._parser.Parse(data, True)
        return self._tree.close()

    def _doctype(self, *_: object) -> None:
        raise BadXml("a document type is not allowed")

    def _entity(self, *_: object) -> None:
        raise BadXml("an entity is not allowed")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_DEPTH or self._elements > MAX_ELEMENTS:
            raise BadXml("the XML is nested too deeply or has too many elements")
        self._tree.start(_clark(name), {_clark(key): value for key, value in attributes.items()})

    def _end(self, name: str) -> None:
        self._depth -= 1
        self._tree.end(_clark(name))


def _clark(name: str) -> str:
    return "{" + name if "}" in name else name


def read_xml(data: bytes) -> Element:
    """Return the root element of `data`.

    Raises:
        BadXml: it is malformed, has a document type, or is too deep or too large.
    """
    try:
        return _Reader().read(data)
    except (expat.ExpatError, LookupError, ValueError, AssertionError) as error:
        raise error if isinstance(error, BadXml) else BadXml(str(error)) from error
