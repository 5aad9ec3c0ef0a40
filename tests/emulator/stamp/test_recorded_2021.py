"""API version 2021-09-01, which no released module speaks: the calls of a stamp's recordings (October 2021), replayed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from psbridge.emulator.stamp.api2021 import ROLES_2108
from psbridge.emulator.stamp.scenarios import SCENARIOS
from psbridge.emulator.stamp.service import Stamp
from tests.emulator.stamp.test_recordings import shape

MakeBench = Callable[..., Any]
RECORDED = Path(__file__).parents[2] / "data" / "recorded" / "other"


def load(name: str) -> list[dict[str, Any]]:
    return json.loads((RECORDED / f"{name}-2021.json").read_text())


def backups() -> list[dict[str, Any]]:
    return load("get-azsbackup")[0]["body"]["value"]


def settings() -> dict[str, Any]:
    return load("get-azsbackupconfiguration")[0]["body"]["value"][0]


def test_recorded_backups_come_out_value_by_value() -> None:
    stamp = Stamp.from_recording(backups(), settings())
    for entry in load("get-azsbackup"):
        answer = stamp.rest(entry["method"], entry["path"])
        assert (answer.status, answer.body) == (entry["status"], entry["body"])


def test_the_recorded_settings_have_their_keys_in_order(bench: MakeBench) -> None:
    for entry in load("get-azsbackupconfiguration"):
        ours = Stamp.from_recording([], settings()).rest("GET", entry["path"])
        assert ours.status == entry["status"]
        assert keys(ours.body) == keys(entry["body"])


def keys(value: Any) -> Any:
    """Return the keys, in their order: the types of what a share or a blob store lacks differ."""
    if isinstance(value, dict):
        return [(name, keys(each)) for name, each in value.items()]
    return [keys(each) for each in value] if isinstance(value, list) else None


def test_a_backup_runs_and_ends_as_recorded() -> None:
    entries = load("start-azsbackup")
    clock = [parsedate_to_datetime(entries[0]["headers"]["Date"]).astimezone(UTC)]
    name = UUID(urlsplit(entries[0]["headers"]["Location"]).path.rpartition("/")[2])
    scenario = replace(SCENARIOS["history-empty"], duration=235.0, upload=4.0, roles=("KeyVaultNamingService",))
    stamp = Stamp.from_recording(
        [], settings() | {"properties": configured()}, scenario=scenario, now=lambda: clock[0], new_id=lambda: name
    )
    for entry in entries:
        clock[0] = parsedate_to_datetime(entry["headers"]["Date"]).astimezone(UTC)
        answer = stamp.rest(entry["method"], entry["path"])
        assert answer.status == entry["status"], entry["headers"]["Date"]
        assert set(answer.headers) - {"x-ms-request-id"} == set(entry["headers"])
        for header in {"Retry-After"} & set(entry["headers"]):
            assert answer.headers[header] == entry["headers"][header]
        for header in {"Location", "Azure-AsyncOperation"} & set(entry["headers"]):
            ours, theirs = urlsplit(answer.headers[header]), urlsplit(entry["headers"][header])
            assert (ours.path, ours.query) == (theirs.path, theirs.query)
        assert keys(answer.body) == keys(entry["body"])


def configured() -> dict[str, Any]:
    """Return the recorded settings with a share: the stamp backed up to a blob store, which is not emulated."""
    store = settings()["properties"]["externalStoreDefault"]
    return {"externalStoreDefault": {**store, "path": "\\\\a\\b"}}


def test_the_partial_backups_of_that_build_are_emulated(bench: MakeBench) -> None:
    recorded = next(each for each in backups() if each["properties"]["backupInfo"]["status"] == "PartialSucceeded")
    scene = bench("partial-on-new-build")
    name = scene.start()
    scene.pass_(minutes=30)
    ours = scene.get(f"/backups/{name}", "api-version=2021-09-01").body
    assert shape(ours) == shape(recorded)
    theirs, info = (each["properties"]["backupInfo"] for each in (recorded, ours))
    for key in (
        "backupDataVersion",
        "roleStatus",
        "status",
        "timeTakenToCreate",
        "stampVersion",
        "completelyUploaded",
        "isCloudRecoveryReady",
    ):
        assert info[key] == theirs[key], key
    older = scene.info(name)["roleStatus"]
    assert older == [{"roleName": each["roleName"], "status": each["status"]} for each in theirs["roleStatus"]]
    assert [each["roleName"] for each in older] == list(ROLES_2108)


@pytest.mark.parametrize("version", ["2016-05-01", "2018-09-01"])
def test_older_api_versions_have_no_repositories(bench: MakeBench, version: str) -> None:
    scene = bench()
    body = json.dumps(scene.get("/backups", f"api-version={version}").body)
    assert "repositoryStatus" not in body
    assert "provisioningState" not in json.dumps(scene.get("", f"api-version={version}").body)
