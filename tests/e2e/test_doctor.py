"""`psbridge doctor` as it is typed: text as each stage ends, one document for machines, the exit code of the first failure."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator

from psbridge.models.diagnosis import STAGE_NAMES
from tests.support.process.cli import Cli, on_terminal


def test_demo_is_all_ok_and_says_what_was_not_checked(cli: Cli) -> None:
    cli.env["PSBRIDGE_CONFIG"] = ""
    lines = cli("doctor", "-t", "demo").expect(0).out.splitlines()
    assert [line.split()[:2] for line in lines[: len(STAGE_NAMES)]] == [["ok", name] for name in STAGE_NAMES]
    assert lines[-2:] == ["ok: demo: a backup can be started", "emulated: no real host was asked"]
    assert sum(line.startswith("not checked: ") for line in lines) == 2


def test_a_document_for_machines_fulfils_the_schema(cli: Cli, schema: Draft202012Validator) -> None:
    with cli.facing_timeless("no-certificate"):
        found = cli("doctor", "-o", "json").expect(10)
    schema.validate(found.document)
    assert (found.document["exit_code"], found.document["code"], found.document["target"]) == (
        10,
        "prerequisite",
        "nyc",
    )
    (failed,) = [it for it in found.document["stages"] if it["state"] == "fail"]
    assert (failed["stage"], failed["code"]) == ("settings", "prerequisite")
    assert failed["remedy"] == failed["error"]["hint"]
    assert found.err == ""


def test_a_failure_is_shown_with_remedy_and_where_to_read_on(cli: Cli) -> None:
    with cli.facing_timeless("not-signed-in"):
        shown = cli("doctor").expect(10)
    lines = shown.out.splitlines()
    (at,) = [at for at, line in enumerate(lines) if line.startswith("FAIL")]
    assert lines[at].split()[1] == "sign_in"
    assert lines[at + 1].strip().startswith("remedy: Configure `sign_in`")
    assert lines[at + 2].strip() == "More: psbridge explain prerequisite"
    assert lines[at + 3] == "-     not reached, because sign_in failed: location, settings, backups, alerts, updates"
    assert lines[-1] == "failed: 1 failed, 5 not reached on nyc; exit code 10 (prerequisite)"
    assert shown.err == ""


@pytest.mark.parametrize(("scenario", "code"), [("succeeds", 0), ("scheduler-off", 0), ("update-running", 7)])
def test_quiet_shows_only_what_is_not_ok(cli: Cli, scenario: str, code: int) -> None:
    with cli.facing_timeless(scenario):
        lines = cli("doctor", "-q").expect(code).out.splitlines()
    assert [line.split()[0] for line in lines if line and line[0] != " "] == {
        "succeeds": [],
        "scheduler-off": ["warn"],
        "update-running": ["FAIL", "failed:"],
    }[scenario]


def test_only_runs_a_stage_and_what_it_needs(cli: Cli) -> None:
    with cli.facing_timeless() as running:
        one = cli("doctor", "--only", "machine", "--only", "config").expect(0)
        assert running.host.requests == {}
        some = cli("doctor", "--only", "tls", "-o", "json").expect(0).document
    assert [line.split()[:2] for line in one.out.splitlines()[:2]] == [["ok", "config"], ["ok", "machine"]]
    assert one.out.splitlines()[-1] == "ok: nyc: nothing wrong in these stages"
    assert [it["stage"] for it in some["stages"]] == ["config", "name", "tcp", "tls"]
    assert some["not_checked"] == []


def test_an_unknown_stage_is_refused_before_anything_is_read(cli: Cli) -> None:
    found = cli("doctor", "--only", "modul", "-o", "json").expect(2)
    assert (found.error["message"], found.error["hint"]) == ("no such stage: 'modul'", "Did you mean modules?")


def test_without_a_config_it_says_how_to_make_one(cli: Cli) -> None:
    shown = cli("doctor").expect(9)
    assert (
        shown.out.splitlines()[1].strip()
        == ("remedy: Correct the path, or write a sample config there: psbridge config init")
        or "psbridge config init" in shown.out
    )
    assert "because config failed: name, tcp, tls" in shown.out


def test_the_stages_of_the_option_are_completed(cli: Cli) -> None:
    words = {"_PSBRIDGE_COMPLETE": "complete_bash", "COMP_WORDS": "psbridge doctor --only s", "COMP_CWORD": "3"}
    assert cli(env=words, fresh=True).out.split() == ["session", "sign_in", "settings", "shells"]


def test_a_terminal_shows_the_stage_at_work_and_removes_it(cli: Cli) -> None:
    cli.env["PSBRIDGE_CONFIG"] = ""
    code, shown = on_terminal(cli, "doctor", "-t", "demo", "--only", "session")
    assert code == 0
    for name in ("config", "name", "login", "session"):
        assert f"...   {name}\r\x1b[2K" in shown
    assert shown.count("...   ") == shown.count("\r\x1b[2K")


def test_no_secret_is_shown_whatever_fails(cli: Cli) -> None:
    with cli.facing_timeless() as running:
        cli.point_at(running.host.port, "sign_in: {secret: oops}", password="Tr0ub4dor&3-in-plain")
        texts = [cli("doctor", *more) for more in ([], ["-o", "json"], ["-v"], ["--debug"])]
    assert "Tr0ub4dor" not in "".join(it.out + it.err for it in texts)


def test_a_password_is_asked_for_once_below_the_line_of_the_stage(cli: Cli) -> None:
    from tests.support.process.cli import PASSWORD

    with cli.facing() as running:
        cli.point_at(running.host.port, password="")
        code, shown = on_terminal(cli, "doctor", "--only", "session", typed=("password of", f"{PASSWORD}\n".encode()))
    assert code == 0
    assert shown.count("password of") == 1
    assert "\r\x1b[2Kpassword of" in shown
    assert PASSWORD not in shown


def test_the_log_file_has_each_stage(cli: Cli) -> None:
    import json

    with cli.facing_timeless("scheduler-off"):
        cli("doctor", "--log-file", "log.jsonl", "-q").expect(0)
    lines = [json.loads(line) for line in (cli.folder / "log.jsonl").read_text().splitlines()]
    stages = {it["message"].split()[1].rstrip(":"): it["level"] for it in lines if it["message"].startswith("stage ")}
    assert tuple(stages) == STAGE_NAMES
    assert stages["settings"] == "warning"
