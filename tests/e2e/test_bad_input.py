"""What is wrong is refused with what was expected and the nearest right word, before anything is sent."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.process.cli import PASSWORD, Cli, on_terminal

ID = "08b92613-837a-43cd-86b5-1212ef954384"
CONFIGS = {
    "a tab": ("version: 1\ntargets:\n\tnyc: {host: a}\n", "tab"),
    "no mapping": ("- nyc\n- paris\n", "mapping"),
    "an unknown key": ("version: 1\ntargets: {nyc: {hots: a, username: u}}\n", "host"),
    "an unknown auth": ("version: 1\ntargets: {nyc: {host: a, auth: kerberoes, username: u}}\n", "kerberos"),
    "a wrong type": ("version: 1\ntargets: {nyc: {host: a, port: many}}\n", "port"),
    "a duration that is none": ("version: 1\ndefaults: {timeout: soon}\n", "duration"),
    "the name of the demo": ("version: 1\ntargets: {demo: {host: a, username: u}}\n", "demo"),
    "two keys alike": ("version: 1\ndefaults: {poll: 1s, poll: 2s}\n", "poll"),
    "basic without tls": ("version: 1\ntargets: {nyc: {host: a, tls: false, auth: basic, username: u}}\n", "tls"),
    "an object of Python": ("version: !!python/object/apply:os.system ['echo owned >&2']\n", "version"),
}


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("backup", "list", "-t", "redmnd"), 8, "nyc"),
        (("backup", "show", "08b92613-837a-43cd-86b5"), 2, "GUID"),
        (("backup", "show", f"redmond/{ID}x"), 2, "GUID"),
        (("backup", "wait", "latestt"), 2, "latest"),
        (("backup", "confirm", "../" + ID + ";x"), 2, "GUID"),
        (("backup", "start", "--timeout", "2 fortnights"), 2, "45m"),
        (("backup", "start", "--timeout", "-5m"), 2, "--timeout"),
        (("backup", "start", "--timeout", "9999999999d"), 2, "30d"),
        (("backup", "start", "--settle", "PT"), 2, "PT20M"),
        (("backup", "confirm", "--max-age", "0s"), 2, "more than 0"),
        (("backup", "list", "--call-timeout", "1y"), 2, "--call-timeout"),
        (("backup", "start", "--location", "red mond"), 2, "location"),
        (("backup", "start", "--location", "a" * 65), 2, "location"),
        (("backup", "list", "-o", "yml"), 2, "yaml"),
        (("backup", "lst"), 2, "list"),
        (("backup", "list", "--statsu", "Failed"), 2, "--status"),
        (("backup", "wait", "latest"), 2, "confirm"),
        (("backup", "list", "-t", ""), 2, "--target"),
        (("backup", "list", "--status", " "), 2, "--status"),
        (("emulat",), 2, "emulate"),
        (("run", "show", "../../etc/passwd"), 8, "run"),
    ],
)
def test_a_wrong_word_is_refused_with_the_nearest_valid_one(
    cli: Cli, words: tuple[str, ...], code: int, says: str
) -> None:
    cli.point_at(9)  # the discard port: nothing answers there
    ended = cli(*words).expect(code)
    assert ended.err.startswith("error: ")
    assert says in ended.err
    assert ended.out == ""
    assert "connecting" not in ended.err


def test_a_hint_offers_latest_only_where_it_applies(cli: Cli) -> None:
    waited, shown = cli.together(("backup", "wait", "redmond/latest"), ("backup", "show", "redmond/latest"))
    assert "GUID" in waited.expect(2).err
    assert "or `latest`" not in waited.err
    assert "or `latest`" in shown.expect(2).err


def test_a_group_without_a_verb_is_one_json_error(cli: Cli) -> None:
    ended = cli("-o", "json", "backup").expect(2)
    assert (ended.out, len(ended.err.splitlines())) == ("", 1)
    assert ended.error["code"] == "usage"


@pytest.mark.parametrize("what", CONFIGS)
def test_a_wrong_config_is_refused_with_its_line(cli: Cli, what: str) -> None:
    text, says = CONFIGS[what]
    cli.configure(text)
    ended = cli("backup", "list").expect(9)
    assert f"{cli.config}:" in ended.err
    assert says in ended.err
    assert "Traceback" not in ended.err
    assert "owned\n" not in ended.err


def test_config_validate_writes_every_problem_at_once(cli: Cli) -> None:
    cli.configure("version: 1\ntargets:\n  nyc: {hots: a, port: many}\n  paris: {host: b, auth: ntml}\n")
    document = cli("config", "validate", "-o", "json").expect(9).document
    found = {(problem["line"], problem["nearest"]) for problem in document["problems"]}
    assert {(3, "host"), (4, "ntlm")} <= found


def test_none_of_these_commands_sent_anything(cli: Cli) -> None:
    log: list[str] = []
    with cli.facing(log=log.append):
        told = cli.together(
            ("backup", "list", "-t", "redmnd"),
            ("backup", "show", "no-id"),
            ("backup", "start", "--timeout", "soon"),
            ("backup", "start", "--location", "a b"),
        )
    assert [each.code for each in told] == [8, 2, 2, 2]
    assert log == []


def test_a_missing_config_or_a_folder_is_named(cli: Cli) -> None:
    missing, folder = cli.together(
        ("backup", "list", "--config", str(cli.folder / "none.yaml")), ("backup", "list", "--config", str(cli.folder))
    )
    assert "none.yaml" in missing.expect(9).err
    assert str(cli.folder) in folder.expect(9).err


def test_a_config_that_others_may_write_is_refused(cli: Cli) -> None:
    cli.configure("version: 1\n")
    cli.config.chmod(0o666)
    assert "write" in cli("target", "list").expect(9).err


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_config_that_cannot_be_read_is_named(cli: Cli) -> None:
    cli.configure("version: 1\n")
    cli.config.chmod(0)
    assert str(cli.config) in cli("target", "list").expect(9).err


def test_no_config_at_all_says_how_to_make_one_and_names_the_demo(cli: Cli) -> None:
    cli.env["PSBRIDGE_CONFIG"] = ""
    ended = cli("backup", "list").expect(2)
    assert "config init" in ended.err
    assert "demo" in ended.err


def test_a_missing_secret_is_named_and_nothing_is_sent(cli: Cli) -> None:
    with cli.facing() as running:
        ended = cli("backup", "list", env={"NYC_PASSWORD": ""}).expect(9)
    assert "NYC_PASSWORD" in ended.err
    assert running.host.requests == {}


@pytest.mark.parametrize("keys", [b"\x04", b"\n"], ids=["Ctrl-D", "Enter"])
def test_without_a_typed_password_nothing_is_sent(cli: Cli, keys: bytes) -> None:
    with cli.facing() as running:
        cli.point_at(running.host.port, password="")
        code, shown = on_terminal(cli, "backup", "list", typed=("on 127.0.0.1: ", keys))
    assert code == 9
    assert "no password was given" in shown
    assert "{env: NAME}" in shown
    assert running.host.requests == {}


def test_a_password_is_asked_for_on_a_terminal(cli: Cli) -> None:
    with cli.facing() as running:
        cli.point_at(running.host.port, password="")
        code, shown = on_terminal(cli, "backup", "list", typed=("127.0.0.1: ", f"{PASSWORD}\n".encode()))
    assert code == 0, shown
    assert PASSWORD not in shown


def test_a_stray_variable_redirects_nothing(cli: Cli) -> None:
    with cli.facing() as running:
        ended = cli("backup", "list", "-q", env={"PSBRIDGE_HOST": "evil.example"}).expect(0)
    assert "PSBRIDGE_HOST" in ended.err
    assert running.host.requests["*"] > 0


def test_a_log_file_that_cannot_be_written_is_named_before_anything_is_sent(cli: Cli) -> None:
    with cli.facing() as running:
        ended = cli("backup", "list", "--log-file", str(cli.folder / "no" / "such" / "log")).expect(9)
        os.mkfifo(cli.folder / "pipe")
        assert "is a pipe" in cli("backup", "list", "--log-file", str(cli.folder / "pipe")).expect(9).err
    assert str(Path("no") / "such" / "log") in ended.err
    assert running.host.requests == {}


def test_a_log_is_added_to_no_config_secret_or_journal(cli: Cli) -> None:
    secret, log = cli.folder / "secret", cli.folder / "log"
    secret.write_text("hunter2\n")
    with cli.facing() as running:
        for file in (cli.config, secret):
            before = file.read_bytes()
            ended = cli("backup", "list", "--log-file", str(file)).expect(9)
            assert "is not a psbridge log" in ended.err
            assert file.read_bytes() == before
        assert running.host.requests == {}
        for _ in range(2):  # its own log it adds to
            cli("backup", "list", "--log-file", str(log)).expect(0)


def test_a_path_in_a_deleted_working_folder_is_refused(cli: Cli) -> None:
    cli.env["PSBRIDGE_CONFIG"] = ""
    gone = 'mkdir gone && cd gone && rmdir ../gone && "$@"'
    for words, code in (("--state-dir", 9), ("--proof", 2)):
        argv = cli.argv("backup", "start", "-t", "demo", words, "here")
        ended = subprocess.run(
            ["sh", "-c", gone, "sh", *argv],
            cwd=cli.folder,
            env=cli.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == code, ended.stderr
        assert "Name " in ended.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("backup", "list", "--config", "{}"), 9),
        (("config", "init", "--config", "{}"), 9),
        (("backup", "list", "--log-file", "{}"), 9),
        (("run", "list", "--state-dir", "{}"), 9),
        (("emulate", "--port", "0", "--config-out", "{}"), 9),
        (("backup", "start", "--proof", "{}"), 2),
    ],
)
def test_an_unknown_users_home_is_named(cli: Cli, words: tuple[str, ...], code: int) -> None:
    cli.point_at(9)
    ended = cli(*(word.format("~nosuchuser/x") for word in words)).expect(code)
    assert "the home folder of ~nosuchuser is unknown" in ended.err
    assert not list(cli.folder.glob("~*"))


@pytest.mark.parametrize(("key", "value"), [("tls", "{ca: ~nosuchuser/x}"), ("password", "{file: ~nosuchuser/x}")])
def test_an_unknown_users_home_in_a_config_is_named(cli: Cli, key: str, value: str) -> None:
    cli.point_at(9, **{key: value})
    ended = cli("backup", "list").expect(9)
    assert "~nosuchuser/x: can't be found: the home folder of ~nosuchuser is unknown" in ended.err


@pytest.mark.parametrize(
    "words", ["run list", "run show 20260304T120000Z-00000000", "backup wait", f"backup wait {ID}"]
)
def test_a_state_path_that_is_not_a_folder_is_not_read_as_empty(cli: Cli, words: str) -> None:
    cli.state.touch()
    with cli.facing():
        ended = cli(*words.split(), "-o", "json").expect(9)
    assert "can't be read: Not a directory" in ended.error["message"]
    assert ended.error["detail"]["path"] == str(cli.state / "runs")


def test_listing_runs_of_an_unknown_target_is_refused(cli: Cli) -> None:
    with cli.facing():
        cli("backup", "start", "--no-wait").expect(0)
        cli("run", "list", "-t", "demo").expect(0)
        unknown = cli("run", "list", "-t", "nope", "-o", "json").expect(8)
    cli.configure("version: 1\n")
    assert len(cli("run", "list", "-t", "nyc", "-o", "json").expect(0).document["runs"]) == 1
    assert unknown.error["message"] == "no target is named nope"


def test_kept_files_are_private_to_the_user_under_any_umask(cli: Cli) -> None:
    cli.env["PSBRIDGE_CONFIG"] = ""
    state = cli.folder / "far" / "away"
    argv = cli.argv("backup", "start", "-t", "demo", "--no-wait", "--state-dir", str(state))
    subprocess.run(["sh", "-c", 'umask 0 && "$@"', "sh", *argv], env=cli.environment(), check=True, capture_output=True)
    kept = [state.parent, state, *state.glob("runs/*"), *state.glob("locks/*")]
    assert len(kept) > 3
    assert [path for path in kept if path.stat().st_mode & 0o077] == []


def test_a_named_pipe_as_config_is_refused_and_not_waited_for(cli: Cli) -> None:
    os.mkfifo(cli.folder / "pipe", 0o600)
    ended = cli("config", "validate", "--config", str(cli.folder / "pipe")).expect(9)
    assert "not a regular file" in ended.out + ended.err
