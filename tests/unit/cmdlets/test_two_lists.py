"""The list by the module and as raw JSON: what is sent, when the two agree, and what is made of a host that has only one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psbridge.cmdlets.azs_backup import get_backup_command
from psbridge.cmdlets.backup_list import BackupList, ListBackups, ListBackupsAndRaw
from psbridge.cmdlets.paths import backup_service, next_page
from psbridge.errors import AuthError, DeadlineExceeded, PrerequisiteError, Unknown
from psbridge.models.backup import Role
from psbridge.powershell.pipeline import Command, Pipeline
from psbridge.powershell.result import ErrorRecord, PSObject, Result, State
from tests.unit.cmdlets.conftest import answer, backup, record, role

A, B, C = (f"{digit * 8}-0000-4000-8000-000000000000" for digit in "abc")
SUBSCRIPTION = "05101daf-f50d-4436-a2ac-495e5c4864c2"
PLACE = backup_service(SUBSCRIPTION, "redmond", "backups").partition("?")[0]
BOTH = ListBackupsAndRaw("redmond")


def raw(id: str, *, status: str = "Succeeded", roles: int | None = 2, **more: Any) -> dict[str, Any]:
    named = None if roles is None else [{"roleName": f"R{at}", "status": "Succeeded"} for at in range(roles)]
    info = {"status": status, "roleStatus": named, "completelyUploaded": True, "isAutomaticBackup": False, **more}
    return {"name": f"redmond/{id}", "properties": {"backupInfo": info}}


def page(*listed: Any, link: Any = None) -> PSObject:
    return answer(200, {"value": list(listed), "nextLink": link})


def read(*output: Any, **more: Any) -> BackupList | None:
    found = BOTH.parse(Result(output=output, **more))
    return None if found.page is None else found.joined(found.page.backups)


def test_both_lists_are_read_in_one_round_trip_with_the_contexts_subscription():
    wanted = {
        "ResourceGroupName": "system.redmond",
        "ResourceProviderName": "Microsoft.Backup.Admin",
        "ResourceType": ("backupLocations", "backups"),
        "Name": ("redmond",),
        "ApiVersion": "2018-09-01",
        "Method": "GET",
    }
    expected = Pipeline.of(get_backup_command("redmond"), Command.of("Invoke-AzRestMethod", wanted))
    assert BOTH.pipeline() == expected


def test_roles_upload_and_starter_come_from_the_raw_list():
    found = read(backup(A, StampVersion="1.2"), backup(B, roles=0), page(raw(A, stampVersion="9"), raw(B, roles=0)))
    assert found is not None
    assert found.consistent
    first, second = sorted(found.backups, key=lambda it: it.id)
    assert (first.roles, second.roles) == ((Role("R0", "Succeeded"), Role("R1", "Succeeded")), ())
    assert (first.completely_uploaded, first.is_automatic, first.stamp_version) == (True, False, "1.2")


def test_the_order_of_the_two_lists_does_not_matter():
    found = read(backup(A, roles=1), backup(B, roles=3), page(raw(B, roles=3), raw(A, roles=1)))
    assert found is not None
    assert {it.id: len(it.roles or ()) for it in found.backups} == {A: 1, B: 3}


def test_null_roles_are_null_in_both_lists():
    found = read(backup(A, status="Running", roles=None), page(raw(A, status="Running", roles=None)))
    assert found is not None
    assert (found.consistent, found.backups[0].roles) == (True, None)


@pytest.mark.parametrize(
    "listed",
    [
        [raw(A)],
        [raw(A), raw(B), raw(C)],
        [raw(A), raw(C)],
        [raw(A), raw(B, status="Failed")],
        [raw(A), raw(B, roles=3)],
        [raw(A), raw(B), raw(B)],
    ],
    ids=["one less", "one more", "another", "another status", "more roles", "one twice"],
)
def test_differing_lists_show_all_backups_and_no_roles(listed):
    found = read(backup(A), backup(B), page(*listed))
    assert found is not None
    assert not found.consistent
    assert {A, B} <= {it.id for it in found.backups}
    assert {it.roles for it in found.backups} == {None}
    assert next(it for it in found.backups if it.id == B).status == "Succeeded", "the module's word"


@pytest.mark.parametrize(
    "told",
    [
        (),
        (answer(403, {"error": {"code": "AuthorizationFailed"}}),),
        (answer(200, "not JSON"),),
        (answer(200, []),),
        (page(raw(A), {"name": "x"}),),
        (page(raw(A, createdDateTime="yesterday")),),
        (page(raw(A), link="https://adminmanagement.redmond/elsewhere?x=1"),),
        (page(raw(A)), page(raw(A))),
    ],
)
def test_an_unreadable_raw_list_falls_back_to_the_module(told):
    found = BOTH.parse(Result(output=(backup(A), *told), errors=(record("Odd", "Invoke-AzRestMethod"),)))
    assert found.page is None
    assert len(found.objects) == 1


def missing(name: str) -> ErrorRecord:
    return ErrorRecord("not recognized", "CommandNotFoundException", target_name=name)


@pytest.mark.parametrize(
    "failure",
    [
        missing("Invoke-AzRestMethod"),
        missing("invoke-azrestmethod"),
        ErrorRecord("no such parameter", "NamedParameterNotFound,X", activity="Invoke-AzRestMethod"),
    ],
)
def test_a_host_without_the_raw_call_still_lists(failure):
    found = BOTH.parse(Result(output=(backup(A),), state=State.FAILED, failure=failure))
    assert (len(found.objects), found.page) == (1, None)


def test_errors_of_the_module_are_raised():
    with pytest.raises(PrerequisiteError, match="Get-AzsBackup"):
        BOTH.parse(Result(state=State.FAILED, failure=missing("Get-AzsBackup")))
    with pytest.raises(AuthError):
        BOTH.parse(Result(output=(page(),), errors=(record("AuthorizationFailed"),)))
    denied = record("AuthorizationFailed")
    with pytest.raises(AuthError):
        BOTH.parse(Result(errors=(denied,), state=State.FAILED, failure=missing("Invoke-AzRestMethod")))
    with pytest.raises(Unknown):
        read(backup(A, CreatedDateTime="yesterday"), page(raw(A)))


def test_roles_and_a_second_list_complete_an_earlier_list():
    alone = ListBackups("redmond")
    assert alone.rest() == Pipeline.of(*alone.statements()[1:])
    first = (backup(A, roles=2),)
    found = alone.parse(Result(output=(role("x"), role("y"), *first)), first=first)
    assert (found.consistent, len(found.backups[0].roles or ())) == (True, 2)


def test_the_deadline_is_checked_while_a_list_is_read():
    def late() -> None:
        raise DeadlineExceeded("late")

    for parse in (
        lambda: ListBackups("redmond").parse(Result(output=(backup(A, roles=0), backup(A, roles=0))), late),
        lambda: BOTH.parse(Result(output=(page(raw(A)),)), late),
        lambda: BOTH.parse(Result(output=(backup(A),))).joined([], late),
    ):
        with pytest.raises(DeadlineExceeded):
            parse()


def test_the_next_page_is_read_from_the_stamps_link():
    link = f"https://adminmanagement.redmond.example{PLACE}?api-version=2018-09-01&$skiptoken=2"
    found = BOTH.parse(Result(output=(page(raw(A), link=link),)))
    assert found.page is not None
    assert str(found.page.next_pipeline()).startswith(
        f"Invoke-AzRestMethod -Path '{PLACE}?api-version=2018-09-01&$skip"
    )
    assert next_page(link.upper().replace("HTTPS", "https"), "redmond"), "the case of a path means nothing to ARM"


@pytest.mark.parametrize(
    "link",
    [
        "",
        5,
        "nonsense",
        PLACE,
        f"{PLACE}/{A}?api-version=2018-09-01",
        f"{PLACE}/../createBackup?api-version=2018-09-01",
        f"{PLACE.replace('redmond', 'nyc')}?api-version=2018-09-01",
        f"{PLACE.replace(SUBSCRIPTION, 'mine')}?api-version=2018-09-01",
        f"{PLACE}?api-version=2018-09-01&x={'y' * 3000}",
        f"{PLACE}?api-version=2018-09-01&x=a b",
        f"{PLACE}?api-version=2018-09-01;evil\n",
    ],
)
def test_a_link_to_another_place_is_refused(link):
    with pytest.raises(ValueError):
        next_page(link, "redmond")


@given(st.text() | st.builds(lambda tail: PLACE + tail, st.text()))
def test_only_links_to_the_list_are_followed(link):
    try:
        path = next_page(link, "redmond")
    except ValueError:
        return
    assert path is not None
    assert path.partition("?")[0].lower() == PLACE.lower()
