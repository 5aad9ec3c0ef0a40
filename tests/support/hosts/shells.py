"""A shell on an engine that only records calls, and on a manual clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from psbridge.emulator.clock import SystemClock
from psbridge.emulator.wsman.quotas import Quotas
from psbridge.emulator.wsman.shell_output import Taken
from psbridge.emulator.wsman.shells import Shell, ShellOptions

START, END = 1, 2


def fragment(blob: bytes, *, flags: int = START | END) -> bytes:
    """Return one PSRP fragment ([MS-PSRP] 2.2.4)."""
    return bytes(16) + bytes([flags]) + len(blob).to_bytes(4, "big") + blob


class Recorder:
    """An engine and a runspace that only record calls."""

    name = "recorder"

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []

    def open(self, shell_id: UUID, fragments: bytes, sink: object, *, user: str, configuration: str) -> Recorder:
        return self

    def command(self, command_id: UUID, fragments: bytes) -> None:
        self.calls.append(("command", command_id))

    def send(self, command_id: UUID | None, fragments: bytes, *, stream: str) -> None:
        self.calls.append(("send", command_id, fragments, stream))

    def stop(self, command_id: UUID) -> None:
        self.calls.append(("stop", command_id))

    def close_command(self, command_id: UUID) -> None:
        self.calls.append(("close_command", command_id))

    def connect(self, fragments: bytes) -> bytes:
        return b"connected"

    def kill(self) -> None:
        self.calls.append(("kill",))

    def close(self) -> None:
        self.calls.append(("close",))


class Hand(SystemClock):
    """A clock whose `seconds` are set by hand."""

    seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds


def options(**differently: Any) -> ShellOptions:
    given: dict[str, Any] = {
        "shell_id": uuid4(),
        "resource_uri": "uri",
        "owner": "admin",
        "client_ip": "127.0.0.1",
        "session_id": "session",
        "name": "",
        "idle_timeout": 60.0,
        "input_streams": "stdin pr",
        "output_streams": "stdout",
    }
    return ShellOptions(**{**given, **differently})


@dataclass
class Opened:
    """An open shell, its recorder and its clock."""

    quotas: Quotas = field(default_factory=Quotas)
    given: dict[str, Any] = field(default_factory=dict)
    log: Callable[[str], None] = print

    def __post_init__(self) -> None:
        self.engine, self.clock = Recorder(), Hand()
        self.shell = Shell(options(**self.given), quotas=self.quotas, log=self.log, clock=self.clock)
        self.shell.open(self.engine, b"")

    def receive(self, command_id: UUID | None = None, *, size: int = 512_000, timeout: float = 0.0) -> Taken:
        """Take what is there."""
        return self.shell.output.receive(command_id, timeout=timeout, envelope_size=size, alive=lambda: True)

    def command(self) -> UUID:
        """Start a command."""
        command_id = uuid4()
        self.shell.command(command_id, b"")
        return command_id
