"""`backup verify` of a store on a real SMB server, with the account that the config names."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from psbridge.emulator.stamp.scenario import Scenario
from psbridge.emulator.stamp.service import Stamp
from psbridge.emulator.store import write_store
from tests.support.hosts import samba
from tests.support.hosts.samba import PASSWORD, USERNAME, Samba
from tests.support.process.cli import Cli

pytestmark = pytest.mark.samba
VERIFY = ("backup", "verify", "--offline", "-vvv", "--debug", "--log-file", "log.jsonl")


@pytest.fixture
def share(cli: Cli, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Samba]:
    """A share with three backups, their key beside the user's config, whose target reads the share."""
    folder = tmp_path_factory.mktemp("server")
    written = write_store(folder / "share", Stamp(Scenario("store", "", history=3, roles=("NRP", "SRP", "WAS"))))
    written.write_pfx(cli.folder / "key.pfx", "of the key")
    for name, text in (("key.password", "of the key"), ("store.password", PASSWORD)):
        (cli.folder / name).write_text(f"{text}\n")
        (cli.folder / name).chmod(0o600)
    with samba.samba(folder / "samba", written.folder) as running:
        config = cli.folder / "config.yaml"
        config.write_text(
            "version: 1\n"
            f"defaults: {{store_username: {USERNAME}, store_password: {{file: store.password}}}}\n"
            f"targets:\n  redmond: {{host: oaw01.contoso.com, store: '{running.unc}'}}\n"
        )
        config.chmod(0o600)
        cli.env["PSBRIDGE_CONFIG"] = str(config)
        yield running


def key(cli: Cli) -> tuple[str, ...]:
    return ("--key", str(cli.folder / "key.pfx"), "--key-password-file", str(cli.folder / "key.password"))


def test_the_targets_store_is_read_and_its_password_seen_nowhere(cli: Cli, share: Samba) -> None:
    document = cli(*VERIFY, "--level", "readable", "-o", "json", *key(cli)).expect(0)
    assert (document.document["reached"], document.document["where"]) == ("readable", share.unc)
    (cli.folder / "store.password").unlink()
    assert PASSWORD not in document.out + document.err
    assert not [path for path in cli.folder.rglob("*") if path.is_file() and PASSWORD.encode() in path.read_bytes()]


@pytest.mark.parametrize(
    ("password", "name", "text"),
    [
        ("Wr0ng-and-secret", "backups", "the server refused the account or its password"),
        (PASSWORD, "elsewhere", "the server has no such share"),
    ],
)
def test_what_can_not_be_used_is_10_with_its_hint(cli: Cli, share: Samba, password: str, name: str, text: str) -> None:
    (cli.folder / "store.password").write_text(password)
    before = share.logins(USERNAME)
    ended = cli(*VERIFY, "--store", share.share(name)).expect(10)
    assert text in ended.err
    assert password not in ended.out + ended.err
    assert share.logins(USERNAME) == before + 1
