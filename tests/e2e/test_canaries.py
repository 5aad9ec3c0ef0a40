"""Canary secrets go through every command and many failures; none is seen in an output, a file, a log or a process list.

The commands are taken from the command line itself: a new one is tried here, or named as an exception with its reason.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
import trustme
import typer.main
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from psbridge.cli.app import app
from psbridge.emulator.emulation import USERNAME, Emulation
from psbridge.emulator.stamp.service import APPLICATION_ID, ServicePrincipal
from psbridge.emulator.store import write_store
from tests.support import tiers
from tests.support.canaries import Canary, leaks
from tests.support.hosts.ping_server import PingServer, ping_server, says
from tests.support.process.cli import Cli, Ended, on_terminal

ENDPOINT: Final = "https://adminmanagement.redmond.psbridge.example"
LOG = ("--log-file", "log.jsonl")
VERBOSITY: Final = (
    ("-o", "json", "-vvv", "--debug", *LOG),
    ("-vvv", "--debug", *LOG),
    ("-q", *LOG),
    ("-o", "yaml", "-v"),
)
PORT: Final = "PORT"
"""Stands for the port of the emulated host."""
ACCOUNT: Final = ("--host", "127.0.0.1", "--port", PORT, "--no-tls", "--auth", "ntlm", "--user", USERNAME)
LAST_RUN: Final = "RUN"
"""Stands for the id of the newest run."""
START = ("backup", "start", "--no-wait")
STORE, KEY = ("--store", "share"), ("--key", "key.pfx", "--key-password-file", "key-password")
WITH_STORE: Final = {"backup verify", "key check", "key list"}
"""Commands that read the backup share of the emulated stamp."""
# What is run of each command, one after the other. All of it succeeds where nothing is wrong, but what is in `ENDS`.
COMMANDS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "backup start": (("backup", "start", "--dry-run"), ("backup", "start", "--proof", "start.json")),
    "backup wait": (START, ("backup", "wait", "--proof", "wait.json")),
    "backup list": (("backup", "list"),),
    "backup show": (("backup", "show", "latest"),),
    "backup confirm": (("backup", "confirm", "latest", "--proof", "confirm.json"),),
    "backup verify": (
        (
            "backup",
            "verify",
            *STORE,
            *KEY,
            "--level",
            "readable",
            "--proof",
            "verify.json",
            "--wrapped-keys",
            "keys.json",
        ),
        ("backup", "confirm", "latest", "--verify", "whole", *STORE, *KEY, "--copy", "share"),
    ),
    "key check": (
        ("backup", "verify", *STORE, "--wrapped-keys", "keys.json"),
        ("key", "check", "key.pfx", "--against", "keys.json", *KEY[2:]),
    ),
    "key list": (("backup", "verify", *STORE, *KEY), ("key", "list", *STORE)),
    "store list": (("store", "list", "--unrecognized"),),
    "recovery show": (("recovery", "show"), ("recovery", "show", "--out", "sheet.json")),
    "run list": (START, ("run", "list")),
    "run show": (START, ("run", "show", LAST_RUN)),
    "run close": (START, ("run", "close", LAST_RUN, "--reason", "tried")),
    "proof verify": (("backup", "start", "--proof", "made.json"), ("proof", "verify", "made.json")),
    "target list": (("target", "list"),),
    "settings show": (("settings", "show"),),
    "status": (("status",),),
    "doctor": (
        ("doctor",),
        ("doctor", "--bundle", "bundle.tar.gz"),
        ("doctor", "--bundle", "named.tar.gz", "--with-names"),
    ),
    "alert list": (("alert", "list", "--all"),),
    "monitor test": (("monitor", "test"),),
    "monitor metrics": (("monitor", "metrics"), ("monitor", "metrics", "--out", "metrics.prom")),
    "monitor rules": (("monitor", "rules"),),
    "monitor dashboard": (("monitor", "dashboard"),),
    "config init": (
        ("config", "init", "--sample", "--config", "sample.yaml"),
        ("config", "init", "--config", "made.yaml", *ACCOUNT, "--password-file", "password", "--no-test"),
        ("config", "init", "--config", "tested.yaml", *ACCOUNT, "--password-command", "./ask"),
    ),
    "config show": (("config", "show", "--origin"),),
    "config validate": (("config", "validate"),),
    "config schema": (("config", "schema"), ("config", "schema", "--results")),
    "explain": (("explain", "4"), ("explain", "--list")),
    "help": (("help",), ("help", "security")),
}
EXCEPTIONS: Final = {
    "emulate": "it runs until Ctrl-C: `test_an_emulated_host_shows_its_two_secrets_once_and_no_other`",
}
ENDS: Final = {
    "config validate": 9,
    "run close": None,
    "help": None,
    "monitor metrics": None,
    "monitor rules": None,
    "monitor dashboard": None,
    "config init": None,
    "config schema": None,
}
"""Commands that do not end with 0 here: one target is wrong, the run has ended, a text has no other format, or the session
of a new config is not signed in. None: any code."""
READ: Final = {f"config init --{name}" for name in ("ca", "client-cert", "client-key", "password-file")} | {
    *(
        f"backup {verb} --{name}"
        for verb in ("start", "wait", "confirm", "verify")
        for name in ("key", "key-password-file")
    ),
    *("key check --against", "key check --key-password-file"),
}
"""Options that name a file to read."""
LOCAL: Final = {
    *("target list", "monitor rules", "monitor dashboard", "config init", "config show", "config validate"),
    *("config schema", "explain", "help"),
}
"""Commands that ask no host: what goes wrong on the way does not change them."""


def commands() -> set[str]:
    """Return the name of each command that the command line has."""
    root: Any = typer.main.get_command(app)
    found: set[str] = set()
    for name, command in root.commands.items():
        found |= {f"{name} {verb}" for verb in getattr(command, "commands", {})} or {name}
    return found


def writing_options() -> set[str]:
    """Return each option that names a file to write, with its command."""
    root: Any = typer.main.get_command(app)
    found: set[str] = set()
    for name, command in root.commands.items():
        for verb, each in getattr(command, "commands", {"": command}).items():
            named = [it for it in each.params if it.metavar == "FILE" and it.rich_help_panel != "Global options"]
            found |= {f"{name} {verb}".strip() + f" {it.opts[0]}" for it in named if it.opts[0].startswith("--")}
    return found


def test_each_command_is_tried_or_has_a_reason() -> None:
    assert set(COMMANDS) | set(EXCEPTIONS) == commands()
    assert set(COMMANDS) & set(EXCEPTIONS) == set()


def test_each_file_that_a_command_writes_is_tried() -> None:
    tried = {f"{name} {word}" for name, lines in COMMANDS.items() for line in lines for word in line}
    assert {option for option in writing_options() - READ if option.split()[0] not in EXCEPTIONS} <= tried


@dataclass
class World:
    """A user with secrets of every kind, in front of an emulated host.

    Attributes:
        inputs: the files that hold secrets.
        keys: keys of the target that differ; an empty one is left out.
        sees: whether the command that writes the password keeps what it can see of other processes.
    """

    cli: Cli
    server: PingServer
    canaries: dict[str, Canary] = field(default_factory=dict)
    inputs: list[Path] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
    sees: bool = False
    port: int = 0

    def secret(self, name: str) -> Canary:
        return self.canaries.setdefault(name, Canary(name))

    def file(self, name: str, text: str, mode: int = 0o600) -> Path:
        """Write one of the files that hold secrets."""
        path = self.cli.folder / name
        path.write_text(text, "utf-8")
        path.chmod(mode)
        self.inputs.append(path)
        return path

    def configure(self, port: int) -> None:
        """Write the config, with every form of a secret."""
        self.file("password", self.secret("password").text + "\n")
        command = self.file("ask", f"#!/bin/sh\n{SEE if self.sees else ''}cat {self.cli.folder}/password\n", 0o700)
        self.file("other", self.secret("password in a file").text)
        self.file("lines", f"{self.secret('first line').text}\n{self.secret('second line').text}\n")
        self.inputs.append(self.cli.config)
        self.port = port
        keys = {
            "host": "127.0.0.1",
            "port": str(port),
            "tls": "false",
            "auth": "ntlm",
            "username": USERNAME,
            "password": f"{{command: [{command}]}}",
            "location": "redmond",
            "sign_in": f"{{environment: AzureStackAdmin, arm_endpoint: '{ENDPOINT}', tenant: contoso.onmicrosoft.com, "
            f"service_principal: {{application_id: {APPLICATION_ID}, secret: {{env: NYC_SECRET}}}}}}",
            "notify": f"{{healthchecks: {{url: '{self.server.url()}/{self.secret('ping URL').in_url}'}}, "
            f"apprise: [{{url: 'json://me:{self.secret('Apprise password').in_url}@{self.address}/"
            f"{self.secret('Apprise path').in_url}'}}]}}",
            **self.keys,
        }
        plain = self.secret("plain text in the config").text
        others = {
            "paris": "{host: 127.0.0.1, port: 1, auth: ntlm, username: u, password: {file: other}}",
            "lima": "{host: 127.0.0.1, port: 1, auth: ntlm, username: u, password: {file: lines}}",
            "oslo": f"{{host: 127.0.0.1, port: 1, auth: ntlm, username: u, password: '{plain}'}}",
            "rome": f"{{host: a, pasword: '{self.secret('misspelt key').text}', "
            f"'{self.secret('a secret for a key').text}': 1}}",
            "cairo": "{host: 127.0.0.1, port: 1, auth: certificate, tls: {client_cert: cert.pem, client_key: key.pem}}",
        }
        _, certificate, key = _certificate(self.secret("key's password").text)
        self.file("cert.pem", certificate)
        self.file("key.pem", key)
        lines = ["version: 1", "defaults: {poll: 0.2s, settle: 1s, call_timeout: 60s}", "targets:", "  nyc:"]
        lines += [f"    {key}: {value}" for key, value in keys.items() if value]
        lines += [f"  {name}: {each}" for name, each in others.items()]
        self.cli.configure("\n".join([*lines, ""]))
        variables = ("NYC_SECRET", "PSBRIDGE_TARGET_PARIS_PASSWORD", "PSBRIDGE_EMULATE_PASSWORD")
        self.cli.env = {name: self.secret(name).text for name in variables} | {"PSBRIDGE_TARGET": "nyc"}

    def share(self, running: Emulation) -> None:
        """Write what the stamp has on its backup share, and the key of its backups."""
        written = write_store(self.cli.folder / "share", running.stamp)
        password = self.secret("password of the key")
        written.write_pfx(self.cli.folder / "key.pfx", password.text)
        self.file("key-password", password.text + "\n")

    @property
    def address(self) -> str:
        return self.server.url().partition("://")[2].partition("/")[0]

    def run(self, *argv: str) -> Ended:
        """Run a command and hold that it shows no secret."""
        if LAST_RUN in argv:
            runs = self.cli("run", "list", "-o", "json").expect(0).document["runs"] or [{"run": "none"}]
            argv = tuple(runs[0]["run"] if word == LAST_RUN else word for word in argv)
        ended = self.cli(*(str(self.port) if word == PORT else word for word in argv))
        self.check(ended)
        return ended

    def check(self, ended: Ended) -> None:
        texts = {f"stdout of {' '.join(ended.argv)}": ended.out, f"stderr of {' '.join(ended.argv)}": ended.err}
        assert leaks(self.cli.folder, texts, self.canaries.values(), self.inputs) == []


SEE: Final = (
    "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' >> seen-processes\n"
    "tr '\\0' '\\n' < /proc/self/environ >> seen-environment\n"
)
"""Lines of a shell script that keep what the list of processes shows, and the script's own environment."""


def _certificate(password: str) -> tuple[str, str, str]:
    """Return the certificate of an authority, one of its certificates, for localhost, and that one's encrypted key, in PEM."""
    ca = trustme.CA()
    issued = ca.issue_cert("localhost")
    key = load_pem_private_key(issued.private_key_pem.bytes(), None)
    sealed = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password.encode()))
    chain = b"".join(blob.bytes() for blob in issued.cert_chain_pems)
    return ca.cert_pem.bytes().decode(), chain.decode(), sealed.decode()


@pytest.fixture
def world(cli: Cli) -> Iterator[World]:
    with ping_server() as server:
        yield World(cli, server)


@contextmanager
def facing(world: World, **how: Any) -> Iterator[Emulation]:
    """Face a host that takes the world's password, on a stamp that takes its secret."""
    users = {USERNAME: world.secret("password").text}
    with world.cli.facing_timeless("not-signed-in", **{"users": users, **how}) as running:
        if how.get("tls"):
            world.keys |= {"tls": f"{{ca: '{running.host.ca_file}'}}"}
        world.configure(running.host.port)
        running.stamp.principal = ServicePrincipal(secret=world.secret("NYC_SECRET").text)
        yield running


Failure = Callable[[World, pytest.MonkeyPatch, Emulation], None]


def nothing(_world: World, _patch: pytest.MonkeyPatch, _running: Emulation) -> None:
    """Let everything work."""


def wrong_secret(_world: World, _patch: pytest.MonkeyPatch, running: Emulation) -> None:
    running.stamp.principal = ServicePrincipal(secret="another")


def closed_port(world: World, _patch: pytest.MonkeyPatch, _running: Emulation) -> None:
    world.configure(1)


def missing_variable(world: World, _patch: pytest.MonkeyPatch, _running: Emulation) -> None:
    del world.cli.env["NYC_SECRET"]


def two_lines(world: World, _patch: pytest.MonkeyPatch, _running: Emulation) -> None:
    world.cli.env["PSBRIDGE_TARGET"] = "lima"


def chatty_server(world: World, _patch: pytest.MonkeyPatch, _running: Emulation) -> None:
    """The server of the notifications fails, and repeats the URL that it was asked for."""
    urls = " ".join(world.secret(name).in_url for name in ("ping URL", "Apprise path", "Apprise password"))
    world.server.answers[:] = [says(500, f"no such check: {urls}".encode())]


def bug(place: str) -> Failure:
    """Return a failure: a function of psbridge raises what it was given."""

    def fail(_world: World, patch: pytest.MonkeyPatch, _running: Emulation) -> None:
        def broken(*args: Any, **more: Any) -> None:
            raise RuntimeError(f"a bug with {args!r} {more!r}")

        patch.setattr(place, broken)

    return fail


BASIC: Final = {"tls": True, "auth": ("basic",), "keys": {"auth": "basic"}}
# What goes wrong, how the host differs, and the exit code of a start that meets it.
FAILURES: Final[Mapping[str, tuple[Failure, dict[str, Any], int]]] = {
    "nothing": (nothing, {}, 0),
    "wrong password": (nothing, {"users": {USERNAME: "another"}}, 4),
    "wrong secret": (wrong_secret, {}, 4),
    "closed port": (closed_port, {}, 5),
    "missing variable": (missing_variable, {}, 9),
    "a file of two lines": (two_lines, {}, 9),
    "notifications fail": (chatty_server, {}, 0),
    "a gateway repeats the login": (nothing, {**BASIC, "faults": ["http:*:echo"]}, 5),
    "a gateway repeats a later request": (nothing, {**BASIC, "faults": ["command:*:echo"]}, 5),
    "wrong password, basic": (nothing, {**BASIC, "users": {USERNAME: "another"}}, 4),
    "lost answer": (nothing, {"faults": ["command:4:reset-after"]}, 0),
    "a fault": (nothing, {"faults": ["command:*:fault=2150858843"]}, 5),
    "nonsense": (nothing, {"faults": ["receive:*:garbage"]}, 5),
    "bug in the session": (bug("psbridge.operations.link.Link._open"), {}, 70),
    "bug in the sign-in": (bug("psbridge.cmdlets.sign_in.ConnectAzAccount.pipeline"), {}, 70),
    "bug in its answer": (bug("psbridge.cmdlets.sign_in.ConnectAzAccount.parse"), {}, 70),
    "bug in the config": (bug("psbridge.config.resolve._endpoint"), {}, 70),
}
# One place reports a bug, wherever it is; so one stands for all of them.
FAST: Final = {
    "backup start": {it for it in FAILURES if not it.startswith("bug in ")} | {"bug in its answer"},
    "doctor": {"wrong password", "wrong secret"},
}


def cases() -> Iterator[Any]:
    for failure in FAILURES:
        for name in COMMANDS:
            if failure != "nothing" and name in LOCAL:
                continue
            fast = failure == "nothing" or failure in FAST.get(name, ())
            yield pytest.param(failure, name, marks=() if fast else pytest.mark.sweep)


@pytest.mark.parametrize(("failure", "name"), list(cases()))
def test_no_secret_is_seen(world: World, monkeypatch: pytest.MonkeyPatch, failure: str, name: str) -> None:
    fail, given, code = FAILURES[failure]
    how = dict(given)
    world.keys |= how.pop("keys", {})
    first = (list(COMMANDS).index(name) + list(FAILURES).index(failure)) % len(VERBOSITY)
    count = tiers.examples(len(VERBOSITY)) if failure == "nothing" else 1
    levels = [*VERBOSITY[first:], *VERBOSITY[:first]][:count]
    for level in VERBOSITY[:2] if code == 70 else levels:
        shutil.rmtree(world.cli.state, ignore_errors=True)
        for made in (it for kind in ("*.json", "*.yaml", "*.tar.gz") for it in world.cli.folder.glob(kind)):
            made.unlink()
        with facing(world, **how) as running:
            if name in WITH_STORE:
                world.share(running)
            fail(world, monkeypatch, running)
            ended = [world.run(*line, *level) for line in COMMANDS[name]]
        monkeypatch.undo()
        if name == "backup start":
            assert ended[-1].code == code, ended[-1].err
        if failure == "nothing" and ENDS.get(name, 0) is not None:
            assert [it.code for it in ended][-1] == ENDS.get(name, 0), ended[-1].out[:3000] + ended[-1].err


def test_the_secrets_of_the_test_are_used(world: World) -> None:
    """Otherwise it would prove nothing that none of them is seen."""
    world.sees = True
    with facing(world) as running:
        world.run("backup", "start").expect(0)
        assert running.stamp.counts()["sign_ins"] > 0
    assert (world.cli.folder / "seen-environment").exists()
    asked = " ".join(f"{it.path} {it.headers}" for it in world.server.requests)
    assert world.secret("ping URL").in_url in asked
    world.run("backup", "list", "-t", "rome").expect(9)
    world.run("backup", "list", "-t", "oslo").expect(5)
    assert leaks(world.cli.folder, {}, world.canaries.values(), []) != []


def test_no_secret_is_in_the_list_of_processes(world: World) -> None:
    """A process of its own, whose password command looks at all processes and at what it was given itself."""
    world.sees = True
    users = {USERNAME: world.secret("password").text}
    with world.cli.facing("not-signed-in", users=users) as running:
        world.configure(running.host.port)
        running.stamp.principal = ServicePrincipal(secret=world.secret("NYC_SECRET").text)
        world.check(world.cli.start("backup", "list", "-vv", "--log-file", "log.jsonl", fresh=True).ended().expect(0))
    seen = (world.cli.folder / "seen-processes").read_text()
    assert "psbridge backup list" in seen
    assert "PATH=" in (world.cli.folder / "seen-environment").read_text()


def test_an_emulated_host_shows_its_two_secrets_once_and_no_other(world: World) -> None:
    """Its first document shows the password and the service principal's secret on purpose: they lead to nothing real."""
    cli, shown = world.cli, world.secret("PSBRIDGE_EMULATE_PASSWORD")
    names = ("PSBRIDGE_EMULATE_PASSWORD", "PSBRIDGE_EMULATE_SECRET", "PSBRIDGE_EMULATE_TLS_KEY_PASSWORD")
    cli.env = {name: world.secret(name).text for name in names}
    authority, certificate, key = _certificate(cli.env[names[2]])
    world.file("ca.pem", authority)
    world.file("cert.pem", certificate)
    world.file("key.pem", key)
    tls = ("--tls-cert", "cert.pem", "--tls-key", "key.pem", "--tls-ca", "ca.pem")
    words = ("emulate", "--port", "0", "--engine", "embedded", "--scenario", "not-signed-in", *tls)
    host = cli.start(*words, "-o", "jsonl", "-vv", "--log-file", "log.jsonl", fresh=True)
    told = host.line()
    process = Path(f"/proc/{host.process.pid}/cmdline").read_bytes()
    sign_in = f"{{environment: AzureStackAdmin, arm_endpoint: '{ENDPOINT}', tenant: contoso.onmicrosoft.com, "
    sign_in += f"service_principal: {{application_id: {APPLICATION_ID}, secret: {{env: {names[1]}}}}}}}"
    cli.configure(f"{told['config']}    sign_in: {sign_in}\n")
    world.inputs.append(cli.config)
    listed = cli("backup", "list", "-vv", env={told["password_variable"]: shown.text}).expect(0)
    host.signal(signal.SIGTERM)
    ended = host.ended()
    meant = [shown, world.secret(names[1])]
    others = [it for it in world.canaries.values() if it not in meant]
    assert leaks(cli.folder, {"told": str(told)}, others, world.inputs) == []
    texts = {"out": ended.out, "err": ended.err, "processes": process.decode("utf-8", "replace")}
    assert leaks(cli.folder, texts, world.canaries.values(), world.inputs) == []
    world.check(listed)


def test_the_plugin_shows_no_secret(world: World) -> None:
    """It has a program of its own. Where it is refused, it remembers the refusal."""
    program = (sys.executable, "-c", "from psbridge.cli.check import main; main()", "-t", "nyc")
    users = {USERNAME: world.secret("password").text}
    with world.cli.facing("not-signed-in", users=users) as running:
        world.configure(running.host.port)
        for secret, state in (("NYC_SECRET", 0), ("another", 3)):
            running.stamp.principal = ServicePrincipal(secret=world.secret(secret).text)
            done = subprocess.run(
                program, env=world.cli.environment(), cwd=world.cli.folder, capture_output=True, text=True, check=False
            )
            assert done.returncode == state, done.stdout
            world.check(Ended(program, done.returncode, done.stdout, done.stderr))


def test_secrets_that_are_typed_for_a_new_config_are_in_its_two_files_only(world: World) -> None:
    password, secret = world.secret("password"), world.secret("NYC_SECRET")
    with world.cli.facing("not-signed-in", users={USERNAME: password.text}) as running:
        running.stamp.principal = ServicePrincipal(secret=secret.text)
        world.cli.env = {"PSBRIDGE_CONFIG": "", "PSBRIDGE_STATE_DIR": ""}
        world.cli.config.unlink()
        answers = [
            ("management host", f"127.0.0.1:{running.host.port}"),
            ("Use http?", "y"),
            *(("Number", "ntlm"), ("User (", USERNAME), ("Number", "file"), ("Password of", password.text)),
            *(("Log in now", "y"), ("sign it in", "y"), ("Admin endpoint", ENDPOINT)),
            *(("Tenant", "contoso.onmicrosoft.com"), ("Application id", APPLICATION_ID)),
            *(("Number", "file"), ("Secret of", secret.text)),
            *(("Log in now", "y"), ("Location of the stamp", ""), ("Name of this target", ""), ("Write this to", "y")),
        ]
        code, shown = on_terminal(world.cli, "config", "init", "-vv", "--log-file", "log.jsonl", answers=answers)
        assert code == 0, shown
        kept = world.cli.folder / ".config" / "psbridge"
        world.inputs += [kept / "redmond.password", kept / "redmond.secret"]
        world.check(Ended(("typed",), code, shown, ""))
        world.run("backup", "list", "-vv").expect(0)


def test_a_password_that_is_typed_is_not_seen(world: World) -> None:
    users = {USERNAME: world.secret("password").text}
    with world.cli.facing("not-signed-in", users=users) as running:
        world.keys |= {"password": ""}
        world.configure(running.host.port)
        running.stamp.principal = ServicePrincipal(secret=world.secret("NYC_SECRET").text)
        typed = f"{world.secret('password').text}\n".encode()
        code, shown = on_terminal(world.cli, "backup", "list", "-vv", typed=("password of", typed))
    assert code == 0, shown
    world.check(Ended(("typed",), code, shown, ""))
