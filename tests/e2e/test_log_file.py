"""The log file is complete: what was called, what happened, and how it ended, whatever ends it; and all JSON is valid."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from psbridge.cli import command_line
from psbridge.cli.log_file import LogFile
from psbridge.cli.main import run
from psbridge.documents import registry
from psbridge.errors import ConfigError, Unreachable
from psbridge.version import __version__
from psbridge.wellformed import well_formed
from tests.support.fakes.fake_clock import FakeClock
from tests.support.process.cli import PASSWORD, SPEED, Cli, Ended


@pytest.fixture
def log(cli: Cli) -> Path:
    return cli.folder / "psbridge.log"


@cache
def validator() -> Draft202012Validator:
    """Return what validates a record, once its schema is known to be one: that takes longer than all the records."""
    whole = registry.schema()
    made = {**whole["$defs"]["LogDocument"], "$defs": whole["$defs"]}
    Draft202012Validator.check_schema(made)
    return Draft202012Validator(made)


def records(log: Path) -> list[dict[str, Any]]:
    """Return the records of a log; each is one line of valid JSON that fulfils the schema of its kind."""
    text = log.read_bytes().decode("ascii")
    assert text.endswith("\n")
    found = [json.loads(line) for line in text.splitlines()]
    for record in found:
        validator().validate(record)
        assert {"at", "event", "pid"} <= set(record)
    return found


def only(log: Path, event: str) -> dict[str, Any]:
    (found,) = (it for it in records(log) if it["event"] == event)
    return found


def complete(log: Path, ended: Ended, words: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return a log's records once it is known to have a beginning and, as its last line, the exit code."""
    found = records(log)
    assert found[0]["event"] == "begin"
    assert found[0]["command"] == ["psbridge", *words]
    assert found[0]["version"] == __version__
    assert found[0]["python"].startswith("3.")
    assert [it["event"] for it in found].count("end") == 1
    assert found[-1]["event"] == "end"
    assert found[-1]["exit_code"] == ended.code
    return found


# -- a start, whatever it ends with -----------------------------------------------------------------------------------

STARTS = {
    0: ("succeeds", {}),
    1: ("fails", {}),
    3: ("one-role-fails", {}),
    4: ("succeeds", {"username": "nobody"}),
    7: ("busy", {}),
    10: ("module-broken", {}),
}


@pytest.mark.sampled(3)
@pytest.mark.parametrize("form", ["table", "json"])
@pytest.mark.parametrize("code", STARTS)
def test_a_start_logs_its_verdict_error_and_exit_code(cli: Cli, log: Path, code: int, form: str) -> None:
    scenario, keys = STARTS[code]
    words = ("backup", "start", "-q", "-o", form, "--log-file", str(log))
    with cli.facing(scenario, speed=1.0 if code == 7 else SPEED) as running:
        cli.point_at(running.host.port, **keys)
        ended = cli(*words).expect(code)
    found = complete(log, ended, words)
    assert found[-1]["code"] is not None
    target = only(log, "target")
    assert target["target"] == "nyc"
    assert target["hosts"] == [f"http://127.0.0.1:{running.host.port}/wsman"]
    if code in {0, 1, 3}:
        verdict = only(log, "verdict")
        assert verdict["exit_code"] == code
        assert verdict["verdict"] in {"confirmed", "failed", "partial"}
        assert {row["check"] for row in verdict["result"]["evidence"]} >= {"status", "roles"}
    if code != 0:
        error = only(log, "error")
        assert error["level"] == "error"
        assert error["error"]["exit_code"] == code
        assert error["error"]["hint"]
        assert error["message"] == error["error"]["message"]


def test_a_deadline_is_in_the_log(cli: Cli, log: Path) -> None:
    words = ("backup", "start", "-q", "--timeout", "3s", "--log-file", str(log))
    with cli.facing_timeless("slow", speed=1.0):
        ended = cli(*words).expect(6)
    complete(log, ended, words)
    assert only(log, "error")["error"]["detail"]


def test_a_lost_trigger_is_in_the_log(cli: Cli, log: Path) -> None:
    words = ("backup", "start", "-q", "--timeout", "4s", "--log-file", str(log))
    with cli.facing_timeless() as running:
        running.host.faults.add("command:*:never-before")
        ended = cli(*words)
    found = complete(log, ended, words)
    assert ended.code in {6, 11}
    assert any(it["level"] == "error" for it in found)


def test_warnings_of_the_config_are_in_the_log(cli: Cli, log: Path) -> None:
    with cli.facing():
        cli("backup", "list", "-q", "--log-file", str(log), env={"PSBRIDGE_HOST": "evil.example"}).expect(0)
    assert any("PSBRIDGE_HOST" in it["message"] for it in records(log) if it["level"] == "warning")


# -- before there is a command, and beside stamps ---------------------------------------------------------------------

USAGE = [
    ("backup", "lst"),
    ("backup", "list", "--limit", "many"),
    ("backup", "list", "--no-such-option"),
    ("backup",),
    (),
    ("nothing",),
    ("backup", "list", "-o", "xml"),
    ("backup", "start", "--timeout", "soon"),
    ("backup", "show", "no-id"),
]


@pytest.mark.parametrize("words", USAGE, ids=" ".join)
@pytest.mark.parametrize("form", ["json", "table"])
def test_a_wrong_command_line_is_in_the_log(cli: Cli, log: Path, words: tuple[str, ...], form: str) -> None:
    given = ("--log-file", str(log), "-o", form, *words)
    if form == "table" and len(words) < 2:
        return  # help is shown, and nothing is wrong
    cli.point_at(1)
    ended = cli(*given).expect(2)
    complete(log, ended, given)
    assert only(log, "error")["error"]["code"] == "usage"


def test_a_config_that_is_wrong_is_in_the_log(cli: Cli, log: Path) -> None:
    cli.configure("version: 1\ntargets: {nyc: {hosst: x}}\n")
    words = ("backup", "list", "--log-file", str(log))
    complete(log, cli(*words).expect(9), words)
    assert "hosst" in json.dumps(only(log, "error"))


@pytest.mark.parametrize("words", [("target", "list"), ("run", "list"), ("config", "show"), ("config", "schema")])
def test_local_commands_write_a_log_too(cli: Cli, log: Path, words: tuple[str, ...]) -> None:
    cli.point_at(1)
    given = (*words, f"--log-file={log}")
    complete(log, cli(*given).expect(0), given)


# -- what ends it -----------------------------------------------------------------------------------------------------


def test_an_interrupt_is_in_the_log(cli: Cli, log: Path) -> None:
    words = ("backup", "start", "-o", "jsonl", "--log-file", str(log))
    with cli.facing("slow", speed=60.0):
        process = cli.start(*words)
        process.line_of("status")
        process.signal(signal.SIGINT)
        ended = process.ended().expect(130)
    complete(log, ended, words)
    assert "backup wait" in only(log, "error")["error"]["hint"]


def test_a_second_interrupt_is_in_the_log(cli: Cli, log: Path) -> None:
    words = ("backup", "start", "-o", "jsonl", "--log-file", str(log))
    with cli.facing("slow", speed=60.0) as running:
        process = cli.start(*words)
        process.line_of("status")
        running.host.faults.add("delete:*:never-before")
        process.signal(signal.SIGINT)
        assert process.process.stderr is not None
        while running.host.requests.get("delete", 0) == 0:
            assert process.process.poll() is None
        process.signal(signal.SIGINT)
        ended = process.ended().expect(130)
    complete(log, ended, words)


_SIGNAL_AT_IMPORT = """
import builtins, os, signal, sys
original, module = builtins.__build_class__, sys.argv.pop(1)
def build(function, name, *bases, **more):
    # In the body of a module, at its first class: what it imported is loaded, itself and its packages are not.
    if sys._getframe(1).f_globals.get("__name__") == module:
        builtins.__build_class__ = original
        os.kill(os.getpid(), signal.SIGTERM)
    return original(function, name, *bases, **more)
builtins.__build_class__ = build
from psbridge.cli.main import run
sys.exit(run())
"""


@pytest.mark.parametrize(
    "module",
    ["typer.core", "typer.main", "typer.models", "typer._click.core", "typer.exceptions"],
)
def test_a_signal_during_an_import_is_an_interrupt(cli: Cli, log: Path, module: str) -> None:
    words = ("backup", "list", "-t", "demo", "-o", "json", "--log-file", str(log))
    ended = subprocess.run(
        [sys.executable, "-c", _SIGNAL_AT_IMPORT, module, *words],
        capture_output=True,
        text=True,
        env=cli.environment(),
        cwd=cli.folder,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (130, ""), ended.stderr
    assert [json.loads(it)["error"]["code"] for it in ended.stderr.splitlines()] == ["interrupted"]
    assert [it["event"] for it in records(log)] == ["begin", "error", "end"]


def test_a_bug_before_any_command_is_not_a_failed_backup(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: object) -> None:
        raise AttributeError("x")

    monkeypatch.setattr("typer.main.get_command", broken)
    assert run(["target", "list"]) == 70
    assert "a bug of psbridge: AttributeError" in capsys.readouterr().err


def test_a_killed_process_leaves_its_log_so_far(cli: Cli, log: Path) -> None:
    with cli.facing("slow", speed=60.0):
        process = cli.start("backup", "start", "-o", "jsonl", "--log-file", str(log))
        started = process.line_of("started")
        process.line_of("status")
        process.signal(signal.SIGKILL)
        process.ended()
    found = records(log)
    assert found[0]["event"] == "begin"
    assert any(started["id"] in it["message"] for it in found)
    assert "end" not in {it["event"] for it in found}


@pytest.mark.parametrize("times", [1, 2])
def test_an_emulated_host_keeps_the_same_log(cli: Cli, log: Path, times: int) -> None:
    words = ("emulate", "-q", "--port", "0", "-o", "jsonl", "--log-file", str(log))
    host = cli.start(*words)
    host.line()
    for _ in range(times):
        host.signal(signal.SIGTERM)
    ended = host.ended()
    complete(log, ended, words)


# -- what is in the file ----------------------------------------------------------------------------------------------

BEGINNING = (
    '{"schema_version":1,"kind":"log","at":"2026-11-30T00:00:00Z","level":"info","source":"psbridge","message":"x"}'
)


@pytest.mark.parametrize("torn", [BEGINNING + "\n" + BEGINNING[:70], BEGINNING[:70], BEGINNING[:12], BEGINNING])
def test_a_torn_last_line_is_terminated_first(cli: Cli, log: Path, torn: str) -> None:
    log.write_text(torn)
    cli.point_at(1)
    for _ in range(2):
        cli("target", "list", "--log-file", str(log)).expect(0)
    old, new = log.read_text()[: len(torn)], log.read_text()[len(torn) :]
    assert old == torn
    assert new.startswith("\n{")
    assert [json.loads(line)["event"] for line in new[1:].splitlines()] == ["begin", "end"] * 2


def test_processes_can_share_a_file(cli: Cli, log: Path) -> None:
    log.write_text(BEGINNING[:70])
    with cli.facing():
        ended = cli.together(*[("backup", "list", "-q", "--log-file", str(log))] * 4)
    assert [it.code for it in ended] == [0] * 4
    lines = [json.loads(line) for line in log.read_text()[71:].splitlines()]
    pids = {line["pid"] for line in lines}
    assert len(pids) == 4
    for pid in pids:
        own = [line["event"] for line in lines if line["pid"] == pid]
        assert (own[0], own[-1]) == ("begin", "end")


class FullDisk:
    """An `os.write` that takes some of what it is given, then fails, then works again."""

    def __init__(self, *takes: int | None) -> None:
        self._takes = list(takes)
        self._write = os.write

    def __call__(self, descriptor: int, data: bytes) -> int:
        take = self._takes.pop(0) if self._takes else len(data)
        if take is None:
            raise OSError(28, "No space left on device")
        return self._write(descriptor, data[:take])


def test_a_temporarily_full_disk_loses_only_those_lines(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    warned: list[str] = []
    file = LogFile(str(log), FakeClock(), warned.append)
    file.begin(["backup", "list"])
    monkeypatch.setattr(os, "write", FullDisk(40, None, None))
    for text in ("torn", "lost", "whole"):
        file.append("info", "psbridge", text)
    file.end(0)
    lines = log.read_text().splitlines()
    assert len(warned) == 1
    assert len(lines[1]) == 40
    assert [json.loads(line)["message"] for line in lines[2:]] == ["whole", "ended with exit code 0 (ok)"]


def test_each_record_is_one_write(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[bytes] = []
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: written.append(data) or write(descriptor, data))
    file = LogFile(str(log), FakeClock(), pytest.fail)
    file.begin([])
    file.error(Unreachable("the host is gone", hint="Look.", detail={"host": "x" * 10_000}))
    file.end(5)
    assert [data.count(b"\n") for data in written] == [1, 1, 1]


@pytest.mark.parametrize("what", ["a FIFO", "a folder"])
def test_a_log_that_is_not_a_regular_file_is_refused(cli: Cli, log: Path, what: str) -> None:
    if what == "a FIFO":
        os.mkfifo(log)
    else:
        log.mkdir()
    cli.point_at(1)
    assert str(log) in cli("target", "list", "--log-file", str(log)).expect(9).err
    with pytest.raises(ConfigError):
        LogFile(str(log), FakeClock(), pytest.fail)


# -- no secret --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["--password", "hunter2"], ["--password", "***"]),
        (["--password=hunter2"], ["--password=***"]),
        (["--client-secret", "hunter2", "-q"], ["--client-secret", "***", "-q"]),
        (["password=hunter2"], ["password=***"]),
        (["PSBRIDGE_TARGET_NYC_PASSWORD=hunter2,x"], ["PSBRIDGE_TARGET_NYC_PASSWORD=***"]),
        (["{password: 'hunter2', auth: ntlm}"], ["{password: ***"]),
        (["password: hunter2"], ["password: ***"]),
        (["api_key=hunter2"], ["api_key=***"]),
        (["https://user:hunter2@oaw01/wsman"], ["https://***@oaw01/wsman"]),
        (["https://hunter2@oaw01"], ["https://***@oaw01"]),
        (["Authorization: Bearer hunter2"], ["Authorization: Bearer ***"]),
        (["--password", "-q"], ["--password", "-q"]),
        (["backup", "start", "-t", "nyc", "--timeout", "2h"], ["backup", "start", "-t", "nyc", "--timeout", "2h"]),
        (["--config", "/etc/secrets/psbridge.yaml"], ["--config", "/etc/secrets/psbridge.yaml"]),
        (["--config=/etc/passwords/psbridge.yaml"], ["--config=/etc/passwords/psbridge.yaml"]),
        (["https://oaw01:5986/wsman"], ["https://oaw01:5986/wsman"]),
        (["me:hunter2@oaw01"], ["***@oaw01"]),
        (["CONTOSO\\me@contoso.com"], ["CONTOSO\\me@contoso.com"]),
        (["caf\udce9"], ["caf\\xe9"]),
    ],
)
def test_text_that_looks_like_a_secret_is_masked(words: list[str], shown: list[str]) -> None:
    assert command_line.masked(words)[0] == shown


def test_a_long_word_is_read_in_one_pass() -> None:
    word = "password" * 15_000
    assert command_line.masked([word, "a" * 120_000, "--" + "pass." * 20_000])[0][0] == word


def test_a_misplaced_secret_is_not_logged(cli: Cli, log: Path) -> None:
    secret = "hunter2-horse"
    for words in (("--password", secret), (f"--password={secret}",), ("-t", f"https://me:{secret}@oaw01")):
        ended = cli("backup", "list", "--log-file", str(log), *words)
        assert ended.code in {2, 8, 9}
    assert secret not in log.read_text()
    assert [it["event"] for it in records(log)].count("end") == 3


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    "words",
    [
        ("backup", "start", "-p", "Hunter2-horse"),
        ("backup", "start", "-pHunter2-horse"),
        ("backup", "start", "-u", "bob", "-p", "Hunter2-horse"),
        ("--pw", "Hunter2-horse", "backup", "list"),
        ("--pw=Hunter2-horse", "backup", "list"),
        ("backup", "list", "Hunter2-horse"),
        ("backup", "list", "me:Hunter2-horse@oaw01"),
        ("backup", "list", "password=Hunter2-horse"),
        ("backup", "Hunter2-horse"),
        ("Hunter2-horse",),
        ("backup", "list", "-t", "https://me:Hunter2-horse@oaw01"),
    ],
)
@pytest.mark.parametrize("form", [(), ("-o", "json", "--debug")])
def test_an_unexpected_argument_is_not_logged_nor_repeated(
    cli: Cli, log: Path, words: tuple[str, ...], form: tuple[str, ...]
) -> None:
    cli.point_at(1)
    ended = cli(*words, "--log-file", str(log), *form)
    assert ended.code in {2, 8}
    assert "Hunter2" not in ended.out + ended.err
    assert "Hunter2" not in log.read_text()
    assert records(log)[-1]["event"] == "end"


def test_known_words_of_a_wrong_command_line_are_logged(cli: Cli, log: Path) -> None:
    run = "20260304T121543Z-5d0c1f7a"
    cli("run", "-t", "nyc", "show", run, "extra", "-vq", "--verbos", "--log-file", str(log)).expect(2)
    shown = ["psbridge", "run", "-t", "nyc", "show", run, "extra", "-vq", "--verbos", "--log-file", str(log)]
    assert records(log)[0]["command"] == shown
    assert "extra" in cli("run", "show", run, "extra").expect(2).err


def test_the_targets_password_is_not_logged(cli: Cli, log: Path) -> None:
    with cli.facing():
        cli("backup", "start", "-q", "--no-wait", "--debug", "--log-file", str(log)).expect(0)
    assert PASSWORD not in log.read_text()


# -- JSON that any reader takes ---------------------------------------------------------------------------------------


def raw(cli: Cli, *words: str | bytes) -> tuple[int, bytes, bytes]:
    """Run a command line whose words need not be UTF-8."""
    argv = [it if isinstance(it, bytes) else os.fsencode(it) for it in (*cli.argv(), *words)]
    ended = subprocess.run(argv, capture_output=True, env=cli.environment(), cwd=cli.folder, timeout=250, check=False)
    return ended.returncode, ended.stdout, ended.stderr


def texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)


def sound(output: bytes) -> None:
    """Hold that each line is JSON whose every text is Unicode."""
    for line in output.decode("utf-8").splitlines():
        for text in texts(json.loads(line)):
            text.encode("utf-8")


@pytest.mark.sampled(5)
@pytest.mark.parametrize("form", ["json", "jsonl"])
@pytest.mark.parametrize(
    "words",
    [
        ("backup", "show", b"\xff\xfe"),
        ("backup", "list", "-t", b"caf\xe9"),
        ("backup", "list", "--status", b"\x80"),
        ("backup", "start", "--location", b"\xff"),
        ("backup", "list", "--config", b"\xe9.yaml"),
        ("run", "show", b"\xff"),
        ("run", "list", "-t", b"\xff"),
        ("proof", "verify", b"\xff.json"),
        (b"\xff",),
        ("backup", b"\xed\xa0\x80"),
        ("backup", "list", b"--\xff"),
        ("backup", "list", "--state-dir", b"/proc/\xff"),
        ("backup", "list", "--call-timeout", b"\xff"),
    ],
)
def test_an_argument_that_is_not_utf_8_is_logged_as_valid_json(
    cli: Cli, log: Path, words: tuple[str | bytes, ...], form: str
) -> None:
    cli.point_at(1)
    code, out, err = raw(cli, *words, "-o", form, "--log-file", str(log))
    assert code in {2, 5, 8, 9}
    assert err
    sound(out)
    sound(err)
    sound(log.read_bytes())
    records(log)


def test_a_log_file_may_have_any_name(cli: Cli) -> None:
    cli.point_at(1)
    name = os.fsencode(cli.folder) + b"/caf\xe9.log"
    code, _, _ = raw(cli, "target", "list", "-o", "json", b"--log-file=" + name)
    assert code == 0
    sound(Path(os.fsdecode(name)).read_bytes())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("käthe", "käthe"),
        ("\udcff", "\\xff"),
        ("a\ud800b", "a\\ud800b"),
        ("\udc00", "\\udc00"),
        ("\ud83d\ude00", "😀"),
        ("\ude00\ud83d", "\\ude00\\ud83d"),
        ("😀", "😀"),
    ],
)
def test_a_lone_surrogate_is_escaped(text: str, shown: str) -> None:
    assert well_formed(text) == shown
    shown.encode("utf-8")
