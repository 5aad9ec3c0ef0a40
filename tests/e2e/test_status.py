"""`psbridge status`, as people, cron and machines see it."""

from __future__ import annotations

from jsonschema import Draft202012Validator

from tests.support.process.cli import Cli

ROWS = [
    "newest",
    "last good",
    "running",
    "schedule",
    "free space",
    "certificate",
    "alerts",
    "update",
    "version",
    "runs",
]


def test_a_person_gets_one_screen_and_cron_nothing(cli: Cli) -> None:
    cli.env["PSBRIDGE_CONFIG"] = ""
    ended = cli("status", "-t", "demo").expect(0)
    lines = ended.out.splitlines()
    assert lines[0].startswith("well: demo: newest good backup ")
    assert [line[4:16].strip() for line in lines[2:-1]] == ROWS
    assert lines[-1] == "emulated: nothing real was backed up"
    quiet = cli("status", "-t", "demo", "-q").expect(0)
    assert (quiet.out, quiet.err) == ("", "")
    assert cli("status", "-t", "demo", "-o", "id").expect(0).out.strip() in ended.out


def test_a_stale_stamp_says_so_first_and_quietly_shows_what_is_wrong_only(cli: Cli) -> None:
    cli.env["PSBRIDGE_CONFIG"] = ""
    ended = cli("status", "-t", "demo", "--max-age", "1s").expect(12)
    first, hint = ended.out.splitlines()[:2]
    assert first.startswith("not well: demo: the newest good backup, ")
    assert hint == f"hint: Start one: {cli.command('demo')} backup start"
    assert ended.err == ""
    quiet = cli("status", "-t", "demo", "--max-age", "1s", "-q").expect(12).out.splitlines()
    assert first.startswith(quiet[0].partition(" is ")[0])  # the age grows between the two
    assert quiet[1] == hint
    assert [line.split()[0] for line in quiet[3:-1]] == ["fail"]


def test_a_quiet_status_ends_a_warning_with_what_it_found(cli: Cli) -> None:
    cli.env |= {"PSBRIDGE_CONFIG": "", "PSBRIDGE_HOST": "evil.example"}
    ended = cli("status", "-t", "demo", "-q").expect(0)
    assert ended.out == ""
    first, *_, last = ended.err.splitlines()
    assert first.startswith("warning: ")
    assert last == "info: demo is well"


def test_a_machine_gets_a_document_whatever_happens(cli: Cli, schema: Draft202012Validator) -> None:
    cli.env["PSBRIDGE_CONFIG"] = ""
    document = cli("status", "-t", "demo", "-o", "json").expect(0).document
    schema.validate(document)
    assert (document["kind"], document["code"], document["emulated"]) == ("stamp_status", "ok", True)
    (cli.folder / "c.yaml").write_text(
        "version: 1\ntargets:\n  gone: {host: 127.0.0.1, port: 1, auth: ntlm, username: u, password: {env: X}}\n"
    )
    cli.env |= {"PSBRIDGE_CONFIG": str(cli.folder / "c.yaml"), "X": "secret"}
    ended = cli("status", "-t", "gone", "-o", "json", "--call-timeout", "60s")
    assert ended.code == 5
    lost = ended.document
    schema.validate(lost)
    assert (lost["target"], lost["exit_code"], lost["code"], lost["rows"]) == ("gone", 5, "unreachable", [])
    assert lost["error"]["code"] == "unreachable"
    plain = cli("status", "-t", "gone", "--call-timeout", "60s")
    assert plain.out == ""
    assert "\nerror: " in f"\n{plain.err}"
