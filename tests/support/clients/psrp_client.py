"""A PSRP client on the engine seam: what a WSMan front and a client do to an engine, without WSMan."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID

import psrpcore
from psrpcore.types import PSRPMessageType, RunspacePoolState

from psbridge.emulator.engine import Engine
from tests.support.process.until import LONG

Cmdlet = tuple[str, Mapping[str, Any]]
Pipeline = str | Sequence[Cmdlet | None]
"""A script, or cmdlets with their parameters; None begins a new statement."""


@dataclass
class Message:
    """One PSRP message from the engine."""

    object_id: int
    type: PSRPMessageType
    clixml: str


@dataclass
class Answer:
    """What a pipeline gave."""

    messages: list[Message] = field(default_factory=list)

    def of(self, kind: PSRPMessageType) -> list[str]:
        return [message.clixml for message in self.messages if message.type == kind]

    @property
    def output(self) -> list[str]:
        return self.of(PSRPMessageType.PipelineOutput)

    @property
    def errors(self) -> list[str]:
        return self.of(PSRPMessageType.ErrorRecord)

    @property
    def state(self) -> str:
        return self.of(PSRPMessageType.PipelineState)[-1]


class PsrpClient:
    """One runspace pool; a `Sink`. Use as a context manager."""

    def __init__(
        self,
        engine: Engine,
        *,
        timeout: float = LONG,
        min_runspaces: int = 1,
        max_runspaces: int = 1,
        configuration: str = "Microsoft.PowerShell",
    ) -> None:
        self.timeout = timeout
        self.object_ids: list[int] = []
        self.died_of: str | None = None
        self.dead = threading.Event()
        self._changed = threading.Condition()
        self._parts: dict[UUID | None, bytearray] = {}
        self._messages: dict[UUID | None, list[Message]] = {}
        self._done: set[UUID] = set()
        self.pool = psrpcore.ClientRunspacePool(min_runspaces=min_runspaces, max_runspaces=max_runspaces)
        self.pool.open()
        self.runspace = engine.open(
            self.pool.runspace_pool_id, self._outgoing(), self, user="tester", configuration=configuration
        )
        self._wait(lambda: any(m.type == PSRPMessageType.RunspacePoolState for m in self._messages.get(None, [])))
        self.pool.state = RunspacePoolState.Opened

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.runspace.close()

    # -- Sink
    def data(self, command_id: UUID | None, fragments: bytes) -> None:
        with self._changed:
            at = 0
            while at < len(fragments):
                object_id = int.from_bytes(fragments[at : at + 8], "big")
                flags = fragments[at + 16]
                length = int.from_bytes(fragments[at + 17 : at + 21], "big")
                if flags & 1:
                    self.object_ids.append(object_id)
                    self._parts[command_id] = bytearray()
                self._parts[command_id] += fragments[at + 21 : at + 21 + length]
                at += 21 + length
                if flags & 2:
                    self._whole(command_id, object_id, bytes(self._parts.pop(command_id)))
            self._changed.notify_all()

    def done(self, command_id: UUID) -> None:
        with self._changed:
            self._done.add(command_id)
            self._changed.notify_all()

    def wait_for_room(self, command_id: UUID) -> None:
        """Never full."""

    def died(self, reason: str) -> None:
        with self._changed:
            self.died_of = reason
            self._changed.notify_all()
        self.dead.set()

    # -- client
    def begin(self, pipeline: Pipeline) -> UUID:
        shell = psrpcore.ClientPowerShell(self.pool)
        if isinstance(pipeline, str):
            shell.add_script(pipeline)
        else:
            for command in pipeline:
                if command is None:
                    shell.add_statement()
                    continue
                shell.add_command(command[0])
                shell.add_parameters(**command[1])
        shell.start()
        with self._changed:
            self._messages[shell.pipeline_id] = []
        self.runspace.command(shell.pipeline_id, self._outgoing())
        return shell.pipeline_id

    def end(self, command_id: UUID) -> Answer:
        self._wait(lambda: command_id in self._done)
        self.runspace.close_command(command_id)
        return Answer(self._messages.pop(command_id))

    def run(self, pipeline: Pipeline) -> Answer:
        return self.end(self.begin(pipeline))

    def exchange_key(self) -> None:
        """Agree on a session key, so that secure strings can be sent."""
        self.pool.exchange_key()
        self.runspace.send(None, self._outgoing(), stream="stdin")
        kind = PSRPMessageType.EncryptedSessionKey
        self._wait(lambda: any(message.type == kind for message in self._messages[None]))
        (answer,) = [message for message in self._messages[None] if message.type == kind]
        data = psrpcore._payload.create_message(False, kind, answer.clixml.encode(), self.pool.runspace_pool_id)
        fragment = psrpcore._payload.create_fragment(1, 0, data)
        self.pool.receive_data(psrpcore.PSRPPayload(fragment, psrpcore.StreamType.default, None))
        while self.pool.next_event() is not None:
            pass

    def pool_messages(self) -> list[Message]:
        with self._changed:
            return list(self._messages.get(None, []))

    def _outgoing(self) -> bytes:
        data = b""
        while (payload := self.pool.data_to_send()) is not None:
            data += payload.data
        return data

    def _whole(self, command_id: UUID | None, object_id: int, message: bytes) -> None:
        kind = PSRPMessageType(int.from_bytes(message[4:8], "little"))
        text = message[40:].decode("utf-8-sig", "surrogatepass")
        self._messages.setdefault(command_id, []).append(Message(object_id, kind, text))

    def _wait(self, until: Callable[[], bool]) -> None:
        deadline = time.monotonic() + self.timeout
        with self._changed:
            while not until():
                if self.died_of is not None:
                    raise EOFError(self.died_of)
                if not self._changed.wait(max(0.0, deadline - time.monotonic())):
                    raise TimeoutError(f"the engine said nothing for {self.timeout} s")
