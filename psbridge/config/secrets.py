"""Secrets read, late: when a connection is about to be made. No error holds what was read."""

from __future__ import annotations

import os
import selectors
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, NoReturn, cast

from psbridge.config import files
from psbridge.config.loading import beside
from psbridge.config.sources import (
    FromCommand,
    FromCredential,
    FromEnv,
    FromFile,
    PlainText,
    SecretSource,
)
from psbridge.errors import ConfigError
from psbridge.models import Secret

if TYPE_CHECKING:
    import subprocess

COMMAND_SECONDS = 30.0
"""The longest that a password manager is waited for; it may ask its user something."""

Warn = Callable[[str], object]


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
        env: the environment, for `env` and `credential`.
        config: the config file, beside which relative paths are.
        what: whose secret, such as `targets.redmond.password`.
        warn: takes a sentence about a secret that others may read.
        command_seconds: the longest that a command may take.

    Raises:
        ConfigError: it isn't there, is empty, or others may change it.
    """
    match source:
        case PlainText(secret):
            return made(secret.reveal(), what, "it is empty")
        case FromEnv(name):
            text = env.get(name, "")
            return made(text, what, f"the environment variable {name} is not set")
        case FromFile(path):
            return _file(Path(beside(config, path) or path), what, warn)
        case FromCredential(name):
            return _credential(name, env, what)
        case FromCommand(argv):
            return _command(argv, what, command_seconds)


def _refuse(what: str, message: str, hint: str | None = None) -> NoReturn:
    raise ConfigError(f"{what}: {message}", hint=hint, detail={"key": what})


def made(text: str, what: str, absent: str) -> Secret:
    """Return a text as a secret.

    Args:
        text: as it was read or typed.
        what: whose secret.
        absent: what is wrong where it is empty.

    Raises:
        ConfigError: it is empty, or no login can send it.
    """
    if not text:
        _refuse(what, absent)
    if "\x00" in text:
        _refuse(what, "the secret holds a NUL")
    # Bytes of an environment that are no UTF-8, and half a pair in YAML's "\ud83d", come as these; no login can send them.
    if any("\ud800" <= character <= "\udfff" for character in text):
        _refuse(what, "the secret is no UTF-8 text")
    return Secret(text)


def _file(path: Path, what: str, warn: Warn) -> Secret:
    text, open_to_read = files.read(path, "secret file")
    if open_to_read:
        warn(f"{what}: others may read the secret file {path}; chmod 600 {path}")
    return made(text.removesuffix("\n").removesuffix("\r"), what, f"the secret file {path} is empty")


def _credential(name: str, env: Mapping[str, str], what: str) -> Secret:
    folder = env.get("CREDENTIALS_DIRECTORY")
    if not folder:
        _refuse(what, "$CREDENTIALS_DIRECTORY is not set", f"let systemd set it: LoadCredential={name}:PATH")
    if "/" in name or name in {".", ".."}:
        _refuse(what, "a credential's name has no /")
    # systemd's file is 0440 by its ACL, though only this service may read it: no word about its readers
    return _file(Path(folder) / name, what, lambda _: None)


def _command(argv: tuple[str, ...], what: str, seconds: float) -> Secret:
    """Run a password manager without a shell, and take the first line that it writes."""
    import subprocess

    program = argv[0]
    try:
        process = subprocess.Popen(  # noqa: S603 - the user's own config names the program; no shell is between
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
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
        process.kill()
        process.wait()
        cast("IO[bytes]", process.stdout).close()
    _refuse(what, failure, "run the command by hand; what it writes is not shown here")


def _written(process: subprocess.Popen[bytes], until: float) -> bytes:
    """Return all that a process writes.

    Raises:
        TimeoutError: it goes on writing, or keeps its output open, until then (of the monotonic clock).
        OverflowError: it is more than any secret.
    """
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
