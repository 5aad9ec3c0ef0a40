"""Whatever the far end or a file holds, reading it is bounded in memory, in work and in time.

The command runs in a process of its own whose memory is limited to less than what a reader without bounds takes.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from psbridge import quiet
from psbridge.models.connection import Tls
from psbridge.remoting.winrm.sockets import tls_context
from tests.support.process.cli import Cli, Ended

MEMORY = 500 << 20
"""Bytes of address space; a command takes some 250 MB of it, and 70 MB of memory."""
ENDS = 5
VOID = 14


LIMITS = {"RLIMIT_AS": MEMORY}


def listed(cli: Cli, rule: str, *, tls: bool = False) -> Ended:
    """List the backups of a host that meets each request with the rule."""
    with cli.facing(tls=tls) as running:
        if tls:
            cli.point_at(running.host.port, tls=f"{{ca: '{running.host.ca_file}'}}")
        running.host.faults.add(rule)
        return cli("backup", "list", "--call-timeout", "2m", "-o", "json", limits=LIMITS)


@pytest.mark.parametrize("tls", [False, True], ids=["sealed", "over TLS"])
@pytest.mark.parametrize(
    "rule",
    [
        "http:1:gzip=600000000",
        "http:2:gzip-twice=3000000000",
        "http:3:gzip-twice=3000000000",
        "create:1:gzip=600000000",
        pytest.param("receive:1+:gzip-twice=3000000000", marks=pytest.mark.sweep),  # asks again for 20 s
    ],
)
def test_a_compressed_body_is_refused_at_its_headers_also_during_login(cli: Cli, rule: str, tls: bool) -> None:
    ended = listed(cli, rule, tls=tls).expect(ENDS)
    assert "compressed or encoded (Content-Encoding: gzip" in ended.error["message"]


@pytest.mark.parametrize("rule", ["http:1:wide", "http:3:unclosed", "create:1:unclosed", "create:1:attributes"])
def test_an_envelope_of_eight_megabytes_is_not_read(cli: Cli, rule: str) -> None:
    ended = listed(cli, f"{rule}=8000000").expect(ENDS)
    assert "more than 2097152" in ended.error["message"]


@pytest.mark.parametrize("shape", ["unclosed", "wide", "attributes"])
def test_a_small_envelope_with_too_many_elements_is_refused(cli: Cli, shape: str) -> None:
    ended = listed(cli, f"create:*:{shape}=2000000").expect(ENDS)
    said = "nested deeper than 64" if shape == "unclosed" else "more than 20000 elements and attributes"
    assert said in ended.error["message"]


@pytest.mark.parametrize("effect", ["deep-object=1400000", "wide-object=1400000"])
def test_an_object_too_deep_or_too_large_makes_the_answer_invalid(cli: Cli, effect: str) -> None:
    with cli.facing() as running:
        # How many Receives there are varies: opening takes one at least, and so does the list.
        running.host.faults.add(f"receive:2+:{effect}")
        ended = cli("backup", "list", "--call-timeout", "2s", "-o", "json", limits=LIMITS)
    assert ended.code in {ENDS, 6, VOID}
    assert ended.error["trigger"] == "not_sent"


@pytest.mark.parametrize("effect", ["long-head=1000000", "interim=100000"])
def test_endless_headers_are_read_up_to_a_limit(cli: Cli, effect: str) -> None:
    ended = listed(cli, f"http:1:{effect}").expect(ENDS)
    assert "head of more than 131072 bytes" in ended.error["message"]


def test_chunks_of_one_byte_are_read_like_any_other(cli: Cli) -> None:
    assert listed(cli, "http:*:tiny-chunks").expect(0).document["backups"]


@pytest.mark.sweep  # its time limit passes for real
def test_a_compressed_answer_to_the_trigger_leaves_the_outcome_unknown_or_found(cli: Cli) -> None:
    with cli.facing() as running:
        running.host.faults.add("command:2+:gzip=600000000")
        ended = cli("backup", "start", "-o", "json", "--timeout", "20s", limits=LIMITS)
        triggers = running.stamp.counts()["triggers"]
    assert triggers <= 1
    assert ended.code in ({0, 6, 11} if triggers else {ENDS, 6})


# --- files of this machine


def special(folder: Path, kind: str) -> str:
    """Return what stands in the place of a file."""
    path = folder / kind
    match kind:
        case "pipe":
            os.mkfifo(path, 0o600)
        case "socket":
            with socket.socket(socket.AF_UNIX) as server:
                server.bind(kind)
        case "folder":
            path.mkdir(0o700)
        case "link":
            os.mkfifo(folder / "there", 0o600)
            path.symlink_to(folder / "there")
        case _:
            return kind
    return str(path)


NO_FILES = ["pipe", "socket", "folder", "link", "/dev/null", "/dev/zero", "/dev/tty"]


@pytest.mark.parametrize("kind", NO_FILES)
def test_a_config_that_is_not_a_file_is_refused(cli: Cli, kind: str, monkeypatch) -> None:
    monkeypatch.chdir(cli.folder)
    ended = cli("config", "validate", "--config", special(cli.folder, kind), limits=LIMITS).expect(9)
    assert "not a regular file" in ended.out


@pytest.mark.parametrize("kind", NO_FILES)
def test_a_secret_file_that_is_not_a_file_is_refused_before_anything_is_sent(cli: Cli, kind: str, monkeypatch) -> None:
    monkeypatch.chdir(cli.folder)
    cli.point_at(1, password=f"{{file: '{special(cli.folder, kind)}'}}")
    ended = cli("backup", "list", "-o", "json", limits=LIMITS).expect(9)
    assert "not a regular file" in ended.error["message"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may open it")
def test_a_kernel_file_that_reads_as_empty_is_refused(cli: Cli) -> None:
    ended = cli("config", "validate", "--config", "/proc/kmsg").expect(9)
    assert "no content to read" in ended.out


@pytest.mark.parametrize("kind", NO_FILES)
def test_a_record_that_is_not_a_file_is_refused(cli: Cli, kind: str, monkeypatch) -> None:
    monkeypatch.chdir(cli.folder)
    ended = cli("proof", "verify", special(cli.folder, kind), "-o", "json", limits=LIMITS)
    assert ended.code == 2
    assert "not a regular file" in ended.error["message"]


@pytest.mark.parametrize("kind", ["pipe", "socket", "folder", "link"])
@pytest.mark.parametrize("key", ["ca", "client_key"])
def test_a_tls_file_that_is_not_a_regular_file_is_refused(cli: Cli, kind: str, key: str, monkeypatch) -> None:
    monkeypatch.chdir(cli.folder)
    files = {"client_cert": str(cli.config), key: special(cli.folder, kind)}
    cli.point_at(1, auth="certificate", username="", password="", tls=json.dumps(files))
    ended = cli("backup", "list", "-o", "json", limits=LIMITS).expect(9)
    assert "not a regular file" in ended.error["message"]


@pytest.mark.parametrize(
    "text",
    [
        "    host: a\n" + "".join(f"    k{n}: 1\n" for n in range(70_000)),
        "    host: [" + "a," * 480_000 + "a]\n",
        "    host: {" + "".join(f"k{n}: 1," for n in range(80_000)) + "}\n",
    ],
    ids=["keys", "flow list", "flow mapping"],
)
def test_an_oversized_config_is_refused_with_the_limit(cli: Cli, text: str) -> None:
    cli.configure(f"version: 1\ntargets:\n  nyc:\n{text}")
    ended = cli("config", "validate", limits=LIMITS).expect(9)
    assert "more than 20000 keys and values" in ended.out


@pytest.mark.parametrize(
    "text",
    [
        "[" * 4000,
        '{"a":' * 4000 + "1" + "}" * 4000,
        "[" + "[]," * 5_400_000 + "[]]",
        '{"schema_version": ' + "9" * 100_000 + "}",
        '{"kind": "proof", "a": "' + "x" * 17_000_000 + '"}',
    ],
    ids=["open", "deep", "wide", "a long integer", "large"],
)
def test_an_expensive_record_is_not_judged(cli: Cli, text: str) -> None:
    (cli.folder / "record.json").write_text(text)
    ended = cli("proof", "verify", "record.json", "-o", "json", limits=LIMITS)
    assert ended.code in {2, 14}
    assert "Traceback" not in ended.err


def test_completion_waits_for_no_config_and_reads_no_bomb(cli: Cli) -> None:
    asked = {"_PSBRIDGE_COMPLETE": "complete_bash", "COMP_WORDS": "psbridge backup list --target ", "COMP_CWORD": "4"}
    bomb = "\n".join(f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]" for n in range(9))
    cli.configure(f"a0: &a0 [x]\n{bomb}\ntargets: {{boston: {{}}}}\n")
    assert cli(env=asked, limits=LIMITS).code == 0
    cli.config.unlink()
    os.mkfifo(cli.config, 0o600)
    assert "demo" in cli(env=asked, limits=LIMITS).out


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
@pytest.mark.parametrize("kind", ["pipe", "link", "/dev/zero"])
def test_a_system_ca_path_that_is_not_a_file_is_refused_and_named(cli: Cli, name: str, kind: str) -> None:
    cli.point_at(1, tls="true")
    named = {name: special(cli.folder, kind)}
    ended = cli("backup", "list", "--call-timeout", "1m", "-o", "json", env=named, limits=LIMITS).expect(9)
    assert name in ended.error["message"]


@pytest.mark.parametrize("name", ["KRB5CCNAME", "KRB5_CLIENT_KTNAME", "KRB5_CONFIG", "KRB5_TRACE", "GSS_MECH_CONFIG"])
@pytest.mark.parametrize("auth", ["kerberos", "negotiate"])
def test_a_pipe_in_place_of_a_file_of_kerberos_is_refused_and_named(cli: Cli, name: str, auth: str) -> None:
    cli.point_at(1, auth=auth, username="u@CONTOSO.COM")
    pipe = special(cli.folder, "pipe")
    named = {name: f"FILE:{pipe}" if name == "KRB5CCNAME" else pipe}
    ended = cli("backup", "list", "--call-timeout", "1m", "-o", "json", env=named).expect(9)
    assert name in ended.error["message"]


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
@pytest.mark.parametrize("path", ["nowhere", os.devnull, ".", "/etc/passwd"])
def test_ca_files_that_openssl_ignores_are_left_to_openssl(name: str, path: str, monkeypatch) -> None:
    monkeypatch.setenv(name, path)
    assert tls_context(Tls())


@pytest.mark.parametrize(
    ("words", "code"), [("backup list -t demo --log-file", 9), ("backup confirm -t demo --proof", 2)]
)
def test_a_file_with_nothing_to_read_is_never_written_to(cli: Cli, words: str, code: int) -> None:
    kmsg = Path("/proc/kmsg")  # to its readers a regular file
    if not (kmsg.is_file() and os.access(kmsg, os.R_OK)):
        pytest.skip("the kernel's messages can't be read here")
    cli(*words.split(), str(kmsg), "--call-timeout", "5s").expect(code)


# --- what the libraries log


@pytest.mark.parametrize("name", ["PYPSRP_LOG_CFG", "PYSPNEGO_LOG_CFG"])
def test_a_logging_config_of_a_library_is_ignored_with_one_warning(cli: Cli, name: str) -> None:
    loggers = ("pypsrp", "pypsrp.wsman", "pypsrp.negotiate", "spnego", "spnego._context", "urllib3", "requests")
    written = cli.folder / "log"
    handlers = {"file": {"class": "logging.FileHandler", "filename": str(written), "level": "DEBUG"}}
    config = {
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": handlers,
        "loggers": {logger: {"level": "DEBUG", "handlers": ["file"]} for logger in loggers},
        "root": {"level": "DEBUG", "handlers": ["file"]},
    }
    (cli.folder / "log.json").write_text(json.dumps(config))
    with cli.facing():
        ended = cli("backup", "list", "-o", "json", env={name: str(cli.folder / "log.json")}).expect(0)
    assert ended.err.count(name) == 1
    assert "RuntimeWarning" not in ended.err
    assert not written.exists()


@pytest.mark.sampled(3)
@pytest.mark.parametrize("text", ["{", '{"version": 7}'])
@pytest.mark.parametrize("name", ["PYPSRP_LOG_CFG", "PYSPNEGO_LOG_CFG"])
def test_a_broken_logging_config_of_a_library_ends_nothing(cli: Cli, name: str, text: str) -> None:
    (cli.folder / "log.json").write_text(text)
    with cli.facing():
        cli("backup", "list", env={name: str(cli.folder / "log.json")}).expect(0)


@pytest.mark.parametrize("pipe", [False, True])
def test_the_keys_of_tls_are_not_written_anywhere(cli: Cli, pipe: bool) -> None:
    keys = cli.folder / "keys"
    if pipe:
        os.mkfifo(keys)
    with cli.facing(tls=True) as running:
        cli.point_at(running.host.port, tls=f"{{ca: '{running.host.ca_file}'}}")
        ended = cli("backup", "list", "-o", "json", env={"SSLKEYLOGFILE": str(keys)}).expect(0)
    assert ended.err.count("SSLKEYLOGFILE is ignored") == 1
    assert pipe or not keys.exists()


def test_the_keys_of_tls_are_not_written_where_a_program_asks_later(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    monkeypatch.setattr(quiet, "_found", [])
    with pytest.warns(RuntimeWarning, match="SSLKEYLOGFILE is ignored"):
        assert tls_context(Tls()).keylog_filename is None
    assert not (tmp_path / "keys").exists()


@pytest.mark.parametrize("module", ["psbridge.remoting.winrm.session", "psbridge.emulator.auth.contexts"])
def test_a_program_that_uses_the_library_is_warned_by_python(cli: Cli, module: str) -> None:
    os.mkfifo(cli.folder / "log.json")
    switches = dict.fromkeys(("PYPSRP_LOG_CFG", "PYSPNEGO_LOG_CFG"), str(cli.folder / "log.json"))
    code = f"import {module}, os; assert not [name for name in os.environ if name.endswith('_LOG_CFG')]"
    done = subprocess.run(
        [sys.executable, "-c", code], env=cli.environment(switches), capture_output=True, text=True, check=True
    )
    assert [done.stderr.count(f"RuntimeWarning: {name} is ignored") for name in switches] == [1, 1]


def test_a_logging_config_that_is_a_pipe_is_not_waited_for(cli: Cli) -> None:
    os.mkfifo(cli.folder / "log.json")
    with cli.facing():
        cli("backup", "list", env={"PYPSRP_LOG_CFG": str(cli.folder / "log.json")}).expect(0)
