"""Notifications of the command line: who is notified of what, and that nothing of them changes a result or shows a URL."""

from __future__ import annotations

import json
import re
import signal
import socket
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from psbridge.notify import apprise
from tests.support.hosts.held import until_asked
from tests.support.hosts.ping_server import PingServer, absent, hangs, ping_server, says
from tests.support.process.cli import Cli
from tests.support.process.until import LONG

HIDDEN = "hunter2-Zz"
PING = f"/ping/{HIDDEN}"


def notify(server: PingServer | None = None, *, url: str | None = None, **more: str) -> str:
    """Return a line of a target."""
    keys = ", ".join(f"{key}: {value}" for key, value in more.items())
    return f"notify: {{healthchecks: {{url: '{url or (server.url() if server else '')}'}}{', ' if keys else ''}{keys}}}"


def runs(server: PingServer) -> list[str | None]:
    """Return the run that each request names."""
    found = [re.search(r"[?&]rid=([^&]+)", each.path) for each in server.requests]
    return [it[1] if it else None for it in found]


def nothing_shown(cli: Cli, *texts: str) -> None:
    """Hold that no text of the command line and no file of the user but the config has the URL."""
    assert HIDDEN not in "".join(texts)
    for path in cli.folder.rglob("*"):
        if path.is_file() and path != cli.config:
            assert HIDDEN.encode() not in path.read_bytes(), path


@pytest.fixture
def server() -> Iterator[PingServer]:
    with ping_server() as running:
        yield running


def test_a_confirmed_start_pings_its_beginning_and_its_success_as_one_run(cli: Cli, server: PingServer) -> None:
    with cli.facing_timeless("succeeds", notify(server)) as running:
        ended = cli("backup", "start", "-v", "--log-file", "log.jsonl").expect(0)
    assert server.paths == [f"{PING}/start", PING]
    first, second = runs(server)
    assert first == second
    assert uuid.UUID(first)
    body = server.requests[1].body.decode()
    assert re.search(r"^newest backup: [0-9a-f-]{36} is confirmed, ended ", body, re.MULTILINE)
    assert re.search(r"^ok +status: ", body, re.MULTILINE)
    assert "exit code 0 (ok)" in body
    assert ended.err.count("healthchecks was notified") == 2
    assert running.stamp.counts()["triggers"] == 1
    nothing_shown(cli, ended.out, ended.err)


@pytest.mark.parametrize(("scenario", "code"), [("fails", 1), ("one-role-fails", 3)])
def test_a_bad_backup_pings_its_exit_status_with_the_evidence(
    cli: Cli, server: PingServer, scenario: str, code: int
) -> None:
    with cli.facing_timeless(scenario, notify(server)):
        cli("backup", "start").expect(code)
    assert server.paths == [f"{PING}/start", f"{PING}/{code}"]
    assert re.search("^fail +", server.requests[1].body.decode(), re.MULTILINE)


def test_a_start_that_starts_nothing_pings_why(cli: Cli, server: PingServer) -> None:
    with cli.facing_timeless("signed-out", notify(server)):
        ended = cli("backup", "start", "-o", "json").expect(10)
    assert server.paths == [f"{PING}/start", f"{PING}/10"]
    assert ended.error["message"] in server.requests[1].body.decode()


def test_a_secret_that_can_not_be_read_pings_too(cli: Cli, server: PingServer) -> None:
    cli.point_at(absent(), notify(server), password="{env: NO_SUCH}")
    cli("backup", "start").expect(9)
    assert server.paths == [f"{PING}/start", f"{PING}/9"]


def test_a_start_that_does_not_wait_logs_and_its_wait_ends_the_same_run(cli: Cli, server: PingServer) -> None:
    with cli.facing_timeless("succeeds", notify(server)):
        cli("backup", "start", "--no-wait").expect(0)
        cli("backup", "wait").expect(0)
        cli("backup", "wait").expect(8)
    assert server.paths == [f"{PING}/start", f"{PING}/log", PING]
    assert len(set(runs(server))) == 1


def test_a_confirm_pings_its_result_and_that_of_an_id_does_not(cli: Cli, server: PingServer) -> None:
    with cli.facing_timeless("succeeds", notify(server)):
        id = cli("backup", "list", "-o", "id").expect(0).out.splitlines()[0]
        cli("backup", "confirm", id).expect(0)
        assert server.paths == []
        cli("backup", "confirm").expect(0)
        cli("backup", "confirm", "--max-age", "1s").expect(12)
    assert server.paths == [PING, f"{PING}/12"]
    assert runs(server) == [None, None]


def test_a_dry_run_and_a_list_notify_nobody(cli: Cli, server: PingServer) -> None:
    with cli.facing_timeless("succeeds", notify(server)):
        cli("backup", "start", "--dry-run").expect(0)
        cli("backup", "list").expect(0)
    assert server.paths == []


def test_the_ping_of_the_beginning_is_over_before_the_host_is_asked(cli: Cli) -> None:
    asked: list[int] = []
    with ping_server() as server, cli.facing_timeless() as running:

        def answer(sock: socket.socket, over: threading.Event) -> None:
            asked.append(sum(running.host.requests.values()))
            says()(sock, over)

        server.answers = [answer]
        cli.point_at(running.host.port, notify(server))
        cli("backup", "start").expect(0)
    assert len(asked) == 2
    assert asked[0] == 0 < asked[1]


@pytest.mark.sampled(3)
@pytest.mark.parametrize("url", ["absent", "hangs", "fails"])
def test_a_ping_that_fails_is_a_warning_and_changes_nothing(cli: Cli, url: str) -> None:
    answers = {"absent": [], "hangs": [hangs], "fails": [says(500)]}[url]
    with ping_server(*answers) as server:
        where = f"http://localhost:{absent()}{PING}" if url == "absent" else server.url()
        with cli.facing_timeless("succeeds", notify(url=where, timeout="3s")) as running:
            ended = cli("backup", "start", "-o", "json", "--log-file", "log.jsonl").expect(0)
    assert ended.document["verdict"] == "confirmed"
    said = [json.loads(line)["message"] for line in ended.err.splitlines() if "was not notified" in line]
    why = {"absent": "Connection refused", "hangs": "timed out after 3s", "fails": "the server answered HTTP 500"}[url]
    assert said == [f"healthchecks was not notified: {why}"] * 2
    assert running.stamp.counts()["triggers"] == 1
    nothing_shown(cli, ended.out, ended.err)


def test_for_a_machine_the_error_stays_the_last_line(cli: Cli) -> None:
    cli.point_at(1, notify(url=f"http://localhost:{absent()}{PING}"), password="{env: NO_SUCH}")
    ended = cli("backup", "confirm", "-o", "json").expect(9)
    kinds = [json.loads(line)["kind"] for line in ended.err.splitlines()]
    assert kinds == ["log", "error"]


def test_people_read_the_error_first(cli: Cli) -> None:
    cli.point_at(1, notify(url=f"http://localhost:{absent()}{PING}"), password="{env: NO_SUCH}")
    lines = cli("backup", "confirm", "-q").expect(9).err.splitlines()
    assert lines[0].startswith("error: ")
    assert lines[-1] == "warning: healthchecks was not notified: Connection refused"


def test_an_interrupted_start_pings_that_it_was(cli: Cli, server: PingServer) -> None:
    with cli.facing("succeeds", notify(server), faults=["command:1:never"]) as running:
        process = cli.start("backup", "start", "--call-timeout", "1h")
        until_asked(running, "command")
        process.signal(signal.SIGTERM)
        process.ended().expect(130)
    assert server.paths == [f"{PING}/start", f"{PING}/130"]
    assert "interrupted by SIGTERM" in server.requests[1].body.decode()
    assert "No backup was started." in server.requests[1].body.decode()


def test_an_interrupt_while_notifying_keeps_the_result(cli: Cli) -> None:
    asked = threading.Event()

    def answer(sock: socket.socket, over: threading.Event) -> None:
        asked.set()
        over.wait(LONG)

    with ping_server(answer) as server, cli.facing("succeeds", notify(server, timeout="5m")):
        process = cli.start("backup", "confirm", "-o", "json")
        assert asked.wait(LONG)
        process.signal(signal.SIGTERM)
        ended = process.ended().expect(0)
    assert ended.document["verdict"] == "confirmed"
    assert "interrupted while notifying; the result is unchanged" in ended.err


def test_a_url_that_can_not_be_read_is_a_warning(cli: Cli, tmp_path: Path) -> None:
    line = "notify: {healthchecks: {url: {file: no-such-file}}}"
    with cli.facing_timeless("succeeds", line):
        ended = cli("backup", "confirm").expect(0)
    assert "warning: healthchecks was not notified: can't read the secret file: No such file or directory" in ended.err


def test_demo_is_never_notified_about(cli: Cli, server: PingServer) -> None:
    cli.configure(f"version: 1\ndefaults: {{{notify(server)}}}\ntargets: {{}}\n")
    cli("backup", "confirm", "-t", "demo")
    assert server.requests == []


def test_a_test_reports_each_way_and_asks_nothing_of_the_stamp(cli: Cli, server: PingServer) -> None:
    with cli.facing_timeless("succeeds", notify(server)) as running:
        document = cli("monitor", "test", "-o", "json").expect(0).document
    assert document["ways"] == [{"way": "healthchecks", "arrived": True, "why": None, "code": "ok"}]
    assert server.paths == [f"{PING}/log"]
    assert sum(running.host.requests.values()) == 0
    cli.point_at(1, notify(url=f"http://localhost:{absent()}{PING}"))
    ended = cli("monitor", "test").expect(5)
    assert "Connection refused" in ended.out
    nothing_shown(cli, ended.out, ended.err)


@pytest.mark.parametrize(
    ("line", "words", "code"),
    [
        ("notify: {}", (), 9),
        ("notify: {healthchecks: {url: {env: NO_SUCH}}}", (), 9),
        ("notify: {apprise: [{url: {env: NO_SUCH}, events: failed}]}", ("--event", "stale"), 9),
        ("notify: {}", ("--event", "sometimes"), 2),
    ],
)
def test_a_test_that_can_not_be_sent_says_why(cli: Cli, line: str, words: tuple[str, ...], code: int) -> None:
    cli.point_at(1, line)
    cli("monitor", "test", *words).expect(code)


def test_status_pings_how_the_stamp_stands(cli: Cli, server: PingServer) -> None:
    with cli.facing_timeless("succeeds", notify(server)):
        cli("status").expect(0)
        cli("status", "--max-age", "1s", "-q").expect(12)
    assert server.paths == [PING, f"{PING}/12"]
    assert "status, read " in server.requests[1].body.decode()


def test_messages_follow_a_stamp_from_bad_to_good(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, str]] = []

    def send(sent: apprise.Request, _attempt: object) -> dict[str, object]:
        told.append((sent.url.reveal(), sent.message.title))
        return {"outcome": "sent"}

    monkeypatch.setattr(apprise, "_once", send)
    line = f"notify: {{apprise: [{{url: 'json://{HIDDEN}/all'}}, {{url: 'json://{HIDDEN}/fails', events: [failed]}}]}}"
    with cli.facing_timeless("fails", line):
        first = cli("backup", "start").expect(1)
        again = cli("backup", "confirm").expect(1)
    with cli.facing_timeless("succeeds", line):
        good = cli("backup", "start").expect(0)
        cli("backup", "confirm").expect(0)
    assert sorted(told) == [
        (f"json://{HIDDEN}/all", "psbridge: nyc: good again"),
        (f"json://{HIDDEN}/all", "psbridge: nyc: the backup failed"),
        (f"json://{HIDDEN}/fails", "psbridge: nyc: the backup failed"),
    ]
    nothing_shown(cli, *(each.err + each.out for each in (first, again, good)))


@pytest.mark.sweep
@pytest.mark.parametrize("verbose", ["-q", "-v", "-vv", "--debug"])
@pytest.mark.parametrize("command", [("backup", "start"), ("backup", "confirm"), ("status",), ("monitor", "test")])
def test_no_url_is_shown_whatever_fails(cli: Cli, command: tuple[str, ...], verbose: str) -> None:
    service = f"{{url: 'json://me:{HIDDEN}@localhost:{absent()}/{HIDDEN}'}}"
    with ping_server(says(301, b"", Location=f"http://localhost/{HIDDEN}")) as server:
        cli.point_at(1, notify(server, apprise=f"[{service}]", timeout="30s"), password="{env: NO_SUCH}")
        ended = cli(*command, verbose, "--log-file", "log.jsonl", "-o", "json")
    assert ended.code in {5, 9}
    assert server.requests
    nothing_shown(cli, ended.out, ended.err)
