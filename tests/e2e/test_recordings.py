"""Each backup that a real stamp gave (recording get-azsbackup, March 2020), out of the command line with every value intact."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from psbridge.emulator.stamp.service import Stamp
from tests.support.process.cli import Cli

RECORDED = Path(__file__).parents[1] / "data" / "recorded"
EPOCH = datetime(1970, 1, 1)
TICKS = 10_000_000
ENGINES = ["embedded", pytest.param("pwsh", marks=pytest.mark.pwsh)]


def recorded_backups() -> list[dict[str, Any]]:
    calls = json.loads((RECORDED / "get-azsbackup.json").read_text())
    found: list[dict[str, Any]] = calls[0]["body"]["value"]
    return found


def ticks(moment: str) -> int:
    """Return the 100 ns since 1970 of a recorded time; Python's own datetime has no seventh decimal."""
    whole, _, decimals = moment.removesuffix("Z").partition(".")
    return (datetime.fromisoformat(whole) - EPOCH) // timedelta(seconds=1) * TICKS + int(decimals.ljust(7, "0"))


def minutes_and_seconds(span: str) -> Decimal:
    minutes, _, seconds = span.removeprefix("PT").removesuffix("S").partition("M")
    return Decimal(minutes) * 60 + Decimal(seconds)


def expected(resource: dict[str, Any]) -> dict[str, Any]:
    """Return the contract's BACKUP of a recorded resource; the two times are compared apart."""
    info = resource["properties"]["backupInfo"]
    return {
        "id": resource["id"].rpartition("/")[2],
        "name": resource["name"],
        "location": resource["location"],
        "status": info["status"],
        "roles": [{"name": role["roleName"], "status": role["status"]} for role in info["roleStatus"]],
        "completed_at": info["createdDateTime"],
        "duration_seconds": float(minutes_and_seconds(info["timeTakenToCreate"])),
        "stamp_version": info["stampVersion"],
        "oem_version": info["oemVersion"],
        "deployment_id": info["deploymentID"],
        "encryption_cert_thumbprint": info["encryptionCertThumbprint"],
        "is_cloud_recovery_ready": info["isCloudRecoveryReady"],
        "completely_uploaded": info["completelyUploaded"],
        "is_automatic": info["isAutomaticBackup"],
        "data_version": info["backupDataVersion"],
        "resource_id": resource["id"],
    }


@pytest.mark.parametrize("engine", ENGINES)
def test_every_recorded_backup_is_shown_with_every_value_intact(cli: Cli, engine: str) -> None:
    resources = recorded_backups()
    assert len(resources) >= 3
    stamp = Stamp.from_recording(resources)
    # On PowerShell each is read by a process of its own that takes seconds; the list has them all.
    asked = resources[:2] if engine == "pwsh" else resources
    with cli.facing(stamp=stamp, engine=engine):
        told = [cli("backup", "show", each["name"], "-o", "json").expect(0).document["backup"] for each in asked]
        listed = cli("backup", "list", "-o", "json").expect(0).document["backups"]
    for resource, shown in zip(asked, told, strict=True):
        info = resource["properties"]["backupInfo"]
        assert ticks(shown.pop("started_at")) == ticks(info["createdDateTime"]) - int(
            minutes_and_seconds(info["timeTakenToCreate"]) * TICKS
        )
        assert shown == expected(resource)
    newest_first = sorted(resources, key=lambda it: it["properties"]["backupInfo"]["createdDateTime"], reverse=True)
    assert [each["id"] for each in listed] == [expected(each)["id"] for each in newest_first]
    for shown in told:
        same = next(each for each in listed if each["id"] == shown["id"])
        assert {key: same[key] for key in ("status", "roles", "completed_at")} == {
            key: shown[key] for key in ("status", "roles", "completed_at")
        }


def test_a_recorded_stamp_is_judged_by_its_answers(cli: Cli) -> None:
    # All of them succeeded and none can serve for cloud recovery.
    with cli.facing(stamp=Stamp.from_recording(recorded_backups())):
        document = cli("backup", "confirm", "-o", "json").expect(3).document
    assert document["verdict"] == "partial"
    assert [row["check"] for row in document["evidence"] if row["outcome"] == "fail"] == ["recovery_ready"]
