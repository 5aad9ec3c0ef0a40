"""A stamp on a bench: its clock is moved by hand, its calls are short to write."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from psbridge.emulator.stamp import ticks
from psbridge.emulator.stamp.api import RestResponse
from psbridge.emulator.stamp.scenarios import HOST
from psbridge.emulator.stamp.service import Stamp

LOCATION = (
    f"/subscriptions/{HOST.subscription_id}/resourceGroups/system.redmond"
    "/providers/Microsoft.Backup.Admin/backupLocations/redmond"
)
VERSION = "api-version=2018-09-01"


class Bench:
    """A stamp and the clock that it reads."""

    def __init__(self, *arguments: Any, at: datetime = datetime(2026, 3, 4, 12, 0, tzinfo=UTC), **named: Any) -> None:
        self.time = self.opened = at
        self.stamp = Stamp(*arguments, now=lambda: self.time, **named)

    def pass_(self, **length: float) -> None:
        self.time += timedelta(**length)

    def get(self, below: str = "", query: str = VERSION) -> RestResponse:
        return self.stamp.rest("GET", f"{LOCATION}{below}?{query}")

    def post(self, below: str, body: bytes | None = None) -> RestResponse:
        return self.stamp.rest("POST", f"{LOCATION}{below}?{VERSION}", body)

    def put(self, body: bytes) -> RestResponse:
        return self.stamp.rest("PUT", f"{LOCATION}?{VERSION}", body)

    def start(self) -> str:
        """Start a backup that the stamp takes; return its id."""
        answer = self.post("/createBackup")
        assert answer.status == 202, answer
        return answer.headers["Location"].partition("operationResults/")[2].partition("?")[0]

    def list(self) -> list[dict[str, Any]]:
        return [each["properties"]["backupInfo"] for each in self.get("/backups").body["value"]]

    def info(self, name: str) -> dict[str, Any]:
        answer = self.get(f"/backups/{name}")
        assert answer.status == 200, answer
        return answer.body["properties"]["backupInfo"]

    def operation(self, name: str) -> RestResponse:
        return self.get(f"/operationResults/{name}")

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts that there are, the oldest first."""
        path = LOCATION.replace(
            "Microsoft.Backup.Admin/backupLocations", "Microsoft.InfrastructureInsights.Admin/regionHealths"
        )
        found = self.stamp.rest("GET", f"{path}/alerts?api-version=2016-05-01").body["value"]
        return sorted(found, key=lambda each: each["properties"]["createdTimestamp"])

    def open_alerts(self) -> list[str]:
        """Return the titles of the active ones."""
        return [each["properties"]["title"] for each in self.alerts() if each["properties"]["state"] == "Active"]

    def age(self, info: dict[str, Any]) -> timedelta:
        """Return how long ago a backup ended."""
        return self.time - ticks.as_datetime(ticks.parse_moment(info["createdDateTime"]))

    def settings(self) -> dict[str, Any]:
        return self.get().body["properties"]["externalStoreDefault"]


@pytest.fixture
def bench() -> Callable[..., Bench]:
    """Return the class that makes a stamp on a bench; takes what `Stamp` takes."""
    return Bench
