"""Each scenario does what its line says, through the REST API alone."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from psbridge.emulator.stamp import ticks
from psbridge.emulator.stamp.alerts.kinds import KINDS
from psbridge.emulator.stamp.api2021 import ROLES_2108
from psbridge.emulator.stamp.scenarios import CONSUMPTION_SUBSCRIPTION, HOST, ROLES, SCENARIOS
from psbridge.emulator.stamp.service import Stamp
from tests.emulator.stamp.conftest import LOCATION, VERSION

MakeBench = Callable[..., Any]
Proof = Callable[[Any], None]


def finish(bench: Any) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Start a backup and let all its time pass; return it and its operation's result, None while that is 202."""
    name = bench.start()
    bench.pass_(hours=2)
    answer = bench.operation(name)
    result = answer.body["properties"]["backupInfo"] if answer.status == 200 else None
    return bench.info(name), result


def ends(status: str, *, uploaded: bool, ready: bool) -> Proof:
    def proof(bench: Any) -> None:
        info, result = finish(bench)
        assert info["status"] == status
        assert info["completelyUploaded"] is uploaded
        assert info["isCloudRecoveryReady"] is ready
        assert result is not None
        assert {key: result[key] for key in info} == info

    return proof


def refuses(status: int, code: str) -> Proof:
    def proof(bench: Any) -> None:
        before = bench.list()
        answer = bench.post("/createBackup")
        assert (answer.status, answer.body["error"]["code"]) == (status, code)
        assert answer.body["error"]["message"]
        assert bench.list() == before
        assert (bench.stamp.counts()["triggers"], bench.stamp.counts()["refused"]) == (0, 1)

    return proof


def roles_end(expected: dict[str, str]) -> Proof:
    def proof(bench: Any) -> None:
        info, _ = finish(bench)
        assert {role["roleName"]: role["status"] for role in info["roleStatus"]} == expected

    return proof


def all_of(*proofs: Proof) -> Proof:
    def proof(bench: Any) -> None:
        for each in proofs:
            each(bench)

    return proof


def _slow(bench: Any) -> None:
    name = bench.start()
    bench.pass_(hours=5, minutes=59)
    assert bench.info(name)["status"] == "Running"
    bench.pass_(minutes=20)
    assert bench.info(name)["status"] == "Succeeded"
    assert bench.info(name)["timeTakenToCreate"].startswith("PT6H")


def _busy(bench: Any) -> None:
    (running,) = [each for each in bench.list() if each["status"] == "Running"]
    assert running["isAutomaticBackup"] is True
    refuses(409, "BackupConflictException")(bench)
    bench.pass_(minutes=21)
    assert bench.info(running["backupId"])["status"] == "Succeeded"
    assert bench.start()


def _never_uploaded(bench: Any) -> None:
    name = bench.start()
    bench.pass_(days=5)
    assert bench.info(name)["status"] == "Succeeded"
    assert bench.info(name)["completelyUploaded"] is False
    assert bench.operation(name).status == 202
    assert bench.start()


def _not_listed(bench: Any) -> None:
    before = [each["backupId"] for each in bench.list()]
    name = bench.start()
    bench.pass_(minutes=10)
    assert [each["backupId"] for each in bench.list()] == before
    assert bench.get(f"/backups/{name}").status == 404
    assert bench.operation(name).status == 202
    assert bench.post("/createBackup").status == 409
    bench.pass_(minutes=20)
    assert bench.info(name)["status"] == "Succeeded"
    assert name in [each["backupId"] for each in bench.list()]


def _old_ids(bench: Any) -> None:
    name = bench.start()
    bench.pass_(minutes=30)
    for resource in bench.get("/backups").body["value"]:
        assert resource["name"] == resource["id"].rpartition("/")[2]
        absent = {"completelyUploaded", "isAutomaticBackup", "isCloudRecoveryReady"}
        assert not absent & set(resource["properties"]["backupInfo"])
    result = bench.operation(name)
    assert result.status == 200
    assert "completelyUploaded" not in result.body["properties"]["backupInfo"]


def _scheduler(bench: Any) -> None:
    before = {each["backupId"] for each in bench.list()}
    bench.pass_(hours=4, minutes=10)
    (own,) = [each for each in bench.list() if each["backupId"] not in before]
    assert (own["status"], own["isAutomaticBackup"]) == ("Running", True)
    assert bench.post("/createBackup").status == 409
    bench.pass_(hours=8)
    new = [each for each in bench.list() if each["backupId"] not in before]
    assert sorted(each["status"] for each in new) == ["Running", "Succeeded", "Succeeded"]
    assert bench.info(own["backupId"])["status"] == "Succeeded"
    assert bench.settings()["nextBackupTime"] == ticks.moment_text(
        ticks.of(bench.time + timedelta(hours=3, minutes=50))
    )
    assert bench.stamp.counts()["triggers"] == 0


def _skipped(bench: Any) -> None:
    name = bench.start()
    bench.pass_(minutes=1)
    assert (bench.info(name)["status"], bench.info(name)["roleStatus"]) == ("Skipped", [])
    assert bench.operation(name).status == 200


def _race(bench: Any) -> None:
    assert {each["status"] for each in bench.list()} == {"Succeeded"}
    answer = bench.post("/createBackup")
    assert (answer.status, answer.body["error"]["code"]) == (409, "BackupConflictException")
    (rival,) = [each for each in bench.list() if each["status"] != "Succeeded"]
    assert rival["isAutomaticBackup"] is True
    assert (bench.stamp.counts()["triggers"], bench.stamp.counts()["refused"]) == (0, 1)
    bench.pass_(minutes=30)
    assert bench.start()


# What the emulated restricted endpoint shows.
READERS = (
    *(
        "Get-AzsBackup",
        "Get-AzsBackupConfiguration",
        "Get-AzsAlert",
        "Get-AzsUpdate",
        "Get-AzsUpdateLocation",
        "Get-AzContext",
        "Get-Command",
    ),
    *("Get-Module", "ForEach-Object"),
)


def _host(**expected: object) -> Proof:
    def proof(bench: Any) -> None:
        for name, value in expected.items():
            assert getattr(bench.stamp.profile, name) == value
        assert bench.start()  # the stamp itself is well

    return proof


def _sign_in_expires(bench: Any) -> None:
    name = bench.start()
    bench.pass_(minutes=8)
    refused = bench.get(f"/backups/{name}")
    assert (refused.status, refused.body["error"]["code"]) == (401, "ExpiredAuthenticationToken")
    bench.pass_(minutes=5)
    assert bench.info(name)["status"] == "Running"


def _wrong_subscription(bench: Any) -> None:
    assert bench.stamp.profile.subscription_id == CONSUMPTION_SUBSCRIPTION
    assert bench.stamp.profile.subscription_name == "Consumption Subscription"
    named = bench.stamp.rest("GET", f"/subscriptions/{CONSUMPTION_SUBSCRIPTION}?api-version=2016-06-01").body
    assert named["displayName"] == "Consumption Subscription"
    there = (
        f"/subscriptions/{CONSUMPTION_SUBSCRIPTION}/resourceGroups/system.redmond/providers/Microsoft.Backup.Admin"
        "/backupLocations/redmond/createBackup?api-version=2018-09-01"
    )
    answer = bench.stamp.rest("POST", there)
    assert (answer.status, answer.body["error"]["code"]) == (404, "ResourceGroupNotFound")
    assert bench.stamp.counts()["triggers"] == 0


def _no_history(bench: Any) -> None:
    assert bench.list() == []
    assert bench.settings()["lastBackupTime"] is None
    info, _ = finish(bench)
    assert bench.list() == [info]
    assert bench.settings()["lastBackupTime"] == info["createdDateTime"]


def _unset(name: str) -> Proof:
    return lambda bench: _equal(bench.settings()[name], None)


def _equal(one: object, other: object) -> None:
    assert one == other


def _fills_up(bench: Any) -> None:
    name = bench.start()
    bench.pass_(minutes=7)
    assert bench.info(name)["status"] == "Running"
    bench.pass_(minutes=3)  # 40 % of 20 to 21 minutes are over
    info = bench.info(name)
    assert info["status"] == "Failed"
    assert info["isCloudRecoveryReady"] is False
    assert {role["status"] for role in info["roleStatus"]} == {"Succeeded", "Failed"}
    assert bench.settings()["availableCapacity"] == "0.00 TB"
    assert bench.open_alerts() == ["Backup failed because file share is full"]
    assert bench.post("/createBackup").body["error"]["code"] == "SmbShareOutOfCapacityException"
    bench.pass_(minutes=51)
    assert bench.settings()["availableCapacity"] == "1.21 TB"
    assert bench.open_alerts() == ["Backup failed because file share is full"]
    again = bench.start()
    bench.pass_(minutes=25)
    assert bench.info(again)["status"] == "Succeeded"
    assert bench.open_alerts() == []


def _scheduler_off(bench: Any) -> None:
    bench.pass_(hours=23)
    assert (bench.open_alerts(), len(bench.list())) == ([], 1)
    bench.pass_(hours=2)
    assert (bench.open_alerts(), len(bench.list())) == (["Automatic backups are disabled."], 1)
    assert bench.settings()["nextBackupTime"]


def _retention(bench: Any) -> None:
    ages = [bench.age(each) for each in bench.list()]
    assert len(ages) == 4
    bench.pass_(hours=25)
    now = [bench.age(each) for each in bench.list() if each["status"] == "Succeeded"]
    assert max(now) < timedelta(days=2)
    assert len(now) == 6 + 2  # one each four hours since the start, and what is left of the past


def _update_comes(bench: Any) -> None:
    before = bench.list()[0]["stampVersion"]
    first = bench.start()
    bench.pass_(hours=3)
    assert bench.info(first)["status"] == "Succeeded"
    assert bench.post("/createBackup").status == 412
    count = len(bench.list())
    bench.pass_(hours=34)
    assert len(bench.list()) <= count  # the scheduler passed its times over
    assert bench.open_alerts() == []
    bench.pass_(hours=2)
    again = bench.start()
    bench.pass_(minutes=30)
    assert bench.info(again)["stampVersion"] != before
    assert bench.info(again)["stampVersion"] == "1.2306.2.47"


def _update_failed(bench: Any) -> None:
    bench.pass_(minutes=30)
    assert bench.post("/createBackup").status == 412
    bench.pass_(hours=8)
    assert bench.open_alerts() == ["The scheduled backup was skipped due to a conflict with failed operations."]
    assert {each["status"] for each in bench.list()} == {"Succeeded"}
    assert bench.post("/createBackup").status == 412


def _every_alert(bench: Any) -> None:
    bench.pass_(minutes=161)
    seen = [each["properties"]["faultTypeId"] for each in bench.alerts()]
    assert sorted(seen) == sorted(kind.fault_type for kind in KINDS.values())
    assert len(set(bench.open_alerts())) == sum(not kind.failure for kind in KINDS.values()) + 1


def _certificate_changes(bench: Any) -> None:
    before = bench.settings()["encryptionCertThumbprint"]
    name = bench.start()
    bench.pass_(minutes=25)
    assert bench.info(name)["encryptionCertThumbprint"] == before
    assert bench.settings()["encryptionCertThumbprint"] not in {None, before}


def _warned(bench: Any) -> None:
    assert bench.open_alerts() == ["Backup file share is almost full"]
    (alert,) = bench.alerts()
    assert alert["properties"]["alertProperties"]["externalSharePath"] == bench.settings()["path"]
    assert bench.start()


def _loses_the_third(bench: Any) -> None:
    assert bench.stamp.scenario.faults == ("receive:3:reset-after",)


def share(code: str, title: str) -> Proof:
    """Return that a start is refused with that code, and that an alert with that title is open since."""

    def proof(bench: Any) -> None:
        assert bench.open_alerts() == []
        refuses(400, code)(bench)
        assert bench.open_alerts() == [title]

    return proof


ALL_SUCCEED = dict.fromkeys(ROLES, "Succeeded")


def _sources_differ(bench: Any) -> None:
    name = bench.start()
    bench.pass_(hours=2)
    path = f"{LOCATION}/backups/{name}?{VERSION}"
    told = [bench.stamp.rest("GET", path, raw=raw).body["properties"]["backupInfo"] for raw in (False, True)]
    assert [info["roleStatus"][0] for info in told] == [
        {"roleName": "NRP", "status": status} for status in ("Succeeded", "Failed")
    ]
    assert bench.operation(name).body["properties"]["backupInfo"]["roleStatus"] == told[0]["roleStatus"]


def _stale_answer(bench: Any) -> None:
    before = {each["backupId"] for each in bench.list()}
    answer = bench.post("/createBackup")
    assert answer.status == 202
    assert answer.headers["Location"].partition("?")[0].rpartition("/")[2] in before
    assert bench.stamp.counts()["triggers"] == 1


def _trigger_repeated(bench: Any) -> None:
    answer = bench.post("/createBackup")
    assert (answer.status, answer.body["error"]["code"]) == (409, "BackupConflictException")
    assert bench.stamp.counts()["triggers"] == 1
    assert bench.stamp.backups()[-1].automatic is False


def _odd_alerts(bench: Any) -> None:
    found = {each["properties"]["title"]: each["properties"] for each in bench.alerts()}
    assert {title: each["severity"] for title, each in found.items()} == {
        "Backup failed because file share is full": "Critical",
        "A new kind of trouble": "Warning",
        "A disk has failed": "Critical",
    }
    assert found["A new kind of trouble"]["faultTypeId"] == "AzureStack.BackupController.SomethingNewFault"
    assert "/providers/Microsoft.Storage.Admin/" in found["A disk has failed"]["impactedResourceId"]
    assert all(each["state"] == "Active" for each in found.values())


def _forbidden(bench: Any) -> None:
    assert len(bench.list()) == 6
    insights = "Microsoft.InfrastructureInsights.Admin/regionHealths"
    for provider, below, version in (
        ("Microsoft.Backup.Admin/backupLocations", "", "2018-09-01"),
        (insights, "/alerts", "2016-05-01"),
        ("Microsoft.Update.Admin/updateLocations", "", "2021-07-01"),
        ("Microsoft.Update.Admin/updateLocations", "/updates", "2021-07-01"),
    ):
        path = LOCATION.replace("Microsoft.Backup.Admin/backupLocations", provider)
        answer = bench.stamp.rest("GET", f"{path}{below}?api-version={version}")
        assert (answer.status, answer.body["error"]["code"]) == (403, "AuthorizationFailed")


def _version_changed(bench: Any) -> None:
    bench.pass_(minutes=1)
    path = LOCATION.replace("Microsoft.Backup.Admin/backupLocations", "Microsoft.Update.Admin/updateLocations")
    now = bench.stamp.rest("GET", f"{path}?api-version=2021-07-01").body["properties"]["currentVersion"]
    assert (now, {each["stampVersion"] for each in bench.list()}) == ("1.2306.2.47", {"1.2301.2.58"})


def _stored(scene: Any) -> None:
    """The answers are those of good backups; the files are `tests/operations/test_store_faults.py`'s."""
    ends("Succeeded", uploaded=True, ready=True)(scene)
    assert scene.stamp.scenario.store.faults or scene.stamp.scenario.stamp_version < "1.2102"


PROOFS: dict[str, Proof] = {
    "succeeds": all_of(ends("Succeeded", uploaded=True, ready=True), roles_end(ALL_SUCCEED)),
    "fails": all_of(
        ends("Failed", uploaded=False, ready=False),
        roles_end({**ALL_SUCCEED, **dict.fromkeys(ROLES[6:], "Failed")}),
    ),
    "partial": all_of(
        ends("PartialSucceeded", uploaded=True, ready=False),
        roles_end({**ALL_SUCCEED, "WAS": "Failed", "Domain": "Failed"}),
    ),
    "partial-on-new-build": all_of(
        ends("PartialSucceeded", uploaded=True, ready=False),
        roles_end({**dict.fromkeys(ROLES_2108, "Failed"), "KeyVaultNamingService": "Succeeded"}),
    ),
    "one-role-fails": all_of(ends("Succeeded", uploaded=True, ready=True), roles_end({**ALL_SUCCEED, "ACS": "Failed"})),
    "role-missing": all_of(
        ends("Succeeded", uploaded=True, ready=True),
        roles_end({role: status for role, status in ALL_SUCCEED.items() if role != "CA"}),
    ),
    "slow": _slow,
    "busy": _busy,
    "not-configured": all_of(_unset("path"), refuses(400, "ExternalStoreNotConfiguredException")),
    "no-certificate": all_of(_unset("encryptionCertThumbprint"), refuses(400, "EncryptionCertNotConfiguredException")),
    "share-unreachable": share("SmbShareConnectionException", "Backup failed because of network connectivity issues"),
    "share-full": share("SmbShareOutOfCapacityException", "Backup failed because file share is full"),
    "share-path-invalid": share(
        "SmbSharePathInvalidException", "Backup failed because backup file share path is not valid"
    ),
    "share-credentials-refused": share(
        "SmbShareAuthenticationException", "Backup failed because can't access backup share"
    ),
    "share-read-only": share("SmbShareIOException", "Cannot write to the backup file share"),
    "share-not-accessible": share("SmbShareNotAccessibleException", "Backup file share is not accessible"),
    "share-almost-full": _warned,
    "share-fills-up": _fills_up,
    "role-fails-midway": all_of(
        ends("PartialSucceeded", uploaded=True, ready=False), roles_end({**ALL_SUCCEED, "Domain": "Failed"})
    ),
    "roles-twelve": all_of(
        ends("Succeeded", uploaded=True, ready=True),
        roles_end({role: status for role, status in ALL_SUCCEED.items() if role != "Domain"}),
    ),
    "roles-one": all_of(ends("Succeeded", uploaded=True, ready=False), roles_end({"NRP": "Succeeded"})),
    "scheduler-off": _scheduler_off,
    "retention": _retention,
    "update-comes": _update_comes,
    "update-failed": _update_failed,
    "alerts": _every_alert,
    "certificate-changes": _certificate_changes,
    "answer-lost": all_of(ends("Succeeded", uploaded=True, ready=True), _loses_the_third),
    "sources-differ": _sources_differ,
    "stale-answer": _stale_answer,
    "trigger-repeated": _trigger_repeated,
    "not-signed-in": _host(signed_in=False, module="1.0.2", rest_method=True),
    "signed-out": _host(session="signed-out"),
    "sign-in-expired": _host(session="expired"),
    "sign-in-expires": _sign_in_expires,
    "tenant-endpoint": _host(session="tenant-endpoint"),
    "no-subscription": _host(session="no-subscription"),
    "environment-unknown": _host(signed_in=False, environment_known=False, lands_in="another"),
    "secret-expired": _host(signed_in=False, secret_expired=True),
    "preferences": _host(
        preferences=(
            "ErrorActionPreference=SilentlyContinue",
            "WarningPreference=Stop",
            "VerbosePreference=Continue",
            "ConfirmPreference=Low",
            "WhatIfPreference=true",
        ),
        stray_warning="This version of the module is deprecated.",
    ),
    "stray-error": _host(stray_error="The operation was accepted and the event log could not be written."),
    "wrong-subscription": _wrong_subscription,
    "not-recovery-ready": ends("Succeeded", uploaded=True, ready=False),
    "upload-never-completes": _never_uploaded,
    "upload-fails": ends("Succeeded", uploaded=False, ready=True),
    "running-not-listed": _not_listed,
    "old-ids": _old_ids,
    "scheduler": _scheduler,
    "skipped": _skipped,
    "corrupted": ends("Corrupted", uploaded=True, ready=False),
    "unknown-status": ends("Verifying", uploaded=True, ready=True),
    "update-running": refuses(412, "PreconditionFailedException"),
    "conflict-race": _race,
    "no-rest-method": _host(signed_in=True, module="1.0.2", rest_method=False),
    "no-module": _host(signed_in=True, module=None, rest_method=True),
    "azurerm-module": _host(family="azurerm", module="0.3.2", rest_method=False),
    "module-broken": _host(module="1.0.2", module_loads=False),
    "restricted-endpoint": _host(visible=READERS),
    "history-empty": _no_history,
    "alerts-odd": _odd_alerts,
    "reads-forbidden": _forbidden,
    "version-changed": _version_changed,
    "store-missing": _stored,
    "store-damaged": _stored,
    "store-chain": _stored,
    "store-foreign": _stored,
    "store-half": _stored,
    "store-wrong-key": _stored,
    "store-unrecognized": _stored,
    "store-unregistered": _stored,
    "store-key-inside": _stored,
    "store-legacy": _stored,
}


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_a_scenario_matches_its_description(bench: MakeBench, name: str) -> None:
    PROOFS[name](bench(name))


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_every_scenario_has_a_description_and_a_kebab_case_name(name: str) -> None:
    scenario = SCENARIOS[name]
    assert scenario.name == name
    assert name.replace("-", "").isalpha()
    assert name.islower()
    assert "\n" not in scenario.description
    assert 10 < len(scenario.description) < 90


@pytest.mark.parametrize("speed", [1, 120])
@pytest.mark.parametrize(
    "name", sorted(set(SCENARIOS) - {"history-empty", "old-ids", "retention", "scheduler-off", "reads-forbidden"})
)
def test_history_is_of_good_backups_every_twelve_hours(bench: MakeBench, name: str, speed: float) -> None:
    scene = bench(name, speed)
    ended = sorted((each for each in scene.list() if each["createdDateTime"]), key=lambda each: each["createdDateTime"])
    assert len(ended) == 6
    moments = [ticks.parse_moment(each["createdDateTime"]) for each in ended]
    lengths = [ticks.parse_span(each["timeTakenToCreate"]) for each in ended]
    real = (1200 if name == "skipped" else SCENARIOS[name].duration) / speed * ticks.PER_SECOND
    assert all(real <= length <= real * 1.06 for length in lengths)
    gaps = [(later - earlier) / ticks.PER_SECOND / 3600 for earlier, later in itertools.pairwise(moments)]
    assert all(11.5 < gap < 12.5 for gap in gaps)
    assert 4 < (ticks.of(scene.time) - moments[-1]) / ticks.PER_SECOND / 3600 < 6
    for each in ended:
        assert each["roleStatus"] == [{"roleName": role, "status": "Succeeded"} for role in SCENARIOS[name].roles]
        assert each["status"] == "Succeeded"
        assert each["completelyUploaded"] is True
        assert each["isAutomaticBackup"] is True
        assert each["isCloudRecoveryReady"] is True
        if name != "no-certificate":
            assert each["encryptionCertThumbprint"] == scene.settings()["encryptionCertThumbprint"]
    assert scene.settings()["lastBackupTime"] == ended[-1]["createdDateTime"]


def test_a_conflict_with_the_scheduler_does_not_move_its_next_time(bench: MakeBench) -> None:
    scene = bench("scheduler")
    scene.pass_(hours=3, minutes=55)
    name = scene.start()
    scene.pass_(minutes=10)
    assert [each["backupId"] for each in scene.list() if each["status"] == "Running"] == [name]
    scene.pass_(hours=4)
    running = [each for each in scene.list() if each["status"] == "Running"]
    assert [each["isAutomaticBackup"] for each in running] == [True]


def test_no_backup_is_scheduled_while_the_scheduler_is_off(bench: MakeBench) -> None:
    scene = bench("scheduler")
    before = len(scene.list())
    body = b'{"properties": {"externalStoreDefault": {"isBackupSchedulerEnabled": false}}}'
    assert scene.put(body).status == 202
    scene.pass_(hours=9)
    assert len(scene.list()) == before


def test_scheduled_backups_follow_the_speed(bench: MakeBench) -> None:
    scene = bench("scheduler", 240)
    before = len(scene.list())
    scene.pass_(minutes=3, seconds=10)
    assert len(scene.list()) == before + 3


def test_a_fast_scheduler_keeps_what_its_retention_period_leaves(bench: MakeBench) -> None:
    scene = bench("scheduler", 10_000)
    scene.pass_(days=2)
    assert 7 * 6 <= len(scene.list()) <= 7 * 6 + 2


def test_an_unknown_scenario_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        Stamp("no-such-thing")


def test_the_default_host_is_signed_in_to_the_default_provider_subscription() -> None:
    assert Stamp().profile == HOST
    assert HOST.subscription_name == "Default Provider Subscription"
