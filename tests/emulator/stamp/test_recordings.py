"""Each call of a real stamp's recordings, replayed against the emulated one at the time it was made."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import chain, repeat
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest

from psbridge.emulator.stamp.api import RestResponse
from psbridge.emulator.stamp.scenarios import SCENARIOS
from psbridge.emulator.stamp.service import Stamp

RECORDED = Path(__file__).parents[2] / "data" / "recorded"
FILES = sorted(path.stem for path in RECORDED.glob("*.json"))
# Seconds that the recorded backups ran, cut so that up to 5 % more still lies between two recorded polls.
RAN = {"start-azsbackup": 345.0, "restore-azsbackup": 300.0}


def load(name: str) -> list[dict[str, Any]]:
    return json.loads((RECORDED / f"{name}.json").read_text())


def recorded_backups() -> list[dict[str, Any]]:
    return load("get-azsbackup")[0]["body"]["value"]


def recorded_settings(name: str) -> dict[str, Any]:
    """Return the settings that held in a recording: its own where it has them."""
    bodies = (entry["body"] for entry in chain(load(name), load("get-azsbackupconfiguration")) if entry["body"])
    return next(body for body in bodies if "externalStoreDefault" in body.get("properties", {}))


def shape(value: Any) -> Any:
    """Return the keys, in their order, and the types of a JSON value; all elements of a list count as one."""
    if isinstance(value, dict):
        return [(key, shape(each)) for key, each in value.items()]
    if isinstance(value, list):
        return {repr(shape(each)) for each in value}
    return type(value).__name__


def replay(name: str) -> list[tuple[dict[str, Any], RestResponse]]:
    """Make a recording's calls, each at its recorded time, on a stamp that is as the recorded one was."""
    entries = load(name)
    clock = [parsedate_to_datetime(entries[0]["headers"]["Date"]).astimezone(UTC)]
    locations = (entry["headers"]["Location"] for entry in entries if entry["method"] != "GET")
    ids = chain((UUID(urlsplit(each).path.rpartition("/")[2]) for each in locations), repeat(uuid4()))
    stamp = Stamp.from_recording(
        recorded_backups() if name in {"get-azsbackup", "set-azsbackupconfiguration"} else [],
        recorded_settings(name),
        scenario=replace(SCENARIOS["history-empty"], duration=RAN.get(name, 1200.0), stamp_version="1.2002.0.35"),
        now=lambda: clock[0],
        new_id=lambda: next(ids),
    )
    answers = []
    for entry in entries:
        clock[0] = parsedate_to_datetime(entry["headers"]["Date"]).astimezone(UTC)
        body = None if entry["request"] is None else json.dumps(entry["request"]).encode()
        answers.append((entry, stamp.rest(entry["method"], entry["path"], body)))
    return answers


@pytest.mark.parametrize("name", FILES)
def test_every_recorded_call_gets_the_recorded_status(name: str) -> None:
    for entry, answer in replay(name):
        assert answer.status == entry["status"], (entry["method"], entry["path"], entry["headers"]["Date"])


@pytest.mark.parametrize("name", FILES)
def test_every_recorded_call_gets_the_recorded_headers(name: str) -> None:
    for entry, answer in replay(name):
        assert set(answer.headers) - {"x-ms-request-id"} == set(entry["headers"])
        UUID(answer.headers["x-ms-request-id"])
        for header in {"Date", "Retry-After"} & set(entry["headers"]):
            assert answer.headers[header] == entry["headers"][header]
        for header in {"Location", "Azure-AsyncOperation"} & set(entry["headers"]):
            ours, theirs = urlsplit(answer.headers[header]), urlsplit(entry["headers"][header])
            assert (ours.scheme, ours.path, ours.query) == (theirs.scheme, theirs.path, theirs.query)


@pytest.mark.parametrize("name", FILES)
def test_every_recorded_call_gets_the_recorded_keys_in_order_and_types(name: str) -> None:
    for entry, answer in replay(name):
        assert shape(answer.body) == shape(entry["body"])


@pytest.mark.parametrize(
    "name", ["get-azsbackup", "get-azsbackupconfiguration", "invoke-azsprunebackuplocationexternalstore"]
)
def test_unchanged_recordings_are_returned_value_by_value(name: str) -> None:
    for entry, answer in replay(name):
        assert answer.body == entry["body"]


def test_a_recorded_backups_operation_is_done() -> None:
    stamp = Stamp.from_recording(recorded_backups(), recorded_settings("set-azsbackupconfiguration"))
    done = load("start-azsbackup")[-1]
    answer = stamp.rest("GET", done["path"])
    assert answer.status == 200
    recorded, ours = (each["properties"]["backupInfo"] for each in (done["body"], answer.body))
    assert set(ours) == set(recorded)
    assert {k: v for k, v in ours.items() if k != "encryptedBackupEncryptionKey"} == {
        k: v for k, v in recorded.items() if k != "encryptedBackupEncryptionKey"
    }
    assert len(ours["encryptedBackupEncryptionKey"]) == len(recorded["encryptedBackupEncryptionKey"])


def test_a_backup_started_on_a_recorded_stamp_joins_the_recorded_ones() -> None:
    clock = [datetime(2020, 3, 4, 13, 0, tzinfo=UTC)]
    stamp = Stamp.from_recording(recorded_backups(), now=lambda: clock[0], speed=1200)
    base = load("get-azsbackup")[0]["path"].partition("/backups?")[0]
    assert stamp.rest("POST", f"{base}/createBackup?api-version=2018-09-01").status == 202
    clock[0] = datetime(2020, 3, 4, 13, 1, tzinfo=UTC)
    listed = stamp.rest("GET", f"{base}/backups?api-version=2018-09-01").body["value"]
    assert len(listed) == 4
    (new,) = [each for each in listed if each not in recorded_backups()]
    old = recorded_backups()[0]["properties"]["backupInfo"]
    for key in ("deploymentID", "stampVersion", "oemVersion", "backupDataVersion"):
        assert new["properties"]["backupInfo"][key] == old[key]
