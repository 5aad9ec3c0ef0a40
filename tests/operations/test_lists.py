"""`backup list` against an emulated stamp: how often the host is asked, and what is shown where its two answers differ."""

from __future__ import annotations

import pytest

from psbridge.errors import DeadlineExceeded, Unreachable
from psbridge.models.events import Note
from psbridge.powershell.result import PSObject, Result
from psbridge.values import replace
from tests.support.fakes.stamp_session import Fault

RAW = "Get-AzsBackup -Location 'redmond' -ResourceGroupName 'system.redmond'; Invoke-AzRestMethod"
ALONE = "| ForEach-Object -MemberName 'RoleStatus'; Get-AzsBackup"


def listed(it):
    return it.client.backups.list(observe=it.events.append)


def is_raw(text: str, _number: int) -> bool:
    return text.startswith(RAW)


def test_a_list_is_one_pipeline_with_roles_and_upload(bench):
    it = bench()
    found = listed(it)
    assert [text.startswith(RAW) for text in it.sessions.ran] == [True]
    assert len(found) == 6
    assert all(it.roles and it.completely_uploaded and it.is_automatic is not None for it in found)
    assert [it.completed_at for it in found] == sorted((it.completed_at for it in found), reverse=True)


@pytest.mark.parametrize("scenario", ["no-rest-method", "azurerm-module", "restricted-endpoint"])
def test_a_host_without_the_raw_call_is_detected_once(bench, scenario):
    it = bench(scenario)
    found = listed(it)
    assert len(it.sessions.ran) == (
        1 if it.stamp.profile.visible and "Invoke-AzRestMethod" in it.stamp.profile.visible else 2
    )
    assert all(it.roles for it in found)
    before = len(it.sessions.ran)
    assert listed(it) == found
    assert len(it.sessions.ran) == before + 1


def test_the_raw_call_is_detected_again_in_another_session(bench):
    it = bench("no-rest-method")
    listed(it)
    it.sessions.faults.append(Fault(lambda text, _: ALONE in text, lambda: Unreachable("cut", retryable=True)))
    listed(it)
    assert it.sessions.opened == 2
    assert it.client.backups.list()
    assert not [note for note in it.of(Note) if note.level == "warning"]


@pytest.mark.parametrize(
    "lie", [{"status": "Failed"}, {"id": "other"}, {"roleStatus.NRP": "absent"}], ids=["status", "id", "roles"]
)
def test_lists_that_never_agree_show_no_roles_and_a_warning(bench, lie):
    it = bench(lies={"raw_list": lie})
    found = listed(it)
    assert len(it.sessions.ran) == 3
    assert {it.roles for it in found} == {None}
    assert [note.level for note in it.of(Note)] == ["warning"]


def test_a_list_that_changed_between_its_two_reads_is_read_again(bench):
    def one_less(result: Result) -> Result:
        return replace(result, output=result.output[1:])

    it = bench(faults=[Fault(is_raw, change=one_less)])
    found = listed(it)
    assert len(it.sessions.ran) == 2
    assert all(it.roles for it in found)
    assert it.of(Note) == []


def test_further_pages_are_followed(bench):
    it = bench(page=2)
    found = listed(it)
    assert len(found) == 6
    assert all(it.roles for it in found)
    assert len(it.sessions.ran) == 3
    assert all("$skiptoken" in text for text in it.sessions.ran[1:])


def test_endless_pages_fall_back_to_the_module(bench):
    it = bench(page=2)

    def again(result: Result) -> Result:
        return replace(result, output=tuple(map(first_again, result.output)))

    def first_again(value):
        if not isinstance(value, PSObject) or not value.has("Content"):
            return value
        text = str(value.get("Content")).replace("skiptoken=4", "skiptoken=2")
        return replace(value, properties={**value.properties, "Content": text})

    it.sessions.faults.append(Fault(lambda text, _: "$skiptoken" in text, change=again, times=99))
    found = listed(it)
    assert len(found) == 6
    assert all(it.roles for it in found)
    assert ALONE in it.sessions.ran[-1]


def test_a_refused_raw_list_falls_back_to_the_module(bench):
    it = bench()

    def refused(result: Result) -> Result:
        output = [value for value in result.output if not (isinstance(value, PSObject) and value.has("Content"))]
        return replace(result, output=tuple(output))

    it.sessions.faults.append(Fault(is_raw, change=refused))
    assert all(it.roles for it in listed(it))
    assert len(it.sessions.ran) == 2


def test_a_list_that_takes_too_long_to_read_ends_at_the_deadline(bench):
    it = bench(policy={"call_timeout": 60})

    def late(result: Result) -> Result:
        it.clock.advance(61)
        return result

    it.sessions.faults.append(Fault(is_raw, change=late))
    with pytest.raises(DeadlineExceeded):
        listed(it)
