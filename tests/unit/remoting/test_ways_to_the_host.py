"""Proxies of the target, and ports that speak another protocol than the target says."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from psbridge.config.load import load
from psbridge.errors import ConfigError, PsbridgeError, Unreachable
from psbridge.models.connection import Auth, Endpoint, Tls
from psbridge.models.secret import Secret
from psbridge.remoting.winrm.session import open_session
from tests.support.fakes.loopback import Loopback
from tests.support.hosts.one_host import CLOCK, PASSWORD, USER, failed, host, listed, server, to, within
from tests.support.hosts.proxies import proxy

# -- proxies


@pytest.mark.parametrize("tls", [False, True])
def test_a_targets_proxy_is_used_with_connect(tls: bool) -> None:
    with host("ntlm", tls=tls) as running, proxy() as (url, asked):
        assert listed(to(running, proxy=url))
        assert asked[0].startswith(f"CONNECT 127.0.0.1:{running.host.port} HTTP/1.1\r\n".encode())


def test_the_environments_proxies_are_never_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with host("ntlm", tls=True) as running:
        assert listed(to(running))


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n", "asks for credentials"),
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "refused the tunnel"),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", "refused the tunnel"),
        (b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n", "does not speak HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 40_000 + b"\r\n\r\n", "more than 16384 bytes"),
    ],
)
def test_a_proxy_that_refuses_connect_is_named_and_nothing_was_sent(answer: bytes, says: str) -> None:
    with host("ntlm", tls=True) as running, proxy(answer) as (url, asked):
        with pytest.raises(Unreachable) as caught:
            listed(to(running, proxy=url))
        assert says in caught.value.message
        assert url.removeprefix("http://") in caught.value.message
        assert not caught.value.delivered
        assert running.host.requests == {"*": 0} or not running.host.requests.get("*")
        assert asked, "nothing but CONNECT went out"
        assert all(head.startswith(b"CONNECT ") for head in asked)


def test_an_unreachable_proxy_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    said = failed(
        Endpoint("127.0.0.1", 5985, None, Auth.NTLM, USER, Secret("x"), proxy=f"http://127.0.0.1:{port}"), Unreachable
    )
    assert "the proxy failed" in said
    assert f"127.0.0.1:{port}" in said


def test_a_silent_proxy_ends_at_the_deadline(network: Loopback) -> None:
    with host("ntlm", network=network, faults=["tcp:*:never-before"]) as silent:
        proxy = f"http://127.0.0.1:{silent.host.port}"
        where = Endpoint("127.0.0.1", 5985, None, Auth.NTLM, USER, Secret("x"), proxy=proxy)
        with pytest.raises(PsbridgeError) as caught:
            open_session(where, 0.2, CLOCK, within(30))
    assert "the proxy failed" in caught.value.message


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://me:Pr0xy-secret@proxy:3128", "user and password can't be given"),
        ("https://proxy:3128", "expected http://HOST:PORT"),
        ("socks5://proxy:1080", "expected http://HOST:PORT"),
        ("proxy:3128", "expected http://HOST:PORT"),
        ("http://proxy:99999", "expected http://HOST:PORT"),
        ("http://proxy:3128/path", "expected http://HOST:PORT"),
    ],
)
def test_an_invalid_proxy_is_refused_and_not_shown(url: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(f"version: 1\ntargets:\n  nyc: {{host: oaw01, username: u, proxy: '{url}'}}\n", "utf-8")
    file.chmod(0o600)
    with pytest.raises(ConfigError) as caught:
        load(file, {}).values("nyc")
    assert says in caught.value.message
    assert "Pr0xy-secret" not in f"{caught.value.message} {caught.value.detail}"


# -- ports of the other protocol


@pytest.mark.parametrize("seconds", [0.3, 30.0])
def test_a_port_that_ignores_tls_names_the_key(network: Loopback, seconds: float) -> None:
    """Whichever ends first, the connection's time or the call's."""
    with host("ntlm", network=network, faults=["tcp:*:never-before"]) as running:
        where = to(running, tls=Tls(verify=False))
        with pytest.raises(PsbridgeError) as caught:
            open_session(where, seconds, CLOCK, within(0.6))
        assert "`tls: false`" in (caught.value.hint or "")


def test_a_tls_port_that_ignores_http_names_the_key(network: Loopback) -> None:
    silent = host("ntlm", network=network, tls=True, faults=["tcp:*:never-before"])
    with silent as running, pytest.raises(PsbridgeError) as caught:
        open_session(to(running, tls=None), 10, CLOCK, within(0.6))
    assert "remove `tls: false`" in (caught.value.hint or "")


def test_http_to_a_port_of_tls_and_tls_to_a_port_of_http() -> None:
    with host("ntlm", tls=True) as running:
        assert "remove `tls: false`" in failed(to(running, tls=None), Unreachable)
    with host("ntlm") as running:
        assert "`tls: false`" in failed(to(running, tls=Tls(verify=False)), Unreachable)


def test_an_alert_of_tls_in_answer_to_http_is_recognised() -> None:
    def serve(sock: socket.socket) -> None:
        sock.recv(65536)
        sock.sendall(b"\x15\x03\x03\x00\x02\x02\x46")

    with server(serve) as port:
        said = failed(Endpoint("127.0.0.1", port, None, Auth.NTLM, USER, Secret(PASSWORD)), Unreachable)
    assert "speaks TLS, not plain http" in said
    assert "Remove `tls: false`" in said


@pytest.mark.parametrize("tls", [None, Tls(verify=False)])
def test_an_ssh_port_is_not_winrm(tls: Tls | None) -> None:
    with host("ntlm", faults=["tcp:*:banner"]) as running:
        said = failed(to(running, tls=tls), Unreachable)
    assert "does not speak" in said
    assert "5986" in said


@pytest.mark.parametrize("tls", [None, Tls(verify=False)])
@pytest.mark.parametrize("answer", [b"\x05\xff", b"\x00\x5b\x00\x00\x00\x00\x00\x00"])
def test_a_socks_port_is_not_winrm(tls: Tls | None, answer: bytes) -> None:
    def serve(sock: socket.socket) -> None:
        sock.recv(65536)
        sock.sendall(answer)

    with server(serve) as port:
        said = failed(Endpoint("127.0.0.1", port, tls, Auth.NTLM, USER, Secret(PASSWORD)), Unreachable)
    assert "tls" in said
    assert "598" in said
