"""The complete WSMan service, driven by pypsrp's client."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4
from xml.etree import ElementTree as ET

import pytest
import requests
from pypsrp.exceptions import WSManFaultError
from pypsrp.powershell import PowerShell, RunspacePool

from psbridge.emulator.host import OperatorHost
from psbridge.emulator.wsman import names
from psbridge.emulator.wsman.quotas import Quotas
from tests.support.clients.wsman_client import (
    CONFIG_URI,
    POWERSHELL_URI,
    PROTOCOL,
    SHELL_URI,
    create_body,
    emit,
    envelope,
    pipeline,
    receive_body,
    wsman,
)
from tests.support.fakes.autojump import AutojumpClock
from tests.support.fakes.loopback import Loopback, in_use
from tests.support.hosts.raw_wsman import Client
from tests.support.hosts.shells import Hand
from tests.support.hosts.wsman_engine import ToyEngine
from tests.support.process.until import LONG, until


def post(host: OperatorHost, body: bytes, *, user: str = "admin", password: str = "secret") -> requests.Response:
    return requests.post(host.url, data=body, auth=(user, password), timeout=LONG)


def fault_code(answer: requests.Response) -> int:
    assert answer.status_code == 500
    fault = ET.fromstring(answer.content).find(f".//{{{names.FAULT}}}WSManFault")
    assert fault is not None
    return int(fault.get("Code", 0))


@pytest.mark.source("[MS-PSRP] 3.1.5.3.8", "capture: test_client_fetch_file.yml")
def test_output_arrives_complete_and_in_order(host: OperatorHost) -> None:
    assert [text[:6] for text in emit(wsman(host), Count=3)] == ["000000", "000001", "000002"]
    output = emit(wsman(host), Count=200, Size=5000)
    assert [text[:6] for text in output] == [f"{number:06}" for number in range(200)]
    assert host.requests["receive"] > 4
    assert host.shells() == []


@pytest.mark.source("[MS-WSMV] 3.1.4.1.7")
def test_no_answer_exceeds_the_clients_envelope_size(host: OperatorHost) -> None:
    client = wsman(host)
    sizes: list[int] = []
    send = client.transport._send_request
    client.transport._send_request = lambda *args, **kwargs: sizes.append(len(got := send(*args, **kwargs))) or got
    with RunspacePool(client) as pool:
        pipeline(pool, Count=300, Size=4000).invoke()
    assert 400_000 < max(sizes) <= 512_000


@pytest.mark.source("[MS-WSMV] 3.1.4.14 2150858793", "capture: test_psrp_long_running_cmdlet.yml")
def test_a_silent_command_times_out_with_an_operation_timeout() -> None:
    network = Loopback(AutojumpClock())
    engine = ToyEngine(network.clock)
    how = {"clock": network.clock, "listen": network.listen}
    silent = OperatorHost(engine, users={"a": "b"}, allow_unencrypted=True, **how)
    with in_use(), silent as host, RunspacePool(wsman(host)) as pool:
        shell = pipeline(pool, "Held", Count=1)
        shell.begin_invoke()
        begun = network.clock.passed
        shell.poll_invoke(timeout=20)
        assert shell.output == []
        assert network.clock.passed - begun == pytest.approx(20, abs=1)
        engine.go.set()
        assert [text[:6] for text in shell.end_invoke()] == ["000000"]


@pytest.mark.source("[MS-WSMV] 2.2.4.38 powershell/signal/ctrl_c")
def test_a_running_command_can_be_stopped(host: OperatorHost) -> None:
    with RunspacePool(wsman(host)) as pool:
        shell = pipeline(pool, "Wait")
        shell.begin_invoke()
        shell.stop()
        assert pipeline(pool, Count=1).invoke() == ["000000"]
    assert host.requests["signal"] == 1


@pytest.mark.source("[MS-WSMV] 3.1.4.12", "capture: test_psrp_receive_failure.yml")
def test_a_terminated_command_is_removed(host: OperatorHost) -> None:
    with RunspacePool(wsman(host)) as pool:
        shell = pipeline(pool, Count=1)
        shell.invoke()
        assert fault_code(post(host, envelope("receive", receive_body(shell.id), shell_id=pool.id))) == 2150858843
        shell.close()
        signal = f'<rsp:Signal CommandId="{shell.id}"><rsp:Code>{names.SIGNAL_TERMINATE}</rsp:Code></rsp:Signal>'
        assert fault_code(post(host, envelope("signal", signal, shell_id=pool.id))) == 2150858843


@pytest.mark.source("[MS-WSMV] 3.1.4.15", "[MS-WSMV] 3.1.4.16", "capture: test_psrp_disconnected_commands.yml")
def test_the_same_client_can_disconnect_and_reconnect(host: OperatorHost) -> None:
    with RunspacePool(wsman(host)) as pool:
        shell = pipeline(pool, Count=3)
        shell.begin_invoke()
        pool.disconnect()
        assert [state.connected for state in host.shells()] == [False]
        pool.connect()
        assert [state.connected for state in host.shells()] == [True]
        assert shell.connect() == ["000000", "000001", "000002"]


@pytest.mark.source("[MS-WSMV] 3.1.4.1.31.7", "wsmerror.h: ERROR_WINRS_SHELL_DISCONNECTED")
def test_a_disconnected_shell_takes_no_commands(host: OperatorHost) -> None:
    with RunspacePool(wsman(host)) as pool:
        pool.disconnect()
        assert fault_code(post(host, envelope("receive", receive_body(), shell_id=pool.id))) == 2150859204
        pool.connect()


@pytest.mark.source("[MS-PSRP] 3.1.4.10.2", "[MS-PSRP] 3.1.4.10.3", "capture: test_psrp_disconnect_runspaces.yml")
def test_another_session_cannot_reconnect_but_may_connect(host: OperatorHost) -> None:
    first = RunspacePool(wsman(host))
    first.open()
    shell = pipeline(first, Count=3)
    shell.begin_invoke()
    first.disconnect()
    other = wsman(host)
    with pytest.raises(WSManFaultError) as refused:
        other.reconnect(names.POWERSHELL + "/Microsoft.PowerShell", selector_set=first.shell._selector_set)
    assert refused.value.code == 2150859206
    (adopted,) = RunspacePool.get_runspace_pools(other)
    adopted.connect()
    (running,) = adopted.create_disconnected_power_shells()
    assert running.connect() == ["000000", "000001", "000002"]
    adopted.close()
    assert host.shells() == []


@pytest.mark.source("[MS-WSMV] 3.1.4.1.28")
def test_a_shell_belongs_to_its_user(host: OperatorHost) -> None:
    with RunspacePool(wsman(host)) as pool:
        stranger = wsman(host, username="other", password="word")
        assert RunspacePool.get_runspace_pools(stranger) == []
        answer = post(host, envelope("delete", shell_id=pool.id), user="other", password="word")
        assert fault_code(answer) == 2150858843
        assert [state.owner for state in host.shells()] == ["admin"]


@pytest.mark.source("[MS-WSMV] 2.2.4.42 MaxShellsPerUser", "[MS-WSMV] 3.1.4.5.2.1")
def test_the_shell_quota_is_per_user(engine: ToyEngine) -> None:
    users = {"admin": "secret", "other": "word"}
    with OperatorHost(engine, users=users, allow_unencrypted=True, quotas=Quotas(shells_per_user=2)) as host:
        client = wsman(host)
        pools = [RunspacePool(client), RunspacePool(client)]
        for pool in pools:
            pool.open()
        with pytest.raises(WSManFaultError, match="maximum number of 2 concurrent shells") as refused:
            RunspacePool(client).open()
        assert refused.value.code == 2150859173
        RunspacePool(wsman(host, username="other", password="word")).open()
        pools[0].close()
        RunspacePool(client).open()
        assert len(host.shells()) == 3
    assert engine.closed == 4


@pytest.mark.source("wsmerror.h: ERROR_WSMAN_INVALID_RESOURCE_URI", "pypsrp: issue 47")
def test_an_unknown_configuration_is_not_in_the_catalogue(engine: ToyEngine) -> None:
    names_there = ("Microsoft.PowerShell", "Backup.Operator")
    with OperatorHost(engine, users={"a": "b"}, allow_unencrypted=True, configuration_names=names_there) as host:
        with RunspacePool(wsman(host), configuration_name="backup.operator"):
            pass
        with pytest.raises(WSManFaultError, match="was not found in the WS-Management catalog") as refused:
            RunspacePool(wsman(host), configuration_name="PowerShell.7").open()
        assert refused.value.code == 2150858811
        assert engine.configurations == ["backup.operator"]


@pytest.mark.source(
    "quoted: pywinrm's issue 227, the fault of a resource that is not in the catalogue", "pypsrp: issue 47"
)
def test_a_shell_of_another_kind_is_refused_for_its_kind(engine: ToyEngine) -> None:
    """WinRS's cmd has no creationXml, and this host has no cmd."""
    with OperatorHost(engine, users={"admin": "secret"}, allow_unencrypted=True) as host:
        bare = "<rsp:Shell><rsp:InputStreams>stdin</rsp:InputStreams></rsp:Shell>"
        assert fault_code(post(host, envelope("create", bare, resource=SHELL_URI + "/cmd"))) == 2150858811
        assert fault_code(post(host, envelope("create", bare))) == 2152992672


@pytest.mark.source("pypsrp: WSMan.receive sends a lost request again")
def test_a_repeated_request_gets_the_same_bytes_and_is_carried_out_once(host: OperatorHost) -> None:
    with RunspacePool(wsman(host)) as pool:
        shell = pipeline(pool, Count=50, Size=3000)
        shell.begin_invoke()
        first = envelope("receive", receive_body(shell.id), shell_id=pool.id)
        answers = {post(host, first).content for _ in range(3)}
        assert len(answers) == 1
        other = envelope("receive", receive_body(shell.id), shell_id=pool.id)
        assert post(host, other).content not in answers


@pytest.mark.source("pypsrp: WSMan.receive sends a lost request again")
def test_two_clients_with_one_message_get_one_answer(host: OperatorHost, engine: ToyEngine) -> None:
    with RunspacePool(wsman(host)) as pool:
        shell = pipeline(pool, "Held", Count=1)
        shell.begin_invoke()
        body = envelope("receive", receive_body(shell.id), shell_id=pool.id)
        with ThreadPoolExecutor(4) as threads:
            asked = [threads.submit(post, host, body) for _ in range(4)]
            until(lambda: host.requests.get("receive", 0) >= 5)
            engine.go.set()
            answers = [reply.result(LONG).content for reply in asked]
        assert len(set(answers)) == 1
        assert b"<rsp:Stream " in answers[0]


@pytest.mark.source("psbridge: nothing is taken out for a client that left")
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_a_receive_of_a_closed_connection_consumes_nothing(engine: ToyEngine, tls: bool) -> None:
    host = OperatorHost(engine, users={"admin": "secret"}, tls=tls, allow_unencrypted=True)
    verify = str(host.ca_file) if host.ca_file else True
    with host, RunspacePool(wsman(host)) as pool:
        shell = pipeline(pool, "Held", Count=1)
        shell.begin_invoke()
        body = envelope("receive", receive_body(shell.id), shell_id=pool.id)
        with pytest.raises(requests.ReadTimeout):
            requests.post(host.url, data=body, auth=("admin", "secret"), timeout=(LONG, 0.1), verify=verify)
        engine.go.set()
        assert shell.end_invoke() == ["000000"]


@pytest.mark.source("PowerShell source: WSManPlugin.cs ManagedException")
def test_an_engine_error_gives_a_fault_and_the_shell_stays(host: OperatorHost) -> None:
    with RunspacePool(wsman(host)) as pool:
        with pytest.raises(WSManFaultError) as broken:
            pipeline(pool, "Break").invoke()
        assert broken.value.code == 2152992672
        assert pipeline(pool, Count=1).invoke() == ["000000"]


@pytest.mark.source("[MS-WSMV] 3.1.4.4.1", "capture: test_psrp_is_alive_invalid_selectors.yml")
def test_the_shell_of_a_dead_engine_ends(host: OperatorHost) -> None:
    pool = RunspacePool(wsman(host))
    pool.open()
    shell = pipeline(pool, "Die")
    shell.begin_invoke()
    with pytest.raises(WSManFaultError) as gone:
        shell.end_invoke()
    assert gone.value.code in {995, 2150858843}, "waiting, or coming later"
    assert host.shells() == []


@pytest.mark.source(
    "PowerShell source: WSManPlugin.cs EnsureOptionsComply",
    "[MS-WSMV] appendix B <50>",
    "SOAP 1.2 5.4.8 MustUnderstand",
)
@pytest.mark.parametrize(
    ("action", "headers", "code", "blames"),
    [
        ("create", "<w:OptionSet/>", 2152991687, "s:Receiver"),
        ("create", PROTOCOL.replace("2.3", "3.0"), 2152991685, "s:Receiver"),
        ("create", PROTOCOL.replace("</w:OptionSet>", '<w:Option Name="X" MustComply="true"/></w:OptionSet>'), 0, ""),
        ("get", '<w:OptionSet><w:Option Name="X" MustComply="true"/></w:OptionSet>', 2150858833, "s:Sender"),
        ("get", '<w:OptionSet><w:Option Name="X"/></w:OptionSet>', 0, ""),
        ("get", '<x:New xmlns:x="urn:x" s:mustUnderstand="1"/>', 2150858768, "s:MustUnderstand"),
    ],
)
def test_mandatory_headers_are_honoured_or_refused(
    host: OperatorHost, action: str, headers: str, code: int, blames: str
) -> None:
    resource, body = (CONFIG_URI, "") if action == "get" else (POWERSHELL_URI, create_body())
    reply = Client(host).ask(action, body, resource=resource, headers=headers, message_id="uuid:ASKED")
    assert reply.code == code
    assert reply.header("RelatesTo") == "uuid:ASKED"
    values = [item.text for item in reply.root.iter(f"{{{names.SOAP}}}Value")]
    assert values[:1] == ([blames] if blames else [])


@pytest.mark.source("capture: test_psrp_no_profile.yml", "[MS-WSMV] 2.2.4.37 Locale, DataLocale, ProfileLoaded")
def test_a_shell_has_the_requested_properties(host: OperatorHost) -> None:
    client = wsman(host, locale="de-AT", data_locale="fr-CA")
    with RunspacePool(client, no_profile=True) as pool:
        state = pool.shell._get_shell()
    assert (state["Locale"], state["DataLocale"], state["ProfileLoaded"]) == ("de-AT", "fr-CA", "No")
    assert (state["CompressionMode"], state["BufferMode"], state["Encoding"]) == ("NoCompression", "Block", "UTF8")


@pytest.mark.source("[MS-WSMV] 3.1.5.3 Shell Idle Timeout Timer", "capture: test_psrp_open_runspace.yml 7200 s")
def test_an_idle_shell_is_deleted(engine: ToyEngine) -> None:
    clock = Hand()
    with OperatorHost(engine, users={"a": "b"}, allow_unencrypted=True, clock=clock) as host:
        RunspacePool(wsman(host)).open()
        RunspacePool(wsman(host), idle_timeout=900).open()
        assert sorted(state.idle_timeout for state in host.shells()) == [900, 7200]
        clock.seconds = 901
        host.reap()
        assert [state.idle_timeout for state in host.shells()] == [7200]
        clock.seconds = 7201
        host.reap()
        assert host.shells() == []
        assert engine.closed == 2


@pytest.mark.source("[MS-WSMV] 3.1.4.2.1", "capture: test_wsman_update_envelope_size_500.yml")
def test_service_and_shell_can_be_read(host: OperatorHost) -> None:
    client = wsman(host)
    client.update_max_payload_size()
    assert client.max_envelope_size == 512_000
    with RunspacePool(client, idle_timeout=900) as pool:
        assert pool.is_alive()
        state = pool.shell._get_shell()
        assert state["State"] == "Connected"
        assert state["IdleTimeOut"] == "PT900.000S"
        assert state["Owner"] == "admin"
        assert UUID(state["ShellId"]) == UUID(pool.id)
    assert fault_code(post(host, envelope("get", resource=SHELL_URI, shell_id=uuid4()))) == 2150858843
    assert fault_code(post(host, envelope("get", resource=CONFIG_URI + "/nonsense"))) == 2150858811


@pytest.mark.source("capture: test_psrp_receive_failure.yml", "capture: test_psrp_is_alive_invalid_selectors.yml")
def test_an_unknown_command_id_is_refused(host: OperatorHost) -> None:
    with RunspacePool(wsman(host)) as pool:
        assert fault_code(post(host, envelope("receive", receive_body(uuid4()), shell_id=pool.id))) == 2150858843
        send = f'<rsp:Send><rsp:Stream Name="stdin" CommandId="{uuid4()}">AAAA</rsp:Stream></rsp:Send>'
        assert fault_code(post(host, envelope("send", send, shell_id=pool.id))) == 2150858843
    assert fault_code(post(host, envelope("receive", receive_body(), shell_id=uuid4()))) == 2150858843


IN_SHELL = {
    "command": "<rsp:CommandLine><rsp:Command/><rsp:Arguments>AAAA</rsp:Arguments></rsp:CommandLine>",
    "send": '<rsp:Send><rsp:Stream Name="stdin">AAAA</rsp:Stream></rsp:Send>',
    "receive": receive_body(),
    "signal": f'<rsp:Signal CommandId="{uuid4()}"><rsp:Code>{names.SIGNAL_TERMINATE}</rsp:Code></rsp:Signal>',
    "disconnect": "<rsp:Disconnect/>",
    "reconnect": "",
    "connect": f'<rsp:Connect CommandId="{uuid4()}"/>',
    "delete": "",
}


@pytest.mark.source("[MS-PSRP] 3.1.5.3.2 (which fault another address gets is inferred)")
@pytest.mark.parametrize("action", IN_SHELL)
def test_a_shell_is_reachable_by_its_own_resource_uri_only(engine: ToyEngine, action: str) -> None:
    names_there = ("Microsoft.PowerShell", "Backup.Operator")
    with (
        OperatorHost(
            engine, users={"admin": "secret"}, allow_unencrypted=True, configuration_names=names_there
        ) as host,
        RunspacePool(wsman(host)) as pool,
    ):
        for resource, code in (
            (f"{names.POWERSHELL}/Backup.Operator", 2150858843),
            (f"{names.POWERSHELL}/PowerShell.7", 2150858811),
            (CONFIG_URI, 2150858811),
            ("", 2150858811),
        ):
            data = envelope(action, IN_SHELL[action], resource=resource, shell_id=pool.id)
            assert fault_code(post(host, data)) == code, resource
        assert len(host.shells()) == 1


@pytest.mark.source("quoted: administrators' Remove-WSManInstance -ResourceURI shell")
def test_a_shell_can_be_deleted_from_the_list_of_all(host: OperatorHost) -> None:
    pool = RunspacePool(wsman(host))
    pool.open()
    assert post(host, envelope("delete", resource=SHELL_URI, shell_id=pool.id)).status_code == 200
    assert host.shells() == []


@pytest.mark.source("wsmerror.h: ERROR_WINRS_SHELL_CLIENTID_RESOURCE_CONFLICT")
def test_a_shell_id_can_be_used_once(host: OperatorHost) -> None:
    with RunspacePool(wsman(host)) as pool:
        twin = RunspacePool(wsman(host))
        twin.id = twin.shell.id = pool.id
        with pytest.raises(WSManFaultError) as taken:
            twin.open()
        assert taken.value.code == 2150859223


@pytest.mark.source("[MS-WSMV] 3.1.4.1.5", "RFC 9110 6.6.1 Date")
def test_every_answer_names_the_message_that_it_answers_and_the_hosts_time(host: OperatorHost) -> None:
    answer = post(host, envelope("get", resource=CONFIG_URI, message_id="uuid:ABC"))
    related = ET.fromstring(answer.content).findtext(f".//{{{names.ADDRESSING}}}RelatesTo")
    assert related == "uuid:ABC"
    assert answer.headers["Date"].endswith("GMT")


@pytest.mark.source("psbridge: many shells at once")
def test_fifty_shells_at_once_get_their_own_output(engine: ToyEngine) -> None:
    with OperatorHost(engine, users={"a": "b"}, allow_unencrypted=True, quotas=Quotas(shells_per_user=50)) as host:
        barrier = threading.Barrier(50)

        def one(number: int) -> bool:
            with RunspacePool(wsman(host)) as pool:
                barrier.wait(LONG)
                return pipeline(pool, Count=number + 1).invoke() == [f"{item:06}" for item in range(number + 1)]

        with ThreadPoolExecutor(50) as threads:
            assert all(threads.map(one, range(50)))
        assert host.shells() == []
        assert engine.closed == 50


@pytest.mark.source("psbridge: the host ends with all that it has")
def test_closing_the_host_ends_shells_and_waiting_clients(engine: ToyEngine) -> None:
    host = OperatorHost(engine, users={"a": "b"}, allow_unencrypted=True)
    pool = RunspacePool(wsman(host))
    pool.open()
    shell: PowerShell = pipeline(pool, "Wait")
    shell.begin_invoke()
    failed = threading.Event()

    def wait_for_ever() -> None:
        try:
            shell.end_invoke()
        except Exception:
            failed.set()

    waiting = threading.Thread(target=wait_for_ever)
    waiting.start()
    host.close()
    host.close()
    waiting.join(LONG)
    assert failed.is_set()
    assert engine.closed == 1
    with pytest.raises(requests.ConnectionError):
        requests.get(host.url, timeout=LONG)


@pytest.mark.source("psbridge: refused before anything changes")
@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"auth": ("basic",)}, "password unencrypted"),
        ({"auth": ("digest",)}, "not digest"),
        ({"auth": ()}, "not nothing"),
        ({"bind": "0.0.0.0"}, "needs TLS"),
        ({"users": {}}, "at least one user"),
        ({"users": {"a:b": "c"}}, "no colon"),
        ({"faults": ["nonsense"]}, "unknown action"),
    ],
)
def test_invalid_host_options_are_refused(engine: ToyEngine, options: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        OperatorHost(engine, **{"users": {"a": "b"}, **options})


@pytest.mark.source("psbridge: the log")
def test_each_request_leaves_one_line_in_the_log(engine: ToyEngine) -> None:
    lines: list[str] = []
    host = OperatorHost(engine, users={"b": "b"}, allow_unencrypted=True, log=lines.append)
    with host, RunspacePool(wsman(host)) as pool:
        shell = pool.id.casefold()
    fields = [line.split() for line in lines]
    assert [row[2:6] for row in fields] == [["b", action, shell, "200"] for action in ("create", "receive", "delete")]
    assert all(re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", row[0]) for row in fields)
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+", row[1]) and re.fullmatch(r"\d+\.\dms", row[6]) for row in fields)
    assert {len(row) for row in fields} == {7}
