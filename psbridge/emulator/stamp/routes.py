"""Which call a method and a path mean. As in ARM, the case of letters does not matter and `api-version` is required."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from psbridge.emulator.stamp import arm_error

# By provider, in lower case. Recorded are 2018-09-01 and, for October 2021, 2021-09-01 of backups, 2016-05-01 of alerts and
# 2021-07-01 of updates; the older ones are in the public specifications.
API_VERSIONS: Mapping[str, tuple[str, ...]] = {
    "microsoft.backup.admin": ("2016-05-01", "2018-09-01", "2021-09-01"),
    "microsoft.infrastructureinsights.admin": ("2016-05-01",),
    "microsoft.update.admin": ("2016-05-01", "2021-07-01"),
}

_SUBSCRIPTION = r"/subscriptions/(?P<subscription>[^/]+)"
_PROVIDERS = _SUBSCRIPTION + r"/resourceGroups/(?P<group>[^/]+)/providers/"
_NAME = r"/(?P<name>[^/]+)"
_LOCATIONS = _PROVIDERS + r"(?P<provider>Microsoft\.Backup\.Admin)/(?P<kind>backupLocations)"
_LOCATION = _LOCATIONS + r"/(?P<location>[^/]+)"
_REGIONS = _PROVIDERS + r"(?P<provider>Microsoft\.InfrastructureInsights\.Admin)/(?P<kind>regionHealths)"
_REGION = _REGIONS + r"/(?P<location>[^/]+)"
_UPDATE_LOCATIONS = _PROVIDERS + r"(?P<provider>Microsoft\.Update\.Admin)/(?P<kind>updateLocations)"
_UPDATE_LOCATION = _UPDATE_LOCATIONS + r"/(?P<location>[^/]+)"
_TABLE: tuple[tuple[str, str, str], ...] = (
    ("GET", r"/subscriptions", "subscriptions"),
    ("GET", _SUBSCRIPTION, "subscription"),
    ("GET", _SUBSCRIPTION + "/locations", "regions"),
    ("GET", _LOCATIONS, "locations"),
    ("GET", _LOCATION, "location"),
    ("PUT", _LOCATION, "change_settings"),
    ("GET", _LOCATION + "/backups", "backups"),
    ("GET", _LOCATION + "/backups" + _NAME, "backup"),
    ("POST", _LOCATION + "/backups" + _NAME + "/restore", "restore"),
    ("POST", _LOCATION + "/createBackup", "start_backup"),
    ("POST", _LOCATION + "/pruneExternalStore", "prune"),
    ("GET", _LOCATION + "/operationResults" + _NAME, "operation"),
    ("GET", _REGIONS, "region_healths"),
    ("GET", _REGION, "region_health"),
    ("GET", _REGION + "/alerts", "alerts"),
    ("GET", _REGION + "/alerts" + _NAME, "alert"),
    ("PUT", _REGION + "/alerts" + _NAME, "close_alert"),
    ("GET", _UPDATE_LOCATIONS, "update_locations"),
    ("GET", _UPDATE_LOCATION, "update_location"),
    ("GET", _UPDATE_LOCATION + "/updates", "updates"),
    ("GET", _UPDATE_LOCATION + "/updates" + _NAME, "update"),
    ("GET", _UPDATE_LOCATION + "/updates" + _NAME + "/updateRuns", "update_runs"),
    ("GET", _UPDATE_LOCATION + "/updates" + _NAME + r"/updateRuns/(?P<run>[^/]+)", "update_run"),
    ("GET", _UPDATE_LOCATION + "/updateRuns", "update_runs"),
    ("GET", _UPDATE_LOCATION + r"/updateRuns/(?P<run>[^/]+)", "update_run"),
)
_COMPILED = tuple((method, re.compile(pattern, re.IGNORECASE), name) for method, pattern, name in _TABLE)


@dataclass(frozen=True, slots=True)
class ArmRequest:
    """A known call of the stamp's REST API.

    Attributes:
        name: the last column of the table above.
        names: the names in the path: subscription, group, provider, kind, location, name, run.
        query: by name in lower case.
    """

    name: str
    names: Mapping[str, str]
    query: Mapping[str, str]


def parse(method: str, path: str) -> ArmRequest:
    """Read a method and a path with its query.

    Raises:
        Refusal: if nothing answers that, or its query is not one of ARM.
    """
    try:
        parts = urlsplit(path)
    except ValueError:
        raise arm_error.no_route(method, "that path") from None
    plain = parts.path.rstrip("/")
    query = {name.lower(): value for name, value in parse_qsl(parts.query, keep_blank_values=True)}
    found = [(known, match, name) for known, pattern, name in _COMPILED if (match := pattern.fullmatch(plain))]
    if not found:
        raise arm_error.no_route(method, plain[:200])
    for known, match, name in found:
        if known == method.upper():
            names = {key: unquote(value) for key, value in match.groupdict().items()}
            _check_version(names, query)
            return ArmRequest(name, names, query)
    raise arm_error.bad_method(method)


def _check_version(names: Mapping[str, str], query: Mapping[str, str]) -> None:
    """Refuse a version that the provider does not have; ARM's own calls take any."""
    version = query.get("api-version")
    if not version:
        raise arm_error.NO_API_VERSION
    if "provider" in names and version not in (known := API_VERSIONS[names["provider"].lower()]):
        raise arm_error.bad_api_version(names.get("location", ""), version, names["kind"], known)
