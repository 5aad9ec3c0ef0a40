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

    One that fails without a beginning begins and fails there and then. What does not fit is passed over: an end without
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
