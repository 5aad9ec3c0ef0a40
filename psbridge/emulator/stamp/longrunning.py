"""How the stamp answers for an operation that takes its time."""

from __future__ import annotations

from psbridge.emulator.stamp import api2021, resources
from psbridge.emulator.stamp.api import RestResponse
from psbridge.emulator.stamp.world import World

POLL_EACH = 60  # seconds: the recorded Retry-After of createBackup, prune and restore
POLL_SETTINGS_EACH = 5  # seconds: that of a change of the settings


def accepted(
    world: World, manager: str, version: str, name: str, each: int, *, has_async: bool, asked_async: bool = False
) -> RestResponse:
    """Return the 202 of an operation that runs, or what `IsAsyncOperation=1` gets while it does.

    Args:
        world: the stamp.
        manager: the address of the resource manager, without a slash at its end.
        version: the API version that was asked for.
        name: the operation's id.
        each: how often to ask again, in seconds of the stamp's time.
        has_async: whether the `Azure-AsyncOperation` header belongs to it.
        asked_async: whether it was asked for with `IsAsyncOperation=1`.
    """
    target = f"{manager}{world.identity.location_id}/operationResults/{name}?api-version={version}"
    headers = {"Location": target, "Retry-After": str(max(1, round(each / world.speed)))}
    if has_async or version == api2021.VERSION:
        headers["Azure-AsyncOperation"] = f"{target}&IsAsyncOperation=1"
    if asked_async:
        return RestResponse(200, headers, resources.ASYNC_ACCEPTED)
    return RestResponse(202, headers)
