"""A stamp's state from the answers of a real one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from psbridge.emulator.stamp import ticks
from psbridge.emulator.stamp.records import BackupRecord, State
from psbridge.emulator.stamp.resources import Identity
from psbridge.emulator.stamp.scenario import HOST, SETTINGS, STRAYS, THUMBPRINT

_SECRET = ("password", "encryptionCertBase64")


def recorded_state(
    backups: Sequence[Mapping[str, Any]], settings: Mapping[str, Any] | None, now: int
) -> tuple[State, Identity]:
    """Return a state that serves these resources unchanged, and the identity of their stamp.

    What a stamp left out, or gave as null or an empty text, stays so: old ones have no certificate, and those without a share
    neither numbers nor times (recordings of October 2021; the service's examples of 2016-05-01).

    Raises:
        ValueError: one of them is not such a resource; the message says which and why.
    """
    store = dict(_part(settings, "the settings", "externalStoreDefault")) if settings is not None else dict(SETTINGS)
    kept = {name: value for name, value in store.items() if name not in _SECRET}
    kept = {**dict.fromkeys(SETTINGS), **kept}
    if kept.get("lastBackupTime", "") is None:
        del kept["lastBackupTime"]  # there was none yet; what ends later counts
    state = State(anchor=now, settings=kept, strays=STRAYS, backups=tuple(map(_record, backups)))
    return state, _identity([*backups, *([settings] if settings is not None else [])])


def _part(resource: Any, what: str, name: str) -> Mapping[str, Any]:
    """Return `properties.NAME` of a resource."""
    properties = resource.get("properties") if isinstance(resource, Mapping) else None
    found = properties.get(name) if isinstance(properties, Mapping) else None
    if isinstance(found, Mapping):
        return found
    raise ValueError(f"properties.{name} is missing in {what}")


def _text(resource: Mapping[str, Any], *names: str) -> str:
    """Return the first of some properties that is a text with something in it, else the empty text."""
    return next((resource[name] for name in names if isinstance(resource.get(name), str) and resource[name]), "")


def _record(resource: Mapping[str, Any]) -> BackupRecord:
    info = _part(resource, "a backup", "backupInfo")
    id_ = _text(resource, "id", "name").rpartition("/")[2]
    if not id_:
        raise ValueError("a backup has neither id nor name")
    end = ticks.parse_moment(info["createdDateTime"]) if info.get("createdDateTime") else 0
    taken = ticks.parse_span(info["timeTakenToCreate"]) if info.get("timeTakenToCreate") else 0
    return BackupRecord(
        id=id_,
        start=end - taken,
        end=end,
        operation_end=end,
        uploaded_at=end,
        automatic=bool(info.get("isAutomaticBackup")),
        status=info.get("status") or "",
        roles=tuple((role["roleName"], role["status"]) for role in info.get("roleStatus") or ()),
        ready=info.get("isCloudRecoveryReady"),
        thumbprint=info.get("encryptionCertThumbprint") or THUMBPRINT,
        recorded=resource,
    )


def _identity(resources: Sequence[Mapping[str, Any]]) -> Identity:
    """Return the identity of the resources' stamp: subscription, location, and the versions of the newest backup."""
    paths = [_text(each, "id").split("/") for each in resources]
    subscription = next((path[2] for path in paths if len(path) > 2 and path[2]), HOST.subscription_id)
    plain = Identity(subscription)
    location = next((found for each in resources if (found := _location(each))), plain.location)
    infos = [each["properties"]["backupInfo"] for each in resources if "backupInfo" in each["properties"]]
    newest: Mapping[str, Any] = max(infos, key=lambda info: info.get("createdDateTime") or "", default={})
    return Identity(
        subscription,
        location,
        newest.get("deploymentID", plain.deployment_id),
        newest.get("stampVersion") or plain.stamp_version,
        newest.get("oemVersion", plain.oem_version),
    )


def _location(resource: Mapping[str, Any]) -> str:
    """Return the location that a resource names, in its id if nowhere else."""
    found = re.search("/backupLocations/([^/]+)", _text(resource, "id"), re.IGNORECASE)
    return _text(resource, "location") or (found[1] if found else "")
