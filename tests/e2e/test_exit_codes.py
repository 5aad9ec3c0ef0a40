"""Each exit code of the contract, from a process of its own; and what the stamp itself counted of triggers."""

from __future__ import annotations

import json
import shlex
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from psbridge.emulator.emulation import Emulation
from tests.support.hosts.held import held_answer, until_asked
from tests.support.process.cli import PASSWORD, Cli, Running

UNKNOWN_ID = "08b92613-837a-43cd-86b5-1212ef954384"
SIX_HOURS = 60.0  # at this speed the backup of `slow` takes six minutes: longer than any test


def started(running: Emulation) -> int:
    return running.stamp.counts()["triggers"]


# -- 0 -----------------------------------------------------------------------------------------------------------------


def test_0_a_confirmed_start_is_confirmed_again(cli: Cli) -> None:
    with cli.facing_timeless() as running:
        document = cli("backup", "start", "-o", "json").expect(0).document
        assert (document["verdict"], document["exit_code"], document["action"]) == ("confirmed", 0, "started")
        assert document["upload_proof"] == "shown"
        again = cli("backup", "confirm", document["backup"]["id"], "--max-age", "1h", "-o", "json").expect(0).document
    assert (again["verdict"], again["action"]) == ("confirmed", None)
    assert started(running) == 1


def test_0_no_wait_ends_when_the_id_is_known_and_wait_resumes(cli: Cli) -> None:
    with cli.facing_timeless() as running:
        told = cli("backup", "start", "--no-wait", "-o", "id").expect(0).out
        proved = cli("backup", "wait", "-o", "json").expect(0).document
    assert proved["backup"]["id"] + "\n" == told
    assert proved["verdict"] == "confirmed"
    assert started(running) == 1


def test_0_a_dry_run_says_what_it_would_do_and_starts_nothing(cli: Cli) -> None:
    with cli.facing_timeless() as running:
        document = cli("backup", "start", "--dry-run", "-o", "json").expect(0).document
    assert document["kind"] == "dry_run"
    assert document["action"] == "dry_run"
    assert running.stamp.counts()["refused"] == started(running) == 0


def test_0_if_older_than_starts_nothing_while_a_good_backup_is_young(cli: Cli) -> None:
    with cli.facing_timeless() as running:
        document = cli("backup", "start", "--if-older-than", "12h", "-o", "json").expect(0).document
    assert (document["action"], document["verdict"]) == ("skipped", "confirmed")
    assert started(running) == 0


def test_0_attach_judges_the_backup_that_runs(cli: Cli) -> None:
    with cli.facing_timeless("busy", speed=200.0) as running:
        document = cli("backup", "start", "--if-running", "attach", "-o", "json").expect(0).document
    assert (document["action"], document["verdict"]) == ("attached", "confirmed")
    assert started(running) == 0


def test_0_queue_waits_for_the_backup_that_runs_and_then_starts_one(cli: Cli) -> None:
    with cli.facing_timeless("busy", speed=200.0) as running:
        document = cli("backup", "start", "--if-running", "queue", "-o", "json").expect(0).document
    assert (document["action"], document["verdict"]) == ("started", "confirmed")
    assert started(running) == 1


# -- 1 and 3 -----------------------------------------------------------------------------------------------------------


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("scenario", "code", "verdict", "failing"),
    [
        ("fails", 1, "failed", "status"),
        ("corrupted", 1, "failed", "status"),
        ("upload-fails", 1, "failed", "upload"),
        ("share-fills-up", 1, "failed", "status"),
        ("partial", 3, "partial", "status"),
        ("partial-on-new-build", 3, "partial", "status"),
        ("role-fails-midway", 3, "partial", "roles"),
        ("one-role-fails", 3, "partial", "roles"),
        ("role-missing", 3, "partial", "roles"),
        ("not-recovery-ready", 3, "partial", "recovery_ready"),
    ],
)
def test_1_and_3_a_bad_backup_has_a_verdict_with_the_reason(
    cli: Cli, scenario: str, code: int, verdict: str, failing: str
) -> None:
    with cli.facing_timeless(scenario) as running:
        ended = cli("backup", "start", "-o", "json").expect(code)
    document = ended.document
    assert (document["verdict"], document["exit_code"]) == (verdict, code)
    assert failing in {row["check"] for row in document["evidence"] if row["outcome"] == "fail"}
    assert document["last_good"] is None or document["last_good"]["id"] != document["backup"]["id"]
    assert "error:" not in ended.err
    assert started(running) == 1


@pytest.mark.parametrize(("scenario", "code"), [("fails", 1), ("one-role-fails", 3)])
def test_1_and_3_the_error_follows_the_table_and_confirm_agrees(cli: Cli, scenario: str, code: int) -> None:
    with cli.facing_timeless(scenario):
        for told in (cli("backup", "start"), cli("backup", "confirm")):
            assert told.expect(code).err.count("error: ") == 1
            assert "CHECK" in told.out


# -- 2, 8, 9: refused before anything is sent --------------------------------------------------------------------------


def test_2_a_wrong_command_line_sends_nothing(cli: Cli) -> None:
    with cli.facing_timeless() as running:
        ended = cli.together(
            ("backup", "start", "--no-such-flag"),
            ("backup", "start", "--timeout", "soon"),
            ("backup", "start", "--timeout", "0s"),
            ("backup", "start", "--if-running", "wait"),
            ("backup", "start", "--location", "../redmond"),
            ("backup", "start", "-o", "xml"),
            ("backup", "start", "and", "more"),
            ("backup", "begin"),
        )
        for each in ended:
            each.expect(2)
            assert each.out == ""
            assert each.err.startswith("error: ")
    assert running.host.requests == {}


def test_2_no_target_named_among_several_lists_the_names(cli: Cli) -> None:
    cli.configure("version: 1\ntargets: {nyc: {host: a.example, username: u}, paris: {host: b.example, username: u}}\n")
    ended = cli("backup", "start").expect(2)
    assert "nyc" in ended.err
    assert "paris" in ended.err


def test_8_an_unknown_target_sends_nothing(cli: Cli) -> None:
    with cli.facing_timeless() as running:
        ended = cli("backup", "start", "-t", "nycc").expect(8)
    assert "nycc" in ended.err
    assert "nyc" in ended.err.replace("nycc", "")
    assert running.host.requests == {}


def test_8_an_unknown_location_starts_nothing(cli: Cli) -> None:
    with cli.facing_timeless() as running:
        ended = cli("backup", "start", "--location", "seattle", "-o", "json").expect(8)
    assert ended.error["code"] == "not_found"
    assert started(running) == 0


def test_8_an_unknown_backup(cli: Cli) -> None:
    with cli.facing_timeless() as running:
        for each in cli.together(
            *(("backup", verb, UNKNOWN_ID, "-o", "json") for verb in ("show", "wait", "confirm")),
        ):
            error = each.expect(8).error
            assert error["code"] == "not_found"
            assert UNKNOWN_ID in error["message"]
            assert each.out == ""
    assert started(running) == 0


def test_8_nothing_to_wait_for_and_nothing_to_confirm(cli: Cli) -> None:
    with cli.facing_timeless("history-empty"):
        for each in cli.together(("backup", "wait"), ("backup", "confirm"), ("backup", "show", "latest")):
            each.expect(8)


def test_9_a_wrong_config_sends_nothing(cli: Cli) -> None:
    with cli.facing_timeless("succeeds", "pasword: x") as running:
        ended = cli("backup", "start").expect(9)
    assert "pasword" in ended.err
    assert "password" in ended.err
    assert running.host.requests == {}


def test_9_an_unwritable_state_folder_starts_nothing_unless_disabled(cli: Cli) -> None:
    (cli.folder / "file").write_text("in the way")
    with cli.facing_timeless() as running:
        ended = cli("backup", "start", "--state-dir", str(cli.folder / "file"), "-o", "json").expect(9)
        assert started(running) == 0
        assert ended.error["trigger"] == "not_sent"
        cli("backup", "start", "--no-wait", "--no-journal", "--state-dir", str(cli.folder / "file")).expect(0)
    assert started(running) == 1


# -- 4 -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", [("start",), ("list",)])
def test_4_a_wrong_password_is_tried_once(cli: Cli, verb: tuple[str, ...]) -> None:
    log: list[str] = []
    with cli.facing_timeless(log=log.append) as running:
        ended = cli("backup", *verb, "-o", "json", env={"NYC_PASSWORD": "wrong"}).expect(4)
    assert ended.error["code"] == "auth"
    assert ended.error["trigger"] == "not_sent"
    assert [line.partition("login refused: ")[2] for line in log if "login refused" in line] == ["wrong password"]
    assert sum(" 401 " in line for line in log) <= 3, "one login by NTLM: asked without, begun, answered"
    assert started(running) == 0


def test_4_a_refused_service_principal_is_tried_once(cli: Cli) -> None:
    sign_in = (
        "sign_in: {environment: AzureStackAdmin, arm_endpoint: 'https://adminmanagement.redmond.psbridge.example', "
        "tenant: contoso.onmicrosoft.com, service_principal: "
        "{application_id: b7c9a1d4-62e8-4f53-9d0b-5e3a8c71f206, secret: {env: SP_SECRET}}}"
    )
    with cli.facing_timeless("not-signed-in", sign_in) as running:
        ended = cli("backup", "start", "-o", "json", env={"SP_SECRET": "wrong-one"}).expect(4)
        assert running.stamp.counts()["sign_ins_refused"] == 1
        assert "wrong-one" not in ended.err + ended.out
        cli("backup", "start", "--no-wait", env={"SP_SECRET": running.stamp.principal.secret}).expect(0)
    assert started(running) == 1


# -- 5 -----------------------------------------------------------------------------------------------------------------


class _WebServer(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>Welcome</html>")

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def web_server() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), _WebServer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_5_a_closed_port(cli: Cli) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        cli.point_at(unused.getsockname()[1])
        ended = cli("backup", "start", "-o", "json").expect(5)
    assert ended.error["code"] == "unreachable"
    assert ended.error["trigger"] == "not_sent"


def test_5_a_name_that_does_not_resolve(cli: Cli) -> None:
    cli.point_at(5985, host="no-such-host.invalid")
    ended = cli("backup", "start").expect(5)
    assert "no-such-host.invalid" in ended.err


def test_5_a_web_server_without_wsman(cli: Cli) -> None:
    with web_server() as port:
        cli.point_at(port)
        cli("backup", "start").expect(5)


def test_5_tls_to_a_plain_port(cli: Cli) -> None:
    with cli.facing() as running:
        cli.point_at(running.host.port, tls="true")
        cli("backup", "start").expect(5)
    assert started(running) == 0


def test_5_an_unsent_trigger_started_nothing_and_may_be_retried(cli: Cli) -> None:
    # The second pipeline is the trigger; the host says in a fault that it does not take it.
    with cli.facing_timeless(faults=["command:2:fault=2150858843"]) as running:
        ended = cli("backup", "start", "-o", "json").expect(5)
        assert ended.error["trigger"] == "not_sent"
        assert started(running) == 0
    with cli.facing_timeless() as running:
        cli("backup", "start", "--no-wait").expect(0)
    assert started(running) == 1


# -- 6 -----------------------------------------------------------------------------------------------------------------


def test_6_a_deadline_with_a_running_backup_prints_the_verdict_with_its_id(cli: Cli) -> None:
    with cli.facing_timeless("slow", speed=SIX_HOURS) as running:
        ended = cli("backup", "start", "--timeout", "3s", "-o", "json").expect(6)
    document = ended.document
    assert (document["verdict"], document["exit_code"], document["action"]) == ("running", 6, "started")
    assert document["backup"]["id"]
    assert started(running) == 1


def test_6_the_message_for_people_has_the_id_and_the_command_that_resumes(cli: Cli) -> None:
    with cli.facing_timeless("slow", speed=SIX_HOURS):
        ended = cli("backup", "start", "--timeout", "3s").expect(6)
    [error] = [line for line in ended.err.splitlines() if line.startswith("error: ")]
    assert "is still running" in error or "was running when it was last read" in error  # the last read may be cut off
    assert f"{cli.command()} backup wait " in ended.err


@pytest.mark.parametrize("by", ["options", "variables", "systemd"])
def test_the_resuming_command_uses_the_same_config_and_journal(cli: Cli, by: str) -> None:
    """It is pasted into a shell that has none of the variables of the first process, as from a mail of cron."""
    state, bare = str(cli.folder / "my psbridge" / "psbridge"), {"PSBRIDGE_CONFIG": "", "PSBRIDGE_STATE_DIR": ""}
    where = ("--config", str(cli.config), "--state-dir", state) if by == "options" else ()
    env = {"PSBRIDGE_STATE_DIR": state} if by == "variables" else {**bare, "STATE_DIRECTORY": state}
    env |= {"PSBRIDGE_CONFIG": "" if by == "options" else str(cli.config)}
    with cli.facing_timeless("slow", speed=SIX_HOURS):
        ended = cli("backup", "start", "--timeout", "5s", *where, env=env).expect(6)
        (line,) = [line for line in ended.err.splitlines() if "Wait for it: psbridge " in line]
        command = line.partition("Wait for it: psbridge ")[2]
        again = cli(*shlex.split(command), "--timeout", "4s", "-o", "json", env=bare).expect(6)
    assert again.document["run"] is not None, "the journal of the start was found"


def test_6_a_queue_that_times_out_starts_nothing(cli: Cli) -> None:
    with cli.facing_timeless("busy", speed=1.0) as running:
        ended = cli("backup", "start", "--if-running", "queue", "--timeout", "3s", "-o", "json").expect(6)
    assert ended.out == ""
    assert (ended.error["code"], ended.error["trigger"]) == ("timeout", "not_sent")
    assert "nothing was started" in ended.error["message"]
    assert ended.error["detail"]["backup"] == "none"
    assert started(running) == 0


def test_6_a_host_that_does_not_answer_in_time_and_nothing_was_started(cli: Cli) -> None:
    with cli.facing_timeless(faults=["receive:1:never"]) as running:
        ended = cli("backup", "start", "--timeout", "2s", "-o", "json").expect(6)
    assert ended.out == ""
    assert (ended.error["trigger"], ended.error["detail"]["backup"]) == ("not_sent", "none")
    assert "nothing was started" in ended.error["message"]
    assert started(running) == 0


# -- 7 -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scenario", "reason", "triggers"),
    [
        ("busy", "backup_running", 0),
        ("conflict-race", "backup_running", 0),
        ("update-running", "update_running", 0),
        ("update-failed", "update_running", 0),
        ("skipped", "skipped", 1),
    ],
)
def test_7_busy_says_why(cli: Cli, scenario: str, reason: str, triggers: int) -> None:
    speed = 60.0 if scenario == "skipped" else 10.0
    with cli.facing_timeless(scenario, speed=speed) as running:
        ended = cli("backup", "start", "-o", "json").expect(7)
    assert ended.out == ""
    assert ended.error["code"] == "busy"
    assert ended.error["detail"]["reason"] == reason
    assert started(running) == triggers


def test_7_no_option_waits_for_an_update(cli: Cli) -> None:
    with cli.facing_timeless("update-running") as running:
        for how in ("attach", "queue"):
            ended = cli("backup", "start", "--if-running", how, "-o", "json").expect(7)
            assert ended.error["detail"]["reason"] == "update_running"
    assert started(running) == 0


def test_7_a_lock_held_by_another_psbridge(cli: Cli) -> None:
    from filelock import FileLock

    (cli.state / "locks").mkdir(parents=True, mode=0o700)
    with cli.facing() as running:
        with FileLock(cli.state / "locks" / "nyc.lock"):
            ended = cli("backup", "start", "-o", "json").expect(7)
        assert ended.error["detail"]["reason"] == "locked"
        assert started(running) == 0
        cli("backup", "start", "--no-wait").expect(0)


# -- 10 ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scenario", "says"),
    [
        ("not-configured", "share"),
        ("no-certificate", "certificate"),
        ("share-unreachable", "share"),
        ("share-full", "full"),
        ("share-credentials-refused", "SmbShareAuthenticationException"),
        ("not-signed-in", "signed in"),
        ("wrong-subscription", "Consumption Subscription"),
        ("signed-out", "have not been set up or have expired"),
        ("sign-in-expired", "The access token expiry"),
        ("tenant-endpoint", "the tenant endpoint, not adminmanagement"),
        ("no-subscription", "has no subscription"),
        ("no-module", "AzsBackup"),
        ("module-broken", "can't be loaded"),
        ("restricted-endpoint", "Start-AzsBackup"),
    ],
)
def test_10_a_missing_prerequisite_of_host_or_stamp(cli: Cli, scenario: str, says: str) -> None:
    with cli.facing_timeless(scenario) as running:
        ended = cli("backup", "start", "-o", "json").expect(10)
    assert ended.error["code"] == "prerequisite"
    assert says in ended.error["message"]
    assert ended.error["hint"]
    assert started(running) == 0


def test_10_a_privileged_endpoint_has_no_backups(cli: Cli) -> None:
    with cli.facing_timeless("succeeds", "configuration_name: PrivilegedEndpoint") as running:
        for words in (("backup", "start"), ("backup", "list"), ("settings", "show")):
            ended = cli(*words, "-o", "json").expect(10)
            assert "the host has no " in ended.error["message"]
            assert "privileged endpoint" in ended.error["hint"]
    assert started(running) == 0


def test_a_restricted_endpoint_with_read_cmdlets_can_be_read(cli: Cli) -> None:
    with cli.facing_timeless("restricted-endpoint"):
        assert cli("backup", "list", "-o", "json").expect(0).document["backups"]
        cli("settings", "show").expect(0)


def test_10_reads_in_a_signed_out_session(cli: Cli) -> None:
    with cli.facing_timeless("not-signed-in"):
        for words in (("backup", "list"), ("settings", "show"), ("backup", "confirm")):
            assert "not signed in" in cli(*words, "-o", "json").expect(10).error["message"]


# -- 11, 14 ------------------------------------------------------------------------------------------------------------


def test_11_a_lost_trigger_whose_backup_cannot_be_identified(cli: Cli, tmp_path: Path) -> None:
    # No raw reads, so that whose a new backup is can't be shown; and the trigger's answer is lost after it was carried out,
    # with the shell in which it could be asked for.
    scenario = tmp_path / "quick.yaml"
    scenario.write_text("based_on: no-rest-method\nduration: 600\n")
    with cli.facing_timeless(str(scenario), speed=300.0, faults=["command:2:other-host"]) as running:
        ended = cli("backup", "start", "-o", "json").expect(11)
    assert ended.out == ""
    assert ended.error["trigger"] == "unknown"
    assert len(ended.error["detail"]["candidates"]) == 1
    assert started(running) == 1


@pytest.mark.parametrize("effect", ["reset-after", "status-after=503"])
def test_0_a_lost_trigger_is_found_again_and_never_sent_twice(cli: Cli, effect: str) -> None:
    with cli.facing_timeless(speed=300.0, faults=[f"command:2:{effect}"]) as running:
        document = cli("backup", "start", "-o", "json").expect(0).document
    assert (document["verdict"], document["action"]) == ("confirmed", "started")
    assert started(running) == 1


def test_14_confirm_reports_an_unknown_status(cli: Cli) -> None:
    with cli.facing_timeless("unknown-status") as running:
        id_ = cli("backup", "start", "--no-wait", "-o", "id").expect(0).out.strip()
        cli("backup", "wait", "--timeout", "4s", "-o", "json").expect(6)
        document = cli("backup", "confirm", id_, "-o", "json").expect(14).document
    assert (document["verdict"], document["exit_code"]) == ("unknown", 14)
    assert document["backup"]["status"] == "Verifying"
    assert started(running) == 1


def test_10_a_refusal_without_a_known_code(cli: Cli, tmp_path: Path) -> None:
    scenario = tmp_path / "odd.yaml"
    scenario.write_text("refusal: {status: 418, code: TeapotException, message: I am short and stout.}\n")
    with cli.facing_timeless(str(scenario)) as running:
        ended = cli("backup", "start", "-o", "json").expect(10)
    assert ended.error["code"] == "prerequisite"
    assert ended.error["message"].endswith("I am short and stout; nothing was started")
    assert ended.error["trigger"] == "sent"
    assert started(running) == 0


# -- 12 and 13 ---------------------------------------------------------------------------------------------------------


def test_12_a_good_backup_that_is_too_old(cli: Cli) -> None:
    with cli.facing_timeless():
        stale, fresh = cli.together(
            ("backup", "confirm", "--max-age", "1m", "-o", "json"),
            ("backup", "confirm", "--max-age", "20d", "-o", "json"),
        )
    document = stale.expect(12).document
    assert (document["exit_code"], document["verdict"]) == (12, "confirmed")
    assert document["last_good"]["id"] == document["backup"]["id"]
    assert fresh.expect(0).document["exit_code"] == 0


def test_12_no_backup_at_all(cli: Cli) -> None:
    with cli.facing_timeless("history-empty"):
        ended = cli("backup", "confirm", "--max-age", "1d", "-o", "json").expect(12)
    assert ended.document["exit_code"] == 12


def test_13_a_running_backup_and_one_not_uploaded_yet(cli: Cli) -> None:
    with cli.facing_timeless("slow", speed=SIX_HOURS):
        id_ = cli("backup", "start", "--no-wait", "-o", "id").expect(0).out.strip()
        running = cli("backup", "confirm", id_, "-o", "json").expect(13).document
    assert (running["verdict"], running["exit_code"]) == ("running", 13)


def test_13_a_backup_whose_upload_never_ends(cli: Cli) -> None:
    with cli.facing_timeless("upload-never-completes"):
        waited = cli("backup", "start", "--timeout", "10s", "-o", "json").expect(6).document
        asked = cli("backup", "confirm", waited["backup"]["id"], "-o", "json").expect(13).document
    assert (waited["verdict"], asked["verdict"]) == ("unproven", "unproven")


# -- 130 ---------------------------------------------------------------------------------------------------------------


TRIGGER = 2  # the command that is the trigger; the first one is what is read before it


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_130_an_interrupted_wait_prints_how_to_resume_and_the_backup_continues(
    cli: Cli, number: signal.Signals
) -> None:
    with cli.facing(speed=200.0) as running:
        process = cli.start("backup", "start", "-o", "jsonl")
        id_ = process.line_of("started")["id"]
        process.line_of("status")
        process.signal(number)
        ended = process.ended().expect(130)
        assert ended.error["code"] == "interrupted"
        assert (ended.error["id"], ended.error["trigger"]) == (id_, "sent")
        assert f"{cli.command()} backup wait {id_}" in ended.error["hint"]
        resumed = cli("backup", "wait", "-o", "json").expect(0).document
    assert resumed["backup"]["id"] == id_
    assert started(running) == 1


def told_to_wait(process: Running) -> str:
    """Return the line of stderr that says how to interrupt at once."""
    assert process.process.stderr is not None
    while line := process.process.stderr.readline():
        if "interrupt again to stop at once" in line:
            return line
    raise AssertionError(f"it ended without that line: {process.ended()}")


def test_130_a_signal_during_the_trigger_waits_for_its_answer_and_a_second_does_not(cli: Cli) -> None:
    with cli.facing(speed=300.0, faults=["command:2:never"]) as running:
        process = cli.start("backup", "start", "-o", "json")
        until_asked(running, "command", TRIGGER)
        process.signal(signal.SIGINT)
        said = told_to_wait(process)
        assert json.loads(said)["kind"] == "log", "under json each line of stderr is an object"
        process.signal(signal.SIGINT)
        error = process.ended().expect(130).error
        assert (error["code"], error["id"], error["trigger"]) == ("interrupted", None, "unknown")
        assert error["hint"] == f"A backup may have started. Search for it and wait: {cli.command()} backup wait"
        record = cli("run", "list", "-o", "json").expect(0).document["runs"][0]
        assert record["state"] == "intent"
        resumed = cli("backup", "wait", "-o", "json").expect(0).document
    assert resumed["action"] == "started"
    assert started(running) == 1


def test_130_a_signal_during_the_trigger_reports_the_id(cli: Cli) -> None:
    with cli.facing() as running, held_answer(running, "command", TRIGGER) as free:
        process = cli.start("backup", "start", "-o", "json")
        until_asked(running, "command", TRIGGER)
        process.signal(signal.SIGTERM)
        told_to_wait(process)
        free.set()
        error = process.ended().expect(130).error
        assert error["id"]
        assert error["trigger"] == "sent"
        assert error["id"] in error["hint"]
        assert cli("backup", "wait", "-o", "id").expect(0).out.strip() == error["id"]
    assert started(running) == 1


@pytest.mark.parametrize(("words", "after"), [(("--no-wait",), "continues"), ((), "The verdict is confirmed")])
def test_130_an_interrupt_after_the_id_is_known_reports_the_backup(
    cli: Cli, words: tuple[str, ...], after: str
) -> None:
    with cli.facing(faults=["delete:*:never"]) as running:
        process = cli.start("backup", "start", *words, "-o", "json")
        until_asked(running, "delete")
        process.signal(signal.SIGTERM)
        error = process.ended().expect(130).error
        (backup,) = [it.id for it in running.stamp.backups() if not it.automatic]
    assert (error["id"], error["trigger"]) == (backup, "sent")
    assert after in error["hint"]
    assert backup in error["hint"]


def test_130_an_interrupted_wait_for_an_id_reports_it_before_any_read(cli: Cli) -> None:
    id_ = "08b92613-837a-43cd-86b5-1212ef954384"
    with cli.facing(faults=["command:1:never"]) as running:
        process = cli.start("backup", "wait", id_, "-o", "json")
        until_asked(running, "command")
        process.signal(signal.SIGINT)
        error = process.ended().expect(130).error
    assert error["id"] == id_
    assert f"backup wait {id_}" in error["hint"]


@pytest.mark.parametrize("words", [("list",), ("start",)])
def test_130_an_interrupt_before_the_trigger_reports_that_nothing_was_started(cli: Cli, words: tuple[str, ...]) -> None:
    with cli.facing(faults=["command:1:never"]) as running:
        process = cli.start("backup", *words, "-o", "json", "--call-timeout", "1h")
        until_asked(running, "command")
        process.signal(signal.SIGINT)
        error = process.ended().expect(130).error  # cleaning up has 3 seconds, and the call goes on for an hour
    assert (error["id"], error["trigger"]) == (None, "not_sent")
    assert started(running) == 0


def test_a_killed_start_is_resumed_by_wait(cli: Cli) -> None:
    with cli.facing(speed=300.0) as running:
        process = cli.start("backup", "start", "-o", "jsonl")
        id_ = process.line_of("started")["id"]
        process.signal(signal.SIGKILL)
        process.ended()
        document = cli("backup", "wait", "-o", "json").expect(0).document
    assert (document["backup"]["id"], document["action"]) == (id_, "started")
    assert started(running) == 1


def test_a_second_run_starts_a_second_backup_and_no_more(cli: Cli) -> None:
    with cli.facing(speed=60.0) as running:
        both = cli.together(*[("backup", "start", "--no-wait", "-o", "json")] * 2)
    codes = sorted(each.code for each in both)
    assert codes == [0, 7]
    assert started(running) == 1
    assert json.loads(next(each for each in both if each.code == 7).err.splitlines()[-1])["error"]["detail"]["reason"]


def test_the_password_is_not_written_anywhere(cli: Cli) -> None:
    with cli.facing():
        log = cli.folder / "log.jsonl"
        good = cli("backup", "start", "--no-wait", "-vvv", "--debug", "--log-file", str(log))
        bad = cli("backup", "start", "-vvv", "--debug", "-o", "json", "--location", "seattle", "--log-file", str(log))
        shown = cli("config", "show", "-o", "json", "-vvv", "--debug")
    assert (good.code, bad.code, shown.code) == (0, 8, 0)
    written = [path.read_text() for path in cli.folder.rglob("*") if path.is_file() and path != cli.config]
    assert log.exists()
    for text in (*written, good.out, good.err, bad.out, bad.err, shown.out, shown.err):
        assert PASSWORD not in text


_SIGNAL_AT_IMPORT = """
import os, signal, sys
module = sys.argv.pop(1)
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGTERM)
sys.meta_path.insert(0, Finder())
from psbridge.__main__ import main
main()
"""


@pytest.mark.parametrize("module", ["typer", "yaml", "psbridge.operations.start", "pypsrp"])
def test_130_an_interrupt_during_imports_reports_that_nothing_was_started(cli: Cli, module: str) -> None:
    argv = [sys.executable, "-c", _SIGNAL_AT_IMPORT, module, "backup", "start", "--dry-run"]
    with cli.facing() as running:
        ended = subprocess.run(argv, env=cli.environment(), cwd=cli.folder, capture_output=True, text=True, check=False)
    assert ended.returncode == 130, ended.stderr
    assert "Traceback" not in ended.stderr
    assert "interrupted" in ended.stderr
    assert "nothing was sent" in ended.stderr or "No backup was started" in ended.stderr
    assert started(running) == 0


def test_a_running_backup_is_not_reported_as_bad(cli: Cli) -> None:
    with cli.facing_timeless("slow", speed=SIX_HOURS):
        cli("backup", "start", "--no-wait").expect(0)
        running = next(it for it in cli("backup", "list", "-o", "json").document["backups"] if not it["completed_at"])
        found = cli("backup", "confirm", running["id"], "-o", "json").expect(13).document["evidence"]
    assert "fail" not in {row["outcome"] for row in found}
