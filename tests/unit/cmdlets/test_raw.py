"""Raw JSON: every recorded value, hostile bodies, and a read that combines all sources."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psbridge.cmdlets.observe import ObserveBackup
from psbridge.cmdlets.raw import ListRawBackups, read_answers, read_raw_backup
from psbridge.errors import AuthError, NotFound, PrerequisiteError, PsbridgeError, Unknown
from psbridge.models.backup import Backup, Role
from psbridge.models.observation import Observation
from psbridge.models.time import Instant
from psbridge.powershell.result import ErrorRecord, PSObject, Result, State
from tests.unit.cmdlets.conftest import DATA, answer, backup, record, role

ID = "08b92613-837a-43cd-86b5-1212ef954384"
SUBSCRIPTION = "05101daf-f50d-4436-a2ac-495e5c4864c2"
FIELDS = {
    "status": "status",
    "stampVersion": "stamp_version",
    "oemVersion": "oem_version",
    "deploymentID": "deployment_id",
    "encryptionCertThumbprint": "encryption_cert_thumbprint",
    "isCloudRecoveryReady": "is_cloud_recovery_ready",
    "completelyUploaded": "completely_uploaded",
    "isAutomaticBackup": "is_automatic",
    "backupDataVersion": "data_version",
}


def recorded() -> list[dict]:
    found = []
    for path in sorted((DATA / "recorded").glob("*.json")):
        for call in json.loads(path.read_text()):
            body = call["body"]
            items = body.get("value", [body]) if isinstance(body, dict) else []
            found += [it for it in items if isinstance(it, dict) and "backupInfo" in (it.get("properties") or {})]
    return found


def test_recordings_exist():
    assert len(recorded()) >= 5


@pytest.mark.parametrize("body", recorded(), ids=lambda body: body["name"])
def test_every_recorded_value_is_kept(body):
    found = read_raw_backup(body)
    info = body["properties"]["backupInfo"]
    assert found.id == info["backupId"]
    for theirs, ours in FIELDS.items():
        assert getattr(found, ours) == info[theirs], theirs
    assert [(it.name, it.status) for it in found.roles] == [(it["roleName"], it["status"]) for it in info["roleStatus"]]
    assert found.completed_at == Instant.parse(info["createdDateTime"])
    assert str(found.completed_at).rstrip("Z").rstrip("0") == info["createdDateTime"].rstrip("Z").rstrip("0")
    assert found.duration is not None
    assert (found.name, found.location, found.resource_id) == (body["name"], body["location"], body["id"])


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=8,
)
SHAPED = st.fixed_dictionaries(
    {
        "name": st.one_of(st.just(f"redmond/{ID}"), JSON),
        "properties": st.one_of(
            JSON,
            st.fixed_dictionaries(
                {
                    "backupInfo": st.dictionaries(
                        st.sampled_from([*FIELDS, "roleStatus", "createdDateTime", "timeTakenToCreate"]), JSON
                    )
                }
            ),
        ),
    },
    optional={"id": JSON, "location": JSON},
)


@given(st.one_of(JSON, SHAPED))
def test_any_body_gives_a_backup_nothing_or_psbridges_error(body):
    with suppress(PsbridgeError):
        found = read_raw_backup(body)
        if found is not None:
            assert found.id == ID
            for value in (found.name, found.location, found.status, found.resource_id, found.stamp_version):
                assert value is None or isinstance(value, str)
            for value in (found.completely_uploaded, found.is_automatic, found.is_cloud_recovery_ready):
                assert value in (True, False, None)
            assert found.roles is None or all(isinstance(it, Role) for it in found.roles)
            str(found.completed_at), str(found.started_at)


@given(st.one_of(st.text(), st.binary(), st.integers(), st.none()), JSON)
def test_any_content_gives_an_answer_or_psbridges_error(content, status):
    it = PSObject(properties={"StatusCode": status, "Content": content})
    with suppress(PsbridgeError):
        assert len(read_answers((it, None, "x", it))) == 2


@pytest.mark.parametrize("content", ["[" * 100_000, "9" * 5000, "", "{", "NaN", "x" * (5 << 20), None])
def test_a_content_that_is_not_json_has_no_body(content):
    it = PSObject(properties={"StatusCode": 200, "Content": content})
    (found,) = read_answers((it,))
    assert found.body is None or content == "NaN"


def test_a_backup_without_a_name_is_identified_by_its_id():
    found = read_raw_backup({"id": f"/x/backups/{ID}", "properties": {"backupInfo": {}}})
    assert (found.id, found.name) == (ID, None)


# -- one look


def raw(**info) -> dict:
    return {"name": f"redmond/{ID}", "properties": {"backupInfo": {"status": "Succeeded", **info}}}


def look(*answers: PSObject, seen: bool = True, errors: tuple[ErrorRecord, ...] = ()) -> Observation:
    shown = (backup(ID), role("a"), role("b")) if seen else ()
    result = Result(output=(*shown, *answers), errors=errors, host_time=Instant(7))
    return ObserveBackup("redmond", ID, SUBSCRIPTION).parse(result)


RUNNING_OPERATION = answer(202, "")


def test_a_read_combines_object_operation_and_raw_backup():
    found = look(RUNNING_OPERATION, answer(200, raw(completelyUploaded=False, isAutomaticBackup=True)))
    assert (found.operation, found.upload_read, found.witnesses_agree, found.host_time) == (202, True, True, Instant(7))
    assert (found.backup.completely_uploaded, found.backup.is_automatic) == (False, True)
    assert [it.name for it in found.backup.roles] == ["a", "b"]


def test_a_raw_backup_without_the_field_counts_as_read():
    found = look(answer(200, raw()), answer(200, raw()))
    assert (found.upload_read, found.backup.completely_uploaded, found.operation) == (True, None, 200)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
def test_an_unreadable_upload_is_unknown(status):
    found = look(RUNNING_OPERATION, answer(status, {"error": {"code": "X"}}))
    assert (found.operation, found.upload_read, found.backup.completely_uploaded) == (202, False, None)


def test_without_the_raw_backup_the_operations_result_shows_the_upload():
    found = look(answer(200, raw(completelyUploaded=False)), answer(500, ""))
    assert (found.upload_read, found.backup.completely_uploaded) == (True, False)


@pytest.mark.parametrize("body", ["", {}, {"status": "Succeeded"}, {"name": "redmond/x"}, [], {"status": ["Failed"]}])
def test_a_200_without_a_complete_backup_is_not_an_end(body):
    found = look(answer(200, body), answer(200, raw()))
    assert (found.operation, found.upload_read, found.backup.completely_uploaded) == (None, True, None)


@pytest.mark.parametrize("word", ["Accepted", "accepted", "InProgress", "Running"])
def test_a_200_with_a_running_status_is_not_an_end(word):
    """Stamps of 2021 answer so while the operation runs."""
    assert look(answer(200, {"status": word}), answer(200, raw())).operation == 202


@pytest.mark.parametrize("word", ["Failed", "Canceled", "CANCELLED"])
def test_a_200_with_a_bad_status_ends_the_operation(word):
    found = look(answer(200, {"status": word}), answer(200, raw()))
    assert (found.operation, [it.backup.status for it in found.witnesses]) == (200, ["Succeeded", "Succeeded", word])


def test_a_name_in_another_case_is_the_same_name():
    body = {
        "Name": f"redmond/{ID}",
        "Properties": {"BackupInfo": {"Status": "Failed", "RoleStatus": [{"RoleName": "a"}]}},
    }
    (_, shown) = look(answer(200, ""), answer(200, body)).witnesses
    assert (shown.backup.status, shown.backup.roles) == ("Failed", (Role("a", ""),))


@pytest.mark.parametrize("status", [0, 200.5, 204, 400, 404, 500])
def test_an_operation_that_cannot_be_read_is_unknown(status):
    if isinstance(status, float):
        with pytest.raises(Unknown):
            look(answer(status, ""), answer(200, raw()))
        return
    assert look(answer(status, ""), answer(200, raw())).operation is None


def test_a_raw_backup_with_another_id_is_ignored():
    other = raw(completelyUploaded=True) | {"name": "redmond/00000000-0000-4000-8000-000000000000"}
    found = look(answer(200, other), answer(200, other))
    assert found.operation is None
    assert (found.upload_read, found.backup.completely_uploaded) == (False, None)


def test_with_one_answer_the_operation_is_unknown_and_the_backup_is_read():
    found = look(answer(200, raw(completelyUploaded=False)))
    assert (found.operation, found.upload_read, found.backup.completely_uploaded) == (None, True, False)
    assert look(RUNNING_OPERATION).upload_read is False


def test_two_statuses_of_one_backup_are_reported():
    assert look(answer(200, ""), answer(200, raw(status="Running"))).witnesses_agree is False
    assert look(answer(200, raw(status="Failed")), answer(404, "")).witnesses_agree is False, "the operation's own"


def test_an_unknown_backup_is_absent():
    gone = (record("ResourceNotFoundException"), record("ResourceNotFoundException", "Get-AzsBackup_Get"))
    found = look(RUNNING_OPERATION, answer(404, ""), seen=False, errors=gone)
    assert (found.backup, found.operation) == (None, 202)


@pytest.mark.parametrize("activity", ["Get-AzsBackup", "Get-AzsBackup_Get", "ForEach-Object", ""])
@pytest.mark.parametrize("seen", [True, False])
def test_any_other_error_does_not_mean_absent(activity, seen):
    with pytest.raises(AuthError):
        look(RUNNING_OPERATION, answer(404, ""), seen=seen, errors=(record("AuthorizationFailed", activity),))


def test_a_backup_that_vanishes_within_a_read_is_an_error():
    with pytest.raises(NotFound):
        look(seen=True, errors=(record("ResourceNotFound"),))


def test_a_failed_raw_call_loses_only_its_own_source():
    failed = record("SomethingNew", "Invoke-AzRestMethod")
    assert look(errors=(failed,)).backup is not None


def test_a_pipeline_that_failed_shows_nothing():
    result = Result(output=(backup(ID),), state=State.FAILED, failure=record("CommandNotFoundException"))
    with pytest.raises(PrerequisiteError):
        ObserveBackup("redmond", ID).parse(result)


# -- the raw list


def test_the_raw_list_is_read_completely_or_not_at_all():
    listing = ListRawBackups(SUBSCRIPTION, "redmond")
    page = {"value": [raw(isAutomaticBackup=True)]}
    (found,) = listing.parse(Result(output=(answer(200, page),)))
    assert isinstance(found, Backup)
    assert found.is_automatic is True
    for bad in (
        answer(200, page | {"nextLink": "https://x"}),
        answer(200, {"value": [raw(), {"name": "x"}]}),
        answer(200, {"value": {}}),
        answer(200, []),
        answer(500, page),
        PSObject(),
    ):
        assert listing.parse(Result(output=(bad,))) is None
    assert listing.parse(Result(output=(answer(200, {"value": []}),))) == ()
