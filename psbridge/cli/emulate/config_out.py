"""`emulate --config-out FILE`: a config that reaches the emulated host while the host runs."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from psbridge.errors import ConfigError
from psbridge.files import open_regular, whole

if TYPE_CHECKING:
    from psbridge.emulator.emulation import Emulation

MARK: Final = "# Written by psbridge emulate; it is removed when the host ends.\n"


def usable(name: str) -> Path:
    """Return the file that a config may be written to. Nothing is written yet.

    Raises:
        ConfigError: the file exists, or its folder can't be written to.
    """
    try:
        path = whole(name)
    except OSError as problem:
        raise _unwritable(Path(name), problem) from problem
    if path.is_fifo():
        raise _there_already(path)  # to open one waits for a writer
    try:
        with open_regular(path) as file:
            if file.read(len(MARK)) != MARK.encode():
                raise _there_already(path)
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        if _secret_of(path).exists():
            raise _there_already(_secret_of(path)) from None
    except BlockingIOError:
        raise ConfigError(
            f"{path} is the config of an emulated host that is running", hint="Name another file with --config-out."
        ) from None
    except OSError as problem:
        raise _unwritable(path, problem) from problem
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise ConfigError(f"{path.parent} is not a writable folder", hint="Name another file with --config-out.")
    return path


@contextmanager
def config_at(path: Path, running: Emulation, target: str = "rehearsal") -> Iterator[None]:
    """Keep a config at `path`, and the password in a file next to it, for the body. Once the config exists it is complete.

    `target` is what the config calls the host.

    Raises:
        ConfigError: they can't be written.
    """
    from psbridge.emulator.client_config import client_config

    secret = _secret_of(path)
    with (
        _kept(secret, running.host.password),
        _kept(path, MARK + client_config(running, target=target, password_file=secret)),
    ):
        yield


def _secret_of(path: Path) -> Path:
    return path.with_name(path.name + ".password")


@contextmanager
def _kept(path: Path, text: str) -> Iterator[None]:
    """Keep a file for the body: locked, readable by this user only, and created in one step.

    A file that another process has put in its place is not removed.
    """
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    with ExitStack() as stack:
        try:
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            file = stack.enter_context(os.fdopen(descriptor, "w", encoding="utf-8"))
            file.write(text)
            file.flush()
            fcntl.flock(file, fcntl.LOCK_EX)
            new.replace(path)
        except OSError as problem:
            new.unlink(missing_ok=True)
            raise _unwritable(path, problem) from problem
        try:
            yield
        finally:
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                    path.unlink()


def _there_already(path: Path) -> ConfigError:
    return ConfigError(f"{path} already exists and was not changed", hint="Name a new file with --config-out.")


def _unwritable(path: Path, problem: OSError) -> ConfigError:
    return ConfigError(f"{path} can't be written: {problem.strerror}", hint="Name another file with --config-out.")
