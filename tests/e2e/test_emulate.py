"""`psbridge emulate`: an operator host in a process of its own, and psbridge pointed at it as it says."""

from __future__ import annotations

import shutil
import signal
import socket

import pytest
import yaml

from tests.support.cli import PASSWORD, SPEED, Cli, Running

FAST = ("--port", "0", "--speed", str(SPEED), "--engine", "embedded")


def emulate(cli: Cli, *more: str) -> Running:
    return cli.start("emulate", *FAST, "-q", *more, env={"PSBRIDGE_EMULATE_PASSWORD": PASSWORD})


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_client_in_another_process_backs_up_and_ctrl_c_ends_the_host(cli: Cli, number: signal.Signals) -> None:
    host = emulate(cli, "-o", "jsonl")
    told = host.line()
    assert told["password"] == PASSWORD
    cli.point_at(int(told["url"].rpartition(":")[2].partition("/")[0]), username=told["username"])
    assert cli("backup", "start", "-o", "json").expect(0).document["emulated"] is False
    host.signal(number)
    ended = host.ended().expect(0)
    assert ended.err == ""


def test_the_config_that_it_prints_works_as_it_stands(cli: Cli) -> None:
    host = cli.start("emulate", *FAST, "--tls", "-q")
    assert host.process.stdout is not None
    text = ""
    while "export REHEARSAL_PASSWORD" not in text:
        text += host.process.stdout.readline()
    config = text[text.index("version: 1") : text.index("and its password")]
    password = text.split("export REHEARSAL_PASSWORD='")[1].split("'")[0]
    cli.configure(config)
    assert len(cli("backup", "list", "-o", "json", env={"REHEARSAL_PASSWORD": password}).expect(0).document["backups"])
    parsed = yaml.safe_load(config)
    del parsed["targets"]["rehearsal"]["tls"]
    cli.configure(yaml.safe_dump(parsed))
    untrusted = cli("backup", "list", "-o", "json", env={"REHEARSAL_PASSWORD": password}).expect(5)
    assert "certificate" in untrusted.error["message"]
    host.signal(signal.SIGINT)
    host.ended().expect(0)


def test_what_cant_be_emulated_is_refused_with_the_reason(cli: Cli) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refused = {
            ("--scenario", "succeds"): (2, "succeeds"),
            ("--fault", "recieve:1:503"): (2, "receive"),
            ("--fault", "receive:1:explode"): (2, "reset-after"),
            ("--bind", "0.0.0.0"): (2, "TLS"),
            ("--speed", "0"): (2, "speed"),
            ("--auth", "kerberos"): (2, "ntlm"),
            ("--engine", "bash"): (2, "embedded"),
            ("--port", port): (9, port),
        }
        told = cli.together(*(("emulate", "--port", "0", "--engine", "embedded", *words) for words in refused))
    for ended, (code, says) in zip(told, refused.values(), strict=True):
        assert says in ended.expect(code).err
        assert ended.out == ""


@pytest.mark.skipif(shutil.which("pwsh") is not None, reason="`pwsh` is on PATH here")
def test_the_pwsh_engine_without_pwsh_says_what_to_do(cli: Cli) -> None:
    ended = cli("emulate", "--engine", "pwsh", "--port", "0").expect(10)
    assert "--engine embedded" in ended.err


def test_its_scenarios_are_listed(cli: Cli) -> None:
    names = [line.split()[0] for line in cli("emulate", "--scenario", "list").expect(0).out.splitlines()]
    assert {"succeeds", "busy", "share-full"} <= set(names)
