"""The runs of the stamp's updates, from the moments at which one begins, fails and ends, and their JSON.

The JSON of updates: keys, order and types as recorded (Azs.Update.Admin, April 2022, API 2021-07-01).

Recorded are a failed preparation and its run. The words for other states are those of the public API specification; that
an update that runs shows them so, and the steps of its run, are inferred.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import NAMESPACE_OID, uuid5

from psbridge.emulator.stamp import ticks
from psbridge.emulator.stamp.records import EventRecord
from psbridge.emulator.stamp.resources import Identity, Json, resource

# Builds of Azure Stack Hub in the order in which they follow each other (release notes); the stamp starts before them.
VERSIONS = ("1.2306.2.47", "1.2311.1.22", "1.2406.1.23", "1.2408.1.19")
BEGINS, FAILS, ENDS = "begins", "fails", "ends"


@dataclass(frozen=True, slots=True)
class UpdateRun:
    """One try to install an update. Moments are in ticks.

    Attributes:
        failed_at: when it failed; it may have been repaired since.
        ended: when it ended for good; None while it runs or has failed.
    """

    version: str
    started: int
    failed_at: int | None = None
    ended: int | None = None

    @property
    def id(self) -> str:
        """The GUID that the run of that version and moment always has."""
        return str(uuid5(NAMESPACE_OID, f"psbridge stamp update {self.version} {self.started}"))

    @property
    def installed(self) -> bool:
        """Whether the stamp has that version since."""
        return self.ended is not None

    @property
    def failed(self) -> bool:
        """Whether it failed and was not repaired."""
        return self.failed_at is not None and self.ended is None


def runs(events: Iterable[EventRecord], now: int) -> list[UpdateRun]:
    """Return the runs that began by `now`, the oldest first, as they are at `now`.

    One that fails without a beginning begins and fails at that time. Invalid events are ignored: an end without
    a beginning, a beginning while one runs. A failed update is what the next run installs.
    """
    found: list[UpdateRun] = []
    for each in events:
        if each.what != "update" or each.at > now:
            continue
        last = found[-1] if found else None
        running = last is not None and last.ended is None and last.failed_at is None
        if each.value in {BEGINS, FAILS} and not running and (version := available(found)) is not None:
            found.append(UpdateRun(version, each.at, each.at if each.value == FAILS else None))
        elif last is not None and running and each.value == FAILS:
            found[-1] = replace(last, failed_at=each.at)
        elif last is not None and last.ended is None and each.value == ENDS:
            found[-1] = replace(last, ended=each.at)
    return found


def available(found: Iterable[UpdateRun]) -> str | None:
    """Return the version that can be installed next; None when the stamp has the newest."""
    installed = {run.version for run in found if run.installed}
    return next((version for version in VERSIONS if version not in installed), None)


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
    id = "/".join(part for part in (_location_id(identity), below) if part)
    whole_kind = "/".join(part for part in ("Microsoft.Update.Admin/updateLocations", kind) if part)
    return resource(identity, id, "/".join(names), whole_kind, properties)
