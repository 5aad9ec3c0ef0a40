"""Azs.Update.Admin 1.1.0: the stamp's updates, as its wrapper and its generated code behave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from psbridge.emulator.engines.embedded.cmdlets.azs_objects import (
    Column,
    call_target,
    long_number,
    opaque,
    opaques,
    resource,
    text,
    time,
    word,
)
from psbridge.emulator.engines.embedded.cmdlets.azs_rest import (
    Resources,
    ask,
    body_of,
    group_of,
    location,
    name_without_region,
    place,
    read,
    reporting,
    subscriptions,
)
from psbridge.emulator.engines.embedded.command_runtime import CommandRuntime, Run
from psbridge.emulator.engines.embedded.values import Net, Value

_SPACE = "Microsoft.Azure.PowerShell.Cmdlets.UpdateAdmin."
_MODELS = f"{_SPACE}Models.Api20210701."
# Properties in alphabetical order, as the generator writes them. The generated code of API 2016-05-01 was read; what
# 2021-07-01 adds follows its specification and the generator's rules (inferred).
_UPDATE: tuple[Column, ...] = (
    ("AdditionalProperty", "own", "additionalProperties", text),
    ("AvailabilityType", "own", "availabilityType", word(f"{_SPACE}Support.AvailabilityType")),
    ("Description", "own", "description", text),
    ("DisplayName", "own", "displayName", text),
    ("Id", "top", "id", text),
    ("InstalledDate", "own", "installedDate", time),
    ("KbLink", "own", "kbLink", text),
    ("Location", "top", "location", text),
    ("MinOemVersionRequired", "own", "minOemVersionRequired", text),
    ("MinVersionRequired", "own", "minVersionRequired", text),
    ("Name", "top", "name", text),
    ("OemVersion", "own", "oemVersion", text),
    ("PackagePath", "own", "packagePath", text),
    ("PackageSizeInMb", "own", "packageSizeInMb", long_number),
    ("PackageType", "own", "packageType", text),
    ("Publisher", "own", "publisher", text),
    ("ReleaseLink", "own", "releaseLink", text),
    ("State", "own", "state", word(f"{_SPACE}Support.UpdateState")),
    ("Tag", "top", "tags", opaque(f"{_MODELS}ResourceTags")),
    ("Type", "top", "type", text),
    (
        "UpdatePrerequisite",
        "own",
        "updatePrerequisites",
        opaques(f"{_MODELS}UpdatePrerequisite", f"{_MODELS}IUpdatePrerequisite"),
    ),
    ("UpdateStatePropertyNotifyMessage", "now", "notifyMessage", text),
    ("UpdateStatePropertyProgressPercentage", "now", "progressPercentage", long_number),
    ("Version", "own", "version", text),
)


def _update(body: Mapping[str, Any]) -> Net:
    own = body.get("properties") or {}
    return resource(f"{_MODELS}Update", _UPDATE, body, own=own, now=own.get("updateStateProperties"))


_UPDATES = Resources("Microsoft.Update.Admin/updateLocations", "updates", "2021-07-01", _update)


# As the classes above; that a location's state is an enum that may grow is inferred.
_LOCATION: tuple[Column, ...] = (
    ("CurrentOemVersion", "own", "currentOemVersion", text),
    ("CurrentVersion", "own", "currentVersion", text),
    ("HardwareModel", "own", "hardwareModel", text),
    ("Id", "top", "id", text),
    ("LastChecked", "own", "lastChecked", time),
    ("Location", "top", "location", text),
    ("Name", "top", "name", text),
    ("OemFamily", "own", "oemFamily", text),
    (
        "PackageVersion",
        "own",
        "packageVersions",
        opaques(f"{_MODELS}PackageVersionInfo", f"{_MODELS}IPackageVersionInfo"),
    ),
    ("State", "own", "state", word(f"{_SPACE}Support.UpdateLocationState")),
    ("Tag", "top", "tags", opaque(f"{_MODELS}ResourceTags")),
    ("Type", "top", "type", text),
)


def _get_location(runtime: CommandRuntime) -> Iterator[Value]:
    for subscription in subscriptions(runtime):
        here = runtime.arguments.text("Name") or location(runtime, subscription)
        told = {"SubscriptionId": subscription, "ResourceGroupName": group_of(runtime, here), "Location": here}
        path = f"{place(runtime, subscription, here, _UPDATES.parent)}?api-version={_UPDATES.version}"
        body = body_of(ask(runtime, "GET", path, call_target(1, told)))
        yield resource(f"{_MODELS}UpdateLocation", _LOCATION, body, own=body.get("properties"))


def _get_update(runtime: CommandRuntime) -> Iterator[Value]:
    return read(runtime, _UPDATES, name_without_region(runtime))


RUNS: dict[str, Run] = {"Get-AzsUpdate": reporting(_get_update), "Get-AzsUpdateLocation": reporting(_get_location)}
