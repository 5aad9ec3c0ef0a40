"""What each call that only reads is answered with, one function a call and a table of them; and how a change is accepted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from psbridge.emulator.stamp import api2021, arm_error, resources, updates
from psbridge.emulator.stamp.alerts import resources as alert_resources
from psbridge.emulator.stamp.api import RestResponse
from psbridge.emulator.stamp.lies import lied
from psbridge.emulator.stamp.lifecycle import view
from psbridge.emulator.stamp.records import BackupRecord, OperationRecord, State
from psbridge.emulator.stamp.resources import Identity, Json
from psbridge.emulator.stamp.routes import ArmRequest
from psbridge.emulator.stamp.updates import UpdateRun
from psbridge.emulator.stamp.world import World, operation

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


@dataclass(frozen=True, slots=True)
class Asked:
    """A call that reads, and all that its answer is a function of.

    Attributes:
        subscriptions: id and name of each that the stamp has.
        manager: the address of its resource manager, without a slash at its end.
        raw: Invoke-AzRestMethod asks, and not a module.
    """

    request: ArmRequest
    world: World
    state: State
    now: int
    subscriptions: tuple[tuple[str, str], ...]
    tenant: str
    manager: str
    raw: bool = False

    @property
    def identity(self) -> Identity:
        """The identity of the stamp."""
        return self.world.identity

    @property
    def as_async(self) -> bool:
        """Whether an operation is asked for in the words of `Azure-AsyncOperation`."""
        return self.request.query.get("isasyncoperation") == "1"

    @property
    def version(self) -> str:
        """The API version that was asked for."""
        return self.request.query["api-version"]

    @property
    def name(self) -> str:
        """The last name of the path, or an empty text."""
        return self.request.names.get("run") or self.request.names.get("name", "")


def answer(asked: Asked) -> RestResponse:
    """Return the answer to a call.

    Raises:
        Refusal: the resource does not exist, or the query is invalid.
    """
    found = _ANSWERS[asked.request.name](asked)
    return found if isinstance(found, RestResponse) else RestResponse(200, body=found)


def _subscriptions(asked: Asked) -> Json:
    return resources.page([resources.subscription(*each, asked.tenant) for each in asked.subscriptions])


def _subscription(asked: Asked) -> Json:
    wanted = asked.request.names["subscription"].lower()
    identifier, name = next(each for each in asked.subscriptions if each[0].lower() == wanted)
    return resources.subscription(identifier, name, asked.tenant)


def _regions(asked: Asked) -> Json:
    return resources.page([resources.region(asked.request.names["subscription"], asked.identity.location)])


# -- Microsoft.Backup.Admin --------------------------------------------------------------------------------------------


def _location_now(asked: Asked) -> Json:
    found = resources.backup_location(asked.identity, asked.world.shown_settings(asked.state, asked.now))
    return api2021.location(found) if asked.version == api2021.VERSION else found


def _backup_now(asked: Asked, record: BackupRecord, shown: Callable[[Identity, BackupRecord, int], Json]) -> Json:
    found = shown(asked.identity, record, asked.now)
    return api2021.backup(found) if asked.version == api2021.VERSION else found


def _backups(asked: Asked) -> Json:
    every = asked.world.backups(asked.state, asked.now)
    seen = [record for record in every if view(record, asked.now).visible]
    listed = [_backup_now(asked, record, resources.backup) for record in _window(seen, asked.request.query)]
    if (lies := asked.world.scenario.lies.get("list")) and seen:
        newest = max(seen, key=lambda record: record.end)
        listed.append(lied(_backup_now(asked, newest, resources.backup), lies))
    return _raw_page(asked, listed) if asked.raw else resources.page(listed)


def _raw_page(asked: Asked, listed: list[Json]) -> Json:
    """Return one page of a list as `Invoke-AzRestMethod` gets it; the module asks for all of them by itself."""
    if (lies := asked.world.scenario.lies.get("raw_list")) and listed:
        newest = max(range(len(listed)), key=lambda at: str(listed[at]["properties"]["backupInfo"]["createdDateTime"]))
        listed[newest] = lied(listed[newest], lies)
    start, size = _whole(asked.request.query.get("$skiptoken", "0")), asked.world.scenario.page
    end = start + (size or len(listed))
    more = None
    if end < len(listed):
        names = asked.request.names
        more = (
            f"{asked.manager}/subscriptions/{names['subscription']}/resourceGroups/{names['group']}/providers/"
            f"{names['provider']}/backupLocations/{names['location']}/backups?api-version={asked.version}&$skiptoken={end}"
        )
    return resources.page(listed[start:end]) | {"nextLink": more}


def _backup(asked: Asked) -> Json:
    record = asked.world.backup(asked.state, asked.name, asked.now)
    if record is None or not view(record, asked.now).visible:
        raise arm_error.not_found("backup", asked.name)
    shown = _backup_now(asked, record, resources.backup)
    return _said(asked, record, "raw" if asked.raw else "object", shown)


def _operation(asked: Asked) -> RestResponse:
    record = asked.world.backup(asked.state, asked.name, asked.now)
    if record is not None:
        if not view(record, asked.now).operation_done:
            newer = asked.version == api2021.VERSION
            return _goes_on(asked, record.id, api2021.POLL_EACH if newer else POLL_EACH, has_async=asked.as_async)
        result = _backup_now(asked, record, resources.operation_result)
        return _done(asked, _said(asked, record, "operation", result))
    other = operation(asked.state, asked.name)
    if other is None:
        raise arm_error.not_found("operation", asked.name)
    if asked.now < other.end:
        each = POLL_SETTINGS_EACH if other.kind == "settings" else POLL_EACH
        return _goes_on(asked, other.id, each, has_async=other.kind == "prune")
    return _done(asked, _result(asked, other))


def _said(asked: Asked, record: BackupRecord, source: str, true: Json) -> Json:
    """Return a backup's resource; once it has ended, with the scenario's lies for that source."""
    lies = asked.world.scenario.lies.get(source)
    return lied(true, lies) if lies and view(record, asked.now).ended else true


def _goes_on(asked: Asked, name: str, each: int, *, has_async: bool) -> RestResponse:
    return accepted(
        asked.world, asked.manager, asked.version, name, each, has_async=has_async, asked_async=asked.as_async
    )


def _done(asked: Asked, result: Any) -> RestResponse:
    return RestResponse(200, body=resources.async_result(result) if asked.as_async else result)


def _result(asked: Asked, ended: OperationRecord) -> Any:
    if ended.kind == "settings":
        return _location_now(asked)
    return resources.prune_result(asked.identity, ended) if ended.kind == "prune" else None


# -- Microsoft.InfrastructureInsights.Admin ----------------------------------------------------------------------------


def _region_health_now(asked: Asked) -> Json:
    return alert_resources.region_health(asked.identity, asked.world.alerts(asked.state, asked.now))


def _alerts(asked: Asked) -> Json:
    every = sorted(asked.world.alerts(asked.state, asked.now), key=lambda one: one.id)  # in that order as recorded
    return {"value": [alert_resources.alert(asked.identity, one) for one in every]}


def _alert(asked: Asked) -> Json:
    wanted = asked.name.lower()
    found = next((one for one in asked.world.alerts(asked.state, asked.now) if one.id == wanted), None)
    if found is None:
        raise arm_error.not_found("alert", asked.name)
    return alert_resources.alert(asked.identity, found)


# -- Microsoft.Update.Admin --------------------------------------------------------------------------------------------

_NOTHING = RestResponse(404)  # an update's name or a run that does not exist gets no body (recorded)


def _update_location_now(asked: Asked) -> Json:
    return updates.location(asked.identity, asked.world.update_runs(asked.state, asked.now), asked.now)


def _every_update(asked: Asked) -> list[Json]:
    found = asked.world.update_runs(asked.state, asked.now)
    return [
        updates.update(
            asked.identity, version, found, anchor=asked.state.anchor, now=asked.now, speed=asked.world.speed
        )
        for version in updates.versions(asked.identity, found)
    ]


def _update(asked: Asked) -> Json | RestResponse:
    named = (one for one in _every_update(asked) if one["id"].rpartition("/")[2].lower() == asked.name.lower())
    return next(named, _NOTHING)


def _runs_asked_for(asked: Asked) -> list[UpdateRun]:
    package = asked.request.names.get("name", "").lower()
    every = asked.world.update_runs(asked.state, asked.now)
    return [one for one in every if not package or updates.package(one.version).lower() == package]


def _update_runs(asked: Asked) -> Json:
    return {"value": [updates.run(asked.identity, one, asked.now) for one in _runs_asked_for(asked)]}


def _update_run(asked: Asked) -> Json | RestResponse:
    found = next((one for one in _runs_asked_for(asked) if one.id == asked.request.names["run"].lower()), None)
    return _NOTHING if found is None else updates.run(asked.identity, found, asked.now)


_ANSWERS: Mapping[str, Callable[[Asked], Json | RestResponse]] = {
    "subscriptions": _subscriptions,
    "subscription": _subscription,
    "regions": _regions,
    "locations": lambda asked: resources.page(_window([_location_now(asked)], asked.request.query)),
    "location": _location_now,
    "backups": _backups,
    "backup": _backup,
    "operation": _operation,
    "region_healths": lambda asked: {"value": [_region_health_now(asked)]},
    "region_health": _region_health_now,
    "alerts": _alerts,
    "alert": _alert,
    "update_locations": lambda asked: {"value": [_update_location_now(asked)]},
    "update_location": _update_location_now,
    "updates": lambda asked: {"value": _every_update(asked)},
    "update": _update,
    "update_runs": _update_runs,
    "update_run": _update_run,
}


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise arm_error.bad_argument("$skiptoken is not one of this list.")
    return int(text)


def _window(items: list[Any], query: Mapping[str, str]) -> list[Any]:
    """Return the part of a list that `$top` and `$skip` select.

    Raises:
        Refusal: one of them is not a number.
    """
    try:
        skip, top = (int(query[name]) if name in query else None for name in ("$skip", "$top"))
        if (skip or 0) < 0 or (top or 0) < 0:
            raise ValueError
    except ValueError:
        raise arm_error.bad_argument("$top and $skip must be whole numbers.") from None
    rest = items[skip or 0 :]
    return rest if top is None else rest[:top]
