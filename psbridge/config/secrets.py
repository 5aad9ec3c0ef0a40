"""Where a secret comes from, and reading it, late: when a connection is about to be made.

A source says what it is without its text, and no error holds what was read.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, NoReturn, cast

import msgspec

from psbridge.config import files
from psbridge.errors import ConfigError, Warn
from psbridge.models.secret import Secret

if TYPE_CHECKING:
    import subprocess

MASK = "***"


class PlainText(msgspec.Struct, frozen=True):
    """The secret stands in the config itself, or in a target's own environment variable."""

    secret: Secret


class FromEnv(msgspec.Struct, frozen=True):
    """`{env: NAME}`."""

    name: str


class FromFile(msgspec.Struct, frozen=True):
    """`{file: PATH}`: its only line."""

    path: str


class FromCommand(msgspec.Struct, frozen=True):
    """`{command: [pass, show, azs], env: [NAME]}`: its first line of output; no shell is between.

    Attributes:
        env: variables that it gets in addition to those of any session.
    """

    argv: tuple[str, ...]
    env: tuple[str, ...] = ()


class FromCredential(msgspec.Struct, frozen=True):
    """`{credential: NAME}`: systemd's `LoadCredential=`, a file in `$CREDENTIALS_DIRECTORY`."""

    name: str


SecretSource = PlainText | FromEnv | FromFile | FromCommand | FromCredential


def sayable(word: str) -> bool:
    """Return whether a word looks like a path or a name, and not like a secret that was pasted in its place."""
    return re.fullmatch(r"[A-Za-z0-9._/~+@-]+", word) is not None


def may_be_secret(name: str) -> bool:
    """Return whether what stands in a file's or credential's place may be a password; a path is not."""
    return "/" not in name and (not sayable(name) or any(it.isdigit() for it in name))


def shown(source: SecretSource) -> object:
    """Return a source as `config show` gives it: where the secret is, never what; a command's arguments are masked."""
    match source:
        case PlainText():
            return MASK
        case FromEnv(name):
            return {"env": name}
        case FromFile(path):
            return {"file": path if "/" in path or sayable(path) else MASK}
        case FromCommand(argv, names):
            command = {"command": [argv[0] if sayable(argv[0]) else MASK, *([MASK] if len(argv) > 1 else [])]}
            return command | {"env": list(names)} if names else command
        case FromCredential(name):
            return {"credential": name if sayable(name) else MASK}


COMMAND_SECONDS = 30.0
"""The longest that a password manager is waited for; it may ask its user something in a window of its own."""

COMMAND_ENV = frozenset({
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TERM", "DISPLAY", "WAYLAND_DISPLAY",
    "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS", "SSH_AUTH_SOCK",
    "GPG_TTY", "GNUPGHOME", "PASSWORD_STORE_DIR", "PASSWORD_STORE_GPG_OPTS", "PYTHON_KEYRING_BACKEND",
    "VAULT_ADDR", "VAULT_AGENT_ADDR", "VAULT_NAMESPACE", "VAULT_CACERT", "VAULT_CAPATH", "VAULT_TLS_SERVER_NAME",
    "VAULT_CLIENT_CERT", "VAULT_CLIENT_KEY",
})  # fmt: skip
"""What a session sets for its programs, and where pass, keyring and vault find their stores. None of it is a secret: a token
such as `VAULT_TOKEN` is passed only if the config's `env` names it."""
_COMMAND_ENV_PREFIXES = ("LC_", "XDG_")
_BREAKS = re.compile("[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
"""What ends a line for `str.splitlines`."""
_UNSET = (
    "Set it where psbridge runs: cron, systemd and sudo do not pass the variables of a shell. A file works everywhere: "
    "{file: PATH}."
)
_BY_HAND = (
    "Run the command by hand; what it writes is not shown here. It gets the variables of a session (PATH, HOME, LANG …) and "
    "those that `env` names: {command: [...], env: [NAME]}."
)


def read(
    source: SecretSource,
    env: Mapping[str, str],
    config: Path | None,
    what: str,
    warn: Warn,
    command_seconds: float = COMMAND_SECONDS,
) -> Secret:
    """Return the secret that a source names.

    Args:
        source: where it is.
        env: the environment, for `env`, `credential` and what a command is given of it.
        config: the config file; relative paths start at its folder.
        what: whose secret, such as `targets.redmond.password`.
        warn: takes a sentence about a secret that others may read.
        command_seconds: the longest that a command may take.

    Raises:
        ConfigError: it isn't there, is empty, has a second line, or others may change it.
    """
    match source:
        case PlainText(secret):
            return _only_line(secret.reveal(), what, "it")
        case FromEnv(name):
            return _variable(name, env, what)
        case FromFile(path):
            found = Path(files.beside(config, path) or path)
            if may_be_secret(path) and not os.path.lexists(found):
                _refuse(
                    what,
                    "can't read the file that `file` names, in the folder of the config: No such file or directory",
                )
            return _file(found, what, warn)
        case FromCredential(name):
            return _credential(name, env, what)
        case FromCommand():
            return _command(source, env, what, command_seconds)


def _refuse(what: str, message: str, hint: str | None = None) -> NoReturn:
    # from None: what is behind it may name a secret, and `--debug` would show that
    raise ConfigError(f"{what}: {message}", hint=hint, detail={"key": what}) from None


def made(text: str, what: str, absent: str) -> Secret:
    """Return a text as the secret of `what`, such as `targets.redmond.password`; `absent` says what is wrong if it is empty.

    Raises:
        ConfigError: it is empty, or no login can send it.
    """
    if not text:
        _refuse(what, absent)
    if "\x00" in text:
        _refuse(what, "the secret holds a NUL")
    # Bytes of an environment that are no UTF-8, and half a pair in YAML's "\ud83d", come as these; no login can send them.
    if any("\ud800" <= character <= "\udfff" for character in text):
        _refuse(what, "the secret is not UTF-8 text")
    return Secret(text)


def _only_line(text: str, what: str, whose: str) -> Secret:
    """Return a text of one line as a secret; the end of that line does not belong to it, all else does.

    `whose` names what holds it, for the message.

    Raises:
        ConfigError: it is empty, has a second line, or no login can send it.
    """
    line = text.removesuffix("\n").removesuffix("\r")
    if _BREAKS.search(line):
        hint = "Is it the right one? A password is the only line; what has more can be read with {command: [...]}."
        _refuse(what, f"{whose} holds more than one line, and a password is one", hint)
    return made(line, what, f"{whose} is empty")


def _variable(name: str, env: Mapping[str, str], what: str) -> Secret:
    # A name in small letters may be a password that was written in its place.
    said = f"the environment variable {name}" if name.isupper() else "the environment variable that `env` names"
    if name not in env:
        _refuse(what, f"{said} is not set", _UNSET)
    return _only_line(env[name], what, said)


def _file(path: Path, what: str, warn: Warn) -> Secret:
    text, open_to_read = files.read(path, "secret file")
    if open_to_read:
        warn(f"{what}: others may read the secret file {path}; chmod 600 {path}")
    return _only_line(text, what, f"the secret file {path}")


def _credential(name: str, env: Mapping[str, str], what: str) -> Secret:
    folder = env.get("CREDENTIALS_DIRECTORY")
    unsayable = may_be_secret(name)
    hint = f"let systemd set it: LoadCredential={'NAME' if unsayable else name}:PATH"
    if not folder:
        state = "is not set" if folder is None else "is empty"
        _refuse(what, f"$CREDENTIALS_DIRECTORY {state}", hint)
    if "/" in name or name in {".", ".."}:
        _refuse(what, "a credential's name has no /")
    if unsayable and not os.path.lexists(Path(folder) / name):
        _refuse(what, f"the credential that `credential` names is not in {folder}", hint)
    # systemd's file is 0440 by its ACL, though only this service may read it: no word about its readers
    return _file(Path(folder) / name, what, lambda _: None)


def command_environment(source: FromCommand, env: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a command: what a session sets, and what the config names; no other password."""
    names = COMMAND_ENV | set(source.env)
    return {key: value for key, value in env.items() if key in names or key.startswith(_COMMAND_ENV_PREFIXES)}


def program_of(source: FromCommand) -> str:
    """Return a command's program for a message; a word that does not look like a program may be a secret."""
    return source.argv[0] if sayable(source.argv[0]) else "the command's program"


def _command(source: FromCommand, env: Mapping[str, str], what: str, seconds: float) -> Secret:
    """Run a password manager without a shell, and take the first line that it writes.

    It is the leader of a session and so of a process group: what it started ends with it when it fails.
    """
    import subprocess

    program = program_of(source)
    try:
        process = subprocess.Popen(  # noqa: S603 - the user's own config names the program; no shell is between
            source.argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=command_environment(source, env),
            start_new_session=True,
        )
    except OSError as error:
        _refuse(what, f"can't run {program}: {error.strerror}")
    until = time.monotonic() + seconds
    try:
        output = _written(process, until)
        code = process.wait(max(0.0, until - time.monotonic()))
    except (subprocess.TimeoutExpired, TimeoutError):
        failure = f"{program} did not end within {seconds:g} s"
    except OverflowError:
        failure = f"{program} wrote more than {files.MOST // 1024} KiB"
    else:
        if code == 0:
            return _first_line(output, what, program)
        failure = f"{program} ended with {code}"
    finally:
        if process.returncode is None:  # until then no other process can have its number
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        cast("IO[bytes]", process.stdout).close()
    _refuse(what, failure, _BY_HAND)


def _written(process: subprocess.Popen[bytes], until: float) -> bytes:
    """Return all that a process writes.

    Raises:
        TimeoutError: it goes on writing, or keeps its output open, until then (of the monotonic clock).
        OverflowError: it is more than any secret.
    """
    import selectors

    stream, output, ready = cast("IO[bytes]", process.stdout), b"", selectors.DefaultSelector()
    ready.register(stream, selectors.EVENT_READ)
    while len(output) <= files.MOST:
        if not ready.select(max(0.0, until - time.monotonic())):
            raise TimeoutError
        part = os.read(stream.fileno(), 1 << 16)
        if not part:
            return output
        output += part
    raise OverflowError


def _first_line(output: bytes, what: str, program: str) -> Secret:
    try:
        line = output.split(b"\n", 1)[0].decode().removesuffix("\r")
    except UnicodeDecodeError:
        line = ""
    return made(line, what, f"{program} wrote no text")
