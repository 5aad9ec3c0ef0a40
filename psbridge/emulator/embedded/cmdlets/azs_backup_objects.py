"""A stamp's JSON to the objects of Azs.Backup.Admin 1.0.2.

Properties and their order as in engine capture 7.6.9. The module drops what the public specification of API 2018-09-01
lacks: backupId, completelyUploaded, isAutomaticBackup.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from psbridge.emulator.embedded.clixml import escape
from psbridge.emulator.embedded.values import Net, Raw, Value, array, generic, string_dictionary

_FRACTION = re.compile(r"(\.\d{1,7})\d*")
_MODELS = "Microsoft.Azure.PowerShell.Cmdlets.BackupAdmin.Models.Api20180901."
_STATUS = "Microsoft.Azure.PowerShell.Cmdlets.BackupAdmin.Support.OperationStatus"
_ASYNC = "Microsoft.Azure.PowerShell.Cmdlets.BackupAdmin.Runtime.PowerShell.AsyncOperationResponse"


def _text(value: Any) -> Value:
    return None if value is None else str(value)


def _time(value: Any) -> Value:
    if not isinstance(value, str) or not value:
        return None
    # .NET keeps 7 decimals and writes no trailing zero of them
    return Raw("DT", escape(_FRACTION.sub(lambda match: match[1].rstrip("0").rstrip("."), value)))


def _flag(value: Any) -> Value:
    return value if isinstance(value, bool) else None


def _number(value: Any) -> Value:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _status(value: Any) -> Value:
    # an open struct: a word that the module does not know passes through
    return None if value is None else Net((_STATUS, "System.ValueType", "System.Object"), str(value))


def _tags(value: Any) -> Value:
    return string_dictionary(
        {str(key): _text(item) for key, item in value.items()} if isinstance(value, dict) else None
    )


def _role(value: Any) -> Value:
    kind = f"{_MODELS}RoleOperationStatus"
    props = {"RoleName": _text(value.get("roleName")), "Status": _status(value.get("status"))}
    return Net((kind, "System.Object"), kind, props)


def _roles(value: Any) -> Value:
    if not isinstance(value, list):
        return None
    return array(f"{_MODELS}IRoleOperationStatus", [_role(item) for item in value])


_Column = tuple[str, str, str, Callable[[Any], Value]]  # property, where the JSON has it, its key, conversion
_BACKUP: tuple[_Column, ...] = (
    ("BackupDataVersion", "info", "backupDataVersion", _text),
    ("CreatedDateTime", "info", "createdDateTime", _time),
    ("DeploymentId", "info", "deploymentID", _text),
    ("EncryptionCertThumbprint", "info", "encryptionCertThumbprint", _text),
    ("Id", "top", "id", _text),
    ("IsCloudRecoveryReady", "info", "isCloudRecoveryReady", _flag),
    ("Location", "top", "location", _text),
    ("Name", "top", "name", _text),
    ("OemVersion", "info", "oemVersion", _text),
    ("RoleStatus", "info", "roleStatus", _roles),
    ("StampVersion", "info", "stampVersion", _text),
    ("Status", "info", "status", _status),
    ("Tag", "top", "tags", _tags),
    ("TimeTakenToCreate", "info", "timeTakenToCreate", _text),
    ("Type", "top", "type", _text),
)
_LOCATION: tuple[_Column, ...] = (
    ("AvailableCapacity", "info", "availableCapacity", _text),
    ("BackupFrequencyInHours", "info", "backupFrequencyInHours", _number),
    ("BackupRetentionPeriodInDays", "info", "backupRetentionPeriodInDays", _number),
    ("EncryptionCertBase64", "info", "encryptionCertBase64", _text),
    ("EncryptionCertThumbprint", "info", "encryptionCertThumbprint", _text),
    ("Id", "top", "id", _text),
    ("IsBackupSchedulerEnabled", "info", "isBackupSchedulerEnabled", _flag),
    ("LastBackupTime", "info", "lastBackupTime", _time),
    ("Location", "top", "location", _text),
    ("Name", "top", "name", _text),
    ("NextBackupTime", "info", "nextBackupTime", _time),
    ("Password", "info", "password", _text),
    ("Path", "info", "path", _text),
    ("Tag", "top", "tags", _tags),
    ("Type", "top", "type", _text),
    ("UserName", "info", "userName", _text),
)


def _resource(name: str, columns: tuple[_Column, ...], inner: str, body: Mapping[str, Any]) -> Net:
    kind = _MODELS + name
    places = {"top": body, "info": (body.get("properties") or {}).get(inner) or {}}
    props = {title: convert(places[place].get(key)) for title, place, key, convert in columns}
    return Net((kind, "System.Object"), kind, props)


def backup(body: Mapping[str, Any]) -> Net:
    """Return a Backup."""
    return _resource("Backup", _BACKUP, "backupInfo", body)


def backup_location(body: Mapping[str, Any]) -> Net:
    """Return a BackupLocation: the settings."""
    return _resource("BackupLocation", _LOCATION, "externalStoreDefault", body)


def async_operation(target: str) -> Net:
    """Return what -NoWait gives: `Target` ends in the backup's id."""
    return Net((_ASYNC, "System.Object"), _ASYNC, {"Target": target})


def call_target(number: int, members: Mapping[str, str]) -> Net:
    """Return the anonymous object that the module names as an error's target."""
    kind = generic(f"<>f__AnonymousType{number}", *("System.String" for _ in members))
    text = ", ".join(f"{name} = {value}" for name, value in members.items())
    return Net((kind, "System.Object"), f"{{ {text} }}", dict(members))
