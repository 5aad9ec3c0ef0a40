"""The embedded engine and its runspace pools: pipelines run in daemon threads, and the front is never kept waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import msgspec
from psrpcore import (
    CreatePipelineEvent,
    EndOfPipelineInputEvent,
    GetAvailableRunspacesEvent,
    GetCommandMetadataEvent,
    PipelineInputEvent,
    ResetRunspaceStateEvent,
    ServerPipeline,
    SetMaxRunspacesEvent,
    SetMinRunspacesEvent,
)
from psrpcore.types import PipelineResultTypes, PSRPMessageType, RunspacePoolState

from psbridge.emulator.clock import SYSTEM, Clock
from psbridge.emulator.engine import Sink
from psbridge.emulator.engines.dialect import DEFAULT_CONFIGURATION, table_of
from psbridge.emulator.engines.embedded import errors, records
from psbridge.emulator.engines.embedded.command_runtime import HostSession
from psbridge.emulator.engines.embedded.error_record import ErrorRecord
from psbridge.emulator.engines.embedded.fragments import BadFragments, Defragmenter
from psbridge.emulator.engines.embedded.pipeline import FAILED, STOPPED, Host, SentCommand, execute
from psbridge.emulator.engines.embedded.pipeline_queue import PipelineQueue
from psbridge.emulator.engines.embedded.pool import OPENED, OPENING, Pool, init_data, private_data, session_capability
from psbridge.emulator.engines.embedded.values import Net, Value
from psbridge.emulator.stamp.api import StampApi

_CLOSING_SECONDS = 2.0
_STREAMS = {  # the stream's message, and its bit in RemoteStreamOptions
    "error": (PSRPMessageType.ErrorRecord, 1),
    "warning": (PSRPMessageType.WarningRecord, 2),
    "verbose": (PSRPMessageType.VerboseRecord, 8),
    "debug": (PSRPMessageType.DebugRecord, 4),
    "progress": (PSRPMessageType.ProgressRecord, 0),
}


class _Pipeline(msgspec.Struct):
    """A pipeline that runs, or has run; also where its records go."""

    id: UUID
    pool: Pool
    wait_for_room: Callable[[UUID], None]
    stop: threading.Event
    input: threading.Event  # set when the first of it has come, or its end
    options: int = 0
    has_input: bool = False
    created: bool = False
    forgotten: bool = False

    def take(self, is_object: bool) -> None:
        if not self.input.is_set():
            self.has_input = is_object
            self.input.set()

    def gets_input(self) -> bool:
        self.input.wait()
        return self.has_input

    def record(self, stream: str, value: Net) -> None:
        self.post(_STREAMS[stream][0], value, records.DEPTH)

    def extended(self, stream: str) -> bool:
        return bool(self.options & _STREAMS[stream][1])

    def write(self, value: Value) -> None:
        self.post(PSRPMessageType.PipelineOutput, value, 1)

    def post(self, kind: PSRPMessageType, value: Value, depth: int) -> None:
        self.wait_for_room(self.id)
        if not self.forgotten:
            self.pool.post(kind, value, self.id, depth=depth)


class EmbeddedRunspace:
    """An open pool; implements `psbridge.emulator.engine.Runspace`.

    Every method that takes fragments raises `BadFragments` for invalid PSRP; the pool is unchanged.
    """

    def __init__(self, session: HostSession, sink: Sink, clock: Clock, fragments: bytes) -> None:
        self._session = session
        self._sink = sink
        self._clock = clock
        self._pipelines: dict[UUID, _Pipeline] = {}
        self._incoming = Defragmenter()
        self._pool = Pool(sink.data, session.stamp.profile.powershell)
        self._queue = PipelineQueue(lambda: int(self._pool.max_runspaces), clock)
        for message in self._incoming.feed(fragments):
            self._pool.read(message, OPENING)
        if self._pool.state != RunspacePoolState.Opened:
            raise BadFragments("no SESSION_CAPABILITY and INIT_RUNSPACEPOOL in the creation of the pool")

    def command(self, command_id: UUID, fragments: bytes) -> None:
        """Take the first fragments of a pipeline."""
        if command_id in self._pipelines:
            raise BadFragments(f"the pipeline {command_id} exists")
        self._pipelines[command_id] = _Pipeline(
            command_id, self._pool, self._sink.wait_for_room, self._clock.event(), self._clock.event()
        )
        try:
            self._feed(command_id, fragments)
        except BaseException:
            self.close_command(command_id)  # what came before the nonsense may have started it
            raise

    def send(self, command_id: UUID | None, fragments: bytes, *, stream: str) -> None:  # noqa: ARG002 - the seam's
        """Add further fragments, for a pipeline or the pool; no host call is ever made, so `pr` brings nothing."""
        self._feed(command_id, fragments)

    def stop(self, command_id: UUID) -> None:
        """Stop a pipeline; it ends as Stopped, without an error if its turn never came (PowerShell 7.6.9, measured)."""
        pipeline = self._pipelines.get(command_id)
        if pipeline is None:
            return
        if self._queue.withdraw(command_id):
            self._finish(pipeline, records.state(STOPPED))
        else:
            pipeline.stop.set()
            pipeline.input.set()

    def close_command(self, command_id: UUID) -> None:
        """Forget a pipeline, stopping it if it runs; nothing of it is sent any more."""
        pipeline = self._pipelines.pop(command_id, None)
        self._pool.pipeline_table.pop(command_id, None)
        if pipeline is not None:
            pipeline.forgotten = True
            self._queue.withdraw(command_id)
            pipeline.stop.set()
            pipeline.input.set()

    def connect(self, fragments: bytes) -> bytes:
        """Answer a client that adopts the pool; object ids continue."""
        incoming = Defragmenter()
        messages = incoming.feed(fragments)
        wanted = [PSRPMessageType.SessionCapability.value, PSRPMessageType.ConnectRunspacePool.value]
        if [message.type for message in messages] != wanted:
            raise BadFragments("no SESSION_CAPABILITY and CONNECT_RUNSPACEPOOL in the connection to the pool")
        if any(message.pool_id != self._pool.runspace_pool_id for message in messages):
            raise BadFragments("a connection to another runspace pool")
        self._incoming = incoming
        least, most = int(self._pool.min_runspaces), int(self._pool.max_runspaces)
        answer = self._pool.packed(PSRPMessageType.SessionCapability, session_capability())
        answer += self._pool.packed(PSRPMessageType.RunspacePoolInitData, init_data(least, most))
        self._pool.post(PSRPMessageType.ApplicationPrivateData, private_data(self._pool.version), depth=4)
        return answer

    def kill(self) -> None:
        """End as a killed process does: nothing of what runs is heard of again."""
        self._pool.silence()
        for command_id in list(self._pipelines):
            self.close_command(command_id)
        self._sink.died("it was killed")

    def close(self) -> None:
        """Close the pool and stop what runs in it."""
        self._pool.silence()
        for command_id in list(self._pipelines):
            self.close_command(command_id)
        self._queue.join(_CLOSING_SECONDS)

    def _feed(self, command_id: UUID | None, fragments: bytes) -> None:
        for message in self._incoming.feed(fragments):
            if command_id is not None and message.pipeline_id not in (None, command_id):
                raise BadFragments(f"a message for the pipeline {message.pipeline_id} in {command_id}")
            if message.pipeline_id is not None and message.pipeline_id not in self._pipelines:
                raise BadFragments(f"a message for the pipeline {message.pipeline_id}, which does not exist")
            if message.pipeline_id is not None and message.pipeline_id not in self._pool.pipeline_table:
                ServerPipeline(self._pool, message.pipeline_id)  # psrpcore wants it before it reads the message
            self._handle(self._pool.read(message, OPENED))

    def _handle(self, event: Any) -> None:
        if isinstance(event, CreatePipelineEvent):
            self._start(event.pipeline_id, event.pipeline)
        elif isinstance(event, GetCommandMetadataEvent):
            self._refuse(event.pipeline_id, "implicit remoting (GET_COMMAND_METADATA)")
        elif isinstance(event, PipelineInputEvent | EndOfPipelineInputEvent):
            pipeline = self._pipelines.get(event.pipeline_id)
            if pipeline is not None:
                pipeline.take(isinstance(event, PipelineInputEvent))
        elif isinstance(event, SetMaxRunspacesEvent | SetMinRunspacesEvent | ResetRunspaceStateEvent):
            self._pool.runspace_availability_response(event.ci, True)
        elif isinstance(event, GetAvailableRunspacesEvent):
            self._pool.runspace_availability_response(event.ci, int(self._pool.max_runspaces))

    def _start(self, pipeline_id: UUID, sent: Any) -> None:
        pipeline = self._pipelines[pipeline_id]
        if pipeline.created:
            raise BadFragments(f"the pipeline {pipeline_id} was created twice")
        try:
            statements = _statements(sent.commands)
        except (TypeError, ValueError, AttributeError) as error:
            raise BadFragments(f"a pipeline that can't be read: {error!r}") from error
        pipeline.created = True
        pipeline.options = int(sent.remote_stream_options)
        expects_input = not sent.no_input
        self._queue.put(pipeline_id, lambda: self._work(pipeline, statements, expects_input))

    def _work(
        self,
        pipeline: _Pipeline,
        statements: Sequence[Sequence[SentCommand]],
        expects_input: bool,
    ) -> None:
        try:
            if expects_input and pipeline.gets_input():
                final = _failure(errors.not_emulated("input from the client to a pipeline", real=errors.ENGINE))
            else:
                host = Host(self._session, pipeline, pipeline.stop)
                final = execute(statements, host, pipeline.write)
        except Exception as error:  # noqa: BLE001 - a bug of ours must end the pipeline, not hang the client
            final = _failure(errors.internal(error))
        self._finish(pipeline, final)

    def _refuse(self, pipeline_id: UUID, what: str) -> None:
        self._finish(self._pipelines[pipeline_id], _failure(errors.not_emulated(what, real=errors.ENGINE)))

    def _finish(self, pipeline: _Pipeline, final: Net) -> None:
        pipeline.post(PSRPMessageType.PipelineState, final, records.DEPTH + 1)
        self._pool.pipeline_table.pop(pipeline.id, None)
        if not pipeline.forgotten:
            self._sink.done(pipeline.id)


def _failure(record: ErrorRecord) -> Net:
    return records.state(FAILED, records.error(record, None, extended=False))


def _statements(commands: Sequence[Any]) -> list[list[SentCommand]]:
    """Return psrpcore's flat list of commands as statements."""
    statements: list[list[SentCommand]] = [[]]
    ended = False
    for command in commands:
        if ended:
            statements.append([])
        merges = any(
            target not in (PipelineResultTypes.none, None)
            for target in (command.merge_error, command.merge_warning, command.merge_verbose, command.merge_debug)
        )
        parameters = [(None if name is None else str(name), _plain(value)) for name, value in command.parameters]
        statements[-1].append(SentCommand(str(command.command_text), parameters, bool(command.is_script), merges))
        ended = bool(command.end_of_statement)
    if not statements[-1]:
        raise ValueError("no command")
    return statements


def _plain(value: Any) -> object:
    """Return primitives and lists as Python's own; psrpcore's objects stay what they are."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, list):
        return [_plain(item) for item in value]
    for kind in (str, int, float):
        if isinstance(value, kind):
            return kind(value)
    return value


class EmbeddedEngine:
    """Implements `psbridge.emulator.engine.Engine` in this process.

    Args:
        stamp: its profile describes the host.
    """

    name = "embedded"

    def __init__(self, stamp: StampApi, *, clock: Clock = SYSTEM) -> None:
        self._stamp = stamp
        self._clock = clock

    def open(
        self,
        shell_id: UUID,  # noqa: ARG002 - the shell's id does not change what it does
        fragments: bytes,
        sink: Sink,
        *,
        user: str,  # noqa: ARG002 - nor does the user
        configuration: str = DEFAULT_CONFIGURATION,
    ) -> EmbeddedRunspace:
        """Open a pool.

        Raises:
            BadFragments: the fragments do not open a pool.
        """
        session = HostSession.fresh(self._stamp, table_of(self._stamp.profile, configuration))
        return EmbeddedRunspace(session, sink, self._clock, fragments)
