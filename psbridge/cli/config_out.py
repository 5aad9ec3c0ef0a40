"""`emulate --config-out FILE`: a config that reaches the emulated host, for as long as the host is there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from psbridge.errors import ConfigError

if TYPE_CHECKING:
    from psbridge.emulator.emulation import Emulation

MARK: Final = "# Written by psbridge emulate; it is removed when the host ends.\n"


def usable(name: str) -> Path:
    """Return the file that a config may be written to, with nothing done to it yet.

    Raises:
        ConfigError: it is somebody's already, or its folder can't be written to.
    """
    path = Path(name).expanduser().absolute()
    try:
        begins = path.read_bytes()[: len(MARK)]
    except FileNotFoundError:
        begins = b""
    except OSError as problem:
        raise _unwritable(path, problem) from problem
    else:
        if begins != MARK.encode():
            raise ConfigError(
                f"{path} is there already; it was left as it is",
                hint="Name a file with --config-out that does not exist.",
            )
        return path
    if _secret_of(path).exists():
        raise ConfigError(
            f"{_secret_of(path)} is there already; it was left as it is", hint="Name another file with --config-out."
        )
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise ConfigError(f"{path.parent} is no folder that can be written to", hint="Name another with --config-out.")
    return path


@contextmanager
def config_at(path: Path, running: Emulation) -> Iterator[None]:
    """Keep a config at `path`, and its password beside it, for the body. Once it is there it is whole.

    Raises:
        ConfigError: they can't be written.
    """
    from psbridge.emulator.client_config import client_config

    secret = _secret_of(path)
    try:
        _put(secret, running.host.password)
        _put(path, MARK + client_config(running, password_file=secret))
        yield
    finally:
        path.unlink(missing_ok=True)
        secret.unlink(missing_ok=True)


def _secret_of(path: Path) -> Path:
    return path.with_name(path.name + ".password")


def _put(path: Path, text: str) -> None:
    """Write a file for this user alone, and put it in place at once."""
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        new.replace(path)
    except OSError as problem:
        new.unlink(missing_ok=True)
        raise _unwritable(path, problem) from problem


def _unwritable(path: Path, problem: OSError) -> ConfigError:
    return ConfigError(f"{path} can't be written: {problem.strerror}", hint="Name another file with --config-out.")
