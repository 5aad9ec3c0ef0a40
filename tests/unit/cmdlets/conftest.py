"""What the tests of cmdlets share: the real engine's messages, and objects shaped like them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from psbridge.powershell.result import ErrorRecord, PSObject, Result, State
from psbridge.remoting.psrp.clixml import deserialize, error_record

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="session")
def capture() -> dict[str, Result]:
    """Return what each pipeline of engine capture 7.6.9 gave, as a client reads it."""
    found = {}
    for entry in json.loads((DATA / "engine-7.6.9.json").read_text()):
        if entry["pipeline"] is not None:
            found[entry["name"]] = result_of(entry["messages"])
    return found


def result_of(messages: list[dict[str, Any]]) -> Result:
    values = [(item["type"], deserialize(item["data"].encode())) for item in messages]
    final = next(value for kind, value in values if kind == "PipelineState")
    assert isinstance(final, PSObject)
    state, reason = final.get("PipelineState"), final.get("ExceptionAsErrorRecord")
    assert isinstance(state, int)
    return Result(
        output=tuple(value for kind, value in values if kind == "PipelineOutput"),
        errors=tuple(error_record(value) for kind, value in values if kind == "ErrorRecord"),
        state=State(state),
        failure=error_record(reason) if reason is not None else None,
    )


def backup(
    id: str,
    *,
    status: str = "Succeeded",
    roles: int | None = 2,
    **more: Any,
) -> PSObject:
    """Return a backup as a list has it: its roles are cut to their texts."""
    given = {
        "Name": f"redmond/{id}",
        "Status": status,
        "CreatedDateTime": "2020-03-04T12:22:18.7883083Z",
        "RoleStatus": None if roles is None else ["Role"] * roles,
        **more,
    }
    return PSObject(properties=given)


def role(name: str, status: str = "Succeeded") -> PSObject:
    return PSObject(properties={"RoleName": name, "Status": status})


def answer(status: int, body: Any) -> PSObject:
    """Return what `Invoke-AzRestMethod` gives."""
    text = body if isinstance(body, str) else json.dumps(body)
    return PSObject(properties={"StatusCode": status, "Content": text, "Version": "1.1", "Method": "GET"})


def record(code: str, activity: str = "Get-AzsBackup", **properties: Any) -> ErrorRecord:
    return ErrorRecord(
        "localised text", f"{code},Some.Class", activity=activity, exception_properties={"Code": code, **properties}
    )
