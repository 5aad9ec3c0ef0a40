"""Azs.InfrastructureInsights.Admin 1.0.2: the stamp's alerts, as its generated code behaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from psbridge.emulator.engines.embedded.cmdlets.azs_objects import Column, flag, opaque, opaques, resource, text
from psbridge.emulator.engines.embedded.cmdlets.azs_rest import Resources, read, reporting
from psbridge.emulator.engines.embedded.command_runtime import CommandRuntime, Run
from psbridge.emulator.engines.embedded.values import Net, Value

_MODELS = "Microsoft.Azure.PowerShell.Cmdlets.InfrastructureInsightsAdmin.Models.Api20160501."
_lines = opaques(f"{_MODELS}Dictionary", f"{_MODELS}IDictionary")
# Properties in the order of the class. What the provider may extend (the alert's own properties, the lines of its texts)
# is in classes that show nothing of it: a client reads those raw.
_ALERT: tuple[Column, ...] = (
    ("AlertId", "own", "alertId", text),
    ("AlertProperty", "own", "alertProperties", opaque(f"{_MODELS}AlertModelAlertProperties")),
    ("ClosedByUserAlias", "own", "closedByUserAlias", text),
    ("ClosedTimestamp", "own", "closedTimestamp", text),
    ("CreatedTimestamp", "own", "createdTimestamp", text),
    ("Description", "own", "description", _lines),
    ("FaultId", "own", "faultId", text),
    ("FaultTypeId", "own", "faultTypeId", text),
    ("HasValidRemediationAction", "own", "hasValidRemediationAction", flag),
    ("Id", "top", "id", text),
    ("ImpactedResourceDisplayName", "own", "impactedResourceDisplayName", text),
    ("ImpactedResourceId", "own", "impactedResourceId", text),
    ("LastUpdatedTimestamp", "own", "lastUpdatedTimestamp", text),
    ("Location", "top", "location", text),
    ("Name", "top", "name", text),
    ("Remediation", "own", "remediation", _lines),
    ("ResourceProviderRegistrationId", "own", "resourceProviderRegistrationId", text),
    ("ResourceRegistrationId", "own", "resourceRegistrationId", text),
    ("Severity", "own", "severity", text),
    ("State", "own", "state", text),
    ("Tag", "top", "tags", opaque(f"{_MODELS}TrackedResourceTags")),
    ("Title", "own", "title", text),
    ("Type", "top", "type", text),
)


def _alert(body: Mapping[str, Any]) -> Net:
    return resource(f"{_MODELS}Alert", _ALERT, body, own=body.get("properties"))


_ALERTS = Resources("Microsoft.InfrastructureInsights.Admin/regionHealths", "alerts", "2016-05-01", _alert)


def _get_alert(runtime: CommandRuntime) -> Iterator[Value]:
    filtered = runtime.arguments.text("Filter") or ""
    query = f"&$filter={quote(filtered, safe='')}" if filtered else ""
    return read(runtime, _ALERTS, runtime.arguments.text("Name") or "", query=query, asked={"Filter": filtered})


RUNS: dict[str, Run] = {"Get-AzsAlert": reporting(_get_alert)}
