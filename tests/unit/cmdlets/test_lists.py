"""Lists, roles and single backups: from the real engine's messages and from the corners around them."""

from __future__ import annotations

import pytest

from psbridge.cmdlets.azs_backup import GetBackup, GetBackupConfiguration, StartBackup
from psbridge.cmdlets.backup_list import ListBackups, read_list
from psbridge.cmdlets.preflight import Preflight
from psbridge.errors import NotFound, PrerequisiteError, Unknown, Unreachable
from psbridge.models.backup import Role
from psbridge.powershell.result import PSObject, Result, State
from tests.unit.cmdlets.conftest import backup, record, role

A, B, C = (f"{digit * 8}-0000-4000-8000-000000000000" for digit in "abc")
FIRST = "08b92613-837a-43cd-86b5-1212ef954384"
SECOND = "11111111-2222-4333-8444-555555555555"
RUNNING = "66666666-7777-4888-9999-aaaaaaaaaaaa"


# -- the real engine's messages


def test_the_captured_list_is_read_with_every_value(capture):
    output = capture["list and all roles in two statements"].output
    listed = capture["list of backups"].output
    found = read_list((*output, *listed))
    assert found.consistent
    assert [it.id for it in found.backups] == [RUNNING, SECOND, FIRST]
    running, second, first = found.backups
    assert (running.status, running.roles, running.completed_at, running.duration) == ("Running", None, None, None)
    assert second.status == "PartialSucceeded"
    assert second.roles == (Role("NRP", "Succeeded"), Role("SRP", "Failed"), Role("CRP", "Succeeded"))
    assert (second.oem_version, second.is_cloud_recovery_ready) == (None, True)
    assert first.roles == (Role("NRP", "Succeeded"),)
    assert str(first.completed_at) == "2020-03-04T12:22:18.7883083Z"
    assert first.duration.ticks == 3_953_459_120
    assert (first.stamp_version, first.oem_version) == ("1.2002.0.35", "2.1.1907.1")
    assert first.is_cloud_recovery_ready is False
    assert (first.completely_uploaded, first.is_automatic) == (None, None)


def test_the_captured_backup_is_read_with_its_roles(capture):
    listed = capture["list of backups"].output[1]
    roles = capture["roles of one backup"].output
    found = GetBackup("redmond", SECOND).read((listed, *roles))
    assert [it.name for it in found.roles] == ["NRP", "SRP", "CRP"]


def test_the_captured_settings_are_read(capture):
    found = GetBackupConfiguration("redmond").parse(capture["settings"])
    assert found.path.startswith("\\\\")
    assert (found.backup_frequency_in_hours, found.backup_retention_period_in_days) == (12, 7)
    assert found.is_backup_scheduler_enabled is False
    assert found.available_capacity == "1.00 TB"


def test_the_captured_trigger_returns_the_id(capture):
    assert (
        StartBackup("redmond").parse(capture["start without waiting: progress, warning, information, output"]) == FIRST
    )


def test_a_captured_what_if_returns_nothing(capture):
    assert StartBackup("redmond", what_if=True).parse(capture["start, WhatIf"]) is None


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("backup not found: a non-terminating error", NotFound),
        ("backup not found, ErrorAction Stop", NotFound),
        ("start while another runs", PrerequisiteError),  # the capture's module gave no code, only an HTTP status
        ("start with Force, which Az does not have", PrerequisiteError),
        ("start, Confirm without a host to ask", PrerequisiteError),
        ("unknown command", PrerequisiteError),
        ("a script in NoLanguage", PrerequisiteError),
        ("wrong type for a parameter", PrerequisiteError),
    ],
)
def test_each_captured_error_has_its_meaning(capture, name, error):
    with pytest.raises(error):
        StartBackup("redmond").parse(capture[name])


def test_the_captured_command_names_show_the_hosts_abilities(capture):
    names = capture["which commands exist"].output
    parameters = capture["names of parameters"].output
    ready = Preflight("redmond").parse(Result(output=(*names, *parameters)))
    assert ready.commands.has("start-azsbackup")
    assert not ready.commands.has("Nope-Nope")
    assert ready.commands.start_takes("nowait")
    assert not ready.commands.start_takes("Force")
    assert ready.context is None


# -- cutting roles


def test_roles_are_assigned_to_their_backup():
    listed = (backup(A, roles=1), backup(B, roles=None), backup(C, roles=2))
    found = read_list((*listed, role("one"), None, role("two"), role("three"), *listed))
    by_id = {it.id: it.roles for it in found.backups}
    assert found.consistent
    assert by_id == {
        A: (Role("one", "Succeeded"),),
        B: None,
        C: (Role("two", "Succeeded"), Role("three", "Succeeded")),
    }


def test_an_empty_list_of_roles_does_not_shift_others():
    listed = (backup(A, roles=0), backup(B, roles=1))
    found = read_list((*listed, role("b"), *listed))
    assert found.consistent
    assert {it.id: it.roles for it in found.backups} == {A: (), B: (Role("b", "Succeeded"),)}


def test_no_backups_is_an_empty_list():
    assert ListBackups("redmond").parse(Result()).backups == ()
    assert read_list((None, "Start-AzsBackup")).consistent


AB, BC = (backup(A), backup(B)), (backup(B), backup(C))
R2, R4 = (role("x"), role("y")), tuple(role(name) for name in "abcd")


@pytest.mark.parametrize(
    "output",
    [
        (*AB, *R4, *BC),  # one vanished, one appeared: as many roles as there should be
        (*AB, *R4, backup(A), backup(C)),
        (*AB, *R4, backup(B), backup(A)),
        (*AB, *R4, backup(A)),
        (*AB, *R2, backup(A)),
        (*AB, *R4),
        (backup(A), *R2, *AB),
        (*R4, *AB),
        (*AB, *R2, *AB),  # too few
        (*AB, *R4, role("e"), *AB),  # too many
        (*AB, *R4, backup(A), backup(B, status="Failed")),  # ended in between
        (*AB, *R4, backup(A), backup(B, roles=3)),
        (*AB, *R4, backup(A), backup(B, roles=None)),
        (backup(A, roles=None), role("x"), backup(A, roles=1)),
    ],
)
def test_differing_lists_assign_no_roles(output):
    found = read_list(output)
    assert not found.consistent
    assert all(it.roles is None for it in found.backups)
    ids = [it.id for it in found.backups]
    assert len(ids) == len(set(ids))


def test_differing_lists_hide_no_backup():
    assert {it.id for it in read_list((*AB, *R4, *BC)).backups} == {A, B, C}
    running = backup(C, status="Running", CreatedDateTime=None)
    assert {it.id for it in read_list((running, *AB)).backups} == {A, B, C}


def test_an_invalid_role_makes_the_roles_unknown():
    listed = (backup(A, roles=2),)
    found = read_list((*listed, role("x"), PSObject(properties={"Other": 1}), *listed))
    assert found.backups[0].roles is None


# -- one backup


def test_a_backup_with_incomplete_roles_has_none():
    assert GetBackup("redmond", A).read((backup(A, roles=2), role("x"))).roles is None
    assert GetBackup("redmond", A).read((backup(A, roles=None),)).roles is None
    assert GetBackup("redmond", A).read((backup(A, roles=0),)).roles == ()


def test_another_backup_than_the_one_asked_for_is_unknown():
    for output in ((backup(B),), (backup(A), backup(A)), (backup(A), backup(B))):
        with pytest.raises(Unknown):
            GetBackup("redmond", A).read(output)


@pytest.mark.parametrize(
    "more",
    [
        {"Name": "redmond", "Id": None},
        {"CreatedDateTime": "yesterday"},
        {"TimeTakenToCreate": "P1M"},
        {"IsCloudRecoveryReady": "maybe"},
    ],
)
def test_an_unreadable_value_is_unknown_and_its_place_is_named(more):
    with pytest.raises(Unknown) as caught:
        GetBackup("redmond", A).read((backup(A, **more),))
    assert "Get-AzsBackup" in caught.value.message


def test_bare_guids_and_empty_texts_of_old_stamps_are_read():
    old = backup(A, Name=A.upper(), OemVersion="", TimeTakenToCreate="", IsCloudRecoveryReady=None)
    found = GetBackup("redmond", A).read((old, role("x"), role("y")))
    assert (found.id, found.oem_version, found.duration, found.is_cloud_recovery_ready) == (A, None, None, None)


# -- the trigger


@pytest.mark.parametrize(
    "target",
    [
        f"https://adminmanagement.redmond.contoso.com/x/operationResults/{FIRST}?api-version=2018-09-01",
        f"https://adminmanagement.redmond.contoso.com/x/operationResults/{FIRST.upper()}",
        f"/x/operationResults/{FIRST}?api-version=2018-09-01&IsAsyncOperation=1",
    ],
)
def test_the_id_is_the_last_segment_of_the_operation(target):
    assert StartBackup("redmond").parse(Result(output=(PSObject(properties={"Target": target}),))) == FIRST


def test_an_id_counts_even_with_an_error():
    target = PSObject(properties={"Target": f"/operationResults/{FIRST}"})
    assert StartBackup("redmond").parse(Result(output=(target,), errors=(record("ServerBusy"),))) == FIRST


@pytest.mark.parametrize("output", [(), (None,), ("text",), (PSObject(properties={"Target": "https://x/y"}),)])
def test_an_answer_without_an_operation_has_no_id(output):
    assert StartBackup("redmond").parse(Result(output=output)) is None


def test_a_pipeline_that_the_host_stopped_is_unreachable_and_was_delivered():
    with pytest.raises(Unreachable) as caught:
        StartBackup("redmond").parse(Result(state=State.STOPPED))
    assert caught.value.delivered
    assert caught.value.retryable
