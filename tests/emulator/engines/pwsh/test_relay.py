"""The relay keeps the engine's rules and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from psrpcore.types import PSRPMessageType

from psbridge.emulator.engines.pwsh import PwshEngine
from psbridge.emulator.stamp.api import HostProfile
from psbridge.emulator.stamp.rest_server import RestServer
from psbridge.emulator.stamp.service import Stamp
from tests.support.clients.psrp_client import PsrpClient
from tests.support.process.until import LONG, until

pytestmark = [pytest.mark.pwsh, pytest.mark.source("engine: PowerShell 7.6.9")]


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.source("[MS-PSRP] 3.1.4.1", "engine: PowerShell 7.6.9")
def test_the_client_sees_a_fresh_pool_with_object_ids_from_one_without_a_gap(engine: PwshEngine) -> None:
    with PsrpClient(engine) as client:
        kinds = [message.type for message in client.pool_messages()]
        assert kinds == [
            PSRPMessageType.SessionCapability,
            PSRPMessageType.ApplicationPrivateData,
            PSRPMessageType.RunspacePoolState,
        ]
        client.run([("Get-AzsBackup", {"Top": "3"})])
        client.run("1+1")
        client.run([("Get-AzsBackup", {"Name": "nope"}), None, ("Get-AzContext", {})])
        assert client.object_ids == list(range(1, len(client.object_ids) + 1))


def test_scripts_are_refused_as_in_no_language_mode(client: PsrpClient) -> None:
    assert "ScriptsNotAllowed" in client.run("1+1").state


@pytest.mark.parametrize("name", ["ls", "/bin/ls", "Import-Module", "Start-Job", "Invoke-Command", "Where-Object"])
def test_commands_that_are_not_emulated_are_absent(client: PsrpClient, name: str) -> None:
    assert "CommandNotFoundException" in client.run([(name, {})]).state


def test_only_emulated_commands_are_listed(client: PsrpClient) -> None:
    answer = client.run([("Get-Command", {}), ("ForEach-Object", {"MemberName": "Name"})])
    names = {text.removeprefix("<S>").removesuffix("</S>") for text in answer.output}
    assert names == {
        *("Connect-AzAccount", "Get-AzContext", "Set-AzContext", "Select-AzSubscription", "Invoke-AzRestMethod"),
        *("Add-AzEnvironment", "Get-AzEnvironment", "Disable-AzContextAutosave"),
        *("Get-AzsBackup", "Get-AzsBackupConfiguration", "Start-AzsBackup", "Get-AzsAlert", "Get-AzsUpdate"),
        *("Get-AzsUpdateLocation", "Invoke-AzsPruneBackupLocationExternalStore"),
        *("ForEach-Object", "Get-Command", "Get-Module"),
    }


def test_a_pool_of_several_runspaces_is_locked_in_each_of_them(engine: PwshEngine) -> None:
    with PsrpClient(engine, min_runspaces=3, max_runspaces=3) as client:
        started = [client.begin([("Start-AzsBackup", {})]), client.begin([("Get-AzsBackup", {"Top": "1"})])]
        script, listed = client.begin("1+1"), client.begin([("Get-AzsBackup", {"Top": "1"})])
        assert "ScriptsNotAllowed" in client.end(script).state
        assert len(client.end(listed).output) == 1
        assert "CommandNotFoundException" in client.run([("/bin/ls", {})]).state
        for each in started:
            client.end(each)


def test_full_language_is_available_on_request(rest: RestServer, stamp: Stamp) -> None:
    engine = PwshEngine(rest_url=rest.url, rest_token=rest.token, profile=stamp.profile, language="FullLanguage")
    with PsrpClient(engine) as client:
        assert client.run("1+1").output == ["<I32>2</I32>"]
        seen = client.run("[Environment]::GetEnvironmentVariables().Values; $PID").output
        assert len(seen) > 1
        assert not any(rest.token in text for text in seen)


def test_a_restricted_endpoint_shows_only_its_visible_commands(rest: RestServer, stamp: Stamp) -> None:
    profile = replace(stamp.profile, visible=("get-azsbackup",))
    engine = PwshEngine(rest_url=rest.url, rest_token=rest.token, profile=profile)
    with PsrpClient(engine) as client:
        assert len(client.run([("Get-AzsBackup", {"Top": "1"})]).output) == 1
        for name in ("Get-AzContext", "ForEach-Object", "Get-Command"):
            assert "CommandNotFoundException" in client.run([(name, {})]).state


def test_a_host_without_the_module_has_none_of_its_cmdlets(rest: RestServer) -> None:
    engine = PwshEngine(rest_url=rest.url, rest_token=rest.token, profile=HostProfile(module=None, rest_method=False))
    with PsrpClient(engine) as client:
        for name in ("Get-AzsBackup", "Invoke-AzRestMethod"):
            assert "CommandNotFoundException" in client.run([(name, {})]).state
        assert len(client.run([("Get-AzContext", {})]).output) == 1


def test_a_module_version_without_a_stand_in_is_refused(rest: RestServer) -> None:
    with pytest.raises(ValueError, match=r"Azs\.Backup\.Admin 0\.9\.0"):
        PwshEngine(rest_url=rest.url, rest_token=rest.token, profile=replace(HostProfile(), module="0.9.0"))


def test_a_missing_powershell_is_reported(rest: RestServer) -> None:
    with pytest.raises(FileNotFoundError, match="no-such-pwsh"):
        PwshEngine(rest_url=rest.url, rest_token=rest.token, profile=HostProfile(), command="no-such-pwsh")


def test_closing_leaves_no_process(engine: PwshEngine) -> None:
    client = PsrpClient(engine)
    pid = client.runspace.pid
    client.run([("Get-AzContext", {})])
    client.runspace.close()
    assert not alive(pid)
    assert client.died_of is None


def test_closing_in_the_middle_of_a_pipeline_leaves_no_process(rest: RestServer) -> None:
    slow = Stamp(speed=1)
    with RestServer(slow) as server:
        engine = PwshEngine(rest_url=server.url, rest_token=server.token, profile=slow.profile)
        client = PsrpClient(engine)
        client.begin([("Start-AzsBackup", {})])
        client.runspace.close()
        assert not alive(client.runspace.pid)


def test_a_blocking_start_can_be_stopped_and_the_backup_continues() -> None:
    slow = Stamp(speed=1)
    with RestServer(slow) as server:
        engine = PwshEngine(rest_url=server.url, rest_token=server.token, profile=slow.profile)
        with PsrpClient(engine) as client:
            command = client.begin([("Start-AzsBackup", {})])
            until(lambda: slow.counts()["triggers"])
            client.runspace.stop(command)
            assert '<I32 N="PipelineState">3</I32>' in client.end(command).state
            assert slow.counts()["triggers"] == 1
            assert "Conflict" in client.run([("Start-AzsBackup", {"NoWait": True})]).errors[0]


def test_an_engine_that_hangs_is_killed_when_the_pool_is_closed(engine: PwshEngine) -> None:
    client = PsrpClient(engine)
    os.kill(client.runspace.pid, signal.SIGSTOP)
    client.runspace.close()
    assert not alive(client.runspace.pid)


def test_a_killed_engine_is_reported_once(engine: PwshEngine) -> None:
    client = PsrpClient(engine)
    client.begin([("Get-AzsBackup", {})])
    os.killpg(client.runspace.pid, signal.SIGKILL)
    assert client.dead.wait(LONG)
    assert "code -9" in (client.died_of or "")
    client.runspace.close()


def test_an_engine_ends_when_its_emulator_is_killed(tmp_path: Path) -> None:
    program = textwrap.dedent("""
        import sys
        from psbridge.emulator.engines.pwsh import PwshEngine
        from psbridge.emulator.stamp.rest_server import RestServer
        from psbridge.emulator.stamp.service import Stamp
        from tests.support.clients.psrp_client import PsrpClient
        from tests.support.process.until import until
        stamp = Stamp(speed=1)
        with RestServer(stamp) as server:
            engine = PwshEngine(rest_url=server.url, rest_token=server.token, profile=stamp.profile)
            client = PsrpClient(engine)
            client.begin([("Start-AzsBackup", {})])
            until(lambda: stamp.counts()["triggers"])
            print(client.runspace.pid, flush=True)
            sys.stdin.read()
    """)
    root = Path(__file__).resolve().parents[4]
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as emulator:
        assert emulator.stdout is not None
        pid = int(emulator.stdout.readline())
        assert alive(pid)
        emulator.kill()
    until(lambda: not alive(pid))


def test_script_output_on_stdout_is_not_read_as_a_protocol_line(rest: RestServer, stamp: Stamp) -> None:
    engine = PwshEngine(rest_url=rest.url, rest_token=rest.token, profile=stamp.profile, language="FullLanguage")
    with PsrpClient(engine) as client:
        noise = "[Console]::WriteLine('noise'); [Console]::WriteLine('<Data Stream=''Default''>');"
        noise += "[Console]::Error.WriteLine('x' * 9999);"
        assert client.run(noise + "'heard'").output == ["<S>heard</S>"]


def test_consecutive_pools_leave_no_process(engine: PwshEngine) -> None:
    pids = []
    for _ in range(4):
        with PsrpClient(engine) as client:
            pids.append(client.runspace.pid)
            assert len(client.run([("Get-AzContext", {})]).output) == 1
    assert not any(alive(pid) for pid in pids)


def test_a_client_that_adopts_the_pool_gets_its_size_and_continues(engine: PwshEngine) -> None:
    with PsrpClient(engine, max_runspaces=2) as client:
        before = client.object_ids[-1]
        answer = client.runspace.connect(b"")
        assert b'N="MinRunspaces">1<' in answer
        assert b'N="MaxRunspaces">2<' in answer
        assert client.pool_messages()[-1].type == PSRPMessageType.ApplicationPrivateData
        client.run([("Get-AzContext", {})])
        assert client.object_ids[-3:] == [before + 3, before + 4, before + 5]


PIECES = {
    "nothing": b"",
    "half a header": b"\0" * 7,
    "a length that lies": struct.pack(">QQBI", 900, 0, 3, 1 << 31) + b"x" * 100,
    "the second first": struct.pack(">QQBI", 901, 1, 2, 3) + b"xxx",
    "a message without a header": struct.pack(">QQBI", 902, 0, 3, 3) + b"xxx",
    "a message of no type": struct.pack(">QQBI", 903, 0, 3, 46) + struct.pack("<II", 2, 0) + bytes(32) + b"<Obj/>",
    "another pool's": struct.pack(">QQBI", 904, 0, 3, 46) + struct.pack("<II", 2, 0x21006) + b"\1" * 32 + b"<Obj/>",
    "many beginnings": b"".join(struct.pack(">QQBI", number, 0, 1, 0) for number in range(1000, 3000)),
}


def test_invalid_psrp_is_refused_or_ignored_and_the_pool_continues(client: PsrpClient) -> None:
    pid = client.runspace.pid
    refused = set()
    for name, data in PIECES.items():
        for command_id in (None, uuid4()):
            try:
                if command_id is None:
                    client.runspace.send(None, data, stream="stdin")
                else:
                    client.runspace.command(command_id, data)
                    client.runspace.close_command(command_id)
            except ValueError:
                refused.add(name)
        assert len(client.run([("Get-Command", {"Name": "Get-Module"})]).output) == 1, name
    assert {"nothing", "half a header", "a length that lies", "another pool's"} <= refused
    assert client.runspace.pid == pid
    assert alive(pid)
