"""What a host can't be asked for, with the reason, before it listens; and what it says of what it was given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from psbridge.emulator.auth.contexts.keytab import NoKerberos
from psbridge.emulator.client_config import client_config
from psbridge.emulator.emulation import Emulating, emulation
from psbridge.emulator.host import OperatorHost
from psbridge.emulator.tls.authority import Authority
from psbridge.emulator.tls.server import TlsFiles
from tests.support.hosts import kdc
from tests.support.hosts.wsman_engine import ToyEngine


@pytest.fixture
def files(tmp_path: Path) -> TlsFiles:
    return TlsFiles(*Authority("ours").for_host(["localhost"]).write(tmp_path, "host"))


def refusal(**how: Any) -> str:
    with pytest.raises(ValueError) as refused:
        OperatorHost(ToyEngine(), users={"operator": "word"}, **how)
    return str(refused.value)


@pytest.mark.source("psbridge: what is refused is refused before anything changes")
@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"auth": ("digest",)}, "expected one or more of negotiate, kerberos"),
        ({"auth": ()}, "not nothing"),
        ({"auth": ("basic",)}, "basic needs TLS"),
        ({"auth": ("certificate",)}, "certificate needs TLS"),
        ({"auth": ("kerberos",)}, "needs a keytab"),
        ({"tls": True, "channel_binding": "loose"}, "none, relaxed, strict"),
        ({"channel_binding": "strict"}, "strict needs TLS"),
        (
            {"tls": True, "client_ca": Path("ca.pem")},
            "client CA: needs auth certificate, but only negotiate, ntlm, basic is offered",
        ),
        ({"tls": True, "late_certificate": True}, "needs auth certificate, but only negotiate, ntlm, basic is offered"),
        ({"tls": True, "basic_charset": "latin"}, "any, utf-8, utf-8-unnamed, latin-1, not latin"),
        ({"basic_charset": "utf-8"}, "needs auth basic, but only negotiate, ntlm is offered"),
        ({"tls": TlsFiles(Path("nowhere.pem"), Path("nowhere.pem"))}, "nowhere.pem"),
        ({"tls": True, "auth": ("certificate",), "client_ca": Path("nowhere.pem")}, "nowhere.pem"),
    ],
)
def test_combinations(how: dict[str, Any], says: str) -> None:
    assert says in refusal(**how)


@pytest.mark.source("psbridge: what is refused is refused before anything changes")
def test_an_invalid_client_ca(files: TlsFiles) -> None:
    assert "client CA" in refusal(tls=files, auth=("certificate",), client_ca=files.key)


@pytest.mark.source("psbridge: what is refused is refused before anything changes")
def test_problems_of_a_key_are_reported(files: TlsFiles, tmp_path: Path) -> None:
    pair = Authority("theirs").for_host(["localhost"])
    certificate, other = pair.write(tmp_path, "other")
    (sealed := tmp_path / "sealed.pem").write_bytes(
        pair.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"right"))
    )
    (both := tmp_path / "both.pem").write_bytes(certificate.read_bytes() + other.read_bytes())
    assert refusal(tls=TlsFiles(files.certificate, other)) == f"tls: {other} is not the key of {files.certificate}"
    assert refusal(tls=TlsFiles(certificate, certificate)) == f"tls: {certificate} is not a private key in PEM"
    assert refusal(tls=TlsFiles(certificate, tmp_path)) == f"tls: {tmp_path} can't be read: Is a directory"
    assert refusal(tls=TlsFiles(certificate, sealed, key_password="wrong")) == (
        f"tls: {sealed} is not a private key in PEM, or its password is wrong"
    )
    assert f"{sealed} is encrypted" in refusal(tls=TlsFiles(certificate, sealed))
    for opened in (TlsFiles(both, both), TlsFiles(certificate, sealed, key_password="right")):
        OperatorHost(ToyEngine(), users={"operator": "word"}, tls=opened).close()


@pytest.mark.kerberos
@pytest.mark.source("psbridge: what is refused is refused before anything changes")
def test_keytabs_without_a_host_key(realm: kdc.Realm, tmp_path: Path) -> None:
    (garbage := tmp_path / "garbage").write_bytes(b"\x05\x02" + b"\xff" * 40)
    for_user = tmp_path / "user.keytab"
    realm.kadmin(f"ktadd -k {for_user} -norandkey {kdc.USER}")
    assert "no key for a host/NAME" in refusal(keytab=for_user)
    for keytab in (tmp_path / "nowhere", garbage):
        assert str(keytab) in refusal(keytab=keytab)


@pytest.mark.source("psbridge: Kerberos is an extra")
def test_a_keytab_where_kerberos_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(NoKerberos):
        OperatorHost(ToyEngine(), users={"operator": "word"}, keytab=Path("any"))


@pytest.mark.source("psbridge: the config that is printed works as it stands")
def test_a_self_signed_certificate_is_its_own_authority(files: TlsFiles, tmp_path: Path) -> None:
    (root := tmp_path / "root.pem").write_bytes(Authority("ours").pem)
    assert TlsFiles.given(files.certificate, None, None) == TlsFiles(files.certificate, files.certificate, None)
    assert TlsFiles.given(root, files.key, "word") == TlsFiles(root, files.key, root, "word")
    with pytest.raises(ValueError, match=r"key\.pem"):
        TlsFiles.given(files.key, None, None)


@pytest.mark.source("psbridge: the config that is printed works as it stands")
def test_without_our_client_certificate_the_config_describes_yours(tmp_path: Path) -> None:
    (client_ca := tmp_path / "ca.pem").write_bytes(Authority("yours").pem)
    what = Emulating(users={"CONTOSO\\operator": "word"}, tls=True, auth=("certificate",), client_ca=client_ca)
    with emulation(what) as running:
        config = client_config(running)
    assert "whose user principal name is operator@CONTOSO\n" in config
    assert "client_cert: CLIENT.pem, client_key: CLIENT-key.pem" in config
    assert "password" not in config
