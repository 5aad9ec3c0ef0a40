"""What a real stamp's recordings say of alerts and updates, asked of the emulated one: same calls, same shapes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from psbridge.emulator.stamp.resources import Identity
from psbridge.emulator.stamp.scenario import Event, Scenario
from tests.emulator.stamp.test_recordings import shape

MakeBench = Callable[..., Any]
RECORDED = Path(__file__).parents[2] / "data" / "recorded" / "other"
CLOSE = json.dumps(
    {"properties": {"state": "Closed", "closedByUserAlias": "operator@contoso.onmicrosoft.com"}}
).encode()


def load(name: str) -> list[dict[str, Any]]:
    return json.loads((RECORDED / f"{name}.json").read_text())


def identity_of(entry: dict[str, Any]) -> Identity:
    """Return the identity that makes the emulated stamp the one that the recorded call names."""
    return Identity(entry["path"].split("/")[2])


def alert_shape(resource: dict[str, Any]) -> Any:
    """Return an alert's shape; what its `alertProperties` and text lists hold depends on its kind."""
    properties = {**resource["properties"], "alertProperties": {}}
    for texts in ("description", "remediation"):
        assert all(
            {"text": str, "type": str}.items() >= {k: type(v) for k, v in one.items()}.items()
            for one in properties[texts]
        )
        properties[texts] = []
    return shape({**resource, "properties": properties})


def below(entry: dict[str, Any]) -> str:
    """Return the path of the region's health that a recorded call is about."""
    return entry["path"].partition("/alerts")[0].partition("?")[0]


def a_stamp_with_alerts(bench: MakeBench, entry: dict[str, Any]) -> tuple[Any, Callable[[str], Any]]:
    """Return a stamp with one alert that the next success closed, one that a user closed, and one that is active."""
    scene = bench("share-full", identity=identity_of(entry))
    base = below(entry)

    def get(path: str) -> Any:
        return scene.stamp.rest("GET", f"{path}?api-version=2016-05-01")

    root = f"{base.partition('/providers/')[0]}/providers/Microsoft.Backup.Admin/backupLocations/redmond"
    trigger = f"{root}/createBackup?api-version=2018-09-01"
    assert scene.stamp.rest("POST", trigger).status == 400
    (first,) = get(f"{base}/alerts").body["value"]
    scene.pass_(hours=1)
    closing = scene.stamp.rest("PUT", f"{first['id']}?api-version=2016-05-01&user=somebody", CLOSE)
    assert (closing.status, closing.body["properties"]["state"]) == (200, "Closed")
    scene.pass_(hours=1)
    assert scene.stamp.rest("POST", trigger).status == 400
    return scene, get


def test_an_alert_has_the_keys_and_types_of_the_recorded_ones(bench: MakeBench) -> None:
    (listed,) = load("repair-azsalert")
    (recorded,) = listed["body"]["value"]
    _, get = a_stamp_with_alerts(bench, listed)
    answer = get(f"{below(listed)}/alerts")
    assert answer.status == listed["status"]
    assert list(answer.body) == list(listed["body"])
    by_state = {each["properties"]["state"]: each for each in answer.body["value"]}
    assert alert_shape(by_state["Active"]) == alert_shape(recorded)
    assert by_state["Active"]["properties"]["closedTimestamp"] == recorded["properties"]["closedTimestamp"]
    of_june = load("get-azsalert")[0]["body"]["value"]
    closed_by_user = next(each for each in of_june if "closedByUserAlias" in each["properties"])
    assert alert_shape(by_state["Closed"]) == alert_shape(closed_by_user)


def test_an_alert_names_the_same_resources_as_a_recorded_one(bench: MakeBench) -> None:
    (listed,) = load("repair-azsalert")
    (recorded,) = listed["body"]["value"]
    _, get = a_stamp_with_alerts(bench, listed)
    active = next(one for one in get(f"{below(listed)}/alerts").body["value"] if one["properties"]["state"] == "Active")
    for key in ("type", "location", "tags"):
        assert active[key] == recorded[key]
    for key in ("impactedResourceId", "impactedResourceDisplayName", "preview", "severity"):
        assert active["properties"][key] == recorded["properties"][key]
    assert active["id"].rpartition("/")[0] == recorded["id"].rpartition("/")[0]
    assert active["name"] == f"redmond/{active['properties']['alertId']}"
    assert active["id"].endswith(active["properties"]["alertId"])


def test_a_region_and_an_alert_are_returned_as_recorded(bench: MakeBench) -> None:
    for entry in load("get-azsalert")[1:]:
        _, get = a_stamp_with_alerts(bench, entry)
        path = urlsplit(entry["path"]).path
        if "/alerts/" in path:
            one = get(f"{below(entry)}/alerts").body["value"][0]
            answer = get(one["id"])
            assert answer.body == one
            assert alert_shape(answer.body)[:5] == alert_shape(entry["body"])[:5]
        else:
            answer = get(path)
            assert shape(answer.body) == shape(entry["body"])
            assert answer.body["properties"]["alertSummary"] == {"criticalAlertCount": 0, "warningAlertCount": 1}
        assert answer.status == entry["status"]
        assert set(answer.headers) - {"x-ms-request-id"} == set(entry["headers"])


@pytest.mark.parametrize("name", ["get-azsupdaterun", "get-azsupdatelocation", "install-azsupdate"])
def test_updates_and_their_runs_have_the_recorded_status_keys_and_types(bench: MakeBench, name: str) -> None:
    for entry in load(name):
        scene = bench("update-running", identity=identity_of(entry))
        base = entry["path"].partition("/updates")[0].partition("?")[0]
        updates = scene.stamp.rest("GET", f"{base}/updates?api-version=2021-07-01").body["value"]
        installing = next(one for one in updates if one["properties"]["state"] == "Installing")
        path = entry["path"].replace("Microsoft9.8888.0.888", installing["id"].rpartition("/")[2])
        answer = scene.stamp.rest("GET", path)
        assert answer.status == entry["status"]
        assert set(answer.headers) - {"x-ms-request-id"} == set(entry["headers"])
        recorded = entry["body"]
        if path.partition("?")[0].endswith("/updates"):
            assert list(answer.body) == list(recorded)
            assert shape([installing]) == shape(recorded["value"])
        else:
            assert shape(answer.body) == shape(recorded)


def test_an_update_can_be_followed_from_the_list_to_its_run(bench: MakeBench) -> None:
    scene = bench("update-running")
    base = (
        f"/subscriptions/{scene.stamp.profile.subscription_id}/resourceGroups/System.redmond"
        "/providers/Microsoft.Update.Admin/updateLocations/redmond"
    )

    def get(path: str) -> Any:
        return scene.stamp.rest("GET", f"{path}?api-version=2021-07-01").body

    states = {one["properties"]["version"]: one["properties"]["state"] for one in get(f"{base}/updates")["value"]}
    assert list(states.values()) == ["Installed", "Installing"]
    assert get(base)["properties"]["state"] == "UpdateInProgress"
    assert get(base)["properties"]["currentVersion"] == next(iter(states))
    scene.pass_(hours=9)
    installing = get(f"{base}/updates")["value"][1]
    assert installing["properties"]["updateStateProperties"] == {"progressPercentage": 25}
    assert get(installing["id"]) == installing
    (run,) = get(f"{installing['id']}/updateRuns")["value"]
    assert (run["properties"]["state"], run["properties"]["duration"]) == ("InProgress", "PT9H")
    assert get(run["id"]) == run
    assert get(f"{base}/updateRuns")["value"] == [run]


def test_an_update_passes_through_its_states(bench: MakeBench) -> None:
    # The words are those of the public API specification (UpdateState, RegionUpdateState, UpdateRunState).
    happens = [("begins", 1), ("fails", 2), ("begins", 3), ("ends", 40), ("begins", 50)]
    events = tuple(Event("update", value, after=hours * 3600.0) for value, hours in happens)
    scene = bench(Scenario("updates", "made by a test", events=events))
    base = (
        f"/subscriptions/{scene.stamp.profile.subscription_id}/resourceGroups/System.redmond"
        "/providers/Microsoft.Update.Admin/updateLocations/redmond"
    )
    seen = []
    for _ in range(6):
        updates, here, runs = (
            scene.stamp.rest("GET", f"{base}{below}?api-version=2021-07-01").body
            for below in ("/updates", "", "/updateRuns")
        )
        states = [one["properties"]["state"] for one in updates["value"]]
        assert [("installedDate" in one["properties"]) for one in updates["value"]] == [
            s == "Installed" for s in states
        ]
        seen.append((states[1:], here["properties"]["state"], [one["properties"]["state"] for one in runs["value"]]))
        scene.time = scene.opened + timedelta(hours=(1.5, 2.5, 3.5, 41, 51, 99)[len(seen) - 1])
    assert seen == [
        (["Ready"], "UpdateAvailable", []),
        (["Installing"], "UpdateInProgress", ["InProgress"]),
        (["InstallationFailed"], "UpdateFailed", ["Failed"]),
        (["Installing"], "UpdateInProgress", ["Failed", "InProgress"]),
        (["Installed", "Ready"], "UpdateAvailable", ["Failed", "Succeeded"]),
        (["Installed", "Installing"], "UpdateInProgress", ["Failed", "Succeeded", "InProgress"]),
    ]
    assert here["properties"]["currentVersion"] == updates["value"][1]["properties"]["version"]


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("Microsoft.InfrastructureInsights.Admin/regionHealths/redmond/alerts?api-version=2018-09-01", 400, "NoReg"),
        ("Microsoft.InfrastructureInsights.Admin/regionHealths/nowhere/alerts?api-version=2016-05-01", 404, "Resource"),
        ("Microsoft.InfrastructureInsights.Admin/regionHealths/redmond/alerts/no?api-version=2016-05-01", 404, "Resou"),
        ("Microsoft.Update.Admin/updateLocations/redmond/updates?api-version=2018-09-01", 400, "NoRegistered"),
    ],
)
def test_unknown_resources_are_refused(bench: MakeBench, path: str, status: int, code: str) -> None:
    scene = bench()
    group = f"/subscriptions/{scene.stamp.profile.subscription_id}/resourceGroups/System.redmond/providers"
    answer = scene.stamp.rest("GET", f"{group}/{path}")
    assert answer.status == status
    assert answer.body["error"]["code"].startswith(code)


@pytest.mark.parametrize("body", [b"", b"{}", b'{"properties": 3}', b'{"properties": {"state": "Active"}}', b"["])
def test_an_alert_can_only_be_closed(bench: MakeBench, body: bytes) -> None:
    (listed,) = load("repair-azsalert")
    scene, get = a_stamp_with_alerts(bench, listed)
    active = next(one for one in get(f"{below(listed)}/alerts").body["value"] if one["properties"]["state"] == "Active")
    assert scene.stamp.rest("PUT", f"{active['id']}?api-version=2016-05-01", body).status == 400
    assert get(active["id"]).body == active
