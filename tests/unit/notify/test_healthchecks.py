"""Pings of Healthchecks against a server that answers, fails, hangs, is absent, redirects and floods."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from pathlib import Path

import pytest
import trustme

from psbridge.clock import Deadline, SystemClock
from psbridge.errors import ExitCode, Interrupted
from psbridge.models.secret import Secret
from psbridge.notify import healthchecks
from psbridge.notify.delivery import Attempt, Outcome, Way, deliver
from psbridge.notify.healthchecks import Ping, cut
from tests.support.hosts.ping_server import (
    Answer,
    absent,
    babbles,
    drips,
    drops,
    floods,
    hangs,
    ping_server,
    says,
)

HIDDEN = "hunter2-Zz"
LONG = 60.0
SHORT = 0.3  # seconds; for a server that never ends alone, so that no machine is too slow
limits: list[int] = []


def pinged(url: str, signal: str = "", seconds: float = LONG, **more: object) -> str | None:
    """Send a ping and return why it did not arrive; None if it did."""
    proxy = more.pop("proxy", None)
    limit = more.pop("limit", healthchecks.BODY_LIMIT)
    ping = Ping(Secret(url), signal, **more)

    def send(attempt: Attempt) -> None:
        limits.append(healthchecks.send(ping, attempt, proxy=proxy, limit=limit, pause=0.0))

    (outcome,) = deliver([Way("healthchecks", send)], SystemClock(), seconds)
    assert HIDDEN not in repr(outcome)
    return outcome.why


def test_a_ping_posts_its_body_with_signal_and_run() -> None:
    with ping_server() as server:
        assert pinged(server.url(), "start", body="as it is: ü", run="r-1", create=True) is None
    (request,) = server.requests
    assert request.line == f"POST /ping/{HIDDEN}/start?rid=r-1&create=1 HTTP/1.1"
    assert request.body == "as it is: ü".encode()
    assert request.headers["user-agent"].startswith("psbridge/")
    assert {"authorization", "cookie"}.isdisjoint(request.headers)


@pytest.mark.parametrize(
    ("url", "signal", "path"),
    [
        ("/a", "", "/a"),
        ("/a/", "3", "/a/3"),
        ("/key/slug?create=1", "log", "/key/slug/log?create=1"),
        ("", "", "/"),
        ("", "fail", "/fail"),
    ],
)
def test_the_signal_stands_behind_the_path_of_any_ping_url(url: str, signal: str, path: str) -> None:
    assert Ping(Secret(f"http://hc.contoso.com:8000{url}"), signal).target == path


def test_the_server_says_how_long_a_body_may_be() -> None:
    with ping_server(says(Ping_Body_Limit="7")) as server:
        assert pinged(server.url(), body="0123456789") is None
        assert limits[-1] == 7
        assert pinged(server.url(), body="012345ü", limit=limits[-1]) is None
    assert [each.body for each in server.requests] == [b"0123456789", b"012345"]


@pytest.mark.parametrize("said", ["", "-1", "1e9", "many", "9" * 40])
def test_a_limit_that_is_none_is_ignored(said: str) -> None:
    with ping_server(says(Ping_Body_Limit=said)) as server:
        assert pinged(server.url()) is None
    assert limits[-1] == 100_000


def test_a_body_is_cut_in_bytes_and_between_characters() -> None:
    assert cut("üü", 3) == "ü".encode()
    assert cut("ab", 2) == b"ab"
    assert cut("\udcff", 10) == b"\\udcff"
    assert len(cut("é" * 100_000, healthchecks.BODY_LIMIT)) == 100_000


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (says(404), "the server has no check with this ping URL"),
        (says(200, b"OK (not found)"), "the server has no check with this ping URL"),
        (says(200, b"OK (rate limited)"), "the server ignored it: too many pings of this check within a minute"),
        (says(409), "several checks of the server have the slug of this ping URL"),
        (says(403), "the server answered HTTP 403"),
        (
            says(301, b"", Location=f"https://elsewhere/{HIDDEN}"),
            "the server redirects to another address, which is not followed; put that address into the ping URL",
        ),
        (babbles, "the answer of the server is not HTTP"),
    ],
)
def test_a_refusal_is_named_and_not_sent_again(answer: Answer, why: str) -> None:
    with ping_server(answer) as server:
        assert pinged(server.url()) == why
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (says(500), "the server answered HTTP 500"),
        (says(503), "the server answered HTTP 503"),
        (drops, "the server closed the connection without an answer"),
    ],
)
def test_what_may_pass_is_sent_once_more(answer: Answer, why: str) -> None:
    with ping_server(answer) as server:
        assert pinged(server.url()) == why
    assert len(server.requests) == 2
    with ping_server(answer, says()) as server:
        assert pinged(server.url()) is None
    assert len(server.requests) == 2


def test_an_absent_server_is_named_by_the_systems_error() -> None:
    assert pinged(f"http://localhost:{absent()}/{HIDDEN}") == "Connection refused"


def test_a_name_that_is_none_is_not_repeated() -> None:
    assert pinged(f"http://{HIDDEN}.invalid/a") == "the name of the server can't be resolved"


@pytest.mark.parametrize("answer", [hangs, drips])
def test_a_server_that_never_answers_is_given_up(answer: Answer) -> None:
    with ping_server(answer) as server:
        assert pinged(server.url(), seconds=SHORT) == "timed out after 0.3s"
        assert len(server.requests) <= 1


def test_an_answer_of_gigabytes_is_not_read() -> None:
    with ping_server(floods) as server:
        assert pinged(server.url()) is None


def test_a_name_that_takes_for_ever_does_not_hold_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, over = threading.Event(), threading.Event()

    def resolve(*_: object, **__: object) -> list[object]:
        asked.set()
        over.wait(60)
        return []

    monkeypatch.setattr("socket.getaddrinfo", resolve)
    assert pinged("http://hc.contoso.com/a", seconds=SHORT) == "timed out after 0.3s"
    assert asked.is_set()
    over.set()


def test_nothing_of_a_connection_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://localhost:{absent()}")
    netrc = tmp_path / ".netrc"
    netrc.write_text("default login me password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    with ping_server() as server:
        assert pinged(server.url()) is None
    assert "authorization" not in server.requests[0].headers


def test_a_proxy_of_the_config_is_asked_for_a_tunnel() -> None:
    with ping_server(says(502)) as proxy:
        why = pinged("https://hc.contoso.com/hunter2-Zz", proxy=f"http://localhost:{proxy.port}")
    assert why == "the proxy refused the tunnel to the server"
    assert {each.line.split(" ")[:2] == ["CONNECT", "hc.contoso.com:443"] for each in proxy.requests} == {True}


@pytest.mark.parametrize("secure", [False, True])
def test_a_ping_goes_through_the_tunnel_of_a_proxy(
    secure: bool, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with ping_server(tls=context(authority, "localhost") if secure else None) as server:

        def tunnel(sock: socket.socket, _over: threading.Event) -> None:
            with socket.create_connection(("127.0.0.1", server.port)) as there:
                sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                threading.Thread(target=copy, args=(there, sock), daemon=True).start()
                copy(sock, there)

        with ping_server(tunnel) as proxy:
            assert pinged(server.url(), proxy=f"http://localhost:{proxy.port}") is None
    assert server.paths == [f"/ping/{HIDDEN}"]
    assert proxy.requests[0].line.startswith(f"CONNECT localhost:{server.port} HTTP/1.")


def copy(source: socket.socket, to: socket.socket) -> None:
    """Pass on what comes until there is no more."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            to.sendall(data)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def context(authority: trustme.CA, name: str) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(made)
    return made


def test_a_ping_over_tls_trusts_the_systems_authorities(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with ping_server(tls=context(authority, "localhost")) as server:
        assert pinged(server.url()) is None
    with ping_server(tls=context(authority, "other.contoso.com")) as server:
        assert pinged(server.url()) == "the server's certificate is not trusted: it is for another name"
    assert server.requests == []


def test_a_certificate_of_an_unknown_authority_is_refused(authority: trustme.CA) -> None:
    with ping_server(tls=context(authority, "localhost")) as server:
        assert str(pinged(server.url())).startswith("the server's certificate is not trusted: ")
    assert server.requests == []


def test_tls_with_a_server_that_has_none_is_named() -> None:
    with ping_server(babbles, reads=False) as server:
        assert str(pinged(server.url().replace("http:", "https:"))).startswith("TLS failed: ")


@pytest.mark.parametrize("url", ["http://me:pw@localhost/a", "http:///a", "http://localhost:port/a"])
def test_a_url_that_is_none_is_refused_without_its_text(url: str) -> None:
    assert "ping URL is not one" in str(pinged(url))


def test_a_url_that_http_can_not_send_is_refused() -> None:
    with ping_server() as server:
        assert pinged(server.url("/ä")) == "the ping URL is not one"


def test_a_bug_is_reported_by_its_type_alone() -> None:
    def broken(_: Attempt) -> None:
        raise RuntimeError(HIDDEN)

    bug = Outcome("it", "a bug of psbridge: RuntimeError", ExitCode.INTERNAL)
    assert deliver([Way("it", broken)], SystemClock(), LONG) == [bug]


def test_ways_do_not_wait_for_each_other() -> None:
    second = threading.Event()

    def first(_: Attempt) -> None:
        assert second.wait(LONG)

    assert deliver([Way("first", first), Way("second", lambda _: second.set())], SystemClock(), LONG) == [
        Outcome("first"),
        Outcome("second"),
    ]


def test_an_interrupt_gives_everything_up(monkeypatch: pytest.MonkeyPatch) -> None:
    closed, given = threading.Event(), threading.Event()

    def way(attempt: Attempt) -> None:
        attempt.closing(closed.set)
        given.set()
        closed.wait(LONG)

    def interrupted(*_: object) -> None:
        assert given.wait(LONG)
        raise Interrupted("interrupted by SIGTERM")

    monkeypatch.setattr(Attempt, "remaining", property(interrupted))
    with pytest.raises(Interrupted):
        deliver([Way("it", way)], SystemClock(), LONG)
    assert closed.is_set()


def test_what_opens_after_the_end_is_closed_at_once() -> None:
    attempt, closed = Attempt(Deadline.after(SystemClock(), LONG)), []
    attempt.give_up()
    attempt.closing(lambda: closed.append(1))
    assert closed == [1]
