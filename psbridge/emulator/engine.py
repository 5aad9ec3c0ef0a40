"""The seam between the WSMan front and what executes PowerShell behind it.

A runspace pool is opened with the PSRP fragments of the client's Create and from then on speaks fragments both ways:
the embedded engine makes them in Python, the relay passes them to and from `pwsh -s` untouched.
"""

from __future__ import annotations

from typing import Protocol
from uuid import UUID


class Sink(Protocol):
    """Takes the output that the client fetches with Receive. Called from any thread.

    Only `wait_for_room` blocks, until the client fetches output; the others return at once.
    """

    def wait_for_room(self, command_id: UUID) -> None:
        """Wait until the command may send more output.

        Called before each `data` of a command, by the thread that the command runs on and while it holds no lock: this
        keeps the output of a command with a slow or disconnected client from filling the memory.
        """
        ...

    def data(self, command_id: UUID | None, fragments: bytes) -> None:
        """Queue complete PSRP fragments for a command, or for the pool itself (None)."""
        ...

    def done(self, command_id: UUID) -> None:
        """The command has reached a final state and its last fragment is queued (CommandState Done)."""
        ...

    def died(self, reason: str) -> None:
        """The pool is gone for good (its process ended); `reason` is for the emulator's own log."""
        ...


class Runspace(Protocol):
    """One open runspace pool. Its methods are called one at a time and return quickly; the work is done on other threads."""

    def command(self, command_id: UUID, fragments: bytes) -> None:
        """Take the first fragments of a CREATE_PIPELINE; the rest may follow by `send`."""
        ...

    def send(self, command_id: UUID | None, fragments: bytes, *, stream: str) -> None:
        """Take further fragments; `stream` is `stdin` or `pr` (prompt response)."""
        ...

    def stop(self, command_id: UUID) -> None:
        """Stop a running pipeline (WSMan Signal ctrl_c)."""
        ...

    def close_command(self, command_id: UUID) -> None:
        """Free a command, stopping it if it runs (WSMan Signal terminate)."""
        ...

    def connect(self, fragments: bytes) -> bytes:
        """A client adopts the disconnected pool: take its fragments, return those of the ConnectResponse.

        At least one message (APPLICATION_PRIVATE_DATA) must be queued for the pool's next Receive.
        """
        ...

    def kill(self) -> None:
        """End at once, as when the engine's process is killed: `Sink.died` follows. May be called twice."""
        ...

    def close(self) -> None:
        """Close the pool and everything in it, within a few seconds, whatever its state."""
        ...


class Engine(Protocol):
    """Makes runspace pools."""

    name: str

    def open(self, shell_id: UUID, fragments: bytes, sink: Sink, *, user: str, configuration: str) -> Runspace:
        """Open a pool from the fragments of the client's creationXml (SESSION_CAPABILITY, INIT_RUNSPACEPOOL).

        `configuration` is the session configuration's name, such as `Microsoft.PowerShell`, in the client's letters.
        """
        ...
