from __future__ import annotations

import threading
import time
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psbridge.emulator.wsman.answers import ENVELOPE_OVERHEAD, stream_size
from psbridge.emulator.wsman.errors import WSManFault
from psbridge.emulator.wsman.replay import Replay
from psbridge.emulator.wsman.shells import MAX_COMMANDS, PeerGone, Shell, ShellOptions, split_fragments

COMMAND = uuid4()


def fragment(blob: bytes) -> bytes:
    return b"\0" * 17 + len(blob).to_bytes(4, "big") + blob


class Recorder:
    """An engine and a runspace that only note what they are told."""

    name = "recorder"

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []

    def open(self, shell_id: UUID, fragments: bytes, sink: object, *, user: str, configuration: str) -> Recorder:
        return self

    def command(self, command_id: UUID, fragments: bytes) -> None:
        self.calls.append(("command", command_id))

    def send(self, command_id: UUID | None, fragments: bytes, *, stream: str) -> None:
        self.calls.append(("send", command_id, fragments, stream))

    def stop(self, command_id: UUID) -> None:
        self.calls.append(("stop", command_id))

    def close_command(self, command_id: UUID) -> None:
        self.calls.append(("close_command", command_id))

    def connect(self, fragments: bytes) -> bytes:
        return b"connected"

    def close(self) -> None:
        self.calls.append(("close",))


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def shell(recorder: Recorder) -> Shell:
    options = ShellOptions(uuid4(), "uri", "admin", "127.0.0.1", "session", "", 60.0, "stdin pr", "stdout")
    shell = Shell(options, log=print)
    shell.open(recorder, b"")
    return shell


def receive(shell: Shell, command_id: UUID | None, *, size: int = 512_000) -> tuple[list[bytes], bool]:
    return shell.receive(command_id, timeout=0.05, envelope_size=size, alive=lambda: True)


@pytest.mark.source("[MS-PSRP] 2.2.4")
@given(st.lists(st.binary(max_size=40), max_size=8))
def test_fragments_are_cut_where_they_begin(blobs: list[bytes]) -> None:
    fragments = [fragment(blob) for blob in blobs]
    assert split_fragments(b"".join(fragments)) == fragments


@pytest.mark.source("psbridge: what an engine says goes out")
@given(st.binary(max_size=200))
def test_no_byte_is_lost_where_they_are_no_fragments(data: bytes) -> None:
    assert b"".join(split_fragments(data)) == data


@pytest.mark.source("[MS-WSMV] 3.1.4.1.7", "capture: test_client_fetch_file.yml several streams in one answer")
def test_an_answer_takes_what_fits_and_at_least_one(shell: Shell) -> None:
    parts = [fragment(bytes([number]) * 30_000) for number in range(5)]
    shell.data(None, b"".join(parts))
    assert receive(shell, None, size=ENVELOPE_OVERHEAD + 2 * stream_size(parts[0]))[0] == parts[:2]
    assert receive(shell, None, size=8192)[0] == parts[2:3]
    assert receive(shell, None)[0] == parts[3:]


@pytest.mark.source("[MS-WSMV] 3.1.4.14", "capture: test_psrp_receive_failure.yml")
def test_done_is_told_with_the_last_fragment_and_once(shell: Shell) -> None:
    shell.command(COMMAND, b"")
    shell.data(COMMAND, fragment(b"a" * 9000) + fragment(b"b" * 9000))
    shell.done(COMMAND)
    assert receive(shell, COMMAND, size=ENVELOPE_OVERHEAD + 15_000)[1] is False
    assert receive(shell, COMMAND)[1] is True
    with pytest.raises(WSManFault, match="completed execution"):
        receive(shell, COMMAND)


@pytest.mark.source("[MS-WSMV] 3.1.4.14")
def test_a_command_without_output_is_done_by_itself(shell: Shell) -> None:
    shell.command(COMMAND, b"")
    threading.Timer(0.02, shell.done, [COMMAND]).start()
    assert shell.receive(COMMAND, timeout=5, envelope_size=512_000, alive=lambda: True) == ([], True)


@pytest.mark.source("[MS-WSMV] 3.1.4.14 2150858793", "psbridge: nothing is taken out for a client that left")
def test_silence_is_a_timeout_and_a_dead_client_gets_nothing(shell: Shell) -> None:
    with pytest.raises(WSManFault, match="OperationTimeout"):
        receive(shell, None)
    shell.data(None, fragment(b"x"))
    with pytest.raises(PeerGone):
        shell.receive(None, timeout=5, envelope_size=512_000, alive=lambda: False)
    assert receive(shell, None)[0] == [fragment(b"x")]


@pytest.mark.source("[MS-WSMV] 3.1.4.15")
def test_leaving_ends_the_receives_that_wait(shell: Shell) -> None:
    threading.Timer(0.02, shell.disconnect, [None]).start()
    begin = time.monotonic()
    with pytest.raises(WSManFault, match="disconnected"):
        shell.receive(None, timeout=5, envelope_size=512_000, alive=lambda: True)
    assert time.monotonic() - begin < 2
    shell.data(None, fragment(b"kept"))
    shell.reconnect("session")
    assert receive(shell, None)[0] == [fragment(b"kept")]


@pytest.mark.source("[MS-WSMV] 3.1.4.12")
def test_stop_reaches_the_engine_only_while_the_command_runs(shell: Shell, recorder: Recorder) -> None:
    shell.command(COMMAND, b"")
    shell.stop(COMMAND)
    shell.done(COMMAND)
    shell.stop(COMMAND)
    shell.terminate(COMMAND)
    assert recorder.calls == [("command", COMMAND), ("stop", COMMAND), ("close_command", COMMAND)]
    with pytest.raises(WSManFault):
        shell.stop(COMMAND)


@pytest.mark.source("[MS-WSMV] 2.2.4.23 MaxConcurrentCommandsPerShell", "pypsrp: issue 148")
def test_commands_that_are_never_terminated_use_the_shell_up(shell: Shell) -> None:
    for _ in range(MAX_COMMANDS):
        shell.command(uuid4(), b"")
    with pytest.raises(WSManFault, match="commands per shell"):
        shell.command(COMMAND, b"")
    shell.terminate(shell.commands()[0])
    shell.command(COMMAND, b"")
    with pytest.raises(WSManFault, match="in use"):
        shell.command(COMMAND, b"")


@pytest.mark.source("[MS-WSMV] 3.1.4.4.1")
def test_closing_twice_closes_the_pool_once(shell: Shell, recorder: Recorder) -> None:
    shell.close()
    shell.close()
    assert recorder.calls == [("close",)]
    with pytest.raises(WSManFault):
        receive(shell, None)


@pytest.mark.source("psbridge: bounded memory")
def test_old_answers_give_way_to_new_ones() -> None:
    replay = Replay(max_answers=2, max_bytes=10)
    for key in "abc":
        assert replay.begin(key) is None
        replay.end(key, (200, key.encode()))
    assert replay.begin("a") is None
    replay.end("a", None)
    assert replay.begin("c") == (200, b"c")
    assert replay.begin("big") is None
    replay.end("big", (200, b"x" * 100))
    assert replay.begin("big") == (200, b"x" * 100)
    assert replay.begin("c") is None
