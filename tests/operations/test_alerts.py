"""`alert list`: the open alerts, by type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from psbridge.catalogue.alerts import ALERTS, AlertType
from psbridge.documents.alert import AlertListDocument
from psbridge.emulator.stamp.alerts.kinds import KINDS
from psbridge.errors import PrerequisiteError
from tests.operations.conftest import Bench

Benches = Callable[..., Bench]


def test_open_alerts_of_the_backup_service_come_in_one_round_trip_worst_first(bench: Benches) -> None:
    it = bench("alerts-odd")
    alerts = it.client.alerts()
    assert [(each.title, each.severity) for each in alerts] == [
        ("Backup failed because file share is full", "Critical"),
        ("A new kind of trouble", "Warning"),
    ]
    assert alerts[0].remediation == ("1. Read the alert in the portal.",)
    assert len(it.sessions.ran) == 1
    known, unknown = AlertListDocument.of(it.target, alerts).alerts
    assert (known.known, unknown.known) == (True, False)
    assert known.meaning == "The last backup failed: the share is full."
    assert (unknown.meaning, unknown.remedy) == (None, None)


def test_all_alerts_of_the_stamp_are_listed_if_that_is_asked_for(bench: Benches) -> None:
    found = bench("alerts-odd").client.alerts(every=True)
    assert [each.provider for each in found].count("Microsoft.Storage.Admin") == 1
    assert [each.is_critical for each in found] == [True, True, False]


def test_without_raw_answers_the_texts_are_unknown(bench: Benches) -> None:
    it = bench("alerts-odd")
    it.stamp.profile = replace(it.stamp.profile, rest_method=False)
    alerts = it.client.alerts()
    assert len(alerts) == 2
    assert {(each.description, each.remediation) for each in alerts} == {(None, None)}


def test_a_host_without_the_module_says_so(bench: Benches) -> None:
    with pytest.raises(PrerequisiteError, match="Get-AzsAlert"):
        bench("azurerm-module").client.alerts()


def test_every_alert_that_the_emulated_stamp_raises_is_in_the_catalogue(bench: Benches) -> None:
    assert {kind.fault_type for kind in KINDS.values()} == {each.fault_type for each in ALERTS}


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_a_row_of_the_catalogue_has_sentences(alert: AlertType) -> None:
    for text in (alert.meaning, alert.remedy):
        assert text[0].isupper()
        assert text.endswith(".")
    assert len(alert.meaning) < 110
