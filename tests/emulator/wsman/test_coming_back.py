"""Leaving a shell, losing it, and coming back to it, from the same client and from another one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed
from uuid import UUID

import pytest
import requests
from pypsrp.exceptions import WSManFaultError
from pypsrp.powershell import RunspacePool

from psbridge.emulator.host import OperatorHost
from psbridge.emulator.wsman import names
from psbridge.emulator.wsman.quotas import Quotas
from tests.support.clients.wsman_client import SHELL_URI, emit, pipeline, wsman
from tests.support.hosts.raw_wsman import Client, listing, operation, receive, timeout
from tests.support.hosts.shells import Hand
from tests.support.hosts.wsman_engine import ToyEngine
from tests.support.process.until import LONG, until

COMMANDS = names.SHELL_COMMAND


def opened(host: OperatorHost) -> tuple[RunspacePool, Client]:
    """Return an open pool of pypsrp's and a client of our own in the same session."""
    pool = RunspacePool(wsman(host))
    pool.open()
    return pool, Client(host, session_id=f"uuid:{pool.connection.session_id}".upper().replace("UUID", "uuid"))


def wait_until(written: dict[UUID, int], command: str, count: int) -> None:
    until(lambda: written.get(UUID(command), 0) >= count)


@pytest.mark.source("[MS-WSMV] 3.1.4.17 InternalError for a connected shell", "PowerShell source: ConnectPSSession.cs")
def test_a_shell_in_use_cannot_be_taken_over(host: OperatorHost) -> None:
    pool, _ = opened(host)
    (seen,) = RunspacePool.get_runspace_pools(wsman(host))
    with pytest.raises(WSManFaultError) as in_use:
        seen.connect()
    assert in_use.value.code == 2150859213
    assert pipeline(pool, Count=1).invoke() == ["000000"]


@pytest.mark.source("[MS-WSMV] 3.1.6.5", "[MS-PSRP] 3.1.4.10.2", "[MS-WSMV] 3.1.4.16 a Reconnect when connected")
def test_a_client_continues_its_session_after_a_broken_connection(host: OperatorHost, engine: ToyEngine) -> None:
    pool, _ = opened(host)
    shell = pipeline(pool, Count=5)
    shell.begin_invoke()
    wait_until(engine.written, shell.id, 5)
    pool.connection.transport.close()
    back = wsman(host)
    back.session_id = pool.connection.session_id
    back.reconnect(pool.shell.resource_uri, selector_set=pool.shell._selector_set)
    pool.connection.transport = back.transport
    assert [text[:6] for text in shell.end_invoke()] == [f"{number:06}" for number in range(5)]


@pytest.mark.source("[MS-WSMV] 3.1.4.15 names no check of the client", "psbridge: inferred from that")
def test_another_client_can_disconnect_the_vanished_one_and_take_over(host: OperatorHost, engine: ToyEngine) -> None:
    pool, _ = opened(host)
    shell = pipeline(pool, Count=5)
    shell.begin_invoke()
    wait_until(engine.written, shell.id, 5)
    pool.connection.transport.close()
    (seen,) = RunspacePool.get_runspace_pools(other := wsman(host))
    assert Client(host).ask("disconnect", "<rsp:Disconnect/>", shell_id=pool.id).status == 200
    (seen,) = RunspacePool.get_runspace_pools(other)
    seen.connect()
    (running,) = seen.create_disconnected_power_shells()
    assert [text[:6] for text in running.connect()] == [f"{number:06}" for number in range(5)]


@pytest.mark.source("[MS-WSMV] 3.1.5.6 AutoDisconnect", "[MS-WSMV] 3.1.2 195 s", "[MS-PSRP] 3.1.4.10.3")
def test_the_shell_of_a_vanished_robust_client_can_be_adopted_later(engine: ToyEngine) -> None:
    clock, lines = Hand(), list[str]()
    host = OperatorHost(engine, users={"admin": "secret"}, allow_unencrypted=True, clock=clock, log=lines.append)
    with host:
        pool, client = opened(host)
        shell = pipeline(pool, "Held", Count=1)
        shell.begin_invoke()
        robust = operation("uuid:1", again=False)
        request = client.request("receive", receive(shell.id), headers=robust, shell_id=pool.id)
        with pytest.raises(requests.ReadTimeout):
            client.send(request, timeout=(LONG, 0.1))
        until(lambda: any(" receive " in line and " gone " in line for line in lines))
        engine.go.set()
        wait_until(engine.written, shell.id, 1)
        clock.seconds = 194
        host.reap()
        assert [state.connected for state in host.shells()] == [True]
        clock.seconds = 400
        host.reap()
        assert [state.connected for state in host.shells()] == [False]
        (seen,) = RunspacePool.get_runspace_pools(wsman(host))
        seen.connect()
        (running,) = seen.create_disconnected_power_shells()
        assert running.connect() == ["000000"]


@pytest.mark.source("[MS-WSMV] 3.1.4.15 data is delivered before the Disconnect", "[MS-WSMV] 3.1.4.1.31.7")
def test_a_pending_receive_ends_when_its_client_disconnects(host: OperatorHost) -> None:
    pool, client = opened(host)
    with ThreadPoolExecutor(1) as threads:
        waits = threads.submit(client.ask, "receive", receive(), shell_id=pool.id, headers=timeout("PT20S"))
        other = Client(host, session_id=client.session_id)
        until(lambda: host.requests.get("receive", 0) >= 2)
        assert other.ask("disconnect", "<rsp:Disconnect/>", shell_id=pool.id).status == 200
        reply = waits.result(LONG)
    assert (reply.code, reply.subcode) == (2150859204, "w:InternalError")


@pytest.mark.source("[MS-WSMV] 3.1.4.14", "psbridge: that the newer Receive wins is inferred")
def test_of_two_receives_at_once_the_newer_gets_the_output(host: OperatorHost, engine: ToyEngine) -> None:
    pool, _ = opened(host)
    shell = pipeline(pool, "Held", Count=1)
    shell.begin_invoke()
    with ThreadPoolExecutor(2) as threads:
        replies = [threads.submit(Client(host).ask, "receive", receive(shell.id), shell_id=pool.id) for _ in range(2)]
        older = next(as_completed(replies)).result()
        engine.go.set()
        newer = next(reply for reply in replies if reply.result(LONG) is not older).result()
    assert (older.code, older.subcode) == (995, "w:InternalError")
    assert newer.code == 0
    assert newer.all("Stream")


@pytest.mark.source("[MS-WSMV] 3.1.4.8.2", "capture: test_psrp_disconnected_commands.yml", "DSP0226 8.3")
def test_shells_and_commands_are_listed_with_and_without_a_filter(host: OperatorHost) -> None:
    first, client = opened(host)
    second = RunspacePool(wsman(host))
    second.open()
    shell = pipeline(first, "Wait")
    shell.begin_invoke()
    both = client.ask("enumerate", "<n:Enumerate/>", resource=SHELL_URI).all("ShellId")
    assert {UUID(text) for text in both} == {UUID(first.id), UUID(second.id)}
    one = client.ask("enumerate", listing(first.id), resource=SHELL_URI)
    assert [UUID(text) for text in one.all("ShellId")] == [UUID(first.id)]
    running = client.ask("enumerate", listing(first.id), resource=COMMANDS)
    assert [UUID(text) for text in running.all("CommandId")] == [UUID(shell.id)]
    assert running.all("CommandState") == ["Running"]
    nothing = client.ask("enumerate", listing(second.id), resource=COMMANDS)
    assert (nothing.status, nothing.all("Items")) == (200, [])
    stranger = Client(host, user="other", password="word")
    assert stranger.ask("enumerate", listing(first.id), resource=SHELL_URI).all("ShellId") == []
    assert stranger.ask("enumerate", listing(first.id), resource=COMMANDS).code == 2150858843
    wql = listing(first.id).replace(names.SELECTOR_FILTER, "http://schemas.microsoft.com/wbem/wsman/1/WQL")
    assert client.ask("enumerate", wql, resource=SHELL_URI).subcode == "n:FilterDialectRequestedUnavailable"


@pytest.mark.source("PowerShell docs: OutputBufferingMode Block", "[MS-WSMV] 2.2.5.10")
def test_a_command_halts_while_disconnected_and_continues_afterwards() -> None:
    engine = ToyEngine()
    quotas = Quotas(output_buffer=20_000)
    with OperatorHost(engine, users={"admin": "secret"}, allow_unencrypted=True, quotas=quotas) as host:
        pool, _ = opened(host)
        shell = pipeline(pool, Count=200, Size=1000)
        shell.begin_invoke()
        wait_until(engine.written, shell.id, 10)
        pool.disconnect()
        (left,) = host._service._table.owned(None)
        until(lambda: left.output._queues[UUID(shell.id)].size >= quotas.output_buffer)
        halted = engine.written[UUID(shell.id)]
        assert halted < 30
        assert emit(wsman(host), Count=1) == ["000000"], "other shells go on"
        assert engine.written[UUID(shell.id)] == halted
        pool.connect()
        assert [text[:6] for text in shell.connect()] == [f"{number:06}" for number in range(200)]


@pytest.mark.source("PowerShell docs: OutputBufferingMode Drop", "[MS-PSRP] 3.1.5.3.16 BufferMode")
def test_in_drop_mode_a_command_continues_and_loses_its_oldest_output() -> None:
    engine = ToyEngine()
    quotas = Quotas(output_buffer=20_000)
    with OperatorHost(engine, users={"admin": "secret"}, allow_unencrypted=True, quotas=quotas) as host:
        pool, client = opened(host)
        shell = pipeline(pool, Count=200, Size=1000)
        shell.begin_invoke()
        left = client.ask(
            "disconnect", "<rsp:Disconnect><rsp:BufferMode>Drop</rsp:BufferMode></rsp:Disconnect>", shell_id=pool.id
        )
        assert left.status == 200
        wait_until(engine.written, shell.id, 200)
        get = client.ask("get", resource=SHELL_URI, shell_id=pool.id)
        assert (get.all("BufferMode"), get.all("State")) == (["Drop"], ["Disconnected"])
        assert client.ask("reconnect", shell_id=pool.id).status == 200
        output = [text[:6] for text in shell.end_invoke()]
    assert 0 < len(output) < 40
    assert output[-1] == "000199"
    assert output == sorted(output)
