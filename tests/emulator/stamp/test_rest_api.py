"""The stamp's calls one by one: what they refuse, how they are found, what they change."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from psbridge.emulator.stamp.api import RestResponse, SignInRefusal, StampApi
from psbridge.emulator.stamp.resources import Identity
from psbridge.emulator.stamp.scenarios import HOST, METERING_SUBSCRIPTION, SCENARIOS
from psbridge.emulator.stamp.service import APPLICATION_ID, CERTIFICATE, ServicePrincipal, Stamp

MakeBench = Callable[..., Any]
PLACE = Identity(HOST.subscription_id).location_id
VERSION = "?api-version=2018-09-01"
SOME_ID = "0d3c0d57-6f43-4a1c-8f53-5d6b0f6f7e10"


def code(answer: RestResponse) -> tuple[int, str]:
    assert set(answer.body) == {"error"}
    assert set(answer.body["error"]) == {"code", "message"}
    assert answer.body["error"]["message"]
    return answer.status, answer.body["error"]["code"]


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/", (404, "InvalidResourceType")),
        ("GET", f"{PLACE}/nonsense{VERSION}", (404, "InvalidResourceType")),
        ("GET", "http://[", (404, "InvalidResourceType")),
        ("GET", PLACE, (400, "MissingApiVersionParameter")),
        ("GET", f"{PLACE}?api-version=", (400, "MissingApiVersionParameter")),
        ("GET", f"{PLACE}?api-version=1999-01-01", (400, "NoRegisteredProviderFound")),
        ("DELETE", PLACE + VERSION, (405, "BrpMethodNotAllowedException")),
        ("GET", f"{PLACE}/createBackup{VERSION}", (405, "BrpMethodNotAllowedException")),
        ("GET", PLACE.replace("redmond", "nyc") + VERSION, (404, "ResourceNotFound")),
        ("POST", PLACE.replace("redmond", "nyc") + "/createBackup" + VERSION, (404, "ResourceNotFound")),
        ("GET", PLACE.replace("system.redmond", "other") + VERSION, (404, "ResourceGroupNotFound")),
        ("GET", PLACE.replace(HOST.subscription_id, SOME_ID) + VERSION, (404, "SubscriptionNotFound")),
        ("GET", PLACE.replace(HOST.subscription_id, METERING_SUBSCRIPTION) + VERSION, (404, "ResourceGroupNotFound")),
        ("GET", f"/subscriptions/{SOME_ID}?api-version=2016-06-01", (404, "SubscriptionNotFound")),
        ("GET", f"{PLACE}/backups/{SOME_ID}{VERSION}", (404, "ResourceNotFoundException")),
        ("GET", f"{PLACE}/operationResults/{SOME_ID}{VERSION}", (404, "ResourceNotFoundException")),
        ("POST", f"{PLACE}/backups/{SOME_ID}/restore{VERSION}", (404, "ResourceNotFoundException")),
        ("GET", f"{PLACE}/backups{VERSION}&$top=many", (400, "BrpArgumentException")),
        ("GET", f"{PLACE}/backups{VERSION}&$skip=-1", (400, "BrpArgumentException")),
    ],
)
def test_invalid_calls_are_refused_like_arm_refuses_them(method: str, path: str, expected: tuple[int, str]) -> None:
    stamp = Stamp()
    assert code(stamp.rest(method, path)) == expected
    assert set(stamp.counts().values()) == {0} or "restore" in path


@given(
    st.sampled_from(["GET", "POST", "PUT", "get", "BREW", ""]),
    st.text()
    | st.builds(
        lambda tail, query: f"{PLACE}{tail}?{query}",
        st.sampled_from(
            ["", "/backups", "/createBackup", "/pruneExternalStore", f"/backups/{SOME_ID}", "/%00", "/\ud800"]
        ),
        st.text() | st.sampled_from([VERSION[1:], VERSION[1:] + "&$top=²", VERSION[1:] + "&$skip=" + "9" * 5000]),
    ),
    st.none()
    | st.binary()
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps).map(str.encode),
)
@example("POST", f"{PLACE}/pruneExternalStore{VERSION}", b"[" * 100_000)
@example("PUT", f"{PLACE}{VERSION}", b'{"properties": {"externalStoreDefault": {"userName": "\\ud800"}}}')
def test_no_call_raises_and_every_answer_is_json(method: str, path: str, body: bytes | None) -> None:
    answer = Stamp().rest(method, path, body)
    assert answer.status in {200, 202, 400, 404, 405, 409}
    json.dumps(answer.body)
    assert {"Date", "x-ms-request-id"} <= set(answer.headers)


def test_paths_are_case_insensitive(bench: MakeBench) -> None:
    scene = bench()
    name = scene.start()
    for change in (str.upper, str.lower):
        path = change(f"{PLACE}/backups/{name}")
        assert scene.stamp.rest("get", path + VERSION.upper()).body == scene.get(f"/backups/{name}").body
        assert scene.stamp.rest("GET", change(f"{PLACE}/operationResults/{name}") + VERSION).status == 202


def test_a_location_header_can_be_requested_unchanged(bench: MakeBench) -> None:
    scene = bench()
    where = scene.post("/createBackup").headers["Location"]
    assert where.startswith(HOST.resource_manager_url)
    assert scene.stamp.rest("GET", where).status == 202


def test_a_list_is_in_the_order_of_ids_and_cut_by_top_and_skip(bench: MakeBench) -> None:
    scene = bench()
    ids = [each["backupId"] for each in scene.list()]
    assert ids == sorted(ids)

    def some(query: str) -> list[str]:
        body = scene.get("/backups", f"api-version=2018-09-01&{query}").body
        assert body["nextLink"] is None
        return [each["properties"]["backupInfo"]["backupId"] for each in body["value"]]

    assert some("$top=2") == ids[:2]
    assert some("%24skip=4") == ids[4:]
    assert some("$top=2&$skip=1") == ids[1:3]
    assert some("$top=0") == []
    assert some("$skip=100") == []


def test_a_raw_list_comes_in_pages_where_the_scenario_says_so_and_the_module_s_does_not(bench: MakeBench) -> None:
    scene = bench(replace(SCENARIOS["succeeds"], page=4))
    path, pages = f"{PLACE}/backups{VERSION}", []
    while path:
        body = scene.stamp.rest("GET", path, raw=True).body
        pages.append(body["value"])
        path = (body["nextLink"] or "").removeprefix(HOST.resource_manager_url.rstrip("/"))
    whole = scene.stamp.rest("GET", f"{PLACE}/backups{VERSION}").body
    assert [len(page) for page in pages] == [4, 2]
    assert ([each for page in pages for each in page], whole["nextLink"]) == (whole["value"], None)
    for odd in ("x", "-1", "9" * 5000, "²"):
        assert scene.stamp.rest("GET", f"{PLACE}/backups{VERSION}&$skiptoken={odd}", raw=True).status == 400


def test_a_lie_of_raw_list_appears_only_there(bench: MakeBench) -> None:
    scene = bench(replace(SCENARIOS["succeeds"], lies={"raw_list": {"status": "Failed"}}))

    def states(raw: bool) -> list[str]:
        body = scene.stamp.rest("GET", f"{PLACE}/backups{VERSION}", raw=raw).body
        return [each["properties"]["backupInfo"]["status"] for each in body["value"]]

    assert states(raw=False) == ["Succeeded"] * 6
    assert sorted(states(raw=True)) == ["Failed", *["Succeeded"] * 5]


def test_while_a_backup_runs_its_end_and_duration_are_null(bench: MakeBench) -> None:
    scene = bench()
    name = scene.start()
    scene.pass_(minutes=10)
    info = scene.info(name)
    assert (info["status"], info["createdDateTime"], info["timeTakenToCreate"]) == ("Running", None, None)
    assert info in scene.list()
    assert info["completelyUploaded"] is False
    assert info["isCloudRecoveryReady"] is False


def test_created_date_time_is_the_end_time(bench: MakeBench) -> None:
    scene = bench(speed=120)
    started = scene.time
    name = scene.start()
    scene.pass_(seconds=11)
    created = scene.info(name)["createdDateTime"]
    assert f"{started:%Y-%m-%dT%H:%M}:10" <= created < f"{started:%Y-%m-%dT%H:%M}:11"


def test_the_stamp_refuses_a_second_backup_until_the_first_has_ended(bench: MakeBench) -> None:
    scene = bench()
    scene.start()
    scene.pass_(minutes=19)
    assert code(scene.post("/createBackup")) == (409, "BackupConflictException")
    scene.pass_(minutes=2)
    assert scene.start()
    assert scene.stamp.counts()["triggers"] == 2
    assert scene.stamp.counts()["refused"] == 1


def test_reads_change_no_counter(bench: MakeBench) -> None:
    scene = bench()
    scene.list()
    scene.settings()
    assert set(scene.stamp.counts().values()) == {0}


def test_retry_after_is_divided_by_the_speed_and_never_zero(bench: MakeBench) -> None:
    assert [bench(speed=speed).post("/createBackup").headers["Retry-After"] for speed in (1, 10, 1000)] == [
        "60",
        "6",
        "1",
    ]


def test_as_async_operation_a_running_backup_is_accepted_and_an_ended_one_succeeded(bench: MakeBench) -> None:
    scene = bench()
    name = scene.start()
    asked = f"{VERSION[1:]}&IsAsyncOperation=1"
    running = scene.get(f"/operationResults/{name}", asked)
    assert (running.status, running.body["status"]) == (200, "Accepted")
    scene.pass_(minutes=30)
    assert scene.get(f"/operationResults/{name}", asked).body["status"] == "Succeeded"


def test_settings_change_when_their_operation_ends(bench: MakeBench) -> None:
    scene = bench()
    before = scene.settings()
    certificate = b"not looked into"
    wanted = {
        "path": "\\\\other\\share",
        "userName": "contoso\\other",
        "backupFrequencyInHours": 8,
        "backupRetentionPeriodInDays": 14,
        "isBackupSchedulerEnabled": False,
    }
    given_ = {**wanted, "password": "secret", "encryptionCertBase64": base64.b64encode(certificate).decode()}
    answer = scene.put(json.dumps({"properties": {"externalStoreDefault": given_}}).encode())
    assert (answer.status, answer.headers["Retry-After"]) == (202, "5")
    assert scene.settings() == before
    scene.pass_(seconds=5)
    after = scene.settings()
    assert {key: after[key] for key in wanted} == wanted
    assert (after["password"], after["encryptionCertBase64"]) == (None, None)
    thumbprint = hashlib.sha1(certificate).hexdigest().upper()
    assert after["encryptionCertThumbprint"] == thumbprint
    assert scene.stamp.rest("GET", answer.headers["Location"]).body == scene.get().body
    assert scene.info(scene.start())["encryptionCertThumbprint"] == thumbprint


def test_a_share_and_a_certificate_can_be_configured(bench: MakeBench) -> None:
    for scenario, change in (
        ("not-configured", {"path": "\\\\a\\b", "userName": "c\\d"}),
        ("no-certificate", {"encryptionCertBase64": "YWJj"}),
    ):
        scene = bench(scenario)
        assert scene.post("/createBackup").status == 400
        assert scene.put(json.dumps({"properties": {"externalStoreDefault": change}}).encode()).status == 202
        scene.pass_(seconds=5)
        assert scene.start()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"path": "C:\\backups"}, "SmbSharePathInvalidException"),
        ({"path": 7}, "SmbSharePathInvalidException"),
        ({"userName": ["a"]}, "BrpArgumentException"),
        ({"backupFrequencyInHours": 3}, "BrpArgumentException"),
        ({"backupFrequencyInHours": True}, "BrpArgumentException"),
        ({"backupRetentionPeriodInDays": 15}, "BrpArgumentException"),
        ({"isBackupSchedulerEnabled": "yes"}, "BrpArgumentException"),
        ({"encryptionCertBase64": "no base64!"}, "BrpArgumentException"),
        ({"encryptionCertBase64": "é"}, "BrpArgumentException"),
    ],
)
def test_invalid_settings_are_refused_and_change_nothing(
    bench: MakeBench, change: dict[str, object], expected: str
) -> None:
    scene = bench()
    before = scene.settings()
    answer = scene.put(json.dumps({"properties": {"externalStoreDefault": change}}).encode())
    assert code(answer) == (400, expected)
    scene.pass_(minutes=1)
    assert scene.settings() == before
    assert scene.stamp.counts()["settings"] == 0


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"properties": 5}', b'{"properties": {}}'])
def test_a_put_without_settings_is_refused(bench: MakeBench, body: bytes) -> None:
    assert bench().put(body).status == 400


def test_lowering_the_retention_deletes_at_once(bench: MakeBench) -> None:
    scene = bench()
    assert len(scene.list()) == 6
    scene.put(b'{"properties": {"externalStoreDefault": {"backupRetentionPeriodInDays": 2}}}')
    scene.pass_(seconds=5)
    assert len(scene.list()) == 4


def test_a_dry_run_of_prune_deletes_nothing(bench: MakeBench) -> None:
    scene = bench()
    results = []
    for body in (b'{"operationType": "DryRun"}', None, b"{}"):
        answer = scene.post("/pruneExternalStore", body)
        assert answer.status == 202
        scene.pass_(minutes=1)
        results.append(scene.stamp.rest("GET", answer.headers["Location"]).body["properties"]["pathsToDelete"])
    assert [len(each) for each in results] == [1, 1, 0]
    assert code(scene.post("/pruneExternalStore", b'{"operationType": "All"}')) == (400, "BrpArgumentException")


def test_a_restore_ends_with_an_empty_200(bench: MakeBench) -> None:
    scene = bench()
    name = scene.list()[0]["backupId"]
    assert code(scene.post(f"/backups/{name}/restore", b"{}")) == (400, "BrpArgumentException")
    answer = scene.post(f"/backups/{name}/restore", b'{"decryptionCertBase64": "YWJj", "decryptionCertPassword": "x"}')
    assert answer.status == 202
    scene.pass_(minutes=2)
    assert scene.stamp.rest("GET", answer.headers["Location"]).status == 202
    scene.pass_(minutes=1)
    done = scene.stamp.rest("GET", answer.headers["Location"])
    assert (done.status, done.body) == (200, None)


def test_the_operators_three_subscriptions_and_the_region_are_listed() -> None:
    stamp = Stamp()
    three = stamp.rest("GET", "/subscriptions?api-version=2016-06-01").body["value"]
    assert [each["displayName"] for each in three] == [
        "Default Provider Subscription",
        "Metering Subscription",
        "Consumption Subscription",
    ]
    for each in three:
        assert stamp.rest("GET", f"{each['id']}?api-version=2016-06-01").body == each
    (region,) = stamp.rest("GET", f"/subscriptions/{HOST.subscription_id}/locations?api-version=2016-06-01").body[
        "value"
    ]
    assert region["name"] == stamp.location == "redmond"


def test_one_application_with_its_secret_may_sign_in() -> None:
    stamp = Stamp(principal=ServicePrincipal(secret="right"))
    api: StampApi = stamp
    assert api.sign_in("AzureStackAdmin", HOST.tenant, APPLICATION_ID.upper(), "right") == APPLICATION_ID
    assert api.sign_in("MyStack", "contoso.onmicrosoft.com", APPLICATION_ID, "right") == APPLICATION_ID
    assert stamp.counts()["sign_ins"] == 2
    for environment, tenant, application, secret in (
        ("AzureStackAdmin", HOST.tenant, APPLICATION_ID, "wrong"),
        ("AzureStackAdmin", HOST.tenant, APPLICATION_ID, "\ud800"),
        ("AzureStackAdmin", HOST.tenant, APPLICATION_ID, ""),
        ("AzureStackAdmin", HOST.tenant, SOME_ID, "right"),
        ("AzureStackAdmin", SOME_ID, APPLICATION_ID, "right"),
        ("AzureStackAdmin", "", APPLICATION_ID, "right"),
        ("", HOST.tenant, APPLICATION_ID, "right"),
    ):
        assert isinstance(stamp.sign_in(environment, tenant, application, secret), SignInRefusal)
    assert stamp.counts()["sign_ins_refused"] == 7


def test_a_certificate_that_the_host_lacks_is_no_refused_sign_in() -> None:
    stamp = Stamp()
    ask = ("AzureStackAdmin", HOST.tenant, APPLICATION_ID, None)
    assert stamp.sign_in(*ask, CERTIFICATE.lower()) == APPLICATION_ID
    refusal = stamp.sign_in(*ask, "0" * 40)
    assert isinstance(refusal, SignInRefusal)
    assert (refusal.exception, refusal.asked) == ("argument", False)
    assert (stamp.counts()["sign_ins"], stamp.counts()["sign_ins_refused"]) == (1, 0)


def test_each_stamp_has_a_secret_of_its_own() -> None:
    assert Stamp().principal.secret != Stamp().principal.secret


@pytest.mark.parametrize("speed", [0, -1, float("nan")])
def test_an_invalid_speed_is_refused(speed: float) -> None:
    with pytest.raises(ValueError, match="speed"):
        Stamp(speed=speed)
