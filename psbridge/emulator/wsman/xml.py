"""Parse hostile XML: no document type, no entities, and limits for depth, elements, attributes and namespaces.

A first pass with plain expat, which covers every encoding and expands nothing; only then is the tree built.
Two passes, because expat writes a namespace out in each name that is in it: 100 KB of namespace and 5000 attributes took 16
seconds, and what a handler raises only stops it at the end.
"""

from __future__ import annotations

from typing import Final, NoReturn
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

MAX_DEPTH: Final = 32
MAX_ELEMENTS: Final = 5000
MAX_ATTRIBUTES: Final = 64
MAX_NAMESPACE: Final = 256
"""Characters of a namespace's URI: expat writes it out in the name of each element that is in it."""


class BadXml(ValueError):
    """The bytes are not XML, or XML that is refused."""


class _Look:
    """The first pass."""

    def __init__(self) -> None:
        self._depth = 0
        self._elements = 0

    def start(self, _name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth > MAX_DEPTH or self._elements > MAX_ELEMENTS:
            raise BadXml("the XML is nested too deeply or has too many elements")
        if len(attributes) > MAX_ATTRIBUTES:
            raise BadXml("an element has too many attributes")
        if any(len(value) > MAX_NAMESPACE for name, value in attributes.items() if name.startswith("xmlns")):
            raise BadXml("a namespace is too long")

    def end(self, _name: str) -> None:
        self._depth -= 1


def _doctype(*_: object) -> NoReturn:
    raise BadXml("a document type is not allowed")


def _check(data: bytes) -> None:
    look = _Look()
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _doctype
    parser.StartElementHandler = look.start
    parser.EndElementHandler = look.end
    parser.Parse(data, True)


def _tree(data: bytes) -> Element:
    tree = TreeBuilder()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, attributes: tree.start(
        _clark(name), {_clark(key): value for key, value in attributes.items()}
    )
    parser.EndElementHandler = lambda name: tree.end(_clark(name))
    parser.CharacterDataHandler = tree.data
    parser.Parse(data, True)
    return tree.close()


def _clark(name: str) -> str:
    return "{" + name if "}" in name else name


def read_xml(data: bytes) -> Element:
    """Return the root element of `data`.

    Raises:
        BadXml: it is malformed, has a document type, or is too deep or too large.
    """
    try:
        _check(data)
        return _tree(data)
    except (expat.ExpatError, LookupError, ValueError, AssertionError) as error:
        raise error if isinstance(error, BadXml) else BadXml(str(error)) from error
