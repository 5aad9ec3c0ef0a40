"""A login that fails on this machine is not the host's verdict: 4 only where the host refused one that was really made."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import UnsupportedAlgorithm

from psbridge.emulator.client_config import client_config
from psbridge.emulator.tls.server import TlsLegacy
from psbridge.errors import AuthError, ConfigError, ExitCode, PrerequisiteError, Unreachable
from psbridge.models.connection import Auth, Endpoint
from psbridge.models.secret import Secret
from psbridge.remoting.winrm.login import identifies_user
from tests.support.hosts.one_host import PASSWORD, USER, failed, host, to

NTLM_1 = base64.b64encode(b"NTLMSSP\x00\x01\x00\x00\x00rest").decode()
NTLM_3 = base64.b64encode(b"NTLMSSP\x00\x03\x00\x00\x00rest").decode()


def test_the_manuals_row_of_code_9_mentions_this_machine() -> None:
    assert "this machine" in ExitCode.CONFIG.meaning
    assert "authentication method" in ExitCode.CONFIG.meaning


# -- crypto policy


def on_this_side(function: Callable[..., Any], error: Exception) -> Callable[..., Any]:
    """Return a function that fails for the client alone: the emulated host works on other threads."""

    def attempt(*args: Any, **kwargs: Any) -> Any:
        if threading.current_thread() is threading.main_thread():
            raise error
        return function(*args, **kwargs)

    return attempt


UNSUPPORTED = ValueError("[digital envelope routines] unsupported")


@pytest.mark.parametrize("auth", [Auth.NTLM, Auth.NEGOTIATE])
@pytest.mark.parametrize("tls", [False, True])
def test_md5_under_a_crypto_policy(auth: Auth, tls: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    with host("ntlm", "negotiate", tls=tls) as running:
        monkeypatch.setattr(hashlib, "md5", on_this_side(hashlib.md5, UNSUPPORTED))
        monkeypatch.setattr(hashlib, "new", on_this_side(hashlib.new, UNSUPPORTED))
        said = failed(to(running, auth), ConfigError)
    assert "this machine can't do the login" in said
    assert "crypto policy does not allow MD5" in said


@pytest.mark.parametrize("auth", [Auth.NTLM, Auth.NEGOTIATE])
def test_rc4_under_a_crypto_policy(auth: Auth, monkeypatch: pytest.MonkeyPatch) -> None:
    from spnego._ntlm_raw import crypto

    with host("ntlm", "negotiate") as running:
        gone = on_this_side(crypto.algorithms.ARC4, UnsupportedAlgorithm("ARC4"))
        monkeypatch.setattr(crypto.algorithms, "ARC4", gone)
        said = failed(to(running, auth), ConfigError)
    assert "crypto policy does not allow RC4" in said


def test_a_policy_of_openssl_itself_ends_with_9(tmp_path: Path) -> None:
    """In a process of its own, because OpenSSL reads the policy when it is loaded."""
    policy = tmp_path / "openssl.cnf"
    policy.write_text(
        "openssl_conf = main\n[main]\nalg_section = algorithms\n[algorithms]\ndefault_properties = fips=yes\n"
    )
    with host("ntlm") as running:
        (tmp_path / "password").write_text(PASSWORD)
        (tmp_path / "password").chmod(0o600)
        (file := tmp_path / "config.yaml").write_text(client_config(running, password_file=tmp_path / "password"))
        file.chmod(0o600)
        done = subprocess.run(
            [sys.executable, "-m", "psbridge", "backup", "list", "--config", str(file), "-o", "json"],
            env={**os.environ, "OPENSSL_CONF": str(policy), "XDG_STATE_HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 9, done.stderr
        assert "crypto policy" in done.stderr
        assert "MD5" in done.stderr


def test_a_key_that_is_too_short_for_this_machine() -> None:
    with host("ntlm", tls=TlsLegacy.WEAK_KEY) as running:
        said = failed(to(running), ConfigError)
    assert "this machine's crypto policy" in said
    assert "key is too short" in said


def test_no_common_tls_version() -> None:
    with host("ntlm", tls=TlsLegacy.OLD_VERSION) as running:
        said = failed(to(running), Unreachable)
    assert "shares no TLS version or cipher" in said
    assert "TLS 1.2" in said


# -- Kerberos


@pytest.mark.kerberos
@pytest.mark.parametrize("text", ["[libdefaults\n default_realm = X\n", "[realms]\n X = {\n }\n}\n"])
@pytest.mark.parametrize("password", [None, PASSWORD])
def test_a_broken_krb5_conf(text: str, password: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (file := tmp_path / "krb5.conf").write_text(text)
    monkeypatch.setenv("KRB5_CONFIG", str(file))
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{tmp_path}/none")
    with raw(b"HTTP/1.1 401 X\r\nWWW-Authenticate: Negotiate\r\nContent-Length: 0\r\n\r\n") as (port, heads):
        secret = Secret(password) if password else None
        said = failed(Endpoint("localhost", port, None, Auth.KERBEROS, "me@X.TEST", secret), ConfigError)
        assert not [head for head in heads if b"Authorization" in head]
    assert "this machine's Kerberos configuration can't be used" in said
    assert "KRB5_CONFIG" in said


@pytest.mark.kerberos
def test_no_ticket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{tmp_path}/none")
    with raw(b"HTTP/1.1 401 X\r\nWWW-Authenticate: Negotiate\r\nContent-Length: 0\r\n\r\n") as (port, _):
        said = failed(Endpoint("localhost", port, None, Auth.KERBEROS, None, None), ConfigError)
    assert "on this machine" in said
    assert "kinit" in said


# -- what the host does not offer, and what it says


@contextlib.contextmanager
def raw(*answers: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """Answer each request of a connection with the next answer, the last one for ever; yield the port and the heads."""
    heads: list[bytes] = []

    def serve(sock: socket.socket) -> None:
        left = list(answers)
        with contextlib.suppress(OSError), sock:
            while True:
                head = b""
                while b"\r\n\r\n" not in head:
                    data = sock.recv(65536)
                    if not data:
                        return
                    head += data
                heads.append(head)
                sock.sendall(left.pop(0) if len(left) > 1 else left[0])

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        worker = threading.Thread(target=accept, daemon=True)
        worker.start()
        yield int(listener.getsockname()[1]), heads
        listener.shutdown(socket.SHUT_RDWR)
        worker.join(30)


def asks(challenge: str) -> bytes:
    return f"HTTP/1.1 401 X\r\nWWW-Authenticate: {challenge}\r\nContent-Length: 0\r\n\r\n".encode()


@pytest.mark.parametrize(
    ("auth", "challenge"),
    [
        (Auth.NTLM, 'Basic realm="WSMAN"'),
        (Auth.NTLM, "Kerberos"),
        (Auth.NEGOTIATE, 'Basic realm="WSMAN"'),
        pytest.param(Auth.KERBEROS, "NTLM", marks=pytest.mark.kerberos),
    ],
)
def test_a_method_that_the_host_does_not_offer_is_a_prerequisite(auth: Auth, challenge: str) -> None:
    with raw(asks(challenge)) as (port, heads):
        said = failed(Endpoint("127.0.0.1", port, None, auth, USER, Secret(PASSWORD)), PrerequisiteError)
        assert not [head for head in heads if b"Authorization" in head]
    assert f"does not offer auth {auth}:" in said
    assert f"offers only {challenge.split(maxsplit=1)[0]};" in said
    assert "no credentials were sent" in said


def test_a_refusal_before_authentication_is_not_a_wrong_password() -> None:
    with raw(asks("Negotiate")) as (port, heads):
        said = failed(Endpoint("127.0.0.1", port, None, Auth.NTLM, USER, Secret(PASSWORD)), AuthError)
        assert [head for head in heads if b"Authorization" in head], "the login was begun"
    assert "before the user name was sent" in said
    assert "The password was not sent" in said


@pytest.mark.parametrize("token", ["AAAA", base64.b64encode(b"NTLMSSP\x00\x02\x00\x00\x00short").decode()])
def test_an_invalid_token_of_the_host_is_not_a_refusal(token: str) -> None:
    with raw(asks("Negotiate"), asks(f"Negotiate {token}")) as (port, _):
        failed(Endpoint("127.0.0.1", port, None, Auth.NTLM, USER, Secret(PASSWORD)), Unreachable)


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("auth", [Auth.NTLM, Auth.NEGOTIATE])
def test_a_wrong_password_is_refused_by_the_host(auth: Auth, tls: bool) -> None:
    with host("ntlm", "negotiate", tls=tls) as running:
        assert f"refused the credentials of {to(running, auth).username} (auth" in failed(
            to(running, auth, password=Secret("no")), AuthError
        )


@pytest.mark.parametrize(
    ("header", "number", "proof"),
    [
        (f"NTLM {NTLM_1}", 1, False),
        (f"Negotiate {NTLM_1}", 1, False),
        (f"NTLM {NTLM_3}", 2, True),
        (f"Negotiate {base64.b64encode(b'x' * 40 + base64.b64decode(NTLM_1)).decode()}", 1, False),
        (f"Negotiate {base64.b64encode(b'x' * 40 + base64.b64decode(NTLM_3)).decode()}", 2, True),
        ("Negotiate YIIabc=", 1, True),
        (b"Kerberos YIIabc=", 1, True),
        ("CredSSP AAAA", 1, False),
        ("CredSSP AAAA", 2, False),
        ("CredSSP AAAA", 3, True),
        ("Basic dXNlcjpwdw==", 1, True),
        ("http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual", 1, True),
    ],
)
def test_login_messages_that_contain_the_user(header: str | bytes, number: int, proof: bool) -> None:
    assert identifies_user(header, number) is proof
