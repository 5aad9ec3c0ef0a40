"""Every login that a WinRM host knows, by a client that is not ours, on the embedded engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pypsrp.powershell import RunspacePool
from pypsrp.wsman import WSMan

from psbridge.emulator.emulation import Emulating, Emulation, emulation
from psbridge.emulator.stamp.scenarios import SCENARIOS
from psbridge.emulator.stamp.service import Stamp
from tests.support.clients.wsman_client import pipeline, wsman
from tests.support.hosts import kdc

LOCAL = "AZSTACK\\operator"
DOMAIN = f"{kdc.USER}@{kdc.REALM}"
PASSWORD = 'p:ä"\\ ss'
KEPT = 14  # backups, by the default retention; more than one TLS record
SPNEGO, KERBEROS, CREDSSP = (
    f"application/HTTP-{name}-session-encrypted" for name in ("SPNEGO", "Kerberos", "CredSSP")
)  # fmt: skip
by_ticket = pytest.mark.kerberos


@pytest.fixture(scope="module")
def stamp() -> Stamp:
    return Stamp(replace(SCENARIOS["succeeds"], history=KEPT), 60)


def signed_in(stamp: Stamp, offered: tuple[str, ...], **how: Any) -> Any:
    users = {LOCAL: PASSWORD, DOMAIN: "not that of the realm"}
    return emulation(Emulating(stamp=stamp, users=users, auth=offered, **how))


def all_backups(client: WSMan) -> list[str]:
    """Ask for what takes several envelopes, sealed ones among them of more than one TLS record."""
    with RunspacePool(client) as pool:
        where = {"Location": "redmond", "ResourceGroupName": "system.redmond"}
        shell = pipeline(pool, "Get-AzsBackup", **where)
        return [backup.adapted_properties["Name"] for backup in shell.invoke()]


def sealed_as(client: WSMan) -> str | None:
    return client.transport.encryption.protocol if client.transport.encryption else None


@pytest.fixture(scope="module", params=[False, True], ids=["http", "https"])
def offering_all(request: pytest.FixtureRequest, stamp: Stamp) -> Iterator[Emulation]:
    with signed_in(stamp, ("negotiate", "ntlm", "credssp"), tls=request.param) as running:
        yield running


@pytest.mark.source("[MS-WSMV] 2.2.9.1.1", "[MS-WSMV] 2.2.9.1.3")
@pytest.mark.parametrize("encryption", ["auto", "always"])
@pytest.mark.parametrize(("auth", "protocol"), [("ntlm", SPNEGO), ("negotiate", SPNEGO), ("credssp", CREDSSP)])
def test_bodies_are_sealed_over_http_and_on_request(
    offering_all: Emulation, auth: str, protocol: str, encryption: str
) -> None:
    client = wsman(offering_all.host, auth, encryption=encryption)
    assert len(all_backups(client)) == KEPT
    plain = offering_all.host.ca_file is not None and encryption == "auto"
    assert sealed_as(client) == (None if plain else protocol)


@pytest.mark.source("RFC 7617 2", "[MS-WSMV] 2.2.4.36 AllowUnencrypted")
@pytest.mark.parametrize("how", [{"tls": True}, {"allow_unencrypted": True}], ids=["https", "AllowUnencrypted"])
def test_basic(stamp: Stamp, how: dict[str, bool]) -> None:
    with signed_in(stamp, ("basic",), **how) as running:
        assert len(all_backups(wsman(running.host, "basic"))) == KEPT


@pytest.mark.source("[MS-WSMV] 3.1.4.1.29.3")
def test_a_client_certificate(stamp: Stamp) -> None:
    with signed_in(stamp, ("certificate",), tls=True) as running:
        files = running.host.client_files
        assert files is not None
        pems = {"certificate_pem": str(files.certificate), "certificate_key_pem": str(files.key)}
        assert len(all_backups(wsman(running.host, "certificate", **pems))) == KEPT


@by_ticket
@pytest.mark.source("[MS-WSMV] 2.2.9.1.2", "RFC 4559 4.1")
@pytest.mark.parametrize("encryption", ["auto", "always"])
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
@pytest.mark.parametrize(
    ("offered", "auth", "protocol"),
    [
        (("kerberos",), "kerberos", KERBEROS),
        (("kerberos",), "negotiate", KERBEROS),
        (("negotiate",), "kerberos", SPNEGO),  # a bare ticket under the name of Negotiate
        (("negotiate",), "negotiate", SPNEGO),
        (("credssp",), "credssp", CREDSSP),
    ],
)
def test_tickets(
    stamp: Stamp,
    realm: kdc.Realm,
    offered: tuple[str, ...],
    auth: str,
    protocol: str,
    tls: bool,
    encryption: str,
) -> None:
    with signed_in(stamp, offered, tls=tls, keytab=realm.keytab) as running:
        client = wsman(
            running.host, auth, server="localhost", username=DOMAIN, password=kdc.PASSWORD, encryption=encryption
        )
        assert len(all_backups(client)) == KEPT
        assert sealed_as(client) == (None if tls and encryption == "auto" else protocol)


@by_ticket
@pytest.mark.source("RFC 4120 3.2")
def test_a_ticket_of_kinit(stamp: Stamp, realm: kdc.Realm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{realm.tickets('kinit')}")
    with signed_in(stamp, ("kerberos",), keytab=realm.keytab) as running:
        client = wsman(running.host, "kerberos", server="127.0.0.1", username=None, password=None)
        assert len(all_backups(client)) == KEPT


@by_ticket
@pytest.mark.source("RFC 4178 4.2.1")
def test_negotiate_without_a_keytab_falls_back_to_ntlm(stamp: Stamp, realm: kdc.Realm) -> None:
    """The client's first token is a ticket for this very host, which the host has no key for."""
    users = {DOMAIN: kdc.PASSWORD}
    with emulation(Emulating(stamp=stamp, users=users, auth=("negotiate",))) as running:
        client = wsman(running.host, "negotiate", server="localhost")
        assert len(all_backups(client)) == KEPT
        assert client.transport.encryption.context.negotiated_protocol == "ntlm"
