"""`replace`: the same on every Python."""

from __future__ import annotations

import msgspec
import pytest

from psbridge.values import replace


class Point(msgspec.Struct, frozen=True):
    x: int
    y: int = 0


def test_replace_returns_a_new_value_of_the_same_type() -> None:
    before = Point(1, 2)
    assert replace(before, y=3) == Point(1, 3)
    assert before == Point(1, 2)


def test_replace_refuses_a_field_that_is_not_there() -> None:
    with pytest.raises(TypeError):
        replace(Point(1), z=3)


def test_a_value_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Point(1).x = 2  # type: ignore[misc]
