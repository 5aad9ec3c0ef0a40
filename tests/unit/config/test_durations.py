"""Durations are read in the forms that psbridge takes, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psbridge.config.durations import duration, duration_text
from psbridge.errors import UsageError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("45m", 2700), ("2h", 7200), ("1d", 86400), ("PT20M", 1200), ("P1DT1H", 90000), ("1.5h", 5400)],
)
def test_each_form_is_read(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "90",
        "s",
        "-5s",
        "-PT5M",
        "nan",
        "inf",
        "1e3s",
        "31d",
        "99999999999d",
        "2 h",
        "2H",
        "1h30",
        "٣s",
        "P1M",
        "0s",
    ],
)
def test_any_other_text_is_a_usage_error_with_the_expected_format(text: str) -> None:
    with pytest.raises(UsageError, match="90s, 45m, 2h, 1d or PT20M"):
        duration(text)


def test_zero_is_accepted_where_it_makes_sense() -> None:
    assert duration("0s", zero=True) == 0


@given(st.integers(1, 30 * 86400 * 1000).map(lambda milliseconds: milliseconds / 1000))
def test_a_shown_duration_is_read_back_unchanged(seconds: float) -> None:
    assert duration(duration_text(seconds)) == pytest.approx(seconds, abs=1e-6)


@given(st.text())
def test_any_text_is_a_duration_or_a_usage_error(text: str) -> None:
    try:
        assert 0 < duration(text) <= 30 * 86400
    except UsageError as error:
        assert "expected" in error.message  # noqa: PT017 - it may also be a duration
