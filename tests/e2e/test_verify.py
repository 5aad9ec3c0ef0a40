"""`backup verify`, `key check` and the record of a verification, as people, scripts and runbooks call them."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from jsonschema import Draft202012Validator

from psbridge.emulator.stamp.scenario import Scenario
from psbridge.emulator.stamp.service import Stamp
from psbridge.emulator.store import write_store
from tests.support.process.cli import Cli

LEVELS = ("present", "described", "openable", "whole", "readable")


@pytest.fixture
def share(cli: Cli) -> Path:
    """A store of three good backups; beside it the key, and the file with its password."""
    cli.env["PSBRIDGE_CONFIG"] = ""
    written = write_store(cli.folder / "share", Stamp(Scenario("store", "", history=3, roles=("NRP", "SRP", "WAS"))))
    written.write_pfx(cli.folder / "key.pfx", "the password")
    (cli.folder / "password").write_text("the password\n")
    (cli.folder / "password").chmod(0o600)
    return written.folder


def with_key(cli: Cli) -> tuple[str, ...]:
    return ("--key", str(cli.folder / "key.pfx"), "--key-password-file", str(cli.folder / "password"))


def data_file(share: Path) -> Path:
    """The newest data file of a repository that a recovery needs."""
    return max(share.rglob("NRP;Microsoft.Network.Admin;-;Quota/*.zip"))


def test_the_demo_stamp_is_verified_at_once(cli: Cli) -> None:
    cli.env["PSBRIDGE_CONFIG"] = ""
    shown = cli("backup", "verify", "-t", "demo").expect(0)
    assert shown.out.startswith("verified (openable): backup ")
    assert "emulated: nothing real was backed up" in shown.out
    assert shown.err == ""


@pytest.mark.parametrize("level", LEVELS)
def test_a_good_backup_passes_every_level_without_a_stamp(
    cli: Cli, share: Path, level: str, schema: Draft202012Validator
) -> None:
    key = with_key(cli) if LEVELS.index(level) > 1 else ()
    words = ("backup", "verify", "--offline", "--store", str(share), "--level", level, *key)
    document = cli(*words, "-o", "json").expect(0).document
    schema.validate(document)
    assert (document["reached"], document["problems"], document["undecided"]) == (level, [], [])
    outcomes = {row["check"]: row["outcome"] for row in document["evidence"]}
    assert [outcomes[each] for each in LEVELS] == [
        "pass" if at <= LEVELS.index(level) else "not_checked" for at in range(len(LEVELS))
    ]
    assert outcomes["restore"] == outcomes["stamp"] == "not_checked"


def test_an_altered_byte_is_15_and_its_record_says_so_again(cli: Cli, share: Path) -> None:
    file, record = data_file(share), cli.folder / "record.json"
    content = bytearray(file.read_bytes())
    content[200] ^= 1
    file.write_bytes(content)
    words = ("backup", "verify", "--offline", "--store", str(share), *with_key(cli))
    cli(*words, "--level", "openable").expect(0)
    shown = cli(*words, "--level", "whole", "--proof", str(record)).expect(15)
    assert shown.out.startswith("not verified: backup ")
    assert file.name in shown.out
    assert "error: backup " in shown.err
    assert "explain damaged" in shown.err
    checked = cli("proof", "verify", str(record), "-o", "json").expect(15).document
    assert (checked["intact"], checked["agrees"], checked["verdict"]) == (True, True, "not_verified")
    plain = json.loads(record.read_text())
    for each in plain["observations"]["snapshots"]:
        each["whole"] = {"result": "pass", "detail": "", "reason": None}
    record.write_text(json.dumps(plain))
    damaged = cli("proof", "verify", str(record), "-o", "json").expect(14).document
    assert not damaged["intact"]
    assert "the record says exit_code 15, its observations lead to 0" in damaged["problems"]


def test_the_key_is_proved_where_it_is(cli: Cli, share: Path, schema: Draft202012Validator) -> None:
    keys = cli.folder / "keys.json"
    cli("backup", "verify", "--offline", "--store", str(share), "--wrapped-keys", str(keys), "-q").expect(0)
    check = ("key", "check", str(cli.folder / "key.pfx"), "--against", str(keys))
    password = ("--key-password-file", str(cli.folder / "password"))
    document = cli(*check, *password, "-o", "json").expect(0).document
    schema.validate(document)
    assert document["opened"] == document["keys"] > 3
    assert "the password does not open" in cli(*check).expect(10).err
    plain = json.loads(keys.read_text())
    plain["keys"][1]["thumbprint"] = "AB" * 20
    keys.write_text(json.dumps(plain))
    wrong = cli(*check, *password).expect(15)
    assert wrong.out.startswith("wrong key: ")
    assert f"it needs the certificate {'AB' * 20}" in wrong.out
    cli("key", "check", str(cli.folder / "key.pfx"), "--against", str(cli.folder / "password"), *password).expect(2)


def test_what_can_not_be_used_says_so_and_nothing_of_the_backup(cli: Cli, share: Path) -> None:
    verify = ("backup", "verify", "--offline", "--store")
    (cli.folder / "other").write_text("not it\n")
    (cli.folder / "empty").mkdir()
    (cli.folder / "cert.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    nowhere = "08b92613-837a-43cd-86b5-1212ef954384"
    for code, words in {
        (2, (*verify[:-1],)),
        (2, (*verify, "")),
        (2, (*verify, str(share), "--level", "whole")),
        (2, (*verify, str(share), "--level", "best")),
        (2, (*verify, str(share), "--key-password-file", "x")),
        (8, ("backup", "verify", nowhere, "--offline", "--store", str(share))),
        (10, (*verify, str(cli.folder / "empty"))),
        (10, (*verify, str(cli.folder / "nowhere"))),
        (10, (*verify, str(share), *with_key(cli)[:3], str(cli.folder / "other"))),
        (10, (*verify, str(share), "--key", str(cli.folder / "cert.pem"))),
        (10, (*verify, str(share), "--key", str(cli.folder / "nowhere.pfx"))),
        (9, (*verify, str(share), *with_key(cli)[:3], str(cli.folder / "nowhere"))),
    }:
        ended = cli(*words).expect(code)
        assert ended.out == ""
        assert ended.err.splitlines()[-3 if code != 2 else -2].startswith("error: "), ended.err


def test_a_store_of_an_unknown_form_is_neither_good_nor_bad(cli: Cli, share: Path) -> None:
    for file in share.rglob("*.xml"):
        file.write_bytes(file.read_bytes().replace(b"1.1.0", b"9.1.0"))
    shown = cli("backup", "verify", "--offline", "--store", str(share)).expect(14)
    assert shown.out.startswith("not recognized: backup ")
    assert "explain layout" in shown.err


def test_a_repository_without_the_backup_is_missing(cli: Cli, share: Path) -> None:
    shutil.rmtree(data_file(share).parent)
    ended = cli("backup", "verify", "--offline", "--store", str(share), "--level", "present", "-o", "json").expect(15)
    assert (ended.document["reason"], ended.document["reached"]) == ("missing", None)


def test_a_start_verifies_what_it_made(cli: Cli) -> None:
    cli.env["PSBRIDGE_CONFIG"] = ""
    record = cli.folder / "record.json"
    words = ("backup", "start", "-t", "demo", "--verify", "whole", "--proof", str(record), "-o", "json")
    document = cli(*words).expect(0).document
    rows = {row["check"]: row["outcome"] for row in document["evidence"]}
    assert (document["verdict"], rows["key_held"], rows["readable"]) == ("confirmed", "pass", "pass")
    assert rows["second_copy"] == rows["validate"] == "not_checked"
    assert cli("proof", "verify", str(record), "-o", "json").expect(0).document["evidence"] == document["evidence"]
    journal = cli.state / "runs" / f"{document['run']}.jsonl"
    assert cli("proof", "verify", str(journal), "-o", "json").expect(0).document["evidence"] == document["evidence"]


def test_a_confirmed_backup_that_is_not_verified_is_15_and_stays_confirmed(cli: Cli, share: Path) -> None:
    demo = cli.state / "demo" / "share"
    cli("backup", "verify", "-t", "demo", "-q").expect(0)
    own = ("--store", str(demo), "--key", f"{demo}.pfx", "--key-password-file", f"{demo}.pfx.password")
    confirm = ("backup", "confirm", "-t", "demo", "--verify", "openable", "-o", "json")
    other = cli(*confirm, *own, "--copy", str(share)).expect(15).document
    rows = {row["check"]: row["outcome"] for row in other["evidence"]}
    assert (other["verdict"], rows["readable"], rows["second_copy"]) == ("confirmed", "pass", "fail")
    shown = cli(*confirm[:-2], *own, "--copy", str(share)).expect(15).out
    assert shown.startswith("confirmed, not verified in its store: backup ")
    (cli.folder / "other.pfx").write_bytes(_another_key())
    words = ("--key", str(cli.folder / "other.pfx"), *with_key(cli)[2:])
    wrong = cli(*confirm, *own[:2], *words).expect(15).document
    rows = {row["check"]: row["outcome"] for row in wrong["evidence"]}
    assert (wrong["verdict"], rows["key_held"], rows["readable"]) == ("confirmed", "fail", "fail")


def _another_key() -> bytes:
    """Return a .pfx file of a certificate that no backup was encrypted with."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "another")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1)).sign(key, SHA256())
    return pkcs12.serialize_key_and_certificates(b"", key, made, None, BestAvailableEncryption(b"the password"))


def test_nothing_is_started_with_a_store_or_key_that_can_not_be_used(cli: Cli, share: Path) -> None:
    start = ("backup", "start", "-t", "demo", "--verify", "openable")
    for code, words in (
        (10, ("--store", str(cli.folder / "nowhere"), *with_key(cli))),
        (10, ("--store", str(share), "--key", str(cli.folder / "password"))),
        (10, ("--store", str(share), *with_key(cli), "--copy", str(cli.folder / "nowhere"))),
        (2, ("--store", str(share))),
        (2, ("--no-wait",)),
        (2, ("--dry-run",)),
    ):
        cli(*start, *words).expect(code)
    assert "--store without --verify" in cli("backup", "confirm", "-t", "demo", "--store", str(share)).expect(2).err
    assert cli("run", "list", "-o", "json").expect(0).document["runs"] == []


def test_keys_and_the_sheet_know_what_was_opened(cli: Cli) -> None:
    cli.env["PSBRIDGE_CONFIG"] = ""
    before = cli("key", "list", "-t", "demo", "-o", "json").expect(0).document["keys"][0]
    assert (before["opened"], before["in_settings"], len(before["warnings"])) == (None, True, 1)
    cli("backup", "verify", "-t", "demo", "-q").expect(0)
    share = cli.state / "demo" / "share"
    (share / "MASBackup" / "left.PFX").write_bytes(b"x")
    listed = cli("key", "list", "-t", "demo", "--store", str(share), "-o", "json").expect(0).document
    (after,) = listed["keys"]
    assert (after["opened"]["path"], after["warnings"]) == (f"{share}.pfx", [])
    assert listed["in_store"] == ["MASBackup/left.PFX"]
    assert before["in_store"] is None
    assert after["opened"]["backup_id"] in after["in_store"]
    sheet = cli("recovery", "show", "-t", "demo", "-o", "json").expect(0).document
    rows = {row["name"]: row["value"] for row in sheet["rows"]}
    assert rows["backup id"] == sheet["backup_id"] == after["opened"]["backup_id"]
    assert rows["thumbprint"] == after["thumbprint"]
    assert "openable reached, exit code 0" in rows["last verification"]
    assert rows["where the .pfx file is kept"] is None
    assert rows["serial number"] == after["opened"]["serial"]
    assert re.fullmatch("([0-9A-F]{2})+", rows["serial number"])
    for name in ("sheet.md", "sheet.json"):
        cli("recovery", "show", "-t", "demo", "--out", str(cli.folder / name)).expect(0)
    assert (cli.folder / "sheet.md").read_text().startswith("# Recovery sheet of demo\n")
    assert json.loads((cli.folder / "sheet.json").read_text())["kind"] == "recovery_sheet"
    cli("recovery", "show", "-t", "demo", "--out", str(cli.folder / "no" / "sheet.md")).expect(2)
