"""What waits to be fetched: in order, whole, bounded."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psbridge.emulator.wsman.answers import ENVELOPE_OVERHEAD, stream_size
from psbridge.emulator.wsman.errors import WSManFault
from psbridge.emulator.wsman.quotas import MIN_ENVELOPE, Quotas
from psbridge.emulator.wsman.shell_output import OutputQueue, PeerGone, Taken, split_fragments
from tests.support.hosts.shells import END, START, Opened, fragment
from tests.support.process.until import LONG, until

HOST_CALL = (0x00041100).to_bytes(4, "little")


@pytest.fixture
def opened() -> Opened:
    return Opened()


@pytest.mark.source("[MS-PSRP] 2.2.4")
@given(st.lists(st.binary(max_size=40), max_size=8))
def test_output_is_split_at_fragment_boundaries(blobs: list[bytes]) -> None:
    fragments = [fragment(blob) for blob in blobs]
    assert split_fragments(b"".join(fragments)) == fragments


@pytest.mark.source("psbridge: what an engine says goes out")
@given(st.binary(max_size=200))
def test_output_that_is_not_fragments_is_complete(data: bytes) -> None:
    assert b"".join(split_fragments(data)) == data
    output = OutputQueue()
    output.put(data)
    assert output.size == len(data)
    output.drop_oldest(0)


@pytest.mark.source("[MS-WSMV] 3.1.4.1.7", "capture: test_client_fetch_file.yml several streams in one answer")
def test_an_answer_contains_as_much_as_fits(opened: Opened) -> None:
    parts = [fragment(bytes([number]) * 32_747) for number in range(5)]
    opened.shell.data(None, b"".join(parts))
    assert opened.receive(size=ENVELOPE_OVERHEAD + 2 * stream_size(parts[0])).fragments == parts[:2]
    assert opened.receive(size=ENVELOPE_OVERHEAD + 2 * stream_size(parts[0]) - 1).fragments == parts[2:3]
    assert opened.receive().fragments == parts[3:]


@pytest.mark.source("quoted: OMI's tests, WSManPluginReceiveResult and ERROR_WSMAN_MAX_ENVELOPE_SIZE_EXCEEDED")
def test_an_oversized_fragment_gets_a_fault_and_waits_for_a_larger_envelope(opened: Opened) -> None:
    command = opened.command()
    opened.shell.data(command, fragment(b"x" * 8000))
    with pytest.raises(WSManFault, match="error code -2144108472 occurred") as refused:
        opened.receive(command, size=MIN_ENVELOPE)
    assert (refused.value.code, refused.value.subcode) == (2152992672, "w:InternalError")
    assert opened.receive(command, size=20_000).fragments == [fragment(b"x" * 8000)]


@pytest.mark.source("[MS-WSMV] 3.1.4.14", "capture: test_psrp_receive_failure.yml")
def test_done_is_sent_once_with_the_last_fragment(opened: Opened) -> None:
    command = opened.command()
    opened.shell.data(command, fragment(b"a" * 9000) + fragment(b"b" * 9000))
    opened.shell.done(command)
    assert opened.receive(command, size=ENVELOPE_OVERHEAD + 15_000).done is False
    assert opened.receive(command).done is True
    with pytest.raises(WSManFault, match="completed execution"):
        opened.receive(command)


@pytest.mark.source("[MS-WSMV] 3.1.4.14")
def test_a_command_without_output_is_done(opened: Opened) -> None:
    command = opened.command()
    threading.Timer(0.01, opened.shell.done, [command]).start()
    assert opened.receive(command, timeout=LONG) == Taken([], done=True)


@pytest.mark.source("capture: test_psrp_pshost_ui_mocked_methods.yml CommandState/Pending")
def test_a_command_that_waits_for_an_answer_to_its_host_call_is_pending(opened: Opened) -> None:
    command = opened.command()
    call = fragment(b"\1\0\0\0" + HOST_CALL + bytes(40), flags=START) + fragment(b"rest", flags=END)
    opened.shell.data(command, fragment(bytes(48)) + call)
    assert opened.receive(command).pending
    opened.shell.data(command, fragment(bytes(48)))
    assert not opened.receive(command).pending
    opened.shell.data(command, call)
    opened.shell.done(command)
    assert opened.receive(command) == Taken(split_fragments(call), done=True, pending=False)


@pytest.mark.source("[MS-WSMV] 3.1.4.14 2150858793", "psbridge: nothing is taken out for a client that left")
def test_silence_times_out_and_a_closed_connection_gets_nothing(opened: Opened) -> None:
    with pytest.raises(WSManFault, match="OperationTimeout") as silent:
        opened.receive()
    assert silent.value.code == 2150858793
    opened.shell.data(None, fragment(b"x"))
    with pytest.raises(PeerGone):
        opened.shell.output.receive(None, timeout=LONG, envelope_size=512_000, alive=lambda: False)
    assert opened.receive().fragments == [fragment(b"x")]


def waiting(opened: Opened, pool: ThreadPoolExecutor, command: UUID | None = None) -> Future[Taken]:
    """Let a Receive wait in a thread; return its future once it does."""
    before = opened.shell.output._queues[command].newest
    future = pool.submit(opened.receive, command, timeout=LONG)
    until(lambda: opened.shell.output._queues[command].newest != before)
    return future


@pytest.mark.source("[MS-WSMV] 3.1.4.15")
def test_disconnecting_ends_pending_receives_and_keeps_later_output(opened: Opened) -> None:
    with ThreadPoolExecutor(1) as pool:
        future = waiting(opened, pool)
        opened.shell.disconnect(None, drop=None)
        with pytest.raises(WSManFault, match="disconnected"):
            future.result(LONG)
    opened.shell.data(None, fragment(b"kept"))
    opened.shell.reconnect("session", drop=None)
    assert opened.receive().fragments == [fragment(b"kept")]


@pytest.mark.source("[MS-WSMV] 3.1.4.14 only one Receive at a time", "psbridge: that the newer one wins is inferred")
def test_of_two_receives_for_one_command_the_newer_gets_the_output(opened: Opened) -> None:
    with ThreadPoolExecutor(2) as pool:
        older = waiting(opened, pool)
        newer = waiting(opened, pool)
        with pytest.raises(WSManFault, match="aborted") as ended:
            older.result(LONG)
        assert ended.value.code == 995
        opened.shell.data(None, fragment(b"once"))
        assert newer.result(LONG).fragments == [fragment(b"once")]


@pytest.mark.source(
    "quoted: issues of Bolt's and sig-windows-dev-tools, 995 of a host that restarts", "psbridge: inferred"
)
@pytest.mark.parametrize("how", ["close", "died", "terminate"])
def test_a_pending_receive_is_aborted_when_its_shell_or_command_ends(opened: Opened, how: str) -> None:
    command = opened.command()
    with ThreadPoolExecutor(1) as pool:
        future = waiting(opened, pool, command)
        match how:
            case "close":
                opened.shell.close()
            case "died":
                opened.shell.died("it was told to")
            case _:
                opened.shell.terminate(command)
        with pytest.raises(WSManFault, match="aborted") as ended:
            future.result(LONG)
    assert (ended.value.code, ended.value.subcode) == (995, "w:InternalError")
    with pytest.raises(WSManFault) as later:
        opened.receive(command)
    assert later.value.code == 2150858843


@pytest.mark.source("[MS-WSMV] 3.1.4.14 a Receive for the shell and one for a command")
def test_receives_for_different_commands_are_independent(opened: Opened) -> None:
    command = opened.command()
    with ThreadPoolExecutor(2) as pool:
        of_pool, of_command = waiting(opened, pool), waiting(opened, pool, command)
        opened.shell.data(command, fragment(b"command"))
        opened.shell.data(None, fragment(b"pool"))
        assert of_pool.result(LONG).fragments == [fragment(b"pool")]
        assert of_command.result(LONG).fragments == [fragment(b"command")]


@pytest.mark.source("PowerShell docs: OutputBufferingMode Block", "[MS-WSMV] 2.2.5.10 Block")
def test_a_command_with_a_full_buffer_waits_and_others_continue() -> None:
    opened = Opened(Quotas(output_buffer=100))
    talker, other = opened.command(), opened.command()
    said: list[int] = []

    def talk() -> None:
        for number in range(6):
            opened.shell.wait_for_room(talker)
            said.append(number)
            opened.shell.data(talker, fragment(b"x" * 29))

    speaker = threading.Thread(target=talk)
    speaker.start()
    opened.shell.wait_for_room(other)
    taken: list[bytes] = []
    while len(taken) < 6:
        got = opened.receive(talker, timeout=LONG)
        assert len(got.fragments) <= 2, "no more than the buffer holds"
        taken += got.fragments
    speaker.join(LONG)
    assert said == list(range(6))


@pytest.mark.source("[MS-WSMV] 3.1.4.12", "[MS-WSMV] 3.1.4.4.1", "psbridge: a full buffer holds nothing up for ever")
@pytest.mark.parametrize("how", ["stop", "terminate", "close", "died"])
def test_an_ending_command_is_not_halted(how: str) -> None:
    opened = Opened(Quotas(output_buffer=10))
    command = opened.command()
    opened.shell.data(command, fragment(b"x" * 20))
    with ThreadPoolExecutor(1) as pool:
        blocked = pool.submit(opened.shell.wait_for_room, command)
        match how:
            case "stop":
                opened.shell.stop(command)
            case "terminate":
                opened.shell.terminate(command)
            case "close":
                opened.shell.close()
            case _:
                opened.shell.died("it was told to")
        assert blocked.result(LONG) is None, "it came back"


@pytest.mark.source(
    "PowerShell docs: OutputBufferingMode Drop", "[MS-WSMV] 2.2.5.10 Drop", "[MS-PSRP] 3.1.5.3.16 BufferMode"
)
def test_a_shell_in_drop_mode_loses_its_oldest_messages() -> None:
    opened = Opened(Quotas(output_buffer=120))
    command = opened.command()
    halves = [fragment(b"a" * 9, flags=START), fragment(b"b" * 9, flags=END)]
    opened.shell.data(command, halves[0])
    assert opened.receive(command).fragments == halves[:1]
    opened.shell.data(command, halves[1])
    opened.shell.disconnect(None, drop=True)
    assert opened.shell.state(1).drop
    for number in range(20):
        opened.shell.wait_for_room(command)
        opened.shell.data(command, fragment(b"%02d-" % number + b"x" * 6, flags=START) + fragment(b"y" * 9, flags=END))
    opened.shell.done(command)
    opened.shell.reconnect("session", drop=None)
    taken = opened.receive(command)
    assert taken.fragments[0] == halves[1], "the message that the client has begun to read is made whole"
    assert [part[21:23] for part in taken.fragments[1::2]] == [b"19"]
    assert taken.done


@pytest.mark.source("PowerShell docs: OutputBufferingMode", "psbridge: Drop is for shells that nobody is connected to")
def test_a_connected_shell_never_drops() -> None:
    opened = Opened(Quotas(output_buffer=50))
    opened.shell.disconnect(None, drop=True)
    opened.shell.reconnect("session", drop=None)
    command = opened.command()
    opened.shell.data(command, fragment(b"x" * 100) + fragment(b"y" * 100))
    assert len(opened.receive(command).fragments) == 2


@pytest.mark.source("psbridge: bounded memory")
def test_a_pool_with_unfetched_answers_accepts_no_more_input() -> None:
    opened = Opened(Quotas(output_buffer=50))
    opened.shell.data(None, fragment(b"x" * 100))
    with pytest.raises(WSManFault, match="not enough resources"):
        opened.shell.send(None, b"question", "stdin")
    opened.receive()
    opened.shell.send(None, b"question", "stdin")
    assert opened.engine.calls == [("send", None, b"question", "stdin")]
