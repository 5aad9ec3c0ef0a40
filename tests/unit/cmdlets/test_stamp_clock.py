"""The stamp's time, from the headers of an answer."""

from __future__ import annotations

import pytest

from psbridge.cmdlets.stamp_clock import ReadStampClock
from psbridge.models.time import Instant
from psbridge.powershell.result import PSObject, Result, Value

DATE = "Wed, 04 Mar 2026 12:00:00 GMT"


def pair(name: str, value: Value) -> PSObject:
    return PSObject(properties={"Key": name, "Value": value})


@pytest.mark.parametrize("value", [(DATE,), [DATE], DATE])
def test_the_date_is_the_stamps_time(value: Value) -> None:
    output = (pair("x-ms-request-id", ("a",)), pair("Date", value))
    assert ReadStampClock("redmond").parse(Result(output)) == Instant.parse("2026-03-04T12:00:00Z")


@pytest.mark.parametrize(
    "output", [(), ("Date",), (pair("Server", (DATE,)),), (pair("Date", ("soon",)),), (pair("Date", None),)]
)
def test_without_a_date_it_is_unknown(output: tuple[Value, ...]) -> None:
    assert ReadStampClock("redmond").parse(Result(output)) is None


def test_only_a_get_of_the_location_is_sent() -> None:
    shown = str(ReadStampClock("redmond").pipeline())
    assert shown.startswith("Invoke-AzRestMethod ")
    assert "-Method 'GET'" in shown
    assert shown.endswith("ForEach-Object -MemberName 'Headers'")
