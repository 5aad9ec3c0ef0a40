"""What the generated Get cmdlets of Azure Stack Hub's modules share: one resource by its name, or all of a location."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from psbridge.emulator.engines.embedded.cmdlets import azs_rest as rest
from psbridge.emulator.engines.embedded.cmdlets.azs_objects import call_target
from psbridge.emulator.engines.embedded.command_runtime import CommandRuntime
from psbridge.emulator.engines.embedded.values import Net, Value


class Resources(msgspec.Struct, frozen=True):
    """The resources of one type that a location has.

    Attributes:
        parent: the provider and type of the location.
        type: their own type, the end of their path.
        version: of the API.
        make: makes an object of the module's from JSON.
        told: what an error's target tells of where the call went.
    """

    parent: str
    type: str
    version: str
    make: Callable[[Mapping[str, Any]], Net]
    told: tuple[str, ...] = ("SubscriptionId", "ResourceGroupName", "Location")


def read(
    runtime: CommandRuntime, kind: Resources, name: str, *, query: str = "", asked: Mapping[str, str] | None = None
) -> Iterator[Value]:
    """Yield the resource of a name, or all of each location.

    Args:
        runtime: the cmdlet's.
        kind: what is read.
        name: empty for all.
        query: the end of the query for all.
        asked: what an error's target tells of it.
    """
    for subscription in rest.subscriptions(runtime):
        location = rest.location(runtime, subscription)
        group = rest.group_of(runtime, location)
        path = f"{rest.place(runtime, subscription, location, kind.parent)}/{kind.type}"
        where = {"SubscriptionId": subscription, "ResourceGroupName": group, "Location": location}
        told = {key: where[key] for key in kind.told}
        version = f"api-version={kind.version}"
        if name:
            target = call_target(0, {**told, "Name": name})
            answer = rest.ask(runtime, "GET", f"{path}/{quote(name, safe='')}?{version}", target)
            yield kind.make(rest.body_of(answer))
        else:
            target = call_target(1, {**told, **(asked or {})})
            yield from rest.each_of(runtime, f"{path}?{version}{query}", target, kind.make)


def name_without_region(runtime: CommandRuntime) -> str:
    """Return -Name; the modules' wrappers take `region/name` as well."""
    return (runtime.arguments.text("Name") or "").rpartition("/")[2]
