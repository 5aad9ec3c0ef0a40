"""The README and the pages of the manual, and the blocks in them."""

from __future__ import annotations

import re
from pathlib import Path

from psbridge.guide import TOPICS, page

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
PAGES = {"README": README, **{topic: page(topic) for topic in TOPICS}}
"""Each page's Markdown by its topic, `README` for the front page."""
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(topic: str, language: str) -> list[str]:
    """Return a page's code blocks in a language."""
    return [text for kind, text in _BLOCK.findall(PAGES[topic]) if kind == language]


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
