"""The relay's own codecs and bookkeeping; no engine needed."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psbridge.emulator.engines.dialect import Cmdlet, HostTable, Module
from psbridge.emulator.engines.pwsh.fragments import (
    Assembly,
    Fragment,
    MessageType,
    Numbering,
    check,
    pipeline_id,
    pipeline_state,
    pool_id,
    split,
    whole_message,
)
from psbridge.emulator.engines.pwsh.framing import POOL, Line, Outbox, parse
from psbridge.emulator.engines.pwsh.opening import create_pipeline, script
from psbridge.emulator.engines.pwsh.runspace import _pool_sizes

COMMAND = UUID(int=7)


def fragment(object_id: int, number: int = 0, *, start: bool = True, end: bool = True, data: bytes = b"x") -> bytes:
    return Fragment(object_id, number, start, end, data).encode()


@pytest.mark.source("PowerShell source: OutOfProcTransportManager.cs")
@given(st.sampled_from(["Command", "Close", "Signal", "DataAck", "CommandAck", "CloseAck", "SignalAck"]), st.uuids())
def test_a_line_without_data_round_trips(name: str, target: UUID) -> None:
    assert parse(Line(name, target).encode()) == Line(name, target)


@pytest.mark.source("PowerShell source: OutOfProcTransportManager.cs")
@given(st.uuids(), st.binary(min_size=1), st.booleans())
def test_a_line_of_data_round_trips(target: UUID, data: bytes, prompt: bool) -> None:
    line = Line("Data", target, data, prompt=prompt)
    assert parse(line.encode()) == line


@pytest.mark.source("psbridge: what is no protocol line is skipped")
@given(st.binary())
def test_noise_is_not_read_as_a_line(noise: bytes) -> None:
    assert parse(noise) is None


@pytest.mark.source("psbridge: what is no protocol line is skipped")
@pytest.mark.parametrize(
    "noise",
    [b"\n", b"hello\n", b"<Data Stream='Default' PSGuid='x'>AA==</Data>\n", b"<Close PSGuid='7'/>\n",
     b"VERBOSE: <DataAck PSGuid='00000000-0000-0000-0000-000000000000' />\n",
     b"<DataAck PSGuid='00000000-0000-0000-0000-000000000000'>AA==</Data>\n",
     b"<Data Stream='Default' PSGuid='00000000-0000-0000-0000-000000000000'>A</Data>\n"],
)  # fmt: skip
def test_malformed_lines_are_skipped(noise: bytes) -> None:
    assert parse(noise) is None


@pytest.mark.source("[MS-PSRP] 2.2.4")
@given(st.lists(st.tuples(st.integers(0, 2**63), st.integers(0, 2**63), st.booleans(), st.booleans(), st.binary())))
def test_fragments_round_trip(parts: list[tuple[int, int, bool, bool, bytes]]) -> None:
    fragments = [Fragment(*part) for part in parts]
    assert list(split(b"".join(each.encode() for each in fragments))) == fragments


@pytest.mark.source("[MS-PSRP] 2.2.4")
@given(st.integers(1, 20))
def test_a_fragment_that_is_cut_off_is_refused(missing: int) -> None:
    with pytest.raises(ValueError, match="PSRP fragment"):
        list(split(fragment(1, data=b"")[:-missing]))


@pytest.mark.source("PowerShell source: OutOfProcServerMediator.cs", "engine: PowerShell 7.6.9")
def test_the_next_line_for_a_target_waits_for_the_ack_and_others_do_not() -> None:
    outbox = Outbox()
    first, second, other = Line("Command", COMMAND), Line("Data", COMMAND, b"a"), Line("Data", POOL, b"b")
    assert outbox.put(first) == first
    assert outbox.put(second) is None
    assert outbox.put(other) == other
    assert outbox.acknowledged(Line("DataAck", COMMAND)) is None  # not what it was sent
    assert outbox.acknowledged(Line("CommandAck", COMMAND)) == second
    assert outbox.pending()
    assert outbox.acknowledged(Line("DataAck", COMMAND)) is None
    assert outbox.acknowledged(Line("DataAck", POOL)) is None
    assert not outbox.pending()


@pytest.mark.source("[MS-PSRP] 2.2.4 object ids count from 1", "capture: test_psrp_disconnected_commands.yml")
def test_object_ids_stay_consecutive_when_messages_are_removed_or_added() -> None:
    numbering = Numbering()

    def ids(data: bytes) -> list[int]:
        return [each.object_id for each in split(numbering.renumber(COMMAND, data))]

    assert ids(fragment(1) + fragment(2)) == [1, 2]
    numbering.drop(2)
    assert ids(fragment(5)) == [3]
    assert numbering.add() == 4
    assert ids(fragment(6)) == [5]
    assert ids(fragment(9)) == [8]  # a gap of the engine's stays one


@pytest.mark.source("[MS-PSRP] 2.2.4")
def test_a_message_keeps_its_id_across_interleaved_fragments() -> None:
    numbering = Numbering()
    (first,) = split(numbering.renumber(COMMAND, fragment(4, end=False)))
    numbering.add()
    (last,) = split(numbering.renumber(COMMAND, fragment(4, 1, start=False)))
    assert first.object_id == last.object_id


@pytest.mark.source("[MS-PSRP] 2.2.4")
def test_messages_are_assembled_per_target() -> None:
    message = whole_message(1, MessageType.PIPELINE_STATE, POOL, '<Obj><MS><I32 N="PipelineState">4</I32></MS></Obj>')
    (whole,) = split(message)
    half = len(whole.data) // 2
    assembly = Assembly()
    assert not list(assembly.feed(COMMAND, fragment(1, end=False, data=whole.data[:half])))
    assert [kind for kind, _ in assembly.feed(POOL, message)] == [MessageType.PIPELINE_STATE]
    ((kind, data),) = assembly.feed(COMMAND, fragment(1, 1, start=False, data=whole.data[half:]))
    assert (kind, pipeline_state(data)) == (MessageType.PIPELINE_STATE, 4)


@pytest.mark.source("[MS-PSRP] 2.2.1")
def test_the_pipeline_of_the_relay_names_the_pool_and_itself() -> None:
    pool = UUID(int=5)
    command, fragments = create_pipeline(pool, "1")
    assert pool_id(fragments) == pool
    assert pipeline_id(fragments) == command


@pytest.mark.source("psbridge: names are no code")
def test_names_in_the_opening_script_are_quoted() -> None:
    text = script(Path("/it's"), HostTable((Module("MODE", "1", (Cmdlet("Get-X", "MODE", "T"),)),)), "NoLanguage")
    assert "'/it''s/MODE-1/MODE/MODE.psd1'" in text
    assert "$path = '/it''s/MODE-1'" in text
    assert "$mode = 'NoLanguage'" in text
    assert "@('Get-X', 'ForEach-Object', '%'" in text


@pytest.mark.source("[MS-PSRP] 2.2.2.30 RUNSPACEPOOL_INIT_DATA")
def test_the_size_of_a_pool_is_kept_for_a_client_that_adopts_it() -> None:
    assert _pool_sizes(b'<I32 N="MinRunspaces">12</I32><I32 N="MaxRunspaces">15</I32>') == (12, 15)
    assert _pool_sizes(b"") == (1, 1)


@pytest.mark.source("psbridge: bounded memory")
def test_input_queued_for_the_engine_is_counted() -> None:
    outbox, target = Outbox(), UUID(int=7)
    assert outbox.put(Line("Data", target, b"first")) is not None
    for number in range(3):
        assert outbox.put(Line("Data", target, bytes(100 + number))) is None
    assert outbox.size == 303
    outbox.acknowledged(Line("DataAck", target))
    assert outbox.size == 203
    outbox.acknowledged(Line("DataAck", target))
    outbox.acknowledged(Line("DataAck", target))
    assert outbox.size == 0


@pytest.mark.source("engine: PowerShell 7.6.9")
@pytest.mark.parametrize("bad", ["nothing", "cut", "other"])
def test_harmful_messages_are_not_passed_to_the_engine(bad: str) -> None:
    pool = UUID(int=5)
    good = Fragment(1, 0, True, True, bytes(8) + pool.bytes_le + bytes(20)).encode()
    check(good + good, pool)
    with pytest.raises(ValueError, match=r"no PSRP fragment|shorter than|another runspace pool"):
        check({"nothing": b"", "cut": good[:-1], "other": good + good.replace(pool.bytes_le, bytes(16))}[bad], pool)
