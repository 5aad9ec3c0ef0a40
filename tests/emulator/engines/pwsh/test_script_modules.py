"""The script modules give what the real modules give, and run nothing that a client sent as a value."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from psrpcore.types import PSRPMessageType

from psbridge.emulator.engines.dialect import table_of
from psbridge.emulator.engines.pwsh import PwshEngine, modules_folder
from psbridge.emulator.stamp.api import HostProfile
from psbridge.emulator.stamp.rest_server import RestServer
from psbridge.emulator.stamp.scenarios import SCENARIOS
from psbridge.emulator.stamp.service import Stamp
from psbridge.guide import TOPICS
from tests.support.clients.psrp_client import PsrpClient
from tests.support.clixml_shape import shape

DATA = Path(__file__).resolve().parents[3] / "data"
MODULES = modules_folder()
FILES = {str(path.relative_to(MODULES)) for path in MODULES.rglob("*.ps*1")}
NASTY = (
    "'; Remove-Item * #",
    "$(calc)",
    "a\nb",
    "💾",
    "a\u2028b",
    "_x0041_",
    "../../../_emulator/counts",
    "..",
    "%2e%2e",
)


@pytest.mark.source("psbridge: the wheel is whole")
def test_every_module_of_a_host_has_an_emulation() -> None:
    """What `HostProfile`s can ask for is there: else the relay would open a host without its commands."""
    tables = [table_of(scenario.host) for scenario in SCENARIOS.values()]
    wanted = {f"{module.folder}/{module.name}/{module.name}.psd1" for table in tables for module in table.modules}
    assert wanted <= FILES


@pytest.mark.source("psbridge: the wheel is whole")
def test_modules_scenarios_and_manual_are_in_the_wheel(tmp_path: Path) -> None:
    pytest.importorskip("hatchling", reason="builds the wheel, which needs hatchling")
    root = Path(__file__).resolve().parents[4]
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)], cwd=root, check=True
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        assert {f"psbridge/emulator/engines/pwsh/modules/{name}" for name in FILES} <= set(packed.namelist())
        assert {f"psbridge/emulator/scenarios/{name}.yaml" for name in SCENARIOS} <= set(packed.namelist())
        assert {f"psbridge/guide/{topic}.md" for topic in TOPICS} <= set(packed.namelist())


@pytest.mark.source("engine: PowerShell 7.6.9")
@pytest.mark.pwsh
@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("parameter", ["Name", "Location", "ResourceGroupName", "SubscriptionId"])
def test_a_value_is_never_executed(client: PsrpClient, stamp: Stamp, parameter: str, text: str) -> None:
    before = stamp.counts()
    answer = client.run([("Get-AzsBackup", {"Location": "redmond", parameter: text})])
    assert not answer.output
    assert "UndeclaredResponseException" in str([shape(each) for each in answer.errors]) or ".." in text
    assert stamp.counts() == before


@pytest.mark.source("engine: PowerShell 7.6.9")
@pytest.mark.pwsh
@pytest.mark.parametrize("text", [text for text in NASTY if text[:2] not in {"..", "%2"}])
def test_an_error_names_the_value_verbatim(client: PsrpClient, text: str) -> None:
    (error,) = client.run([("Get-AzsBackup", {"Name": text})]).errors
    assert ("S", "Name", text) in _walk(shape(error))


@pytest.mark.source("engine: PowerShell 7.6.9")
@pytest.mark.pwsh
@pytest.mark.parametrize(
    "path",
    ["/_emulator/counts", "//_emulator/counts", "/subscriptions/../_emulator/counts", "http://example.org/", "@host/",
     "/subscriptions/%2e%2e/_emulator/counts", "\\\\host\\share", "/a b", "/subscriptions#x"],
)  # fmt: skip
def test_a_raw_call_reaches_nothing_but_the_stamp(client: PsrpClient, path: str) -> None:
    answer = client.run([("Invoke-AzRestMethod", {"Path": path})])
    assert not answer.output
    assert "InvalidPath,Microsoft.Azure.Commands.Profile.Rest.InvokeAzRestCommand" in answer.errors[0]


@pytest.mark.source("engine: PowerShell 7.6.9", "stamp: get-azsbackup.json")
@pytest.mark.pwsh
def test_a_backup_looks_like_the_recorded_one() -> None:
    recorded = next(iter((DATA / "recorded").glob("get-azsbackup.json")), None)
    if recorded is None:
        pytest.skip("the recording get-azsbackup is not among the test data")
    stamp = Stamp.from_recording([_recorded_backup(recorded)])
    with RestServer(stamp) as rest:
        engine = PwshEngine(rest_url=rest.url, rest_token=rest.token, profile=stamp.profile)
        with PsrpClient(engine) as client:
            (backup,) = client.run([("Get-AzsBackup", {"Location": stamp.location})]).output
    names = [each[1] for each in shape(backup)[-1][4:]]  # type: ignore[index]  # a Props with members
    assert names == [
        *("BackupDataVersion", "CreatedDateTime", "DeploymentId", "EncryptionCertThumbprint", "Id"),
        *("IsCloudRecoveryReady", "Location", "Name", "OemVersion", "RoleStatus", "StampVersion", "Status", "Tag"),
        *("TimeTakenToCreate", "Type"),
    ]
    found = _walk(shape(backup))
    assert ("DT", "CreatedDateTime", "2020-03-04T12:22:18.7883083Z") in found
    assert ("S", "TimeTakenToCreate", "PT6M35.345912S") in found
    assert ("S", "Status", "Succeeded") in found


@pytest.mark.source("engine: PowerShell 7.6.9")
@pytest.mark.pwsh
@pytest.mark.parametrize("prune", ["operation-type", "no-operation-type", "absent"])
def test_a_dry_run_of_a_prune_lists_and_never_deletes(prune: str) -> None:
    stamp = Stamp(replace(SCENARIOS["succeeds"], host=HostProfile(prune=prune)), speed=3600)
    name = "Invoke-AzsPruneBackupLocationExternalStore"
    with RestServer(stamp) as rest:
        engine = PwshEngine(rest_url=rest.url, rest_token=rest.token, profile=stamp.profile)
        with PsrpClient(engine) as client:
            answer = client.run([(name, {"OperationType": "DryRun"})])
    if prune == "operation-type":
        assert "masbackup/progressivebackup/BackupEncryptionCert.pfx" in answer.output[0]
        return
    assert ("NamedParameterNotFound" if prune == "no-operation-type" else "CommandNotFoundException") in answer.state
    assert stamp.counts()["prunes"] == 0


@pytest.mark.source("engine: PowerShell 7.6.9")
@pytest.mark.pwsh
def test_a_session_that_is_not_signed_in_says_so_and_starts_nothing() -> None:
    stamp = Stamp(next(name for name, each in SCENARIOS.items() if not each.host.signed_in))
    with RestServer(stamp) as rest:
        engine = PwshEngine(rest_url=rest.url, rest_token=rest.token, profile=stamp.profile)
        with PsrpClient(engine) as client:
            assert not client.run([("Get-AzContext", {})]).output
            for name, given in (("Start-AzsBackup", {}), ("Invoke-AzRestMethod", {"Path": "/subscriptions"})):
                answer = client.run([(name, given)])
                assert "Run Connect-AzAccount to login." in answer.errors[0]
            assert not stamp.counts()["triggers"]


@pytest.mark.source("engine: PowerShell 7.6.9")
@pytest.mark.pwsh
def test_a_blocking_start_gives_the_ended_backup(engine: PwshEngine) -> None:
    with PsrpClient(engine) as client:
        (backup,) = client.run([("Start-AzsBackup", {"Location": "redmond"})]).output
    assert ("S", "Status", "Succeeded") in _walk(shape(backup))


@pytest.mark.source("engine: PowerShell 7.6.9")
@pytest.mark.pwsh
def test_what_if_starts_nothing_and_prints_nothing(client: PsrpClient, stamp: Stamp) -> None:
    before = stamp.counts()["triggers"]
    answer = client.run([("Start-AzsBackup", {"WhatIf": True})])
    assert [message.type for message in answer.messages] == [PSRPMessageType.PipelineState]
    assert stamp.counts()["triggers"] == before


@pytest.mark.source("engine: PowerShell 7.6.9")
@pytest.mark.pwsh
def test_the_module_is_found_on_the_module_path(client: PsrpClient) -> None:
    (version,) = client.run(
        [
            ("Get-Module", {"Name": "Azs.Backup.Admin", "ListAvailable": True}),
            ("ForEach-Object", {"MemberName": "Version"}),
        ]
    ).output
    assert version == "<Version>1.0.2</Version>"


def _walk(node: object) -> list[object]:
    if not isinstance(node, tuple):
        return []
    return [node, *(found for each in node for found in _walk(each))]


def _recorded_backup(path: Path) -> dict[str, object]:
    """Return the first backup resource in a recording's bodies."""
    for body in _bodies(json.loads(path.read_text())):
        for item in body.get("value", [body]):
            if "/backups/" in str(item.get("id")):
                return dict(item)
    raise LookupError("no backup in the recording")


def _bodies(node: object) -> list[dict[str, object]]:
    if isinstance(node, dict):
        own = [node] if "value" in node or "properties" in node else []
        return own + [found for each in node.values() for found in _bodies(each)]
    if isinstance(node, list):
        return [found for each in node for found in _bodies(each)]
    if isinstance(node, str) and node.lstrip().startswith("{"):
        return _bodies(json.loads(node))
    return []
