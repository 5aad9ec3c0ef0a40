"""What to do about an open alert: by its fault type, or by its title where the answer has no fault type."""

from __future__ import annotations

import pytest

from psbridge.catalogue.alerts import ALERTS, AlertType, remedy

OTHER = "Read it in the operator's portal under Alerts."


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_each_alert_has_its_remedy_by_type_whatever_its_title(alert: AlertType) -> None:
    assert remedy(alert.fault_type, "Sicherung fehlgeschlagen") == alert.remedy
    assert remedy(alert.fault_type.upper(), None) == alert.remedy


@pytest.mark.parametrize(("alert", "title"), [(it, title) for it in ALERTS for title in it.titles])
def test_a_known_title_stands_for_a_missing_type(alert: AlertType, title: str) -> None:
    assert remedy(None, f"{title.rstrip('.').upper()}.") == alert.remedy


@pytest.mark.parametrize(
    ("fault_type", "title"),
    [(None, None), ("", ""), (None, "Backup of the share"), ("AzureStack.BackupController.NewFault", "Backup failed")],
)
def test_an_unknown_alert_leads_to_the_portal(fault_type: str | None, title: str | None) -> None:
    assert remedy(fault_type, title) == OTHER
