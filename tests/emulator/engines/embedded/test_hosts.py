"""Hosts of other kinds on the embedded engine: what they refuse, and how."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from psrpcore import Command

from psbridge.emulator.engines.dialect import table_of
from psbridge.emulator.stamp.api import HostProfile
from psbridge.emulator.stamp.service import Stamp
from tests.support.clients.embedded import SUBSCRIPTION, Client, FakeStamp, NoPauses, cmdlet

PEP = "PrivilegedEndpoint"
DOCUMENTED = "operator documentation, privileged endpoint"


def error_id(client: Client, *statements: Any) -> str:
    """Return the error id of the pipeline's last message."""
    found = re.search(r'N="FullyQualifiedErrorId">([^<]*)<', client.run(*statements)[-1].data)
    return found[1] if found else ""


def names(client: Client, *statements: Any) -> list[str]:
    found = [re.search(r'N="Name">([^<]*)<', item.data) for item in client.run(*statements)]
    return [match[1] for match in found if match]


@pytest.mark.source(DOCUMENTED)
def test_a_privileged_endpoint_shows_its_commands_and_no_others() -> None:
    client = Client(Stamp(), PEP)
    shown = names(client, cmdlet("Get-Command"))
    assert {"Test-AzureStack", "Get-AzureStackStampInformation", "Close-PrivilegedEndpoint", "Select-Object"} <= set(
        shown
    )
    assert not [name for name in shown if "Azs" in name or name == "ForEach-Object"]
    assert error_id(client, cmdlet("Get-AzsBackup")) == "CommandNotFoundException"
    assert error_id(client, [cmdlet("Get-Command"), cmdlet("ForEach-Object", MemberName="Name")]) == (
        "CommandNotFoundException"
    )


@pytest.mark.source(DOCUMENTED)
def test_a_privileged_endpoint_takes_no_script() -> None:
    assert error_id(Client(Stamp(), PEP), Command("Get-Command", is_script=True)) == "ScriptsNotAllowed"


@pytest.mark.source(DOCUMENTED)
def test_a_privileged_endpoint_describes_its_stamp() -> None:
    stamp = Stamp("update-running")
    output, _ = Client(stamp, PEP).run(cmdlet("Get-AzureStackStampInformation"))
    for name, value in (("RegionName", stamp.location), ("ExternalDomainFQDN", "redmond.psbridge.example")):
        assert f'<S N="{name}">{value}</S>' in output.data
    assert re.search(r'N="StampVersion">1\.\d+\.\d+\.\d+<', output.data)


@pytest.mark.source("psbridge: what is not emulated is said plainly")
@pytest.mark.parametrize("name", [each.name for each in table_of(HostProfile(), PEP).commands() if not each.emulated])
def test_commands_of_a_privileged_endpoint_that_are_not_emulated_say_so(name: str) -> None:
    assert error_id(Client(Stamp(), PEP), cmdlet(name)) == f"PsbridgeNotEmulated,{name}"


@pytest.mark.source("engine 7.6.9 itself")
def test_a_module_that_does_not_load_is_listed_but_unusable() -> None:
    client = Client(FakeStamp(profile=HostProfile(module_loads=False)))
    assert error_id(client, cmdlet("Get-AzsBackup")) == "CouldNotAutoloadMatchingModule"
    assert "Azs.Backup.Admin" in names(client, cmdlet("Get-Module", ListAvailable=True))
    assert "Get-AzsBackup" in names(client, cmdlet("Get-Command", Name="*-Azs*"))
    assert not names(client, cmdlet("Get-Command", Name="Get-AzsBackup", ErrorAction="Ignore"))


@pytest.mark.source("psbridge: a restricted endpoint")
def test_a_hidden_command_of_any_kind_is_unknown() -> None:
    client = Client(FakeStamp(profile=replace(HostProfile(), visible=("Get-AzsBackup",))))
    for name in ("Start-AzsBackup", "ForEach-Object", "Where-Object", "Nope"):
        assert error_id(client, cmdlet(name)) == "CommandNotFoundException"


@pytest.mark.source("recording get-azsalert; generated code of Azs.InfrastructureInsights.Admin")
def test_alerts_are_read_with_their_titles() -> None:
    stamp = Stamp("share-full")
    client = Client(stamp)
    client.run(cmdlet("Start-AzsBackup", Location="redmond", NoWait=True))
    *alerts, _ = client.run(cmdlet("Get-AzsAlert", Location="redmond"))
    texts = " ".join(item.data for item in alerts)
    assert 'N="Title">Backup failed because file share is full<' in texts
    assert 'N="State">Active<' in texts


@pytest.mark.source("recording get-azsupdate; generated code of Azs.Update.Admin")
def test_a_running_update_is_read_with_its_state() -> None:
    *updates, _ = Client(Stamp("update-running")).run(cmdlet("Get-AzsUpdate", Location="redmond"))
    states = [re.search(r'N="State">([^<]*)<', item.data) for item in updates]
    assert "Installing" in [found[1] for found in states if found]


@pytest.mark.source("recording get-azsupdatelocation; documentation of Azs.Update.Admin")
def test_the_update_location_has_the_stamps_version_and_state() -> None:
    location, _ = Client(Stamp("update-failed")).run(cmdlet("Get-AzsUpdateLocation", Name="redmond"))
    assert 'N="CurrentVersion">1.2301.2.58<' in location.data
    assert ">UpdateFailed<" in location.data


@pytest.mark.source("psbridge: a module that is not installed")
@pytest.mark.parametrize(("field", "command"), [("insights", "Get-AzsAlert"), ("update", "Get-AzsUpdate")])
def test_a_host_can_be_without_the_modules_of_alerts_and_updates(field: str, command: str) -> None:
    profile = replace(HostProfile(), **{field: None})  # type: ignore[arg-type]  # a name of its own fields
    assert error_id(Client(FakeStamp(profile=profile)), cmdlet(command)) == "CommandNotFoundException"


AZURERM = HostProfile(family="azurerm", module="0.3.2", rest_method=False, subscription_id=SUBSCRIPTION)


@pytest.mark.source("source of Azs.Backup.Admin 0.3.2")
def test_azurerm_starts_with_force_and_waits() -> None:
    stamp = FakeStamp(profile=AZURERM)
    clock = NoPauses()
    output, state = Client(stamp, clock=clock).run(cmdlet("Start-AzsBackup", Location="redmond", Force=True))
    assert "<T>Microsoft.AzureStack.Management.Backup.Admin.Models.Backup</T>" in output.data
    assert 'PipelineState">4<' in state.data
    assert clock.paused == [60.0] * 3


@pytest.mark.source("source of Azs.Backup.Admin 0.3.2; engine 7.6.9 itself")
def test_azurerm_prompts_before_a_start_and_fails_without_an_answer() -> None:
    stamp = FakeStamp(profile=AZURERM)
    error, state = Client(stamp).run(cmdlet("Start-AzsBackup", Location="redmond"))
    assert ">HostException<" in error.data
    assert "Start backup at redmond?" in error.data
    assert 'PipelineState">4<' in state.data
    assert not [path for method, path in stamp.calls if method == "POST"]


@pytest.mark.source("source of Azs.Backup.Admin 0.3.2")
def test_azurerm_lists_roles_in_a_list_and_dates_without_offset() -> None:
    output, *_ = Client(FakeStamp(profile=AZURERM)).run(cmdlet("Get-AzsBackup", Location="redmond", Top=1))
    assert '<DT N="CreatedDateTime">2020-03-04T12:22:18.7883083</DT>' in output.data
    assert (
        "System.Collections.Generic.List`1[[Microsoft.AzureStack.Management.Backup.Admin.Models.RoleOp" in output.data
    )
    assert "BackupId" not in output.data


@pytest.mark.source("source of Azs.Backup.Admin 0.3.2")
@pytest.mark.parametrize("parameter", ["NoWait", "SubscriptionId", "InputObject"])
def test_azurerm_refuses_parameters_of_az(parameter: str) -> None:
    client = Client(FakeStamp(profile=AZURERM))
    given = {"Location": "redmond", "Force": True, parameter: True}
    assert error_id(client, cmdlet("Start-AzsBackup", **given)) == "NamedParameterNotFound,Start-AzsBackup"
    assert error_id(client, cmdlet("Invoke-AzRestMethod", Path="/x")) == "CommandNotFoundException"


# What a real host could do and the embedded engine can't, and where a real engine does it: measured on the pwsh engine.
NOWHERE, HERE, WHOLE = "psbridge does not", "--engine pwsh.", "--engine pwsh --unsafe-full-language."
REFUSED = {
    "a job": ([cmdlet("Start-AzsBackup", Force=True, AsJob=True)], NOWHERE),
    "a start by an id": ([cmdlet("Start-AzsBackup", ResourceId="/subscriptions/x")], NOWHERE),
    "a parent": ([cmdlet("Get-AzsBackup", ParentResource="x")], NOWHERE),
    "settings": ([cmdlet("Set-AzsBackupConfiguration", Path="x")], NOWHERE),
    "a restore": ([cmdlet("Restore-AzsBackup", Name="x")], NOWHERE),
    "input to a cmdlet": ([cmdlet("Get-AzsBackup"), cmdlet("Get-AzureRmContext")], NOWHERE),
    "a script block": ([cmdlet("ForEach-Object", Process="x")], HERE),
    "a core alias": ([cmdlet("Get-Command", Name="gcm")], HERE),
    "a filter": ([cmdlet("Get-AzsBackup"), cmdlet("Where-Object", Property="Status")], WHOLE),
    "a selection": ([cmdlet("Get-AzsBackup"), cmdlet("Select-Object", First=1)], WHOLE),
    "an import": ([cmdlet("Import-Module", Name="Azs.Backup.Admin")], WHOLE),
}


@pytest.mark.source("psbridge: what is not emulated is said plainly", "engine 7.6.9 itself")
@pytest.mark.parametrize("what", REFUSED)
def test_unsupported_syntax_is_refused_and_the_real_engine_named(what: str) -> None:
    stamp = FakeStamp(profile=AZURERM)
    pipeline, where = REFUSED[what]
    refused = Client(stamp).run(pipeline)[-1].data
    assert ">PsbridgeNotEmulated" in refused
    assert where in refused
    assert ("--engine" in refused) == (where != NOWHERE)
    assert not [path for method, path in stamp.calls if method == "POST"]
