"""The README and the pages of the manual, and the blocks in them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from psbridge.guide import TOPICS, page

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = {"README": README, **{topic: page(topic) for topic in TOPICS}}
"""Each page's Markdown by its topic, `README` for the front page."""
_BLOCK = re.compile(r"^(?:<!-- (append|file|terminal): (\S+) -->\n)?```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A code block.

    A comment above it, `<!-- file: NAME -->` or `<!-- append: NAME -->`, names the file that it is for; after
    `<!-- terminal: DAY.N -->` it is the Nth part of what a terminal shows on one day.
    """

    how: str
    file: str
    language: str
    text: str


def all_blocks(topic: str) -> list[Block]:
    """Return a page's code blocks in their order."""
    return [Block(*found) for found in _BLOCK.findall(PAGES[topic])]


def blocks(topic: str, language: str) -> list[str]:
    """Return a page's code blocks in a language."""
    return [block.text for block in all_blocks(topic) if block.language == language]


def block(topic: str, language: str, holding: str) -> str:
    """Return the one code block of a page that holds a text."""
    (found,) = [text for text in blocks(topic, language) if holding in text]
    return found


def between(topic: str, start: str, end: str) -> str:
    """Return what a page has between two texts."""
    _, found, rest = PAGES[topic].partition(start)
    assert found, f"{topic} has no {start!r}"
    text, found, _ = rest.partition(end)
    assert found, f"{topic} has no {end!r} after {start!r}"
    return text
