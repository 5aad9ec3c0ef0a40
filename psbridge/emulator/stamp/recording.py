"""A stamp's state from the answers of a real one."""

from __future__ import annotations

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
    """Return the state that serves these resources as they are, and who the stamp is that gave them.

    Raises:
        KeyError, ValueError: if one of them is no such resource.
    """
    store = dict(settings["properties"]["externalStoreDefault"]) if settings else dict(SETTINGS)
    kept = {name: value for name, value in store.items() if name not in _SECRET}
    missing = [name for name in SETTINGS if name not in kept]
    if missing:
        raise KeyError(*missing)
    if kept.get("lastBackupTime", "") is None:
        del kept["lastBackupTime"]  # there was none yet; what ends later counts
    state = State(anchor=now, settings=kept, strays=STRAYS, backups=tuple(_record(each) for each in backups))
    return state, _identity([*backups, *([settings] if settings else [])])


def _record(resource: Mapping[str, Any]) -> BackupRecord:
    info = resource["properties"]["backupInfo"]
    end = ticks.parse_moment(info["createdDateTime"]) if info.get("createdDateTime") else 0
    taken = ticks.parse_span(info["timeTakenToCreate"]) if info.get("timeTakenToCreate") else 0
    return BackupRecord(
        id=resource["id"].rpartition("/")[2],
        start=end - taken,
        end=end,
        operation_end=end,
        uploaded_at=end,
        automatic=bool(info.get("isAutomaticBackup")),
        status=info["status"],
        roles=tuple((role["roleName"], role["status"]) for role in info.get("roleStatus") or ()),
        ready=info.get("isCloudRecoveryReady"),
        thumbprint=info.get("encryptionCertThumbprint", THUMBPRINT),
        recorded=resource,
    )


def _identity(resources: Sequence[Mapping[str, Any]]) -> Identity:
    """Return who gave the resources: their subscription and location, and the versions of their newest backup."""
    if not resources:
        return Identity(HOST.subscription_id)
    first = resources[0]
    subscription = first["id"].split("/")[2]
    infos = [each["properties"]["backupInfo"] for each in resources if "backupInfo" in each["properties"]]
    if not infos:
        return Identity(subscription, first["location"])
    newest = max(infos, key=lambda info: info.get("createdDateTime") or "")
    return Identity(
        subscription,
        first["location"],
        newest["deploymentID"],
        newest["stampVersion"],
        newest["oemVersion"],
        newest["backupDataVersion"],
    )
