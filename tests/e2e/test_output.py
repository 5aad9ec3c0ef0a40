"""The contents and formats of stdout and stderr, for pipes, terminals and machines."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.support.process.cli import PASSWORD, Cli, Ended, on_terminal

UNKNOWN_ID = "08b92613-837a-43cd-86b5-1212ef954384"
ESCAPE = "\x1b"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
READS = {
    "backup_list": ("backup", "list"),
    "backup": ("backup", "show", "latest"),
    "verdict": ("backup", "confirm"),
    "dry_run": ("backup", "start", "--dry-run"),
    "settings": ("settings", "show"),
}
LOCAL = {
    "target_list": ("target", "list"),
    "run_list": ("run", "list"),
    "config": ("config", "show", "--origin"),
    "config_problems": ("config", "validate"),
}
HOSTILE = r'refusal: {status: 418, code: TeapotException, message: "one\e[2J\e]0;owned\a\rtwo \u202Eeert\u2066 three"}'


def stderr_objects(ended: Ended) -> list[dict[str, object]]:
    return [json.loads(line) for line in ended.err.splitlines()]


# -- formats -----------------------------------------------------------------------------------------------------------


def test_every_document_on_stdout_matches_the_printed_schema(cli: Cli, schema: Draft202012Validator) -> None:
    with cli.facing():
        told = cli.together(*((*words, "-o", "json") for words in READS.values()))
    told += cli.together(*((*words, "-o", "json") for words in LOCAL.values()))
    for kind, ended in zip((*READS, *LOCAL), told, strict=True):
        document = ended.expect(0).document
        assert document["kind"] == kind
        assert document["schema_version"] == 1
        schema.validate(document)
        assert all(each["kind"] == "log" for each in stderr_objects(ended))


def test_yaml_holds_what_json_holds_and_jsonl_is_one_line(cli: Cli) -> None:
    with cli.facing():
        plain, lines, table, ids = cli.together(
            *(("backup", "list", "-o", form) for form in ("yaml", "jsonl", "table", "id"))
        )
    document = yaml.safe_load(plain.expect(0).out)
    assert lines.expect(0).lines == [document]
    found = [each["id"] for each in document["backups"]]
    assert ids.expect(0).out.split("\n") == [*found, ""]
    rows = table.expect(0).out.splitlines()
    assert rows[0].split() == ["ID", "STATUS", "COMPLETED", "TOOK", "ROLES", "READY"]
    assert [row.split()[0] for row in rows[1:]] == found
    assert ESCAPE not in table.out


def test_id_is_bare_for_every_command_that_has_one(cli: Cli) -> None:
    with cli.facing():
        started = cli("backup", "start", "-o", "id", "-q").expect(0)
        told = cli.together(*(("backup", *words, "-o", "id", "-q") for words in (("show", "latest"), ("confirm",))))
    assert re.fullmatch(r"[0-9a-f-]{36}\n", started.out)
    assert started.err == ""
    for each in told:
        assert each.expect(0).out == started.out
        assert each.err == ""


def test_id_is_refused_before_anything_is_sent_where_there_is_none(cli: Cli) -> None:
    with cli.facing() as running:
        cli("settings", "show", "-o", "id").expect(2)
    assert running.host.requests == {}


def test_jsonl_is_started_then_status_then_the_verdict(cli: Cli, schema: Draft202012Validator) -> None:
    with cli.facing():
        ended = cli("backup", "start", "-o", "jsonl").expect(0)
    kinds = [line["kind"] for line in ended.lines]
    assert kinds[0] == "started"
    assert set(kinds[1:-1]) == {"status"}
    assert kinds[-1] == "verdict"
    for line in ended.lines:
        schema.validate(line)
    ids = {line.get("id") or line["backup"]["id"] for line in ended.lines}
    assert len(ids) == 1


def test_global_options_are_accepted_before_and_after_the_verb(cli: Cli) -> None:
    with cli.facing():
        told = cli.together(
            ("-t", "nyc", "-o", "json", "backup", "list", "--limit", "1"),
            ("backup", "list", "--limit", "1", "-t", "nyc", "--output=json"),
        )
    first, second = (each.expect(0).document for each in told)
    assert first == second


@pytest.mark.parametrize("before", [True, False])
def test_an_option_after_the_verb_wins(cli: Cli, before: bool) -> None:
    cli.configure("version: 1\n")
    ended = cli(*(("-o", "yaml") if before else ()), "target", "list", "-o", "json").expect(0)
    assert ended.document["kind"] == "target_list"


# -- errors ------------------------------------------------------------------------------------------------------------


def test_an_error_is_one_object_and_the_last_line_of_stderr(cli: Cli, schema: Draft202012Validator) -> None:
    with cli.facing("busy", speed=1.0):
        ended = cli("backup", "start", "-v", "-o", "jsonl").expect(7)
    assert ended.out == ""
    objects = stderr_objects(ended)
    assert [each["kind"] for each in objects].count("error") == 1
    assert objects[-1]["kind"] == "error"
    schema.validate(objects[-1])
    assert list(ended.error) == ["code", "exit_code", "message", "hint", "id", "trigger", "detail", "explain"]


@pytest.mark.parametrize(
    "words",
    [
        ("-o", "json", "backup", "begin"),
        ("backup", "start", "--no-such-flag", "-o", "json"),
        ("backup", "start", "-ojson", "--timeout", "soon"),
        ("--output=json", "backup", "list", "--limit", "0"),
        ("backup", "show", "-o", "jsonl"),
        ("nonsense", "-o", "json"),
        ("-o", "json"),
        ("backup", "-o", "json"),
    ],
)
def test_a_wrong_command_line_is_reported_as_json_wherever_the_format_is_given(
    cli: Cli, words: tuple[str, ...]
) -> None:
    ended = cli(*words).expect(2)
    assert ended.out == ""
    assert ended.error["code"] == "usage"
    assert len(stderr_objects(ended)) == 1


def test_the_format_may_come_from_the_environment_and_the_config(cli: Cli) -> None:
    cli.configure("version: 1\ndefaults: {output: json}\n")
    by_config = cli.together(("backup", "show", "x", "-t", "nyc"), ("backup", "begin"), ("run", "show", "x"))
    by_environment = cli("backup", "begin", env={"PSBRIDGE_OUTPUT": "jsonl"})
    assert [each.error["code"] for each in by_config] == ["usage", "usage", "not_found"]
    assert by_environment.expect(2).error["code"] == "usage"


def test_a_targets_format_overrides_defaults_and_yields_to_the_environment(cli: Cli) -> None:
    cli.configure("version: 1\ndefaults: {output: yaml}\ntargets: {nyc: {host: a, output: json}, sea: {host: b}}\n")
    nyc, sea, told = cli.together(
        ("config", "show", "-t", "nyc"), ("config", "show", "-t", "sea"), ("backup", "show", "x", "-t", "nyc")
    )
    assert nyc.expect(0).document["targets"]["nyc"]["output"] == "json"
    assert yaml.safe_load(sea.expect(0).out)["targets"]["sea"]["output"] == "yaml"
    assert told.expect(2).error["code"] == "usage"
    by_environment = cli("run", "list", env={"PSBRIDGE_TARGET": "nyc", "PSBRIDGE_OUTPUT": "id"}).expect(0)
    assert by_environment.out == ""


def test_an_error_in_text_is_one_line_a_hint_and_where_more_is_said(cli: Cli) -> None:
    with cli.facing("not-configured"):
        ended = cli("backup", "start", "-q").expect(10)
    error, hint, more = ended.err.splitlines()
    assert error.startswith("error: ")
    assert hint.startswith("hint: ")
    assert more == "More: psbridge explain ExternalStoreNotConfiguredException"
    assert "Traceback" not in ended.err


def test_debug_shows_the_traceback_and_keeps_json_valid(cli: Cli) -> None:
    cli.configure("version: 1\n")
    assert "Traceback" in cli("backup", "show", "latest", "-t", "nowhere", "--debug").expect(8).err
    told = stderr_objects(cli("backup", "show", "latest", "-t", "nowhere", "--debug", "-o", "json").expect(8))
    assert any("Traceback" in str(each.get("message")) for each in told)
    assert told[-1]["kind"] == "error"


# -- hostile text ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["table", "json"])
def test_remote_text_cannot_move_the_cursor_or_hide_text(cli: Cli, form: str) -> None:
    scenario = cli.folder / "hostile.yaml"
    scenario.write_text(HOSTILE)
    with cli.facing(str(scenario)):
        ended = cli("backup", "start", "-vv", "-o", form, "--log-file", str(cli.folder / "log")).expect(10)
    logged = (cli.folder / "log").read_text()
    for text in (ended.out, ended.err, logged):
        for harmful in (ESCAPE, "\a", "\r", "\u202e", "\u2066"):
            assert harmful not in text
    assert "three" in ended.err
    if form == "json":
        assert ESCAPE in ended.error["message"] + str(ended.error["detail"])


def test_a_hostile_status_is_escaped(cli: Cli) -> None:
    scenario = cli.folder / "hostile.yaml"
    scenario.write_text('ends: "Odd\\e[31m\\u202E"\nduration: 60\n')
    with cli.facing_timeless(str(scenario)):
        id_ = cli("backup", "start", "--no-wait", "-o", "id").expect(0).out.strip()
        cli("backup", "wait", id_, "--timeout", "2s", "-v").expect(6)
        told = cli.together(("backup", "list"), ("backup", "show", id_), ("backup", "confirm", id_))
    for each in told:
        assert "Odd" in each.out
        assert ESCAPE not in each.out + each.err
        assert "\u202e" not in each.out + each.err


# -- terminals and pipes -----------------------------------------------------------------------------------------------


def test_a_terminal_gets_a_progress_bar_and_the_table_its_colours(cli: Cli) -> None:
    with cli.facing(speed=400.0):
        code, shown = on_terminal(cli, "backup", "start")
    assert code == 0
    assert "roles" in shown
    assert "━" in shown
    assert COLOUR.search(shown)
    assert ESCAPE + "[?25h" in shown, "the cursor is shown again"


@pytest.mark.parametrize("command", [("backup", "start", "--dry-run"), ("backup", "list"), ("status",)])
def test_the_progress_is_erased_before_the_result_is_written(cli: Cli, command: tuple[str, ...]) -> None:
    with cli.facing():
        code, shown = on_terminal(cli, *command)
    assert code == 0
    result = shown.rpartition(ESCAPE + "[?25h")[2]
    assert any(start in result for start in ("dry run:", "BACKUP", "ID", "well:"))


def test_no_color_disables_colour_and_force_color_enables_it(cli: Cli) -> None:
    with cli.facing():
        _, shown = on_terminal(cli, "backup", "list", env={"NO_COLOR": "1"})
        forced = cli("backup", "confirm", env={"FORCE_COLOR": "1"})
        both = cli("backup", "confirm", env={"FORCE_COLOR": "1", "NO_COLOR": "1"})
    coloured = [code for code in COLOUR.findall(shown) if re.search(r"[\[;](3[0-7]|9[0-7])", code)]
    assert coloured == []
    assert COLOUR.search(forced.expect(0).out)
    assert ESCAPE not in both.expect(0).out


def test_a_pipe_gets_heartbeats_and_no_escape_and_quiet_gets_none(cli: Cli) -> None:
    with cli.facing():
        loud = cli("backup", "start").expect(0)
        quiet = cli("backup", "start", "-q").expect(0)
    assert "sending the start request" in loud.err
    assert ESCAPE not in loud.err + loud.out
    assert "\r" not in loud.err
    assert quiet.err == ""


def test_quiet_ends_a_warning_with_what_became_of_the_backup(cli: Cli) -> None:
    with cli.facing("stale-answer"):
        waited = cli("backup", "start", "-q").expect(0)
        begun = cli("backup", "start", "--no-wait", "-q").expect(0)
    for result, end in (
        (waited, r"info: backup \S+ on \S+ is confirmed\n"),
        (begun, r"info: started backup \S+ on \S+\n"),
    ):
        assert result.out == ""
        assert re.fullmatch(r"warning: the outcome of the start request is unknown .*\n" + end, result.err)


def test_quiet_prints_no_success_so_that_cron_sends_no_mail(cli: Cli) -> None:
    with cli.facing("partial"):
        partial = cli("backup", "start", "-q").expect(3)
    with cli.facing():
        started = cli("backup", "start", "-q").expect(0)
        skipped = cli("backup", "start", "--if-older-than", "1d", "-q").expect(0)
        confirmed, stale, formed, table = cli.together(
            ("backup", "confirm", "-q"),
            ("backup", "confirm", "--max-age", "0.001s", "-q"),
            ("backup", "confirm", "-q", "-o", "json"),
            ("backup", "confirm", "-q", "-o", "table"),
        )
        begun = cli("backup", "start", "--no-wait", "-q").expect(0)
        waited = cli("backup", "wait", "-q").expect(0)
        planned = cli("backup", "start", "--dry-run", "-q").expect(0)
    for silent in (started, skipped, confirmed.expect(0), begun, waited):
        assert (silent.out, silent.err) == ("", "")
    assert partial.out.startswith("partial: ")
    assert partial.err.startswith("error: ")
    assert stale.expect(12).out.startswith("stale: ")
    assert formed.expect(0).document["kind"] == "verdict"
    assert table.expect(0).out.startswith("confirmed: ")
    assert planned.out.startswith("dry run: ")


def test_a_quiet_bad_verdict_begins_with_the_error_and_has_only_what_did_not_pass(cli: Cli, tmp_path: Path) -> None:
    log = tmp_path / "log"
    cron = f"{sys.executable} -m psbridge backup confirm -t nyc --log-file {log} $MORE 2>&1"
    with cli.facing("partial"):
        cli("backup", "start").expect(3)
        mails = [
            subprocess.run(
                ["sh", "-c", cron], env=cli.environment() | {"MORE": more}, capture_output=True, text=True, check=False
            )
            for more in ("-q", "")
        ]
    assert [mail.returncode for mail in mails] == [3, 3]
    quiet, full = (mail.stdout.splitlines() for mail in mails)
    assert [line.partition(" ")[0] for line in quiet[:4]] == ["error:", "hint:", "More:", "partial:"]
    assert quiet[:3] == full[-3:]
    row = re.compile(r"\w+ +(pass|fail|warn|unknown|not checked) ")
    outcomes, every = ([found[1] for line in lines if (found := row.match(line))] for lines in (quiet, full))
    assert "fail" in outcomes
    assert outcomes == [outcome for outcome in every if outcome != "pass"] != every
    logged = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["event"] for line in logged if line["event"] in {"verdict", "error"}] == ["verdict", "error"] * 2
    for line in logged:
        if line["event"] == "verdict":
            assert "pass" in {each["outcome"] for each in line["result"]["evidence"]}


def test_a_command_in_a_hint_leads_to_the_same_target_config_and_journal(cli: Cli) -> None:
    with cli.facing():
        for line in (f"show {UNKNOWN_ID}", "confirm --max-age 1m", "wait"):
            more = ("-t", "nyc", "--config", str(cli.config), "--state-dir", "kept dir")
            said = cli("backup", *line.split(), *more).err
            leading = f"psbridge --config {cli.config} --state-dir 'kept dir' -t nyc backup "
            assert leading in said, line
            offline = said.count("\nMore: psbridge explain ")
            assert offline == 1, line
            assert said.count("psbridge ") == said.count(leading) + offline, line


def test_a_closed_pipe_prints_no_traceback_and_keeps_the_exit_code(cli: Cli) -> None:
    with cli.facing("partial"):
        reader, writer = os.pipe()
        os.close(reader)
        ended = cli("backup", "start", stdout=writer)
        lists = subprocess.run(
            ["sh", "-c", '"$@" | head -1', "sh", *cli.argv("backup", "list")],
            env=cli.environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        os.close(writer)
    assert ended.code == 3
    assert "Traceback" not in ended.err
    assert "Exception ignored" not in ended.err
    assert len(lists.stdout.splitlines()) == 1
    assert "Traceback" not in lists.stderr
    assert "Exception ignored" not in lists.stderr


@pytest.fixture(params=["a reader that has gone", "a full disk"])
def unwritable(request: pytest.FixtureRequest) -> Iterator[int]:
    """Return a descriptor whose writes fail."""
    if request.param == "a full disk":
        descriptor = os.open("/dev/full", os.O_WRONLY)
    else:
        reader, descriptor = os.pipe()
        os.close(reader)
    yield descriptor
    os.close(descriptor)


def test_an_unwritable_stderr_changes_neither_actions_nor_exit_code(cli: Cli, unwritable: int) -> None:
    with cli.facing("fails") as running:
        cli.point_at(running.host.port, password=json.dumps(PASSWORD))  # a password in the config is warned of
        for form in ("table", "json"):
            cli("backup", "start", "-o", form, stderr=unwritable).expect(1)
        cli("backup", "confirm", "--debug", "-v", stderr=unwritable).expect(1)
        cli("backup", "list", "-t", "nope", stderr=unwritable).expect(8)
        cli("nope", stderr=unwritable).expect(2)
        cli(stderr=unwritable).expect(2)
    assert running.stamp.counts()["triggers"] == 2


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("--help", 0),
        ("backup start --help", 0),
        ("--version", 0),
        ("proof verify empty", 14),
        ("config init --sample", 0),
    ],
)
def test_a_closed_pipe_keeps_the_exit_code(cli: Cli, line: str, code: int) -> None:
    reader, gone = os.pipe()
    os.close(reader)
    cli.env["PSBRIDGE_CONFIG"] = ""
    (cli.folder / "empty").touch()
    ended = cli(*line.split(), stdout=gone).expect(code)
    os.close(gone)
    assert "Exception ignored" not in ended.err


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_commands_work_with_closed_streams(cli: Cli, closed: str) -> None:
    with cli.facing("history-empty"):
        ended = subprocess.run(
            ["sh", "-c", f'"$@" {closed}', "sh", *cli.argv("backup", "confirm", "--max-age", "1d", "-q")],
            env=cli.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == 12
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "line",
    [
        "backup list -t demo",
        "config init --sample",
        "config schema",
        "emulate --port 0",
        "emulate --scenario list",
        "emulate --scenario slow --print",
        "emulate --help",
        "--help",
        "--version",
    ],
)
def test_a_full_disk_under_stdout_is_reported_and_not_a_success(cli: Cli, line: str) -> None:
    cli.env["PSBRIDGE_CONFIG"] = ""
    with Path("/dev/full").open("w") as full:
        ended = cli(*line.split(), stdout=full).expect(9)
    assert ended.err.splitlines() == [
        "error: the result can't be written to stdout: No space left on device",
        "hint: Free some space or redirect stdout to another place, and run the command again.",
    ]


def test_an_unwritable_stderr_loses_no_line_of_stdout(cli: Cli, unwritable: int) -> None:
    with cli.facing():
        begun = cli("backup", "start", "--no-wait", "-v", "-o", "jsonl", stderr=unwritable).expect(0)
        whole = cli("backup", "start", "--if-running", "queue", "-v", "-o", "jsonl", stderr=unwritable).expect(0)
    assert [line["kind"] for line in begun.lines] == ["started"]
    assert {"started", "status"} < {line["kind"] for line in whole.lines}


def test_the_log_file_is_json_lines_readable_by_its_owner_only(cli: Cli) -> None:
    log = cli.folder / "psbridge.log"
    with cli.facing():
        cli("backup", "start", "-q", "--log-file", str(log)).expect(0)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert {line["kind"] for line in lines} == {"log"}
    assert any("started backup" in line["message"] for line in lines)
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_non_unicode_stream_gets_escapes(cli: Cli) -> None:
    scenario = cli.folder / "umlaut.yaml"
    scenario.write_text('settings: {userName: "contoso\\\\käthe"}\n', "utf-8")
    with cli.facing(str(scenario)):
        ended = cli("settings", "show", env={"PYTHONIOENCODING": "ascii"}).expect(0)
    assert "k\\xe4the" in ended.out
