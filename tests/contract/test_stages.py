"""The stages of a connection: what an observer is given for each login, each failure, and each way to the host."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from psbridge.clock import SystemClock
from psbridge.emulator.emulation import Emulating, emulation
from psbridge.emulator.tls.authority import Authority
from psbridge.emulator.tls.server import TlsFault, TlsLegacy
from psbridge.errors import AuthError, Interrupted, PrerequisiteError, PsbridgeError, Unreachable
from psbridge.models.connection import Auth, Endpoint, Tls
from psbridge.models.secret import Secret
from psbridge.models.target import Policy
from psbridge.powershell.stages import FACTS, Stage, StageEvent
from psbridge.remoting import sessions
from psbridge.remoting.winrm.session import PypsrpSession, open_session
from tests.support.fakes.autojump import AutojumpClock
from tests.support.fakes.loopback import Loopback, in_use
from tests.support.hosts import kdc
from tests.support.hosts.one_host import CLOCK, LISTING, PASSWORD, USER, host, server, to, within
from tests.support.hosts.proxies import proxy

HTTP = ["name", "tcp", "wsman", "login", "session"]
HTTPS = ["name", "tcp", "tls", "wsman", "login", "session"]


@pytest.fixture(autouse=True)
def real_time() -> None:
    CLOCK.clock = SystemClock()


@pytest.fixture
def network() -> Iterator[Loopback]:
    made = Loopback(AutojumpClock())
    CLOCK.clock = made.clock
    with in_use():
        yield made


class Seen:
    """An observer; its events by stage."""

    def __init__(self) -> None:
        self.events: list[StageEvent] = []

    def __call__(self, event: StageEvent) -> None:
        self.events.append(event)

    @property
    def ended(self) -> list[str]:
        return [event.stage.value for event in self.events if event.state == "finished"]

    def facts(self, stage: Stage) -> dict[str, Any]:
        return dict(
            next(each.facts for each in reversed(self.events) if each.stage is stage and each.state != "started")
        )

    @property
    def failed(self) -> StageEvent:
        (found,) = [event for event in self.events if event.state == "failed"]
        assert found.error is not None
        return found


def observed(where: Endpoint, seen: Seen) -> PypsrpSession:
    return open_session(where, 5, CLOCK, within(), None, seen)


def listed(where: Endpoint) -> Seen:
    seen = Seen()
    session = observed(where, seen)
    assert session.run(LISTING, within()).output
    session.close(within())
    return seen


def refused(where: Endpoint, kind: type[PsbridgeError] = Unreachable, seconds: float = 30) -> StageEvent:
    """Return the failed stage of an opening; each that started before it has finished, and its error is the opening's."""
    seen = Seen()
    with pytest.raises(kind) as caught:
        open_session(where, 5, CLOCK, within(seconds), None, seen)
    assert seen.failed.error is caught.value
    assert [each.stage for each in seen.events if each.state == "started"] == [
        *(each.stage for each in seen.events if each.state == "finished"),
        seen.failed.stage,
    ]
    assert PASSWORD not in str([*seen.events])
    return seen.failed


def certificate_of(running: Any) -> dict[str, Any]:
    files = running.host.client_files
    tls = Tls(ca=str(running.host.ca_file), client_cert=str(files.certificate), client_key=str(files.key))
    return {"tls": tls, "username": None, "password": None}


LOGINS = {
    (Auth.NTLM, False): {"mechanism": "ntlm", "below": None, "sealed": True, "channel_binding": False},
    (Auth.NEGOTIATE, False): {"mechanism": "ntlm", "below": "negotiate", "sealed": True, "channel_binding": False},
    (Auth.NEGOTIATE, True): {"mechanism": "ntlm", "below": "negotiate", "sealed": False, "channel_binding": True},
    (Auth.CREDSSP, True): {"mechanism": "ntlm", "below": "credssp", "sealed": False, "channel_binding": False},
    (Auth.BASIC, True): {"mechanism": "basic", "below": None, "sealed": False, "channel_binding": False},
    (Auth.CERTIFICATE, True): {"mechanism": "certificate", "below": None, "sealed": False, "channel_binding": False},
}


@pytest.mark.parametrize(("auth", "tls"), LOGINS)
def test_each_login_shows_its_stages_in_order(auth: Auth, tls: bool) -> None:
    with host(auth.value, tls=tls) as running:
        seen = listed(to(running, auth, **(certificate_of(running) if auth is Auth.CERTIFICATE else {})))
    expected = HTTPS if tls else HTTP
    assert seen.ended == expected
    assert [(each.stage, each.state) for each in seen.events] == [
        (stage, state) for stage in expected for state in ("started", "finished")
    ]
    assert seen.facts(Stage.LOGIN) == {"auth": auth.value, "tls": tls, **LOGINS[auth, tls]}
    assert {stage: set(seen.facts(Stage(stage))) - set(FACTS[Stage(stage)]) for stage in expected} == {
        stage: set() for stage in expected
    }, "each fact is described"
    assert PASSWORD not in str(seen.events)


@pytest.mark.kerberos
@pytest.mark.parametrize(("auth", "offered"), [(Auth.KERBEROS, "kerberos"), (Auth.NEGOTIATE, "negotiate")])
def test_a_ticket_is_shown_as_kerberos(realm: kdc.Realm, auth: Auth, offered: str) -> None:
    user = f"{kdc.USER}@{kdc.REALM}"
    with emulation(Emulating(users={user: "unused"}, auth=(offered,), keytab=realm.keytab, tls=True)) as running:
        where = to(running, auth, host="localhost", username=user, password=Secret(kdc.PASSWORD))
        facts = listed(where).facts(Stage.LOGIN)
    assert facts["mechanism"] == "kerberos"
    assert facts["below"] == (None if offered == "kerberos" else "negotiate")
    assert facts["channel_binding"]


def test_the_facts_of_a_first_connection() -> None:
    with host("negotiate", tls=True) as running:
        seen = listed(to(running, Auth.NEGOTIATE, host="localhost"))
        port = running.host.port
    assert seen.facts(Stage.NAME)["name"] == "localhost"
    assert "127.0.0.1" in seen.facts(Stage.NAME)["addresses"]
    assert seen.facts(Stage.NAME)["literal"] is False
    assert seen.facts(Stage.TCP)["address"] == f"127.0.0.1:{port}"
    tls = seen.facts(Stage.TLS)
    assert tls["version"] == "TLSv1.3"
    assert tls["verified"]
    own, authority = tls["chain"]
    assert own["issuer"] == authority["subject"] == "CN=psbridge emulated operator host CA"
    assert "localhost" in own["names"]
    assert own["days_left"] >= 29
    assert own["not_after"].endswith("Z")
    wsman = seen.facts(Stage.WSMAN)
    assert (wsman["status"], wsman["offered"], wsman["server"]) == (401, ["Negotiate"], "Microsoft-HTTPAPI/2.0")
    assert wsman["host_time"].endswith("Z")
    session = seen.facts(Stage.SESSION)
    assert session["configuration"] == "Microsoft.PowerShell"
    assert session["version_table"]["PSEdition"] == "Core"


def test_the_days_left_are_counted_by_the_clock(network: Loopback) -> None:
    with host("ntlm", network=network, tls=True) as running:
        seen = listed(to(running))
    left = seen.facts(Stage.TLS)["chain"][0]["days_left"]
    assert left > 200, "the network's clock stands months before the certificate was made"


def test_an_observer_changes_nothing_that_is_sent() -> None:
    def requests(seen: Seen | None) -> list[str]:
        lines: list[str] = []
        with host("negotiate", tls=True, log=lines.append) as running:
            session = open_session(to(running, Auth.NEGOTIATE), 5, CLOCK, within(), None, seen)
            session.run(LISTING, within())
            session.close(within())
        return [" ".join(line.split()[2:4]) for line in lines]

    assert requests(Seen()) == requests(None)


def test_an_observer_that_fails_changes_no_result_and_is_not_called_again() -> None:
    calls: list[StageEvent] = []

    def fails(event: StageEvent) -> None:
        calls.append(event)
        raise BrokenPipeError

    with host("ntlm") as running:
        session = open_session(to(running), 5, CLOCK, within(), None, fails)
        assert session.run(LISTING, within()).output
        session.close(within())
    assert len(calls) == 1


def test_an_interrupt_in_an_observer_ends_the_opening() -> None:
    def stops(event: StageEvent) -> None:
        raise Interrupted("interrupted")

    with host("ntlm") as running, pytest.raises(Interrupted):
        open_session(to(running), 5, CLOCK, within(), None, stops)


# -- failures, each in its stage


def test_a_wrong_name_fails_in_name() -> None:
    found = refused(Endpoint("no-such-host.invalid", 5985, None, Auth.NTLM, USER, Secret(PASSWORD)))
    assert found.stage is Stage.NAME
    assert found.facts == {"name": "no-such-host.invalid"}


def test_a_closed_port_fails_in_tcp_with_the_addresses_that_were_tried() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    found = refused(Endpoint("127.0.0.1", port, None, Auth.NTLM, USER, Secret(PASSWORD)))
    assert found.stage is Stage.TCP
    assert found.facts["failed"] == [f"127.0.0.1:{port}: Connection refused"]


@pytest.mark.parametrize("tls", [None, Tls(verify=False)])
def test_a_silent_port_fails_in_the_first_stage_that_waits_for_it(network: Loopback, tls: Tls | None) -> None:
    with network.emulated(faults=["tcp:1:never-before"]) as running:
        found = refused(Endpoint("127.0.0.1", running.host.port, tls, Auth.NTLM, USER, Secret(PASSWORD)), PsbridgeError)
    assert found.stage is (Stage.TLS if tls else Stage.WSMAN)


CERTIFICATES = {
    TlsFault.EXPIRED: "certificate has expired",
    TlsFault.NOT_YET_VALID: "certificate is not yet valid",
    TlsFault.WRONG_NAME: "IP address mismatch, certificate is not valid for '127.0.0.1'.",
    TlsFault.UNKNOWN_CA: "unable to get local issuer certificate",
}


@pytest.mark.parametrize("fault", TlsFault)
def test_a_refused_certificate_fails_in_tls_and_is_shown(fault: TlsFault) -> None:
    with host("ntlm", tls=fault) as running:
        found = refused(to(running))
    assert found.stage is Stage.TLS
    assert (found.facts["verified"], found.facts["reason"]) == (False, CERTIFICATES[fault])
    own = found.facts["chain"][0]
    assert own["subject"] == "CN=psbridge emulated operator host"
    assert own["names"][0] == ("elsewhere.invalid" if fault is TlsFault.WRONG_NAME else "localhost")
    assert (own["days_left"] < 0) == (fault is TlsFault.EXPIRED)


def test_a_tls_that_is_too_old_fails_in_tls() -> None:
    with host("ntlm", tls=TlsLegacy.OLD_VERSION) as running:
        assert refused(to(running), PsbridgeError).stage is Stage.TLS


def test_an_unverified_certificate_is_shown_as_such() -> None:
    with host("ntlm", tls=TlsFault.UNKNOWN_CA) as running:
        facts = listed(to(running, tls=Tls(verify=False))).facts(Stage.TLS)
    assert (facts["verified"], facts["reason"]) == (False, "the target has verify: false")
    assert facts["chain"][0]["issuer"] == "CN=an authority that nobody knows"


def test_a_web_server_fails_in_wsman() -> None:
    page = b"HTTP/1.1 404 Not Found\r\nServer: nginx\r\nContent-Length: 0\r\n\r\n"

    def serve(sock: socket.socket) -> None:
        sock.recv(65536)
        sock.sendall(page)

    with server(serve) as port:
        found = refused(Endpoint("127.0.0.1", port, None, Auth.NTLM, USER, Secret(PASSWORD)))
    assert found.stage is Stage.WSMAN
    assert (found.facts["status"], found.facts["server"], found.facts["offered"]) == (404, "nginx", None)


def test_a_login_that_is_not_offered_fails_in_login_before_it_begins() -> None:
    with host("certificate", "credssp", tls=True) as running:
        seen = Seen()
        with pytest.raises(PrerequisiteError):
            observed(to(running), seen)
    assert seen.failed.stage is Stage.LOGIN
    assert seen.facts(Stage.WSMAN)["offered"] == ["CredSSP"]


@pytest.mark.parametrize("auth", [Auth.NTLM, Auth.NEGOTIATE, Auth.CREDSSP, Auth.BASIC])
def test_a_wrong_password_fails_in_login(auth: Auth) -> None:
    with host(auth.value, tls=True) as running:
        found = refused(to(running, auth, password=Secret("wrong-pass")), AuthError)
    assert found.stage is Stage.LOGIN


@pytest.mark.parametrize("late", [False, True])
def test_a_client_certificate_that_is_refused_fails_in_login(late: bool, tmp_path: Path) -> None:
    (client_ca := tmp_path / "ca.pem").write_bytes(Authority("ours").pem)
    certificate, key = Authority("theirs").for_user("operator@contoso").write(tmp_path, "client")
    with host("certificate", tls=True, client_ca=client_ca, late_certificate=late) as running:
        tls = Tls(ca=str(running.host.ca_file), client_cert=str(certificate), client_key=str(key))
        found = refused(to(running, Auth.CERTIFICATE, tls=tls, username=None, password=None), AuthError)
    assert found.stage is Stage.LOGIN


def test_a_session_configuration_that_does_not_exist_fails_in_session() -> None:
    for auth in (Auth.NTLM, Auth.BASIC):
        with host(auth.value, tls=True) as running:
            found = refused(to(running, auth, configuration_name="NoSuch"), PrerequisiteError)
        assert found.stage is Stage.SESSION


# -- other ways


def test_the_proxy_is_shown_in_tcp() -> None:
    with host("ntlm", tls=True) as running, proxy() as (url, _):
        seen = listed(to(running, proxy=url))
    assert seen.ended == HTTPS
    assert seen.facts(Stage.TCP)["proxy"] == url.removeprefix("http://")


def test_a_proxy_that_refuses_the_tunnel_fails_in_tcp() -> None:
    with host("ntlm") as running, proxy(b"HTTP/1.1 403 Forbidden\r\n\r\n") as (url, _):
        assert refused(to(running, proxy=url)).stage is Stage.TCP


def test_the_stages_of_each_host_are_shown_when_one_can_not_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        closed = listening.getsockname()[1]
    with host("ntlm") as running:
        good = to(running)
        bad = to(running, port=closed)
        seen = Seen()
        session = sessions((bad, good), Policy(), CLOCK, observe=seen)(within())
        session.close(within())
    assert seen.failed.stage is Stage.TCP
    assert seen.failed.host == bad.url
    assert [each.stage.value for each in seen.events if each.host == good.url and each.state == "finished"] == HTTP


@pytest.mark.parametrize(("auth", "tls"), [(Auth.NTLM, False), (Auth.CREDSSP, True), (Auth.BASIC, True)])
def test_a_login_after_an_idle_time_is_shown_as_a_repetition(network: Loopback, auth: Auth, tls: bool) -> None:
    with host(auth.value, network=network, tls=tls) as running:
        seen = Seen()
        session = observed(to(running, auth), seen)
        assert session.run(LISTING, within()).output
        assert not any(each.again for each in seen.events)
        before = len(seen.events)
        network.clock.sleep(300)
        assert session.run(LISTING, within()).output
        session.close(within())
    repeated = [each for each in seen.events[before:] if each.state != "started"]
    assert all(each.again and each.state == "finished" for each in repeated)
    assert [each.stage.value for each in repeated] == (HTTPS if tls else HTTP)[:-1]


def test_a_connection_that_breaks_while_the_session_opens_is_no_failure_of_the_session(network: Loopback) -> None:
    """A Receive is sent again on a new connection."""
    with host("ntlm", network=network, faults=["receive:1:reset-after"]) as running:
        seen = listed(to(running))
    assert [each for each in seen.events if each.state == "failed"] == []
    assert seen.ended == [*HTTP[:-1], *HTTP]
