"""`config init`: questions on a terminal, options in a pipe; each answer is tested once, and nothing is left half-written."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import signal
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import jsonschema
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from psbridge.emulator.emulation import Emulating, Emulation, emulation
from psbridge.emulator.tls.server import TlsFiles
from tests.support.process.cli import PASSWORD, SPEED, Cli, on_terminal

USER = r"AZS\operator"
Answers = list[tuple[str, str]]
DAY = dt.timedelta(days=1)
START = ("backup", "start", "-o", "json")


@pytest.fixture
def new(cli: Cli) -> Cli:
    """Return a user with an empty home and no variable of psbridge but those that shorten its pauses."""
    cli.env |= {"PSBRIDGE_CONFIG": "", "PSBRIDGE_STATE_DIR": "", "PSBRIDGE_POLL": "0.2s", "PSBRIDGE_SETTLE": "1s"}
    return cli


def folder(cli: Cli) -> Path:
    return cli.folder / ".config" / "psbridge"


@contextmanager
def host(**how: object) -> Iterator[Emulation]:
    known = {"users": {USER: PASSWORD}, "speed": SPEED, **how}
    with emulation(Emulating(**known)) as running:  # type: ignore[arg-type]  # by name
        yield running


def plain(running: Emulation) -> Answers:
    """Return the answers up to the account, over http."""
    return [
        ("management host", f"127.0.0.1:{running.host.port}"),
        ("Use http?", "y"),
        ("Number", "ntlm"),
    ]


def account(password: str = PASSWORD) -> Answers:
    return [("User (", USER), ("Number", "file"), ("Password of", password)]


TESTED: Answers = [("Log in now", "y"), ("Location of the stamp", ""), ("Name of this target", "")]
WRITE: Answers = [("Write this to", "y")]


def signed_in(running: Emulation) -> Answers:
    principal = running.stamp.principal
    return [
        ("sign it in", "y"),
        ("Admin endpoint", "https://adminmanagement.redmond.psbridge.example"),
        ("Tenant", "contoso.onmicrosoft.com"),
        ("Application id", principal.application_id),
        ("Number", "file"),
        ("Secret of", principal.secret),
    ]


def leads_to_a_confirmed_backup(cli: Cli) -> None:
    cli("doctor").expect(0)
    cli("backup", "start", "--dry-run").expect(0)
    assert cli(*START).expect(0).document["verdict"] == "confirmed"


@pytest.mark.sweep
def test_the_answers_lead_from_an_empty_home_to_a_confirmed_backup(new: Cli) -> None:
    with host() as running:
        code, shown = on_terminal(new, "config", "init", answers=[*plain(running), *account(), *TESTED, *WRITE])
        assert code == 0
        leads_to_a_confirmed_backup(new)
    assert "psbridge doctor -t redmond" in shown
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder(new).iterdir()}
    assert modes == {"config.yaml": 0o600, "redmond.password": 0o600, "psbridge.schema.json": 0o600}
    assert stat.S_IMODE(folder(new).stat().st_mode) == 0o700
    assert PASSWORD not in shown


@pytest.mark.sweep
def test_a_session_that_is_not_signed_in_is_signed_in_over_verified_tls(new: Cli) -> None:
    with host(tls=True, scenario="not-signed-in") as running:
        where: Answers = [
            ("management host", f"127.0.0.1:{running.host.port}"),
            ("Number", "ca"),
            ("PEM file", str(running.host.ca_file)),
            ("Number", "1"),
        ]
        log_in: Answers = [("Log in now", "y"), *signed_in(running)]
        code, shown = on_terminal(new, "config", "init", answers=[*where, *account(), *log_in, *TESTED, *WRITE])
        assert code == 0
        leads_to_a_confirmed_backup(new)
    assert PASSWORD not in shown
    assert running.stamp.principal.secret not in shown
    assert (folder(new) / "redmond.secret").read_text() == running.stamp.principal.secret + "\n"


def test_a_refused_login_is_corrected_and_tried_again_only_if_the_user_agrees(new: Cli) -> None:
    correct: Answers = [("Number", "correct"), ("User", ""), ("Password of", PASSWORD)]
    with host() as running:
        answers = [*plain(running), *account("wrong"), ("Log in now", ""), *correct, *TESTED, *WRITE]
        code, shown = on_terminal(new, "config", "init", answers=answers)
    assert code == 0
    assert "Log in now, once, to test this and to read the location? [y/N]" in shown
    assert (folder(new) / "redmond.password").read_text() == PASSWORD + "\n"


def test_a_refused_service_principal_is_corrected(new: Cli) -> None:
    with host(scenario="not-signed-in") as running:
        first = [(text, "mistyped" if text == "Secret of" else answer) for text, answer in signed_in(running)]
        right = [("Number", "correct"), *((text, "") for text, _ in signed_in(running)[1:-2]), *signed_in(running)[-2:]]
        answers = [
            *plain(running),
            *account(),
            ("Log in now", "y"),
            *first,
            ("Log in now", "y"),
            *right,
            *TESTED,
            *WRITE,
        ]
        code, _ = on_terminal(new, "config", "init", answers=answers)
        assert code == 0
        assert (folder(new) / "redmond.secret").read_text() == running.stamp.principal.secret + "\n"


def test_a_password_that_ends_with_a_space_is_pointed_out_and_no_folder_of_the_test_is_shown(new: Cli) -> None:
    with host() as running:
        answers = [*plain(running), *account(PASSWORD + " "), ("Log in now", "y"), ("Number", "stop")]
        code, shown = on_terminal(new, "config", "init", answers=answers)
    assert code == 130
    assert "it begins or ends with a space" in shown
    assert "psbridge-init-" not in shown


def test_a_location_that_the_stamp_does_not_report_is_questioned(new: Cli) -> None:
    typo: Answers = [("Log in now", "y"), ("Location of the stamp", "redmnd"), ("all the same", "")]
    with host() as running:
        code, _ = on_terminal(new, "config", "init", answers=[*plain(running), *account(), *typo, *TESTED[1:], *WRITE])
        assert code == 0
    assert yaml.safe_load((folder(new) / "config.yaml").read_text())["targets"]["redmond"]["location"] == "redmond"


def test_without_consent_nothing_logs_in(new: Cli) -> None:
    with host() as running:
        answers = [*plain(running), *account(), ("Log in now", "n"), ("Location", "redmond"), ("Name", "west"), *WRITE]
        assert on_terminal(new, "config", "init", answers=answers)[0] == 0
        assert not any("Create" in name for name in running.host.requests)
    assert list(yaml.safe_load((folder(new) / "config.yaml").read_text())["targets"]) == ["west"]


def test_an_unreachable_host_can_be_kept(new: Cli) -> None:
    answers: Answers = [("management host", "127.0.0.1:9"), ("Number", "keep"), ("Number", "ntlm"), ("User (", USER)]
    answers += [("Number", "env"), ("Name of the variable", "MY_PASSWORD"), ("Log in now", "n"), ("Location", "")]
    answers += [("Name", "west"), *WRITE]
    assert on_terminal(new, "config", "init", answers=answers)[0] == 0
    target = yaml.safe_load((folder(new) / "config.yaml").read_text())["targets"]["west"]
    assert target == {
        "host": "127.0.0.1",
        "port": 9,
        "auth": "ntlm",
        "username": USER,
        "password": {"env": "MY_PASSWORD"},
    }


def test_a_wrong_answer_is_asked_for_again(new: Cli) -> None:
    answers: Answers = [
        ("management host", "https://oaw01"),
        ("without https://", "oaw01.contoso.com"),
        ("Number", "9"),
    ]
    answers += [
        ("expected a number from 1 to", "ntlm"),
        ("User (", "u\x01"),
        ("control characters", "u"),
        ("Number", "prompt"),
    ]
    answers += [
        ("Location", "a/b"),
        ("expected a location", ""),
        ("Name", "demo"),
        ("own emulated", "ok"),
        ("Write", "maybe"),
    ]
    answers += [("expected y or n", "n")]
    code, shown = on_terminal(new, "config", "init", "--no-test", answers=answers)
    assert code == 130
    assert "Nothing was written." in shown
    assert not folder(new).exists()


@pytest.mark.parametrize(
    "asked", ["management host", "User (", "Number", "Password of", "Location", "Name of", "Write this"]
)
def test_the_end_of_input_leaves_nothing_behind(new: Cli, asked: str) -> None:
    answers: Answers = [("management host", "oaw01"), ("Number", "ntlm"), ("User (", "u"), ("Number", "file")]
    answers += [("Password of", "x"), ("Location", ""), ("Name of", ""), ("Write this", "y")]
    at = next(at for at, (text, _) in enumerate(answers) if text == asked)
    code, shown = on_terminal(new, "config", "init", "--no-test", answers=answers[:at], typed=(asked, b"\x04"))
    assert (code, "Nothing was written." in shown) == (130, True)
    assert not folder(new).exists()


def test_questions_are_wrapped_between_words_at_the_width_of_the_terminal(new: Cli) -> None:
    answers: Answers = [("management host", "oaw01"), ("Number", "ntlm"), ("User (", "u"), ("Number", "file")]
    answers += [("Password of", "x"), ("Location", "redmond"), ("Name of", "west"), ("[Y/n]: ", "y")]
    code, shown = on_terminal(new, "config", "init", "--no-test", answers=answers, columns=60)
    assert code == 0
    lines = shown.partition("  # ")[0].replace(str(new.folder), "").splitlines()
    assert "                 into a file that only you can read" in lines
    assert [line for line in lines if len(line) > 60] == []


@pytest.mark.parametrize("asked", ["User (", "Password of"])
def test_ctrl_c_leaves_nothing_behind_and_ends_the_line(new: Cli, asked: str) -> None:
    answers: Answers = [("management host", "oaw01"), ("Number", "ntlm"), ("User (", "u"), ("Number", "file")]
    before = [text for text, _ in answers].index(asked) if asked == "User (" else len(answers)
    ended, shown = on_terminal_interrupted(new, answers[:before], asked)
    assert ended == 130
    assert re.search(r"\r\n\S*error:\S* interrupted", shown)
    assert not folder(new).exists()


def on_terminal_interrupted(cli: Cli, answers: Sequence[tuple[str, str]], until: str) -> tuple[int, str]:
    """Answer on a terminal, and send SIGINT when a text is shown; return the exit code and what is shown from then on."""
    import os
    import pty

    master, slave = pty.openpty()
    streams = {"stdin": slave, "stdout": slave, "stderr": slave}
    process = cli.start("config", "init", "--no-test", env={"TERM": "xterm"}, **streams).process
    os.close(slave)
    shown, left = b"", [*answers, (until, "")]
    while left:
        shown += os.read(master, 65536)
        if left[0][0].encode() in shown:
            shown, (_, answer) = b"", left.pop(0)
            if left:
                os.write(master, f"{answer}\n".encode())
    process.send_signal(signal.SIGINT)
    code = process.wait(60)
    shown = os.read(master, 65536)
    os.close(master)
    return int(code), shown.decode()


# --- in a pipe -----------------------------------------------------------------------------------------------------


def test_in_a_pipe_all_missing_options_are_named_in_one_error(new: Cli) -> None:
    error = new("config", "init", "-o", "json").expect(2).error
    assert error["detail"]["missing"][:3] == ["--host", "--auth", "--user"]
    assert "--password-file" in error["message"]
    assert "--sample" in error["hint"]
    error = new("config", "init", "--host", "a", "--auth", "certificate", "-o", "json").expect(2).error
    assert error["detail"]["missing"] == ["--client-cert"]
    new("config", "init", "--host", "a", "--auth", "kerberos", "--no-test").expect(0)


def options(cli: Cli, running: Emulation, password: str = PASSWORD) -> list[str]:
    (cli.folder / "pw").write_text(password)
    (cli.folder / "pw").chmod(0o600)
    where = ["--host", "127.0.0.1", "--port", str(running.host.port), "--no-tls"]
    return ["config", "init", *where, "--auth", "ntlm", "--user", USER, "--password-file", str(cli.folder / "pw")]


def test_options_are_tested_and_lead_to_the_stamp(new: Cli) -> None:
    with host() as running:
        ended = new(*options(new, running)).expect(0)
        new("doctor", "--only", "location").expect(0)
    assert ended.out == f"{folder(new) / 'config.yaml'}\n"
    assert list(yaml.safe_load(Path(ended.out.strip()).read_text())["targets"]) == ["redmond"]


def test_an_option_that_fails_its_test_writes_nothing(new: Cli) -> None:
    with host() as running:
        assert new(*options(new, running, "wrong"), "-o", "json").expect(4).error["code"] == "auth"
    assert new(*options(new, running), "-o", "json").expect(5).error["code"] == "unreachable"
    assert not folder(new).exists()
    new(*options(new, running), "--no-test", "--name", "later").expect(0)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--host", "https://a"], "--host: expected a host name"),
        (["--port", "70000"], "--port: expected a port"),
        (["--auth", "magic"], "--auth: expected one of"),
        (["--ca", "/nonexistent"], "--ca: expected a file"),
        (["--name", "demo"], "--name: `demo` is"),
        (["--password-env", "A", "--password-prompt"], "--password-env and --password-prompt can't be given together"),
        (["--sample", "--host", "a"], "--sample takes no --host"),
    ],
)
def test_a_wrong_option_is_named(new: Cli, more: list[str], said: str) -> None:
    assert said in new("config", "init", "--no-test", *more).expect(2).err
    assert not folder(new).exists()


def test_on_a_terminal_options_are_not_asked_for(new: Cli) -> None:
    words = ["config", "init", "--no-test", "--host", "oaw01", "--auth", "ntlm", "--user", "u", "--password-env", "PW"]
    code, shown = on_terminal(new, *words, "--location", "redmond", "--name", "west", answers=WRITE)
    assert code == 0
    assert "management host" not in shown


def test_nothing_that_exists_is_overwritten(new: Cli) -> None:
    folder(new).mkdir(parents=True)
    kept = folder(new) / "config.yaml"
    kept.write_text("mine")
    for more in (["--sample"], ["--host", "a", "--auth", "kerberos", "--no-test"], []):
        assert f"{kept} already exists and was not changed" in new("config", "init", *more).expect(9).err
    assert on_terminal(new, "config", "init")[0] == 9
    assert kept.read_text() == "mine"
    kept.unlink()
    (folder(new) / "west.password").write_text("other")
    answers: Answers = [
        ("User (", "u"),
        ("Number", "file"),
        ("Password of", "x"),
        ("Location", ""),
        ("Name", "west"),
        *WRITE,
    ]
    code, shown = on_terminal(new, "config", "init", "--no-test", "--host", "a", "--auth", "ntlm", answers=answers)
    assert (code, "west.password already exists" in "".join(shown.split("\r\n"))) == (9, True)
    assert [path.name for path in folder(new).iterdir()] == ["west.password"]
    assert (folder(new) / "west.password").read_text() == "other"


def test_editors_find_the_schema_next_to_the_config_without_a_network(new: Cli) -> None:
    new(
        "config", "init", "--host", "oaw01", "--auth", "ntlm", "--user", USER, "--password-env", "P", "--no-test"
    ).expect(0)
    text = (folder(new) / "config.yaml").read_text()
    named = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)
    assert named
    schema = json.loads((folder(new) / named[1]).read_text())
    jsonschema.validate(yaml.safe_load(text), schema)


def test_a_login_whose_package_is_missing_says_what_to_install(new: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    from psbridge.config import draft

    monkeypatch.setattr(draft, "lacking", lambda auth: ["gssapi"] if auth == "kerberos" else [])
    listed = {login.auth: login.lacks for login in draft.logins(("Negotiate",), tls=True, verified=True)}
    assert "psbridge[kerberos]" in (listed["kerberos"] or "")
    assert listed["ntlm"] is None
    assert listed["basic"] == "the host does not offer it"


def test_the_sample_can_still_be_had(new: Cli) -> None:
    new("config", "init", "--sample").expect(0)
    assert "# sign_in:" in (folder(new) / "config.yaml").read_text()
    new("config", "validate").expect(0)


# --- certificates --------------------------------------------------------------------------------------------------


def self_signed(folder: Path, name: str = "localhost") -> TlsFiles:
    """Write a certificate that is signed by itself, as New-SelfSignedCertificate makes it, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(named, named, key.public_key(), x509.random_serial_number(), now - DAY, now + 300 * DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "host.pem").write_bytes(made.public_bytes(pem))
    (folder / "host.key").write_bytes(plain)
    return TlsFiles(folder / "host.pem", folder / "host.key")


def test_a_self_signed_certificate_is_trusted_after_its_fingerprint_was_compared(new: Cli) -> None:
    files = self_signed(new.folder)
    with host(tls=files) as running:
        where: Answers = [
            ("management host", f"localhost:{running.host.port}"),
            ("Number", "trust"),
            ("Number", "ntlm"),
        ]
        code, shown = on_terminal(new, "config", "init", answers=[*where, *account(), *TESTED, *WRITE])
        assert code == 0, shown
        new("doctor", "--only", "tls").expect(0)
    der = x509.load_pem_x509_certificate(Path(files.certificate).read_bytes()).public_bytes(serialization.Encoding.DER)
    assert "-".join(f"{byte:02X}" for byte in hashlib.sha256(der).digest()) in shown
    written = yaml.safe_load((folder(new) / "config.yaml").read_text())["targets"]["redmond"]
    assert written["tls"] == {"ca": "redmond.pem"}
    assert (folder(new) / "redmond.pem").read_text() == Path(files.certificate).read_text()


def test_a_certificate_for_another_name_is_trusted_by_that_name(new: Cli) -> None:
    files = self_signed(new.folder, "listener.contoso.com")
    new.env["SSL_CERT_FILE"] = str(files.certificate)
    with host(tls=files) as running:
        where: Answers = [("management host", f"localhost:{running.host.port}"), ("Number", "name"), ("Number", "ntlm")]
        code, shown = on_terminal(new, "config", "init", answers=[*where, *account(), *TESTED, *WRITE])
    assert code == 0, shown
    written = yaml.safe_load((folder(new) / "config.yaml").read_text())["targets"]["redmond"]
    assert written["tls"] == {"server_name": "listener.contoso.com"}


def test_http_is_never_offered_for_a_certificate_that_was_refused(new: Cli) -> None:
    with host(tls=True) as running:
        answers: Answers = [("management host", f"localhost:{running.host.port}"), ("Number", "stop")]
        code, shown = on_terminal(new, "config", "init", answers=answers)
    assert code == 130
    assert "http?" not in shown
    assert "trust this certificate" not in shown, "it is not its own authority"
