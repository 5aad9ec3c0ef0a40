"""One shell: commands, signals, leaving and coming back, on a clock that is set by hand."""

from __future__ import annotations

from uuid import uuid4

import pytest

from psbridge.emulator.clock import SYSTEM
from psbridge.emulator.wsman.errors import WSManFault
from psbridge.emulator.wsman.quotas import Quotas
from psbridge.emulator.wsman.service import Repeated, Replay
from tests.support.hosts.shells import Opened, fragment


@pytest.fixture
def opened() -> Opened:
    return Opened()


@pytest.mark.source("[MS-WSMV] 3.1.4.12")
def test_stop_reaches_the_engine_only_while_the_command_runs(opened: Opened) -> None:
    command = opened.command()
    opened.shell.stop(command)
    opened.shell.done(command)
    opened.shell.stop(command)
    opened.shell.terminate(command)
    assert opened.engine.calls == [("command", command), ("stop", command), ("close_command", command)]
    with pytest.raises(WSManFault, match="completed execution"):
        opened.shell.stop(command)


@pytest.mark.source("[MS-WSMV] 2.2.4.23 MaxConcurrentCommandsPerShell", "pypsrp: issue 148")
def test_unterminated_commands_exhaust_the_shells_quota() -> None:
    opened = Opened(Quotas(commands_per_shell=3))
    first, _, _ = (opened.command() for _ in range(3))
    opened.shell.done(first)
    with pytest.raises(WSManFault, match="commands per shell") as full:
        opened.command()
    assert (full.value.code, full.value.subcode) == (2150859241, "w:InternalError")
    opened.shell.terminate(first)
    opened.command()


@pytest.mark.source("wsmerror.h: ERROR_WINRS_SHELLCOMMAND_CLIENTID_RESOURCE_CONFLICT")
def test_a_command_id_can_be_used_once(opened: Opened) -> None:
    with pytest.raises(WSManFault, match="already exists") as taken:
        opened.shell.command(opened.command(), b"")
    assert taken.value.code == 2150859222


@pytest.mark.source("[MS-WSMV] 3.1.4.4.1")
def test_closing_twice_closes_the_pool_once(opened: Opened) -> None:
    opened.shell.close()
    opened.shell.close()
    assert opened.engine.calls == [("close",)]
    with pytest.raises(WSManFault):
        opened.receive()


@pytest.mark.source("[MS-WSMV] 3.1.4.1.31.7", "capture: test_psrp_is_alive_state_disconnected.yml for Get")
def test_a_disconnected_shell_can_only_be_reconnected_or_deleted(opened: Opened) -> None:
    command = opened.command()
    opened.shell.disconnect(None, drop=None)
    opened.shell.disconnect(None, drop=None)  # the second is one of the four that are not rejected
    refused = [
        lambda: opened.receive(),
        lambda: opened.receive(command),
        lambda: opened.shell.send(command, b"", "stdin"),
        lambda: opened.shell.stop(command),
        lambda: opened.shell.terminate(command),
        lambda: opened.shell.command(uuid4(), b""),
    ]
    for act in refused:
        with pytest.raises(WSManFault, match="currently disconnected") as fault:
            act()
        assert (fault.value.code, fault.value.subcode, fault.value.blames) == (
            2150859204,
            "w:InternalError",
            "Receiver",
        )
    assert opened.shell.state(1).connected is False


@pytest.mark.source("[MS-WSMV] 3.1.4.16")
def test_a_reconnect_needs_the_same_session_and_is_harmless_when_connected(opened: Opened) -> None:
    opened.shell.reconnect("session", drop=None)
    opened.shell.disconnect(None, drop=None)
    opened.shell.data(None, fragment(b"kept"))
    with pytest.raises(WSManFault, match="connected to a different client") as other:
        opened.shell.reconnect("another", drop=None)
    assert (other.value.code, other.value.subcode) == (2150859206, "w:InternalError")
    opened.shell.reconnect("session", drop=None)
    assert opened.receive().fragments == [fragment(b"kept")]


@pytest.mark.source("[MS-WSMV] 3.1.4.17", "PowerShell source: WSManNativeAPI.cs ERROR_WSMAN_INUSE_CANNOT_RECONNECT")
def test_only_a_disconnected_shell_can_be_connected_to(opened: Opened) -> None:
    with pytest.raises(WSManFault, match="currently connected to a different client") as in_use:
        opened.shell.adopt("another", b"", drop=None)
    assert in_use.value.code == 2**32 - 2144108083
    opened.shell.disconnect(None, drop=None)
    assert opened.shell.adopt("another", b"", drop=None) == b"connected"
    opened.shell.disconnect(None, drop=None)
    with pytest.raises(WSManFault):
        opened.shell.reconnect("session", drop=None)  # it is another's by now
    opened.shell.reconnect("another", drop=None)


@pytest.mark.source("[MS-WSMV] 3.1.4.15 the client must supply the ShellId")
def test_a_shell_with_a_server_chosen_id_cannot_be_disconnected() -> None:
    opened = Opened(given={"can_leave": False})
    with pytest.raises(WSManFault, match="does not support disconnect"):
        opened.shell.disconnect(None, drop=None)
    assert opened.shell.state(1).connected


@pytest.mark.source("[MS-WSMV] 3.1.5.3", "[MS-WSMV] 2.2.4.37 IdleTimeOut")
def test_a_shell_is_idle_from_the_end_of_its_last_request(opened: Opened) -> None:
    opened.clock.seconds = 59
    assert not opened.shell.expired()
    opened.shell.enter()
    opened.clock.seconds = 500
    assert not opened.shell.expired(), "a request runs"
    assert opened.shell.state(1).inactivity == 0
    opened.shell.leave()
    opened.clock.seconds = 560
    assert not opened.shell.expired()
    opened.clock.seconds = 560.1
    assert opened.shell.expired()
    assert opened.shell.state(1).run_time == 560.1


@pytest.mark.source("[MS-PSRP] 3.1.5.3.16 IdleTimeout overrides", "PowerShell docs: WSMAN_SHELL_DISCONNECT_INFO")
def test_a_disconnect_can_change_the_idle_timeout(opened: Opened) -> None:
    opened.shell.disconnect(900.0, drop=None)
    opened.clock.seconds = 800
    assert not opened.shell.expired()
    assert opened.shell.state(1).idle_timeout == 900
    opened.clock.seconds = 901
    assert opened.shell.expired()


@pytest.mark.source("[MS-WSMV] 3.1.6.5 idle, not disconnected")
def test_the_shell_of_a_vanished_client_stays_its_own(opened: Opened) -> None:
    opened.clock.seconds = 59
    opened.shell.leave_if_lost()
    assert opened.shell.state(1).connected
    with pytest.raises(WSManFault):
        opened.shell.adopt("another", b"", drop=None)


@pytest.mark.source(
    "[MS-WSMV] 3.1.2 Response Retention Timer", "[MS-WSMV] 3.1.5.6 AutoDisconnect", "psbridge: inferred"
)
def test_a_vanished_robust_client_is_disconnected_after_195_seconds() -> None:
    opened = Opened(given={"idle_timeout": 7200.0})
    opened.shell.enter()
    opened.shell.lose()
    opened.shell.leave()
    opened.clock.seconds = 194.9
    opened.shell.leave_if_lost()
    assert opened.shell.state(1).connected
    opened.clock.seconds = 195.0
    opened.shell.leave_if_lost()
    assert not opened.shell.state(1).connected
    assert opened.shell.adopt("another", b"", drop=None) == b"connected"


@pytest.mark.source("[MS-WSMV] 3.1.4.1.39 the timer is suspended by a retransmission")
def test_a_robust_client_that_returns_in_time_stays_connected() -> None:
    opened = Opened(given={"idle_timeout": 7200.0})
    opened.shell.lose()
    opened.shell.enter()
    opened.shell.leave()
    opened.clock.seconds = 1000
    opened.shell.leave_if_lost()
    assert opened.shell.state(1).connected


@pytest.mark.source("psbridge: bounded memory")
def test_old_answers_are_dropped_for_new_ones() -> None:
    replay = Replay(SYSTEM, max_answers=2, max_bytes=10)
    for key in "abc":
        assert replay.begin(key) is None
        replay.end(key, (200, key.encode()))
    assert replay.begin("a") is None
    replay.end("a", None)
    assert replay.begin("c") == (200, b"c")
    with pytest.raises(Repeated):
        replay.begin("c", new=True)
    assert replay.begin("big") is None
    with pytest.raises(Repeated):
        replay.begin("big", new=True)
    replay.end("big", (200, b"x" * 100))
    assert replay.begin("big") == (200, b"x" * 100)
    assert replay.begin("c") is None
