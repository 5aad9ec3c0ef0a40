"""A toy engine on psrpcore, for tests of the WSMan front alone. Its commands:

Emit -Count N -Size B   N strings of B characters
Held -Count N -Size B   the same, once the engine's `go` is set
Wait                    nothing until it is stopped or closed
Break                   the engine raises
Die                     the pool's process ends
"""

from __future__ import annotations

import threading
from typing import Any
from uuid import UUID

import psrpcore
from psrpcore.types import PSInvocationState

from psbridge.emulator.clock import SYSTEM, Clock
from psbridge.emulator.engine import Sink
from psbridge.emulator.wsman.shell_output import split_fragments


class ToyRunspace:
    def __init__(self, engine: ToyEngine, fragments: bytes, sink: Sink) -> None:
        self._engine = engine
        self._sink = sink
        self._lock = threading.RLock()
        self._pool = psrpcore.ServerRunspacePool()
        self._stops: dict[UUID, threading.Event] = {}
        self._feed(None, fragments)

    def _feed(self, command_id: UUID | None, fragments: bytes) -> list[Any]:
        with self._lock:
            self._pool.receive_data(psrpcore.PSRPPayload(bytearray(fragments), psrpcore.StreamType.default, command_id))
            events = []
            while event := self._pool.next_event():
                events.append(event)
            self._flush()
        return events

    def _flush(self) -> None:
        with self._lock:
            while payload := self._pool.data_to_send():
                self._sink.data(payload.pipeline_id, bytes(payload.data))

    def command(self, command_id: UUID, fragments: bytes) -> None:
        with self._lock:
            pipeline = psrpcore.ServerPipeline(self._pool, command_id)
            stop = self._stops[command_id] = self._engine.clock.event()
            for event in self._feed(command_id, fragments):
                if isinstance(event, psrpcore.CreatePipelineEvent):
                    first = event.pipeline.commands[0]
                    arguments = dict(first.parameters)
                    if first.command_text == "Break":
                        raise RuntimeError("the engine broke")
                    if first.command_text == "Die":
                        self._engine.clock.thread(self._sink.died, "it was told to", name="toy").start()
                        continue
                    pipeline._change_state(PSInvocationState.Running, emit=False)
                    run = (pipeline, stop, first.command_text, arguments)
                    self._engine.clock.thread(self._run, *run, name="toy").start()

    def _run(self, pipeline: Any, stop: threading.Event, name: str, arguments: dict[str, Any]) -> None:
        while name == "Held" and not self._engine.go.wait(0.02) and not stop.is_set():
            pass
        for number in range(int(arguments.get("Count", 0))):
            if stop.is_set():
                break
            self._sink.wait_for_room(pipeline.pipeline_id)
            self._engine.written[pipeline.pipeline_id] = number + 1
            with self._lock:
                pipeline.write_output(f"{number:06}".ljust(int(arguments.get("Size", 6)), "x"))
                self._flush()
        if name == "Wait":
            stop.wait()
        with self._lock:
            if stop.is_set():
                pipeline.stop()
            else:
                pipeline.complete()
            self._flush()
            self._sink.done(pipeline.pipeline_id)

    def send(self, command_id: UUID | None, fragments: bytes, *, stream: str) -> None:
        self._engine.sent.append((stream, command_id))
        self._feed(command_id, fragments)

    def stop(self, command_id: UUID) -> None:
        self._stops[command_id].set()

    def close_command(self, command_id: UUID) -> None:
        self._stops.pop(command_id).set()

    def connect(self, fragments: bytes) -> bytes:
        with self._lock:
            self._pool.disconnect()
            self._pool.connect()
            self._pool.receive_data(psrpcore.PSRPPayload(bytearray(fragments), psrpcore.StreamType.default, None))
            while self._pool.next_event():
                pass
            answer, *rest = split_fragments(bytes(self._pool.data_to_send().data))
            self._sink.data(None, b"".join(rest))
            return answer

    def kill(self) -> None:
        self._sink.died("it was killed")

    def close(self) -> None:
        for stop in self._stops.values():
            stop.set()
        self._engine.closed += 1


class ToyEngine:
    name = "toy"

    def __init__(self, clock: Clock = SYSTEM) -> None:
        self.clock = clock
        self.sent: list[tuple[str, UUID | None]] = []
        self.opened: list[str] = []
        self.written: dict[UUID, int] = {}
        self.go = clock.event()
        self.configurations: list[str] = []
        self.closed = 0

    def open(self, shell_id: UUID, fragments: bytes, sink: Sink, *, user: str, configuration: str) -> ToyRunspace:
        self.opened.append(user)
        self.configurations.append(configuration)
        return ToyRunspace(self, fragments, sink)
