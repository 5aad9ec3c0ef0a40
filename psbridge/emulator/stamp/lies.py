"""A scenario's `lies`: false values that replace the true ones in the stamp's answers. Pure functions.

The module and `Invoke-AzRestMethod` call the same addresses; the call says which of them it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from psbridge.emulator.stamp import ticks
from psbridge.emulator.stamp.resources import Json

SOURCES: Final[Mapping[str, str]] = {
    "object": "a read of one backup by the module",
    "raw": "a read of one backup by Invoke-AzRestMethod",
    "operation": "the result of its operation",
    "list": "the newest backup, which the list then shows a second time",
    "raw_list": "the newest backup in a list by Invoke-AzRestMethod",
}
FIELDS: Final = (
    "id", "location", "backupDataVersion", "status", "createdDateTime", "timeTakenToCreate", "stampVersion", "oemVersion",
    "deploymentID", "encryptionCertThumbprint", "completelyUploaded", "isAutomaticBackup", "isCloudRecoveryReady",
    "roleStatus", "operationStatus", "provisioningState",
)  # fmt: skip
ROLE: Final = "roleStatus."
"""Before a role's name: how that role ended; of a role that is not there, that it is."""
ABSENT: Final = "absent"
OTHER: Final = "00000000-0000-4000-8000-00000000dead"
"""The id that `id: other` gives: of no backup that there is."""
NEVER: Final = "0001-01-01T00:00:00Z"
"""What .NET writes of a time that was never set."""
_SHIFT: Final = re.compile(r"([+-])(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?", re.ASCII)


def lied(resource: Json, lies: Mapping[str, Any]) -> Json:
    """Return a backup's resource with the lies applied."""
    properties = resource["properties"]
    info = dict(properties["backupInfo"])
    whole = {**resource, "properties": {**properties, "backupInfo": info}}
    for name, value in lies.items():
        if name == "id":
            _renamed(whole, info, OTHER if value == "other" else str(value))
        elif name == "location":
            whole["location"] = value
        elif name == "operationStatus":
            whole["status"] = value  # fields of the operation itself, in addition to those of its backup
        elif name == "provisioningState":
            whole["properties"]["provisioningState"] = value
        elif name.startswith(ROLE):
            info["roleStatus"] = _roles(info.get("roleStatus"), name.removeprefix(ROLE), value)
        elif value == ABSENT:
            info.pop(name, None)
        else:
            info[name] = _shifted(info.get(name), value) if name == "createdDateTime" else value
    return whole


def _renamed(resource: Json, info: Json, id: str) -> None:
    true = resource["id"].rpartition("/")[2]
    for part, key in ((resource, "id"), (resource, "name"), (info, "backupId")):
        part[key] = str(part.get(key, "")).replace(true, id)


def _roles(roles: Any, name: str, status: Any) -> list[Json]:
    """Return the roles with one that ended otherwise; `twice:WORD` gives it a second time, with that status."""
    held = [dict(role) for role in roles or ()]
    word = str(status)
    if word.startswith("twice:"):
        return [*held, {"roleName": name, "status": word.removeprefix("twice:")}]
    if status == ABSENT:
        return [role for role in held if role["roleName"] != name]
    if word == "nameless":
        return [{**role, "roleName": None} if role["roleName"] == name else role for role in held]
    if all(role["roleName"] != name for role in held):
        held.append({"roleName": name})
    return [{**role, "status": status} if role["roleName"] == name else role for role in held]


def _shifted(true: Any, value: Any) -> Any:
    """Return a time: `never`, one that is given, or the true one shifted by such as `+1d` or `-3h`."""
    if value == "never":
        return NEVER
    match = _SHIFT.fullmatch(value) if isinstance(value, str) else None
    if match is None or not any(match.groups()[1:]) or not isinstance(true, str):
        return value
    sign, *parts = match.groups()
    seconds = sum(int(part or 0) * unit for part, unit in zip(parts, (86_400, 3600, 60, 1), strict=True))
    return ticks.moment_text(ticks.parse_moment(true) + (-1 if sign == "-" else 1) * ticks.seconds(seconds))
