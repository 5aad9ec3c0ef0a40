"""The free space of a share, as the stamp writes it."""

from __future__ import annotations

import pytest

from psbridge.models.capacity import capacity_bytes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.00 TB", 2**40),
        ("0.99 TB", 2**40 * 99 // 100),
        ("29.6 TB", 2**40 * 296 // 10),
        ("979 GB", 979 * 2**30),
        ("60 GB", 60 * 2**30),
        ("10GB", 10 * 2**30),
        ("0.00 TB", 0),
        ("0", 0),
        ("0.0 EB", 0),
        ("-1 GB", 0),
        ("1,5 tb", 2**40 * 3 // 2),
        (" 512 B ", 512),
        ("3 PB", 3 * 2**50),
    ],
)
def test_what_stamps_show_is_read(text: str, expected: int) -> None:
    assert capacity_bytes(text) == expected


@pytest.mark.parametrize(
    "text", [None, "", "full", "TB", "1.2.3 GB", "1 GiB", "1 TB free", "NaN TB", "١ TB", "9" * 400 + " TB"]
)
def test_anything_else_is_unknown(text: str | None) -> None:
    assert capacity_bytes(text) is None
