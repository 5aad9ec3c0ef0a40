"""All shells of a host: quotas per user, and idle timeouts."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Final
from uuid import UUID

from psbridge.emulator.clock import Clock
from psbridge.emulator.wsman import errors, shell_errors
from psbridge.emulator.wsman.quotas import Quotas
from psbridge.emulator.wsman.shells import Shell

_CLOSERS: Final = 32
_LOOK: Final = 1.0
"""Seconds between checks for idle shells."""


class ShellTable:
    """The live shells by id. Thread-safe; `close` ends them all."""

    def __init__(self, quotas: Quotas, clock: Clock) -> None:
        self._quotas = quotas
        self._lock = threading.Lock()
        self._shells: dict[UUID, Shell] = {}
        self._clock = clock
        self._closing = clock.event()
        self._reaper: threading.Thread | None = None

    def add(self, shell: Shell) -> None:
        """Take a new shell in.

        Raises:
            WSManFault: a quota is used up, the id is taken, or the host is ending.
        """
        owner = shell.options.owner
        with self._lock:
            if self._closing.is_set():
                raise errors.shutting_down()
            owners = [other.options.owner for other in self._shells.values() if not other.gone]
            if owners.count(owner) >= self._quotas.shells_per_user:
                raise shell_errors.too_many_shells(self._quotas.shells_per_user)
            if len({owner, *owners}) > self._quotas.users:
                raise shell_errors.too_many_users()
            taken = self._shells.get(shell.options.shell_id)
            if taken is not None and not taken.gone:
                raise shell_errors.shell_exists()
            self._shells[shell.options.shell_id] = shell
            if self._reaper is None:
                self._reaper = self._clock.thread(self._reap_now_and_then, name="wsman-reaper")
                self._reaper.start()

    def find(self, shell_id: UUID | None, user: str) -> Shell | None:
        """Return a user's shell; None if there is none, or it is another user's.

        That Windows does not distinguish the two for users who are not administrators is inferred; its administrators see and
        close the shells of all, which has no counterpart here: all users are alike.
        """
        shell = self.any(shell_id)
        return shell if shell is not None and not shell.gone and shell.options.owner == user else None

    def any(self, shell_id: UUID | None) -> Shell | None:
        """Return a shell of any user, ended or not."""
        with self._lock:
            return self._shells.get(shell_id) if shell_id is not None else None

    def owned(self, user: str | None) -> list[Shell]:
        """Return the shells of a user, or of all users."""
        with self._lock:
            return [shell for shell in self._shells.values() if not shell.gone and user in {None, shell.options.owner}]

    def operations(self, user: str) -> int:
        """Return how many commands of a user were not terminated ([MS-WSMV] 3.1.4.11 and 3.1.4.12)."""
        return sum(len(shell.output.commands()) for shell in self.owned(user))

    def remove(self, shell: Shell) -> None:
        """Forget a shell and close it."""
        with self._lock:
            if self._shells.get(shell.options.shell_id) is shell:
                del self._shells[shell.options.shell_id]
        shell.close()

    def reap(self) -> None:
        """Delete ended and idle shells; disconnect those whose client vanished."""
        with self._lock:
            shells = list(self._shells.values())
        for shell in shells:
            shell.leave_if_lost()
            if shell.expired():
                self.remove(shell)

    def clear(self) -> None:
        """Close every shell."""
        with self._lock:
            shells = list(self._shells.values())
            self._shells.clear()
        if shells:
            with ThreadPoolExecutor(min(len(shells), _CLOSERS)) as threads:  # each may take seconds
                list(threads.map(Shell.close, shells))

    def close(self) -> None:
        """Close every shell, take no more."""
        self._closing.set()
        self.clear()
        if self._reaper is not None:
            self._reaper.join(timeout=5)

    def _reap_now_and_then(self) -> None:
        while not self._closing.wait(_LOOK):
            self.reap()
