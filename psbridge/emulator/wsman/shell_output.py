"""All that waits in one shell to be fetched, by command: engines put in, Receives take out ([MS-WSMV] 3.1.4.14)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final
from uuid import UUID

import msgspec

from psbridge.emulator.clock import Clock
from psbridge.emulator.wsman import errors as service_errors
from psbridge.emulator.wsman import shell_errors as errors
from psbridge.emulator.wsman.answers import ENVELOPE_OVERHEAD, stream_size
from psbridge.emulator.wsman.quotas import Quotas
from psbridge.emulator.wsman.shell_connection import ShellConnection

_HEADER: Final = 21
"""Bytes before a fragment's blob: object id, fragment id, flags, length ([MS-PSRP] 2.2.4)."""
_FLAGS: Final = 16
_START, _END = 1, 2
_TYPE: Final = slice(_HEADER + 4, _HEADER + 8)
_HOST_CALL: Final = 0x00041100  # PIPELINE_HOST_CALL ([MS-PSRP] 2.2.2.27)


def _flags(fragment: bytes) -> int:
    return fragment[_FLAGS] if len(fragment) > _FLAGS else _START | _END


class FragmentTooLarge(Exception):
    """The next fragment alone exceeds the client's envelope size."""


def split_fragments(data: bytes) -> list[bytes]:
    """Split `data` into its fragments; data that is not complete fragments stays one piece."""
    pieces: list[bytes] = []
    start = 0
    while start < len(data):
        length = int.from_bytes(data[start + 17 : start + _HEADER], "big")
        end = start + _HEADER + length
        if end > len(data):
            return [*pieces, data[start:]]
        pieces.append(data[start:end])
        start = end
    return pieces


class Taken(msgspec.Struct, frozen=True):
    """What one Receive gets.

    Attributes:
        done: the command has ended and this is its last output.
        pending: the command waits for the client to answer a host call (capture).
    """

    fragments: list[bytes]
    done: bool = False
    pending: bool = False


class OutputQueue:
    """The queue of one command, or of the pool. Not thread-safe: its shell's lock guards it.

    Attributes:
        stopping: whether the command is being stopped, so that its remaining output is not halted.
        ended: whether the end was delivered; then the command is unknown to Receive.
        newest: the number of the newest Receive, so that an older one notices that a newer has replaced it.
    """

    def __init__(self) -> None:
        self.size = 0
        self.stopping = False
        self.ended = False
        self.newest = 0
        self.done = False
        self._fragments: deque[bytes] = deque()
        self._host_call = False

    @property
    def ready(self) -> bool:
        """Return whether a Receive can be answered now."""
        return bool(self._fragments) or (self.done and not self.ended)

    def put(self, fragments: bytes) -> None:
        """Add complete fragments."""
        self._fragments.extend(split_fragments(fragments))
        self.size += len(fragments)

    def drop_oldest(self, limit: int) -> None:
        """Drop complete messages, oldest first, until at most `limit` bytes or one message remain.

        The rest of a message whose beginning was already delivered stays, and so does the newest one, because it may be
        the state that the command ended with.
        """
        start = 0
        while start < len(self._fragments) and not self._flags(start) & _START:
            start += 1
        while self.size > limit:
            end = start
            while end < len(self._fragments) and not self._flags(end) & _END:
                end += 1
            if end + 1 >= len(self._fragments):
                return
            for _ in range(end - start + 1):
                self.size -= len(self._fragments[start])
                del self._fragments[start]

    def take(self, budget: int, most: int | None = None) -> Taken:
        """Take out what fits into `budget` bytes of a ReceiveResponse, and no more than `most` messages.

        Raises:
            FragmentTooLarge: nothing fits; the output stays.
        """
        taken: list[bytes] = []
        messages = 0
        while self._fragments and messages != most and stream_size(self._fragments[0]) <= budget:
            fragment = self._fragments.popleft()
            budget -= stream_size(fragment)
            self.size -= len(fragment)
            self._note(fragment)
            messages += bool(_flags(fragment) & _END)
            taken.append(fragment)
        if self._fragments and not taken:
            raise FragmentTooLarge
        self.ended = self.done and not self._fragments
        return Taken(taken, self.ended, self._host_call and not self._fragments and not self.ended)

    def _flags(self, index: int) -> int:
        return _flags(self._fragments[index])

    def _note(self, fragment: bytes) -> None:
        if len(fragment) > _FLAGS and fragment[_FLAGS] & _START:
            self._host_call = int.from_bytes(fragment[_TYPE], "little") == _HOST_CALL


_TICK: Final = 0.5
"""Seconds between checks whether the client of a pending Receive is still connected."""


class PeerGone(Exception):
    """The client disconnected while its request was pending: no output is consumed for it."""


class ShellOutput:
    """The queues of one shell. Thread-safe.

    Args:
        connection: the shell's; it is changed inside `changing` only.
    """

    def __init__(self, connection: ShellConnection, quotas: Quotas, clock: Clock) -> None:
        self.gone = False
        self.receives = 0
        self._connection = connection
        self._quotas = quotas
        self._clock = clock
        self._changed = clock.condition()
        self._queues: dict[UUID | None, OutputQueue] = {None: OutputQueue()}

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold the lock for the body, then wake the waiting threads."""
        with self._changed:
            yield
            self._changed.notify_all()

    # -- the engine's side -------------------------------------------------------------------------------------------

    def wait_for_room(self, command_id: UUID) -> None:
        """Wait until a command may say more: its buffer is not full, or it is to lose its oldest output instead."""
        with self._changed:
            self._changed.wait_for(lambda: self._has_room(command_id))

    def put(self, command_id: UUID | None, fragments: bytes) -> None:
        """Queue fragments; those of a command that was freed are dropped."""
        with self.changing():
            queue = self._queues.get(command_id)
            if queue is not None and not self.gone:
                queue.put(fragments)
                if self._dropping():
                    queue.drop_oldest(self._quotas.output_buffer)

    def done(self, command_id: UUID) -> None:
        """Note that a command has ended."""
        with self.changing():
            queue = self._queues.get(command_id)
            if queue is not None:
                queue.done = True

    def end(self) -> None:
        """Note that the pool has ended: no more output follows, and waiting threads are woken."""
        with self.changing():
            self.gone = True

    # -- the client's side -------------------------------------------------------------------------------------------

    def receive(
        self, command_id: UUID | None, *, timeout: float, envelope_size: int, alive: Callable[[], bool]
    ) -> Taken:
        """Return the output that fits one envelope, waiting up to `timeout` seconds.

        A newer Receive for the same command takes the place of one that waits: its client may have lost its
        connection without a sign. (Inferred; [MS-WSMV] 3.1.4.14 only says that there should be one at a time.) One that
        waits when its shell or command ends is aborted; one that comes later finds nothing.

        Raises:
            WSManFault: nothing came in time; no such command; the shell is gone or disconnected; a newer Receive arrived.
            PeerGone: `alive()` returned that the client is gone.
        """
        until = self._clock.monotonic() + timeout
        with self._changed:
            queue = self._fetched(command_id)
            self.receives += 1
            queue.newest += 1
            mine = queue.newest
            self._changed.notify_all()
            while not queue.ready:
                left = until - self._clock.monotonic()
                if left <= 0:
                    raise service_errors.timed_out()
                if not self._changed.wait(min(left, _TICK)) and not alive():
                    raise PeerGone
                if self.gone or self._queues.get(command_id) is not queue or queue.newest != mine:
                    raise errors.aborted()
                self._fetched(command_id)
            if not alive():
                raise PeerGone
            return self._take(queue, envelope_size - ENVELOPE_OVERHEAD)

    def add(self, command_id: UUID) -> None:
        """Make the queue of a new command.

        Raises:
            WSManFault: there is one with this id, or there are too many.
        """
        with self._changed:
            if command_id in self._queues:
                raise errors.command_exists()
            if len(self._queues) > self._quotas.commands_per_shell:
                raise errors.too_many_commands()
            self._queues[command_id] = OutputQueue()

    def remove(self, command_id: UUID) -> None:
        """Remove a command and its output."""
        with self.changing():
            self._queues.pop(command_id, None)

    def require(self, command_id: UUID) -> None:
        """Raise the fault for an unknown command unless there is this one, ended or not."""
        with self._changed:
            if command_id not in self._queues:
                raise errors.unknown_command()

    def require_reader(self, command_id: UUID | None) -> None:
        """Raise a fault unless there is such a command that has not ended, or the pool's answers are being fetched."""
        with self._changed:
            queue = self._fetched(command_id)
            if command_id is None and queue.size > self._quotas.output_buffer:
                raise errors.output_not_fetched()

    def hold_back_no_more(self, command_id: UUID) -> bool:
        """Let a stopping command send all of its output; return whether it still runs.

        Raises:
            WSManFault: no such command.
        """
        with self.changing():
            queue = self._queues.get(command_id)
            if queue is None:
                raise errors.unknown_command()
            queue.stopping = True
            return not queue.done

    def commands(self) -> list[UUID]:
        """Return the ids of the commands that were not freed."""
        with self._changed:
            return [command_id for command_id in self._queues if command_id is not None]

    # -- under the lock ----------------------------------------------------------------------------------------------

    def _take(self, queue: OutputQueue, budget: int) -> Taken:
        try:
            taken = queue.take(budget, self._quotas.messages_per_receive)
        except FragmentTooLarge:
            raise errors.answer_too_large() from None
        self._changed.notify_all()
        return taken

    def _fetched(self, command_id: UUID | None) -> OutputQueue:
        if self.gone:
            raise errors.unknown_shell()
        if not self._connection.connected:
            raise errors.shell_disconnected()
        queue = self._queues.get(command_id)
        if queue is None or queue.ended:
            # That a command whose end was delivered is unknown to Receive is inferred from the fault's own text.
            raise errors.unknown_command()
        return queue

    def _has_room(self, command_id: UUID) -> bool:
        queue = self._queues.get(command_id)
        if self.gone or queue is None or queue.stopping or self._dropping():
            return True
        return queue.size < self._quotas.output_buffer

    def _dropping(self) -> bool:
        return self._connection.drop and not self._connection.connected
