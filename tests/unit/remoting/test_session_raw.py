"""The session against a host that fails in every way a socket can."""

from __future__ import annotations

import base64
import re
import signal
import threading

import pytest

from psbridge.clock import Deadline
from psbridge.errors import (
    AuthError,
    ConfigError,
    DeadlineExceeded,
    Interrupted,
    PrerequisiteError,
    PsbridgeError,
    ResultVoid,
    Unreachable,
    UsageError,
)
from psbridge.models.connection import Auth, Endpoint, Tls
from psbridge.models.secret import Secret
from psbridge.models.target import Policy
from psbridge.powershell.pipeline import Command, Pipeline
from psbridge.powershell.result import State
from psbridge.remoting import sessions
from psbridge.remoting.winrm.removal import CLEAN_UP
from psbridge.remoting.winrm.session import PypsrpSession, open_session
from tests.support.fakes.loopback import Loopback
from tests.support.hosts import raw_host as raw
from tests.support.hosts.one_host import CLOCK
from tests.support.hosts.raw_host import COMPLETED, OUTPUT, RawHost
from tests.support.memory import bounded_memory
from tests.support.process.until import LONG, until

GET = Pipeline.of(Command.of("Get-AzsBackup", {"Location": "redmond"}))
ONE = [[[(OUTPUT, "<S>a</S>"), COMPLETED]]]


def opened(endpoint: Endpoint, seconds: float = 5) -> PypsrpSession:
    return open_session(endpoint, 2.0, CLOCK, Deadline.after(CLOCK, seconds))


def run(endpoint: Endpoint, seconds: float = 5):
    session = opened(endpoint)
    try:
        return session.run(GET, Deadline.after(CLOCK, seconds))
    finally:
        session.close(Deadline.after(CLOCK, 3))


def test_a_pipeline_returns_its_output_in_order_without_an_extra_round_trip(host):
    server, endpoint = host(pipelines=[[[(OUTPUT, "<S>a</S>"), (OUTPUT, "")], [(OUTPUT, "<I32>3</I32>"), COMPLETED]]])
    result = run(endpoint)
    assert result.output == ("a", None, 3)
    assert result.state is State.COMPLETED
    assert str(result.host_time) == "2026-11-23T12:00:00Z"
    assert server.seen == ["Create", "Receive", "Command", "Receive", "Receive", "Delete"]


def test_a_finished_command_is_freed_just_before_the_next_one(host):
    server, endpoint = host(pipelines=ONE * 2)
    session = opened(endpoint)
    for _ in range(2):
        session.run(GET, Deadline.after(CLOCK, 5))
    session.close(Deadline.after(CLOCK, 3))
    assert server.seen == ["Create", "Receive", "Command", "Receive", "Signal", "Command", "Receive", "Delete"]


@pytest.mark.parametrize("action", ["Create", "Receive", "Command"])
@pytest.mark.parametrize("behaviour", [raw.drip(0.2), raw.silent], ids=["drip", "silent"])
def test_a_missing_answer_ends_at_the_deadline(host, action, behaviour):
    nth = 1 if action == "Receive" else 0
    _, endpoint = host(pipelines=ONE, behaviours={(action, nth): behaviour})
    session = None if action == "Create" else opened(endpoint)
    begun = CLOCK.monotonic()
    with pytest.raises(DeadlineExceeded) as caught:
        session.run(GET, Deadline.after(CLOCK, 0.5)) if session else opened(endpoint, 0.5)
    assert CLOCK.monotonic() - begun <= 0.5 + (CLEAN_UP if action == "Create" else 0)
    assert caught.value.delivered is (action != "Create")


def test_a_refused_connection_is_unreachable_and_not_delivered(host):
    server, endpoint = host()
    server.close()
    with pytest.raises(Unreachable) as caught:
        opened(endpoint)
    assert caught.value.retryable
    assert not caught.value.delivered
    assert "refused the connection" in caught.value.message


@pytest.mark.parametrize("behaviour", [raw.cut, raw.reset, raw.endless], ids=["cut", "reset", "endless"])
def test_a_command_with_a_lost_answer_is_never_resent(host, behaviour):
    server, endpoint = host(pipelines=ONE, behaviours={("Command", 0): behaviour})
    with pytest.raises(Unreachable) as caught:
        run(endpoint)
    assert caught.value.delivered
    assert server.seen.count("Command") == 1
    assert server.seen[-1] == "Delete"


def test_an_answer_with_a_long_namespace_is_refused_early(host):
    text = f'<s:Envelope xmlns:s="{"u" * 400_000}">' + "<s:a/>" * 20_000 + "</s:Envelope>"
    answer = raw._Instead(raw.http(200, text.encode()))
    _, endpoint = host(pipelines=ONE, behaviours={("Command", 0): answer})
    with bounded_memory(), pytest.raises(Unreachable, match="a namespace of 400000 characters"):
        run(endpoint)


NO_PROOF = (400, 401, 403, 404, 407, 408, 411, 413, 421, 425, 426, 429, 431, 500, 502, 503, 504)


@pytest.mark.parametrize("code", NO_PROOF)
def test_no_http_status_proves_that_a_command_was_not_delivered(host, code):
    server, endpoint = host(pipelines=ONE * 3, behaviours={("Command", -1): raw.status(code)})
    with pytest.raises(Unreachable, match=f"HTTP {code}") as caught:
        run(endpoint)
    assert caught.value.delivered
    assert server.seen.count("Command") == 1


@pytest.mark.parametrize(
    ("code", "delivered"),
    [
        pytest.param(5, False, id="access denied"),
        pytest.param(2150858843, False, id="no such shell"),
        pytest.param(2150859173, False, id="quota"),
        pytest.param(2150858793, True, id="timed out"),
        pytest.param(995, True, id="aborted"),
        pytest.param(77, True, id="unknown"),
    ],
)
def test_only_a_refusing_fault_means_not_delivered(host, code, delivered):
    _, endpoint = host(pipelines=ONE, behaviours={("Command", 0): raw.fault(code)})
    with pytest.raises(PsbridgeError, match=str(code)) as caught:
        run(endpoint)
    assert caught.value.delivered is delivered


@pytest.mark.parametrize("relates_to", [None, "uuid:11111111-1111-1111-1111-111111111111"], ids=["none", "another"])
def test_a_refusal_that_does_not_name_the_command_proves_nothing(host, relates_to):
    refusal = raw.fault(2150858843, relates_to=relates_to)
    server, endpoint = host(pipelines=ONE, behaviours={("Command", 0): refusal})
    with pytest.raises(PsbridgeError) as caught:
        run(endpoint)
    assert caught.value.delivered
    assert server.seen.count("Command") == 1


def test_a_fault_for_another_message_is_not_an_answer_to_a_receive(host):
    stray = raw.fault(2150858793, relates_to="uuid:11111111-1111-1111-1111-111111111111")
    _, endpoint = host(pipelines=ONE, behaviours={("Receive", 1): stray})
    with pytest.raises(Unreachable, match="relates to another message"):
        run(endpoint)


@pytest.mark.parametrize(
    "behaviour",
    [
        raw.cut,
        raw.reset,
        raw.hang_up_early,
        *(raw.done_then(raw.status(code)) for code in (401, 502, 503)),
        raw.done_then(raw.fault(2150858843, relates_to=None)),
        raw.status(302, "Location: https://elsewhere.invalid/"),
    ],
    ids=["cut", "reset", "eof", "401", "502", "503", "fault", "redirect"],
)
def test_a_pipeline_without_an_answer_is_resumed_on_a_new_connection(host, behaviour):
    server, endpoint = host(pipelines=ONE * 2, behaviours={("Command", 0): raw.done_then(behaviour)})
    session = opened(endpoint)
    with pytest.raises(Unreachable) as caught:
        session.run(GET, Deadline.after(CLOCK, 5))
    assert caught.value.delivered
    session.resume()
    assert session.poll(1, Deadline.after(CLOCK, 5)).output == ("a",)
    assert server.seen == ["Create", "Receive", "Command", "Receive"]
    assert server.connections == 2
    session.run(GET, Deadline.after(CLOCK, 5))
    session.close(Deadline.after(CLOCK, 3))
    assert server.seen.count("Command") == 2


def test_a_command_unknown_to_the_host_is_requested_once(host):
    behaviours = {("Command", 0): raw.status(503), ("Receive", 1): raw.fault(2150858843)}
    _, endpoint = host(pipelines=ONE, behaviours=behaviours)
    session = opened(endpoint)
    with pytest.raises(Unreachable):
        session.run(GET, Deadline.after(CLOCK, 5))
    session.resume()
    with pytest.raises(Unreachable) as caught:
        session.poll(1, Deadline.after(CLOCK, 5))
    assert caught.value.delivered
    assert not caught.value.retryable
    session.close(Deadline.after(CLOCK, 3))


def test_an_unsent_or_incomplete_pipeline_cannot_be_resumed(host):
    _, endpoint = host(pipelines=[[[(OUTPUT, "<S>a</S>")]]])
    session = opened(endpoint)
    with pytest.raises(Unreachable, match="no pipeline"):
        session.resume()
    with pytest.raises(ResultVoid):
        session.run(GET, Deadline.after(CLOCK, 5))
    with pytest.raises(Unreachable, match="no pipeline"):
        session.resume()
    session.close(Deadline.after(CLOCK, 3))


@pytest.mark.parametrize("behaviour", [raw.cut, raw.reset, raw.status(503)], ids=["cut", "reset", "503"])
def test_a_lost_receive_is_resent_with_the_same_bytes(host, behaviour):
    server, endpoint = host(
        pipelines=[[[(OUTPUT, "<S>a</S>")], [(OUTPUT, "<S>b</S>"), COMPLETED]]], behaviours={("Receive", 1): behaviour}
    )
    assert run(endpoint).output == ("a", "b")
    first, second = [body for body, action in zip(server.bodies, server.seen, strict=True) if action == "Receive"][1:3]
    assert first == second


def test_missing_messages_after_a_repeated_receive_make_the_result_invalid(host):
    _, endpoint = host(
        pipelines=[[[(OUTPUT, "<S>a</S>")], [(OUTPUT, "<S>b</S>"), COMPLETED]]],
        behaviours={("Receive", 1): raw.reset},
        replays=False,
    )
    with pytest.raises(ResultVoid) as caught:
        run(endpoint)
    assert caught.value.retryable
    assert caught.value.delivered


def test_a_gap_without_a_failed_receive_is_not_a_loss(host):
    _, endpoint = host(pipelines=[[[(OUTPUT, "<S>a</S>")], [(OUTPUT, "<S>b</S>"), COMPLETED]]], skip_ids={5, 6})
    assert run(endpoint).output == ("a", "b")


def test_an_answer_without_a_final_state_is_invalid(host):
    _, endpoint = host(pipelines=[[[(OUTPUT, "<S>a</S>")]]])
    with pytest.raises(ResultVoid):
        run(endpoint)


def test_an_operation_timeout_is_not_an_error(host):
    _, endpoint = host(pipelines=ONE, behaviours={("Receive", 1): raw.fault(2150858793)})
    assert run(endpoint).output == ("a",)


def test_opening_survives_an_operation_timeout(host):
    _, endpoint = host(pipelines=ONE, behaviours={("Receive", 0): raw.fault(2150858793)})
    assert run(endpoint).output == ("a",)


def test_refused_credentials_are_final_and_tried_once(host):
    server, endpoint = host(behaviours={("Create", -1): raw.status(401, "WWW-Authenticate: Negotiate")})
    with pytest.raises(AuthError) as caught:
        opened(endpoint)
    assert server.seen == ["Create"]
    assert "basic" in caught.value.message
    assert "Negotiate" in caught.value.message


def test_refused_credentials_are_not_used_for_cleanup(host):
    server, endpoint = host(pipelines=ONE, behaviours={("Receive", 1): raw.status(401)})
    with pytest.raises(AuthError):
        run(endpoint)
    assert server.seen[-1] == "Receive"


@pytest.mark.parametrize("code", [301, 307])
def test_a_redirect_is_not_followed(host, code):
    other, _ = host()
    server, endpoint = host(behaviours={("Create", 0): raw.status(code, f"Location: https://localhost:{other.port}/")})
    with pytest.raises(Unreachable, match="redirect"):
        opened(endpoint)
    assert other.seen == []
    assert server.seen.count("Create") == 1


@pytest.mark.parametrize(
    ("behaviour", "says"),
    [
        (raw.status(404, body=b"<html><body>no</body></html>"), "without WSMan"),
        (raw.status(405), "without WSMan"),
        (raw.status(200, body=b"<html></html>"), "not (valid )?WSMan"),
        (raw.status(200, body=b'<!DOCTYPE a [<!ENTITY b "c">]><Envelope>&b;</Envelope>'), "not (valid )?WSMan"),
        (raw.status(200, body=b"<Envelope/>"), "not (valid )?WSMan"),
        (raw.status(200, body=b"<Envelope"), "not (valid )?WSMan"),
    ],
)
def test_a_web_server_is_distinguished_from_a_host(host, behaviour, says):
    _, endpoint = host(behaviours={("Create", 0): behaviour})
    with pytest.raises(Unreachable, match=says):
        opened(endpoint)


@pytest.mark.parametrize("code", [5, 2150858811, 2150859180])
def test_a_session_configuration_that_is_missing_or_denied_is_a_prerequisite(host, code):
    _, endpoint = host(behaviours={("Create", 0): raw.fault(code)})
    with pytest.raises(PrerequisiteError, match=str(code)):
        opened(endpoint)


def test_remote_text_is_shown_with_limits(host):
    _, endpoint = host(behaviours={("Create", 0): raw.fault(77, "x" * 5000)})
    with pytest.raises(Unreachable) as caught:
        opened(endpoint)
    assert len(caught.value.message) < 600


def test_one_connection_serves_a_whole_session(host):
    server, endpoint = host(pipelines=ONE * 3)
    session = opened(endpoint)
    for _ in range(3):
        session.run(GET, Deadline.after(CLOCK, 5))
    session.close(Deadline.after(CLOCK, 3))
    assert server.connections == 1


def test_a_long_idle_connection_is_not_reused(host):
    server, endpoint = host(pipelines=ONE * 2)
    session = opened(endpoint)
    session.run(GET, Deadline.after(CLOCK, 5))
    CLOCK.sleep(61.0)
    session.run(GET, Deadline.after(CLOCK, 5))
    session.close(Deadline.after(CLOCK, 3))
    assert server.connections == 2


def test_characters_not_allowed_in_xml_are_sent_escaped(host):
    server, endpoint = host(pipelines=ONE)
    session = opened(endpoint)
    session.run(Pipeline.of(Command.of("Get-AzsBackup", {"Location": "\ud800\ufffe_x0041_"})), Deadline.after(CLOCK, 5))
    session.close(Deadline.after(CLOCK, 3))
    body = next(body for body in server.bodies if "CommandLine" in body)
    sent = base64.b64decode(re.search(r"Arguments>([^<]*)<", body)[1])
    assert b"_xD800__xFFFE__x005F_x0041_" in sent


def test_an_invalid_answer_mid_session_is_read_again(host):
    server, endpoint = host(pipelines=ONE, behaviours={("Receive", 1): raw.status(200, body=b"\xff\xfe")})
    assert run(endpoint).output == ("a",)
    assert server.seen.count("Receive") == 3


class SignalsWhileItWaits:
    """Answers nothing; sends the main thread a signal when that waits for the answer. Time stands still until `leave`."""

    def __init__(self, number: signal.Signals) -> None:
        self._number = number
        self._left = threading.Event()

    def __call__(self, host: RawHost, _sock: object, _answer: bytes) -> None:
        until(lambda: host.network.clock.running == 1)  # this thread alone
        signal.pthread_kill(threading.main_thread().ident, self._number)
        self._left.wait(LONG)
        raise ConnectionError

    def leave(self) -> None:
        self._left.set()


def test_an_interrupt_ends_at_once_and_removes_the_shell_on_a_new_connection(host):
    interrupt = SignalsWhileItWaits(signal.SIGINT)
    server, endpoint = host(pipelines=ONE, behaviours={("Receive", 1): interrupt})
    session = opened(endpoint)
    begun = CLOCK.monotonic()
    with pytest.raises(KeyboardInterrupt):
        session.run(GET, Deadline.after(CLOCK, 20))
    session.close(Deadline.after(CLOCK, 3))
    interrupt.leave()
    assert CLOCK.monotonic() == begun
    assert server.seen[-1] == "Delete"
    assert server.connections == 2


def test_an_error_raised_by_a_signal_handler_is_passed_through(host, monkeypatch):
    def handler(*_: object) -> None:
        raise Interrupted("stop")

    old = signal.signal(signal.SIGUSR1, handler)
    try:
        interrupt = SignalsWhileItWaits(signal.SIGUSR1)
        server, endpoint = host(pipelines=ONE, behaviours={("Command", 0): interrupt})
        session = opened(endpoint)
        with pytest.raises(Interrupted, match="stop") as caught:
            session.run(GET, Deadline.after(CLOCK, 20))
        session.close(Deadline.after(CLOCK, 3))
        interrupt.leave()
    finally:
        signal.signal(signal.SIGUSR1, old)
    assert caught.value.delivered
    assert server.seen[-1] == "Delete"


def test_a_connection_closed_while_idle_is_reopened(host):
    server, endpoint = host(pipelines=ONE * 2, behaviours={("Receive", 1): raw.hang_up})
    session = opened(endpoint)
    session.run(GET, Deadline.after(CLOCK, 5))
    CLOCK.sleep(0.05)  # until the host has closed it
    assert session.run(GET, Deadline.after(CLOCK, 5)).output == ("a",)
    session.close(Deadline.after(CLOCK, 3))
    assert server.seen.count("Command") == 2


def test_a_broken_session_runs_nothing_more(host):
    server, endpoint = host(pipelines=ONE, behaviours={("Command", 0): raw.reset})
    session = opened(endpoint)
    for delivered in (True, False):
        with pytest.raises(Unreachable) as caught:
            session.run(GET, Deadline.after(CLOCK, 5))
        assert caught.value.delivered is delivered
    session.close(Deadline.after(CLOCK, 3))
    assert server.seen.count("Command") == 1


def test_closing_never_raises_and_takes_three_seconds_at_most(host):
    _, endpoint = host(behaviours={("Delete", -1): raw.silent})
    session = opened(endpoint)
    begun = CLOCK.monotonic()
    session.close(Deadline.after(CLOCK, 0.3))
    session.close(Deadline.after(CLOCK, 0.3))
    assert CLOCK.monotonic() - begun <= 0.6


def test_an_untrusted_ca_is_named(host):
    _, endpoint = host(tls=Tls())
    with pytest.raises(Unreachable, match="not signed by a trusted CA"):
        opened(endpoint)


def test_a_certificate_for_another_name_is_named(host):
    _, endpoint = host(name="other.example")
    with pytest.raises(Unreachable, match="another name"):
        opened(endpoint)


def test_plain_text_on_a_tls_port_is_named(ca_file, network: Loopback):
    server = RawHost(network)
    endpoint = Endpoint("localhost", server.port, Tls(ca=ca_file), Auth.BASIC, "u", Secret("p"))
    try:
        with pytest.raises((Unreachable, DeadlineExceeded)):
            opened(endpoint, 1)
    finally:
        server.close()


def test_a_name_that_does_not_exist_is_named():
    endpoint = Endpoint("no-such-host.invalid", 5986, Tls(), Auth.BASIC, "u", Secret("p"))
    with pytest.raises(Unreachable, match="name can't be resolved"):
        opened(endpoint)


@pytest.mark.parametrize("auth", [Auth.BASIC, Auth.CREDSSP])
@pytest.mark.parametrize("tls", [None, Tls(verify=False)])
def test_a_password_is_not_sent_to_an_unverified_server(auth, tls):
    with pytest.raises(ConfigError):
        opened(Endpoint("localhost", 1, tls, auth, "u", Secret("p")))


def test_a_missing_authority_file_is_a_config_error():
    with pytest.raises(ConfigError):
        opened(Endpoint("localhost", 1, Tls(ca="/no/such/file"), Auth.BASIC, "u", Secret("p")))


def test_an_empty_pipeline_is_refused_and_keeps_the_session(host):
    _, endpoint = host(pipelines=ONE)
    session = opened(endpoint)
    with pytest.raises(UsageError):
        session.run(Pipeline(()), Deadline.after(CLOCK, 5))
    assert session.run(GET, Deadline.after(CLOCK, 5)).output == ("a",)
    session.close(Deadline.after(CLOCK, 3))


def test_hosts_are_tried_in_turn_and_the_last_good_one_first(host):
    dead, dead_endpoint = host()
    dead.close()
    server, endpoint = host(pipelines=ONE)
    factory = sessions((dead_endpoint, endpoint), Policy(), CLOCK)
    factory(Deadline.after(CLOCK, 5)).close(Deadline.after(CLOCK, 3))
    assert factory.description.startswith(endpoint.url)
    assert server.seen[0] == "Create"


def test_refused_credentials_are_not_tried_on_the_next_host(host):
    _, refusing = host(behaviours={("Create", -1): raw.status(401)})
    other, endpoint = host()
    with pytest.raises(AuthError):
        sessions((refusing, endpoint), Policy(), CLOCK)(Deadline.after(CLOCK, 5))
    assert other.seen == []


def test_a_shell_with_a_lost_create_answer_is_removed(host):
    server, endpoint = host(behaviours={("Create", 0): raw.reset})
    with pytest.raises(Unreachable) as caught:
        opened(endpoint)
    assert not caught.value.delivered
    assert server.seen == ["Create", "Delete"]


def test_nothing_of_a_session_reaches_the_logs(host, caplog):
    caplog.set_level(0)
    _, endpoint = host(pipelines=ONE)
    session = opened(endpoint)
    session.run(Pipeline.of(Command.of("Get-AzsBackup", {"Location": "s3cr3t-text"})), Deadline.after(CLOCK, 5))
    session.close(Deadline.after(CLOCK, 3))
    assert "s3cr3t-text" not in caplog.text
    assert "Envelope" not in caplog.text
