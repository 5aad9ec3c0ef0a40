"""Azs.Update.Admin 1.1.0: the stamp's updates, as its wrapper and its generated code behave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from psbridge.emulator.embedded.call import Call, Run
from psbridge.emulator.embedded.cmdlets import azs_rest as rest
from psbridge.emulator.embedded.cmdlets.azs_objects import (
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
from psbridge.emulator.embedded.values import Net, Value

_VERSION = "api-version=2021-07-01"
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


def _get_update(call: Call) -> Iterator[Value]:
    # the wrapper takes `region/name` as well as the name
    name = (call.arguments.text("Name") or "").rpartition("/")[2]
    for subscription in rest.subscriptions(call):
        location = rest.location(call, subscription)
        path = f"{rest.place(call, subscription, location, rest.UPDATE_LOCATIONS)}/updates"
        where = {
            "SubscriptionId": subscription,
            "ResourceGroupName": rest.group_of(call, location),
            "Location": location,
        }
        if name:
            target = call_target(0, {**where, "Name": name})
            answer = rest.ask(call, "GET", f"{path}/{quote(name, safe='')}?{_VERSION}", target)
            yield _update(rest.body_of(answer))
        else:
            yield from rest.each_of(call, f"{path}?{_VERSION}", call_target(1, where), _update)


RUNS: dict[str, Run] = {"Get-AzsUpdate": rest.reporting(_get_update)}
