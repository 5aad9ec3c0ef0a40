"""Shells, their commands, and what waits in them to be fetched ([MS-WSMV] 3.1.4).

An engine puts PSRP fragments in from any thread through the `Sink`; Receive takes them out, waiting where there are none.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from psbridge.emulator.engine import Engine, Runspace
from psbridge.emulator.wsman import errors
from psbridge.emulator.wsman.answers import ENVELOPE_OVERHEAD, ShellState, stream_size

_TICK: Final = 0.5
"""Seconds between two looks whether the client of a waiting Receive is still there."""
_CLOSE_WAIT: Final = 5.0
"""Seconds that closing waits for a call that is still in the engine."""
_FRAGMENT_HEADER: Final = 21
"""Bytes before a fragment's blob: object id, fragment id, flags, length ([MS-PSRP] 2.2.4)."""
MAX_COMMANDS: Final = 1000
"""Commands of one shell that were not terminated: MaxConcurrentCommandsPerShell (pypsrp's issue 148)."""


class PeerGone(Exception):
    """The client hung up while its request was waiting: nothing is taken out for it."""


def split_fragments(data: bytes) -> list[bytes]:
    """Return the fragments that `data` is made of; what does not look like whole fragments stays one piece."""
    pieces: list[bytes] = []
    start = 0
    while start < len(data):
        length = int.from_bytes(data[start + 17 : start + _FRAGMENT_HEADER], "big")
        end = start + _FRAGMENT_HEADER + length
        if end > len(data):
            return [*pieces, data[start:]]
        pieces.append(data[start:end])
        start = end
    return pieces


@dataclass(slots=True)
class _Queue:
    fragments: deque[bytes] = field(default_factory=deque)
    done: bool = False
    ended: bool = False

    @property
    def ready(self) -> bool:
        return bool(self.fragments) or (self.done and not self.ended)

    def take(self, budget: int) -> tuple[list[bytes], bool]:
        taken: list[bytes] = []
        while self.fragments:
            size = stream_size(self.fragments[0])
            if taken and size > budget:
                break
            budget -= size
            taken.append(self.fragments.popleft())
        self.ended = self.done and not self.fragments
        return taken, self.ended


@dataclass(frozen=True, slots=True)
class ShellOptions:
    """What a Create fixed; `idle_timeout` in seconds."""

    shell_id: UUID
    resource_uri: str
    owner: str
    client_ip: str
    session_id: str
    name: str
    idle_timeout: float
    input_streams: str
    output_streams: str


class Shell:
    """One open shell; it is the `Sink` of its runspace pool."""

    def __init__(self, options: ShellOptions, *, log: Callable[[str], None]) -> None:
        self.options = options
        self.connected = True
        self.session_id = options.session_id
        self.idle_timeout = options.idle_timeout
        self._log = log
        self._changed = threading.Condition()
        self._calls = threading.RLock()
        self._queues: dict[UUID | None, _Queue] = {None: _Queue()}
        self._runspace: Runspace | None = None
        self._gone = False
        self._busy = 0
        self._opened = self._used = time.monotonic()

    # -- Sink: called by the engine ----------------------------------------------------------------------------------

    def data(self, command_id: UUID | None, fragments: bytes) -> None:
        """Queue fragments; those of a command that was freed are dropped."""
        with self._changed:
            queue = self._queues.get(command_id)
            if queue is not None and not self._gone:
                queue.fragments.extend(split_fragments(fragments))
                self._changed.notify_all()

    def done(self, command_id: UUID) -> None:
        """Note that a command has ended."""
        with self._changed:
            queue = self._queues.get(command_id)
            if queue is not None:
                queue.done = True
                self._changed.notify_all()

    def died(self, reason: str) -> None:
        """Note that the pool is gone: every further request gets the fault for an unknown shell."""
        self._log(f"shell {self.options.shell_id}: the engine ended: {reason}")
        self._leave()

    # -- what the service does ---------------------------------------------------------------------------------------

    def open(self, engine: Engine, fragments: bytes) -> None:
        """Open the runspace pool; whatever the engine raises goes through."""
        with self._calls:
            configuration = self.options.resource_uri.rpartition("/")[2]
            self._runspace = engine.open(
                self.options.shell_id, fragments, self, user=self.options.owner, configuration=configuration
            )

    def receive(
        self, command_id: UUID | None, *, timeout: float, envelope_size: int, alive: Callable[[], bool]
    ) -> tuple[list[bytes], bool]:
        """Take out what fits one envelope, waiting up to `timeout` seconds; tell also whether the command is done.

        Raises:
            WSManFault: nothing came in time; no such command; the shell is gone or disconnected.
            PeerGone: `alive()` says that nobody would get the answer.
        """
        until = time.monotonic() + timeout
        with self._changed:
            while True:
                queue = self._queue(command_id)
                if queue.ready:
                    if not alive():
                        raise PeerGone
                    return queue.take(envelope_size - ENVELOPE_OVERHEAD)
                left = until - time.monotonic()
                if left <= 0:
                    raise errors.timed_out()
                if not self._changed.wait(min(left, _TICK)) and not alive():
                    raise PeerGone

    def command(self, command_id: UUID, fragments: bytes) -> None:
        """Start a pipeline; its queue is there before the engine hears of it."""
        with self._calls:
            runspace = self._connected_runspace()
            with self._changed:
                if command_id in self._queues:
                    raise errors.bad_parameter("The command id is in use.")
                if len(self._queues) > MAX_COMMANDS:
                    raise errors.too_many_commands()
                self._queues[command_id] = _Queue()
            try:
                runspace.command(command_id, fragments)
            except BaseException:
                with self._changed:
                    self._queues.pop(command_id, None)
                raise

    def send(self, command_id: UUID | None, fragments: bytes, stream: str) -> None:
        """Hand fragments on."""
        with self._calls:
            runspace = self._connected_runspace()
            with self._changed:
                self._queue(command_id)
            runspace.send(command_id, fragments, stream=stream)

    def stop(self, command_id: UUID) -> None:
        """Stop a pipeline; one that has ended stays as it is."""
        with self._calls:
            runspace = self._connected_runspace()
            if not self._require(command_id).done:
                runspace.stop(command_id)

    def terminate(self, command_id: UUID) -> None:
        """Free a command."""
        with self._calls:
            runspace = self._connected_runspace()
            self._require(command_id)
            runspace.close_command(command_id)
            with self._changed:
                self._queues.pop(command_id, None)
                self._changed.notify_all()

    def disconnect(self, idle_timeout: float | None) -> None:
        """Leave the pool running and its output queued; waiting Receives end."""
        with self._changed:
            self.connected = False
            self.idle_timeout = idle_timeout or self.idle_timeout
            self._changed.notify_all()

    def reconnect(self, session_id: str) -> None:
        """Come back with the same client session; harmless when connected ([MS-WSMV] 3.1.4.16)."""
        if session_id and self.session_id and session_id != self.session_id:
            raise errors.other_session()
        with self._changed:
            self.connected = True

    def adopt(self, session_id: str, fragments: bytes) -> bytes:
        """Take the shell over from whoever left it, return the PSRP part of the answer.

        Whether Windows gives away a shell whose client is still connected is not recorded; here it does.
        """
        with self._calls:
            runspace = self._open_runspace()
            answer = runspace.connect(fragments)
            with self._changed:
                self.connected = True
                self.session_id = session_id
            return answer

    def require_command(self, command_id: UUID) -> None:
        """Raise the fault for an unknown command unless there is this one."""
        self._require(command_id)

    def commands(self) -> list[UUID]:
        """Return the ids of the commands that were not freed."""
        with self._changed:
            return [command_id for command_id in self._queues if command_id is not None]

    def kill(self) -> None:
        """Kill the engine of this shell, and wait until that is known."""
        with self._calls:
            if self._runspace is not None:
                self._runspace.kill()
        with self._changed:
            self._changed.wait_for(lambda: self._gone, _CLOSE_WAIT)

    def close(self) -> None:
        """Close the pool, whatever its state; never raises."""
        self._leave()
        locked = self._calls.acquire(timeout=_CLOSE_WAIT)
        try:
            runspace, self._runspace = self._runspace, None
            if runspace is not None:
                runspace.close()
        except Exception as error:  # noqa: BLE001 - a shell that can't close cleanly is gone all the same
            self._log(f"shell {self.options.shell_id}: closing failed: {error!r}")
        finally:
            if locked:
                self._calls.release()

    # -- state -------------------------------------------------------------------------------------------------------

    @property
    def gone(self) -> bool:
        """Tell whether the pool has ended."""
        return self._gone

    def enter(self) -> None:
        """Note that a request for this shell began."""
        with self._changed:
            self._busy += 1
            self._used = time.monotonic()

    def leave(self) -> None:
        """Note that a request for this shell ended."""
        with self._changed:
            self._busy -= 1
            self._used = time.monotonic()

    def idle_for(self) -> float:
        """Return the seconds since the last request ended, 0 while one runs."""
        with self._changed:
            return 0.0 if self._busy else time.monotonic() - self._used

    def state(self, process_id: int) -> ShellState:
        """Return what Get and Enumerate tell of it."""
        options = self.options
        return ShellState(
            shell_id=options.shell_id,
            resource_uri=options.resource_uri,
            owner=options.owner,
            client_ip=options.client_ip,
            name=options.name,
            idle_timeout=self.idle_timeout,
            input_streams=options.input_streams,
            output_streams=options.output_streams,
            connected=self.connected,
            run_time=time.monotonic() - self._opened,
            inactivity=self.idle_for(),
            process_id=process_id,
        )

    def _leave(self) -> None:
        with self._changed:
            self._gone = True
            self._changed.notify_all()

    def _queue(self, command_id: UUID | None) -> _Queue:
        if self._gone:
            raise errors.unknown_shell()
        if not self.connected:
            raise errors.shell_disconnected()
        queue = self._queues.get(command_id)
        if queue is None or queue.ended:
            # That a command whose end was delivered is unknown to Receive is inferred from the fault's own text.
            raise errors.unknown_command()
        return queue

    def _require(self, command_id: UUID) -> _Queue:
        with self._changed:
            queue = self._queues.get(command_id)
        if queue is None:
            raise errors.unknown_command()
        return queue

    def _open_runspace(self) -> Runspace:
        if self._runspace is None or self._gone:
            raise errors.unknown_shell()
        return self._runspace

    def _connected_runspace(self) -> Runspace:
        runspace = self._open_runspace()
        if not self.connected:
            raise errors.shell_disconnected()
        return runspace
