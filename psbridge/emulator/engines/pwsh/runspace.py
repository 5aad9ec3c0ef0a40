"""One runspace pool on an engine process of its own: fragments go through, lines are put in the engine's order."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable
from uuid import UUID

from psbridge.emulator.engine import Sink
from psbridge.emulator.engines.pwsh import fragments as psrp
from psbridge.emulator.engines.pwsh.child import Child
from psbridge.emulator.engines.pwsh.fragments import Assembly, MessageType, Numbering
from psbridge.emulator.engines.pwsh.framing import POOL, Line, Outbox, parse
from psbridge.emulator.engines.pwsh.opening import create_pipeline

log = logging.getLogger(__name__)

_COMPLETED = 4
_FINAL_STATES = frozenset({3, _COMPLETED, 5})  # Stopped, Completed, Failed ([MS-PSRP] 2.2.3.5)
_CLOSE_SECONDS = 2.0
_EXIT_SECONDS = 1.0
_MOST_WAITING = 16 * 1024 * 1024  # bytes that an engine which does not answer is given
_MINIMUM = re.compile(rb'<I32 N="MinRunspaces">(\d+)</I32>')
_MAXIMUM = re.compile(rb'<I32 N="MaxRunspaces">(\d+)</I32>')
_TEXT = re.compile(rb"<ToString>(.{0,400})", re.DOTALL)

Spawn = Callable[[Callable[[bytes], None], Callable[[str], None]], Child]


class PwshRunspace:
    """Implements `Runspace` over one `pwsh -s`.

    Args:
        spawn: starts the process, given callbacks for each line of its stdout and for its end.
        opening: the fragments of the client's creationXml.
        script: runs before the client's first pipeline.

    Raises:
        OSError: the process can't be started.
        ValueError: `opening` has no complete PSRP message.
    """

    def __init__(self, spawn: Spawn, opening: bytes, script: str, sink: Sink) -> None:
        self._sink = sink
        self._script = script
        self._pool_id = psrp.pool_id(opening)
        self._sizes = _pool_sizes(opening)
        self._change = threading.Condition()
        self._outbox = Outbox()
        self._assembly = Assembly()
        self._numbering = Numbering()
        self._greeting: dict[int, bytes] = {}
        self._setup: UUID | None = None
        self._held: list[bytes] | None = []
        self._deferred: list[Line] = []
        self._running: dict[UUID, bool] = {}
        self._closing = False
        self._ended = False
        self._child = spawn(self._line, self._end)
        with self._change:
            self._put(Line("Data", POOL, opening))

    @property
    def pid(self) -> int:
        """The process id of the engine."""
        return self._child.pid

    def command(self, command_id: UUID, fragments: bytes) -> None:
        """Start a pipeline; raises `ValueError` for invalid PSRP of this pool, or too much of it."""
        self._check(fragments)
        with self._change:
            self._running[command_id] = True
            self._say(Line("Command", command_id))
            self._say(Line("Data", command_id, fragments))

    def send(self, command_id: UUID | None, fragments: bytes, *, stream: str) -> None:
        """Pass input, the rest of a long command, or the answer to a host call.

        An answer to a pipeline's host call comes without the command's id; then its message has the id.

        Raises:
            ValueError: as `command`.
        """
        self._check(fragments)
        prompt = stream == "pr"
        target = command_id or (psrp.pipeline_id(fragments) if prompt else None) or POOL
        with self._change:
            self._say(Line("Data", target, fragments, prompt=prompt))

    def stop(self, command_id: UUID) -> None:
        """Stop a pipeline; its final state comes through the sink."""
        with self._change:
            if self._running.get(command_id):
                self._say(Line("Signal", command_id))

    def close_command(self, command_id: UUID) -> None:
        """Stop a pipeline if it runs, then free it."""
        with self._change:
            running = self._running.pop(command_id, None)
            if running:
                self._say(Line("Signal", command_id))
            if running is not None:
                self._say(Line("Close", command_id))

    def connect(self, fragments: bytes) -> bytes:  # noqa: ARG002 - whatever the client says, the pool is the one it is
        """Answer a client that adopts the pool.

        The engine's own process transport knows no Connect, so the relay answers from what the pool said at its opening.
        """
        smallest, largest = self._sizes
        sizes = (
            f'<Obj RefId="0"><MS><I32 N="MinRunspaces">{smallest}</I32><I32 N="MaxRunspaces">{largest}</I32></MS></Obj>'
        )
        with self._change:
            add = self._numbering.add
            answer = psrp.one_message(add(), self._greeting[MessageType.SESSION_CAPABILITY])
            answer += psrp.whole_message(add(), MessageType.RUNSPACEPOOL_INIT_DATA, self._pool_id, sizes)
            self._sink.data(None, psrp.one_message(add(), self._greeting[MessageType.APPLICATION_PRIVATE_DATA]))
        return answer

    def kill(self) -> None:
        """Kill the process."""
        self._child.kill()

    def close(self) -> None:
        """Close commands and pool in the engine's order; whatever has not ended after a few seconds is killed."""
        with self._change:
            self._closing = True
            for command_id in list(self._running):
                self.close_command(command_id)
            if self._setup is not None:
                self._put(Line("Close", self._setup))
            self._change.wait_for(self._idle, _CLOSE_SECONDS)
            self._put(Line("Close", POOL))
            self._change.wait_for(self._idle, _CLOSE_SECONDS)
        self._child.end_input()
        self._child.wait(_EXIT_SECONDS)
        self._child.kill()

    def _check(self, fragments: bytes) -> None:
        psrp.check(fragments, self._pool_id)
        with self._change:
            if self._outbox.size + sum(len(line.fragments) for line in self._deferred) > _MOST_WAITING:
                raise ValueError("too much input is queued for the engine")

    def _idle(self) -> bool:
        return self._ended or not self._outbox.pending()

    def _say(self, line: Line) -> None:
        """Send a line of the client's, not before the runspace is set up."""
        if self._held is None:
            self._put(line)
        else:
            self._deferred.append(line)

    def _put(self, line: Line) -> None:
        if (now := self._outbox.put(line)) is not None:
            self._child.send(now.encode())

    def _line(self, raw: bytes) -> None:
        line = parse(raw)
        if line is None:
            log.debug("pwsh %d printed %d bytes that are not a protocol line", self.pid, len(raw))
            return
        if line.name == "Data" and line.target != POOL:
            # Not reading on is all that holds the engine back, and it holds back the other commands of the pool as well.
            self._sink.wait_for_room(line.target)
        with self._change:
            if line.name.endswith("Ack"):
                if (following := self._outbox.acknowledged(line)) is not None:
                    self._child.send(following.encode())
                self._change.notify_all()
            elif line.name == "Data":
                self._data(line)

    def _data(self, line: Line) -> None:
        messages = list(self._assembly.feed(line.target, line.fragments))
        if line.target == self._setup:
            self._setup_messages(messages)
            return
        fragments = self._numbering.renumber(line.target, line.fragments)
        if line.target != POOL:
            self._sink.data(line.target, fragments)
            self._finish(line.target, messages)
            return
        for kind, message in messages:
            self._pool_message(kind, message)
        if self._held is None:
            self._sink.data(None, fragments)
        else:
            self._held.append(fragments)

    def _pool_message(self, kind: int, message: bytes) -> None:
        if kind in {MessageType.SESSION_CAPABILITY, MessageType.APPLICATION_PRIVATE_DATA}:
            self._greeting.setdefault(kind, message)
        elif kind == MessageType.RUNSPACEPOOL_STATE and self._held is not None and self._setup is None:
            self._setup, fragments = create_pipeline(self._pool_id, self._script)
            self._put(Line("Command", self._setup))
            self._put(Line("Data", self._setup, fragments))

    def _setup_messages(self, messages: list[tuple[int, bytes]]) -> None:
        self._numbering.drop(len(messages))
        for _, message in messages:
            state = psrp.pipeline_state(message)
            if state is not None and state != _COMPLETED:
                log.error("the runspace could not be set up: %s", _text(message))
                self._child.kill()
            elif state is not None and self._setup is not None:
                self._put(Line("Close", self._setup))
                self._setup = None
                self._release()

    def _release(self) -> None:
        held, self._held = self._held or [], None
        for fragments in held:
            self._sink.data(None, fragments)
        for line in self._deferred:
            self._put(line)
        self._deferred.clear()

    def _finish(self, command_id: UUID, messages: list[tuple[int, bytes]]) -> None:
        if any(psrp.pipeline_state(message) in _FINAL_STATES for _, message in messages):
            if command_id in self._running:
                self._running[command_id] = False
            self._sink.done(command_id)

    def _end(self, reason: str) -> None:
        with self._change:
            self._ended = True
            self._change.notify_all()
            expected = self._closing
        if not expected:
            self._sink.died(reason)


def _pool_sizes(opening: bytes) -> tuple[int, int]:
    """Return the least and the largest number of runspaces that INIT_RUNSPACEPOOL asks for, 1 where it is silent."""
    smallest, largest = _MINIMUM.search(opening), _MAXIMUM.search(opening)
    return (int(smallest[1]) if smallest else 1, int(largest[1]) if largest else 1)


def _text(message: bytes) -> str:
    found = _TEXT.search(message)
    return found[1].decode(errors="replace").partition("</ToString>")[0] if found else "no reason given"
