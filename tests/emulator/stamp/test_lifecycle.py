"""The life of a backup, walked by the table and driven at random."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psbridge.emulator.stamp import history, ticks
from psbridge.emulator.stamp.lifecycle import PHASES, is_running, view
from psbridge.emulator.stamp.records import BackupRecord
from psbridge.emulator.stamp.scenarios import ROLES, SCENARIOS

START = ticks.parse_moment("2026-03-04T12:00:00.0000000Z")
NAME = "0d3c0d57-6f43-4a1c-8f53-5d6b0f6f7e10"
LIVE = {word for _, word in PHASES}


def backup(scenario: str = "succeeds", speed: float = 1.0) -> BackupRecord:
    return history.triggered(SCENARIOS[scenario], speed, NAME, START)


def at(record: BackupRecord, share: float) -> int:
    return record.start + int((record.end - record.start) * share)


@pytest.mark.parametrize(
    ("share", "word"),
    [
        (0.0, "Queued"),
        (0.019, "Queued"),
        (0.021, "Creating"),
        (0.049, "Creating"),
        (0.051, "Running"),
        (0.999, "Running"),
    ],
)
def test_a_running_backup_is_queued_then_creating_then_running(share: float, word: str) -> None:
    record = backup()
    seen = view(record, at(record, share))
    assert seen.status == word
    assert not seen.ended
    assert not seen.uploaded
    assert not seen.operation_done
    assert is_running(record, at(record, share))


def test_an_ended_backup_shows_its_status_while_its_operation_continues() -> None:
    record = backup()
    seen = view(record, record.end)
    assert (seen.status, seen.ended, seen.uploaded, seen.operation_done) == ("Succeeded", True, False, False)
    assert not is_running(record, record.end)


def test_the_upload_and_the_operation_end_60_to_108_seconds_after_the_backup() -> None:
    record = backup()
    assert record.operation_end is not None
    assert 60 <= (record.operation_end - record.end) / ticks.PER_SECOND <= 108
    before, after = view(record, record.operation_end - 1), view(record, record.operation_end)
    assert (before.uploaded, before.operation_done) == (False, False)
    assert (after.uploaded, after.operation_done) == (True, True)


def test_roles_run_one_after_another() -> None:
    record = backup()
    seen = [view(record, at(record, 0.05 + 0.95 * (turn + 0.5) / len(ROLES))).roles for turn in range(len(ROLES))]
    for turn, roles in enumerate(seen):
        words = [status for _, status in roles]
        assert words == ["Succeeded"] * turn + ["Running"] + ["Queued"] * (len(ROLES) - turn - 1)


@pytest.mark.parametrize("speed", [1.0, 120.0, 5000.0])
def test_speed_divides_the_time_a_backup_takes(speed: float) -> None:
    record = backup(speed=speed)
    length = (record.end - record.start) / ticks.PER_SECOND
    assert 1200 / speed <= length <= 1200 * 1.05 / speed + 1e-3


def test_a_20_minute_backup_at_speed_120_says_that_it_took_10_seconds() -> None:
    record = backup(speed=120)
    assert ticks.span_text(record.end - record.start).startswith("PT10.")


@given(
    st.sampled_from(sorted(SCENARIOS)),
    st.sampled_from([1.0, 120.0, 3600.0]),
    st.floats(-0.5, 3.0),
    st.floats(-0.5, 3.0),
)
def test_a_backups_status_never_goes_back(scenario: str, speed: float, one: float, other: float) -> None:
    record = backup(scenario, speed)
    first, later = sorted((at(record, one), at(record, other)))
    earlier, seen = view(record, first), view(record, later)
    order = ["Queued", "Creating", "Running", record.status]
    assert order.index(seen.status) >= order.index(earlier.status)
    for flag in ("visible", "ended", "uploaded", "operation_done"):
        assert getattr(seen, flag) >= getattr(earlier, flag), flag
    for (_, was), (_, is_) in zip(earlier.roles, seen.roles, strict=True):
        assert was not in {"Succeeded", "Failed"} or is_ == was
        assert not (was == "Running" and is_ == "Queued")
    if earlier.ended:
        assert seen.status == earlier.status == record.status


@given(st.sampled_from(sorted(SCENARIOS)), st.floats(0.0, 50.0))
def test_an_operation_that_is_done_means_uploaded_unless_the_scenario_says_otherwise(name: str, share: float) -> None:
    record = backup(name)
    seen = view(record, at(record, share))
    if seen.operation_done:
        assert seen.ended
        assert seen.uploaded == SCENARIOS[name].uploaded
    if seen.uploaded:
        assert seen.ended
        assert seen.operation_done


def test_a_recorded_backup_never_changes() -> None:
    record = replace(backup(), recorded={"id": NAME})
    assert view(record, START - 1) == view(record, record.end * 2)


@given(st.integers(0, 4_000_000_000 * ticks.PER_SECOND))
def test_moments_are_written_with_seven_decimals_and_read_back(moment: int) -> None:
    text = ticks.moment_text(moment)
    assert ticks.parse_moment(text) == moment
    assert len(text) == len("2020-03-04T12:22:18.7883083Z")


@given(st.integers(0, 400 * 86_400 * ticks.PER_SECOND))
def test_durations_are_written_so_that_they_can_be_read_back(length: int) -> None:
    assert ticks.parse_span(ticks.span_text(length)) == length


@pytest.mark.parametrize(
    "text", ["PT6M35.345912S", "PT5M16.0605282S", "PT21M15S", "PT0S", "P1DT2H3M", "PT1H20M32.364138S"]
)
def test_durations_are_written_as_the_stamp_writes_them(text: str) -> None:
    assert ticks.span_text(ticks.parse_span(text)) == text


@pytest.mark.parametrize("text", ["", "P", "PT", "P1DT", "6M", "PT1.12345678S", "P1Y"])
def test_an_invalid_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        ticks.parse_span(text)
