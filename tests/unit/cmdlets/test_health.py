"""Alerts and updates: what counts as open and ours, and as under way."""

from __future__ import annotations

from typing import Any

import pytest

from psbridge.cmdlets.azs_health import GetAlerts, GetUpdates
from psbridge.errors import PrerequisiteError, UsageError
from psbridge.models.stamp import Alert, StampUpdate
from psbridge.models.time import Instant
from psbridge.powershell.result import PSObject, Result


def alert(**changed: Any) -> PSObject:
    plain = {
        "Name": "redmond/5a36eafe-f5d5-5962-b97f-91071727d1b2",
        "Title": "Backup failed because file share is full",
        "FaultTypeId": "AzureStack.BackupController.BackupFailedShareOutOfCapacityFault",
        "Severity": "Warning",
        "State": "Active",
        "CreatedTimestamp": "2026-03-04T12:00:00Z",
        "ImpactedResourceId": "/subscriptions/x/resourceGroups/system.redmond/providers/Microsoft.Backup.Admin/",
    }
    return PSObject(properties={**plain, **changed})


def update(state: str | None, version: str = "1.2306.2.47") -> PSObject:
    return PSObject(
        properties={
            "Name": f"redmond/Microsoft{version}",
            "Version": version,
            "State": state,
            "PackageType": "Infrastructure",
        }
    )


def test_the_pipelines_name_the_location() -> None:
    for what, cmdlet in ((GetAlerts, "Get-AzsAlert"), (GetUpdates, "Get-AzsUpdate")):
        assert str(what("redmond").pipeline()) == f"{cmdlet} -Location 'redmond' -ResourceGroupName 'system.redmond'"
        with pytest.raises(UsageError):
            what("../x").pipeline()


def test_an_open_alert_of_the_backup_service_is_read() -> None:
    found = GetAlerts("redmond").parse(Result(output=(alert(),)))
    assert found == (
        Alert(
            id="redmond/5a36eafe-f5d5-5962-b97f-91071727d1b2",
            title="Backup failed because file share is full",
            severity="Warning",
            fault_type="AzureStack.BackupController.BackupFailedShareOutOfCapacityFault",
            created_at=Instant.parse("2026-03-04T12:00:00Z"),
            provider="Microsoft.Backup.Admin",
        ),
    )


@pytest.mark.parametrize(
    ("changed", "ours"),
    [
        ({"State": "Closed"}, False),
        ({"State": None}, False),
        ({"State": "active"}, True),
        ({"Title": "Sicherung fehlgeschlagen", "ImpactedResourceId": None}, True),
        ({"Title": "x", "FaultTypeId": "y", "ImpactedResourceId": "/providers/Microsoft.Backup.Admin/"}, True),
        ({"Title": "Disk failed", "FaultTypeId": "Microsoft.Health.FaultType.Disk", "ImpactedResourceId": "/x"}, False),
        ({"Title": None, "FaultTypeId": None, "ImpactedResourceId": None}, False),
    ],
)
def test_only_open_alerts_of_the_backup_service_count(changed: dict[str, Any], ours: bool) -> None:
    assert bool(GetAlerts("redmond").parse(Result(output=(alert(**changed), "text", None)))) is ours


@pytest.mark.parametrize(
    ("state", "under_way"),
    [
        ("Installing", True),
        ("installing", True),
        ("Preparing", True),
        ("Installed", False),
        ("Ready", False),
        (None, False),
    ],
)
def test_an_update_is_installing_by_its_state(state: str | None, under_way: bool) -> None:
    found = GetUpdates("redmond").parse(Result(output=(update("Installed", "1.0.0.0"), update(state))))
    expected = StampUpdate("redmond/Microsoft1.2306.2.47", "1.2306.2.47", state)
    assert found == ((expected,) if under_way else ())


def test_a_host_without_the_cmdlets_says_so(capture: dict[str, Result]) -> None:
    for what in (GetAlerts, GetUpdates):
        with pytest.raises(PrerequisiteError):
            what("redmond").parse(capture["unknown command"])
