"""The metrics: values, names by Prometheus' rules, and nothing for what is unknown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from psbridge.documents.stamp_status import RunningBody, ScheduleBody, StampStatusDocument, StatusAlertBody, UpdateBody
from psbridge.errors import ConfigError
from psbridge.monitoring.metrics import METRICS, NAMES, OTHER, UPDATE_STATES, text
from psbridge.values import replace
from psbridge.version import __version__
from tests.support.samples import DOCUMENTS

WELL = DOCUMENTS["stamp_status"]
NOT_WELL = DOCUMENTS["stamp_status_not_well"]
UNREACHABLE = DOCUMENTS["stamp_status_unreachable"]
assert isinstance(WELL, StampStatusDocument)
assert isinstance(NOT_WELL, StampStatusDocument)
assert isinstance(UNREACHABLE, StampStatusDocument)


def read(document: StampStatusDocument) -> dict[tuple[str, ...], float]:
    """Return the samples by name (without its prefix) and labels other than the target, as Prometheus reads the text."""
    found: dict[tuple[str, ...], float] = {}
    for family in text_string_to_metric_families(text(document).decode()):
        assert family.type == "gauge"
        for sample in family.samples:
            labels: Mapping[str, str] = sample.labels
            assert labels["target"] == document.target
            key = (
                sample.name.removeprefix("psbridge_"),
                *(f"{k}={v}" for k, v in sorted(labels.items()) if k != "target"),
            )
            assert key not in found
            found[key] = sample.value
    return found


def test_a_healthy_stamp() -> None:
    values = read(WELL)
    alerts = {key: values.pop(key) for key in list(values) if key[0] == "alerts_open"}
    assert set(alerts.values()) == {0.0}
    assert len(alerts) == 18
    updates = {key: values.pop(key) for key in list(values) if key[0] == "update_state"}
    assert [key[1] for key, value in updates.items() if value] == ["state=AppliedSuccessfully"]
    assert values == {
        ("up",): 1,
        ("read_timestamp_seconds",): 1583335338.788308,
        ("read_errors",): 0,
        ("status_exit_code",): 0,
        ("backup_last_success_timestamp_seconds",): 1583324538.788308,
        ("backup_last_completion_timestamp_seconds",): 1583324538.788308,
        ("backup_max_age_seconds",): 86400,
        ("backup_last_duration_seconds",): 316.0605282,
        ("backup_last_status", "status=confirmed"): 1,
        ("backup_last_status", "status=failed"): 0,
        ("backup_last_status", "status=partial"): 0,
        ("backup_last_status", "status=running"): 0,
        ("backup_last_status", "status=unknown"): 0,
        ("backup_last_status", "status=unproven"): 0,
        ("backup_last_recovery_ready",): 1,
        ("backup_last_roles_succeeded",): 2,
        ("backup_last_roles_failed",): 0,
        ("backup_running",): 0,
        ("backup_next_run_timestamp_seconds",): 1583366400,
        ("backup_scheduler_enabled",): 1,
        ("backup_schedule_interval_seconds",): 43200,
        ("backup_retention_seconds",): 604800,
        ("backup_share_free_bytes",): 2**40,
        ("backup_version_outdated",): 0,
        ("alerts_open_by_severity", "severity=critical"): 0,
        ("alerts_open_by_severity", "severity=warning"): 0,
        ("alerts_open_by_severity", "severity=other"): 0,
        ("update_installing",): 0,
        ("update_failed",): 0,
        ("stamp_info", "location=redmond", "version=1.2002.0.35"): 1,
        ("build_info", f"version={__version__}"): 1,
    }


def test_a_stamp_that_is_not_well() -> None:
    values = read(NOT_WELL)
    assert values["status_exit_code",] == 3
    assert values["read_errors",] == 1
    assert values["backup_last_status", "status=partial"] == 1
    assert values["backup_running",] == 1
    assert values["backup_running_start_timestamp_seconds",] == 1583335338.788308
    assert values["backup_version_outdated",] == 1
    assert values["alerts_open", "type=BackupPartialSucceededFault"] == 1
    assert values["alerts_open", "type=other"] == 1
    assert values["alerts_open_by_severity", "severity=critical"] == 1
    assert not any(name.startswith("update_") for name, *_ in values)
    assert ("backup_last_duration_seconds",) not in values  # the stamp gives 0 for each that ended partial


def test_of_a_stamp_that_was_not_read_the_error_and_the_time_are_known() -> None:
    assert read(UNREACHABLE) == {
        ("up",): 0,
        ("read_timestamp_seconds",): 1583335338.788308,
        ("read_errors",): 1,
        ("status_exit_code",): 5,
        ("build_info", f"version={__version__}"): 1,
    }
    assert text(UNREACHABLE).count(b"# HELP ") == 5


NULLS = [
    name
    for name in StampStatusDocument.__struct_fields__
    if getattr(UNREACHABLE, name) is None and getattr(NOT_WELL, name) is not None
]


@pytest.mark.parametrize("name", NULLS)
def test_what_is_unknown_has_no_sample_and_changes_no_other(name: str) -> None:
    before, after = read(WELL), read(replace(WELL, **{name: None}))
    same = {key: value for key, value in before.items() if key in after}
    assert {key: after[key] for key in same} == same
    if name in {"newest", "last_good", "schedule", "free", "alerts", "update", "max_age_seconds"}:
        assert len(after) < len(before)


def test_a_part_that_is_unknown_has_no_sample() -> None:
    values = read(
        replace(
            WELL,
            schedule=ScheduleBody(None, None, None, None),
            update=UpdateBody(None, None, None, installing=False, failed=False),
            running=RunningBody("r", None, None, None, "list", None),
            stamp_version=None,
        )
    )
    for name in ("backup_scheduler_enabled", "backup_schedule_interval_seconds", "backup_retention_seconds"):
        assert (name,) not in values
    assert ("backup_next_run_timestamp_seconds",) not in values
    assert ("backup_running_start_timestamp_seconds",) not in values
    assert ("backup_version_outdated",) not in values
    assert not any(name == "update_state" for name, *_ in values)
    assert values["update_failed",] == 0
    assert values["backup_running",] == 1
    assert values["stamp_info", "location=redmond", "version="] == 1


def test_unknown_words_of_the_stamp_share_one_label() -> None:
    """Else a stamp could make as many series as it likes."""
    alerts = tuple(StatusAlertBody(None, f"New{n}Fault", f"Severe{n}", None, None, known=False) for n in range(50))
    update = UpdateBody("InventedState", None, None, installing=False, failed=False)
    values = read(
        replace(WELL, alerts=(*alerts, StatusAlertBody(None, None, None, None, None, known=False)), update=update)
    )
    assert len(values) == len(read(WELL))
    assert values["alerts_open", f"type={OTHER}"] == 51
    assert values["alerts_open_by_severity", f"severity={OTHER}"] == 51
    assert values["update_state", f"state={OTHER}"] == 1


def test_the_case_of_the_stamps_words_does_not_matter() -> None:
    fault = "azurestack.backupcontroller.BACKUPSCHEDULERPAUSEDFAULT"
    values = read(replace(WELL, alerts=(StatusAlertBody(None, fault, "CRITICAL", None, None, known=True),)))
    assert values["alerts_open", "type=BackupSchedulerPausedFault"] == 1
    assert values["alerts_open_by_severity", "severity=critical"] == 1


def test_names_follow_the_rules_of_prometheus() -> None:
    assert len(set(NAMES)) == len(NAMES)
    for row in METRICS:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", row.name), row.name
        assert not row.name.endswith(("_total", "_count", "_sum", "_bucket"))  # of other types than a gauge
        assert row.help
        assert not row.help.endswith(".")
        assert "target" not in row.labels
        assert set(re.findall(r"_(minutes|hours|days|milliseconds|kilobytes|megabytes|gb)\b", row.name)) == set()
    assert len(UPDATE_STATES) <= 10


def test_each_sample_has_the_labels_of_its_row() -> None:
    for row in METRICS:
        for document in (WELL, NOT_WELL, UNREACHABLE):
            for labels, _ in row.samples(document):
                assert tuple(labels) == row.labels


TEXT = st.text(st.sampled_from('ab"\\\n\r{},=\0 é😀'), max_size=30)


@given(TEXT, TEXT, TEXT)
def test_no_text_breaks_the_format(target: str, version: str, location: str) -> None:
    document = replace(WELL, target=target, stamp_version=version, location=location)
    values: dict[Any, float] = read(document)
    assert values["stamp_info", f"location={location}", f"version={version}"] == 1


def test_a_label_of_the_stamp_is_unicode_and_short() -> None:
    values = read(replace(WELL, stamp_version="1.\ud800", location="x" * 500))
    assert values["stamp_info", f"location={'x' * 119}…", "version=1.\\ud800"] == 1


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(ConfigError, match="metrics need a package") as caught:
        text(WELL)
    assert "psbridge[metrics]" in str(caught.value.hint)
