"""The privileged endpoint's own commands, as far as they are emulated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from psbridge.emulator.engines.embedded.command_runtime import CommandRuntime, Run
from psbridge.emulator.engines.embedded.values import Net, Value

_TYPES = ("System.Management.Automation.PSCustomObject", "System.Object")


def _custom(notes: Mapping[str, Value]) -> Net:
    """Return a PSCustomObject; it is written with its members however deep it stands (measured on PowerShell 7.6.9)."""
    return Net(_TYPES, notes=dict(notes), whole=True)


def _body(runtime: CommandRuntime, path: str) -> Mapping[str, Any]:
    found = runtime.session.stamp.rest("GET", path).body
    return found if isinstance(found, dict) else {}


def _stamp_information(runtime: CommandRuntime, _source: Iterator[Value]) -> Iterator[Value]:
    """Yield the endpoint's description of its stamp, with the properties that documented scripts read."""
    profile = runtime.session.stamp.profile
    base = f"/subscriptions/{profile.subscription_id}"
    region = _body(runtime, f"{base}/locations?api-version=2016-06-01")["value"][0]["name"]
    place = f"{base}/resourceGroups/System.{region}/providers/Microsoft.Update.Admin/updateLocations/{region}"
    update = _body(runtime, f"{place}?api-version=2021-07-01").get("properties", {})
    admin = profile.resource_manager_url
    tenant = admin.replace("https://adminmanagement.", "https://management.")
    yield _custom(
        {
            "RegionName": region,
            "ExternalDomainFQDN": (urlsplit(admin).hostname or "").partition(".")[2],
            "StampVersion": update.get("currentVersion"),
            "OemVersion": update.get("currentOemVersion"),
            "AADTenantID": profile.tenant,
            "AdminExternalEndpoints": _custom({"AdminResourceManager": admin}),
            "TenantExternalEndpoints": _custom({"TenantResourceManager": tenant}),
        }
    )


RUNS: dict[str, Run] = {"Get-AzureStackStampInformation": _stamp_information}
