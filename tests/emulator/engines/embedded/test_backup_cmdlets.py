"""Azs.Backup.Admin on the embedded engine."""

from __future__ import annotations

import re
import threading
import uuid
from dataclasses import replace
from typing import Any

import pytest
from psrpcore import Command, ErrorRecordEvent, PipelineOutputEvent
from psrpcore.types import RemoteStreamOptions

from psbridge.emulator.stamp.api import HostProfile, RestResponse
from psbridge.emulator.stamp.scenarios import SCENARIOS
from psbridge.emulator.stamp.service import Stamp
from tests.support.clients.embedded import (
    FIRST,
    PLACE,
    SECOND,
    SUBSCRIPTION,
    Client,
    EndlessPauses,
    FakeStamp,
    NoPauses,
    Sent,
    backup,
    cmdlet,
)
from tests.support.process.until import until


def said(message: Sent, name: str) -> str | None:
    found = re.search(rf'N="{name}">([^<]*)<', message.data)
    return found[1] if found else None


def outputs(client: Client) -> list[Any]:
    return [event.data for event in client.events() if isinstance(event, PipelineOutputEvent)]


def test_a_backup_is_found_by_its_id_and_by_its_region_qualified_name(client: Client, stamp: FakeStamp) -> None:
    client.run(cmdlet("Get-AzsBackup", Location="redmond", Name=SECOND))
    lower = Command("get-azsbackup").add_parameter("location", "redmond").add_parameter("name", f"redmond/{SECOND}")
    client.run(lower)
    assert [item.Name for item in outputs(client)] == [f"redmond/{SECOND}"] * 2
    assert {path for _, path in stamp.calls} == {f"{PLACE}/redmond/backups/{SECOND}?api-version=2018-09-01"}


def test_without_a_location_the_stamps_first_one_is_used(client: Client, stamp: FakeStamp) -> None:
    client.run(cmdlet("Get-AzsBackup"))
    assert [path.partition("?")[0] for _, path in stamp.calls] == [
        f"/subscriptions/{SUBSCRIPTION}/locations",
        f"{PLACE}/redmond/backups",
    ]


def test_top_skip_group_and_subscription_reach_the_call_encoded(client: Client, stamp: FakeStamp) -> None:
    client.run(
        cmdlet("Get-AzsBackup", Location="a/b?c", ResourceGroupName="system.x", SubscriptionId="s", Top="1", Skip="2&x")
    )
    assert stamp.calls == [
        (
            "GET",
            (
                "/subscriptions/s/resourceGroups/system.x/providers/Microsoft.Backup.Admin/backupLocations/a%2Fb%3Fc"
                "/backups?api-version=2018-09-01&$top=1&$skip=2%26x"
            ),
        )
    ]


def test_all_pages_of_a_list_are_read() -> None:
    class Paged(FakeStamp):
        def rest(self, method: str, path: str, body: bytes | None = None, *, raw: bool = False) -> RestResponse:
            self.calls.append((method, path))
            more = None if "page=2" in path else "https://adminmanagement.example/next?page=2"
            return RestResponse(200, {}, {"value": [self.backups[1 if more is None else 0]], "nextLink": more})

    stamp = Paged()
    client = Client(stamp)
    client.run(cmdlet("Get-AzsBackup", Location="redmond"))
    assert [item.Name for item in outputs(client)] == [f"redmond/{FIRST}", f"redmond/{SECOND}"]
    assert stamp.calls[1] == ("GET", "/next?page=2")


def test_a_refused_call_is_a_non_terminating_error_with_the_answers_details(client: Client) -> None:
    ident = client.start(cmdlet("Start-AzsBackup", Location="busy", NoWait=True))
    error, state = client.finish(ident)
    assert error.type == "ErrorRecord"
    assert (
        said(error, "FullyQualifiedErrorId")
        == "Conflict,Microsoft.Azure.PowerShell.Cmdlets.BackupAdmin.Cmdlets.StartAzsBackup"
    )
    assert said(error, "ErrorCategory_Category") == "7"
    [event] = [event for event in client.events() if isinstance(event, ErrorRecordEvent)]
    exception = event.record.Exception
    assert exception.StatusCode == "Conflict"
    assert exception.Code == "BackupConflictException"
    assert exception.Message == "Another backup is in progress."
    assert exception.RequestId == "9e0f1a2b"
    assert '"code":"BackupConflictException"' in exception.ResponseBody
    assert exception.Action == ""
    assert 'PipelineState">4<' in state.data


def test_error_action_stop_fails_the_pipeline_and_keeps_what_was_written(client: Client) -> None:
    sent = client.run(
        cmdlet("Get-AzsBackup", Location="redmond", Name=FIRST),
        cmdlet("Get-AzsBackup", Location="redmond", Name="gone", ErrorAction="Stop"),
        cmdlet("Get-AzsBackup", Location="redmond", Name=FIRST),
    )
    assert [item.type for item in sent] == ["PipelineOutput", "PipelineState"]
    assert 'PipelineState">5<' in sent[-1].data
    assert (said(sent[-1], "FullyQualifiedErrorId") or "").startswith("NotFound,")


def test_an_error_of_the_server_without_a_body_gets_azs_words() -> None:
    class Broken(FakeStamp):
        def rest(self, method: str, path: str, body: bytes | None = None, *, raw: bool = False) -> RestResponse:
            return RestResponse(503)

    [error, _] = Client(Broken()).run(cmdlet("Get-AzsBackup", Location="redmond"))
    assert "The server responded with a Server Error, Status: ServiceUnavailable" in error.data
    assert (said(error, "FullyQualifiedErrorId") or "").startswith("ServiceUnavailable,")


def test_a_waiting_start_polls_the_operation_and_returns_the_backup(stamp: FakeStamp) -> None:
    clock = NoPauses()
    client = Client(stamp, clock=clock)
    client.run(cmdlet("Start-AzsBackup", Location="redmond"))
    assert [item.Name for item in outputs(client)] == [f"redmond/{FIRST}"]
    assert clock.paused == [60.0] * 3
    assert [method for method, _ in stamp.calls] == ["POST", "GET", "GET", "GET"]


def test_no_wait_returns_the_operation_ending_in_the_id(client: Client, stamp: FakeStamp) -> None:
    client.run(cmdlet("Start-AzsBackup", Location="redmond", NoWait=True))
    [answer] = outputs(client)
    assert answer.Target.partition("?")[0].endswith(f"/operationResults/{FIRST}")
    assert len(stamp.calls) == 1


@pytest.mark.parametrize("parameters", [{"WhatIf": True}, {"Confirm": True}])
def test_what_if_and_confirm_without_a_host_start_nothing(parameters: Any, client: Client, stamp: FakeStamp) -> None:
    client.run(cmdlet("Start-AzsBackup", Location="redmond", **parameters))
    assert not stamp.calls


def test_a_waiting_start_can_be_stopped(stamp: FakeStamp) -> None:
    client = Client(stamp, clock=EndlessPauses())
    ident = client.start(cmdlet("Start-AzsBackup", Location="redmond"))
    until(lambda: stamp.calls)
    client.runspace.stop(ident)
    [state] = client.finish(ident)
    assert 'PipelineState">3<' in state.data
    assert said(state, "FullyQualifiedErrorId") == "PipelineStopped"
    client.runspace.stop(ident)  # a second one finds nothing to stop
    assert len(client.finish(ident)) == 1


def test_a_closed_command_sends_no_more_output(client: Client, stamp: FakeStamp) -> None:
    ident = client.start(cmdlet("Start-AzsBackup", Location="redmond"))
    client.runspace.close_command(ident)
    other = client.run(cmdlet("Get-AzsBackup", Location="redmond", Name=FIRST))
    assert [item.type for item in other] == ["PipelineOutput", "PipelineState"]
    assert not [item for item in client.sink.messages if item.pipeline_id == ident]
    assert ident not in client.sink.finished


def test_closing_the_pool_stops_its_pipelines(stamp: FakeStamp) -> None:
    client = Client(stamp, clock=EndlessPauses())
    client.start(cmdlet("Start-AzsBackup", Location="redmond"))
    client.runspace.close()
    assert not [
        thread for thread in threading.enumerate() if thread.name.startswith("psbridge-pipeline") and thread.is_alive()
    ]


def test_verbose_is_written_only_when_it_is_asked_for(client: Client) -> None:
    quiet = client.run(cmdlet("Get-AzsBackup", Location="redmond", Name=FIRST))
    loud = client.run(cmdlet("Get-AzsBackup", Location="redmond", Name=FIRST, Verbose=True))
    assert "VerboseRecord" not in {item.type for item in quiet}
    [record] = [item for item in loud if item.type == "VerboseRecord"]
    assert said(record, "InformationalRecord_SerializeInvocationInfo") == "false"
    whole = client.run(
        cmdlet("Get-AzsBackup", Name=FIRST, Verbose=True), options=RemoteStreamOptions.AddInvocationInfoToVerboseRecord
    )
    assert said(whole[0], "InvocationInfo_InvocationName") == "Get-AzsBackup"


def test_fields_that_the_module_drops_do_not_arrive(client: Client) -> None:
    client.run(cmdlet("Get-AzsBackup", Location="redmond", Name=FIRST))
    [found] = outputs(client)
    names = {item.name for item in found.PSObject.adapted_properties}
    assert not names & {"BackupId", "CompletelyUploaded", "IsAutomaticBackup"}


def test_a_time_keeps_seven_decimals_and_no_trailing_zero() -> None:
    stamp = FakeStamp(backups=[backup(FIRST, createdDateTime="2020-03-04T12:22:18.7800000Z")])
    [message, _] = Client(stamp).run(cmdlet("Get-AzsBackup", Location="redmond"))
    assert '<DT N="CreatedDateTime">2020-03-04T12:22:18.78Z</DT>' in message.data


def test_a_signed_out_session_gets_azs_error_and_does_not_call_the_stamp(stamp: FakeStamp) -> None:
    stamp.profile = replace(stamp.profile, signed_in=False)
    [error, state] = Client(stamp).run(cmdlet("Get-AzsBackup", Location="redmond"))
    assert "PSInvalidOperationException" in error.data
    assert "Run Connect-AzAccount to login" in error.data
    assert 'PipelineState">4<' in state.data
    assert not stamp.calls


def test_a_host_without_the_module_does_not_know_its_commands() -> None:
    client = Client(FakeStamp(profile=HostProfile(module=None)))
    [state] = client.run(cmdlet("Get-AzsBackup"))
    assert said(state, "FullyQualifiedErrorId") == "CommandNotFoundException"
    assert [item.type for item in client.run(cmdlet("Get-Module", Name="Azs.Backup.Admin", ListAvailable=True))] == [
        "PipelineState"
    ]


def test_three_hundred_backups_arrive_in_one_call_as_one_message_each() -> None:
    stamp = FakeStamp(backups=[backup(str(uuid.uuid4())) for _ in range(300)])
    sent = Client(stamp).run(cmdlet("Get-AzsBackup", Location="redmond"))
    assert len(sent) == 301
    assert len(stamp.calls) == 1


PRUNE = "Invoke-AzsPruneBackupLocationExternalStore"


def test_a_prune_gives_the_paths_as_plain_texts() -> None:
    client = Client(Stamp("succeeds", speed=3600), clock=NoPauses())
    client.run(cmdlet(PRUNE, OperationType="DryRun"))
    assert outputs(client) == ["masbackup/progressivebackup/BackupEncryptionCert.pfx"]
    client.run(cmdlet(PRUNE))  # without a type it really deletes
    client.run(cmdlet(PRUNE, OperationType="DryRun"))
    assert outputs(client) == ["masbackup/progressivebackup/BackupEncryptionCert.pfx"]


@pytest.mark.parametrize(
    ("prune", "reason"), [("no-operation-type", "NamedParameterNotFound"), ("absent", "CommandNotFoundException")]
)
def test_a_host_whose_prune_knows_no_dry_run_deletes_nothing(prune: str, reason: str) -> None:
    stamp = Stamp(replace(SCENARIOS["succeeds"], host=HostProfile(prune=prune)))
    client = Client(stamp)
    answer = "".join(each.data for each in client.run(cmdlet(PRUNE, OperationType="DryRun")))
    assert reason in answer
    assert stamp.counts()["prunes"] == 0
