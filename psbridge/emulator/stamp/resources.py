"""The JSON that the stamp answers with: keys, order and types as recorded (March 2020, API 2018-09-01)."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psbridge.emulator.stamp import ticks
from psbridge.emulator.stamp.lifecycle import View, view
from psbridge.emulator.stamp.records import BackupRecord, OperationRecord

Json = dict[str, Any]
# A wrapped key of the recorded length, all zeros as in the recordings: it opens nothing.
_WRAPPED_KEY = base64.b64encode(bytes(256)).decode()
_OLD_STAMPS_LACK = ("completelyUploaded", "isAutomaticBackup", "isCloudRecoveryReady")
_BACKUP_LOCATION = "Microsoft.Backup.Admin/backupLocations"
_STORE = (
    "path", "userName", "password", "encryptionCertBase64", "encryptionCertThumbprint", "backupFrequencyInHours",
    "availableCapacity", "isBackupSchedulerEnabled", "nextBackupTime", "lastBackupTime", "backupRetentionPeriodInDays",
)  # fmt: skip
_ONLY_IN_OPERATION = ("encryptedBackupEncryptionKey", "backupSizeInKb", "compressedBackupSizeInKb")


_PROGRESSIVE_SINCE = 2102  # the build that brought progressive backups (release notes)


def is_progressive(stamp_version: str) -> bool:
    """Return whether a build makes progressive backups; one whose number can't be read does not."""
    build = re.match(r"\d+\.(\d{1,9})\b", stamp_version, re.ASCII)
    return build is not None and int(build[1]) >= _PROGRESSIVE_SINCE


def data_version(stamp_version: str) -> str:
    """Return the version of the data of a build's backups: progressive ones have another (recordings)."""
    return "1.1.0" if is_progressive(stamp_version) else "1.0.1"


@dataclass(frozen=True, slots=True)
class Identity:
    """The identity of the stamp in its answers.

    Attributes:
        subscription: the Default Provider Subscription's id, spelt as the stamp spells it.
        location: the region, the name of the one backup location.
    """

    subscription: str
    location: str = "redmond"
    deployment_id: str = "3d7a1a86-5e0b-4f4c-9a37-0c5b6c1f2e90"
    stamp_version: str = "1.2301.2.58"
    oem_version: str = "2.3.2211.2"

    @property
    def location_id(self) -> str:
        """The ARM id of the backup location."""
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/system.{self.location}"
            f"/providers/Microsoft.Backup.Admin/backupLocations/{self.location}"
        )


def resource(identity: Identity, id: str, name: str, kind: str, properties: Json) -> Json:
    """Return a resource as ARM writes it."""
    return {
        "id": id,
        "name": name,
        "type": kind,
        "location": identity.location,
        "tags": {},
        "properties": properties,
    }


def backup(identity: Identity, record: BackupRecord, now: int) -> Json:
    """Return a backup as the list and a read by id give it."""
    whole = operation_result(identity, record, now)
    info = whole["properties"]["backupInfo"]
    kept = {key: value for key, value in info.items() if key not in _ONLY_IN_OPERATION}
    return {**whole, "properties": {**whole["properties"], "backupInfo": kept}}


def operation_result(identity: Identity, record: BackupRecord, now: int) -> Json:
    """Return a backup as its operation's result gives it: with its wrapped key and its sizes, which stay 0."""
    if record.recorded is not None:
        return _recorded(record.recorded)
    name = record.id if record.old_style else f"{identity.location}/{record.id}"
    info = _info(identity, record, view(record, now))
    if record.old_style:
        info = {key: value for key, value in info.items() if key not in _OLD_STAMPS_LACK}
    kind = "Microsoft.Backup.Admin/backupLocations/backups"
    return resource(identity, f"{identity.location_id}/backups/{record.id}", name, kind, {"backupInfo": info})


def _info(identity: Identity, record: BackupRecord, seen: View) -> Json:
    version = record.version or identity.stamp_version
    return {
        "backupDataVersion": data_version(version),
        "backupId": record.id,
        "roleStatus": [{"roleName": name, "status": status} for name, status in seen.roles],
        "status": seen.status,
        # The end of the backup in every recording; that both are null before it is inferred.
        "createdDateTime": ticks.moment_text(record.end) if seen.ended else None,
        "timeTakenToCreate": ticks.span_text(record.end - record.start if record.timed else 0) if seen.ended else None,
        "stampVersion": version,
        "oemVersion": identity.oem_version,
        "deploymentID": identity.deployment_id,
        # null with progressive backups (recorded in October 2021): there it is in the share alone.
        "encryptedBackupEncryptionKey": _WRAPPED_KEY if data_version(version) == "1.0.1" else None,
        "encryptionCertThumbprint": record.thumbprint,
        "backupSizeInKb": 0,
        "compressedBackupSizeInKb": 0,
        "completelyUploaded": seen.uploaded,
        "isAutomaticBackup": record.automatic,
        "isCloudRecoveryReady": bool(record.ready) and seen.ended,
    }


def _recorded(resource: Mapping[str, Any]) -> Json:
    info = resource["properties"]["backupInfo"]
    extra = {"encryptedBackupEncryptionKey": _WRAPPED_KEY, "backupSizeInKb": 0, "compressedBackupSizeInKb": 0}
    return {**resource, "properties": {**resource["properties"], "backupInfo": {**extra, **info}}}


def backup_location(identity: Identity, settings: Mapping[str, Any]) -> Json:
    """Return the backup location; its secrets are null on every read, as recorded."""
    secrets = ("password", "encryptionCertBase64")
    store = {name: None if name in secrets else settings[name] for name in _STORE}
    properties = {"externalStoreDefault": store}
    return resource(identity, identity.location_id, identity.location, _BACKUP_LOCATION, properties)


def prune_result(identity: Identity, operation: OperationRecord) -> Json:
    """Return the result of a prune: the files that it deleted or would delete."""
    properties = {"pathsToDelete": list(operation.paths)}
    return resource(identity, identity.location_id, identity.location, _BACKUP_LOCATION, properties)


def async_result(result: Json | None) -> Json:
    """Return an ended operation as `IsAsyncOperation=1` words it (recorded for prune; for the others inferred)."""
    found = result or {}
    return {"status": "Succeeded", **{key: found[key] for key in ("id", "name", "properties") if key in found}}


# What the operation of a running createBackup answers to `IsAsyncOperation=1` (a stamp's answers of October 2021).
ASYNC_ACCEPTED: Json = {"status": "Accepted", "properties": {"provisioningState": "Accepted"}}


def page(items: list[Json]) -> Json:
    """Return a list in ARM's format; the Backup provider returns all items at once."""
    return {"value": items, "nextLink": None}


def subscription(identifier: str, name: str, tenant: str) -> Json:
    """Return a subscription of the operator."""
    return {
        "id": f"/subscriptions/{identifier}",
        "subscriptionId": identifier,
        "displayName": name,
        "state": "Enabled",
        "tenantId": tenant,
        "subscriptionPolicies": {"locationPlacementId": "Internal_2014-09-01", "quotaId": "Internal_2014-09-01"},
    }


def region(identifier: str, location: str) -> Json:
    """Return a region as `Get-AzLocation` reads it."""
    return {
        "id": f"/subscriptions/{identifier}/locations/{location}",
        "name": location,
        "displayName": location,
        "longitude": "0.0",
        "latitude": "0.0",
    }
