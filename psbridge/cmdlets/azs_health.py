"""`Get-AzsAlert` of Azs.InfrastructureInsights.Admin and `Get-AzsUpdate` of Azs.Update.Admin: neither must be there."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from psbridge.cmdlets.decode import Reader
from psbridge.cmdlets.error_records import check
from psbridge.cmdlets.paths import where
from psbridge.models.stamp import Alert, StampUpdate
from psbridge.powershell.pipeline import Command, Pipeline
from psbridge.powershell.result import PSObject, Result

# What makes an alert one of the backup service. The titles seen on stamps (azs-alert lists published by operators) have
# "backup" or "Backup"; its fault types and the resource that it names have the provider's name. Matched loosely, because the
# full list of either is published nowhere.
_MARK = "backup"
_INSTALLING = frozenset({"installing", "preparing"})  # of the recorded states; the rest are before or after it


class GetAlerts(msgspec.Struct, frozen=True):
    """The open alerts of the backup service."""

    location: str

    def pipeline(self) -> Pipeline:
        """Return what is sent."""
        return _list("Get-AzsAlert", self.location)

    def parse(self, result: Result) -> tuple[Alert, ...]:
        """Return the open ones, in the stamp's order."""
        check(result)
        readers = _readers(result, "Get-AzsAlert", "FaultTypeId")
        return tuple(
            Alert(
                id=at.text("Name"),
                title=at.text("Title"),
                severity=at.text("Severity"),
                fault_type=at.text("FaultTypeId"),
                created_at=at.instant("CreatedTimestamp"),
            )
            for at in readers
            if _open_and_ours(at)
        )


class GetUpdates(msgspec.Struct, frozen=True):
    """The updates that are being installed."""

    location: str

    def pipeline(self) -> Pipeline:
        """Return what is sent."""
        return _list("Get-AzsUpdate", self.location)

    def parse(self, result: Result) -> tuple[StampUpdate, ...]:
        """Return those that are under way."""
        check(result)
        readers = _readers(result, "Get-AzsUpdate", "PackageType")
        return tuple(
            StampUpdate(at.text("Name"), at.text("Version"), at.text("State"))
            for at in readers
            if (at.text("State") or "").casefold() in _INSTALLING
        )


def _list(cmdlet: str, location: str) -> Pipeline:
    return Pipeline.of(Command.of(cmdlet, where(location)))


def _readers(result: Result, cmdlet: str, mark: str) -> Iterator[Reader]:
    """Yield a reader for each object that has the property by which its kind is known."""
    for value in result.output:
        if isinstance(value, PSObject) and value.has(mark):
            yield Reader(value, cmdlet)


def _open_and_ours(at: Reader) -> bool:
    told = (at.text("Title"), at.text("FaultTypeId"), at.text("ImpactedResourceId"))
    return (at.text("State") or "").casefold() == "active" and any(_MARK in (it or "").casefold() for it in told)
