"""Library defaults are kept where psbridge adds its own settings: TLS, addresses, names, idle timeouts."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
from urllib3.util.ssl_ import create_urllib3_context

from psbridge.config.load import load
from psbridge.config.resolve import resolve
from psbridge.config.show import show
from psbridge.emulator.emulation import Emulating, Emulation, emulation
from psbridge.emulator.tls.server import CertificateFactory, TlsFiles, TlsLegacy
from psbridge.errors import AuthError, ConfigError, PrerequisiteError, Unreachable
from psbridge.models.connection import Auth, Endpoint, Tls, address
from psbridge.models.secret import Secret
from psbridge.remoting.winrm import sockets
from psbridge.remoting.winrm.sockets import tls_context
from psbridge.values import replace
from tests.support.fakes.loopback import Loopback
from tests.support.hosts.kdc import missing
from tests.support.hosts.one_host import PASSWORD, USER, failed, host, listed, server, to
from tests.support.process.front import front

# -- TLS


def by_certificate(running: Emulation) -> Endpoint:
    files = running.host.client_files
    assert files is not None
    tls = Tls(ca=str(running.host.ca_file), client_cert=str(files.certificate), client_key=str(files.key))
    return to(running, Auth.CERTIFICATE, tls=tls, username=None, password=None)


def test_a_host_may_ask_for_the_client_certificate_after_the_handshake(network: Loopback) -> None:
    with host("certificate", network=network, tls=True, late_certificate=True) as running:
        assert listed(by_certificate(running))


def test_a_late_certificate_request_fails_without_the_default(
    network: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = sockets.tls_context

    def without(tls: Tls) -> ssl.SSLContext:
        context = made(tls)
        context.post_handshake_auth = False
        return context

    monkeypatch.setattr("psbridge.remoting.winrm.transport.tls_context", without)
    with host("certificate", network=network, tls=True, late_certificate=True) as running:
        failed(by_certificate(running), Unreachable)


@pytest.mark.parametrize("tls", [Tls(), Tls(verify=False)])
def test_the_tls_context_keeps_the_librarys_defaults(tls: Tls) -> None:
    ours, theirs = tls_context(tls), create_urllib3_context()
    assert ours.post_handshake_auth
    same = ("post_handshake_auth", "minimum_version", "maximum_version", "options", "hostname_checks_common_name")
    assert {name: getattr(ours, name) for name in same} == {name: getattr(theirs, name) for name in same}
    assert ours.verify_flags & theirs.verify_flags == theirs.verify_flags
    assert (ours.verify_mode, ours.check_hostname) == (
        (ssl.CERT_REQUIRED, True) if tls.verify else (ssl.CERT_NONE, False)
    )


def test_a_private_ca_that_newer_pythons_reject_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    made = sockets.tls_context

    def lenient(tls: Tls) -> ssl.SSLContext:
        context = made(tls)
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return context

    with host("ntlm", tls=TlsLegacy.OLD_AUTHORITY) as running:
        monkeypatch.setattr("psbridge.remoting.winrm.transport.tls_context", lenient)
        assert listed(to(running)), "with the rules of Python 3.11 and 3.12 it will do"

        def strict(tls: Tls) -> ssl.SSLContext:
            context = made(tls)
            context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
            return context

        monkeypatch.setattr("psbridge.remoting.winrm.transport.tls_context", strict)
        said = failed(to(running), Unreachable)
        assert "strict rules" in said
        assert "Python 3.13" in said
        assert "keyUsage" in said


def test_the_emulators_ca_passes_the_strict_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    made = sockets.tls_context

    def strict(tls: Tls) -> ssl.SSLContext:
        context = made(tls)
        context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
        return context

    monkeypatch.setattr("psbridge.remoting.winrm.transport.tls_context", strict)
    with host("ntlm", tls=True) as running:
        assert listed(to(running))


def test_a_certificate_for_the_configured_name_is_accepted(tmp_path: Path) -> None:
    certificates = CertificateFactory()
    try:
        files = certificates.server(["oaw01.contoso.com"])
        with host("ntlm", tls=TlsFiles(files.certificate, files.key, files.ca)) as running:
            assert "another name" in failed(to(running), Unreachable)
            named = Tls(ca=str(files.ca), server_name="OAW01.contoso.com.")
            assert listed(to(running, tls=named))
            assert "server_name: NAME" in failed(to(running, tls=replace(named, server_name="other.com")), Unreachable)
    finally:
        certificates.close()


def test_the_tls_server_name_is_the_configured_one(tmp_path: Path) -> None:
    asked: list[str | None] = []
    certificates = CertificateFactory()
    files = certificates.server(["oaw01.contoso.com", "127.0.0.1"])
    context = files.context()
    context.sni_callback = lambda _sock, name, _context: asked.append(name)
    with server(lambda sock: context.wrap_socket(sock, server_side=True).close()) as port:
        where = Endpoint("127.0.0.1", port, Tls(ca=str(files.ca)), Auth.NTLM, USER, Secret(PASSWORD))
        failed(where, Unreachable)
        failed(replace(where, tls=Tls(ca=str(files.ca), server_name="OAW01.Contoso.com.")), Unreachable)
    certificates.close()
    assert list(dict.fromkeys(asked)) == [None, "oaw01.contoso.com"]


# -- addresses

MAPPED = str(ipaddress.IPv6Address("::ffff:192.0.2.7"))
"""`::ffff:c000:207` of Python 3.11 and 3.12; from 3.13 on as it was written."""


@pytest.mark.parametrize(
    ("configured", "dialled", "named"),
    [
        ("fe80::1%eth0", "fe80::1%eth0", "fe80::1"),
        ("[fe80::1%eth0]", "fe80::1%eth0", "fe80::1"),
        ("FE80:0:0::1%2", "fe80::1%2", "fe80::1"),
        ("::1", "::1", "::1"),
        ("[::1]", "::1", "::1"),
        ("::ffff:192.0.2.7", MAPPED, MAPPED),
        ("OAW01.Contoso.COM", "OAW01.Contoso.COM", "oaw01.contoso.com"),
        ("oaw01.contoso.com.", "oaw01.contoso.com.", "oaw01.contoso.com"),
        ("bücher.example", "xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("BÜCHER.example.", "xn--bcher-kva.example.", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("192.0.2.7", "192.0.2.7", "192.0.2.7"),
    ],
)
def test_the_configured_address_is_connected_to(
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
def test_an_invalid_name_or_address_is_refused(name: str, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(f"version: 1\ntargets:\n  nyc:\n    host: '{name}'\n    username: u\n    auth: ntlm\n", "utf-8")
    file.chmod(0o600)
    if name == "a..b":
        assert load(file, {}).values("nyc"), "DNS says so, as of any name"
    else:
        with pytest.raises(ConfigError, match="host"):
            load(file, {}).values("nyc")


def test_the_certificate_name_is_compared_normalized(monkeypatch: pytest.MonkeyPatch) -> None:
    look_up = socket.getaddrinfo  # not every machine's resolver knows the root's localhost
    monkeypatch.setattr(socket, "getaddrinfo", lambda name, *args, **how: look_up(name.rstrip("."), *args, **how))
    with host("ntlm", tls=True) as running:
        for name in ("LOCALHOST", "localhost."):
            assert address(name).name == "localhost"
            assert listed(to(running, host=name))


# -- Kerberos' name of the host, and channel bindings


@pytest.mark.skipif(bool(missing()), reason=f"no Kerberos here: {missing()}")
@pytest.mark.kerberos
def test_kerberos_uses_the_configured_service_name(realm: Any) -> None:
    from tests.support.hosts import kdc

    user = f"{kdc.USER}@{kdc.REALM}"
    with emulation(Emulating(users={user: "unused"}, auth=("kerberos",), keytab=realm.keytab, bind="::1")) as running:
        where = Endpoint("::1", running.host.port, None, Auth.KERBEROS, user, Secret(kdc.PASSWORD))
        said = failed(where, ConfigError)
        assert "the realm has no such host" in said
        assert "service_host" in said
        assert listed(replace(where, service_host="localhost"))
        assert listed(replace(where, service="HTTP", service_host="localhost"))
        failed(replace(where, service="WSMAN", service_host="localhost"), ConfigError)


@pytest.mark.parametrize("auth", [Auth.NTLM, Auth.NEGOTIATE])
def test_a_tls_front_is_named_and_the_binding_can_be_turned_off(auth: Auth) -> None:
    with (
        host("negotiate", "ntlm", tls=True) as running,
        front("127.0.0.1", running.host.port, running.host.ca_file) as before,
    ):
        where = to(running, auth, port=before.port, tls=Tls(ca=str(before.ca)))
        said = failed(where, AuthError)
        assert "channel binding" in said
        assert "channel_binding: false" in said
        assert listed(replace(where, channel_binding=False))


def test_a_strict_host_refuses_a_login_without_bindings() -> None:
    with host("ntlm", tls=True, channel_binding="strict") as running:
        assert listed(to(running))
        assert "channel binding" not in failed(to(running, channel_binding=False), AuthError)


def test_a_wrong_password_over_http_does_not_mention_a_front() -> None:
    with host("ntlm") as running:
        assert "channel" not in failed(to(running, password=Secret("no")), AuthError)


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
    endpoint = resolve(load(file, {"PW": "x"}), "nyc").endpoints[0]
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
    found = load(file, env)
    endpoint = resolve(found, "nyc").endpoints[0]
    assert (endpoint.service, endpoint.service_host, endpoint.channel_binding) == ("HTTP", "other", True)
    assert (endpoint.proxy, endpoint.idle_timeout) == ("http://other:8080", 120.0)
    assert show(found).targets["nyc"]["idle_timeout"] == "2m"


# -- unverified TLS


def test_unverified_tls_is_warned_about_each_time(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(
        "version: 1\ntargets:\n  nyc: {host: oaw01, auth: ntlm, username: u, password: {env: PW}, tls: {verify: false}}\n"
    )
    file.chmod(0o600)
    for _ in range(2):
        said: list[str] = []
        resolve(load(file, {"PW": "x"}), "nyc", warn=said.append)
        assert [line for line in said if "tls.verify is false" in line and "oaw01" in line]


# -- idle times


def test_a_lower_maximum_idle_timeout_names_the_key() -> None:
    with host("ntlm", max_idle=300) as running:
        said = failed(to(running), PrerequisiteError)
        assert "idle_timeout" in said
        assert "2150858817" in said
        assert listed(to(running, idle_timeout=300.0))


def test_a_too_short_idle_timeout_is_explained() -> None:
    with host("ntlm") as running:
        said = failed(to(running, idle_timeout=30.0), PrerequisiteError)
        assert "idle_timeout" in said
        assert "the minimum is 1m" in said
