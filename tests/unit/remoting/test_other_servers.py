"""What other WSMan servers send: encodings of Basic, forms of sealed answers, the order of a key exchange."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from psbridge.cmdlets.backup_list import ListBackups, ListBackupsAndRaw
from psbridge.emulator.engines.embedded import EmbeddedEngine
from psbridge.emulator.host import OperatorHost
from psbridge.emulator.stamp.service import Stamp
from psbridge.emulator.wsman.quotas import Quotas
from psbridge.errors import AuthError, DeadlineExceeded, Unreachable
from psbridge.models.connection import Auth
from psbridge.models.secret import Credential, Secret
from psbridge.powershell.pipeline import Command, Pipeline
from tests.support.fakes.loopback import Loopback
from tests.support.hosts.one_host import PASSWORD, USER, failed, host, listed, opened, to, within

# -- encodings


@pytest.mark.parametrize("password", ["pä:ss", "naïve-é", "pä€ss", "пароль-😀"])
@pytest.mark.parametrize("charset", ["utf-8", "any"])
def test_basic_is_written_in_the_encoding_that_the_challenge_names(password: str, charset: str) -> None:
    lines: list[str] = []
    with host("basic", password=password, tls=True, basic_charset=charset, log=lines.append) as running:
        assert listed(to(running, Auth.BASIC, password=Secret(password)))
    assert not [line for line in lines if "login refused" in line], "one try is all there is"


def test_an_unnamed_encoding_is_suggested_after_one_try() -> None:
    lines: list[str] = []
    with host("basic", password="é", tls=True, basic_charset="utf-8-unnamed", log=lines.append) as running:
        said = failed(to(running, Auth.BASIC, password=Secret("é")), AuthError)
    assert "Latin-1" in said
    assert "encoding" in said
    assert len([line for line in lines if "login refused" in line]) == 1


def test_latin_1_works_on_a_host_that_reads_it() -> None:
    with host("basic", password="é", tls=True, basic_charset="latin-1") as running:
        assert listed(to(running, Auth.BASIC, password=Secret("é")))


def test_an_encoding_is_not_mentioned_for_ascii() -> None:
    lines: list[str] = []
    with host("basic", tls=True, basic_charset="utf-8-unnamed", log=lines.append) as running:
        said = failed(to(running, Auth.BASIC, password=Secret("no")), AuthError)
    assert "encoding" not in said
    assert len([line for line in lines if " 401 " in line]) == 1


# -- sealed answers


@pytest.mark.parametrize("effect", ["seal-epilogue", "seal-bare", "seal-lines", "seal-case"])
@pytest.mark.parametrize("auth", [Auth.NTLM, Auth.NEGOTIATE])
def test_a_sealed_answer_is_read_in_every_mime_form(effect: str, auth: Auth) -> None:
    with host("ntlm", "negotiate", faults=[f"*:*:{effect}"]) as running:
        assert listed(to(running, auth))


def test_a_broken_seal_is_reported_as_the_hosts() -> None:
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


def test_a_host_that_answers_a_send_only_during_a_receive_exchanges_its_key(
    network: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Send's answer is given up on after a while; the key that the host sends proves that it came."""
    monkeypatch.setattr("psbridge.remoting.winrm.transport.ANSWER_WITHIN", 0.0)
    monkeypatch.setattr("psbridge.remoting.winrm.wire.SEND_PATIENCE", 1)
    with host("ntlm", network=network, faults=["send:1:with-receive"]) as running:
        session = opened(to(running))
        session.run(SIGN_IN, within())
        assert session._pool._key_exchanged
        session.close(within())


def test_a_key_exchange_that_does_not_end_is_named(network: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("psbridge.remoting.winrm.transport.ANSWER_WITHIN", 0.0)
    monkeypatch.setattr("psbridge.remoting.winrm.wire.SEND_PATIENCE", 1)
    with host("ntlm", network=network) as running:
        session = opened(to(running))
        for fault in ("send:1:never-before", f"receive:{running.host.requests['receive'] + 1}+:never-before"):
            running.host.faults.add(fault)
        with pytest.raises(DeadlineExceeded) as caught:
            session.run(SIGN_IN, within(4))
        session.close(within(1))
    assert "key exchange for secrets" in caught.value.message
    assert "key exchange" in (caught.value.hint or "")


# -- one message per Receive


def test_a_list_costs_a_host_that_sends_one_message_per_receive_one_round_trip_per_backup() -> None:
    one_each = Quotas(messages_per_receive=1)

    def receives(asked: Any) -> int:
        with OperatorHost(EmbeddedEngine(Stamp("succeeds")), users={USER: PASSWORD}, quotas=one_each) as host:
            session = opened(to(SimpleNamespace(host=host)))
            before = host.requests["receive"]
            session.run(asked.pipeline(), within())
            spent = host.requests["receive"] - before
            session.close(within())
            return spent

    backups, roles, raw, state = 6, 13, 1, 1
    assert receives(ListBackupsAndRaw("redmond")) == backups + raw + state
    assert receives(ListBackups("redmond")) == backups * (2 + roles) + state
