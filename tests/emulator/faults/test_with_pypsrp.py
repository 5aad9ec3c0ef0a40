"""Each effect of `--fault`, as a client meets it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
import requests
from pypsrp.exceptions import AuthenticationError, WinRMTransportError, WSManFaultError
from pypsrp.powershell import RunspacePool

from psbridge.emulator.host import OperatorHost
from tests.support.clients.wsman_client import CONFIG_URI, emit, envelope, pipeline, raw_exchange, receive_body, wsman
from tests.support.fakes.autojump import AutojumpClock
from tests.support.fakes.loopback import Loopback, in_use
from tests.support.hosts.wsman_engine import ToyEngine
from tests.support.process.until import until

pytestmark = pytest.mark.source("psbridge: --fault")

GET = envelope("get", resource=CONFIG_URI)


@contextmanager
def faulty(*rules: str, **options: Any) -> Iterator[OperatorHost]:
    options.setdefault("allow_unencrypted", True)
    clock = options.setdefault("clock", AutojumpClock())
    options["listen"] = Loopback(clock).listen
    host = OperatorHost(ToyEngine(clock), users={"admin": "secret"}, faults=rules, **options)
    with in_use(), host:
        yield host


def post(host: OperatorHost, body: bytes = GET, *, timeout: float = 5) -> requests.Response:
    return requests.post(host.url, data=body, auth=("admin", "secret"), timeout=timeout)


def test_reset_before_loses_the_request() -> None:
    with faulty("create:1:reset-before") as host:
        with pytest.raises(requests.ConnectionError):
            RunspacePool(wsman(host)).open()
        assert host.shells() == []
        assert host.requests["create"] == 1


def test_reset_after_loses_only_the_answer() -> None:
    with faulty("create:1:reset-after") as host:
        with pytest.raises(requests.ConnectionError):
            RunspacePool(wsman(host)).open()
        assert len(host.shells()) == 1


def test_a_lost_answer_is_repeated_for_the_same_message() -> None:
    with faulty("receive:3:reset-after") as host, RunspacePool(wsman(host)) as pool:
        shell = pipeline(pool, Count=300, Size=3000)
        shell.begin_invoke()
        shell.poll_invoke()
        again = envelope("receive", receive_body(shell.id), shell_id=pool.id)
        with pytest.raises(requests.ConnectionError):
            post(host, again)
        assert b"<rsp:Stream " in post(host, again).content


def test_faults_apply_under_encryption_and_tls() -> None:
    with (
        faulty("receive:1:reset-after", allow_unencrypted=False) as host,
        pytest.raises(requests.ConnectionError),
    ):
        emit(wsman(host, "ntlm"), Count=1)
    with faulty("receive:1:reset-after", tls=True) as host, pytest.raises(requests.ConnectionError):
        emit(wsman(host, "negotiate"), Count=1)


def test_cut_ends_the_answer_after_n_bytes() -> None:
    with faulty("get:1:cut=50", "get:2:cut=600") as host:
        head = f"POST /wsman HTTP/1.1\r\nHost: x\r\nAuthorization: Basic YWRtaW46c2VjcmV0\r\nContent-Length: {len(GET)}\r\n\r\n"
        assert len(raw_exchange(host, head.encode() + GET)) == 50
        with pytest.raises(requests.RequestException):
            post(host, envelope("get", resource=CONFIG_URI))
        assert post(host).status_code == 200


def test_delay_holds_the_request_back() -> None:
    clock = AutojumpClock()
    with faulty("get:2:delay=4.5", clock=clock) as host:
        times = []
        for _ in range(3):
            begin = clock.passed
            assert post(host, envelope("get", resource=CONFIG_URI)).status_code == 200
            times.append(clock.passed - begin)
        assert times == pytest.approx([0, 4.5, 0], abs=0.1)


def test_drip_sends_the_whole_answer_slowly() -> None:
    clock = AutojumpClock()
    with faulty("get:1:drip=80", clock=clock) as host:
        answer = post(host)
        assert answer.status_code == 200
        assert answer.content.endswith(b"</s:Envelope>")
        assert clock.passed == pytest.approx(len(answer.content) / 80, rel=0.5), "its head takes time as well"


@pytest.mark.parametrize(("effect", "shells"), [("never", 1), ("never-before", 0)])
def test_never_leaves_the_client_waiting(effect: str, shells: int) -> None:
    with faulty(f"create:1:{effect}") as host:
        with pytest.raises(requests.ReadTimeout):
            RunspacePool(wsman(host, read_timeout=20)).open()
        until(lambda: len(host.shells()) == shells)  # the host may still be at it


@pytest.mark.parametrize("code", [400, 403, 500, 503])
def test_a_bare_status_comes_instead_of_the_answer(code: int) -> None:
    with faulty(f"command:1:{code}") as host, RunspacePool(wsman(host)) as pool:
        with pytest.raises(WinRMTransportError) as refused:
            pipeline(pool, Count=1).invoke()
        assert refused.value.code == code
        assert pipeline(pool, Count=1).invoke() == ["000000"]


@pytest.mark.parametrize("effect", ["503", "fault=5", "delay=0.01"])
def test_sealing_works_after_a_fault(effect: str) -> None:
    with faulty(f"get:2:{effect}", allow_unencrypted=False) as host:
        client = wsman(host, "ntlm")
        client.get_server_config()
        with suppress(WinRMTransportError, WSManFaultError):
            client.get_server_config()
        assert client.get_server_config() is not None


def test_a_401_in_mid_session_forgets_the_login() -> None:
    with faulty("get:2:401") as host, requests.Session() as session:
        session.auth = ("admin", "secret")
        codes = [session.post(host.url, data=envelope("get", resource=CONFIG_URI)).status_code for _ in range(3)]
        assert codes == [200, 401, 200]
    with faulty("receive:2:401", tls=True) as host:  # over TLS pypsrp logs in again and sends the request again
        assert emit(wsman(host, "negotiate"), Count=1) == ["000000"]
        assert host.requests["receive"] == 3
    with faulty("receive:2:401", allow_unencrypted=False) as host, pytest.raises(WinRMTransportError) as dead:
        emit(wsman(host, "ntlm"), Count=1)  # sealed for the login that is gone
    assert dead.value.code == 400
    with faulty("receive:2:401") as host, pytest.raises(AuthenticationError):
        emit(wsman(host), Count=1)


def test_a_fault_can_have_any_code() -> None:
    with faulty("create:1:fault=2150859173") as host:
        with pytest.raises(WSManFaultError) as refused:
            RunspacePool(wsman(host)).open()
        assert refused.value.code == 2150859173
        assert host.shells() == []


def test_garbage_is_not_xml() -> None:
    with faulty("get:1:garbage") as host:
        answer = post(host)
        assert answer.status_code == 200
        assert b"\xff" in answer.content
        assert "xml" not in answer.headers["Content-Type"]


def test_dropped_shells_are_unknown() -> None:
    with faulty("command:1:drop-shells") as host:
        pool = RunspacePool(wsman(host))
        pool.open()
        with pytest.raises(WSManFaultError) as gone:
            pipeline(pool, Count=1).invoke()
        assert gone.value.code == 2150858843
        assert host.shells() == []


def test_close_after_answers_and_then_closes() -> None:
    with faulty("get:1:close-after") as host, requests.Session() as session:
        session.auth = ("admin", "secret")
        first = session.post(host.url, data=envelope("get", resource=CONFIG_URI))
        assert first.status_code == 200
        assert "Connection" not in first.headers
        until(lambda: "wsman" not in {thread.name for thread in threading.enumerate()})  # the connection is closed
        assert session.post(host.url, data=envelope("get", resource=CONFIG_URI)).status_code == 200


def test_a_rule_can_be_added_while_the_host_runs() -> None:
    with faulty() as host:
        assert post(host).status_code == 200
        host.faults.add("get:2:503")
        assert post(host, envelope("get", resource=CONFIG_URI)).status_code == 503


def test_a_rule_for_any_request_counts_them_all() -> None:
    with faulty("*:3:503") as host, RunspacePool(wsman(host)) as pool:
        shell = pipeline(pool, Count=1)
        with pytest.raises(WinRMTransportError):  # after create and receive, this is the third
            shell.invoke()
