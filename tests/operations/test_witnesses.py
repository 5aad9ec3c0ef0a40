"""What the module's object, the raw JSON and the operation's result say of one backup is held against each other."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from psbridge.emulator.stamp.scenarios import SCENARIOS
from psbridge.errors import ExitCode
from psbridge.models.report import Report
from psbridge.models.verdict import Judgement
from psbridge.powershell.result import PSObject
from psbridge.values import replace
from psbridge.verdict.judge import judge
from tests.operations.conftest import Bench, Fault, bench_in, is_look

WAITS = ("start", "wait", "confirm")


def judged(it: Bench, how: str) -> Report:
    """Return the verdict of a command on a backup of our own."""
    if how == "start":
        return it.start()
    started = it.start_no_wait()
    if how == "wait":
        return it.again().backups.wait(started.id)
    it.clock.advance(3 * 3600.0)
    return it.again().backups.confirm(started.id)


def lying(lies: Mapping[str, Mapping[str, Any]], folder: Path, **changes: Any) -> Bench:
    return bench_in(folder, "succeeds", lies=lies, **changes)


CONTRADICTIONS: dict[str, Mapping[str, Mapping[str, Any]]] = {
    "the raw JSON has a role that failed": {"raw": {"roleStatus.NRP": "Failed"}},
    "the object has a role that failed": {"object": {"roleStatus.SRP": "Failed"}},
    "the raw JSON has a role less": {"raw": {"roleStatus.CA": "absent"}},
    "the raw JSON has a role more": {"raw": {"roleStatus.FabricRing": "Succeeded"}},
    "the operation has a role that failed": {"operation": {"roleStatus.NRP": "Failed"}},
    "the operation failed": {"operation": {"operationStatus": "Failed"}},
    "the operation was canceled": {"operation": {"operationStatus": "Canceled"}},
    "the operation's resource could not be provisioned": {"operation": {"provisioningState": "Failed"}},
    "the raw JSON has another status": {"raw": {"status": "PartialSucceeded"}},
    "the object has another status": {"object": {"status": "Failed"}},
    "the operation has another status": {"operation": {"status": "Failed"}},
    "a status with a long s": {"raw": {"status": "ſucceeded"}},
    "a role's status with a long s": {"raw": {"roleStatus.NRP": "ſucceeded"}},
    "ready is false in the raw JSON": {"raw": {"isCloudRecoveryReady": False}},
    "ready is false in the object": {"object": {"isCloudRecoveryReady": False}},
    "ready is false in the operation": {"operation": {"isCloudRecoveryReady": False}},
    "the raw JSON is of another deployment": {"raw": {"deploymentID": "11111111-2222-4333-8444-555555555555"}},
    "the operation is of another deployment": {"operation": {"deploymentID": "11111111-2222-4333-8444-555555555555"}},
    "the object is of another deployment": {"object": {"deploymentID": "11111111-2222-4333-8444-555555555555"}},
    "the raw JSON has another end": {"raw": {"createdDateTime": "+2s"}},
    "the object has another end": {"object": {"createdDateTime": "-5s"}},
    "the operation has another end": {"operation": {"createdDateTime": "+1h"}},
    "the raw JSON was never ended": {"raw": {"createdDateTime": "never"}},
    "the raw JSON took another time": {"raw": {"timeTakenToCreate": "PT1M"}},
    "the raw JSON has another version": {"raw": {"stampVersion": "1.2408.1.1"}},
    "the operation has another OEM version": {"operation": {"oemVersion": "9.9"}},
    "the raw JSON has another data version": {"raw": {"backupDataVersion": "0.0.1"}},
    "the raw JSON has another certificate": {"raw": {"encryptionCertThumbprint": "0" * 40}},
    "the raw JSON is of another location": {"raw": {"location": "elsewhere"}},
    "the operation was the scheduler's": {"operation": {"isAutomaticBackup": True}},
    "uploaded by the raw JSON, not by the operation": {"operation": {"completelyUploaded": False}},
    "uploaded by the operation, not by the raw JSON": {"raw": {"completelyUploaded": False}},
    "the raw JSON is about another backup": {"raw": {"id": "other"}},
    "the raw JSON is about another backup, which failed": {"raw": {"id": "other", "status": "Failed"}},
    "both raw answers are about another backup": {
        "raw": {"id": "other", "status": "Failed", "completelyUploaded": False},
        "operation": {"id": "other", "status": "Failed", "completelyUploaded": False},
    },
    "the operation is about another backup": {"operation": {"id": "other"}},
    "the upload is given twice, in two spellings": {"raw": {"CompletelyUploaded": False}},
    "the upload is given twice by the operation": {"operation": {"completelyuploaded": False}},
    "the status is given twice": {"raw": {"Status": "Failed"}},
    "ready is given twice": {"raw": {"IsCloudRecoveryReady": False}},
    "a role without a name": {"raw": {"roleStatus.NRP": "nameless"}},
    "a role of the object without a name": {"object": {"roleStatus.NRP": "nameless"}},
    "a role twice, with two statuses": {"raw": {"roleStatus.NRP": "twice:Failed"}},
    "a role of the object twice, with two statuses": {"object": {"roleStatus.NRP": "twice:Failed"}},
    "it took less than no time": {name: {"timeTakenToCreate": "-PT5M"} for name in ("object", "raw", "operation")},
    "the operation took less than no time": {"operation": {"timeTakenToCreate": "-PT5M"}},
}


@pytest.mark.sampled(5)
@pytest.mark.parametrize("how", WAITS)
@pytest.mark.parametrize("lies", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_sources_that_contradict_one_another_prove_nothing(
    lies: Mapping[str, Mapping[str, Any]], how: str, tmp_path: Path
) -> None:
    report = judged(lying(lies, tmp_path), how)
    assert (report.exit_code, report.verdict.judgement) == (ExitCode.UNKNOWN, Judgement.UNKNOWN)


def test_a_difference_is_reported_with_both_values(tmp_path: Path) -> None:
    lies = {"raw": {"deploymentID": "11111111-2222-4333-8444-555555555555", "roleStatus.NRP": "Failed"}}
    problem = judged(lying(lies, tmp_path), "confirm").problem
    assert problem is not None
    for text in ("3d7a1a86", "11111111", "NRP Succeeded", "NRP Failed", "the raw JSON", "the module's object"):
        assert text in problem.message


BAD_ALONE: dict[str, tuple[Mapping[str, Mapping[str, Any]], ExitCode]] = {
    "not uploaded, by the operation alone": (
        {"raw": {"completelyUploaded": "absent"}, "operation": {"completelyUploaded": False}},
        ExitCode.FAILED,
    ),
    "not ready, by the raw JSON alone": (
        {
            "object": {"isCloudRecoveryReady": None},
            "raw": {"isCloudRecoveryReady": False},
            "operation": {"isCloudRecoveryReady": "absent"},
        },
        ExitCode.PARTIAL,
    ),
    "not ready, by the operation alone": (
        {
            "object": {"isCloudRecoveryReady": None},
            "raw": {"isCloudRecoveryReady": "absent"},
            "operation": {"isCloudRecoveryReady": False},
        },
        ExitCode.PARTIAL,
    ),
    "not ready, by the object alone": (
        {
            "object": {"isCloudRecoveryReady": False},
            "raw": {"isCloudRecoveryReady": "absent"},
            "operation": {"isCloudRecoveryReady": None},
        },
        ExitCode.PARTIAL,
    ),
}


@pytest.mark.sampled(5)
@pytest.mark.parametrize("how", WAITS)
@pytest.mark.parametrize(("lies", "code"), BAD_ALONE.values(), ids=BAD_ALONE)
def test_a_bad_value_of_one_source_outweighs_missing_ones(
    lies: Mapping[str, Mapping[str, Any]], code: ExitCode, how: str, tmp_path: Path
) -> None:
    assert judged(lying(lies, tmp_path), how).exit_code is code


SAME: dict[str, Mapping[str, Mapping[str, Any]]] = {
    "a fraction less": {"raw": {"createdDateTime": "+1s"}},
    "an id in capitals": {"raw": {"deploymentID": "3D7A1A86-5E0B-4F4C-9A37-0C5B6C1F2E90"}},
    "a word in capitals": {"raw": {"status": "SUCCEEDED"}},
    "a role's word in capitals": {"operation": {"roleStatus.NRP": "SUCCEEDED"}},
    "one role twice, alike": {"raw": {"roleStatus.NRP": "twice:Succeeded"}},
    "a property twice, alike": {"raw": {"CompletelyUploaded": True}},
    "the operation's own status": {"operation": {"operationStatus": "SUCCEEDED", "provisioningState": "Succeeded"}},
    "a silent source": {"raw": {"deploymentID": None, "isCloudRecoveryReady": "absent", "oemVersion": "absent"}},
}


@pytest.mark.sampled(5)
@pytest.mark.parametrize("how", WAITS)
@pytest.mark.parametrize("lies", SAME.values(), ids=SAME)
def test_different_spellings_are_not_a_difference(
    lies: Mapping[str, Mapping[str, Any]], how: str, tmp_path: Path
) -> None:
    assert judged(lying(lies, tmp_path), how).exit_code is ExitCode.OK


@pytest.mark.parametrize("how", WAITS)
def test_without_raw_answers_the_object_alone_is_judged(how: str, tmp_path: Path) -> None:
    blind = dataclasses.replace(SCENARIOS["succeeds"].host, rest_method=False)
    lies = {"raw": {"status": "Failed"}, "operation": {"status": "Failed"}}
    assert judged(lying(lies, tmp_path, host=blind), how).exit_code is ExitCode.OK
    with tempfile.TemporaryDirectory() as folder:
        impossible = {"object": {"timeTakenToCreate": "-PT5M"}}
        assert judged(lying(impossible, Path(folder), host=blind), how).exit_code is ExitCode.UNKNOWN


TURNED_DOWN: dict[str, tuple[Mapping[str, Mapping[str, Any]], str]] = {
    "readiness": ({"raw": {"isCloudRecoveryReady": False}}, "readiness"),
    "deployment": ({"raw": {"deploymentID": "11111111-2222-4333-8444-555555555555"}}, "deployment"),
    "end_time": ({"operation": {"createdDateTime": "+1h"}}, "end_time"),
    "versions": ({"raw": {"stampVersion": "1.2408.1.1", "oemVersion": "9"}}, "versions"),
    "location": ({"raw": {"location": "elsewhere"}}, "location"),
}


@pytest.mark.sampled(5)
@pytest.mark.parametrize("how", WAITS)
@pytest.mark.parametrize(("lies", "name"), TURNED_DOWN.values(), ids=TURNED_DOWN)
def test_a_turned_down_comparison_is_a_warning_in_verdict_and_proof(
    lies: Mapping[str, Mapping[str, Any]], name: str, how: str, tmp_path: Path
) -> None:
    report = judged(lying(lies, tmp_path, policy={"inferred_checks": (name,)}), how)
    assert report.exit_code is ExitCode.OK
    row = next(row for row in report.verdict.evidence if row.check == "witnesses")
    assert (row.outcome, f"{name}: " in row.detail) == ("warn", True)
    assert report.case is not None
    assert report.case.inferred_checks == (name,)
    assert judge(report.case) == report.verdict


def test_turning_down_one_comparison_keeps_the_others(tmp_path: Path) -> None:
    lies = {"raw": {"isCloudRecoveryReady": False, "deploymentID": "11111111-2222-4333-8444-555555555555"}}
    it = lying(lies, tmp_path, policy={"inferred_checks": ("readiness",)})
    assert it.start().exit_code is ExitCode.UNKNOWN


@pytest.mark.parametrize(
    "name", ["stampVersion", "oemVersion"], ids=["without a stamp version", "without an OEM version"]
)
def test_missing_versions_are_unknown(name: str, tmp_path: Path) -> None:
    it = lying({source: {name: None} for source in ("object", "raw", "operation")}, tmp_path)
    report = it.start()
    row = next(row for row in report.verdict.evidence if row.check == "versions")
    assert (report.exit_code, row.outcome) == (ExitCode.OK, "unknown")
    assert "None" not in row.detail


# -- what a scenario can't say: one name twice in one object of the wire


def doubled(name: str, second: Any, spelling: str | None = None) -> Any:
    """Return what gives a property of the module's object a second time, with another value."""

    def change(result: Any) -> Any:
        output = []
        for value in result.output:
            if isinstance(value, PSObject) and value.has("CreatedDateTime") and value.get("Status") == "Succeeded":
                if spelling is None:
                    value = replace(value, repeated=((name, value.get(name), second),))
                else:
                    value = replace(value, properties={**value.properties, spelling: second})
            output.append(value)
        return replace(result, output=tuple(output))

    return change


@pytest.mark.parametrize("how", WAITS)
@pytest.mark.parametrize("spelling", [None, "STATUS"], ids=["one spelling", "two spellings"])
def test_an_object_that_gives_a_property_twice_proves_nothing(spelling: str | None, how: str, tmp_path: Path) -> None:
    it = bench_in(tmp_path)
    it.sessions.faults.append(Fault(is_look, change=doubled("Status", "Failed", spelling), times=9999))
    assert judged(it, how).exit_code is ExitCode.UNKNOWN


@pytest.mark.sampled(5)
@pytest.mark.parametrize("how", WAITS)
@pytest.mark.parametrize("name", ["completelyUploaded", "status", "isCloudRecoveryReady", "deploymentID"])
def test_raw_json_that_gives_a_key_twice_proves_nothing(name: str, how: str, tmp_path: Path) -> None:
    def twice(result: Any) -> Any:
        def told(value: Any) -> Any:
            if not isinstance(value, PSObject) or not isinstance(text := value.get("Content"), str):
                return value
            content = text.replace('"backupInfo":{', f'"backupInfo":{{"{name}":"another",')
            return replace(value, properties={**value.properties, "Content": content})

        return replace(result, output=tuple(map(told, result.output)))

    it = bench_in(tmp_path)
    it.sessions.faults.append(Fault(is_look, change=twice, times=9999))
    assert judged(it, how).exit_code is ExitCode.UNKNOWN
