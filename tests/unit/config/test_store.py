"""Where a target's backups are, and who reads them there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from psbridge.clock import SystemClock
from psbridge.config import validate
from psbridge.config.load import Config, load
from psbridge.config.resolve import store_place
from psbridge.config.show import show
from psbridge.errors import ConfigError
from psbridge.models.target import StorePlace, same_account
from psbridge.render.writers import render

HIDDEN = "hunter2-Zz"
SHARE = r"\\files.contoso.com\backups"
Write = Callable[..., Path]


def config(write: Write, target: str = "", defaults: str = "", **env: str) -> Config:
    text = "version: 1\n" + (f"defaults: {{{defaults}}}\n" if defaults else "")
    found = load(write(text + f"targets:\n  nyc: {{host: oaw01, username: 'CONTOSO\\op'{target}}}\n"), env)
    assert not found.invalid, found.problems
    return found


def test_a_share_is_read_by_its_own_account(write: Write) -> None:
    found = config(
        write, rf", store: '{SHARE}', store_username: 'CONTOSO\reader', store_password: {{env: PW}}", PW=HIDDEN
    )
    place = store_place(found, "nyc")
    assert place is not None
    assert (place.where, place.username) == (SHARE, r"CONTOSO\reader")
    assert place.password is not None
    assert place.password.reveal() == HIDDEN
    assert HIDDEN not in repr(place) + render(show(found), "json") + repr(found)


def test_the_account_may_stand_in_defaults_and_binds_no_target_to_a_share(write: Write) -> None:
    account = "store_username: reader, store_password: {env: PW}"
    assert store_place(config(write, "", account), "nyc") is None
    mounted = config(write, ", store: /mnt/backups", account)
    assert store_place(mounted, "nyc") == StorePlace("/mnt/backups")  # the password is not read
    shared = config(write, f", store: '{SHARE}'", account, PW=HIDDEN)
    assert (place := store_place(shared, "nyc")) is not None
    assert place.username == "reader"


def test_a_folder_is_beside_the_config(write: Write, folder: Path) -> None:
    assert store_place(config(write, ", store: share"), "nyc") == StorePlace(str(folder / "share"))


def test_a_share_named_elsewhere_is_read_by_the_targets_account_and_asked_for_by_its_name(write: Write) -> None:
    asked: list[str] = []
    found = config(write, f", store: '{SHARE}', store_username: reader")
    place = store_place(found, "nyc", where=r"\\other\copy", prompt=lambda it: asked.append(it) or HIDDEN)
    assert asked == [r"password of reader on \\other\copy"]
    assert place is not None
    assert place.where == r"\\other\copy"


def test_a_variable_sets_the_password_without_a_warning(write: Write) -> None:
    given = {"PSBRIDGE_TARGET_NYC_STORE_PASSWORD": HIDDEN, "PSBRIDGE_TARGET_NYC_STORE": SHARE}
    found = config(write, ", store_username: reader", **given)
    assert not found.warnings
    place = store_place(found, "nyc")
    assert place is not None
    assert place.password is not None
    assert place.password.reveal() == HIDDEN


def test_a_plain_password_is_warned_of_and_one_without_a_name_refused(write: Write) -> None:
    found = config(write, f", store: '{SHARE}', store_username: r, store_password: {HIDDEN}")
    assert [(it.key, it.severity) for it in found.warnings] == [("targets.nyc.store_password", "warning")]
    assert HIDDEN not in str(found.warnings)
    wrong = load(write("version: 1\ntargets:\n  nyc: {host: a, store_password: {env: PW}}\n"), {})
    assert "store_password without store_username" in str(wrong.invalid["nyc"])


def test_without_a_terminal_a_missing_password_is_an_error(write: Write) -> None:
    with pytest.raises(ConfigError, match="no terminal to ask"):
        store_place(config(write, f", store: '{SHARE}', store_username: reader"), "nyc")


@pytest.mark.parametrize(("reader", "warned"), [(r"contoso\OP", True), ("op@contoso.com", True), ("reader", False)])
def test_the_hosts_account_should_not_read_the_share(write: Write, reader: str, warned: bool) -> None:
    found = config(write, f", store: '{SHARE}', store_username: '{reader}', store_password: {{env: PW}}", PW=HIDDEN)
    problems, _ = validate.check_here(found, ["nyc"], SystemClock().now())
    assert ("targets.nyc.store_username" in [it.key for it in problems]) is warned


def test_accounts_are_the_same_if_name_and_domain_are() -> None:
    assert same_account("op", r"CONTOSO\op")
    assert same_account(r"CONTOSO\op", "OP@contoso.com")
    assert not same_account(r"FILES\op", r"CONTOSO\op")
    assert not same_account("reader", "op")
    assert not same_account(None, "op")


@pytest.mark.parametrize(
    ("extra", "account", "said"),
    [
        ("smb", ", store_username: r, store_password: {env: PW}", "needs the package psbridge[smb]"),
        ("kerberos", "", "ticket"),
    ],
)
def test_a_share_needs_its_packages(
    write: Write, monkeypatch: pytest.MonkeyPatch, extra: str, account: str, said: str
) -> None:
    monkeypatch.setattr(validate, "lacking", lambda asked: [extra] if asked == extra else [])
    found = config(write, f", store: '{SHARE}', password: {{env: PW}}{account}", PW=HIDDEN)
    problems, _ = validate.check_here(found, ["nyc"], SystemClock().now())
    assert [(it.key, it.severity) for it in problems if said in it.message] == [("targets.nyc.store", "warning")]
    mounted = config(write, f", store: /mnt, password: {{env: PW}}{account}", PW=HIDDEN)
    assert not [
        it for it in validate.check_here(mounted, ["nyc"], SystemClock().now())[0] if it.key == "targets.nyc.store"
    ]
