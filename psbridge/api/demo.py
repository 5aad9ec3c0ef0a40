"""The `demo` target: an emulated stamp, started in this process for one command, on the embedded engine."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import msgspec

from psbridge.clock import Clock, Deadline
from psbridge.errors import ConfigError, InternalError
from psbridge.files import private_folder
from psbridge.models.connection import Auth, Endpoint
from psbridge.models.secret import Secret
from psbridge.models.target import Policy
from psbridge.powershell.session import Session, SessionFactory
from psbridge.powershell.stages import StageObserver

# A backup of 20 minutes takes 10 seconds.
SPEED = 120.0
SHARE = "share"


class DemoStore(msgspec.Struct, frozen=True):
    """The backup share of the demo stamp, and the key of its backups with its password."""

    folder: str
    key: Path
    password_file: Path


class DemoSessions:
    """Sessions to an emulated host that lives as long as this object; the client does not know the difference.

    Args:
        folder: the state folder; the stamp's backups live there, and go on while no process runs.
        observe: is given the stages of each connection.
    """

    def __init__(self, folder: Path, policy: Policy, clock: Clock, observe: StageObserver | None = None) -> None:
        self._folder = folder / "demo"
        self._policy = policy
        self._clock = clock
        self._observe = observe
        self._stack = ExitStack()
        self._sessions: SessionFactory | None = None

    @property
    def description(self) -> str:
        """The host's name, for people."""
        return "the emulated host `demo`"

    def stay_on(self, _host: str | None) -> bool:
        """Only the demo target exists."""
        return True

    def __call__(self, deadline: Deadline) -> Session:
        """Open a session, starting the emulated host first if it does not run yet."""
        if self._sessions is None:
            self._sessions = self._started()
        return self._sessions(deadline)

    def _started(self) -> SessionFactory:
        from psbridge.emulator.emulation import Emulating, emulation
        from psbridge.remoting import sessions

        try:
            private_folder(self._folder)
            share = self._folder / SHARE
            kept = share if share.is_dir() else None  # once it was asked for, each command brings it up to date
            running = self._stack.enter_context(emulation(Emulating(speed=SPEED, folder=self._folder, store=kept)))
        except OSError as problem:
            raise ConfigError(
                f"the demo stamp can't keep its state in {self._folder}: {problem.strerror}",
                hint="Name another folder with --state-dir or PSBRIDGE_STATE_DIR.",
            ) from problem
        host = running.host
        endpoint = Endpoint(host.host, host.port, None, Auth.NTLM, host.username, Secret(host.password))
        return sessions((endpoint,), self._policy, self._clock, observe=self._observe)

    def store(self) -> DemoStore:
        """Write what the stamp has on its backup share, and return where it is.

        Raises:
            psbridge.ConfigError: it can't be written.
        """
        from psbridge.emulator.emulation import Emulating, emulation

        try:
            private_folder(self._folder)
            with emulation(Emulating(speed=SPEED, folder=self._folder, store=self._folder / SHARE)) as running:
                share = running.share
        except OSError as problem:
            raise ConfigError(
                f"the demo stamp can't keep its share in {self._folder}: {problem.strerror}",
                hint="Name another folder with --state-dir or PSBRIDGE_STATE_DIR.",
            ) from problem
        if share is None or share.key is None:
            raise InternalError("the demo stamp has no key")
        return DemoStore(str(share.folder), share.key, share.password_file)

    def close(self) -> None:
        """End the emulated host, if it runs."""
        self._stack.close()
        self._sessions = None
