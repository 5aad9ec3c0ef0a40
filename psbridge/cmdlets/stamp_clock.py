"""The stamp's clock: the Date of an answer of its resource manager, read with the location's settings."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import msgspec

from psbridge.cmdlets.azs_backup import member
from psbridge.cmdlets.decode import text_of
from psbridge.cmdlets.paths import API_VERSION, PROVIDER, resource_group
from psbridge.cmdlets.raw import INVOKE
from psbridge.models.time import Instant
from psbridge.powershell.pipeline import Argument, Command, Pipeline
from psbridge.powershell.result import PSObject, Result


class ReadStampClock(msgspec.Struct, frozen=True):
    """The headers of a GET of the backup location.

    That the Date is of the stamp's own clock is inferred: its resource manager is part of the stamp.
    """

    location: str

    def pipeline(self) -> Pipeline:
        """Return what is sent."""
        given: dict[str, Argument] = {
            "ResourceGroupName": resource_group(self.location),
            "ResourceProviderName": PROVIDER,
            "ResourceType": ("backupLocations",),
            "Name": (self.location,),
            "ApiVersion": API_VERSION,
            "Method": "GET",
        }
        return Pipeline.of(Command.of(INVOKE, given).piped_to(member("Headers")))

    def parse(self, result: Result) -> Instant | None:
        """Return the stamp's time, None if the answer does not show it."""
        for value in result.output:
            if isinstance(value, PSObject) and (text_of(value.get("Key")) or "").casefold() == "date":
                values = value.get("Value")
                first = values[0] if isinstance(values, list | tuple) and values else values
                return _moment(text_of(first) or "")
        return None


def _moment(text: str) -> Instant | None:
    try:
        return Instant.of(parsedate_to_datetime(text))
    except (TypeError, ValueError):
        return None
