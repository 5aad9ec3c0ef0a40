"""Text from the far end can't act on a terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psbridge.render.escape import safe


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2Jhi", "\\x1b[2Jhi"),
        ("\x9b31m", "\\x9b31m"),
        ("a\r\nb\tc", "a\\r\\nb\\tc"),
        ("exe\u202egnp", "exe\\u202egnp"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("a\u2028b\u2066c\x7f", "a\\u2028b\\u2066c\\x7f"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("Zürich — 東京 🙂", "Zürich — 東京 🙂"),
    ],
)
def test_control_characters_are_escaped_and_others_kept(text: str, shown: str) -> None:
    assert safe(text) == shown


@given(st.text(alphabet=st.characters(exclude_categories=[])))
def test_no_control_format_or_surrogate_character_is_left(text: str) -> None:
    shown = safe(text)
    shown.encode()
    left = {c for c in shown if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"}}
    bidi = {
        c
        for c in shown
        if unicodedata.bidirectional(c) in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    }
    assert not left | bidi
    assert safe(shown) == shown


@given(st.text(max_size=300), st.integers(1, 100))
def test_the_length_is_limited(text: str, limit: int) -> None:
    assert len(safe(text, limit)) <= limit + 3
