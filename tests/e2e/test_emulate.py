"""`psbridge emulate`: an operator host in a process of its own, and psbridge pointed at it as it says."""

from __future__ import annotations

import json
import shlex
import shutil
import signal
import socket
import ssl
import stat
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
import trustme
import yaml
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from psbridge.cli.emulate.config_out import MARK
from psbridge.emulator.client_config import client_config
from psbridge.emulator.emulation import USERNAME, Emulating, emulation
from psbridge.emulator.tls.server import TlsFault
from tests.support.hosts import kdc
from tests.support.process.cli import PASSWORD, SPEED, Cli, Running

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


def introduced(host: Running) -> tuple[str, str]:
    """Wait for the introduction; return the config and the shell line that it shows."""
    assert host.process.stdout is not None
    text = ""
    while "export REHEARSAL_PASSWORD" not in text:
        line = host.process.stdout.readline()
        assert line, f"it ended early: {host.ended().err}"
        text += line
    return text[text.index("version: 1") :].partition("Then set its password")[0], text.splitlines()[-1]


def test_the_printed_commands_work_unchanged(cli: Cli) -> None:
    password = 'it\'s "$HOME" \\ `true`, # & ü'
    host = cli.start("emulate", *FAST, "--tls", "-q", env={"PSBRIDGE_EMULATE_PASSWORD": password})
    config, export = introduced(host)
    cli.configure(config)
    pasted = subprocess.run(
        ["bash", "-c", f"{export}\n{shlex.join(cli.argv('backup', 'list', '-o', 'json'))}"],
        env=cli.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert pasted.returncode == 0, pasted.stderr
    assert len(json.loads(pasted.stdout)["backups"])
    parsed = yaml.safe_load(config)
    del parsed["targets"]["rehearsal"]["tls"]
    cli.configure(yaml.safe_dump(parsed))
    untrusted = cli("backup", "list", "-o", "json", env={"REHEARSAL_PASSWORD": password}).expect(5)
    assert "certificate" in untrusted.error["message"]
    host.signal(signal.SIGINT)
    host.ended().expect(0)


@pytest.mark.kerberos
def test_with_kerberos_it_prints_the_principal_for_kinit(cli: Cli, realm: kdc.Realm) -> None:
    """The keytab names the realm and the host."""
    cli.env |= realm.environment
    host = cli.start("emulate", *FAST, "-q", "--auth", "kerberos", "--keytab", str(realm.other_keytab))
    assert host.process.stdout is not None
    text = "".join(iter(host.process.stdout.readline, f"kinit backup-operator@{kdc.REALM}\n"))
    assert "host: localhost\n" in text
    assert "password" not in text
    host.signal(signal.SIGINT)
    host.ended().expect(0)


def test_a_users_certificate_with_an_encrypted_key(cli: Cli, tmp_path: Path) -> None:
    ca = trustme.CA()
    issued = ca.issue_cert("localhost")
    (certificate := tmp_path / "host.pem").write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    key = load_pem_private_key(issued.private_key_pem.bytes(), None)
    sealed = BestAvailableEncryption(PASSWORD.encode())
    (key_file := tmp_path / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, sealed))
    words = ("--tls-cert", str(certificate), "--tls-key", str(key_file))
    assert "encrypted" in cli("emulate", *FAST, *words).expect(2).err
    cli.env["PSBRIDGE_EMULATE_TLS_KEY_PASSWORD"] = PASSWORD
    host = emulate(cli, "-o", "jsonl", *words)
    told = host.line()
    assert "tls: true  # add {ca: FILE} if" in told["config"], "who signed it is not known here"
    host.signal(signal.SIGINT)
    host.ended().expect(0)
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    host = emulate(cli, "-o", "jsonl", *words, "--tls-ca", str(tmp_path / "ca.pem"))
    told = host.line()
    assert "host: localhost\n" in told["config"], "the certificate has no address"
    cli.configure(told["config"])
    cli("backup", "list", env={told["password_variable"]: PASSWORD}).expect(0)
    host.signal(signal.SIGINT)
    host.ended().expect(0)


def test_two_hosts_have_targets_and_passwords_of_their_own_in_one_config(cli: Cli) -> None:
    hosts = [emulate(cli, "-o", "jsonl", "--name", name) for name in ("nyc", "nyc-2")]
    told = [host.line() for host in hosts]
    cli.configure(told[0]["config"] + told[1]["config"].partition("targets:\n")[2])
    assert [each["password_variable"] for each in told] == ["NYC_PASSWORD", "NYC_2_PASSWORD"]
    env = {each["password_variable"]: PASSWORD for each in told}
    for name in ("nyc", "nyc-2"):
        cli("backup", "list", "-t", name, env=env).expect(0)
    for host in hosts:
        host.signal(signal.SIGINT)
        host.ended().expect(0)


@pytest.mark.parametrize("bind", ["127.0.0.1", "0.0.0.0", "::1", "::"])
def test_the_config_reaches_it_wherever_it_listens(cli: Cli, bind: str) -> None:
    if ":" in bind and not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    with emulation(Emulating(bind=bind, tls=True, users={USERNAME: PASSWORD})) as running:
        cli.configure(client_config(running))
        cli("backup", "list", env={"REHEARSAL_PASSWORD": PASSWORD}).expect(0)


def test_a_config_that_would_lack_the_users_own_certificate_is_not_written(cli: Cli, tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    words = ("--tls", "--auth", "certificate", "--client-ca", str(tmp_path / "ca.pem"))
    refused = cli("emulate", *FAST, "--config-out", "rehearsal.yaml", *words).expect(2)
    assert "would lack your client certificate" in refused.err
    assert not list(cli.folder.glob("rehearsal*"))
    host = emulate(cli, "-o", "jsonl", *words, "--auth", "ntlm")
    told = host.line()
    assert "auth: ntlm\n" in told["config"]
    cli.configure(told["config"])
    cli("backup", "list", env={told["password_variable"]: PASSWORD}).expect(0)
    host.signal(signal.SIGINT)
    host.ended().expect(0)


TLS_FAULTS = {
    TlsFault.EXPIRED: "has expired",
    TlsFault.NOT_YET_VALID: "not valid yet",
    TlsFault.WRONG_NAME: "for another name",
    TlsFault.UNKNOWN_CA: "not signed by a trusted CA",
}


@pytest.mark.parametrize("fault", TlsFault)
def test_a_broken_certificate_ends_the_client_with_5_and_the_reason(cli: Cli, fault: TlsFault) -> None:
    with emulation(Emulating(tls=fault)) as running:
        cli.configure(client_config(running))
        ended = cli("backup", "list", "-o", "json", env={"REHEARSAL_PASSWORD": PASSWORD}).expect(5)
        assert TLS_FAULTS[fault] in ended.error["message"]


def test_tls_fault_breaks_the_certificate(cli: Cli) -> None:
    host = emulate(cli, "-o", "jsonl", "--tls-fault", "expired")
    told = host.line()
    where = urlsplit(told["url"])
    trusting = ssl.create_default_context(cafile=told["ca_file"])
    with (
        socket.create_connection((where.hostname, where.port)) as plain,
        pytest.raises(ssl.SSLCertVerificationError, match="expired"),
    ):
        trusting.wrap_socket(plain, server_hostname=where.hostname)
    host.signal(signal.SIGINT)
    host.ended().expect(0)


def test_basic_without_tls_is_for_other_clients_and_the_config_says_so(cli: Cli) -> None:
    host = cli.start("emulate", *FAST, "-q", "--auth", "basic")
    config, _ = introduced(host)
    assert "auth: basic  # psbridge refuses this without https: add --tls, or use another client\n" in config
    cli.configure(config)
    listed = cli("backup", "list", env={"REHEARSAL_PASSWORD": PASSWORD}).expect(9)
    assert "auth basic sends the password to the host: it needs tls" in listed.err
    host.signal(signal.SIGINT)
    told = host.ended().expect(0).err
    assert told.startswith("warning: psbridge refuses to sign in to this host, because auth basic")
    assert "add --tls" in told


@pytest.mark.parametrize("more", [(), ("--tls",)])
def test_basic_is_offered_on_request_only(cli: Cli, more: tuple[str, ...]) -> None:
    """As by Windows, whose WinRM service has Basic switched off."""
    host = emulate(cli, "-o", "jsonl", *more)
    assert host.line()["offered"] == ["negotiate", "ntlm"]
    host.signal(signal.SIGINT)
    host.ended().expect(0)


@pytest.mark.parametrize(
    ("auth", "more"),
    [
        ("basic", ("--tls",)),
        ("ntlm", ()),
        ("negotiate", ()),
        ("credssp", ("--tls",)),
        ("certificate", ("--tls",)),
        pytest.param("kerberos", (), marks=pytest.mark.kerberos),
    ],
)
def test_the_config_names_a_login_that_is_offered(
    cli: Cli, request: pytest.FixtureRequest, auth: str, more: tuple[str, ...]
) -> None:
    if auth == "kerberos":
        realm: kdc.Realm = request.getfixturevalue("realm")
        more = ("--keytab", str(realm.keytab))
        cli.env |= {**realm.environment, "KRB5CCNAME": f"FILE:{realm.tickets('for-emulate')}"}
    host = emulate(cli, "-o", "json", "--auth", auth, *more)
    assert host.process.stdout is not None
    told = json.loads("".join(iter(host.process.stdout.readline, "}\n")) + "}")
    assert f"auth: {auth}\n" in told["config"]
    cli.configure(told["config"])
    cli("backup", "list", env={told["password_variable"]: told["password"]}).expect(0)
    host.signal(signal.SIGINT)
    host.ended().expect(0)


def test_an_unsupported_format_is_refused_before_it_listens(cli: Cli) -> None:
    refused = cli("emulate", *FAST, "-o", "id").expect(2)
    assert refused.out == ""
    assert "id" in refused.err


def test_invalid_options_are_refused_with_the_reason(cli: Cli) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refused = {
            ("--scenario", "succeds"): (2, "did you mean 'succeeds'?", "--scenario list"),
            ("--scenario", "slow", "--scenario", "busy"): (
                2,
                "--scenario can be given only once",
                "based_on: [slow, busy]",
            ),
            ("--channel-binding", "strict"): (2, "strict needs TLS", "--tls"),
            ("--tls", "--client-ca", "ca.pem"): (2, "needs auth certificate", "--auth certificate"),
            ("--user", "a@b@c"): (2, "invalid user name: 'a@b@c'", "NAME@REALM"),
            ("--scenario", "."): (2, ". is a folder", "--scenario list"),
            ("--fault", "recieve:1:503"): (2, "did you mean receive?", "--fault list"),
            ("--bind", "0.0.0.0"): (2, "which needs TLS", "Add `--tls`"),
            ("--speed", "0"): (2, "speed", "--speed 60"),
            ("--auth", "kerberos"): (2, "needs a keytab", "--keytab FILE"),
            ("--tls", "--tls-ca", "none"): (2, "--tls-ca needs --tls-cert", "--tls"),
            ("--tls-cert", "none"): (2, "tls: none can't be read", "PEM files"),
            ("--name", "my host"): (2, "--name: expected a target name", "rehearsal-2"),
            ("--name", "demo"): (2, "built-in", "rehearsal-2"),
            ("--tls-fault", "mouldy"): (2, "unknown fault", "wrong-name"),
            ("--engine", "bash"): (2, "unknown engine", "--engine embedded"),
            ("--unsafe-full-language",): (2, "pwsh engine", "--engine pwsh"),
            ("--bind", "198.51.100.7", "--tls"): (9, "can't listen", "--bind"),
            ("--log-file", "there/x.log"): (9, "the log file there/x.log can't be written", "--log-file"),
            ("--config-out", "there/rehearsal.yaml"): (9, "not a writable folder", "--config-out"),
            ("--port", port): (9, port, "--port"),
        }
        told = cli.together(*(("emulate", "--port", "0", "--engine", "embedded", *words) for words in refused))
    for ended, (code, says, advises) in zip(told, refused.values(), strict=True):
        error, hint = ended.expect(code).err.splitlines()[:2]
        assert says in error
        assert hint.startswith("hint: ")
        assert advises in hint
        assert ended.out == ""


@pytest.mark.skipif(shutil.which("pwsh") is not None, reason="`pwsh` is on PATH here")
def test_the_pwsh_engine_without_pwsh_says_what_to_do(cli: Cli) -> None:
    ended = cli("emulate", "--engine", "pwsh", "--port", "0").expect(10)
    assert "--engine embedded" in ended.err


@pytest.mark.parametrize(
    ("words", "form"),
    [
        (("--scenario", "list"), "table"),
        (("--scenario", "keys"), "table"),
        (("--fault", "list"), "table"),
        (("--scenario", "schema"), "json"),
        (("--scenario", "slow", "--print"), "yaml"),
    ],
)
def test_lists_have_one_format_and_others_are_refused(cli: Cli, words: tuple[str, ...], form: str) -> None:
    plain, named, other, none = cli.together(
        ("emulate", *words),
        ("emulate", *words, "-o", form),
        ("emulate", *words, "-o", "jsonl"),
        ("emulate", *words, "-o", "xml"),
    )
    assert plain.expect(0).out == named.expect(0).out
    assert f"as {form} only" in other.expect(2).error["message"]
    assert none.expect(2).out == ""


def test_its_scenarios_are_listed_and_each_can_be_printed(cli: Cli) -> None:
    listed, keys, schema, printed, odd = cli.together(
        ("emulate", "--scenario", "list"),
        ("emulate", "--scenario", "keys"),
        ("emulate", "--scenario", "schema"),
        ("emulate", "--scenario", "share-fills-up", "--print"),
        ("emulate", "--scenario", "share-fill-up", "--print"),
    )
    names = [line.split()[0] for line in listed.expect(0).out.splitlines() if line.strip()]
    assert {"succeeds", "busy", "share-full", "error:CODE"} <= set(names)
    assert json.loads(schema.expect(0).out)["properties"]["duration"]
    assert {"role_ends", "role_fails", "own_time"} <= set(keys.expect(0).out.split())
    assert "{at: 40%, of: 1, share: full}" in printed.expect(0).out
    assert "--scenario list" in odd.expect(2).err


def test_a_wrong_scenario_file_is_refused_with_its_line(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("based_on: slow\nevents:\n  - {at: 40%, share: ful}\n")
    ended = cli("emulate", "--port", "0", "--engine", "embedded", "--scenario", str(path)).expect(2)
    assert f"{path}:3: events[1].share: expected" in ended.err
    assert "(did you mean full?)" in ended.err


def test_all_problems_of_a_scenario_are_reported_at_once(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("based_on: slwo\nduration: soon\nevents:\n  - {at: 40%, share: ful}\n")
    words = ("emulate", "--port", "0", "--engine", "embedded", "--scenario", str(path))
    people, machine = (told.expect(2) for told in cli.together(words, (*words, "-o", "json")))
    first, *lines, hint = people.err.splitlines()
    assert first.startswith(f"error: 3 problems in the scenario; the first: {path}:1: based_on: ")
    assert [line.split(": ")[0] for line in lines] == [f"{path}:{number}" for number in (1, 2, 4)]
    assert "(did you mean full?)" in lines[2]
    assert "--scenario keys" in hint
    problems = machine.error["detail"]["problems"]
    assert [problem["key"] for problem in problems] == ["based_on", "duration", "events[1].share"]
    assert [problem["nearest"] for problem in problems] == ["slow", None, "full"]


def test_differences_between_base_scenarios_are_reported(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("based_on: [slow, skipped]\n")
    host = emulate(cli, "-o", "jsonl", "--scenario", str(path))
    assert host.line()["scenario"] == "mine"
    host.signal(signal.SIGTERM)
    (told,) = host.ended().expect(0).err.splitlines()
    assert json.loads(told)["message"] == "slow and skipped both set duration; skipped wins"


def test_a_scenario_file_with_events_and_faults_runs(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "based_on: [slow, fails]\nduration: 10m\nevents:\n  - {at: 0s, fault: receive:1:503}\nfaults: [create:1:503]\n"
    )
    with cli.facing(str(path), speed=600.0) as running:
        ended = cli("backup", "start", "-o", "json").expect(1)
    assert ended.document["verdict"] == "failed"
    assert running.host.requests["create"] > 1
    assert running.stamp.counts()["triggers"] == 1


def test_a_script_gets_a_config_for_as_long_as_the_host_runs(cli: Cli) -> None:
    config = cli.folder / "rehearsal.yaml"
    config.write_text(MARK + "left behind by one that was killed")
    host = cli.start("emulate", *FAST, "--config-out", "rehearsal.yaml", "-o", "jsonl", "--log-file", "host.log")
    told = host.line()
    assert told["config_file"] == str(config)
    assert [stat.S_IMODE(file.stat().st_mode) for file in sorted(cli.folder.glob("rehearsal*"))] == [0o600, 0o600]
    listed = cli("backup", "list", "--config", "rehearsal.yaml", "-o", "json").expect(0)
    assert listed.err == ""
    assert listed.document["backups"]
    host.signal(signal.SIGTERM)
    ended = host.ended().expect(0)
    assert list(cli.folder.glob("rehearsal*")) == []
    lines = [json.loads(line) for line in ended.err.splitlines()]
    assert {(line["kind"], line["level"]) for line in lines} == {("log", "info")}
    assert any(" create " in line["message"] for line in lines)
    logged = [json.loads(line) for line in (cli.folder / "host.log").read_text().splitlines()]
    assert (logged[0]["event"], logged[-1]["event"]) == ("begin", "end")
    assert [line["message"] for line in logged[1:-1]] == [line["message"] for line in lines]


def test_a_quiet_host_still_writes_its_log_file(cli: Cli) -> None:
    host = emulate(cli, "-o", "jsonl", "--log-file", "host.log")
    requests.post(host.line()["url"], timeout=10)
    host.signal(signal.SIGTERM)
    assert host.ended().expect(0).err == ""
    _begin, line, _end = map(json.loads, (cli.folder / "host.log").read_text().splitlines())
    assert (line["kind"], line["source"]) == ("log", "emulator")
    assert " http - 401 " in line["message"]


def test_a_password_is_shown_though_the_config_takes_a_certificate(cli: Cli) -> None:
    host = cli.start("emulate", *FAST, "-q", "--tls", "--auth", "certificate", "--auth", "ntlm")
    config, export = introduced(host)
    assert "auth: certificate\n" in config
    assert f"{USERNAME} can also sign in with ntlm" in config
    cli.point_at(yaml.safe_load(config.partition("\n\n")[0])["targets"]["rehearsal"]["port"], tls="{verify: false}")
    password = shlex.split(export)[1].partition("=")[2]
    cli("backup", "list", env={"NYC_PASSWORD": password}).expect(0)
    host.signal(signal.SIGINT)
    host.ended().expect(0)
