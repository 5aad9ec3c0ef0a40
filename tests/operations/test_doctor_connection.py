"""The doctor's stages of the connection: a healthy host with each login, and each failure in its stage."""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
import yaml

from psbridge.api.doctor import diagnose
from psbridge.emulator.auth.barred import Barred
from psbridge.emulator.emulation import Emulating, Emulation, emulation
from psbridge.emulator.stamp.scenarios import SCENARIOS
from psbridge.emulator.stamp.service import Stamp
from psbridge.emulator.tls.server import TlsFault, TlsLegacy
from psbridge.errors import ExitCode
from psbridge.models.diagnosis import STAGE_NAMES, Diagnosis, StageResult, StageState
from tests.support.fakes.autojump import AutojumpClock
from tests.support.fakes.loopback import Loopback
from tests.support.hosts import kdc
from tests.support.hosts.one_host import PASSWORD, USER, server
from tests.support.hosts.proxies import proxy

CONNECTION = ["config", "name", "tcp", "tls", "wsman", "login", "session"]
Keys = dict[str, Any]


@pytest.fixture
def examine(tmp_path: Path) -> Callable[[Keys], Diagnosis]:
    """Return the doctor for a target with these keys."""

    def run(keys: Keys, password: str = PASSWORD, **how: Any) -> Diagnosis:
        target = {"username": USER, "password": {"env": "WORD"}, "location": "redmond", "auth": "ntlm"} | keys
        target = {key: value for key, value in target.items() if value is not None}
        config = tmp_path / "config.yaml"
        config.write_text(yaml.safe_dump({"version": 1, "targets": {"nyc": target}}), "utf-8")
        config.chmod(0o600)
        env = {"HOME": str(tmp_path), "WORD": password}
        how = {"only": ["session"]} | how
        return diagnose("nyc", config=config, state_dir=tmp_path / "state", environ=env, **how)

    return run


def where(running: Emulation) -> Keys:
    """Return the keys of a target that lead to an emulated host."""
    host = running.host
    return {"host": "127.0.0.1", "port": host.port, "tls": {"ca": str(host.ca_file)} if host.secure else False}


@contextlib.contextmanager
def emulated(auth: str = "ntlm", **how: Any) -> Iterator[Keys]:
    with emulation(Emulating(**{"users": {USER: PASSWORD}, "auth": (auth,)} | how)) as running:
        yield where(running) | {"auth": auth}


def states(found: Diagnosis) -> dict[str, str]:
    return {it.stage: it.state.value for it in found.stages}


def stage(found: Diagnosis, name: str) -> StageResult:
    return next(it for it in found.stages if it.stage == name)


def told(found: Diagnosis, name: str) -> str:
    return " | ".join(finding.text for finding in stage(found, name).findings)


# -- a healthy host


@pytest.mark.parametrize(
    ("auth", "tls", "says"),
    [
        ("ntlm", False, "logged in by NTLM | the login's key encrypts the messages"),
        ("negotiate", True, "logged in by NTLM (in Negotiate) | TLS encrypts the messages, and the login is bound"),
        ("credssp", True, "logged in by NTLM (in CredSSP) | TLS encrypts the messages"),
        ("basic", True, "logged in by Basic | TLS encrypts the messages"),
        ("certificate", True, "logged in by the client certificate | TLS encrypts the messages"),
    ],
)
def test_a_healthy_host_is_ok_with_each_login(
    examine: Callable[..., Diagnosis], auth: str, tls: bool, says: str
) -> None:
    with emulation(Emulating(users={USER: PASSWORD}, auth=(auth,), tls=tls)) as running:
        keys = where(running) | {"auth": auth}
        if running.host.client_files is not None:
            files = running.host.client_files
            keys["tls"] |= {"client_cert": str(files.certificate), "client_key": str(files.key)}
            keys |= {"username": None, "password": None}
        found = examine(keys, only=[])
    assert set(STAGE_NAMES) == set(states(found))
    assert {name: state for name, state in states(found).items() if name != "machine" and state != "ok"} == {}
    assert told(found, "login").startswith(says)
    assert "PowerShell 7.6.9 Core" in told(found, "session")
    assert PASSWORD not in str(found)


@pytest.mark.kerberos
def test_a_healthy_host_is_ok_with_kerberos(realm: kdc.Realm, examine: Callable[..., Diagnosis]) -> None:
    user = f"{kdc.USER}@{kdc.REALM}"
    with emulated("kerberos", users={user: "unused"}, keytab=realm.keytab, tls=True) as keys:
        found = examine(keys | {"host": "localhost", "username": user}, kdc.PASSWORD)
    assert states(found) == dict.fromkeys(CONNECTION, "ok")
    assert told(found, "login").startswith("logged in by Kerberos | TLS encrypts the messages, and the login is bound")


def test_one_login_is_sent_whatever_fails(examine: Callable[..., Diagnosis]) -> None:
    lines: list[str] = []
    with emulated("basic", tls=True, log=lines.append) as keys:
        found = examine(keys, "wrong", only=[])
    assert sum("login refused" in line for line in lines) == 1, "Basic carries the login in each request"
    assert states(found)["modules"] == "not_reached"
    assert found.exit_code is ExitCode.AUTH


# -- each failure in its stage


@contextlib.contextmanager
def wrong_name() -> Iterator[Keys]:
    yield {"host": "no-such-host.invalid"}


@contextlib.contextmanager
def closed_port() -> Iterator[Keys]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    yield {"host": "127.0.0.1", "port": port, "tls": False}


@contextlib.contextmanager
def web_server() -> Iterator[Keys]:
    def serve(sock: socket.socket) -> None:
        sock.recv(65536)
        sock.sendall(b"HTTP/1.1 404 Not Found\r\nServer: nginx/1.22.1\r\nContent-Length: 0\r\n\r\n")

    with server(serve) as port:
        yield {"host": "127.0.0.1", "port": port, "tls": False}


@contextlib.contextmanager
def refusing_proxy() -> Iterator[Keys]:
    with proxy(b"HTTP/1.1 403 Forbidden\r\n\r\n") as (url, _):
        yield {"host": "oaw01.invalid", "proxy": url}


@contextlib.contextmanager
def other_keys(made: AbstractContextManager[Keys], **changed: Any) -> Iterator[Keys]:
    with made as keys:
        yield keys | changed


PRESENTED = "the certificate is CN=psbridge emulated operator host, for"
FAILURES: Mapping[str, tuple[Callable[[], AbstractContextManager[Keys]], str, ExitCode, str, str]] = {
    "a wrong name": (wrong_name, "name", ExitCode.UNREACHABLE, "the host's name can't be resolved", "DNS"),
    "a closed port": (closed_port, "tcp", ExitCode.UNREACHABLE, "refused the connection", "winrm enumerate"),
    "a proxy that refuses": (refusing_proxy, "tcp", ExitCode.UNREACHABLE, "refused the tunnel", "allows CONNECT"),
    "an untrusted CA": (
        lambda: emulated(tls=TlsFault.UNKNOWN_CA),
        "tls",
        ExitCode.UNREACHABLE,
        "issued by CN=an authority that nobody knows",
        "Set `tls: {ca: FILE}`",
    ),
    "a wrong server name": (
        lambda: emulated(tls=TlsFault.WRONG_NAME),
        "tls",
        ExitCode.UNREACHABLE,
        f"{PRESENTED} elsewhere.invalid",
        "to a name in the certificate",
    ),
    "an expired certificate": (
        lambda: emulated(tls=TlsFault.EXPIRED),
        "tls",
        ExitCode.UNREACHABLE,
        "its certificate has expired",
        "Renew the certificate",
    ),
    "a certificate that is not valid yet": (
        lambda: emulated(tls=TlsFault.NOT_YET_VALID),
        "tls",
        ExitCode.UNREACHABLE,
        "its certificate is not valid yet",
        "Check the clocks",
    ),
    "a TLS that is too old": (
        lambda: emulated(tls=TlsLegacy.OLD_VERSION),
        "tls",
        ExitCode.UNREACHABLE,
        "shares no TLS version",
        "TLS",
    ),
    "a web server": (web_server, "wsman", ExitCode.UNREACHABLE, "a web server without WSMan", "5986"),
    "a login that is not offered": (
        lambda: other_keys(emulated("credssp", tls=True), auth="ntlm"),
        "wsman",
        ExitCode.PREREQUISITE,
        "the host offers CredSSP (HTTP 401",
        "Set `auth` of the target",
    ),
    "a wrong user": (
        lambda: other_keys(emulated(), username="CONTOSO\\nobody"),
        "login",
        ExitCode.AUTH,
        "refused the credentials",
        "lock accounts",
    ),
    "a disabled account": (
        lambda: emulated("credssp", tls=True, barred={USER: Barred.DISABLED}),
        "login",
        ExitCode.AUTH,
        "the account is disabled",
        "enabled in the domain",
    ),
    "a disabled account, by NTLM": (
        lambda: emulated("negotiate", tls=True, barred={USER: Barred.DISABLED}),
        "login",
        ExitCode.AUTH,
        "refused the credentials",
        "the account locked or disabled; event 4625",
    ),
    "an expired password": (
        lambda: emulated("credssp", tls=True, barred={USER: Barred.EXPIRED_PASSWORD}),
        "login",
        ExitCode.AUTH,
        "the password has expired",
        "Set a new password",
    ),
    "no such session configuration": (
        lambda: other_keys(emulated(), configuration_name="NoSuch"),
        "session",
        ExitCode.PREREQUISITE,
        "no such session configuration",
        "Get-PSSessionConfiguration",
    ),
    "denied access": (
        lambda: emulated(faults=["create:1:fault=5"]),
        "session",
        ExitCode.PREREQUISITE,
        "denies this user access",
        "Remote Management Users",
    ),
    "a quota that is used up": (
        lambda: emulated(faults=["create:1:fault=2150859174"]),
        "session",
        ExitCode.UNREACHABLE,
        "quota of sessions or operations is used up",
        "Close other sessions",
    ),
}


@pytest.mark.parametrize("which", FAILURES)
def test_a_failure_is_in_its_stage_with_evidence_and_remedy(which: str, examine: Callable[..., Diagnosis]) -> None:
    make, name, code, evidence, remedy = FAILURES[which]
    with make() as keys:
        found = examine(keys)
    failed = [it.stage for it in found.stages if it.state is StageState.FAIL]
    assert failed == [name], told(found, name)
    at = CONNECTION.index(name)
    assert [states(found)[it] for it in CONNECTION[:at]] == ["ok"] * at
    assert [states(found)[it] for it in CONNECTION[at + 1 :]] == ["not_reached"] * (len(CONNECTION) - at - 1)
    assert found.exit_code is code
    assert evidence in told(found, name)
    assert remedy in (stage(found, name).remedy or "")
    assert PASSWORD not in str(found)


@pytest.mark.parametrize(
    ("tls", "name", "evidence", "remedy"),
    [
        (False, "wsman", "did not answer in time", "remove `tls: false`"),
        ({"verify": False}, "tls", "did not answer TLS", "set `tls: false`"),
    ],
)
def test_a_silent_port_fails_in_the_stage_that_waits(
    tls: Any, name: str, evidence: str, remedy: str, examine: Callable[..., Diagnosis]
) -> None:
    network = Loopback(AutojumpClock())
    with network.emulated(faults=["tcp:*:never-before"]) as running:
        found = examine({"host": "127.0.0.1", "port": running.host.port, "tls": tls}, clock=network.clock)
    assert [it.stage for it in found.stages if it.state is StageState.FAIL] == [name]
    assert evidence in told(found, name)
    assert remedy in (stage(found, name).remedy or "")
    assert (stage(found, name).seconds or 0) >= 10, "by the clock of the run"


@pytest.mark.parametrize("auth", ["ntlm", "negotiate", "credssp", "basic"])
def test_a_wrong_password_fails_in_login(auth: str, examine: Callable[..., Diagnosis]) -> None:
    with emulated(auth, tls=True) as keys:
        found = examine(keys, "wr0ng-pass")
    assert states(found)["login"] == "fail"
    assert found.exit_code is ExitCode.AUTH
    assert "wr0ng" not in str(found)


# -- what a realm refuses


@pytest.mark.kerberos
@pytest.mark.parametrize(
    ("change", "code", "evidence", "remedy"),
    [
        ("-allow_tix", ExitCode.AUTH, "the account is disabled or locked", "unlocked or enabled"),
        ("-pwexpire 2020-01-01", ExitCode.AUTH, "the password has expired", "kpasswd"),
        ("-expire 2020-01-01", ExitCode.AUTH, "the user's Kerberos entry has expired", "extended"),
    ],
)
def test_an_account_that_the_realm_refuses_fails_in_login(
    realm: kdc.Realm, change: str, code: ExitCode, evidence: str, remedy: str, examine: Callable[..., Diagnosis]
) -> None:
    name = f"refused-{len(change)}"
    realm.kadmin(f"addprinc -pw {kdc.PASSWORD} {name}", f"modprinc {change} {name}")
    user = f"{name}@{kdc.REALM}"
    with emulated("kerberos", users={user: "unused"}, keytab=realm.keytab, tls=True) as keys:
        found = examine(keys | {"host": "localhost", "username": user}, kdc.PASSWORD)
    assert states(found)["login"] == "fail"
    assert found.exit_code is code
    assert evidence in told(found, "login")
    assert remedy in (stage(found, "login").remedy or "")


@pytest.mark.kerberos
def test_clocks_that_are_too_far_apart_fail_in_login(
    realm: kdc.Realm, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, examine: Callable[..., Diagnosis]
) -> None:
    user = f"{kdc.USER}@{kdc.REALM}"
    with refusing_kdc(kdc.CLOCK_SKEW) as port:
        (conf := tmp_path / "krb5.conf").write_text(kdc.client_conf(port))
        monkeypatch.setenv("KRB5_CONFIG", str(conf))
        with emulated("kerberos", users={user: "unused"}, keytab=realm.keytab, tls=True) as keys:
            found = examine(keys | {"host": "localhost", "username": user}, kdc.PASSWORD)
    assert states(found)["login"] == "fail"
    assert found.exit_code is ExitCode.CONFIG
    assert "the clocks are too far apart for Kerberos" in told(found, "login")
    assert "NTP" in (stage(found, "login").remedy or "")


@contextlib.contextmanager
def refusing_kdc(code: int) -> Iterator[int]:
    """A KDC that refuses each request with an error code."""

    def serve(sock: socket.socket) -> None:
        (length,) = struct.unpack(">I", sock.recv(4, socket.MSG_WAITALL))
        sock.recv(length, socket.MSG_WAITALL)
        answer = kdc.error(code)
        sock.sendall(struct.pack(">I", len(answer)) + answer)

    with server(serve) as port:
        yield port


# -- warnings


def test_a_certificate_that_is_not_verified_is_a_warning(examine: Callable[..., Diagnosis]) -> None:
    with emulated(tls=TlsFault.EXPIRED) as keys:
        found = examine(keys | {"tls": {"verify": False}})
    assert states(found)["tls"] == "warn"
    assert "the certificate is not verified: the target has verify: false | the certificate expired on" in told(
        found, "tls"
    )
    assert states(found)["session"] == "ok"
    assert found.exit_code is ExitCode.OK


def test_a_login_without_channel_binding_is_a_warning(examine: Callable[..., Diagnosis]) -> None:
    with emulated(tls=True) as keys:
        found = examine(keys | {"channel_binding": False})
    assert states(found)["login"] == "warn"
    assert "NTLM is not bound to the TLS certificate" in told(found, "login")
    assert "Remove `channel_binding: false`" in (stage(found, "login").remedy or "")


def test_an_address_that_does_not_answer_is_a_warning(
    examine: Callable[..., Diagnosis], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo

    def two(host: str, port: int, *rest: Any, **how: Any) -> list[Any]:
        names = ("127.0.0.9", "127.0.0.1") if host == "oaw01.invalid" else (host,)
        return [found for name in names for found in real(name, port, *rest, **how)]

    monkeypatch.setattr(socket, "getaddrinfo", two)
    with emulated() as keys:
        found = examine(keys | {"host": "oaw01.invalid"})
    assert states(found)["tcp"] == "warn"
    assert told(found, "name") == "oaw01.invalid is 127.0.0.9, 127.0.0.1"
    assert "127.0.0.9" in told(found, "tcp")


def test_a_host_that_is_skipped_is_a_warning_in_its_stage(examine: Callable[..., Diagnosis]) -> None:
    with emulated() as keys:
        found = examine(keys | {"host": ["127.0.0.9", "127.0.0.1"]})
    assert states(found) == dict.fromkeys(CONNECTION, "ok") | {"tcp": "warn"}
    assert "127.0.0.9" in told(found, "tcp")
    assert "(this host is skipped)" in told(found, "tcp")
    assert "connected to 127.0.0.1" in told(found, "tcp")


def test_of_hosts_that_all_fail_the_one_that_came_furthest_is_shown(examine: Callable[..., Diagnosis]) -> None:
    with emulated() as keys:
        found = examine(keys | {"host": ["127.0.0.9", "127.0.0.1"], "configuration_name": "NoSuch"})
    assert states(found) == dict.fromkeys(CONNECTION, "ok") | {"tcp": "warn", "session": "fail"}


def test_the_proxy_is_named(examine: Callable[..., Diagnosis]) -> None:
    with emulated(tls=True) as keys, proxy() as (url, _):
        found = examine(keys | {"proxy": url})
    assert told(found, "name") == "the proxy is given by its address, 127.0.0.1 | the proxy resolves 127.0.0.1"
    assert f"through the proxy {url.removeprefix('http://')}" in told(found, "tcp")


# -- what the session shows of itself


def on_host(**profile: Any) -> AbstractContextManager[Keys]:
    scenario = SCENARIOS["succeeds"]
    return emulated(stamp=Stamp(dataclasses.replace(scenario, host=dataclasses.replace(scenario.host, **profile))))


def test_a_session_shows_version_language_mode_culture_and_quotas(examine: Callable[..., Diagnosis]) -> None:
    with on_host(powershell="5.1.17763.6659") as keys:
        found = examine(keys)
    assert told(found, "session") == (
        "PowerShell 5.1.17763.6659 Desktop, session configuration Microsoft.PowerShell | language mode NoLanguage"
        " | culture en-US"
    )
    facts = stage(found, "session").facts
    assert (facts["language_mode"], facts["culture"]) == ("NoLanguage", "en-US")
    assert facts["quotas"] == {"MaxShellsPerUser": 30, "MaxMemoryPerShellMB": 2147483647}


@pytest.mark.parametrize(
    ("profile", "says", "remedy"),
    [
        ({"powershell": "4.0"}, "PowerShell 4.0 is older than the Azure Stack Hub modules allow", "Framework 5.1"),
        ({"culture": "de-DE"}, "the session's culture is de-DE, not English", "regional format"),
        ({"max_shells": 2}, "the host allows 2 shells per user", "Set-Item WSMan:"),
        ({"max_memory_mb": 150}, "the host allows 150 MB per shell", "Set-Item WSMan:"),
    ],
)
def test_what_may_be_in_the_way_in_a_session_is_a_warning(
    profile: dict[str, Any], says: str, remedy: str, examine: Callable[..., Diagnosis]
) -> None:
    with on_host(**profile) as keys:
        found = examine(keys)
    assert states(found)["session"] == "warn"
    assert says in told(found, "session")
    assert remedy in (stage(found, "session").remedy or "")
    assert found.exit_code is ExitCode.OK


def test_a_restricted_session_shows_less_and_that_is_no_failure(examine: Callable[..., Diagnosis]) -> None:
    with emulated() as keys:
        found = examine(keys | {"configuration_name": "PrivilegedEndpoint"})
    assert states(found)["session"] == "ok"
    assert "language mode not shown" in told(found, "session")


@pytest.mark.pwsh
def test_the_real_engine_is_ok_and_shows_its_language_mode(examine: Callable[..., Diagnosis]) -> None:
    with emulated(engine="pwsh") as keys:
        found = examine(keys, only=[])
    assert set(STAGE_NAMES) == set(states(found))
    assert {name: state for name, state in states(found).items() if name != "machine" and state != "ok"} == {}
    assert "language mode NoLanguage" in told(found, "session")
