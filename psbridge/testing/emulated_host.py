"""The fixture `operator_host`: the emulated host's address, its requests, and the environment that reaches it."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from psbridge.testing.marker import Rehearsal, as_words

if TYPE_CHECKING:
    from psbridge.emulator.emulation import Emulation
    from psbridge.emulator.stamp.service import Stamp
    from psbridge.emulator.tls.server import TlsFault

TARGET = "rehearsal"
LOG = "psbridge.testing"
"""The logger of requests, one line each."""
_POLL = 0.2  # seconds


class EmulatedHost:
    """The value of the fixture `operator_host`.

    Attributes:
        config: a config of psbridge whose only target, `rehearsal`, is this host.
        state_dir: where psbridge keeps its journal during the test.
        env: an environment in which psbridge reaches this host, for a subprocess. The fixture sets the test's own
            environment to it, so `subprocess.run([...])` and `psbridge.connect("rehearsal")` work without it.
        log: a line for each request, as `psbridge emulate` writes it; a failed test shows them too.
    """

    def __init__(self, running: Emulation, folder: Path, log: list[str]) -> None:
        self._running = running
        self.log = log
        self.config = folder / "config.yaml"
        self.state_dir = folder / "state"
        self.env = environment(os.environ, self.config, self.state_dir)

    @property
    def engine(self) -> str:
        """What runs the cmdlets: `embedded` or `pwsh`."""
        return self._running.engine

    @property
    def url(self) -> str:
        """Where it listens, such as `http://127.0.0.1:43127/wsman`."""
        return self._running.host.url

    @property
    def host(self) -> str:
        """Its address."""
        return self._running.host.host

    @property
    def port(self) -> int:
        """Its port."""
        return self._running.host.port

    @property
    def username(self) -> str:
        """The user who may sign in."""
        return self._running.host.username

    @property
    def password(self) -> str:
        """The user's password, random for each test."""
        return self._running.host.password

    @property
    def ca_file(self) -> Path | None:
        """The CA file for clients (PEM); None without TLS."""
        return self._running.host.ca_file

    @property
    def requests(self) -> dict[str, int]:
        """Number of requests so far, by action (`create`, `command`, `receive`, …); `*` is their sum."""
        return self._running.host.requests

    def add_fault(self, spec: str) -> None:
        """Add a fault rule; its numbers count earlier requests too.

        Args:
            spec: such as `receive:2:reset-after` or `*:*:503`; `psbridge emulate --fault list` names all.

        Raises:
            ValueError: it is not a fault rule; the message says why.
        """
        self._running.host.faults.add(spec)

    def drop_shells(self) -> None:
        """Lose every shell, as a restart of the WinRM service does."""
        self._running.host.drop_shells()


def environment(base: Mapping[str, str], config: Path, state_dir: Path) -> dict[str, str]:
    """Return an environment with one config of psbridge and none of the user's settings.

    `psbridge` is on its PATH even if the test's virtual environment is not activated.
    """
    kept = {name: value for name, value in base.items() if not name.startswith("PSBRIDGE_")}
    here = str(Path(sys.executable).parent)
    path = kept.get("PATH", os.defpath)
    if here not in path.split(os.pathsep):
        path = f"{here}{os.pathsep}{path}"
    return {**kept, "PATH": path, "PSBRIDGE_CONFIG": str(config), "PSBRIDGE_STATE_DIR": str(state_dir)}


def _fault(name: str) -> TlsFault:
    from psbridge.emulator.tls.server import TlsFault

    if name not in set(TlsFault):
        raise ValueError(f"tls={name!r}: expected True, False or one of {', '.join(TlsFault)}")
    return TlsFault(name)


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, "utf-8")


@contextmanager
def emulated_host(rehearsal: Rehearsal, stamp: Stamp, folder: Path) -> Iterator[EmulatedHost]:
    """Run an emulated host for a stamp, with a config in `folder`.

    Raises:
        ValueError: an option is invalid; the message says why.
        FileNotFoundError: the pwsh engine is requested and `pwsh` is not on PATH.
    """
    from psbridge.emulator.client_config import client_config
    from psbridge.emulator.emulation import Emulating, emulation

    log: list[str] = []

    def tell(line: str) -> None:
        log.append(line)
        logging.getLogger(LOG).info("%s", line)

    what = Emulating(
        stamp=stamp,
        engine=rehearsal.engine,
        faults=as_words(rehearsal.faults),
        tls=_fault(rehearsal.tls) if isinstance(rehearsal.tls, str) else rehearsal.tls,
        auth=None if rehearsal.auth is None else as_words(rehearsal.auth),
        full_language=rehearsal.full_language,
        log=tell,
    )
    with emulation(what) as running:
        host = EmulatedHost(running, folder, log)
        secret = folder / "password"
        _write(secret, host.password)
        _write(host.config, client_config(running, target=TARGET, password_file=secret, poll=_POLL))
        yield host
