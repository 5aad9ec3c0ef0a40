"""The runs of the stamp's updates, from the moments at which one begins, fails and ends."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import NAMESPACE_OID, uuid5

from psbridge.emulator.stamp.records import EventRecord

# Builds of Azure Stack Hub in the order in which they follow one another (release notes); the stamp starts before them.
VERSIONS = ("1.2306.2.47", "1.2311.1.22", "1.2406.1.23", "1.2408.1.19")
BEGINS, FAILS, ENDS = "begins", "fails", "ends"


@dataclass(frozen=True, slots=True)
class UpdateRun:
    """One try to install an update. Moments are in ticks.

    Attributes:
        ended: None while it runs.
        failed: whether it ended that way.
    """

    version: str
    started: int
    ended: int | None = None
    failed: bool = False

    @property
    def id(self) -> str:
        """The GUID that the run of that version and moment always has."""
        return str(uuid5(NAMESPACE_OID, f"psbridge stamp update {self.version} {self.started}"))

    @property
    def installed(self) -> bool:
        """Whether the stamp has that version since."""
        return self.ended is not None and not self.failed


def runs(events: Iterable[EventRecord], now: int) -> list[UpdateRun]:
    """Return the runs that began by `now`, the oldest first.

    What does not fit is passed over: an end without a beginning, a beginning while one runs. A failed update is what the
    next run installs.
    """
    found: list[UpdateRun] = []
    moments = sorted((each for each in events if each.what == "update" and each.at <= now), key=lambda each: each.at)
    for each in moments:
        running = bool(found) and found[-1].ended is None
        if each.value == BEGINS and not running and (version := available(found)) is not None:
            found.append(UpdateRun(version, each.at))
        elif running and each.value in {FAILS, ENDS}:
            found[-1] = replace(found[-1], ended=each.at, failed=each.value == FAILS)
        elif found and found[-1].failed and each.value == ENDS:  # given up, or repaired out of sight
            found[-1] = replace(found[-1], ended=each.at, failed=False)
    return found


def available(found: Iterable[UpdateRun]) -> str | None:
    """Return the version that can be installed next; None when the stamp has the newest."""
    installed = {run.version for run in found if run.installed}
    return next((version for version in VERSIONS if version not in installed), None)


def blocked(found: list[UpdateRun]) -> bool:
    """Tell whether an update keeps backups from starting: one that runs, or has failed and is not resumed (inferred)."""
    return bool(found) and not found[-1].installed
