"""A stamp's JSON to the objects of the client library of Azs.Backup.Admin 0.3.2.

Properties by its specification and the module's tests; those of the class come before those of its base, as .NET lists
them. That dates come without a kind is inferred. BackupId is not among them: the library of 0.3.x has API 2018-09-01.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psbridge.emulator.engines.embedded.cmdlets.azs_objects import Column, flag, number, tags, text, time
from psbridge.emulator.engines.embedded.values import Net, NetList, Raw, Value

_LIBRARY = "Microsoft.AzureStack.Management.Backup.Admin"
_MODELS = f"{_LIBRARY}.Models."
_ASSEMBLY = f"{_LIBRARY}, Version=0.3.0.0, Culture=neutral, PublicKeyToken=31bf3856ad364e35"


def _local(value: Any) -> Value:
    found = time(value)
    return Raw("DT", found.text.removesuffix("Z")) if isinstance(found, Raw) else found


def _role(value: Any) -> Value:
    kind = f"{_MODELS}RoleOperationStatus"
    props = {"RoleName": text(value.get("roleName")), "Status": text(value.get("status"))}
    return Net((kind, "System.Object"), kind, props)


def _roles(value: Any) -> Value:
    if not isinstance(value, list):
        return None
    kind = f"System.Collections.Generic.List`1[[{_MODELS}RoleOperationStatus, {_ASSEMBLY}]]"
    return NetList((kind, "System.Object"), [_role(item) for item in value])


_RESOURCE: tuple[Column, ...] = (
    ("Id", "top", "id", text),
    ("Name", "top", "name", text),
    ("Type", "top", "type", text),
    ("Location", "top", "location", text),
    ("Tags", "top", "tags", tags),
)
_BACKUP: tuple[Column, ...] = (
    ("BackupDataVersion", "info", "backupDataVersion", text),
    ("RoleStatus", "info", "roleStatus", _roles),
    ("Status", "info", "status", text),
    ("CreatedDateTime", "info", "createdDateTime", _local),
    ("TimeTakenToCreate", "info", "timeTakenToCreate", text),
    ("DeploymentID", "info", "deploymentID", text),
    ("StampVersion", "info", "stampVersion", text),
    ("OemVersion", "info", "oemVersion", text),
    ("EncryptionCertThumbprint", "info", "encryptionCertThumbprint", text),
    ("IsCloudRecoveryReady", "info", "isCloudRecoveryReady", flag),
    *_RESOURCE,
)
_LOCATION: tuple[Column, ...] = (
    ("Path", "info", "path", text),
    ("UserName", "info", "userName", text),
    ("Password", "info", "password", text),
    ("EncryptionCertBase64", "info", "encryptionCertBase64", text),
    ("EncryptionCertThumbprint", "info", "encryptionCertThumbprint", text),
    ("BackupFrequencyInHours", "info", "backupFrequencyInHours", number),
    ("AvailableCapacity", "info", "availableCapacity", text),
    ("IsBackupSchedulerEnabled", "info", "isBackupSchedulerEnabled", flag),
    ("NextBackupTime", "info", "nextBackupTime", _local),
    ("LastBackupTime", "info", "lastBackupTime", _local),
    ("BackupRetentionPeriodInDays", "info", "backupRetentionPeriodInDays", number),
    *_RESOURCE,
)


def _resource(name: str, columns: tuple[Column, ...], inner: str, body: Mapping[str, Any]) -> Net:
    places = {"top": body, "info": (body.get("properties") or {}).get(inner) or {}}
    props = {title: convert(places[place].get(key)) for title, place, key, convert in columns}
    return Net((_MODELS + name, _MODELS + "Resource", "System.Object"), _MODELS + name, props)


def backup(body: Mapping[str, Any]) -> Net:
    """Return a Backup."""
    return _resource("Backup", _BACKUP, "backupInfo", body)


def backup_location(body: Mapping[str, Any]) -> Net:
    """Return a BackupLocation: the settings."""
    return _resource("BackupLocation", _LOCATION, "externalStoreDefault", body)
