"""Config, secrets and numbers: checked without the network, each problem with its place, no secret repeated."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from psbridge.cli.main import run
from psbridge.config import secrets
from psbridge.config.load import load
from psbridge.config.resolve import outline, resolve
from psbridge.config.secrets import FromCommand
from psbridge.errors import ConfigError
from tests.support.process.cli import PASSWORD, Cli, Ended

HEAD = "version: 1\ntargets:\n"
LOGIN = "auth: ntlm, username: u"


def called(cli: Cli, *argv: str) -> Ended:
    """Run a command line in this process, which is quicker, with the user's environment."""
    out, err, before, own = io.StringIO(), io.StringIO(), dict(os.environ), cli.environment()
    os.environ.clear()
    os.environ.update(own)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run(argv)
    finally:
        os.environ.clear()
        os.environ.update(before)
    return Ended(argv, code, out.getvalue(), err.getvalue())


def validated(cli: Cli, text: str, *more: str, code: int = 9) -> list[dict[str, Any]]:
    """Return the problems that `config validate` finds in a config."""
    cli.configure(text)
    document = called(cli, "config", "validate", "-o", "json", *more).expect(code).document
    found: list[dict[str, Any]] = document["problems"]
    return found


def file(cli: Cli, name: str, content: str | bytes, mode: int = 0o600) -> Path:
    path = cli.folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    path.chmod(mode)
    return path


def test_the_hint_for_a_missing_config_writes_it(cli: Cli) -> None:
    gone = cli.folder / "new.yaml"
    assert f"psbridge --config {gone} config init" in called(cli, "target", "list", "--config", str(gone)).expect(9).err
    called(cli, "--config", str(gone), "config", "init", "--sample").expect(0)
    called(cli, "target", "list", "--config", str(gone)).expect(0)


# --- what `config validate` checks ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "at", "said"),
    [
        ("{host: a, tls: {ca: gone.pem}, " + LOGIN + "}", "tls.ca", "No such file"),
        ("{host: a, tls: {ca: no.pem}, " + LOGIN + "}", "tls.ca", "no certificate"),
        ("{host: a, tls: {ca: ., verify: true}, " + LOGIN + "}", "tls.ca", "not a regular file"),
        ("{host: a, auth: certificate, tls: {client_cert: gone.pem, client_key: k.pem}}", "tls.client_cert", "No such"),
        ("{host: a, auth: certificate, tls: {client_cert: c.pem, client_key: gone.pem}}", "tls.client_key", "No such"),
        ("{host: a, auth: certificate, tls: {client_cert: c.pem, client_key: k.pem}}", "tls.client_key", "not that of"),
        ("{host: a, auth: certificate, tls: {client_cert: c.pem, client_key: l.pem}}", "tls.client_key", "encrypted"),
        ("{host: a, auth: certificate, tls: {client_cert: c.pem, client_key: no.pem}}", "tls.client_key", "PEM"),
        ("{host: a, auth: certificate, tls: {client_cert: c.pem}}", "tls.client_cert", "PEM"),
        ("{host: a, " + LOGIN + ", password: {env: GONE}}", "password", "GONE is not set"),
        ("{host: a, " + LOGIN + ", password: {env: EMPTY}}", "password", "EMPTY is empty"),
        ("{host: a, " + LOGIN + ", password: {file: gone}}", "password", "No such file"),
        ("{host: a, " + LOGIN + ", password: {file: empty}}", "password", "is empty"),
        ("{host: a, " + LOGIN + ", password: {file: loose}}", "password", "others may write"),
        ("{host: a, " + LOGIN + ", password: {file: /dev/null}}", "password", "not a regular file"),
        ("{host: a, " + LOGIN + ", password: {file: two}}", "password", "more than one line"),
        ("{host: a, " + LOGIN + ", password: {env: TWO}}", "password", "more than one line"),
        ("{host: a, " + LOGIN + ", password: {credential: pw}}", "password", "CREDENTIALS_DIRECTORY is not set"),
        ("{host: a, " + LOGIN + ", password: {command: [no-such-program]}}", "password", "no-such-program"),
        ("{host: a, " + LOGIN + ", password: {command: [./two]}}", "password", "may run"),
    ],
)
def test_missing_prerequisites_of_a_target_are_reported_with_their_line(
    cli: Cli, keys: str, at: str, said: str
) -> None:
    authority = trustme.CA()
    one, other = (authority.issue_cert("user@contoso.com") for _ in range(2))
    file(cli, "c.pem", one.cert_chain_pems[0].bytes())
    file(cli, "k.pem", other.private_key_pem.bytes())
    file(cli, "l.pem", locked(one.private_key_pem.bytes()))
    file(cli, "no.pem", "hello\n")
    file(cli, "empty", "")
    file(cli, "loose", "pw\n", 0o622)
    file(cli, "two", "pw\npw\n")
    cli.env |= {"EMPTY": "", "TWO": "pw\npw"}
    found = validated(cli, HEAD + f"  nyc: {keys}\n")
    assert {(one["line"], one["key"]) for one in found} == {(3, f"targets.nyc.{at}")}
    assert said in found[0]["message"]
    assert "pw\n" not in json.dumps(found)


def locked(key: bytes) -> bytes:
    """Return a key that needs a password."""
    plain = serialization.load_pem_private_key(key, None)
    form = serialization.PrivateFormat.PKCS8
    return plain.private_bytes(serialization.Encoding.PEM, form, serialization.BestAvailableEncryption(b"x"))


def certificate(begins: int, ends: int) -> bytes:
    """Return a certificate and its key in one text, valid between two days from now."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now + dt.timedelta(days=begins))
        .not_valid_after(now + dt.timedelta(days=ends))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return made.public_bytes(pem) + plain


@pytest.mark.parametrize(("days", "said"), [((-9, -2), "expired on"), ((2, 9), "not valid before"), ((-2, 9), None)])
def test_a_certificate_that_is_not_valid_now_is_a_warning(cli: Cli, days: tuple[int, int], said: str | None) -> None:
    file(cli, "own.pem", certificate(*days))
    found = validated(
        cli,
        HEAD + f"  a: {{host: a, tls: {{ca: own.pem}}, {LOGIN}}}\n"
        "  b: {host: b, auth: certificate, tls: {client_cert: own.pem, client_key: own.pem}}\n",
        code=0,
    )
    keys = {(one["key"], one["severity"]) for one in found}
    assert keys == ({("targets.a.tls.ca", "warning"), ("targets.b.tls.client_cert", "warning")} if said else set())
    assert all(said in one["message"] for one in found if said)


@pytest.mark.parametrize(
    ("keys", "lacking", "extra"),
    [
        ("auth: kerberos", "gssapi", "kerberos"),
        ("auth: kerberos", "krb5", "kerberos"),
        ("auth: negotiate", "gssapi", "kerberos"),
        ("auth: credssp, username: u", "requests_credssp", "credssp"),
    ],
)
def test_a_login_whose_package_is_missing_is_reported(cli: Cli, keys: str, lacking: str, extra: str) -> None:
    hidden = cli.folder / "hidden" / lacking
    hidden.mkdir(parents=True)
    (hidden / "__init__.py").write_text("raise ImportError('libgssapi_krb5.so.2: cannot open shared object file')")
    if extra == "kerberos":
        for other in {"gssapi", "krb5"} - {lacking}:
            (hidden.parent / f"{other}.py").write_text("")
    cli.env["PYTHONPATH"] = str(hidden.parent)
    cli.configure(HEAD + f"  nyc: {{host: a, {keys}}}\n")
    (problem,) = cli("config", "validate", "-o", "json").expect(9).document["problems"]
    assert (problem["line"], problem["key"]) == (3, "targets.nyc.auth")
    assert f"psbridge[{extra}]" in problem["message"]
    assert lacking in problem["message"]


def test_a_state_folder_that_cannot_be_written_is_reported(cli: Cli) -> None:
    cli.state.touch()
    (problem,) = validated(cli, HEAD + f"  nyc: {{host: a, {LOGIN}}}\n")
    assert str(cli.state) in problem["message"]
    (problem,) = validated(cli, "version: 1\n", "--state-dir", f"{cli.config}/here")
    assert f"{cli.config} is not a folder" in problem["message"]


def test_validating_creates_no_folder_runs_no_command_and_does_not_connect(cli: Cli) -> None:
    ran = cli.folder / "ran"
    program = file(cli, "program", f"#!/bin/sh\ntouch {ran}\n", 0o700)
    log: list[str] = []
    with cli.facing(log=log.append) as running:
        cli.point_at(running.host.port, password=f"{{command: ['{program}']}}")
        document = cli("config", "validate", "-o", "json").expect(0).document
    assert log == []
    assert not ran.exists()
    assert not cli.state.exists()
    assert any("the command was not run" in what for what in document["not_checked"])


def test_unchecked_settings_are_listed_in_text_and_in_json(cli: Cli) -> None:
    cli.configure(HEAD + f"  nyc: {{host: a, {LOGIN}}}\n")
    text, machine = cli("config", "validate").expect(0).out, cli("config", "validate", "-o", "json").expect(0).document
    assert text.splitlines()[0] == f"ok {cli.config}"
    assert [line.removeprefix("not checked: ") for line in text.splitlines()[1:]] == machine["not_checked"]
    said = " ".join(machine["not_checked"])
    assert [word for word in ("TCP", "TLS", "login", "modules", "subscription", "location") if word not in said] == []
    assert "targets.nyc.password: there is none, so it is asked for on a terminal" in machine["not_checked"]


def test_several_problems_are_all_reported_each_with_its_line(cli: Cli) -> None:
    found = validated(
        cli,
        "version: 1\ndefaults: {poll: 3h}\ntargets:\n"
        f"  a: {{host: a, tls: {{ca: gone.pem}}, {LOGIN}, password: {{env: GONE}}}}\n"
        "  b: {host: b, prot: 1}\n"
        f"  c: {{host: c, {LOGIN}, password: {{file: gone}}}}\n",
    )
    assert [(one["line"], one["key"], one["severity"]) for one in found] == [
        (2, "defaults.poll", "warning"),
        (4, "targets.a.tls.ca", "error"),
        (4, "targets.a.password", "error"),
        (5, "targets.b.prot", "error"),
        (6, "targets.c.password", "error"),
    ]


def test_one_target_alone_can_be_validated(cli: Cli) -> None:
    text = HEAD + f"  a: {{host: a, {LOGIN}}}\n  b: {{host: b, prot: 1}}\n  c: {{host: c, tls: {{ca: x}}, {LOGIN}}}\n"
    assert validated(cli, text, "-t", "a", code=0) == []
    assert [one["line"] for one in validated(cli, text, "-t", "b")] == [4]
    assert [one["line"] for one in validated(cli, text, "-t", "c")] == [5]
    assert validated(cli, text, "-t", "demo", code=0) == []
    assert cli("config", "validate", "-t", "d").expect(8)


@pytest.mark.parametrize("keys", ["poll: 3h", "settle: 3h", "connect_timeout: 5m", "call_timeout: 3h", "timeout: 10s"])
def test_durations_that_can_never_take_effect_are_a_warning(cli: Cli, keys: str) -> None:
    found = validated(cli, HEAD + f"  nyc: {{host: a, {LOGIN}, {keys}}}\n", code=0)
    assert {one["severity"] for one in found} == {"warning"}
    assert all("longer than" in one["message"] for one in found)


def test_what_a_variable_sets_is_validated_under_its_name(cli: Cli) -> None:
    cli.env |= {"PSBRIDGE_TARGET_NYC_PASSWORD": "one\ntwo", "PSBRIDGE_TARGET_NYC_PORT": "0x1761"}
    found = validated(cli, HEAD + f"  nyc: {{host: a, {LOGIN}}}\n")
    assert [one["key"] for one in found] == ["PSBRIDGE_TARGET_NYC_PORT"]
    del cli.env["PSBRIDGE_TARGET_NYC_PORT"]
    (problem,) = validated(cli, HEAD + f"  nyc: {{host: a, {LOGIN}}}\n")
    assert problem["key"] == "PSBRIDGE_TARGET_NYC_PASSWORD"
    assert "two" not in json.dumps(problem)


def test_the_sample_and_an_emulated_hosts_config_validate(cli: Cli) -> None:
    cli.env["PSBRIDGE_CONFIG"] = ""
    cli("config", "init", "--sample").expect(0)
    cli("config", "validate").expect(0)
    for name, more in (("plain", ()), ("tls", ("--tls",)), ("certificate", ("--tls", "--auth", "certificate"))):
        path = cli.folder / f"{name}.yaml"
        host = cli.start("emulate", "--port", "0", "--config-out", str(path), "-o", "json", *more)
        host.process.stdout.readline()  # it has begun to listen, and the config is there
        cli("config", "validate", "--config", str(path)).expect(0)
        host.signal(signal.SIGINT)
        host.ended().expect(0)


# --- secrets of one line -------------------------------------------------------------------------------------------


def resolved(cli: Cli, source: str, **env: str) -> Any:
    """Return a target whose password comes from a source."""
    cli.configure(HEAD + f"  nyc: {{host: a, {LOGIN}, password: {source}}}\n")
    return resolve(load(cli.config, env), "nyc").endpoints[0].password.reveal()


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\r"])
def test_the_final_newline_is_not_part_of_a_secret(cli: Cli, end: str) -> None:
    file(cli, "pw", f" pass word {end}".encode())
    assert resolved(cli, "{file: pw}") == " pass word "
    assert resolved(cli, "{env: PW}", PW=f" pass word {end}") == " pass word "
    assert resolved(cli, json.dumps(f" pass word {end}")) == " pass word "


@pytest.mark.parametrize(
    "text",
    ["one\ntwo", "one\ntwo\n", "one\n\n", "\none", "one\rtwo", "one\r\ntwo", "one\u2028two", "one\x85two", "one\ftwo"],
)
def test_a_secret_with_a_second_line_is_refused_and_not_repeated(cli: Cli, text: str) -> None:
    file(cli, "pw", text.encode())
    for source in ("{file: pw}", "{env: PW}", json.dumps(text)):
        with pytest.raises(ConfigError, match="more than one line") as caught:
            resolved(cli, source, PW=text)
        assert "one\n" not in str(caught.value)
        assert "two" not in str(caught.value) + str(caught.value.detail) + str(caught.value.hint)


def test_the_second_line_of_a_command_is_not_read(cli: Cli) -> None:
    assert resolved(cli, "{command: [printf, 'one\\ntwo\\n']}", PATH=os.environ["PATH"]) == "one"


def test_empty_and_absent_secrets_are_reported_differently(cli: Cli) -> None:
    file(cli, "pw", "\n")
    for source, env, said in (
        ("{env: PW}", {"PW": ""}, "the environment variable PW is empty"),
        ("{env: PW}", {"PW": "\n"}, "the environment variable PW is empty"),
        ("{env: PW}", {}, "the environment variable PW is not set"),
        ("{file: pw}", {}, "pw is empty"),
        ("{credential: pw}", {"CREDENTIALS_DIRECTORY": ""}, "CREDENTIALS_DIRECTORY is empty"),
        ("{credential: pw}", {"CREDENTIALS_DIRECTORY": str(cli.folder)}, "pw is empty"),
    ):
        with pytest.raises(ConfigError, match=said):
            resolved(cli, source, **env)


def test_an_empty_variable_of_a_target_is_reported_as_empty(cli: Cli) -> None:
    cli.configure(HEAD + f"  nyc: {{host: a, {LOGIN}}}\n")
    cli.env["PSBRIDGE_TARGET_NYC_PASSWORD"] = ""
    said = "PSBRIDGE_TARGET_NYC_PASSWORD: is empty, and so sets nothing"
    ended = cli("config", "validate")
    assert said in ended.out + ended.err
    assert said in cli("backup", "list", "--no-input").expect(9).err


@pytest.mark.parametrize("value", ["", "\n", "a\nb"])
def test_a_wrong_secret_ends_9_before_anything_is_sent(cli: Cli, value: str) -> None:
    with cli.facing() as running:
        ended = cli("backup", "start", "-o", "json", env={"NYC_PASSWORD": value}).expect(9)
    assert running.host.requests == {}
    assert ended.error["code"] == "config"


# --- the password command ------------------------------------------------------------------------------------------


def test_a_password_command_gets_the_session_variables_and_no_other_password(cli: Cli) -> None:
    seen = cli.folder / "seen.json"
    script = (
        f"import json, os, sys; json.dump([dict(os.environ), sys.stdin.read()], open({str(seen)!r}, 'w')); print('pw')"
    )
    program = file(cli, "program.py", script)
    session = {
        "PATH": "/usr/bin:/bin", "HOME": "/h", "USER": "u", "LOGNAME": "u", "LANG": "C.UTF-8", "LC_ALL": "C", "TMPDIR": "/tmp",
        "XDG_RUNTIME_DIR": "/run/user/1", "DBUS_SESSION_BUS_ADDRESS": "unix:", "SSH_AUTH_SOCK": "/s", "GPG_TTY": "/dev/pts/1",
        "GNUPGHOME": "/g", "PASSWORD_STORE_DIR": "/p", "VAULT_ADDR": "https://v", "VAULT_NAMESPACE": "n",
        "VAULT_CACERT": "/ca", "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }  # fmt: skip
    others = {
        "PARIS_PASSWORD": "x", "PSBRIDGE_TARGET_PARIS_PASSWORD": "x", "AWS_SECRET_ACCESS_KEY": "x", "PROXY_HOST": "p",
        "VAULT_TOKEN": "t", "OP_SERVICE_ACCOUNT_TOKEN": "x", "BW_SESSION": "x",
        "LD_PRELOAD": "", "PYTHONPATH": "/x", "CREDENTIALS_DIRECTORY": "/c",
    }  # fmt: skip
    named = "[PROXY_HOST, VAULT_TOKEN, NOT_SET]"
    source = f"{{command: [{sys.executable}, -I, {program}], env: {named}}}"
    assert resolved(cli, source, **session, **others) == "pw"
    environment, stdin = json.loads(seen.read_text())
    environment.pop("LC_CTYPE", None)  # Python's own
    assert environment == session | {"PROXY_HOST": "p", "VAULT_TOKEN": "t"}
    assert stdin == ""


@pytest.mark.parametrize(
    "source",
    [
        "{command: [pass], env: VAULT_TOKEN}",
        "{command: [pass], env: ['A=hunter2']}",
        "{command: [pass], env: [1]}",
        "{command: [pass], file: hunter2}",
        "{command: hunter2}",
        "{command: ['']}",
        "{env: [NAME]}",
        "{env: 'hunter2 x'}",
    ],
)
def test_a_malformed_secret_source_is_refused_and_not_repeated(cli: Cli, source: str) -> None:
    (problem,) = validated(cli, HEAD + f"  nyc: {{host: a, {LOGIN}, password: {source}}}\n")
    assert problem["message"].startswith("expected ")
    assert "hunter2" not in json.dumps(problem)


def test_a_slow_password_command_is_killed_with_its_children(cli: Cli) -> None:
    reader, writer = os.pipe()
    # The child keeps the pipe's end open for as long as it lives, and so does its parent, the command.
    script = f"sleep 300 & exec sleep 300 3>/proc/{os.getpid()}/fd/{writer}"
    with pytest.raises(ConfigError, match="did not end"):
        secrets.read(
            FromCommand(("sh", "-c", f"exec 3>/proc/{os.getpid()}/fd/{writer}; {script}")),
            {"PATH": os.environ["PATH"]},
            None,
            "targets.nyc.password",
            print,
            command_seconds=0.5,
        )
    os.close(writer)
    ended, _, _ = select.select([reader], [], [], 30.0)  # the end of file comes once both are gone
    assert ended
    assert os.read(reader, 1) == b""
    os.close(reader)


def test_a_password_command_is_shown_by_its_program_alone(cli: Cli) -> None:
    cli.configure(
        HEAD + f"  nyc: {{host: a, {LOGIN}, password: {{command: ['correct horse battery'], env: [VAULT_ADDR]}}}}\n"
    )
    assert "correct horse" not in (cli("config", "validate").expect(9).out + cli("backup", "list").expect(9).err)
    cli.configure(HEAD + f"  nyc: {{host: a, {LOGIN}, password: {{command: [pass, show, azs], env: [VAULT_ADDR]}}}}\n")
    shown = cli("config", "show", "-t", "nyc", "-o", "json").expect(0).document["targets"]["nyc"]["password"]
    assert shown == {"command": ["pass", "***"], "env": ["VAULT_ADDR"]}


# --- numbers and words of YAML -------------------------------------------------------------------------------------


@pytest.mark.parametrize("port", ["5986", "05986", "+5986", "0005986"])
def test_a_number_is_decimal(cli: Cli, port: str) -> None:
    cli.configure(HEAD + f"  nyc: {{host: a, {LOGIN}, port: {port}}}\n")
    assert outline(load(cli.config, {}), "nyc").endpoints[0].port == 5986


def test_a_leading_zero_does_not_mean_octal(cli: Cli) -> None:
    cli.configure(HEAD + f"  nyc: {{host: a, {LOGIN}, port: 07777}}\n")
    assert outline(load(cli.config, {}), "nyc").endpoints[0].port == 7777


@pytest.mark.parametrize(
    "port",
    [
        "0x1761", "0o13542", "0b1011101100010", "5_986", "1_000", "59:46", "1:39:46", "5.986e3", "1e3", "5986.0", "-5986",
        ".inf", ".nan", "0", "65536", "99999999999999999999999", "9" * 5000, "true", "yes", "2026-11-30", "'5986'", "~", "",
        "null", "[5986]", "{a: 1}", "!!int '0x1761'",
    ],
)  # fmt: skip
def test_a_port_must_be_a_decimal_number(cli: Cli, port: str) -> None:
    (problem,) = validated(cli, HEAD + f"  nyc:\n    host: a\n    port: {port}\n    auth: ntlm\n    username: u\n")
    assert (problem["line"], problem["key"]) == (5, "targets.nyc.port")
    assert problem["message"]


@pytest.mark.parametrize("version", ["true", "1.0", "0x1", "1_", "'1'", "yes", "~", "1e0", "2"])
def test_the_version_is_the_number_1(cli: Cli, version: str) -> None:
    (problem,) = validated(cli, f"version: {version}\n")
    assert (problem["line"], problem["key"]) == (1, "version")


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "on",
        "yes",
        "Off",
        "y",
        "0x1F",
        "1_000",
        "59:46",
        "1e3",
        "2026-11-30",
        "1.5",
        "09a",
        "!!str 123",
        ".5",
        "0o17",
    ],
)
def test_words_special_in_yaml_1_1_are_read_as_text(cli: Cli, text: str) -> None:
    cli.configure(HEAD + f"  nyc: {{host: a, auth: ntlm, username: {text}, password: {text}}}\n")
    endpoint = resolve(load(cli.config, {}), "nyc").endpoints[0]
    assert endpoint.username == text.removeprefix("!!str ")
    assert endpoint.password.reveal() == endpoint.username


@pytest.mark.parametrize("word", ["0123", "5986", "true", "-7", "~", ""])
def test_a_number_or_truth_value_where_text_is_expected_is_refused(cli: Cli, word: str) -> None:
    for key in ("username", "password", "location"):
        others = "" if key == "username" else ", username: u"
        (problem,) = validated(cli, HEAD + f"  nyc: {{host: a, auth: ntlm{others}, {key}: {word} }}\n")
        assert problem["key"] == f"targets.nyc.{key}"


@pytest.mark.parametrize(
    ("word", "means"), [("yes", True), ("off", False), ("No", False), ("true", True), ("FALSE", False)]
)
def test_yes_and_no_are_accepted_as_booleans(cli: Cli, word: str, means: bool) -> None:
    cli.configure(HEAD + f"  nyc: {{host: a, {LOGIN}, tls: {word}, require_upload_proof: {word}}}\n")
    found = outline(load(cli.config, {}), "nyc")
    assert (found.endpoints[0].tls is not None) is means
    assert found.policy.require_upload_proof is means


@pytest.mark.parametrize("value", ["30", "1:30", "1e3s", "0x10s", "1_0s", "yes", "~", "P1M"])
def test_a_duration_without_its_unit_is_refused(cli: Cli, value: str) -> None:
    (problem,) = validated(cli, f"version: 1\ndefaults:\n  poll: {value}\n")
    assert (problem["line"], problem["key"]) == (3, "defaults.poll")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("base: &b {auth: ntlm}\nversion: 1\ntargets:\n  nyc:\n    <<: *b\n    host: a\n", 5, "merge keys"),
        ("version: 1\ndefaults: {<<: {poll: 1s}}\n", 2, "merge keys"),
        ("version: 1\n'<<': {poll: 1s}\n", 2, "merge keys"),
        ("version: 1\ntargets: {a: {<<: [{host: a}], host: b}}\n", 2, "merge keys"),
        ("version: 1\n---\nversion: 1\n", 2, "second document"),
        ("version: 1\n...\n---\nversion: 1\n", 3, "second document"),
        ("version: !!python/name:os.system\n", 1, "tag"),
        ("version: 1\ndefaults: !!set {poll}\n", 2, "tag"),
        ("version: 1\ndefaults: !mine {poll: 1s}\n", 2, "tag"),
        ("version: 1\ndefaults: {output: !!binary aGk=}\n", 2, "tag"),
        ("version: 1\n!!python/name:os.system : 1\n", 2, "tag"),
        ("version: 1\ndefaults: {poll: 1s, poll: 2s}\n", 2, "again"),
        ("version: 1\ntargets:\n\tnyc: {host: a}\n", 3, "tab"),
        ("version: 1\ndefaults: {poll: *gone}\n", 2, "anchor"),
        ("version: 1\ndefaults: {configuration_name: @x}\n", 2, "quotes"),
        ("version: 1\ndefaults: {configuration_name: %x}\n", 2, "quotes"),
        ("version: 1\ndefaults:\n", 2, "no value"),
        ("version: 1\ntargets:\n", 2, "no value"),
    ],
)  # fmt: skip
def test_unsupported_yaml_features_are_named_with_their_line(cli: Cli, text: str, line: int, said: str) -> None:
    found = validated(cli, text)
    assert any(one["line"] == line and said in one["message"] for one in found), found


# --- misplaced keys, and secrets in the wrong place ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "place"),
    [
        ("version: 1\nhost: a\n", 2, "targets.NAME.host"),
        ("version: 1\npoll: 1s\n", 2, "`defaults` or a target"),
        ("version: 1\nca: x\n", 2, "targets.NAME.tls.ca"),
        ("version: 1\ndefaults: {location: u}\n", 2, "targets.NAME.location"),
        ("version: 1\ndefaults: {verify: false}\n", 2, "targets.NAME.tls.verify"),
        ("version: 1\ndefaults: {targets: {}}\n", 2, "top level"),
        ("version: 1\ntargets: {nyc: {host: a, verify: false}}\n", 2, "targets.NAME.tls.verify"),
        ("version: 1\ntargets: {nyc: {host: a, secret: x}}\n", 2, "service_principal.secret"),
        ("version: 1\ntargets: {nyc: {host: a, tenant: x}}\n", 2, "targets.NAME.sign_in.tenant"),
        ("version: 1\ntargets: {nyc: {host: a, tls: {poll: 1s}}}\n", 2, "`defaults` or a target"),
        ("version: 1\ntargets: {nyc: {host: a, tls: {password: x}}}\n", 2, "targets.NAME.password"),
        ("version: 1\ntargets: {nyc: {host: a, sign_in: {password: x}}}\n", 2, "targets.NAME.password"),
        ("version: 1\ntargets: {nyc: {host: a, sign_in: {secret: x}}}\n", 2, "service_principal.secret"),
        ("version: 1\ntargets: {nyc: {host: a, env: X}}\n", 2, "password: {env: …}"),
        ("version: 1\ntargets: {nyc: {host: a, version: 1}}\n", 2, "top level"),
        ("version: 1\nhots: a\n", 2, "targets.NAME.host"),
    ],
)
def test_a_misplaced_key_is_reported_with_its_right_place(cli: Cli, text: str, line: int, place: str) -> None:
    found = validated(cli, text)
    assert any(one["line"] == line and place in one["message"] for one in found), found


SECRETS = [
    "S3cret!pass",
    "Passw0rd",
    "hunter2",
    "correct horse battery staple",
    "Tr0ub4dor&3",
    "xK9-vw_Qz",
    "пароль",
    "aGVsbG8=",
]
PLACES = {
    "at the top level": "version: 1\n{}: x\n",
    "at the top level, alone": "version: 1\n{}:\n",
    "in defaults": "version: 1\ndefaults:\n  {}: x\n",
    "in a target": "version: 1\ntargets:\n  nyc:\n    host: a\n    {}: x\n",
    "in a target, alone": "version: 1\ntargets:\n  nyc:\n    host: a\n    {}:\n",
    "in a target, twice": "version: 1\ntargets:\n  nyc:\n    host: a\n    {0}: x\n    {0}: x\n",
    "in tls": "version: 1\ntargets:\n  nyc:\n    host: a\n    tls:\n      {}: x\n",
    "in sign_in": "version: 1\ntargets:\n  nyc:\n    host: a\n    sign_in:\n      {}: x\n",
    "in a principal": "version: 1\ntargets: {{nyc: {{host: a, sign_in: {{service_principal: {{{}: x}}}}}}}}\n",
    "as a source": "version: 1\ntargets: {{nyc: {{host: a, username: u, auth: ntlm, password: {{{}: x}}}}}}\n",
    "below a key": "version: 1\ntargets:\n  nyc:\n    host: a\n    {}:\n      <<: x\n",
    "with a tag below": "version: 1\ntargets:\n  nyc:\n    host: a\n    {}: !x y\n",
    "as a target": "version: 1\ntargets:\n  nyc: {{host: a}}\n  {}: x\n",
    "as a value": "version: 1\ntargets:\n  nyc:\n    host: a\n    port: {}\n",
    "as an auth": "version: 1\ntargets:\n  nyc:\n    host: a\n    auth: {}\n",
    "as a duration": "version: 1\ndefaults:\n  poll: {}\n",
    "as a truth value": "version: 1\ndefaults:\n  require_upload_proof: {}\n",
    "as a host's mapping": "version: 1\ntargets:\n  nyc:\n    host: {{{}: x}}\n",
    "as an item": "version: 1\ntargets:\n  nyc:\n    host: [a, {{{}: x}}]\n",
    "as a command": "version: 1\ntargets: {{nyc: {{host: a, username: u, auth: ntlm, password: {{command: {}}}}}}}\n",
    "as a variable's name": "version: 1\ntargets: {{nyc: {{host: a, username: u, auth: ntlm, password: {{env: {}}}}}}}\n",
}


@pytest.mark.sampled(5)
@pytest.mark.parametrize("place", PLACES)
def test_a_secret_in_the_wrong_place_is_never_repeated(cli: Cli, place: str) -> None:
    for secret in SECRETS:
        cli.configure(PLACES[place].format(json.dumps(secret, ensure_ascii=False)))
        shown = [called(cli, "config", "validate", "-o", form) for form in ("table", "json")]
        if place != "as a target":  # the other one is sound
            shown += [called(cli, "backup", "list", "-o", "json", "-t", "nyc")]
        for ended in shown:
            assert ended.code == 9, ended
            assert secret not in json.loads(f'"{escaped(ended)}"'), ended


def escaped(ended: Ended) -> str:
    return json.dumps(ended.out + ended.err, ensure_ascii=False)[1:-1]


@pytest.mark.parametrize(
    "variable", ["PSBRIDGE_POLL", "PSBRIDGE_OUTPUT", "PSBRIDGE_TARGET_NYC_PORT", "PSBRIDGE_TARGET_NYC_AUTH"]
)
def test_a_secret_in_the_wrong_variable_is_never_repeated(cli: Cli, variable: str) -> None:
    cli.configure(HEAD + f"  nyc: {{host: a, {LOGIN}}}\n")
    cli.env[variable] = "S3cret!pass"
    for words in (("config", "validate"), ("backup", "list")):
        ended = called(cli, *words).expect(9)
        assert variable in ended.out + ended.err
        assert "S3cret" not in ended.out + ended.err


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    "source",
    [
        "{file: hunter2}",
        "{file: 'Hunter:horse'}",
        "{credential: hunter2}",
        "{command: [echo hunter2]}",
        "{env: hunter2}",
    ],
)
@pytest.mark.parametrize("folder", [None, "."])
def test_a_secret_in_the_place_of_its_source_is_never_repeated(cli: Cli, source: str, folder: str | None) -> None:
    cli.env.pop("CREDENTIALS_DIRECTORY", None)
    if folder is not None:
        cli.env["CREDENTIALS_DIRECTORY"] = str(cli.folder)
    cli.configure(HEAD + f"  nyc: {{host: a, {LOGIN}, password: {source}}}\n")
    said = ""
    for words in (
        ("config", "validate"),
        ("backup", "list", "-vv", "--debug"),
        ("backup", "list", "-o", "json", "--debug"),
    ):
        ended = cli(*words, "--log-file", "log").expect(9)
        said += ended.out + ended.err
    said += (cli.folder / "log").read_text()
    assert "targets.nyc.password" in said
    assert "hunter" not in said.lower()


def test_a_misspelt_key_is_shown_with_the_right_one(cli: Cli) -> None:
    found = validated(cli, HEAD + "  nyc: {hots: a, usrname: u, passwd: x, locaton: y}\n")
    shown = {one["key"]: one["nearest"] for one in found if one["nearest"]}
    assert shown == {
        "targets.nyc.hots": "host",
        "targets.nyc.usrname": "username",
        "targets.nyc.passwd": "password",
        "targets.nyc.locaton": "location",
    }


def test_a_word_that_is_only_a_little_like_a_key_is_not_taken_for_it(cli: Cli) -> None:
    (found,) = validated(cli, HEAD + "  nyc: {host: a, verdict: x}\n")
    assert (found["nearest"], "verify" in found["message"]) == (None, False)


# --- one wrong target ----------------------------------------------------------------------------------------------

WRONG_TARGETS = {
    "an unknown key": "{host: b, prot: 1}",
    "no host": "{port: 1}",
    "no mapping": "text",
    "no value": "",
    "a bad duration": "{host: b, poll: soon}",
    "an impossible pair": "{host: b, auth: basic, username: u, tls: false}",
    "a missing home": "{host: b, tls: {ca: ~nosuchuser/x}}",
    "a secret's source of another shape": "{host: b, username: u, password: {file: [x]}}",
    "a tag": "{host: !x b}",
    "a merge key": "{<<: {host: b}}",
    "the same key twice": "{host: b, host: c}",
    "a sign-in without a secret": "{host: b, sign_in: {environment: e, tenant: t, arm_endpoint: 'https://x', "
    "service_principal: {application_id: 00000000-0000-0000-0000-000000000000}}}",
    "a missing secret file": "{host: b, auth: ntlm, username: u, password: {file: /nonexistent}}",
    "an unset variable": "{host: b, auth: ntlm, username: u, password: {env: GONE}}",
}


@pytest.mark.sampled(3)
@pytest.mark.parametrize("what", WRONG_TARGETS)
def test_a_wrong_target_ends_only_commands_on_it(cli: Cli, what: str) -> None:
    with cli.facing() as running:
        text = cli.config.read_text()
        cli.configure(f"{text}  paris: {WRONG_TARGETS[what]}\n")
        good = called(cli, "backup", "list", "-t", "nyc", "-o", "json").expect(0)
        asked = sum(running.host.requests.values())
        bad = called(cli, "backup", "list", "-t", "paris", "-o", "json").expect(9)
        listed = called(cli, "target", "list", "-o", "json").expect(0).document["targets"]
        shown = called(cli, "config", "show", "-o", "json").expect(0).document
        problems = called(cli, "config", "validate", "-o", "json").expect(9).document["problems"]
    assert good.document["kind"] == "backup_list"
    assert good.err.strip() == ""
    assert sum(running.host.requests.values()) == asked
    assert bad.error["code"] == "config"
    assert "nyc" in {one["name"] for one in listed}
    assert "nyc" in shown["targets"]
    assert all("nyc" not in (problem["key"] or "") for problem in problems)


@pytest.mark.parametrize(
    "text",
    [
        "version: 2\ntargets: {nyc: {host: a}}\n",
        "version: 1\nhost: x\ntargets: {nyc: {host: a}}\n",
        "version: 1\ndefaults: {pol: 1s}\ntargets: {nyc: {host: a}}\n",
        "version: 1\ntargets: [nyc]\n",
        "version: 1\ntargets: {nyc: {host: a}\n",
    ],
)
def test_an_error_of_the_whole_file_ends_every_command(cli: Cli, text: str) -> None:
    cli.configure(text)
    for words in (
        ("backup", "list", "-t", "nyc"),
        ("backup", "list", "-t", "demo"),
        ("target", "list"),
        ("config", "show"),
    ):
        called(cli, *words).expect(9)


def test_an_invalid_target_is_listed_as_such_and_counts_where_one_must_be_chosen(cli: Cli) -> None:
    cli.configure(HEAD + f"  nyc: {{host: a, {LOGIN}}}\n  paris: {{host: b, prot: 1}}\n")
    assert "paris" in called(cli, "target", "list").expect(0).out
    assert "invalid" in called(cli, "target", "list").expect(0).out
    (paris,) = [
        one for one in called(cli, "target", "list", "-o", "json").document["targets"] if one["name"] == "paris"
    ]
    assert "unknown key" in paris["problem"]
    assert "which target?" in called(cli, "backup", "list").expect(2).err
    assert "paris" in called(cli, "config", "show").expect(0).err
    called(cli, "config", "show", "-t", "paris").expect(9)
    assert "invalid targets" in called(cli, "backup", "list", "-t", "demo", "-v").expect(0).err


def test_targets_whose_variables_are_the_same_are_both_refused(cli: Cli) -> None:
    text = HEAD + "".join(f"  {name}: {{host: a, {LOGIN}}}\n" for name in ("a-b", "a.b", "c"))
    assert [one["line"] for one in validated(cli, text)] == [3, 4]
    assert validated(cli, text, "-t", "c", code=0) == []


def test_the_ids_of_targets_are_those_of_the_config(cli: Cli) -> None:
    cli.configure(HEAD + f"  nyc: {{host: a, {LOGIN}}}\n  paris: {{host: b, {LOGIN}}}\n")
    assert called(cli, "target", "list", "-o", "id").expect(0).out.split() == ["nyc", "paris"]
    assert "demo" in called(cli, "target", "list").expect(0).out
    cli.env["PSBRIDGE_CONFIG"] = ""
    assert called(cli, "target", "list", "-o", "id").expect(0).out == ""


def test_a_password_is_not_in_what_validate_writes(cli: Cli) -> None:
    file(cli, "pw", PASSWORD + "\nmore\n")
    cli.configure(HEAD + f"  nyc: {{host: a, {LOGIN}, password: {{file: pw}}}}\n")
    ended = subprocess.run(
        cli.argv("config", "validate", "--debug", "-vv"),
        env=cli.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert PASSWORD not in ended.stdout + ended.stderr
