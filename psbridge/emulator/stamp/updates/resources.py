"""The JSON of updates: keys, order and types as recorded (Azs.Update.Admin, April 2022, API 2021-07-01).

Recorded are a failed preparation and its run. The words for other states are those of the public API specification; that
an update that runs shows them so, and the steps of its run, are inferred.
"""

from __future__ import annotations

from collections.abc import Sequence

from psbridge.emulator.stamp import ticks
from psbridge.emulator.stamp.resources import Identity, Json
from psbridge.emulator.stamp.updates.runs import UpdateRun, available

TAKES = (
    36 * 3600.0
)  # seconds of the stamp's time that an update is expected to take (release notes of 2311: 36 to 50 h)
_NOTES = "https://docs.microsoft.com/azure-stack/operator/release-notes"
_INSTALLED_BEFORE = 40 * 86_400  # seconds from the stamp's last update to when it is first opened
_STEPS = ("Downloading update", "Validating the download and extracting files.", "Initiating update installation.")


def _location_id(identity: Identity) -> str:
    return (
        f"/subscriptions/{identity.subscription}/resourceGroups/System.{identity.location}"
        f"/providers/Microsoft.Update.Admin/updateLocations/{identity.location}"
    )


def package(version: str) -> str:
    """Return the name of the update to a version."""
    return f"Microsoft{version}"


def versions(identity: Identity, found: Sequence[UpdateRun]) -> list[str]:
    """Return the version that the stamp came with, those that were installed since, and the one that can be."""
    following = available(found)
    installed = [run.version for run in found if run.installed]
    return [identity.stamp_version, *installed, *([following] if following else [])]


def update(
    identity: Identity, version: str, found: Sequence[UpdateRun], *, anchor: int, now: int, speed: float
) -> Json:
    """Return one update."""
    last = next((run for run in reversed(found) if run.version == version), None)
    installed = anchor - ticks.seconds(_INSTALLED_BEFORE) if version == identity.stamp_version else None
    if last is not None and last.installed:
        installed = last.ended
    properties: Json = {
        "description": f"AzS Update {version}",
        "state": _state(last, installed=installed is not None),
        "kbLink": _NOTES,
        "minVersionRequired": identity.stamp_version,
        "minOemVersionRequired": "2.1.0.0",
        "packagePath": f"\\\\SU1FileServer\\SU1_Infrastructure_2\\Updates\\Packages\\{package(version)}",
        "packageSizeInMb": 23345,
        "displayName": f"AzS Update - {version}",
        "version": version,
        "publisher": "Microsoft",
        "releaseLink": _NOTES,
        "availabilityType": "Local",
        "packageType": "Infrastructure",
        "prerequisites": [],
        "updateStateProperties": {"progressPercentage": _percent(last, now, speed)},
    }
    if installed is not None:
        properties["installedDate"] = ticks.short_moment_text(installed)
    return _resource(identity, f"updates/{package(version)}", "updates", properties)


def _state(last: UpdateRun | None, *, installed: bool) -> str:
    if installed:
        return "Installed"
    if last is None:
        return "Ready"
    return "InstallationFailed" if last.failed else "Installing"


def _percent(last: UpdateRun | None, now: int, speed: float) -> int:
    if last is None or last.installed or last.failed:
        return 0
    return min(99, int((now - last.started) * 100 / ticks.seconds(TAKES / speed)))


def run(identity: Identity, one: UpdateRun, now: int) -> Json:
    """Return one run of an update."""
    state = "Succeeded" if one.installed else "Failed" if one.failed else "InProgress"
    last = {"InProgress": "InProgress", "Failed": "Error", "Succeeded": "Success"}[state]
    statuses = [*("Success" for _ in _STEPS[1:]), last]
    properties: Json = {
        "progress": {
            "name": "Installing update",
            "description": "Installing update",
            "status": last,
            "steps": [
                {"name": name, "description": "", "status": status}
                for name, status in zip(_STEPS, statuses, strict=True)
            ],
        },
        "timeStarted": ticks.moment_text(one.started).removesuffix("Z") + "+00:00",
        "duration": ticks.span_text((one.ended or one.failed_at or now) - one.started),
        "state": state,
    }
    return _resource(identity, f"updates/{package(one.version)}/updateRuns/{one.id}", "updates/updateRuns", properties)


def location(identity: Identity, found: Sequence[UpdateRun], now: int) -> Json:
    """Return the update location."""
    last = found[-1] if found else None
    installed = [each.version for each in found if each.installed]
    current = installed[-1] if installed else identity.stamp_version
    following = available(found)
    if last is not None and not last.installed:
        state = "UpdateFailed" if last.failed else "UpdateInProgress"
    else:
        state = "UpdateAvailable" if following else "AppliedSuccessfully"
    properties: Json = {
        "oemFamily": "",
        "hardwareModel": "Hyper-V",
        "lastChecked": ticks.moment_text(now).partition(".")[0],
        "packageVersions": [
            {"packageType": "Services", "version": current},
            {"packageType": "Infrastructure", "version": current},
            {"packageType": "OEM", "version": identity.oem_version},
        ],
        "currentVersion": current,
        "currentOemVersion": identity.oem_version,
        "state": state,
    }
    return _resource(identity, "", "", properties)


def _resource(identity: Identity, below: str, kind: str, properties: Json) -> Json:
    """Return a resource below the update location: its id has the kinds and the names, its name only the names."""
    names = [identity.location, *below.split("/")[1::2]] if below else [identity.location]
    return {
        "id": "/".join(part for part in (_location_id(identity), below) if part),
        "name": "/".join(names),
        "type": "/".join(part for part in ("Microsoft.Update.Admin/updateLocations", kind) if part),
        "location": identity.location,
        "tags": {},
        "properties": properties,
    }
