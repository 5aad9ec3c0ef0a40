"""Refused logins: the answers, and the lines of the host's log."""

from __future__ import annotations

import base64
import contextlib
import ssl
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import tostring

import pytest
import requests
from cryptography.hazmat.primitives.serialization import Encoding
from pypsrp.exceptions import AuthenticationError, WSManFaultError
from requests_credssp.exceptions import NTStatusException

from psbridge.emulator.auth.acceptor import Refused
from psbridge.emulator.auth.contexts import credssp_tls
from psbridge.emulator.auth.methods import MUTUAL
from psbridge.emulator.auth.per_request import CertificateAcceptor
from psbridge.emulator.auth.users import Users
from psbridge.emulator.host import OperatorHost
from psbridge.emulator.tls.authority import Authority, KeyPair, Validity
from tests.support.clients.wsman_client import CONFIG_URI, envelope, wsman
from tests.support.hosts import kdc
from tests.support.hosts.wsman_engine import ToyEngine
from tests.support.process.front import front
from tests.support.process.until import LONG

USERS = {"CONTOSO\\operator": "S3cret-pass", f"{kdc.USER}@{kdc.REALM}": "unused"}
by_ticket = pytest.mark.kerberos


@pytest.fixture
def log() -> list[str]:
    return []


def host_with(log: list[str], *auth: str, **how: Any) -> OperatorHost:
    return OperatorHost(ToyEngine(), users=USERS, auth=auth, log=log.append, **how)


def refusals(log: list[str]) -> list[str]:
    """The reasons of refused logins, in order."""
    return [line.partition("login refused: ")[2] for line in log if "login refused: " in line]


@pytest.mark.source("RFC 7617 2", "psbridge: a refused login is one line of the log, without the password")
def test_basic(log: list[str]) -> None:
    with host_with(log, "basic", allow_unencrypted=True) as host:
        for name in ("CONTOSO\\operator", "nobody"):
            with pytest.raises(AuthenticationError):
                wsman(host, "basic", username=name, password="wr0ng-pass").get_server_config()
    assert refusals(log) == ["unknown user or wrong password"] * 2
    assert all(name in "".join(log) for name in ("CONTOSO\\operator", "nobody"))
    assert "wr0ng" not in "".join(log)
    assert "S3cret" not in "".join(log)


@pytest.mark.source("quoted: jborean93/omi issue 29, the 401 of a Windows host", "RFC 9110 11.6.1")
def test_methods_are_offered_in_the_order_of_windows(log: list[str]) -> None:
    with host_with(log, "certificate", "credssp", "basic", "negotiate", tls=True) as host:
        answer = requests.post(host.url, data=b"", verify=str(host.ca_file))
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == 'Negotiate, Basic realm="WSMAN", CredSSP'
    assert refusals(log) == [], "that a client begins without a login is no refusal"


@pytest.mark.source("RFC 9110 11.6.2")
@pytest.mark.parametrize("header", ["Basic YTpi", "Kerberos YIIB", "CredSSP YIIB", MUTUAL, "Bearer x"])
def test_a_scheme_that_is_not_offered(log: list[str], header: str) -> None:
    with host_with(log, "ntlm") as host:
        answer = requests.post(host.url, data=b"", headers={"Authorization": header})
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "NTLM")
    assert len(refusals(log)) == 1


# -- CredSSP


@pytest.mark.source("pypsrp: requests-credssp reads the NTSTATUS of [MS-CSSP] 2.2.1")
@pytest.mark.parametrize(("name", "password"), [("CONTOSO\\operator", "wr0ng"), ("nobody", "wr0ng")])
def test_credssp_reports_the_reason_to_the_client(log: list[str], name: str, password: str) -> None:
    with host_with(log, "credssp", tls=True) as host, pytest.raises(NTStatusException) as refused:
        wsman(host, "credssp", username=name, password=password).get_server_config()
    assert refused.value.status == 0x8009030C, "SEC_E_LOGON_DENIED, whether or not there is such a user"
    assert refusals(log) == ["unknown user" if name == "nobody" else "wrong password"]
    assert "wr0ng" not in "".join(log)


@pytest.mark.source("psbridge: any token is a refused login")
def test_a_close_notify_inside_credssp_ends_the_login(log: list[str]) -> None:
    """pyspnego reads TLS until data ends, which never happens after a close_notify."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    to_client, to_host = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = client.wrap_bio(to_client, to_host)
    with host_with(log, "credssp") as host, requests.Session() as session:
        for step in (tls.do_handshake, tls.do_handshake, lambda: tls.unwrap(), lambda: None):
            with contextlib.suppress(ssl.SSLWantReadError):
                step()
            token = base64.b64encode(to_host.read()).decode()
            answer = session.post(host.url, data=b"", headers={"Authorization": f"CredSSP {token}"}, timeout=LONG)
            assert answer.status_code == 401
            to_client.write(base64.b64decode(answer.headers["WWW-Authenticate"].partition(" ")[2]))
    assert refusals(log)


@pytest.mark.source("psbridge: CredSSP's certificate is made once a host")
def test_the_credssp_key_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert credssp_tls().public_key
    assert list(tmp_path.iterdir()) == []


# -- client certificates


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority("ours")


@pytest.fixture
def client_ca(authority: Authority, tmp_path: Path) -> Path:
    path = tmp_path / "client-ca.pem"
    path.write_bytes(authority.pem)
    return path


@pytest.fixture
def certified(log: list[str], client_ca: Path) -> Iterator[OperatorHost]:
    with host_with(log, "certificate", tls=True, client_ca=client_ca) as running:
        yield running


def post_with(host: OperatorHost, pair: KeyPair | None, folder: Path) -> int:
    files = tuple(map(str, pair.write(folder, "client"))) if pair else None
    message = envelope("get", resource=CONFIG_URI)
    return requests.post(
        host.url, data=message, headers={"Authorization": MUTUAL}, verify=str(host.ca_file), cert=files
    ).status_code


EXPECTED = f"expected an otherName 1.3.6.1.4.1.311.20.2.3 of operator@CONTOSO or {kdc.USER}@{kdc.REALM}"


@pytest.mark.source("[MS-WSMV] 3.1.4.1.29.3", "quoted: diyan/pywinrm issue 311, 401 without a mapping")
@pytest.mark.parametrize(
    ("principal", "status", "reason"),
    [
        ("operator@contoso", 200, []),
        ("Operator@CONTOSO.local", 200, []),
        (
            "operator@elsewhere",
            401,
            [f"the client certificate's user principal name (UPN) does not match an account; {EXPECTED}"],
        ),
        (None, 401, ["no client certificate"]),
    ],
)
def test_a_certificate_is_mapped_by_its_upn(
    certified: OperatorHost,
    authority: Authority,
    tmp_path: Path,
    log: list[str],
    principal: str | None,
    status: int,
    reason: list[str],
) -> None:
    pair = authority.for_user(principal) if principal else None
    assert post_with(certified, pair, tmp_path) == status
    assert refusals(log) == reason


@pytest.mark.source("[MS-WSMV] 3.1.4.1.29.3")
def test_a_certificate_without_a_upn_maps_to_no_account(
    certified: OperatorHost, authority: Authority, tmp_path: Path, log: list[str]
) -> None:
    """A server certificate is not valid for a client: OpenSSL checks the purpose."""
    with pytest.raises(requests.exceptions.SSLError):
        post_with(certified, authority.for_host(["operator"]), tmp_path)
    assert refusals(log) == []
    der = authority.for_host(["operator"]).certificate.public_bytes(Encoding.DER)
    outcome = CertificateAcceptor(Users(USERS), der).step(b"")
    assert outcome == Refused(f"the client certificate has no user principal name (UPN); {EXPECTED}")


@pytest.mark.source("RFC 9110 11.6.2")
def test_a_certificate_alone_is_not_a_login(certified: OperatorHost, authority: Authority, tmp_path: Path) -> None:
    files = tuple(map(str, authority.for_user("operator@contoso").write(tmp_path, "client")))
    assert requests.post(certified.url, data=b"x", verify=str(certified.ca_file), cert=files).status_code == 401


@pytest.mark.source("psbridge: an untrusted client certificate ends the handshake, with the alert that says why")
@pytest.mark.parametrize("wrong", ["signed by a stranger", "expired"])
def test_a_certificate_that_is_not_trusted(
    certified: OperatorHost, authority: Authority, tmp_path: Path, log: list[str], wrong: str
) -> None:
    day = timedelta(days=1)
    pair = {
        "signed by a stranger": Authority("theirs").for_user("operator@contoso"),
        "expired": authority.for_user("operator@contoso", Validity(-2 * day, -day)),
    }[wrong]
    alert = {"signed by a stranger": "UNKNOWN_CA", "expired": "CERTIFICATE_EXPIRED"}[wrong]
    with pytest.raises(requests.exceptions.SSLError, match=alert):
        post_with(certified, pair, tmp_path)
    certified.close()
    assert any("TLS handshake failed" in line for line in log)


# -- tickets


@by_ticket
@pytest.mark.source("RFC 4120 3.2.3 KRB_AP_ERR_NOKEY")
@pytest.mark.parametrize("offered", ["kerberos", "negotiate"])
def test_a_ticket_for_another_host(log: list[str], realm: kdc.Realm, offered: str) -> None:
    """The client asked the realm for a ticket to `127.0.0.1`; the host has the key of `localhost`."""
    with host_with(log, offered, keytab=realm.other_keytab) as host, pytest.raises(AuthenticationError):
        ticket_of(host, kdc.USER, auth="kerberos", server="127.0.0.1").get_server_config()
    assert "host/127.0.0.1@EMU.TEST not found in keytab" in refusals(log)[0]


@by_ticket
@pytest.mark.source("DSP0226 14.6 wsman:AccessDenied", "RFC 4120 1.2")
@pytest.mark.parametrize("tls", [False, True])
def test_a_user_of_the_realm_without_an_account_is_denied_access(log: list[str], realm: kdc.Realm, tls: bool) -> None:
    """The realm vouches for them, so that the login itself succeeds, as on Windows."""
    with host_with(log, "kerberos", keytab=realm.keytab, tls=tls) as host, pytest.raises(WSManFaultError) as denied:
        ticket_of(host, kdc.STRANGER).get_server_config()
    assert denied.value.code == 5
    assert refusals(log) == []


@by_ticket
@pytest.mark.source("RFC 2743 2.2.3 GSS_S_CONTEXT_EXPIRED", "psbridge: an ended ticket asks for a new login; inferred")
def test_a_ticket_that_expires_mid_connection(log: list[str], realm: kdc.Realm) -> None:
    """Over https pypsrp signs in anew by itself; the host must have asked it to, on the same connection."""
    users = {f"{kdc.SHORT_LIVED}@{kdc.REALM}": "unused"}
    with OperatorHost(
        ToyEngine(), users=users, auth=("kerberos",), keytab=realm.keytab, tls=True, log=log.append
    ) as host:
        client = ticket_of(host, kdc.SHORT_LIVED)
        client.get_server_config()
        deadline = time.monotonic() + LONG
        while not refusals(log) and time.monotonic() < deadline:
            time.sleep(0.1)  # between two looks: only time ends a ticket
            client.get_server_config()
    assert refusals(log) == ["the ticket has expired"]
    assert len({line.split()[1] for line in log}) == 1, "one connection"


@by_ticket
@pytest.mark.source("RFC 4120 5.9.1", "psbridge: any token is a refused login")
@pytest.mark.parametrize("token", [b"", b"`\x82\x01", b"\x60" + b"\xff" * 40, b"NTLMSSP\0\1\0\0\0" + b"\0" * 24])
def test_an_invalid_ticket(log: list[str], realm: kdc.Realm, token: bytes) -> None:
    with host_with(log, "kerberos", keytab=realm.keytab) as host:
        header = {"Authorization": f"Kerberos {base64.b64encode(token).decode()}"}
        assert requests.post(host.url, data=b"", headers=header).status_code == 401
    assert len(refusals(log)) == 1


def ticket_of(host: OperatorHost, user: str, auth: str = "kerberos", **how: Any) -> Any:
    given = {"server": "localhost", "username": f"{user}@{kdc.REALM}", "password": kdc.PASSWORD} | how
    return wsman(host, auth, **given)


# -- channel bindings

CBT = pytest.mark.source("RFC 5929 4.1", "quoted: Microsoft's documentation of CbtHardeningLevel")
MECHANISMS = [
    ("ntlm", "ntlm"),
    ("negotiate", "negotiate"),
    pytest.param("kerberos", "kerberos", marks=by_ticket),
    pytest.param("negotiate", "kerberos", marks=by_ticket),
]


@pytest.fixture
def keytab(request: pytest.FixtureRequest) -> Path | None:
    if "kerberos" not in request.node.callspec.params.values():
        return None
    realm: kdc.Realm = request.getfixturevalue("realm")
    return realm.keytab


def bound_client(host: OperatorHost, auth: str, **how: Any) -> Any:
    return ticket_of(host, kdc.USER, **how) if auth == "kerberos" else wsman(host, auth, **how)


@CBT
@pytest.mark.parametrize("level", ["none", "relaxed", "strict"])
@pytest.mark.parametrize(("offered", "auth"), MECHANISMS)
def test_right_bindings_pass_and_missing_ones_pass_unless_strict(
    log: list[str], keytab: Path | None, offered: str, auth: str, level: str
) -> None:
    with host_with(log, offered, tls=True, channel_binding=level, keytab=keytab) as host:
        bound_client(host, auth).get_server_config()
        unbound = bound_client(host, auth, negotiate_send_cbt=False)
        if level == "strict":
            with pytest.raises(AuthenticationError):
                unbound.get_server_config()
        else:
            unbound.get_server_config()
    assert refusals(log) == ["the channel bindings are missing"] * (level == "strict")


@CBT
@pytest.mark.parametrize("level", ["none", "relaxed", "strict"])
@pytest.mark.parametrize(("offered", "auth"), MECHANISMS)
def test_wrong_bindings_pass_only_where_they_are_not_checked(
    log: list[str], keytab: Path | None, offered: str, auth: str, level: str
) -> None:
    with host_with(log, offered, tls=True, channel_binding=level, keytab=keytab) as host:
        assert host.ca_file is not None
        with front("127.0.0.1", host.port, host.ca_file) as before:
            port, ca = before.port, before.ca
            client = bound_client(host, auth, port=port, cert_validation=str(ca))
            if level == "none":
                client.get_server_config()
            else:
                with pytest.raises(AuthenticationError):
                    client.get_server_config()
    assert refusals(log) == ["the channel bindings are wrong"] * (level != "none")


@CBT
@pytest.mark.parametrize("level", ["none", "strict"])
def test_the_configuration_shows_the_level(log: list[str], level: str) -> None:
    with host_with(log, "ntlm", tls=True, channel_binding=level) as host:
        config = wsman(host, "ntlm").get_server_config()
    assert f"<cfg:CbtHardeningLevel>{level.capitalize()}<" in tostring(config).decode().replace("ns0:", "cfg:")
