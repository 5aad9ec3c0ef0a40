"""A guard against one trick with XML: expat writes a namespace out in the name of each element that is in it.

So half a megabyte of namespace and five thousand elements are two gigabytes and 16 seconds (measured on expat 2.6). The
guard reads without namespaces, where nothing is written out.
"""

from __future__ import annotations

from typing import Final
from xml.parsers import expat

LONGEST: Final = 256
"""Characters; the longest of WSMan has 61."""


class LongNamespace(ValueError):
    """A namespace is longer than any that WSMan or CLIXML has."""


def _start(_name: str, attributes: dict[str, str]) -> None:
    for name, value in attributes.items():
        if name.startswith("xmlns") and len(value) > LONGEST:
            raise LongNamespace(f"a namespace of {len(value)} characters")


def check_namespaces(text: str) -> None:
    """Let a text pass that has no long namespace; whether it is XML at all is for its reader to say.

    Raises:
        LongNamespace: it has one.
    """
    if "xmlns" not in text:
        return
    parser = expat.ParserCreate()
    parser.StartElementHandler = _start
    try:
        parser.Parse(text.encode("utf-8", "surrogatepass"), True)
    except expat.ExpatError:
        return
