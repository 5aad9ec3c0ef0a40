"""Moments and spans keep every digit of the stamp's answers."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psbridge.models.backup import Backup
from psbridge.models.time import Instant, Span

FIRST, LAST = -62_135_596_800 * 10**7, 253_402_300_800 * 10**7 - 1


@pytest.mark.parametrize(
    ("text", "seven"),
    [
        ("2020-03-04T12:22:18.7883083Z", "2020-03-04T12:22:18.7883083Z"),
        ("2020-03-04T12:22:18Z", "2020-03-04T12:22:18Z"),
        ("2020-03-04T12:22:18.500Z", "2020-03-04T12:22:18.5Z"),
        ("2020-03-04T12:22:18", "2020-03-04T12:22:18Z"),
        ("2020-03-04 12:22:18z", "2020-03-04T12:22:18Z"),
        ("2020-03-04T13:22:18.7883083+01:00", "2020-03-04T12:22:18.7883083Z"),
        ("2020-03-04T00:22:18-12:00", "2020-03-04T12:22:18Z"),
        ("2020-03-04T12:22:18.788308399Z", "2020-03-04T12:22:18.7883083Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.9999999Z"),
        ("1969-12-31T23:59:59.0000001Z", "1969-12-31T23:59:59.0000001Z"),
    ],
)
def test_a_time_is_read_and_written_to_the_tick(text, seven):
    assert str(Instant.parse(text)) == seven


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2020-03-04",
        "2020-02-30T00:00:00Z",
        "2020-03-04T25:00:00Z",
        "2020-03-04T12:22:60Z",
        "2020-03-04T12:22:18.Z",
        "2020-03-04T12:22:18,5Z",
        "2020-03-04T12:22:18+25:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "٢٠٢٠-03-04T12:22:18Z",
        " 2020-03-04T12:22:18Z",
        "2020-03-04T12:22:18Z\n",
    ],
)
def test_an_invalid_time_is_refused(text):
    with pytest.raises(ValueError):
        Instant.parse(text)


@given(st.integers(FIRST, LAST))
def test_any_time_round_trips_as_text(ticks):
    assert Instant.parse(str(Instant(ticks))) == Instant(ticks)


@given(st.datetimes(timezones=st.just(UTC)))
def test_any_datetime_round_trips(moment):
    assert Instant.of(moment).as_datetime() == moment


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_an_offset_names_the_same_moment(moment, minutes):
    local = moment.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert Instant.parse(local.isoformat()) == Instant.of(local)


@given(st.text())
def test_any_text_gives_a_time_or_a_value_error(text):
    for kind in (Instant, Span):
        with suppress(ValueError):
            assert isinstance(kind.parse(text), kind)


@pytest.mark.parametrize(
    ("text", "ticks"),
    [
        ("PT5M16.0605282S", 3_160_605_282),
        ("PT6M35.345912S", 3_953_459_120),
        ("PT1H20M32.364138S", 48_323_641_380),
        ("PT0S", 0),
        ("P1D", 864_000_000_000),
        ("P1W", 6_048_000_000_000),
        ("P1DT2H3M4.5S", 937_845_000_000),
        ("-PT1.5S", -15_000_000),
        ("PT0,5S", 5_000_000),
        ("PT0.00000019S", 1),
        ("P10675199DT2H48M5.4775807S", 2**63 - 1),
    ],
)
def test_a_duration_is_read_to_the_tick(text, ticks):
    assert Span.parse(text).ticks == ticks


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P",
        "-P",
        "PT",
        "P1DT",
        "P1Y",
        "P1M",
        "20",
        "PT1",
        "PT1S ",
        "00:20:00",
        "PT-1S",
        "P10675200D",
        "PT99999999999999S",
    ],
)
def test_a_text_that_is_not_a_duration_is_refused(text):
    with pytest.raises(ValueError):
        Span.parse(text)


@given(st.integers(0, 10**6), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59 * 10**7))
def test_a_duration_is_the_sum_of_its_parts(days, hours, minutes, ticks):
    seconds, part = divmod(ticks, 10**7)
    text = f"P{days}DT{hours}H{minutes}M{seconds}.{part:07d}S"
    assert Span.parse(text).ticks == ((days * 24 + hours) * 60 + minutes) * 60 * 10**7 + ticks


def test_times_and_durations_are_ordered_and_can_be_subtracted():
    early, late = Instant.parse("2020-03-04T12:00:00Z"), Instant.parse("2020-03-04T12:00:00.0000001Z")
    assert early < late
    assert (late - early).ticks == 1
    assert late.minus(Span(1)) == early


def test_a_backup_started_its_duration_before_its_end():
    backup = Backup(
        "x", completed_at=Instant.parse("2020-03-04T12:22:18.7883083Z"), duration=Span.parse("PT5M16.0605282S")
    )
    assert str(backup.started_at) == "2020-03-04T12:17:02.7277801Z"
    assert Backup("x", completed_at=Instant(0)).started_at is None
    assert Backup("x", completed_at=Instant.parse("0001-01-01T00:00:00Z"), duration=Span(1)).started_at is None
