"""The Kerberos facts of this machine, by MIT's own libraries."""

from __future__ import annotations

import os

import pytest

from psbridge.errors import AuthError, ConfigError
from psbridge.remoting.this_machine import kerberos_tickets
from tests.support.hosts import kdc

pytestmark = pytest.mark.kerberos


def test_without_a_ticket_it_says_so(realm: kdc.Realm) -> None:
    found = kerberos_tickets()
    assert (found.realm, found.principal) == (kdc.REALM, None)
    assert found.cache == realm.environment["KRB5CCNAME"]
    assert isinstance(found.problem, ConfigError)
    assert found.problem.message == "there is no Kerberos ticket on this machine"
    assert "kinit" in (found.problem.hint or "")


def test_a_ticket_has_an_owner_and_an_end(realm: kdc.Realm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{realm.tickets('doctor')}")
    found = kerberos_tickets()
    assert (found.principal, found.problem) == (f"{kdc.USER}@{kdc.REALM}", None)
    assert 0 < (found.seconds_left or 0) <= 3600


def test_an_expired_ticket_is_a_problem(realm: kdc.Realm, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.support.process.until import until

    monkeypatch.setenv("KRB5CCNAME", f"FILE:{realm.tickets('old', life='1s', user=kdc.SHORT_LIVED)}")
    until(lambda: kerberos_tickets().problem is not None)
    assert isinstance(problem := kerberos_tickets().problem, ConfigError | AuthError)
    assert "expired" in problem.message


def test_a_broken_configuration_is_an_error(realm: kdc.Realm, monkeypatch: pytest.MonkeyPatch) -> None:
    (realm.folder / "broken.conf").write_text("[libdefaults\n")
    monkeypatch.setenv("KRB5_CONFIG", str(realm.folder / "broken.conf"))
    with pytest.raises(ConfigError, match="Kerberos configuration"):
        kerberos_tickets()


def test_a_named_pipe_in_its_place_is_an_error(realm: kdc.Realm, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(realm.folder / "pipe.conf")
    monkeypatch.setenv("KRB5_CONFIG", str(realm.folder / "pipe.conf"))
    with pytest.raises(ConfigError, match="named pipe"):
        kerberos_tickets()
