"""JSON that was made to cost much is refused, before it is read where that can be."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psbridge.bounded_json import DEEPEST, MOST_VALUES, TooMuchJson, count_values, loads

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(PLAIN)
def test_json_within_the_limits_is_read_unchanged(value):
    assert loads(json.dumps(value)) == value
    assert loads(json.dumps(value).encode()) == value


@given(PLAIN)
def test_the_count_is_never_below_the_number_of_values(value):
    def number(one) -> int:
        return 1 + sum(map(number, one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()))

    assert number(value) <= count_values(json.dumps(value))


@pytest.mark.parametrize("part", ["[]", "{}", "1", '""', '{"a":1}', "[1]"])
def test_too_many_values_are_refused_before_reading(part, mocker):
    read = mocker.patch("json.loads")
    with pytest.raises(TooMuchJson, match="more than 200000 values"):
        loads(f"[{','.join([part] * MOST_VALUES)}]")
    read.assert_not_called()


@pytest.mark.parametrize(
    "text",
    [
        "[" * 4000 + "]" * 4000,  # Python 3.13 reads it, 3.11 ends with a RecursionError
        "[" * 100 + "]" * 100,
        '{"a":' * 100_000 + "1" + "}" * 100_000,
        '[{"a":' * 50 + "1" + "}]" * 50,
    ],
)
def test_too_deep_nesting_is_refused(text):
    with pytest.raises(ValueError, match="nested deeper than 64 levels"):
        loads(text)


def test_the_maximum_depth_is_read():
    text = "[" * DEEPEST + "]" * DEEPEST
    assert json.dumps(loads(text)) == text


@pytest.mark.parametrize("digits", [41, 5000, 100_000])
def test_an_integer_of_many_digits_is_refused(digits):
    with pytest.raises(ValueError, match="digits"):
        loads("9" * digits)


@pytest.mark.parametrize("text", ["", "{", b"\xff\xff\xff", "nul", "[1,]", '"\\ud8"'])
def test_what_is_not_json_is_a_value_error(text):
    with pytest.raises(ValueError):
        loads(text)
