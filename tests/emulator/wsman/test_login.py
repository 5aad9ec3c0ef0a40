"""Who may come in, and by which door."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from pypsrp.exceptions import AuthenticationError, WinRMTransportError

from psbridge.emulator.auth.tokens import NtlmUsers, smbpasswd
from psbridge.emulator.auth.users import Users
from psbridge.emulator.host import OperatorHost
from tests.support.clients.wsman_client import CONFIG_URI, emit, envelope, wsman
from tests.support.hosts.wsman_engine import ToyEngine

PASSWORD = 'p:ä"\\ ss'


@pytest.fixture(scope="module", params=[False, True], ids=["http", "https"])
def secured(request: pytest.FixtureRequest) -> Iterator[OperatorHost]:
    users = {"admin": PASSWORD, "CONTOSO\\operator": "domain", "bob@dom.local": "upn"}
    with OperatorHost(ToyEngine(), users=users, tls=request.param) as running:
        yield running


@pytest.mark.source("[MS-WSMV] 3.1.4.1.28 Security", "[MS-WSMV] 2.2.9.1.1")
@pytest.mark.parametrize("auth", ["ntlm", "negotiate"])
def test_a_user_logs_in_with_ntlm_and_negotiate(secured: OperatorHost, auth: str) -> None:
    assert emit(wsman(secured, auth), Count=2) == ["000000", "000001"]


@pytest.mark.source("[MS-WSMV] 2.2.9.1.1 NegotiateEncryptedMessage")
@pytest.mark.parametrize("auth", ["ntlm", "negotiate"])
def test_large_answers_survive_encryption(secured: OperatorHost, auth: str) -> None:
    assert len("".join(emit(wsman(secured, auth, encryption="always"), Count=60, Size=9000))) == 540_000


@pytest.mark.source("psbridge: the names of an account")
@pytest.mark.parametrize(
    ("name", "password"),
    [("ADMIN", PASSWORD), (".\\admin", PASSWORD), ("contoso\\operator", "domain"), ("bob@dom.local", "upn")],
)
@pytest.mark.parametrize("auth", ["ntlm", "negotiate"])
def test_a_user_has_several_names(secured: OperatorHost, auth: str, name: str, password: str) -> None:
    config = wsman(secured, auth, username=name, password=password).get_server_config()
    assert config.find(".//{*}MaxEnvelopeSizekb") is not None


@pytest.mark.source("RFC 9110 15.5.2")
@pytest.mark.parametrize(
    ("name", "password"), [("admin", "wrong"), ("nobody", PASSWORD), ("operator", "domain"), ("OTHER\\admin", PASSWORD)]
)
@pytest.mark.parametrize("auth", ["ntlm", "negotiate"])
def test_a_wrong_password_and_an_unknown_user_are_refused(
    secured: OperatorHost, auth: str, name: str, password: str
) -> None:
    with pytest.raises(AuthenticationError):
        wsman(secured, auth, username=name, password=password).get_server_config()


@pytest.mark.source("[MS-WSMV] 2.2.4.34 ServiceAuthType", "RFC 9110 11.6.1")
def test_basic_is_offered_over_tls_and_never_over_plain_http_by_itself(secured: OperatorHost) -> None:
    verify = str(secured.ca_file) if secured.ca_file else True
    credentials = ("admin", PASSWORD)
    answer = requests.post(secured.url, data=envelope("get", resource=CONFIG_URI), auth=credentials, verify=verify)
    if secured.ca_file:
        assert answer.status_code == 200
        refused = requests.post(secured.url, data=b"", auth=("admin", "wrong"), verify=verify)
        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"] == 'Negotiate, NTLM, Basic realm="WSMAN"'
    else:
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Negotiate, NTLM"


@pytest.mark.source("RFC 9110 11.6.1")
def test_only_the_chosen_methods_are_offered() -> None:
    with OperatorHost(ToyEngine(), users={"a": "b"}, auth=("ntlm",)) as host:
        assert requests.post(host.url, data=b"").headers["WWW-Authenticate"] == "NTLM"
        assert emit(wsman(host, "negotiate"), Count=1) == ["000000"]
        assert emit(wsman(host, "ntlm"), Count=1) == ["000000"]


@pytest.mark.source("[MS-WSMV] 2.2.4.36 AllowUnencrypted")
def test_a_body_that_is_not_sealed_is_refused_over_plain_http() -> None:
    with OperatorHost(ToyEngine(), users={"a": "b"}) as host:
        with pytest.raises(WinRMTransportError) as refused:
            wsman(host, "ntlm", encryption="never").get_server_config()
        assert refused.value.code == 500
        assert host.requests == {}


@pytest.mark.source("pypsrp: issue 21, a new connection has a new context")
def test_a_body_sealed_for_another_connection_is_refused() -> None:
    with OperatorHost(ToyEngine(), users={"a": "b"}) as host:
        client = wsman(host, "ntlm")
        client.get_server_config()
        client.transport.session.close()  # the login is gone with the connection; pypsrp keeps the old seal
        with pytest.raises(WinRMTransportError) as refused:
            client.get_server_config()
        assert refused.value.code == 400


@pytest.mark.source("RFC 9110 11.6.2", "psbridge: any token is a refused login")
@pytest.mark.parametrize(
    "header",
    ["Negotiate", "Negotiate !!!", "NTLM AAAA", "Negotiate YIIB", "Kerberos AAAA", "Basic ", "Basic YQ==", "x"],
)
def test_an_invalid_login_is_refused_and_the_connection_stays(host: OperatorHost, header: str) -> None:
    with requests.Session() as session:
        for _ in range(2):
            assert session.post(host.url, data=b"", headers={"Authorization": header}).status_code == 401
        good = session.post(host.url, data=envelope("get", resource=CONFIG_URI), auth=("admin", "secret"))
        assert good.status_code == 200


@pytest.mark.source("psbridge: secrets leave no trace")
def test_no_account_remains_in_the_environment_or_on_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # the common one has what other hosts wrote, or left behind
    before = os.environ.get("NTLM_USER_FILE")
    with OperatorHost(ToyEngine(), users={"a": "b"}) as host:
        wsman(host, "ntlm").get_server_config()
        assert os.environ.get("NTLM_USER_FILE") == before
        (file,) = tmp_path.glob("psbridge-emulator-*.ntlm")
        assert file.stat().st_mode & 0o777 == 0o600
        assert ":b:" not in file.read_text()
    assert not file.exists()


@pytest.mark.source("psbridge: two hosts in one process")
def test_two_hosts_in_one_process_have_separate_users() -> None:
    with (
        OperatorHost(ToyEngine(), users={"admin": "one"}) as first,
        OperatorHost(ToyEngine(), users={"admin": "two"}) as second,
    ):
        wsman(first, "ntlm").get_server_config()
        wsman(second, "ntlm").get_server_config()
        with pytest.raises(AuthenticationError):
            wsman(second, "ntlm", password="one").get_server_config()


@pytest.mark.source("psbridge: the environment is given back")
def test_the_temporary_user_file_is_replaced_by_the_previous_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NTLM_USER_FILE", "/of/the/user")
    lender = NtlmUsers(Users({"a": "b"}))
    with lender.lent():
        assert os.environ["NTLM_USER_FILE"] != "/of/the/user"
    assert os.environ["NTLM_USER_FILE"] == "/of/the/user"
    lender.close()


@pytest.mark.source("psbridge: no login without the password")
def test_a_lan_manager_hash_is_refused() -> None:
    lines = {smbpasswd(Users({"a": "b"})) for _ in range(2)}
    assert len(lines) == 2, "a hash that is known or empty would open the door without a password"
