"""What proves that a message was not delivered, row by row; whatever else holds proves nothing."""

from __future__ import annotations

import socket
import ssl
from itertools import product

import pytest
import trustme

from psbridge.clock import Deadline
from psbridge.errors import AuthError, PsbridgeError, Unreachable
from psbridge.powershell.pipeline import Command, Pipeline
from psbridge.remoting.winrm import routes, sockets
from psbridge.remoting.winrm.delivery import RESEND, UNDELIVERED, Exchange, undelivered
from psbridge.remoting.winrm.session import open_session
from psbridge.remoting.winrm.transport import DeadlineTransport
from psbridge.values import replace
from tests.support.hosts import raw_host as raw
from tests.support.hosts.one_host import CLOCK
from tests.support.hosts.raw_host import COMPLETED, OUTPUT

GET = Pipeline.of(Command.of("Get-AzsBackup", {"Location": "redmond"}))
ONE = [[[(OUTPUT, "<S>a</S>"), COMPLETED]]]
NO_SUCH_SHELL = 2150858843
REFUSED = Exchange(transmissions=1, trusted=True, fault=NO_SUCH_SHELL, relates=True)


def test_each_proof_of_non_delivery_names_its_source() -> None:
    assert all(proof.what and proof.source for proof in UNDELIVERED)


def test_an_unsent_message_was_not_delivered() -> None:
    assert undelivered(Exchange()) is UNDELIVERED[0]


def test_a_refusal_of_this_message_on_our_own_channel_proves_non_delivery() -> None:
    assert undelivered(REFUSED) is UNDELIVERED[1]


@pytest.mark.parametrize(
    "doubt",
    [
        {"transmissions": 2},
        {"trusted": False},
        {"relates": False},
        {"fault": None},
        {"fault": "s:Receiver"},
        {"fault": 995},
        {"fault": 2150858793},
        {"fault": 1359},
        {"fault": 2150859222},  # a command with this id exists: it was delivered before
    ],
    ids=str,
)
def test_a_single_doubt_leaves_delivery_unknown(doubt: dict[str, object]) -> None:
    assert undelivered(replace(REFUSED, **doubt)) is None


def test_after_sending_only_all_four_conditions_prove_non_delivery() -> None:
    for sent, trusted, fault, relates in product(
        (1, 2, 3), (True, False), (None, 5, 995, NO_SUCH_SHELL), (True, False)
    ):
        holds = sent == 1 and trusted and relates and fault in {5, NO_SUCH_SHELL}
        assert (undelivered(Exchange(sent, trusted, fault, relates)) is not None) is holds


def test_a_command_is_resent_only_if_no_byte_was_sent() -> None:
    again = {action.rpartition("/")[2] for action, resend in RESEND.items() if resend.failed}
    assert again == {"Receive", "Get", "Enumerate", "Signal", "Delete", "Disconnect", "Reconnect"}


# -- on sockets


def run(session, seconds: float = 5) -> PsbridgeError:
    with pytest.raises(PsbridgeError) as caught:
        session.run(GET, Deadline.after(CLOCK, seconds))
    return caught.value


def opened(endpoint):
    return open_session(endpoint, 2.0, CLOCK, Deadline.after(CLOCK, 5))


def then_closed(endpoint, server):
    """Open a session whose connection the host has closed, so that the next message needs another."""
    session = opened(endpoint)
    session._transport.reset()
    return session


def test_a_refused_connection_proves_non_delivery(host) -> None:
    server, endpoint = host(pipelines=ONE)
    session = then_closed(endpoint, server)
    server.close()
    assert not run(session).delivered


def test_a_failed_tls_handshake_proves_non_delivery(host) -> None:
    server, endpoint = host(pipelines=ONE)
    session = then_closed(endpoint, server)
    stranger = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(stranger)
    server.context = stranger
    assert not run(session).delivered
    assert server.seen.count("Command") == 0


def test_a_tls_alert_after_sending_proves_nothing(host, authority: trustme.CA) -> None:
    """With TLS 1.3 the client has ended its handshake, and sent its message, before the host has judged its certificate."""
    server, endpoint = host(pipelines=ONE)
    session = then_closed(endpoint, server)
    judging = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    judging.minimum_version = ssl.TLSVersion.TLSv1_3
    authority.issue_cert("localhost").configure_cert(judging)
    authority.configure_trust(judging)
    judging.verify_mode = ssl.CERT_REQUIRED
    server.context = judging
    problem = run(session)
    assert isinstance(problem, Unreachable | AuthError)
    assert problem.delivered
    assert server.seen.count("Command") == 0


def test_a_command_is_not_repeated_to_a_host_without_the_shell(host) -> None:
    refusing = raw.fault(NO_SUCH_SHELL)
    server, endpoint = host(pipelines=ONE, behaviours={("Command", 0): raw.reset, ("Command", 1): refusing})
    assert run(opened(endpoint)).delivered
    assert server.seen.count("Command") == 1


def test_an_earlier_message_does_not_affect_an_unsent_one(host, monkeypatch: pytest.MonkeyPatch) -> None:
    _, endpoint = host(pipelines=ONE)
    session = opened(endpoint)

    def fails(*_: object) -> None:
        raise ValueError("no text")

    monkeypatch.setattr("pypsrp.powershell.PowerShell._invoke", fails)
    assert not run(session).delivered


def test_a_sealed_message_is_not_sent_on_another_connection(host) -> None:
    _, endpoint = host()
    transport = DeadlineTransport(endpoint, CLOCK, 2.0)
    guard = transport._guard
    guard.logged_in, guard._carries = True, True
    with pytest.raises(ConnectionResetError, match="logged in"):
        guard.opening()
    guard._carries = False
    guard.opening()  # a login may


def test_a_name_that_no_longer_resolves_proves_non_delivery(host, monkeypatch: pytest.MonkeyPatch) -> None:
    server, endpoint = host(pipelines=ONE)
    session = then_closed(endpoint, server)

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    with monkeypatch.context() as patch:
        patch.setattr(routes, "dial", sockets.dial)  # which looks names up
        patch.setattr(socket, "getaddrinfo", unknown)
        assert not run(session).delivered
