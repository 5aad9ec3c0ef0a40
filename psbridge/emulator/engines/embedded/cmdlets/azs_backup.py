"""Azs.Backup.Admin 1.0.2, as its generated code behaves.

Properties and their order as in engine capture 7.6.9. The module drops what the public specification of API 2018-09-01
lacks: backupId, completelyUploaded, isAutomaticBackup.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from psbridge.emulator.engines.embedded.cmdlets import az_errors
from psbridge.emulator.engines.embedded.cmdlets import azs_rest as rest
from psbridge.emulator.engines.embedded.cmdlets.azs_objects import (
    Column,
    call_target,
    flag,
    number,
    resource,
    tags,
    text,
    time,
    word,
)
from psbridge.emulator.engines.embedded.cmdlets.azs_rest import Resources, name_without_region, read
from psbridge.emulator.engines.embedded.command_runtime import CommandRuntime, Run
from psbridge.emulator.engines.embedded.values import Net, Value, array

_MODELS = "Microsoft.Azure.PowerShell.Cmdlets.BackupAdmin.Models.Api20180901."
_ASYNC = "Microsoft.Azure.PowerShell.Cmdlets.BackupAdmin.Runtime.PowerShell.AsyncOperationResponse"


_status = word("Microsoft.Azure.PowerShell.Cmdlets.BackupAdmin.Support.OperationStatus")


def _role(value: Any) -> Value:
    kind = f"{_MODELS}RoleOperationStatus"
    props = {"RoleName": text(value.get("roleName")), "Status": _status(value.get("status"))}
    return Net((kind, "System.Object"), kind, props)


def _roles(value: Any) -> Value:
    if not isinstance(value, list):
        return None
    return array(f"{_MODELS}IRoleOperationStatus", [_role(item) for item in value])


_BACKUP: tuple[Column, ...] = (
    ("BackupDataVersion", "info", "backupDataVersion", text),
    ("CreatedDateTime", "info", "createdDateTime", time),
    ("DeploymentId", "info", "deploymentID", text),
    ("EncryptionCertThumbprint", "info", "encryptionCertThumbprint", text),
    ("Id", "top", "id", text),
    ("IsCloudRecoveryReady", "info", "isCloudRecoveryReady", flag),
    ("Location", "top", "location", text),
    ("Name", "top", "name", text),
    ("OemVersion", "info", "oemVersion", text),
    ("RoleStatus", "info", "roleStatus", _roles),
    ("StampVersion", "info", "stampVersion", text),
    ("Status", "info", "status", _status),
    ("Tag", "top", "tags", tags),
    ("TimeTakenToCreate", "info", "timeTakenToCreate", text),
    ("Type", "top", "type", text),
)
_LOCATION: tuple[Column, ...] = (
    ("AvailableCapacity", "info", "availableCapacity", text),
    ("BackupFrequencyInHours", "info", "backupFrequencyInHours", number),
    ("BackupRetentionPeriodInDays", "info", "backupRetentionPeriodInDays", number),
    ("EncryptionCertBase64", "info", "encryptionCertBase64", text),
    ("EncryptionCertThumbprint", "info", "encryptionCertThumbprint", text),
    ("Id", "top", "id", text),
    ("IsBackupSchedulerEnabled", "info", "isBackupSchedulerEnabled", flag),
    ("LastBackupTime", "info", "lastBackupTime", time),
    ("Location", "top", "location", text),
    ("Name", "top", "name", text),
    ("NextBackupTime", "info", "nextBackupTime", time),
    ("Password", "info", "password", text),
    ("Path", "info", "path", text),
    ("Tag", "top", "tags", tags),
    ("Type", "top", "type", text),
    ("UserName", "info", "userName", text),
)


def backup(body: Mapping[str, Any]) -> Net:
    """Return a Backup."""
    return resource(_MODELS + "Backup", _BACKUP, body, info=(body.get("properties") or {}).get("backupInfo"))


def backup_location(body: Mapping[str, Any]) -> Net:
    """Return a BackupLocation: the settings."""
    info = (body.get("properties") or {}).get("externalStoreDefault")
    return resource(_MODELS + "BackupLocation", _LOCATION, body, info=info)


def async_operation(target: str) -> Net:
    """Return what -NoWait gives: `Target` ends in the backup's id."""
    return Net((_ASYNC, "System.Object"), _ASYNC, {"Target": target})


_API = "2018-09-01"
_BACKUPS = Resources(rest.BACKUP_LOCATIONS, "backups", _API, backup, told=("Location",))


def _get_backup(runtime: CommandRuntime) -> Iterator[Value]:
    runtime.verbose("reading")
    return read(runtime, _BACKUPS, name_without_region(runtime), query=rest.page(runtime))


def _get_configuration(runtime: CommandRuntime) -> Iterator[Value]:
    for subscription in rest.subscriptions(runtime):
        location = rest.location(runtime, subscription)
        target = call_target(1, {"Location": location})
        answer = rest.ask(runtime, "GET", f"{rest.place(runtime, subscription, location)}?api-version={_API}", target)
        yield backup_location(rest.body_of(answer))


def _start_backup(runtime: CommandRuntime) -> Iterator[Value]:
    for subscription in rest.subscriptions(runtime):
        location = rest.location(runtime, subscription)
        if not runtime.should_process("Call remote 'BackupLocationsCreateBackup' operation"):
            continue
        target = call_target(1, {"Location": location})
        answer = rest.ask(
            runtime, "POST", f"{rest.place(runtime, subscription, location)}/createBackup?api-version={_API}", target
        )
        runtime.stray(lambda text: az_errors.stray(runtime.cmdlet, text))
        if runtime.arguments.flag("NoWait"):
            yield async_operation(rest.operation_of(answer) or "")
        else:
            yield backup(rest.body_of(rest.wait(runtime, answer, target)))


def _prune(runtime: CommandRuntime) -> Iterator[Value]:
    """Yield the paths, plain texts; without -OperationType the body is empty, which the stamp takes for Default."""
    kind = runtime.arguments.text("OperationType")
    body = json.dumps({"operationType": kind} if kind else {}).encode()
    for subscription in rest.subscriptions(runtime):
        location = rest.location(runtime, subscription)
        if not runtime.should_process("Call remote 'BackupLocationsPruneExternalStore' operation"):
            continue
        target = call_target(1, {"Location": location})
        path = f"{rest.place(runtime, subscription, location)}/pruneExternalStore?api-version={_API}"
        answer = rest.ask(runtime, "POST", path, target, body)
        if runtime.arguments.flag("NoWait"):
            yield async_operation(rest.operation_of(answer) or "")
            continue
        properties = rest.body_of(rest.result(runtime, answer, target)).get("properties") or {}
        yield from (str(each) for each in properties.get("pathsToDelete") or ())


RUNS: dict[str, Run] = {
    "Get-AzsBackup": rest.reporting(_get_backup),
    "Get-AzsBackupConfiguration": rest.reporting(_get_configuration),
    "Invoke-AzsPruneBackupLocationExternalStore": rest.reporting(_prune),
    "Start-AzsBackup": rest.reporting(_start_backup),
}
