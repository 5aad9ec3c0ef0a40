"""What can't be read in a raw answer is not silence, and what an operation says of itself is held against the backup."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from psbridge.errors import ExitCode
from psbridge.models.report import Report
from psbridge.powershell.result import PSObject, Result
from psbridge.values import replace
from tests.operations.conftest import Bench, Fault, bench_in, is_look

Change = Callable[[dict[str, Any]], object]
WAITS = ("start", "confirm")


def told(change: Change, at: tuple[int, ...] = (0, 1)) -> Callable[[Result], Result]:
    """Return what changes the bodies of an ended backup: of the operation (0) and of the raw backup (1)."""

    def changed(place: int, value: Any) -> Any:
        body = json.loads(value.get("Content") or "null")
        if place not in at or not isinstance(body, dict) or body.get("properties") is None:
            return value
        if body["properties"]["backupInfo"]["status"] == "Running":
            return value
        text = change(body)
        content = text if isinstance(text, str) else json.dumps(body if text is None else text)
        return replace(value, properties={**value.properties, "Content": content})

    def change_all(result: Result) -> Result:
        places = [at for at, it in enumerate(result.output) if isinstance(it, PSObject) and it.has("StatusCode")]
        output = [changed(places.index(at), it) if at in places else it for at, it in enumerate(result.output)]
        return replace(result, output=tuple(output))

    return change_all


def info(**said: Any) -> Change:
    return lambda body: body["properties"]["backupInfo"].update(said)


def judged(it: Bench, how: str, change: Callable[[Result], Result]) -> Report:
    it.sessions.faults.append(Fault(is_look, change=change, times=9999))
    if how == "start":
        return it.start()
    started = it.start_no_wait()
    it.clock.advance(3 * 3600.0)
    return it.again().backups.confirm(started.id)


def in_other_case(body: dict[str, Any]) -> dict[str, Any]:
    told = {**body["properties"]["backupInfo"], "status": "Failed"}
    return {"Id": body["id"], "Name": body["name"], "Properties": {"BackupInfo": told}}


def nested_twice(body: dict[str, Any]) -> str:
    first = json.dumps({**body["properties"]["backupInfo"]})
    text = json.dumps(body)
    return text.replace('"backupInfo": {', f'"backupInfo": {{"status": "Failed", {first[1:]}, "backupInfo": {{', 1)


LIES: dict[str, tuple[Change, tuple[int, ...]]] = {
    "the operation failed": (lambda body: {"id": body["id"], "status": "Failed", "error": {"code": "x"}}, (0,)),
    "the operation was canceled": (lambda _: {"status": "Canceled"}, (0,)),
    "the operation failed, beside its result": (lambda body: body.update(status="Failed"), (0,)),
    "the resource failed": (lambda body: body["properties"].update(provisioningState="Failed"), (1,)),
    "a failed one whose name is not an id": (lambda body: [body.update(name="x"), info(status="Failed")(body)][1], (1,)),
    "a name that is not an id": (lambda body: body.update(name="redmond/x", id="/x"), (1,)),
    "a failed one without a name": (lambda body: [body.pop("name"), body.pop("id"), info(status="Failed")(body)][2], (1,)),
    "an id in full-width digits": (lambda body: body.update(name=body["name"][:-1] + "\uff11"), (0, 1)),
    "an upload in a list": (info(completelyUploaded=[False]), (0, 1)),
    "an upload in an object": (info(completelyUploaded={"value": False}), (0, 1)),
    "an upload as a number": (info(completelyUploaded=0), (0, 1)),
    "an upload as another word": (info(completelyUploaded="no"), (1,)),
    "ready in a list": (info(isCloudRecoveryReady=[False]), (1,)),
    "roles as a text": (info(roleStatus="NRP Failed"), (1,)),
    "roles as an object": (info(roleStatus={"NRP": "Failed"}), (0, 1)),
    "an end in an object": (info(createdDateTime={"value": 1}), (1,)),
    "an end of the year 10000": (info(createdDateTime="10000-01-01T00:00:00Z"), (1,)),
    "a leap second": (info(createdDateTime="2016-12-31T23:59:60Z"), (0,)),
    "a deployment in a list": (info(deploymentID=["x"]), (1,)),
    "a list in place of what it tells": (lambda body: body["properties"].update(backupInfo=[{"status": "Failed"}]), (1,)),
    "names in another case": (in_other_case, (1,)),
    "an object twice, the first with a status twice": (nested_twice, (1,)),
}  # fmt: skip


@pytest.mark.sampled(3)
@pytest.mark.parametrize("how", WAITS)
@pytest.mark.parametrize(("change", "at"), LIES.values(), ids=LIES)
def test_a_raw_answer_that_is_bad_or_cannot_be_read_proves_nothing(
    change: Change, at: tuple[int, ...], how: str, tmp_path: Path
) -> None:
    assert judged(bench_in(tmp_path), how, told(change, at)).exit_code is ExitCode.UNKNOWN


HONEST: dict[str, tuple[Change, tuple[int, ...]]] = {
    "the operation's own status": (lambda body: {"id": body["id"], "status": "Succeeded"}, (0,)),
    "the same beside its result": (lambda body: body.update(status="Succeeded"), (0,)),
    "a resource that is provisioned": (lambda body: body["properties"].update(provisioningState="Succeeded"), (0, 1)),
    "an answer without a name": (lambda body: [body.pop("name"), body.pop("id"), None][2], (1,)),
    "no roles": (info(roleStatus=None), (0, 1)),
    "roles of repositories": (
        lambda body: body["properties"]["backupInfo"]["roleStatus"][0].update(repositoryStatus=[]),
        (0, 1),
    ),
    "truths as text": (info(completelyUploaded="True"), (0, 1)),
}  # fmt: skip


@pytest.mark.sampled(3)
@pytest.mark.parametrize("how", WAITS)
@pytest.mark.parametrize(("change", "at"), HONEST.values(), ids=HONEST)
def test_different_spellings_are_not_a_contradiction(
    change: Change, at: tuple[int, ...], how: str, tmp_path: Path
) -> None:
    assert judged(bench_in(tmp_path), how, told(change, at)).exit_code is ExitCode.OK


def test_a_failed_operation_of_a_partial_backup_is_not_a_contradiction(tmp_path: Path) -> None:
    change = told(lambda body: {"id": body["id"], "status": "Failed"}, (0,))
    assert judged(bench_in(tmp_path, "partial"), "confirm", change).exit_code is ExitCode.PARTIAL


def test_a_failed_raw_backup_counts_without_the_operation(tmp_path: Path) -> None:
    def alone(result: Result) -> Result:
        result = told(info(status="Failed"), (1,))(result)
        first = next((it for it in result.output if isinstance(it, PSObject) and it.has("StatusCode")), None)
        return replace(result, output=tuple(it for it in result.output if it is not first))

    assert judged(bench_in(tmp_path), "confirm", alone).exit_code is ExitCode.UNKNOWN


def test_an_unreadable_object_is_not_reported_as_running(tmp_path: Path) -> None:
    def unreadable(value: Any) -> Any:
        if not isinstance(value, PSObject) or value.get("Status") != "Succeeded":
            return value
        return replace(value, properties={**value.properties, "IsCloudRecoveryReady": ("maybe",)})

    it = bench_in(tmp_path)
    change = Fault(
        is_look, change=lambda result: replace(result, output=tuple(map(unreadable, result.output))), times=9999
    )
    it.sessions.faults.append(change)
    problem = it.start().problem
    assert problem is not None
    assert (problem.exit_code, problem.detail["backup"]) == (ExitCode.TIMEOUT, "unknown_status")
    assert "goes on" not in problem.message
