"""What a library does by default goes on where psbridge puts its own part in: TLS, addresses, names, proxies, encodings."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from urllib3.util.ssl_ import create_urllib3_context

from psbridge import config
from psbridge.clock import Deadline, SystemClock
from psbridge.emulator.emulation import Emulating, Emulation, emulation
from psbridge.emulator.tls import TlsFiles, TlsLegacy, Workshop
from psbridge.errors import AuthError, ConfigError, DeadlineExceeded, PrerequisiteError, PsbridgeError, Unreachable
from psbridge.models import Auth, Credential, Endpoint, Secret, Tls
from psbridge.models.address import address
from psbridge.powershell import Command, Pipeline
from psbridge.remoting import sockets
from psbridge.remoting.session import PypsrpSession, open_session
from psbridge.remoting.sockets import tls_context
from tests.support.kdc import missing
from tests.support.man_in_the_middle import man_in_the_middle

USER, PASSWORD = "CONTOSO\\operator", "S3cret-pass"
CLOCK = SystemClock()
LISTING = Pipeline.of(Command.of("Get-AzsBackup", {"Location": "redmond", "ResourceGroupName": "system.redmond"}))


def within(seconds: float = 30) -> Deadline:
    return Deadline.after(CLOCK, seconds)


def host(*auth: str, password: str = PASSWORD, **how: Any) -> Any:
    return emulation(Emulating(users={USER: password}, auth=auth or ("ntlm",), **how))


def to(running: Emulation, auth: Auth = Auth.NTLM, **what: Any) -> Endpoint:
    tls = Tls(ca=str(running.host.ca_file)) if running.host.secure else None
    return replace(Endpoint("127.0.0.1", running.host.port, tls, auth, USER, Secret(PASSWORD)), **what)


def opened(where: Endpoint) -> PypsrpSession:
    return open_session(where, 10, CLOCK, within())


def listed(where: Endpoint) -> int:
    session = opened(where)
    try:
        return len(session.run(LISTING, within()).output)
    finally:
        session.close(within())


def failed(where: Endpoint, kind: type[PsbridgeError]) -> str:
    with pytest.raises(PsbridgeError) as caught:
        listed(where)
    assert type(caught.value) is kind, caught.value
    return f"{caught.value.message} | {caught.value.hint}"


# -- TLS


def by_certificate(running: Emulation) -> Endpoint:
    files = running.host.client_files
    assert files is not None
    tls = Tls(ca=str(running.host.ca_file), client_cert=str(files.certificate), client_key=str(files.key))
    return to(running, Auth.CERTIFICATE, tls=tls, username=None, password=None)


def test_a_host_may_ask_for_the_client_certificate_after_the_handshake() -> None:
    with host("certificate", tls=True, late_certificate=True) as running:
        assert listed(by_certificate(running))


def test_the_late_request_is_what_a_client_without_the_default_fails_at(monkeypatch: pytest.MonkeyPatch) -> None:
    made = sockets.tls_context

    def without(tls: Tls) -> ssl.SSLContext:
        context = made(tls)
        context.post_handshake_auth = False
        return context

    monkeypatch.setattr("psbridge.remoting.transport.tls_context", without)
    with host("certificate", tls=True, late_certificate=True) as running:
        failed(by_certificate(running), Unreachable)


@pytest.mark.parametrize("tls", [Tls(), Tls(verify=False)])
def test_the_tls_context_is_the_librarys_in_all_that_the_config_does_not_say(tls: Tls) -> None:
    ours, theirs = tls_context(tls), create_urllib3_context()
    assert ours.post_handshake_auth
    same = ("post_handshake_auth", "minimum_version", "maximum_version", "options", "hostname_checks_common_name")
    assert {name: getattr(ours, name) for name in same} == {name: getattr(theirs, name) for name in same}
    assert ours.verify_flags & theirs.verify_flags == theirs.verify_flags
    assert (ours.verify_mode, ours.check_hostname) == (
        (ssl.CERT_REQUIRED, True) if tls.verify else (ssl.CERT_NONE, False)
    )


def test_a_private_authority_that_breaks_the_rules_of_newer_pythons_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with host("ntlm", tls=TlsLegacy.OLD_AUTHORITY) as running:
        assert listed(to(running)), "with the rules of Python 3.11 and 3.12 it will do"
        made = sockets.tls_context

        def strict(tls: Tls) -> ssl.SSLContext:
            context = made(tls)
            context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
            return context

        monkeypatch.setattr("psbridge.remoting.transport.tls_context", strict)
        said = failed(to(running), Unreachable)
        assert "strict rules" in said
        assert "Python 3.13" in said
        assert "keyUsage" in said


def test_the_authority_that_the_emulator_makes_keeps_the_strict_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    made = sockets.tls_context

    def strict(tls: Tls) -> ssl.SSLContext:
        context = made(tls)
        context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
        return context

    monkeypatch.setattr("psbridge.remoting.transport.tls_context", strict)
    with host("ntlm", tls=True) as running:
        assert listed(to(running))


def test_a_certificate_for_another_name_is_accepted_where_the_target_names_it(tmp_path: Path) -> None:
    workshop = Workshop()
    try:
        files = workshop.server(["oaw01.contoso.com"])
        with host("ntlm", tls=TlsFiles(files.certificate, files.key, files.ca)) as running:
            assert "another name" in failed(to(running), Unreachable)
            named = Tls(ca=str(files.ca), server_name="OAW01.contoso.com.")
            assert listed(to(running, tls=named))
            assert "tls.server_name" in failed(to(running, tls=replace(named, server_name="other.com")), Unreachable)
    finally:
        workshop.close()


def test_the_name_that_is_asked_for_in_tls_is_the_one_that_the_target_names(tmp_path: Path) -> None:
    asked: list[str | None] = []
    workshop = Workshop()
    files = workshop.server(["oaw01.contoso.com", "127.0.0.1"])
    context = files.context()
    context.sni_callback = lambda _sock, name, _context: asked.append(name)
    with server(lambda sock: context.wrap_socket(sock, server_side=True).close()) as port:
        where = Endpoint("127.0.0.1", port, Tls(ca=str(files.ca)), Auth.NTLM, USER, Secret(PASSWORD))
        failed(where, Unreachable)
        failed(replace(where, tls=Tls(ca=str(files.ca), server_name="OAW01.Contoso.com.")), Unreachable)
    workshop.close()
    assert list(dict.fromkeys(asked)) == [None, "oaw01.contoso.com"]


# -- addresses


@contextlib.contextmanager
def server(serve: Any) -> Iterator[int]:
    """Hand each connection to `serve`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    sock, _ = listener.accept()
                    with contextlib.suppress(OSError), sock:
                        serve(sock)

        worker = threading.Thread(target=accept, daemon=True)
        worker.start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)
        worker.join(30)


@pytest.mark.parametrize(
    ("configured", "dialled", "named"),
    [
        ("fe80::1%eth0", "fe80::1%eth0", "fe80::1"),
        ("[fe80::1%eth0]", "fe80::1%eth0", "fe80::1"),
        ("FE80:0:0::1%2", "fe80::1%2", "fe80::1"),
        ("::1", "::1", "::1"),
        ("[::1]", "::1", "::1"),
        ("::ffff:192.0.2.7", "::ffff:c000:207", "::ffff:c000:207"),
        ("OAW01.Contoso.COM", "OAW01.Contoso.COM", "oaw01.contoso.com"),
        ("oaw01.contoso.com.", "oaw01.contoso.com.", "oaw01.contoso.com"),
        ("bücher.example", "xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("BÜCHER.example.", "xn--bcher-kva.example.", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("192.0.2.7", "192.0.2.7", "192.0.2.7"),
    ],
)
def test_the_address_that_is_dialled_is_the_one_that_is_configured(
    configured: str, dialled: str, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up: list[str] = []
    heads: list[str] = []

    def answer(sock: socket.socket) -> None:
        heads.append(sock.recv(65536).decode("latin-1"))
        sock.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

    with server(answer) as port:

        def look_up(name: str, _port: int, **_: Any) -> list[Any]:
            looked_up.append(name)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        failed(Endpoint(configured, 5985, None, Auth.NTLM, USER, Secret(PASSWORD)), Unreachable)
    assert looked_up == [dialled]
    in_url = f"[{named}]" if ":" in named else named
    assert f"\r\nhost: {in_url}:5985\r\n" in heads[0].lower()


@pytest.mark.parametrize("name", ["a..b", "bü cher.example", "[::1", "::g", "1:2", "\u00ad.example"])
def test_what_is_neither_a_name_nor_an_address_is_refused(name: str, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(f"version: 1\ntargets:\n  nyc:\n    host: '{name}'\n    username: u\n    auth: ntlm\n", "utf-8")
    file.chmod(0o600)
    if name == "a..b":
        assert config.load(file, {}).names == ("nyc",), "DNS says so, as of any name"
    else:
        with pytest.raises(ConfigError, match="host"):
            config.load(file, {})


def test_the_certificate_is_checked_for_the_name_and_not_for_its_spelling(monkeypatch: pytest.MonkeyPatch) -> None:
    look_up = socket.getaddrinfo  # not every machine's resolver knows the root's localhost
    monkeypatch.setattr(socket, "getaddrinfo", lambda name, *args, **how: look_up(name.rstrip("."), *args, **how))
    with host("ntlm", tls=True) as running:
        for name in ("LOCALHOST", "localhost."):
            assert address(name).name == "localhost"
            assert listed(to(running, host=name))


# -- Kerberos' name of the host, and channel bindings


@pytest.mark.skipif(bool(missing()), reason=f"no Kerberos here: {missing()}")
@pytest.mark.kerberos
def test_kerberos_is_asked_for_the_name_that_the_target_says(realm: Any) -> None:
    from tests.support import kdc

    user = f"{kdc.USER}@{kdc.REALM}"
    with emulation(Emulating(users={user: "unused"}, auth=("kerberos",), keytab=realm.keytab, bind="::1")) as running:
        where = Endpoint("::1", running.host.port, None, Auth.KERBEROS, user, Secret(kdc.PASSWORD))
        said = failed(where, ConfigError)
        assert "the realm knows no such host" in said
        assert "service_host" in said
        assert listed(replace(where, service_host="localhost"))
        assert listed(replace(where, service="HTTP", service_host="localhost"))
        failed(replace(where, service="WSMAN", service_host="localhost"), ConfigError)


@pytest.mark.parametrize("auth", [Auth.NTLM, Auth.NEGOTIATE])
def test_a_front_with_a_certificate_of_its_own_is_named_and_the_binding_can_be_left_out(auth: Auth) -> None:
    with (
        host("negotiate", "ntlm", tls=True) as running,
        man_in_the_middle("127.0.0.1", running.host.port, running.host.ca_file) as (port, ca),
    ):
        where = to(running, auth, port=port, tls=Tls(ca=str(ca)))
        said = failed(where, AuthError)
        assert "channel binding" in said
        assert "channel_binding: false" in said
        assert listed(replace(where, channel_binding=False))


def test_a_host_that_insists_on_bindings_refuses_a_login_without() -> None:
    with host("ntlm", tls=True, channel_binding="strict") as running:
        assert listed(to(running))
        assert "channel binding" not in failed(to(running, channel_binding=False), AuthError)


def test_a_wrong_password_over_plain_http_is_not_blamed_on_a_front() -> None:
    with host("ntlm") as running:
        assert "channel" not in failed(to(running, password=Secret("no")), AuthError)


# -- proxies


def relay(one: socket.socket, other: socket.socket) -> None:
    def pass_on(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for sock in (source, target):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    back = threading.Thread(target=pass_on, args=(other, one), daemon=True)
    back.start()
    pass_on(one, other)
    back.join(30)


@contextlib.contextmanager
def proxy(answer: bytes = b"HTTP/1.1 200 Connection established\r\n\r\n") -> Iterator[tuple[str, list[bytes]]]:
    """A proxy that makes tunnels; yields its URL and what it was asked."""
    asked: list[bytes] = []

    def serve(sock: socket.socket) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += sock.recv(1)
        asked.append(head)
        sock.sendall(answer)
        if b" 200 " in answer:
            to_host, _, to_port = head.split()[1].decode().rpartition(":")
            with socket.create_connection((to_host.strip("[]"), int(to_port))) as far:
                relay(sock, far)

    with server(serve) as port:
        yield f"http://127.0.0.1:{port}", asked


@pytest.mark.parametrize("tls", [False, True])
def test_a_proxy_of_the_target_is_asked_for_a_tunnel(tls: bool) -> None:
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
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "makes no tunnel"),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", "makes no tunnel"),
        (b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n", "does not speak HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 40_000 + b"\r\n\r\n", "more than 16384 bytes"),
    ],
)
def test_a_proxy_that_makes_no_tunnel_is_named_and_nothing_was_sent(answer: bytes, says: str) -> None:
    with host("ntlm", tls=True) as running, proxy(answer) as (url, asked):
        with pytest.raises(Unreachable) as caught:
            listed(to(running, proxy=url))
        assert says in caught.value.message
        assert url.removeprefix("http://") in caught.value.message
        assert not caught.value.delivered
        assert running.host.requests == {"*": 0} or not running.host.requests.get("*")
        assert asked, "nothing but CONNECT went out"
        assert all(head.startswith(b"CONNECT ") for head in asked)


def test_a_proxy_that_is_not_there_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    said = failed(
        Endpoint("127.0.0.1", 5985, None, Auth.NTLM, USER, Secret("x"), proxy=f"http://127.0.0.1:{port}"), Unreachable
    )
    assert "the proxy can't be used" in said
    assert f"127.0.0.1:{port}" in said


def test_a_proxy_that_is_silent_keeps_the_deadline() -> None:
    released = threading.Event()
    with server(lambda _sock: released.wait(60)) as port:
        where = Endpoint("127.0.0.1", 5985, None, Auth.NTLM, USER, Secret("x"), proxy=f"http://127.0.0.1:{port}")
        with pytest.raises(PsbridgeError) as caught:
            open_session(where, 0.2, CLOCK, within(30))
        released.set()
    assert "the proxy can't be used" in caught.value.message


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
def test_a_proxy_that_cant_be_used_is_refused_and_not_repeated(url: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(f"version: 1\ntargets:\n  nyc: {{host: oaw01, username: u, proxy: '{url}'}}\n", "utf-8")
    file.chmod(0o600)
    with pytest.raises(ConfigError) as caught:
        config.load(file, {})
    assert says in caught.value.message
    assert "Pr0xy-secret" not in f"{caught.value.message} {caught.value.detail}"


# -- ports of the other protocol


@pytest.mark.parametrize("seconds", [0.3, 30.0])
def test_a_port_that_says_nothing_to_tls_names_the_key(seconds: float) -> None:
    """Whichever ends first, the connection's time or the call's."""
    with host("ntlm", faults=["tcp:*:never-before"]) as running:
        where = to(running, tls=Tls(verify=False))
        with pytest.raises(PsbridgeError) as caught:
            open_session(where, seconds, CLOCK, within(0.6))
        assert "`tls: false`" in (caught.value.hint or "")


def test_a_tls_port_that_says_nothing_to_http_names_the_key() -> None:
    with host("ntlm", tls=True, faults=["tcp:*:never-before"]) as running, pytest.raises(PsbridgeError) as caught:
        open_session(to(running, tls=None), 10, CLOCK, within(0.6))
    assert "`tls`" in (caught.value.hint or "")


def test_http_to_a_port_of_tls_and_tls_to_a_port_of_http() -> None:
    with host("ntlm", tls=True) as running:
        assert "`tls`" in failed(to(running, tls=None), Unreachable)
    with host("ntlm") as running:
        assert "`tls: false`" in failed(to(running, tls=Tls(verify=False)), Unreachable)


def test_an_alert_of_tls_in_answer_to_http_is_recognised() -> None:
    def serve(sock: socket.socket) -> None:
        sock.recv(65536)
        sock.sendall(b"\x15\x03\x03\x00\x02\x02\x46")

    with server(serve) as port:
        said = failed(Endpoint("127.0.0.1", port, None, Auth.NTLM, USER, Secret(PASSWORD)), Unreachable)
    assert "speaks TLS, not plain http" in said
    assert "`tls`" in said


@pytest.mark.parametrize("tls", [None, Tls(verify=False)])
def test_a_port_of_ssh_is_no_winrm(tls: Tls | None) -> None:
    with host("ntlm", faults=["tcp:*:banner"]) as running:
        said = failed(to(running, tls=tls), Unreachable)
    assert "does not speak" in said
    assert "5986" in said


@pytest.mark.parametrize("tls", [None, Tls(verify=False)])
@pytest.mark.parametrize("answer", [b"\x05\xff", b"\x00\x5b\x00\x00\x00\x00\x00\x00"])
def test_a_port_of_socks_is_no_winrm(tls: Tls | None, answer: bytes) -> None:
    def serve(sock: socket.socket) -> None:
        sock.recv(65536)
        sock.sendall(answer)

    with server(serve) as port:
        said = failed(Endpoint("127.0.0.1", port, tls, Auth.NTLM, USER, Secret(PASSWORD)), Unreachable)
    assert "tls" in said
    assert "598" in said


# -- the keys


def test_every_key_reaches_the_endpoint_from_file_and_environment(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    text = """version: 1
defaults: {service: WSMAN}
targets:
  nyc:
    host: oaw01
    username: u
    password: {env: PW}
    tls: {server_name: oaw01.contoso.com}
    service_host: krb.contoso.com
    channel_binding: false
    proxy: http://proxy:3128
    idle_timeout: 5m
"""
    file.write_text(text, "utf-8")
    file.chmod(0o600)
    endpoint = config.resolve(config.load(file, {"PW": "x"}), "nyc").endpoints[0]
    assert (endpoint.service, endpoint.service_host, endpoint.channel_binding) == ("WSMAN", "krb.contoso.com", False)
    assert (endpoint.proxy, endpoint.idle_timeout) == ("http://proxy:3128", 300.0)
    assert endpoint.tls == Tls(server_name="oaw01.contoso.com")
    env = {
        "PW": "x",
        "PSBRIDGE_TARGET_NYC_SERVICE": "HTTP",
        "PSBRIDGE_TARGET_NYC_SERVICE_HOST": "other",
        "PSBRIDGE_TARGET_NYC_CHANNEL_BINDING": "yes",
        "PSBRIDGE_TARGET_NYC_PROXY": "http://other:8080",
        "PSBRIDGE_TARGET_NYC_IDLE_TIMEOUT": "2m",
    }
    found = config.load(file, env)
    endpoint = config.resolve(found, "nyc").endpoints[0]
    assert (endpoint.service, endpoint.service_host, endpoint.channel_binding) == ("HTTP", "other", True)
    assert (endpoint.proxy, endpoint.idle_timeout) == ("http://other:8080", 120.0)
    assert config.show(found).targets["nyc"]["idle_timeout"] == "2m"


# -- unverified TLS


def test_tls_that_trusts_anybody_is_warned_of_each_time(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(
        "version: 1\ntargets:\n  nyc: {host: oaw01, auth: ntlm, username: u, password: {env: PW}, tls: {verify: false}}\n"
    )
    file.chmod(0o600)
    for _ in range(2):
        said: list[str] = []
        config.resolve(config.load(file, {"PW": "x"}), "nyc", warn=said.append)
        assert [line for line in said if "tls.verify is false" in line and "oaw01" in line]


# -- idle times


def test_a_host_that_allows_less_idle_time_names_the_key_and_takes_a_shorter_one() -> None:
    with host("ntlm", max_idle=300) as running:
        said = failed(to(running), PrerequisiteError)
        assert "idle_timeout" in said
        assert "2150858817" in said
        assert listed(to(running, idle_timeout=300.0))


def test_a_shorter_idle_time_than_the_host_allows_is_explained_too() -> None:
    with host("ntlm") as running:
        said = failed(to(running, idle_timeout=30.0), PrerequisiteError)
        assert "idle_timeout" in said
        assert "a minute at least" in said


# -- encodings


@pytest.mark.parametrize("password", ["pä:ss", "naïve-é", "pä€ss", "пароль-😀"])
@pytest.mark.parametrize("charset", ["utf-8", "any"])
def test_basic_is_written_in_the_encoding_that_the_challenge_names(password: str, charset: str) -> None:
    lines: list[str] = []
    with host("basic", password=password, tls=True, basic_charset=charset, log=lines.append) as running:
        assert listed(to(running, Auth.BASIC, password=Secret(password)))
    assert not [line for line in lines if "login refused" in line], "one try is all there is"


def test_an_encoding_that_nobody_names_is_named_by_the_hint_after_one_try() -> None:
    lines: list[str] = []
    with host("basic", password="é", tls=True, basic_charset="utf-8-unnamed", log=lines.append) as running:
        said = failed(to(running, Auth.BASIC, password=Secret("é")), AuthError)
    assert "Latin-1" in said
    assert "encoding" in said
    assert len([line for line in lines if "login refused" in line]) == 1


def test_latin_1_goes_on_where_a_host_reads_that() -> None:
    with host("basic", password="é", tls=True, basic_charset="latin-1") as running:
        assert listed(to(running, Auth.BASIC, password=Secret("é")))


def test_an_encoding_is_not_asked_for_where_all_is_ascii() -> None:
    lines: list[str] = []
    with host("basic", tls=True, basic_charset="utf-8-unnamed", log=lines.append) as running:
        said = failed(to(running, Auth.BASIC, password=Secret("no")), AuthError)
    assert "encoding" not in said
    assert len([line for line in lines if " 401 " in line]) == 1


# -- sealed answers


@pytest.mark.parametrize("effect", ["seal-epilogue", "seal-bare", "seal-lines", "seal-case"])
@pytest.mark.parametrize("auth", [Auth.NTLM, Auth.NEGOTIATE])
def test_a_sealed_answer_is_read_in_each_form_that_mime_allows(effect: str, auth: Auth) -> None:
    with host("ntlm", "negotiate", faults=[f"*:*:{effect}"]) as running:
        assert listed(to(running, auth))


def test_a_seal_that_is_broken_points_at_the_far_end() -> None:
    with host("ntlm", faults=["*:*:broken-seal"]) as running:
        said = failed(to(running), Unreachable)
    assert "sealed answer can't be opened" in said
    assert "address and credentials are right" in said
    assert "host, port and path" not in said


# -- key exchange


SIGN_IN = Pipeline.of(
    Command.of(
        "Connect-AzAccount",
        {
            "Environment": "AzureStackAdmin",
            "Tenant": "contoso.onmicrosoft.com",
            "ServicePrincipal": True,
            "Credential": Credential("4f8ec82c-0000-4000-8000-000000000000", Secret("s3cret")),
        },
    )
)


def test_a_host_that_answers_a_send_only_while_a_receive_waits_gives_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Send's answer is given up on after a while; the key that the host sends proves that it came."""
    monkeypatch.setattr("psbridge.remoting.transport.ANSWER_WITHIN", 0.0)
    monkeypatch.setattr("psbridge.remoting.wire.SEND_PATIENCE", 1)
    with host("ntlm", faults=["send:1:with-receive"]) as running:
        session = opened(to(running))
        session.run(SIGN_IN, within())
        assert session._pool._key_exchanged
        session.close(within())


def test_a_key_exchange_that_does_not_end_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("psbridge.remoting.transport.ANSWER_WITHIN", 0.0)
    monkeypatch.setattr("psbridge.remoting.wire.SEND_PATIENCE", 1)
    with host("ntlm") as running:
        session = opened(to(running))
        for fault in ("send:1:never-before", f"receive:{running.host.requests['receive'] + 1}+:never-before"):
            running.host.faults.add(fault)
        with pytest.raises(DeadlineExceeded) as caught:
            session.run(SIGN_IN, within(4))
        session.close(within(1))
    assert "key for secrets" in caught.value.message
    assert "key exchange" in (caught.value.hint or "")
