"""What the plugin writes: one line and performance data that Nagios can read, whatever the texts are."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psbridge.documents.stamp_status import StampStatusDocument, StatusBackupBody
from psbridge.monitoring.plugin import answer, performance, unknown
from psbridge.monitoring.states import State, Thresholds, thresholds
from psbridge.values import replace
from tests.support.samples import DOCUMENTS

WELL = DOCUMENTS["stamp_status"]
NOT_WELL = DOCUMENTS["stamp_status_not_well"]
UNREACHABLE = DOCUMENTS["stamp_status_unreachable"]
assert isinstance(WELL, StampStatusDocument)
assert isinstance(NOT_WELL, StampStatusDocument)
assert isinstance(UNREACHABLE, StampStatusDocument)
DATUM = re.compile(r"'[^'= ]+'=-?\d+(\.\d+)?(s|B|%|c)?(;\d*(\.\d+)?){0,4}")
"""The guidelines' `'label'=value[UOM];warn;crit;min;max`; trailing semicolons may be left out."""
FIRST = re.compile(r"BACKUP (OK|WARNING|CRITICAL|UNKNOWN) - ([^|]*?)(?: \| (.*))?")


def parsed(output: str) -> tuple[str, str, list[str], list[str]]:
    """Return state, text, performance data and long output, as Nagios takes them apart."""
    assert output.endswith("\n")
    first, *rest = output[:-1].split("\n")
    found = FIRST.fullmatch(first)
    assert found is not None, first
    assert not any("|" in line for line in rest)
    assert len(output.encode()) <= 8192
    return found[1], found[2], found[3].split(" ") if found[3] else [], rest


def test_a_healthy_stamp() -> None:
    it = answer(WELL, thresholds(WELL))
    assert it.state is State.OK
    assert it.output == (
        "BACKUP OK - newest good backup 3h ago | 'age'=10800s;64800;86400;0 'duration'=316.061s;;;0 'roles_failed'=0;;;0;2"
        " 'free'=1099511627776B;;;0 'alerts'=0;;;0 'unread'=0;;;0\n"
        "target nyc, host oaw01, read 2020-03-04T15:22:18Z\n"
        "ok      backup    confirmed 9cee9dfb-4a22-44da-9fd8-9f45b8ddf8ce, completed 2020-03-04 12:22:18Z, took 5m 16s, "
        "2/2 roles\n"
        "ok      schedule  every 12h, kept 7d, next 2020-03-05 00:00:00Z\n"
    )


def test_a_bad_backup_says_what_is_wrong_and_what_to_do() -> None:
    it = answer(NOT_WELL, thresholds(NOT_WELL))
    state, text, data, rows = parsed(it.output)
    assert state == "CRITICAL"
    assert text.endswith("is incomplete: status PartialSucceeded; newest good backup 3h ago")
    assert [datum.partition("=")[0] for datum in data] == ["'age'", "'roles_failed'", "'free'", "'alerts'", "'unread'"]
    assert rows[1] == "hint: Start another."


def test_a_stamp_that_was_not_read_has_no_performance_data() -> None:
    it = answer(UNREACHABLE, thresholds(UNREACHABLE))
    assert parsed(it.output) == (
        "CRITICAL",
        "oaw01:5986 refused the connection",
        [],
        ["target nyc, read 2020-03-04T15:22:18Z", "hint: Check the listener."],
    )


def test_an_old_backup_says_how_old_it_may_be() -> None:
    document = replace(WELL, age_seconds=90_061.0)
    assert parsed(answer(document, thresholds(document)).output)[1] == "newest good backup 1d 1h ago, more than 1d"


def test_warnings_follow_the_rows() -> None:
    rows = parsed(answer(WELL, thresholds(WELL), ["others may read the secret file"]).output)[3]
    assert rows[-1] == "note: others may read the secret file"


def test_a_check_that_could_not_be_made_is_unknown() -> None:
    it = unknown("--critical: 'x' is not an age")
    assert (it.state, it.output) == (State.UNKNOWN, "BACKUP UNKNOWN - --critical: 'x' is not an age\n")


HOSTILE = st.text(st.sampled_from("ab |\n\r\t\0'\";=<>$`\x1b\u2028\u202e\ud800é€😀"), max_size=400)


@given(st.lists(HOSTILE, min_size=4, max_size=4), st.integers(0, 40))
def test_no_text_breaks_the_output(texts: list[str], rows: int) -> None:
    message, row, target, note = texts
    shown = (replace(WELL.rows[0], name=row[:20], text=row),) * rows
    document = replace(WELL, exit_code=3, code="partial", message=message, hint=row, target=target, rows=shown)
    it = answer(document, thresholds(document), [note])
    it.output.encode()
    state, text, data, _ = parsed(it.output)
    assert state == "CRITICAL"
    assert len(text) <= 300
    assert "<" not in it.output
    assert len(data) == 6
    assert all(map(DATUM.fullmatch, data))
    assert all(line.isprintable() for line in it.output[:-1].split("\n"))
    assert len(it.output.encode()) <= 4096


def test_a_long_status_is_cut_at_a_line() -> None:
    rows = (replace(WELL.rows[0], text="€" * 500),) * 200
    output = answer(replace(WELL, rows=rows), thresholds(WELL)).output
    assert 3000 < len(output.encode()) <= 4000
    assert {len(line) for line in output.splitlines()[2:]} == {300}


NUMBERS = st.one_of(st.none(), st.floats(0, 1e15), st.integers(0, 2**62))


@given(NUMBERS, NUMBERS, NUMBERS, NUMBERS)
def test_performance_data_is_well_formed(
    age: float | None, free: float | None, warning: float | None, critical: float | None
) -> None:
    newest = replace(WELL.newest, duration_seconds=age)
    assert isinstance(newest, StatusBackupBody)
    document = replace(WELL, age_seconds=age, newest=newest, free=replace(WELL.free, bytes=free))
    data = list(performance(document, Thresholds(warning, critical)))
    assert all(map(DATUM.fullmatch, data)), data
    assert not any("e" in datum.partition("=")[2] for datum in data)


@pytest.mark.parametrize("missing", ["newest", "last_good", "age_seconds", "free", "alerts", "schedule", "update"])
def test_what_is_unknown_is_left_out(missing: str) -> None:
    document = replace(WELL, **{missing: None})
    for datum in parsed(answer(document, thresholds(document)).output)[2]:
        assert DATUM.fullmatch(datum)
