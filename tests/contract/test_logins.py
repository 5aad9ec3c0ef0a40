"""psbridge's own session against every login of a host: in, or out with the error that says why."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from psbridge.clock import Deadline, SystemClock
from psbridge.emulator.auth.barred import Barred
from psbridge.emulator.emulation import Emulating, Emulation, emulation
from psbridge.emulator.tls.authority import Authority, Validity
from psbridge.emulator.tls.server import TlsFault
from psbridge.errors import AuthError, ConfigError, PrerequisiteError, PsbridgeError, Unreachable
from psbridge.models.connection import Auth, Endpoint, Tls
from psbridge.models.secret import Secret
from psbridge.powershell.pipeline import Command, Pipeline
from psbridge.remoting.winrm.session import PypsrpSession, open_session
from psbridge.values import replace
from tests.support.fakes.autojump import AutojumpClock, CurrentClock
from tests.support.fakes.loopback import Loopback
from tests.support.hosts import kdc

USER, PASSWORD = "CONTOSO\\operator", "S3cret-pass"
DOMAIN = f"{kdc.USER}@{kdc.REALM}"
CLOCK = CurrentClock()
LISTING = Pipeline.of(Command.of("Get-AzsBackup", {"Location": "redmond", "ResourceGroupName": "system.redmond"}))
by_ticket = pytest.mark.kerberos


def within(seconds: float = 20) -> Deadline:
    return Deadline.after(CLOCK, seconds)


def host_for(*auth: str, network: Loopback | None = None, **how: Any) -> Any:
    users = {USER: PASSWORD, DOMAIN: "unused", f"{kdc.SHORT_LIVED}@{kdc.REALM}": "unused"}
    if network is None:
        return emulation(Emulating(users=users, auth=auth, **how))
    CLOCK.clock = network.clock
    return network.emulated(users=users, auth=auth, **how)


@pytest.fixture(autouse=True)
def real_time() -> None:
    CLOCK.clock = SystemClock()


def endpoint(running: Emulation, auth: Auth, **what: Any) -> Endpoint:
    host = running.host
    tls = Tls(ca=str(host.ca_file)) if host.secure else None
    made = Endpoint("127.0.0.1", host.port, tls, auth, USER, Secret(PASSWORD))
    return replace(made, **what)


def by_realm(running: Emulation, user: str = DOMAIN, password: str | None = kdc.PASSWORD, **what: Any) -> Endpoint:
    secret = Secret(password) if password else None
    what = {"auth": Auth.KERBEROS, "host": "localhost"} | what
    return endpoint(running, username=user, password=secret, **what)


def opened(where: Endpoint) -> PypsrpSession:
    return open_session(where, 5, CLOCK, within())


def listed(where: Endpoint) -> int:
    session = opened(where)
    count = len(session.run(LISTING, within()).output)
    session.close(within())
    return count


def refused(where: Endpoint, kind: type[PsbridgeError]) -> str:
    with pytest.raises(kind) as caught:
        listed(where)
    assert "S3cret" not in str(caught.value)
    assert kdc.PASSWORD not in str(caught.value)
    return f"{caught.value.message} | {caught.value.hint}"


@pytest.mark.parametrize(("tls", "level"), [(False, "relaxed"), (True, "relaxed"), (True, "strict")])
@pytest.mark.parametrize("auth", [Auth.NTLM, Auth.NEGOTIATE])
def test_login_with_a_password(auth: Auth, tls: bool, level: str) -> None:
    with host_for("negotiate", tls=tls, channel_binding=level) as running:
        assert listed(endpoint(running, auth))


def test_login_with_credssp_and_with_basic() -> None:
    with host_for("credssp", "basic", tls=True) as running:
        assert listed(endpoint(running, Auth.CREDSSP))
        assert listed(endpoint(running, Auth.BASIC))
        assert "refused the credentials" in refused(endpoint(running, Auth.CREDSSP, password=Secret("no")), AuthError)


@pytest.mark.parametrize("password", ["pä:ss", "pä€ss", "пароль-😀"])
@pytest.mark.parametrize("auth", [Auth.NTLM, Auth.CREDSSP, Auth.BASIC])
def test_login_with_a_password_of_any_characters(auth: Auth, password: str) -> None:
    user = "CONTOSO\\käthe"
    with emulation(Emulating(users={user: password}, auth=("ntlm", "credssp", "basic"), tls=True)) as running:
        assert listed(endpoint(running, auth, username=user, password=Secret(password)))


@pytest.mark.parametrize("auth", [Auth.NTLM, Auth.NEGOTIATE, Auth.CREDSSP, Auth.BASIC])
def test_a_method_that_is_not_offered_is_refused_with_the_offered_ones(auth: Auth) -> None:
    with host_for("certificate", "credssp" if auth is not Auth.CREDSSP else "ntlm", tls=True) as running:
        # Basic sends the credentials with the first request, so that the host did refuse them.
        said = refused(endpoint(running, auth), AuthError if auth is Auth.BASIC else PrerequisiteError)
        assert ("refused the credentials" if auth is Auth.BASIC else f"does not offer auth {auth}:") in said
        assert ("NTLM" if auth is Auth.CREDSSP else "CredSSP") in said


@pytest.mark.parametrize(
    ("auth", "tls"),
    [
        (Auth.NTLM, False),
        (Auth.NTLM, True),
        (Auth.CREDSSP, True),
        pytest.param(Auth.KERBEROS, False, marks=by_ticket),
        pytest.param(Auth.KERBEROS, True, marks=by_ticket),
    ],
)
def test_a_401_mid_session_causes_a_new_login_and_never_a_second_command(
    request: pytest.FixtureRequest, auth: Auth, tls: bool
) -> None:
    """What is sealed for the old login must be sealed anew. Who answers 401 to a Command may have passed it on before."""
    keytab = request.getfixturevalue("realm").keytab if auth is Auth.KERBEROS else None
    offered = ("kerberos",) if keytab else ("ntlm", "credssp")
    network = None if keytab else Loopback(AutojumpClock())  # a KDC is a process
    with host_for(*offered, network=network, tls=tls, keytab=keytab, faults=["receive:3:401"]) as running:
        where = by_realm(running) if keytab else endpoint(running, auth)
        assert listed(where)
        running.host.faults.add("command:1:401", from_now=True)
        begun = running.host.requests["command"]
        with pytest.raises(Unreachable) as caught:
            listed(where)
        assert caught.value.delivered
        assert running.host.requests["command"] == begun + 1


# -- client certificates


def by_certificate(running: Emulation, files: tuple[Path, Path]) -> Endpoint:
    certificate, key = map(str, files)
    tls = Tls(ca=str(running.host.ca_file), client_cert=certificate, client_key=key)
    return endpoint(running, Auth.CERTIFICATE, tls=tls, username=None, password=None)


DAY = timedelta(days=1)
CERTIFICATES: dict[str, tuple[Callable[[Authority], Any], str]] = {
    "of nobody": (lambda ours: ours.for_user("nobody@contoso"), "refused the credentials (auth: certificate"),
    "expired": (lambda ours: ours.for_user("operator@contoso", Validity(-2 * DAY, -DAY)), "it has expired"),
    "a stranger's": (
        lambda _: Authority("theirs").for_user("operator@contoso"),
        "the host does not trust the CA that signed it",
    ),
    "a server's": (lambda ours: ours.for_host(["operator"]), "it is not valid for client authentication"),
}


def test_login_with_a_certificate() -> None:
    with host_for("certificate", tls=True) as running:
        files = running.host.client_files
        assert files is not None
        assert listed(by_certificate(running, (files.certificate, files.key)))


@pytest.mark.parametrize("which", CERTIFICATES)
def test_a_refused_certificate_is_a_refused_credential(which: str, tmp_path: Path) -> None:
    make, says = CERTIFICATES[which]
    ours = Authority("ours")
    (client_ca := tmp_path / "ca.pem").write_bytes(ours.pem)
    with host_for("certificate", tls=True, client_ca=client_ca) as running:
        assert says in refused(by_certificate(running, make(ours).write(tmp_path, "client")), AuthError)


def test_an_encrypted_client_key_is_refused_without_asking_for_its_passphrase(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization as s

    pair = Authority("ours").for_user("operator@contoso")
    certificate, key = pair.write(tmp_path, "client")
    sealed = s.BestAvailableEncryption(b"passphrase")
    key.write_bytes(pair.key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, sealed))
    with host_for("certificate", tls=True) as running:
        assert "encrypted" in refused(by_certificate(running, (certificate, key)), ConfigError)


# -- TLS

FAULTS = {
    TlsFault.EXPIRED: "has expired",
    TlsFault.NOT_YET_VALID: "not valid yet",
    TlsFault.WRONG_NAME: "for another name",
    TlsFault.UNKNOWN_CA: "not signed by a trusted CA",
}


@pytest.mark.parametrize("fault", TlsFault)
def test_a_wrong_certificate_is_reported_with_the_reason(fault: TlsFault) -> None:
    with host_for("ntlm", tls=fault) as running:
        assert FAULTS[fault] in refused(endpoint(running, Auth.NTLM), Unreachable)
        unverified = endpoint(running, Auth.NTLM, tls=Tls(verify=False))
        assert listed(unverified), "that is all that is wrong with it"


# -- Kerberos


@by_ticket
@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("auth", [Auth.KERBEROS, Auth.NEGOTIATE])
@pytest.mark.parametrize("offered", ["kerberos", "negotiate"])
def test_login_with_a_ticket(realm: kdc.Realm, offered: str, auth: Auth, tls: bool) -> None:
    with host_for(offered, keytab=realm.keytab, tls=tls, channel_binding="strict" if tls else "relaxed") as running:
        assert listed(by_realm(running, auth=auth))


@by_ticket
def test_login_with_a_ticket_from_kinit(realm: kdc.Realm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{realm.tickets('for-psbridge')}")
    with host_for("kerberos", keytab=realm.keytab) as running:
        named = by_realm(running, password=None)
        assert listed(named)
        assert listed(replace(named, username=None))


@by_ticket
@pytest.mark.parametrize("user", ["EMU\\" + kdc.USER, "emu.test\\" + kdc.USER, kdc.USER])
def test_a_domain_user_is_a_user_of_its_realm(realm: kdc.Realm, user: str) -> None:
    with host_for("kerberos", keytab=realm.keytab) as running:
        assert listed(by_realm(running, user))


@by_ticket
@pytest.mark.parametrize(
    ("what", "kind", "says"),
    [
        ({"password": "wrong"}, AuthError, "the realm refused the password"),
        ({"user": f"nobody@{kdc.REALM}"}, AuthError, "the realm has no such user"),
        ({"user": f"{kdc.USER}@ELSEWHERE.TEST"}, Unreachable, "no domain controller of the realm answers"),
        ({"user": f"{kdc.USER}@NOWHERE.TEST"}, ConfigError, "no domain controller of the realm can be found"),
        ({"password": None}, ConfigError, "there is no Kerberos ticket"),
        ({"user": f"{kdc.STRANGER}@{kdc.REALM}"}, PrerequisiteError, "the host denies this user"),
    ],
)
def test_errors_of_tickets(realm: kdc.Realm, what: dict[str, Any], kind: type[PsbridgeError], says: str) -> None:
    with host_for("kerberos", keytab=realm.keytab) as running:
        assert says in refused(by_realm(running, **what), kind)


@by_ticket
def test_a_host_unknown_to_the_realm_is_reported(realm: kdc.Realm) -> None:
    """`::1` is not a name of the realm."""
    with host_for("kerberos", keytab=realm.keytab, bind="::1") as running:
        assert "the realm has no such host" in refused(by_realm(running, host="::1"), ConfigError)


@by_ticket
def test_a_ticket_for_another_key_is_refused(realm: kdc.Realm) -> None:
    with host_for("kerberos", keytab=realm.other_keytab) as running:
        assert "refused the credentials" in refused(by_realm(running, host="127.0.0.1"), AuthError)


@by_ticket
def test_an_expired_ticket_is_renewed_with_the_password_or_reported(
    realm: kdc.Realm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over http the bodies are sealed by the ticket's context, so that a new one must begin a new connection."""
    cache = realm.tickets("soon-over", user=kdc.SHORT_LIVED)
    user = f"{kdc.SHORT_LIVED}@{kdc.REALM}"
    lines: list[str] = []
    with host_for("kerberos", keytab=realm.keytab, log=lines.append) as running:
        session = opened(by_realm(running, user))
        assert session.run(LISTING, within()).output
        time.sleep(kdc.SECONDS + 0.1)  # nothing but time ends a ticket
        assert session.run(LISTING, within()).output
        session.close(within())
        assert len({line.split()[1] for line in lines}) == 2, "a connection for each ticket"
        monkeypatch.setenv("KRB5CCNAME", f"FILE:{cache}")
        assert "this machine has expired" in refused(by_realm(running, user, password=None), ConfigError)


# -- what is not installed


@pytest.mark.parametrize(("auth", "module"), [(Auth.CREDSSP, "requests_credssp"), (Auth.KERBEROS, "gssapi")])
def test_a_login_whose_package_is_missing_says_what_to_install(
    auth: Auth, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The packages look for them once, when they are imported; so what they found is taken back."""
    if auth is Auth.CREDSSP:
        import pypsrp.wsman

        def missing(*_: object, **__: object) -> None:
            raise ImportError(f"No module named '{module}'")

        monkeypatch.setattr(pypsrp.wsman, "HttpCredSSPAuth", missing)
    else:
        monkeypatch.setattr(sys.modules["spnego._gss"], "HAS_GSSAPI", False)
    with host_for("negotiate", "credssp", tls=True) as running:
        says = refused(endpoint(running, auth, username="operator"), ConfigError)
    assert f"Install psbridge[{auth}]" in says


# -- accounts whose password is right

BARRED = {
    Barred.DISABLED: "the account is disabled",
    Barred.EXPIRED_ACCOUNT: "the account has expired",
    Barred.EXPIRED_PASSWORD: "the password has expired",
    Barred.MUST_CHANGE: "the password must be changed",
    Barred.LOCKED: "the account is locked",
    Barred.OUT_OF_HOURS: "the account may not log in at this time",
}


@pytest.mark.parametrize("why", Barred)
def test_an_account_that_may_not_log_in_is_named_where_the_host_says_so(why: Barred) -> None:
    with host_for("credssp", tls=True, barred={USER: why}) as running:
        said = refused(endpoint(running, Auth.CREDSSP), AuthError)
        assert BARRED[why] in said
        assert "NTSTATUS 0xC0000" in said


@pytest.mark.parametrize("auth", [Auth.NTLM, Auth.NEGOTIATE, Auth.BASIC])
def test_an_account_that_may_not_log_in_looks_like_a_wrong_password_elsewhere(auth: Auth) -> None:
    with host_for(auth.value, tls=True, barred={USER: Barred.DISABLED}) as running:
        said = refused(endpoint(running, auth), AuthError)
        assert "refused the credentials" in said
        assert "locked or disabled; event 4625" in said
