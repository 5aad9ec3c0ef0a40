"""The JSON of the region's health and its alerts: keys, order and types as recorded (June 2020 and March 2021)."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import NAMESPACE_OID, uuid5

from psbridge.emulator.stamp import ticks
from psbridge.emulator.stamp.alerts.alert import Alert
from psbridge.emulator.stamp.resources import Identity, Json, resource

_NEVER = "0001-01-01T00:00:00Z"  # the recorded `closedTimestamp` of an alert that is active
_REGION = "Microsoft.InfrastructureInsights.Admin/regionHealths"
_REGISTRATION = "5566dd64-a04f-4076-b56d-4dd8e5202918"  # the backup provider's on the recorded stamp


def _region_id(identity: Identity) -> str:
    return (
        f"/subscriptions/{identity.subscription}/resourceGroups/System.{identity.location}"
        f"/providers/{_REGION}/{identity.location}"
    )


def alert(identity: Identity, one: Alert) -> Json:
    """Return one alert."""
    properties: Json = {
        "closedTimestamp": _NEVER if one.closed is None else ticks.short_moment_text(one.closed),
        "createdTimestamp": ticks.short_moment_text(one.created),
        "description": [_text(one.kind.description)],
        "faultHash": str(uuid5(NAMESPACE_OID, f"psbridge stamp fault {one.kind.name}")),
        "faultId": one.id,
        "alertId": one.id,
        "faultTypeId": one.kind.fault_type,
        "lastUpdatedTimestamp": ticks.short_moment_text(one.updated),
        "alertProperties": dict(one.properties),
        "remediation": _remediation(one),
        "resourceProviderRegistrationId": _REGISTRATION,
        "severity": one.kind.severity,
        "state": "Active" if one.closed is None else "Closed",
        "title": one.kind.title,
        "impactedResourceId": f"/subscriptions/{identity.subscription}/resourceGroups/system.{identity.location}"
        f"/providers/{one.kind.provider}/",
        "impactedResourceDisplayName": one.kind.resource,
        **({"closedByUserAlias": one.closed_by} if one.closed_by else {}),
        "preview": "False",
        "hasValidRemediationAction": False,
        "remediationHistory": {},
    }
    id, name = f"{_region_id(identity)}/alerts/{one.id}", f"{identity.location}/{one.id}"
    return resource(identity, id, name, f"{_REGION}/alerts", properties)


def _text(text: str) -> Json:
    return {"text": text, "type": "Text"}


def _remediation(one: Alert) -> list[Json]:
    """Return the steps, numbered, each on a line of its own, as recorded."""
    lines: list[Json] = []
    for number, step in enumerate(one.kind.remedy, 1):
        words = step.format_map(_Known(one.properties))
        lines += [{"type": "NewLine"}] if lines else []
        lines.append(_text(f"{' ' if number > 1 else ''}{number}. {words} "))
    return lines


class _Known(dict[str, str]):
    """The values that an alert's properties insert into its texts; a missing name is left out."""

    def __missing__(self, key: str) -> str:
        return "unknown"


def region_health(identity: Identity, every: Iterable[Alert]) -> Json:
    """Return the region's health. Its alert counts are true, its metrics are those of a small idle stamp (inferred)."""
    active = [one.kind.severity for one in every if one.closed is None]
    properties = {
        "usageMetrics": [
            _metric("Physical memory", "GB", 612.4, 891.6),
            _metric("Physical storage", "TB", 6.2, 27.8),
            _metric("Public IP address pools", "One", 31.0, 224.0),
        ],
        "alertSummary": {
            "criticalAlertCount": active.count("Critical"),
            "warningAlertCount": active.count("Warning"),
        },
    }
    return resource(identity, _region_id(identity), identity.location, _REGION, properties)


def _metric(name: str, unit: str, used: float, available: float) -> Json:
    values = (("Used", used), ("Available", available))
    return {"name": name, "metricsValue": [{"name": which, "unit": unit, "value": value} for which, value in values]}
