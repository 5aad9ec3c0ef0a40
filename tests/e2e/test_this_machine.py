"""A failure on this machine ends with 9 and names this machine: no home folder, a stdout that takes nothing."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from psbridge.cli.main import run
from psbridge.emulator.emulation import USERNAME, Emulating, emulation
from tests.support.process.cli import PASSWORD, PSBRIDGE, SPEED, Cli, Ended

NOBODY = 54321
"""A uid that no passwd database knows."""


# --- a user whom the machine does not know -------------------------------------------------------------------------


def nobody() -> list[str]:
    """Return the words that start a process as a user without an entry in the passwd database.

    As root it gets a right to read all files, because Python itself may be installed in root's home folder.
    """
    if os.geteuid() == 0 and shutil.which("setpriv"):
        may_read = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
        words = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *may_read]
    else:
        words = ["unshare", "--user", f"--map-user={NOBODY}"]
    try:
        done = subprocess.run([*words, sys.executable, "-c", ""], check=False, capture_output=True, text=True)
    except OSError as missing:
        pytest.skip(f"needs setpriv (as root) or unshare of util-linux: {missing.strerror}")
    if done.returncode:
        pytest.skip(f"can't become a user without a passwd entry here: {done.stderr.strip()}")
    return words


@pytest.fixture
def as_nobody(tmp_path: Path) -> Callable[..., Ended]:
    """Run psbridge as a user without passwd entry, with nothing in the environment but what is given."""
    words = nobody()
    tmp_path.chmod(0o777)

    def ended(*argv: str, **env: str) -> Ended:
        done = subprocess.run(
            [*words, *PSBRIDGE, *argv], env=env, cwd="/", capture_output=True, text=True, check=False, timeout=100
        )
        return Ended(argv, done.returncode, done.stdout, done.stderr)

    return ended


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("--help", 0),
        ("--version", 0),
        ("backup start --help", 0),
        ("config show", 0),
        ("config schema", 0),
        ("target list", 0),
        ("emulate --scenario list", 0),
        ("config init", 9),
        ("config validate", 9),
        ("backup list", 9),
        ("backup list -t demo", 9),
        ("backup list -t redmond", 9),
        ("backup start", 9),
        ("run list", 9),
        ("run show 20260304T121543Z-5d0c1f7a", 9),
        ("run list --state-dir ~/x", 9),
        ("backup list -t demo --log-file ~/x --state-dir /tmp", 9),
    ],
)
def test_without_home_and_passwd_entry_only_commands_that_need_them_end_with_9(as_nobody, line, code) -> None:
    ended = as_nobody(*line.split()).expect(code)
    assert "a bug of psbridge" not in ended.err
    if code:
        assert "home folder" in ended.out + ended.err


def test_a_user_without_a_home_gets_a_hint(as_nobody) -> None:
    state = as_nobody("run", "list", "-o", "json").expect(9).error
    assert "this machine" in state["message"]
    assert "--state-dir or PSBRIDGE_STATE_DIR" in state["hint"]
    assert "--config" in as_nobody("config", "init").expect(9).err
    assert "--config" in as_nobody("backup", "list").expect(9).err


@pytest.mark.sampled(3)
@pytest.mark.parametrize("variable", ["PSBRIDGE_STATE_DIR", "XDG_STATE_HOME", "STATE_DIRECTORY", "HOME"])
def test_a_user_without_a_passwd_entry_works_where_a_state_folder_is_named(as_nobody, tmp_path, variable) -> None:
    env = {variable: str(tmp_path)}
    as_nobody("backup", "start", "-t", "demo", "--no-wait", "-q", **env).expect(0)
    assert len(as_nobody("run", "list", "-o", "json", **env).expect(0).document["runs"]) == 1
    assert len(list(tmp_path.glob("**/runs/*.jsonl"))) == 1


def test_a_service_whose_home_is_the_root_folder_takes_systemds_state_folder(as_nobody, tmp_path) -> None:
    as_nobody("run", "list", HOME="/", STATE_DIRECTORY=f"{tmp_path}:/elsewhere").expect(0)
    as_nobody("run", "list", HOME="/").expect(9)
    as_nobody("run", "list", HOME="").expect(9)


def test_a_user_without_a_home_reads_a_config_and_backs_up(as_nobody, tmp_path) -> None:
    with emulation(Emulating(users={USERNAME: PASSWORD}, speed=SPEED)) as running:
        user = Cli(tmp_path)
        user.point_at(running.host.port)
        user.config.chmod(0o644)
        tmp_path.chmod(0o755)
        (tmp_path / "state").mkdir()
        (tmp_path / "state").chmod(0o777)
        env = {"PSBRIDGE_CONFIG": str(user.config), "NYC_PASSWORD": PASSWORD}
        ended = as_nobody("backup", "start", "-o", "json", **env, STATE_DIRECTORY=str(tmp_path / "state")).expect(0)
        without = as_nobody("backup", "list", **env).expect(9)
    assert ended.document["verdict"] == "confirmed"
    assert "this machine" in without.err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may write below /etc")
@pytest.mark.skipif(Path("/etc/psbridge").exists(), reason="this machine has a config of its own")
def test_a_user_without_a_home_uses_the_machines_config(as_nobody, tmp_path) -> None:
    folder = Path("/etc/psbridge")
    folder.mkdir(mode=0o755)
    try:
        (folder / "config.yaml").write_text("version: 1\ntargets: {nyc: {host: oaw01, auth: kerberos}}\n")
        shown = as_nobody("target", "list", "-o", "id").expect(0)
        validated = as_nobody("config", "show", "-t", "nyc").expect(0)
    finally:
        shutil.rmtree(folder)
    assert "nyc" in shown.out.split()
    assert "/etc/psbridge/config.yaml" in validated.out


@pytest.mark.parametrize("words", ["psbridge backup list -t ", "psbridge run show ", "psbridge backup show "])
def test_completion_for_a_user_without_a_home_has_no_traceback(as_nobody, words: str) -> None:
    env = {"_PSBRIDGE_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()))}
    assert "Traceback" not in as_nobody(**env).err


# --- a stdout that takes nothing -----------------------------------------------------------------------------------

READS = [
    "backup list -t demo",
    "backup show latest -t demo",
    "backup confirm -t demo",
    "backup start -t demo --dry-run",
    "settings show -t demo",
    "run list",
    "target list",
    "config show",
    "config validate",
    "config schema",
    "config schema --results",
    "emulate --port 0",
    "emulate --scenario list",
    "emulate --fault list",
    "--show-completion",
    "--help",
    "--version",
    "-v --version",
    "backup start --help",
]
REFUSALS = {
    "full": (">/dev/full", "No space left on device"),
    "closed": (">&-", "Bad file descriptor"),
    "opened to be read": ("1</dev/null", "Bad file descriptor"),
}


def shell(cli: Cli, line: str, redirected: str) -> Ended:
    """Run a command through a shell that redirects its streams."""
    words = ["bash", "-c", f'"$@" {redirected}', "bash", *cli.argv(*line.split())]
    env = cli.environment({"PSBRIDGE_CONFIG": ""})
    done = subprocess.run(words, env=env, cwd=cli.folder, capture_output=True, text=True, check=False, timeout=100)
    return Ended(tuple(words), done.returncode, done.stdout, done.stderr)


@pytest.mark.sampled(5)
@pytest.mark.parametrize("line", READS)
def test_a_read_ends_with_9_if_stdout_is_full(cli: Cli, line: str) -> None:
    ended = shell(cli, line, ">/dev/full").expect(9)
    assert "the result can't be written to stdout: No space left on device" in ended.err
    assert "bug" not in ended.err


@pytest.mark.sampled(5)
@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize("line", ["target list", "target list -o json", "--help", "--version"])
def test_every_kind_of_unwritable_stdout_is_named(cli: Cli, line: str, refusal: str) -> None:
    redirected, said = REFUSALS[refusal]
    assert f"can't be written to stdout: {said}" in shell(cli, line, redirected).expect(9).err


@pytest.mark.parametrize("line", ["target list", "--version", "--help"])
def test_a_failing_stdout_device_is_named(monkeypatch, capsys, line: str) -> None:
    def fails(*_: object) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(sys.stdout, "write", fails)
    monkeypatch.setattr("psbridge.cli.streams.silence", lambda _: None)
    assert run(line.split()) == 9
    assert "can't be written to stdout: Input/output error" in capsys.readouterr().err


@pytest.mark.parametrize("line", ["target list", "backup list -t demo", "--help", "--version", "config schema"])
def test_a_closed_pipe_keeps_the_exit_code_and_prints_nothing(cli: Cli, line: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    cli.env["PSBRIDGE_CONFIG"] = ""
    ended = cli(*line.split(), stdout=writer).expect(0)
    os.close(writer)
    assert ended.err == ""


def test_a_shell_without_completion_ends_with_2(cli: Cli) -> None:
    words = ["sh", "-c", '"$@"; exit $?', "sh", *cli.argv("--show-completion")]
    env = {**cli.environment(), "SHELL": "/bin/sh"}
    done = subprocess.run(words, env=env, cwd=cli.folder, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 2, done.stderr


@pytest.mark.sampled(3)
@pytest.mark.parametrize("form", ["table", "json", "jsonl", "yaml", "id"])
@pytest.mark.parametrize("more", ["--no-wait", ""], ids=["no-wait", "wait"])
def test_a_start_whose_result_is_lost_keeps_its_code_and_names_the_backup(cli: Cli, more: str, form: str) -> None:
    with cli.facing() as running, Path("/dev/full").open("w") as full:
        ended = cli("backup", "start", "-q", "-o", form, *more.split(), stdout=full).expect(0)
        (started,) = [one.id for one in running.stamp.backups() if not one.automatic][-1:]
        triggers = running.stamp.counts()["triggers"]
    last = ended.err.splitlines()[-1]
    said = json.loads(last)["message"] if form in {"json", "jsonl"} else last
    assert "can't be written to stdout: No space left on device" in said
    assert started in said
    assert triggers == 1
    if not more:
        assert said.endswith("is confirmed")


@pytest.mark.sampled(3)
@pytest.mark.parametrize(("scenario", "code", "verdict"), [("fails", 1, "failed"), ("partial", 3, "partial")])
@pytest.mark.parametrize("form", ["table", "json"])
def test_a_bad_verdict_that_stdout_lost_is_reported_on_stderr(
    cli: Cli, scenario: str, code: int, verdict: str, form: str
) -> None:
    with cli.facing(scenario), Path("/dev/full").open("w") as full:
        for words in (("backup", "start"), ("backup", "confirm")):
            ended = cli(*words, "-q", "-o", form, stdout=full).expect(code)
            assert "can't be written to stdout" in ended.err
            assert f"is {verdict}" in ended.err
            if form == "json":
                assert ended.error["exit_code"] == code


def test_a_good_verdict_that_was_not_written_is_not_a_success(cli: Cli) -> None:
    with cli.facing(), Path("/dev/full").open("w") as full:
        ended = cli("backup", "confirm", "-q", "-o", "json", stdout=full).expect(9)
    assert (ended.error["code"], ended.error["trigger"]) == ("config", "not_sent")
    assert f"backup show {ended.error['id']}` shows the backup" in ended.error["hint"]


def test_a_sample_config_is_written_completely_or_not_at_all(cli: Cli) -> None:
    no_room = {"RLIMIT_FSIZE": 0}  # each byte written to a file fails, as on a full disk
    path = cli.folder / "new.yaml"
    ended = cli("config", "init", "--sample", "--config", str(path), limits=no_room).expect(9)
    assert f"{path} can't be written: File too large" in ended.err
    assert not path.exists()
    assert list(cli.folder.glob(".new*")) == []
    cli("config", "init", "--sample", "--config", str(path)).expect(0)
