"""PSRP itself: pools, keys, adoption, and clients that send nonsense."""

from __future__ import annotations

import contextlib
import struct
import uuid
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psrpcore import ClientPowerShell, ClientRunspacePool, Command
from psrpcore.types import PSRPMessageType

from psbridge.emulator.engines.dialect import table_of
from psbridge.emulator.engines.embedded import BadFragments, EmbeddedEngine, clixml
from tests.support import tiers
from tests.support.clients.embedded import FIRST, Client, FakeStamp, RecordingSink, backup, cmdlet


def opening() -> bytes:
    pool = ClientRunspacePool()
    pool.open()
    data = b""
    while payload := pool.data_to_send():
        data += payload.data
    return data


def fragment(body: bytes, *, object_id: int = 900, number: int = 0, flags: int = 3, length: int | None = None) -> bytes:
    return struct.pack(">QQBI", object_id, number, flags, len(body) if length is None else length) + body


def message(client: Client, kind: int, data: bytes, pid: uuid.UUID, *, destination: int = 2) -> bytes:
    return struct.pack("<iI", destination, kind) + client.pool.runspace_pool_id.bytes_le + pid.bytes_le + data


CREATE = PSRPMessageType.CreatePipeline.value


@pytest.mark.source("[MS-PSRP] 2.2.4 Packet Fragment")
@pytest.mark.parametrize("cut", [1, 20, 21, 60, 150])
def test_a_truncated_opening_opens_nothing(cut: int) -> None:
    with pytest.raises(BadFragments):
        EmbeddedEngine(FakeStamp()).open(uuid.uuid4(), opening()[:cut], RecordingSink(), user="x")


@pytest.mark.source("[MS-PSRP] 3.1.5.3.1 a Create carries SESSION_CAPABILITY")
def test_an_empty_opening_opens_nothing() -> None:
    with pytest.raises(BadFragments):
        EmbeddedEngine(FakeStamp()).open(uuid.uuid4(), b"", RecordingSink(), user="x")


def hostile(client: Client, ident: uuid.UUID) -> dict[str, bytes]:
    good = message(client, CREATE, b"<Obj RefId='0'><MS></MS></Obj>", ident)
    return {
        "half a header": b"\0" * 7,
        "a length that lies": fragment(good, length=5_000_000),
        "the second fragment first": fragment(good, number=1, flags=2),
        "no start": fragment(good, flags=2),
        "no message": fragment(b"abc"),
        "for the client": fragment(message(client, CREATE, b"<S>x</S>", ident, destination=1)),
        "an unknown type": fragment(message(client, 0x99999, b"<S>x</S>", ident)),
        "a type of the server": fragment(message(client, PSRPMessageType.PipelineState.value, b"<S>x</S>", ident)),
        "no XML": fragment(message(client, CREATE, b"\xff\xfe garbage", ident)),
        "an entity": fragment(message(client, CREATE, b"<!DOCTYPE a [<!ENTITY b 'c'>]><S>&b;</S>", ident)),
        "no pipeline in it": fragment(good),
        "a number out of range": fragment(message(client, CREATE, b"<I32>99999999999999999999999</I32>", ident)),
        "another pipeline": fragment(message(client, CREATE, b"<S>x</S>", uuid.uuid4())),
        "another pool": fragment(struct.pack("<iI", 2, CREATE) + uuid.uuid4().bytes_le + ident.bytes_le + b"<S>x</S>"),
    }


@pytest.mark.source("[MS-PSRP] 2.2.1", "[MS-PSRP] 2.2.4", "psbridge: what is no PSRP is refused and changes nothing")
@pytest.mark.parametrize("what", list(hostile(Client(FakeStamp()), uuid.uuid4())))
def test_invalid_messages_are_refused_and_the_pool_continues(what: str, client: Client) -> None:
    ident = uuid.uuid4()
    with pytest.raises(BadFragments):
        client.runspace.command(ident, hostile(client, ident)[what])
    assert len(client.run(cmdlet("Get-AzsBackup", Location="redmond"))) == 4


@pytest.mark.source("psbridge: no document type reaches a parser")
def test_a_pipeline_with_a_document_type_is_refused(client: Client) -> None:
    shell = ClientPowerShell(client.pool)
    shell.add_command("Get-AzContext")
    shell.start()
    whole = client.outgoing()[21:]
    with pytest.raises(BadFragments):
        client.runspace.command(shell.pipeline_id, fragment(whole[:40] + b"<!DOCTYPE Obj>" + whole[40:]))


@pytest.mark.source("psbridge: what is refused leaves nothing running")
def test_a_pipeline_followed_by_an_invalid_message_is_stopped(client: Client, stamp: FakeStamp) -> None:
    shell = ClientPowerShell(client.pool)
    shell.add_command("Start-AzsBackup").add_parameters(Location="redmond")
    shell.start()
    with pytest.raises(BadFragments):
        client.runspace.command(shell.pipeline_id, client.outgoing() + b"nonsense")
    assert len(client.run(cmdlet("Get-AzsBackup", Location="redmond"))) == 4
    assert shell.pipeline_id not in client.sink.finished


@pytest.mark.source("psbridge: bounded memory")
def test_too_many_unfinished_messages_are_refused(client: Client) -> None:
    ident = uuid.uuid4()
    client.runspace.command(ident, fragment(b"x" * 1000, flags=1))
    for number in range(1, 42):
        client.runspace.send(ident, fragment(b"x" * 100_000, number=number, flags=0), stream="stdin")
    with pytest.raises(BadFragments, match="unfinished messages of more than"):
        client.runspace.send(ident, fragment(b"x" * 100_000, number=42, flags=0), stream="stdin")
    assert len(client.run(cmdlet("Get-AzsBackup", Location="redmond"))) == 4


@pytest.mark.source("[MS-PSRP] 3.1.4.4 Stopping a Pipeline")
def test_a_pipeline_that_waits_for_input_can_be_stopped(client: Client) -> None:
    shell = ClientPowerShell(client.pool, no_input=False)
    shell.add_command("Get-AzContext")
    shell.start()
    client.runspace.command(shell.pipeline_id, client.outgoing())
    assert shell.pipeline_id not in client.sink.finished
    client.runspace.stop(shell.pipeline_id)
    [state] = client.finish(shell.pipeline_id)
    assert 'PipelineState">3<' in state.data


@pytest.mark.source("[MS-PSRP] 2.2.2.18 END_OF_PIPELINE_INPUT")
def test_a_pipeline_whose_input_ended_runs(client: Client) -> None:
    shell = ClientPowerShell(client.pool, no_input=False)
    shell.add_command("Get-AzContext")
    shell.start()
    client.runspace.command(shell.pipeline_id, client.outgoing())
    shell.send_eof()
    client.runspace.send(shell.pipeline_id, client.outgoing(), stream="stdin")
    assert [item.type for item in client.finish(shell.pipeline_id)] == ["PipelineOutput", "PipelineState"]


@pytest.mark.source("psbridge: any bytes are run or refused")
@settings(max_examples=tiers.examples(60))
@given(st.data())
def test_a_pipeline_whose_bytes_were_changed_runs_or_is_refused(data: st.DataObject) -> None:
    client = Client(FakeStamp())
    shell = ClientPowerShell(client.pool)
    shell.add_command("Get-AzsBackup").add_parameters(Location="redmond", Top="5")
    shell.start()
    raw = bytearray(client.outgoing())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(BadFragments):
        client.runspace.command(shell.pipeline_id, bytes(raw))
    client.runspace.close()


@pytest.mark.source("[MS-PSRP] 2.2.4", "[MS-PSRP] 3.1.5.3.5 the rest follows by Send")
def test_a_pipeline_may_come_in_several_fragments(client: Client) -> None:
    shell = ClientPowerShell(client.pool)
    shell.add_command("Get-AzsBackup").add_parameters(Location="redmond", Name=FIRST)
    shell.start()
    parts = []
    while payload := client.pool.data_to_send(500):
        parts.append(payload.data)
    assert len(parts) > 2
    client.runspace.command(shell.pipeline_id, parts[0])
    for part in parts[1:]:
        client.runspace.send(shell.pipeline_id, part, stream="stdin")
    assert [item.type for item in client.finish(shell.pipeline_id)] == ["PipelineOutput", "PipelineState"]


@pytest.mark.source(
    "engine: PowerShell 7.6.9", "PowerShell source: BaseTransportManager.cs", "capture: test_client_fetch_file.yml"
)
def test_a_large_message_leaves_in_fragments_of_32_kibibytes() -> None:
    client = Client(FakeStamp(backups=[backup(FIRST, oemVersion="x" * 100_000)]))
    sent = client.run(cmdlet("Get-AzsBackup", Location="redmond"))
    assert "x" * 100_000 in sent[0].data
    chunk = max((data for _, data in client.sink.chunks), key=len)
    lengths = []
    while chunk:
        size = struct.unpack(">I", chunk[17:21])[0]
        lengths.append(size + 21)
        chunk = chunk[21 + size :]
    assert lengths[:-1] == [32768] * (len(lengths) - 1)


@pytest.mark.source("engine: PowerShell 7.6.9", "capture: test_psrp_open_runspace.yml")
def test_messages_begin_with_a_byte_order_mark_save_empty_ones(client: Client) -> None:
    client.run([cmdlet("Get-AzsBackup", Location="redmond", Name=FIRST), cmdlet("%", MemberName="Nope")])
    bodies = [data[61:] for _, data in client.sink.chunks]
    assert {body[:3] for body in bodies} == {b"\xef\xbb\xbf", b""}


@pytest.mark.source("[MS-PSRP] 3.1.4.10.3", "capture: test_psrp_disconnect_runspaces.yml")
def test_a_client_that_adopts_the_pool_gets_its_data_with_continued_ids(client: Client) -> None:
    client.run(cmdlet("Get-AzContext"))
    last = client.sink.messages[-1].object_id
    second = ClientRunspacePool(runspace_pool_id=client.pool.runspace_pool_id)
    second.connect()
    fragments = b""
    while payload := second.data_to_send():
        fragments += payload.data
    answer = client.sink.unpack(client.runspace.connect(fragments))
    assert [(item.object_id, item.type) for item in answer] == [
        (last + 1, "SessionCapability"),
        (last + 2, "RunspacePoolInitData"),
    ]
    assert (client.sink.messages[-1].object_id, client.sink.messages[-1].type) == (last + 3, "ApplicationPrivateData")
    assert '<I32 N="MaxRunspaces">1</I32>' in answer[1].data


@pytest.mark.source("[MS-PSRP] 2.2.2.29 CONNECT_RUNSPACEPOOL")
def test_an_adoption_of_another_pool_is_refused(client: Client) -> None:
    stranger = ClientRunspacePool(runspace_pool_id=uuid.uuid4())
    stranger.connect()
    payload = stranger.data_to_send()
    assert payload
    with pytest.raises(BadFragments):
        client.runspace.connect(payload.data)


@pytest.mark.source("[MS-PSRP] 2.2.2.8 RUNSPACE_AVAILABILITY", "capture: test_psrp_set_runspaces.yml")
def test_the_number_of_runspaces_is_answered(client: Client) -> None:
    client.pool.set_max_runspaces(3)
    client.runspace.send(None, client.outgoing(), stream="stdin")
    assert client.sink.messages[-1].type == "RunspaceAvailability"


@pytest.mark.source("engine: PowerShell 7.6.9", "psbridge: outside the dialect it says so")
def test_a_script_and_a_core_command_are_distinguished(client: Client) -> None:
    [script] = client.run(Command("Get-AzsBackup | Out-Null", is_script=True))
    [real] = client.run(cmdlet("Where-Object"))
    [parameter] = client.run(cmdlet("Start-AzsBackup", AsJob=True))
    [unknown] = client.run(cmdlet("Get-Nothing"))
    assert ">ScriptsNotAllowed<" in script.data
    assert ">PsbridgeNotEmulated<" in real.data
    assert ">PsbridgeNotEmulated,Microsoft.Azure" in parameter.data
    assert ">CommandNotFoundException<" in unknown.data


@pytest.mark.source("engine: PowerShell 7.6.9")
def test_a_restricted_endpoint_shows_only_what_is_visible(stamp: FakeStamp) -> None:
    stamp.profile = replace(stamp.profile, visible=("get-azsbackup", "Get-Command"))
    client = Client(stamp)
    [hidden] = client.run(cmdlet("Start-AzsBackup", NoWait=True))
    assert ">CommandNotFoundException<" in hidden.data
    sent = client.run(cmdlet("Get-Command", Name=["Get-AzsBackup", "ForEach-Object"]))
    assert [item.type for item in sent] == ["ErrorRecord", "PipelineOutput", "PipelineState"]
    [elsewhere] = client.run(cmdlet("Where-Object"))
    assert ">CommandNotFoundException<" in elsewhere.data


@pytest.mark.source("engine: PowerShell 7.6.9")
def test_every_cmdlet_of_the_dialect_is_known_to_get_command_with_its_parameters(client: Client) -> None:
    for known in table_of(client.stamp.profile).commands():
        sent = client.run(
            [
                cmdlet("Get-Command", Name=known.name),
                cmdlet("ForEach-Object", MemberName="Parameters"),
                cmdlet("ForEach-Object", MemberName="Keys"),
            ]
        )
        keys = [item.data for item in sent if item.type == "PipelineOutput"]
        assert keys == [f"<S>{parameter.name}</S>" for parameter in known.all_parameters()]


@pytest.mark.source("[MS-PSRP] 2.2.5.3.2 Encoding Strings", "engine: PowerShell 7.6.9")
def test_texts_of_every_kind_are_sent_unchanged(client: Client) -> None:
    text = "'; $(x) \"\n\t\0 \u2028 \U0001f511 _x0041_ <&> \x85"
    assert (
        clixml.escape(text)
        == "'; $(x) \"_x000A__x0009__x0000_ \u2028 _xD83D__xDD11_ _x005F_x0041_ &lt;&amp;&gt; _x0085_"
    )


@pytest.mark.source("psbridge: a bug ends one pipeline")
def test_a_bug_in_a_cmdlet_fails_the_pipeline() -> None:
    class Faulty(FakeStamp):
        def rest(self, method: str, path: str, body: bytes | None = None, *, raw: bool = False) -> Any:
            raise RuntimeError("boom")

    client = Client(Faulty())
    [state] = client.run(cmdlet("Get-AzsBackup", Location="redmond"))
    assert 'PipelineState">5<' in state.data
    assert ">PsbridgeInternalError<" in state.data
    assert [item.type for item in client.run(cmdlet("Get-AzContext"))] == ["PipelineOutput", "PipelineState"]
