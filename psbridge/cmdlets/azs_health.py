"""`Get-AzsAlert` of Azs.InfrastructureInsights.Admin, `Get-AzsUpdate` and `Get-AzsUpdateLocation` of Azs.Update.Admin.

None of them must be there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import ClassVar

import msgspec

from psbridge.catalogue.alerts import PREFIX, PROVIDER
from psbridge.catalogue.update_states import Effect, effect_of_update
from psbridge.cmdlets.decode import Reader
from psbridge.cmdlets.error_records import check
from psbridge.cmdlets.paths import checked_location, resource_group, where
from psbridge.models.stamp import Alert, StampUpdate, UpdateLocation
from psbridge.models.text import ascii_lower, shortened
from psbridge.powershell.pipeline import Command, Pipeline
from psbridge.powershell.result import PSObject, Result, Value

# What makes an alert one of the backup service whose fault type and provider this release does not know: the titles seen on
# stamps (azs-alert lists published by operators) have "backup" or "Backup".
_MARK = "backup"
_LONGEST = 500
"""Characters of one text: of an alert, an update or a version."""
_PROVIDER = re.compile(r"/providers/([A-Za-z0-9.]{1,100})(?:/|$)", re.ASCII | re.IGNORECASE)


class GetAlerts(msgspec.Struct, frozen=True):
    """The open alerts of the backup service; with `every`, those of the whole stamp."""

    CMDLET: ClassVar = "Get-AzsAlert"
    location: str
    every: bool = False

    def command(self) -> Command:
        """Return the cmdlet with its parameters."""
        return Command.of(self.CMDLET, where(self.location))

    def pipeline(self) -> Pipeline:
        """Return what is sent."""
        return Pipeline.of(self.command())

    def parse(self, result: Result) -> tuple[Alert, ...]:
        """Return the open ones, in the stamp's order."""
        check(result)
        alerts = (read_alert(at) for at in _readers(result.output, self.CMDLET, "FaultTypeId") if is_open(at))
        return tuple(it for it in alerts if self.every or is_of_backup(it))


def read_alert(at: Reader) -> Alert:
    """Return the alert of an object, or of the `properties` of its JSON; its texts are shortened.

    The module's objects show nothing of description, remediation and properties (its generated code).
    """
    about = _PROVIDER.search(at.text("ImpactedResourceId") or "")
    return Alert(
        id=_short(at, "Name") or _short(at, "AlertId"),
        title=_short(at, "Title"),
        severity=_short(at, "Severity"),
        fault_type=_short(at, "FaultTypeId"),
        created_at=at.instant("CreatedTimestamp"),
        resource=_short(at, "ImpactedResourceDisplayName"),
        provider=about[1] if about else None,
    )


def _short(at: Reader, name: str) -> str | None:
    text = at.text(name)
    return None if text is None else shortened(text, _LONGEST)


def is_open(at: Reader) -> bool:
    """Return whether an alert is open. Recorded is `Closed`; open ones are `Active` or `active` (documentation)."""
    return ascii_lower(at.text("State") or "") == "active"


def is_of_backup(alert: Alert) -> bool:
    """Return whether an alert is one of the backup service: by its fault type, else by provider, else by its texts."""
    if ascii_lower(alert.fault_type or "").startswith(ascii_lower(PREFIX)):
        return True
    if ascii_lower(alert.provider or "") == ascii_lower(PROVIDER):
        return True
    return any(_MARK in ascii_lower(it or "") for it in (alert.title, alert.fault_type, alert.provider))


class GetUpdates(msgspec.Struct, frozen=True):
    """The updates that are being installed; with `every`, all that the stamp knows."""

    CMDLET: ClassVar = "Get-AzsUpdate"
    location: str
    every: bool = False

    def command(self) -> Command:
        """Return the cmdlet with its parameters."""
        return Command.of(self.CMDLET, where(self.location))

    def pipeline(self) -> Pipeline:
        """Return what is sent."""
        return Pipeline.of(self.command())

    def parse(self, result: Result) -> tuple[StampUpdate, ...]:
        """Return those that are under way, or all."""
        check(result)
        found = (
            StampUpdate(_short(at, "Name"), _short(at, "Version"), _short(at, "State"))
            for at in _readers(result.output, self.CMDLET, "PackageType")
        )
        return tuple(it for it in found if self.every or under_way(it))


def under_way(update: StampUpdate) -> bool:
    """Return whether an update is being installed."""
    return effect_of_update(ascii_lower(update.state or "")) is Effect.INSTALLING


class GetUpdateLocation(msgspec.Struct, frozen=True):
    """What the stamp runs and where its updates stand.

    The location is given as `-Name`, which Azs.Update.Admin has since 0.2.0 (its source).
    """

    CMDLET: ClassVar = "Get-AzsUpdateLocation"
    location: str

    def command(self) -> Command:
        """Return the cmdlet with its parameters."""
        place = {"Name": checked_location(self.location), "ResourceGroupName": resource_group(self.location)}
        return Command.of(self.CMDLET, place)

    def pipeline(self) -> Pipeline:
        """Return what is sent."""
        return Pipeline.of(self.command())

    def parse(self, result: Result) -> UpdateLocation:
        """Return it; without any value if the stamp gave none."""
        check(result)
        for at in _readers(result.output, self.CMDLET, "CurrentVersion"):
            return UpdateLocation(_short(at, "CurrentVersion"), _short(at, "State"))
        return UpdateLocation()


def _readers(output: Sequence[Value], cmdlet: str, mark: str) -> Iterator[Reader]:
    """Yield a reader for each object that has the property by which its kind is known."""
    for value in output:
        if isinstance(value, PSObject) and value.has(mark):
            yield Reader(value, cmdlet)
