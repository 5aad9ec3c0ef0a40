"""Alerts with their own texts: the module's objects, and the raw JSON as it was recorded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from psbridge.cmdlets.alert_list import ListAlerts, lines_of
from psbridge.errors import PrerequisiteError, Unreachable
from psbridge.powershell.result import ErrorRecord, PSObject, Result, State

RECORDED = json.loads(
    (Path(__file__).parents[2] / "data/recorded/other/get-azsalert.json").read_text(encoding="utf-8")
)[0]["body"]


def as_object(item: dict[str, Any], state: str = "Active") -> PSObject:
    """Return what the module makes of an alert: lines and properties are objects that show nothing."""
    own = item["properties"]
    names = (
        "FaultTypeId",
        "Title",
        "Severity",
        "CreatedTimestamp",
        "ImpactedResourceId",
        "ImpactedResourceDisplayName",
    )
    values = {name: own.get(name[0].lower() + name[1:]) for name in names}
    line = PSObject(type_names=("Dictionary",), text="Dictionary")
    return PSObject(properties={**values, "Name": item["name"], "State": state, "Remediation": (line,)})


def raw(body: Any, status: int = 200) -> PSObject:
    return PSObject(properties={"StatusCode": status, "Content": json.dumps(body)})


SKIPPED = next(
    it for it in RECORDED["value"] if it["properties"]["faultTypeId"].endswith("BackupSkippedWithFailedOperationFault")
)


def test_both_sources_are_asked_in_one_round_trip() -> None:
    sent = str(ListAlerts("redmond").pipeline())
    assert sent.startswith("Get-AzsAlert -Location 'redmond' -ResourceGroupName 'system.redmond'; Invoke-AzRestMethod ")
    assert "'regionHealths','alerts'" in sent


def test_a_recorded_alert_has_its_own_lines_and_properties() -> None:
    result = Result(output=(as_object(SKIPPED), raw(RECORDED)))
    (alert,) = ListAlerts("redmond").parse(result)
    assert alert.fault_type == "AzureStack.BackupController.BackupSkippedWithFailedOperationFault"
    assert (alert.resource, alert.provider) == ("Infrastructure backup", "Microsoft.Backup.Admin")
    assert alert.remediation is not None
    assert alert.remediation[0] == "1. Address issues with the following failed operations: RotateSecret."
    assert len(alert.remediation) == 6
    assert alert.description is not None
    assert alert.description[0].startswith("The infrastructure backup process did not start")
    # en-US text, passed on as it is
    assert dict(alert.properties) == {
        "failedAdminOperations": "RotateSecret",
        "nextBackupDateTime": "6/12/2020 8:51:56 PM",
    }


def test_closed_ones_and_those_of_other_services_are_left_out() -> None:
    other = {**SKIPPED, "properties": {**SKIPPED["properties"], "faultTypeId": "AzureStack.Disk", "title": "A disk"}}
    other["properties"]["impactedResourceId"] = "/x/providers/Microsoft.Storage.Admin/"
    result = Result(output=(as_object(SKIPPED, "Closed"), as_object(other)))
    assert ListAlerts("redmond").parse(result) == ()
    assert [it.provider for it in ListAlerts("redmond", every=True).parse(result)] == ["Microsoft.Storage.Admin"]


@pytest.mark.parametrize(
    "answer",
    [
        raw(RECORDED, 403),
        raw({"value": None}),
        raw([]),
        raw("x"),
        PSObject(properties={"StatusCode": 200, "Content": "{"}),
    ],
)
def test_without_a_raw_answer_that_can_be_read_the_texts_are_unknown(answer: PSObject) -> None:
    (alert,) = ListAlerts("redmond").parse(Result(output=(as_object(SKIPPED), answer)))
    assert (alert.description, alert.remediation, alert.properties) == (None, None, ())


def test_a_host_without_invoke_azrestmethod_still_lists_them() -> None:
    missing = ErrorRecord("not recognized", "CommandNotFoundException", target_name="Invoke-AzRestMethod")
    result = Result(output=(as_object(SKIPPED),), state=State.FAILED, failure=missing)
    assert len(ListAlerts("redmond").parse(result)) == 1


def test_a_host_without_get_azsalert_says_so(capture: dict[str, Result]) -> None:
    with pytest.raises(PrerequisiteError):
        ListAlerts("redmond").parse(capture["unknown command"])


def test_an_error_of_the_module_is_raised_and_one_of_the_raw_call_is_not() -> None:
    broken = ErrorRecord("busy", exception_properties={"StatusCode": "ServiceUnavailable"}, activity="Get-AzsAlert")
    with pytest.raises(Unreachable):
        ListAlerts("redmond").parse(Result(errors=(broken,)))
    refused = ErrorRecord("no", activity="Invoke-AzRestMethod")
    assert ListAlerts("redmond").parse(Result(errors=(refused,))) == ()


@pytest.mark.parametrize(
    ("parts", "lines"),
    [
        ([], ()),
        ([{"text": "one ", "type": "Text"}, {"text": " two", "type": "Text"}], ("one two",)),
        (
            [{"text": "a", "type": "Text"}, {"type": "NewLine"}, {"type": "NewLine"}, {"text": "b", "type": "text"}],
            ("a", "b"),
        ),
        (
            [
                {"text": "See ", "type": "Text"},
                {"type": "LinkBegin", "uri": "https://example.test/a"},
                {"text": "the guide", "type": "Text"},
                {"type": "LinkEnd"},
                {"text": ".", "type": "Text"},
            ],
            ("See the guide (https://example.test/a).",),
        ),
        ([{"text": "open", "type": "LinkBegin", "uri": "https://example.test/b"}], ("open (https://example.test/b)",)),
        ([{"text": "of a new type", "type": "Bold"}], ("of a new type",)),
        ([None, 5, {}, {"text": None}], ()),
        ("text", None),
        (None, None),
        ({}, None),
        ([{"text": str(number), "type": "Text"} if number % 2 else {"type": "NewLine"} for number in range(400)], None),
    ],
)
def test_a_text_in_parts_is_read_by_line(parts: Any, lines: tuple[str, ...] | None) -> None:
    found = lines_of(parts)
    if isinstance(parts, list) and len(parts) == 400:
        assert found is not None
        assert len(found) == 50
    else:
        assert found == lines


def test_the_texts_of_an_alert_are_bounded() -> None:
    long = "x" * 100_000
    own = {**SKIPPED["properties"], "title": long, "impactedResourceDisplayName": long, "alertProperties": {long: long}}
    own["description"] = [{"type": "Text", "text": long}]
    item = {**SKIPPED, "properties": own}
    (alert,) = ListAlerts("redmond").parse(Result(output=(as_object(item), raw({"value": [item]}))))
    texts = (alert.title, alert.resource, *(alert.description or ()), *alert.properties[0])
    assert [len(it or "") for it in texts] == [500, 500, 2000, 2000, 2000]
