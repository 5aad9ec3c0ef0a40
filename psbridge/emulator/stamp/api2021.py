"""What API version 2021-09-01 answers beyond the older ones: keys and order as recorded (October 2021, build 1.2108)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psbridge.emulator.stamp.repositories import repositories
from psbridge.emulator.stamp.resources import Json

VERSION = "2021-09-01"
POLL_EACH = 30  # seconds: the recorded Retry-After of an operation that is asked for


def backup(resource: Json) -> Json:
    """Return a backup with the repositories of its roles; each has its role's status (inferred: recorded ones all agree)."""
    info = resource["properties"]["backupInfo"]
    roles = [_role(each) for each in info["roleStatus"]]
    return {**resource, "properties": {**resource["properties"], "backupInfo": {**info, "roleStatus": roles}}}


def _role(role: Mapping[str, Any]) -> Json:
    if "repositoryStatus" in role:
        return dict(role)
    name, status = role["roleName"], role["status"]
    parts = [{"fullRepositoryName": each, "status": status} for each in repositories(name)]
    return {"roleName": name, "repositoryStatus": parts, "status": status}


def location(resource: Json) -> Json:
    """Return the backup location; that no blob storage is configured is the emulator's own."""
    store = {**resource["properties"]["externalStoreDefault"], "blobStorageUrl": None, "blobStorageKey": None}
    return {**resource, "properties": {"externalStoreDefault": store, "provisioningState": "Succeeded"}}
