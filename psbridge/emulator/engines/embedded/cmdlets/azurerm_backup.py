"""Azs.Backup.Admin 0.3.2, the AzureRM generation, as its functions and its client library behave.

Properties by the library's specification and the module's tests; those of a class come before those of its base, as .NET
lists them. That dates come without a kind is inferred. BackupId is not among them: the library has API 2018-09-01.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any
from urllib.parse import quote

from psbridge.emulator.engines.embedded.cmdlets import az_errors
from psbridge.emulator.engines.embedded.cmdlets import azs_rest as rest
from psbridge.emulator.engines.embedded.cmdlets.azs_objects import Column, flag, number, resource, tags, text, time
from psbridge.emulator.engines.embedded.cmdlets.azs_rest import Refused
from psbridge.emulator.engines.embedded.command_runtime import CommandRuntime, Run
from psbridge.emulator.engines.embedded.errors import write_error
from psbridge.emulator.engines.embedded.values import Net, NetList, Raw, Value
from psbridge.emulator.stamp.api import RestResponse

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
    info = (body.get("properties") or {}).get(inner)
    return resource(_MODELS + name, columns, body, bases=(_MODELS + "Resource", "System.Object"), info=info)


def backup(body: Mapping[str, Any]) -> Net:
    """Return a Backup."""
    return _resource("Backup", _BACKUP, "backupInfo", body)


def backup_location(body: Mapping[str, Any]) -> Net:
    """Return a BackupLocation: the settings."""
    return _resource("BackupLocation", _LOCATION, "externalStoreDefault", body)


_VERSION = "api-version=2018-09-01"
_TEMPLATE = "/subscriptions/{subscriptionId}/resourcegroups/{resourceGroup}/providers/Microsoft.Backup.Admin"
_LOCATION_ID = f"{_TEMPLATE}/backupLocations/{{location}}"
_BACKUP_ID = f"{_LOCATION_ID}/backups/{{backup}}"


def _subscription(runtime: CommandRuntime) -> str:
    """Return the context's subscription. The real module writes further errors after the one of no context."""
    if runtime.session.sign_in is None:
        message = "Run Login-AzureRmAccount to login."
        raise Refused(write_error("New-ServiceClient", message, "AzureRmContextError"))
    words = az_errors.ENDED.get(runtime.session.sign_in.state)
    if words is not None:
        raise Refused(write_error("New-ServiceClient", words.replace("-Az", "-AzureRm")))
    return runtime.session.sign_in.subscription_id


def _ask(runtime: CommandRuntime, method: str, path: str) -> RestResponse:
    """Make a call and wait for the operation that it starts."""
    runtime.check_stop()
    answer = runtime.session.rest(method, path)
    follow = rest.operation_of(answer)
    while answer.status == 202 and follow:
        runtime.wait(rest.delay_of(answer))
        answer = runtime.session.rest("GET", rest.path_of(follow))
    if answer.status == 200:
        return answer
    found = rest.body_of(answer).get("error") or {}
    message = f"Code = {found.get('code') or ''}\nMessage = {found.get('message') or ''}"
    raise Refused(write_error("Get-Exception", message))


def _from_id(runtime: CommandRuntime, template: str) -> Mapping[str, str]:
    """Return what -ResourceId names, nothing where it was not given."""
    given = runtime.arguments.text("ResourceId")
    if given is None:
        return {}
    tokens, wanted = ([part for part in each.split("/") if part] for each in (given, template))
    values = {}
    for token, name in zip(tokens, wanted, strict=False):
        if token.casefold() == name.casefold():
            continue
        if not name.startswith("{"):
            break
        values[name.strip("{}")] = token
    else:
        if len(tokens) == len(wanted):
            return values
    message = f"Invalid resource id '{given}'. Expected id template is '{template}'."
    raise Refused(write_error("Get-ArmResourceIdParameterValue", message, "InvalidResourceIdValue"))


def _first_location(runtime: CommandRuntime, subscription: str) -> str:
    path = f"/subscriptions/{quote(subscription, safe='')}/locations?api-version=2016-06-01"
    found = rest.body_of(runtime.session.rest("GET", path)).get("value") or [{}]
    return str(found[0].get("name") or "")


def _place(subscription: str, location: str, group: str | None) -> str:
    parts = [quote(part, safe="") for part in (subscription, group or f"System.{location}")]
    place = "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Backup.Admin/backupLocations".format(*parts)
    return f"{place}/{quote(location, safe='')}" if location else place


def _read(
    runtime: CommandRuntime, path: str, make: Callable[[Mapping[str, Any]], Net], *, one: bool
) -> Iterator[Value]:
    """Yield one object, or those of a list that -Skip and -Top leave: the module itself leaves them out."""
    runtime.verbose(f"Performing operation {'Get' if one else 'List'}WithHttpMessagesAsync on $BackupAdminClient.")
    body = rest.body_of(_ask(runtime, "GET", f"{path}?{_VERSION}"))
    runtime.verbose("Operation completed successfully.")
    if one:
        yield make(body)
    else:
        skip, top = (runtime.arguments.values.get(name, -1) for name in ("Skip", "Top"))
        first = max(0, skip)
        yield from map(make, islice(body["value"], first, None if top == -1 else first + max(0, top)))
    runtime.verbose("Flattening paged results.")


def _get_backup(runtime: CommandRuntime) -> Iterator[Value]:
    subscription = _subscription(runtime)
    given = _from_id(runtime, _BACKUP_ID)
    location = given.get("location") or runtime.arguments.text("Location") or _first_location(runtime, subscription)
    group = given.get("resourceGroup") or runtime.arguments.text("ResourceGroupName")
    name = (given.get("backup") or runtime.arguments.text("Name") or "").rpartition("/")[2]
    path = f"{_place(subscription, location, group)}/backups"
    yield from _read(runtime, f"{path}/{quote(name, safe='')}" if name else path, backup, one=bool(name))


def _get_configuration(runtime: CommandRuntime) -> Iterator[Value]:
    if runtime.invocation.called.casefold() == "get-azsbackuplocation":
        runtime.warning("Get-AzsBackupLocation has been deprecated, please use Get-AzsBackupConfiguration")
    subscription = _subscription(runtime)
    given = _from_id(runtime, _LOCATION_ID)
    location = given.get("location") or runtime.arguments.text("Location") or ""
    group = given.get("resourceGroup") or runtime.arguments.text("ResourceGroupName")
    if not location and not group:
        group = f"System.{_first_location(runtime, subscription)}"
    yield from _read(runtime, _place(subscription, location, group), backup_location, one=bool(location))


def _start_backup(runtime: CommandRuntime) -> Iterator[Value]:
    location = runtime.arguments.text("Location") or _first_location(runtime, _subscription(runtime))
    if not runtime.should_process(location, f"Start backup at {location}"):
        return
    if not runtime.should_continue(f"Start backup at {location}?"):
        return
    subscription = _subscription(runtime)
    runtime.verbose("Performing operation CreateBackupWithHttpMessagesAsync on $BackupAdminClient.")
    runtime.verbose("Waiting for the operation to complete.")
    path = f"{_place(subscription, location, runtime.arguments.text('ResourceGroupName'))}/createBackup?{_VERSION}"
    body = rest.body_of(_ask(runtime, "POST", path))
    runtime.verbose("Operation completed successfully.")
    runtime.stray(lambda text: write_error("Write-StrayException", text))
    yield backup(body)


RUNS: dict[str, Run] = {
    "Get-AzsBackup": rest.ending(_get_backup),
    "Get-AzsBackupConfiguration": rest.ending(_get_configuration),
    "Start-AzsBackup": rest.ending(_start_backup),
}
