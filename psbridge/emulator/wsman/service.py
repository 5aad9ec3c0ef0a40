"""The WSMan service: bytes in, bytes out, each request carried out once, every failure a fault ([MS-WSMV] 3.1.4)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final
from uuid import UUID
from xml.etree.ElementTree import Element

import msgspec

from psbridge.emulator.clock import Clock
from psbridge.emulator.engine import Engine
from psbridge.emulator.wsman import answers, errors, shell_errors
from psbridge.emulator.wsman import envelope as soap
from psbridge.emulator.wsman.answers import ShellState
from psbridge.emulator.wsman.dispatch import Caller, Dispatcher
from psbridge.emulator.wsman.envelope import Envelope
from psbridge.emulator.wsman.errors import WSManFault
from psbridge.emulator.wsman.host_description import (
    HostDescription,
    asks_to_identify,
    identity,
    stranger_asks_to_identify,
)
from psbridge.emulator.wsman.quotas import MAX_ENVELOPE, Quotas
from psbridge.emulator.wsman.shell_output import PeerGone
from psbridge.emulator.wsman.table import ShellTable

MAX_ANSWERS: Final = 1024
MAX_BYTES: Final = 64 * 1024 * 1024


class Repeated(Exception):
    """A request that says it is new was seen before."""


class Replay:
    """The last answers by request: the same request twice gets the same bytes, and is carried out once. Thread-safe.

    A client whose connection broke may send the very same envelope again; pypsrp does so for Receive and expects the same
    answer (its comment in `WSMan.receive`). Windows promises it only for clients that send an OperationID ([MS-WSMV]
    3.1.4.1.39); the emulated host is as generous as pypsrp's author found real hosts to be.

    A robust client's repetition says that it is one. What [MS-WSMV] 3.1.4.1.39 has the host send first then, an
    Acknowledge in a chunk of its own, is left out: no client at hand can be asked whether it would miss it.
    """

    def __init__(self, clock: Clock, *, max_answers: int = MAX_ANSWERS, max_bytes: int = MAX_BYTES) -> None:
        self._changed = clock.condition()
        self._answers: OrderedDict[Hashable, tuple[int, bytes]] = OrderedDict()
        self._running: set[Hashable] = set()
        self._bytes = 0
        self._max_answers = max_answers
        self._max_bytes = max_bytes

    def begin(self, key: Hashable, *, new: bool = False) -> tuple[int, bytes] | None:
        """Return the (status, body) that `key` got before; None makes the caller the one to answer it.

        Waits while another thread answers the same key. Each None must be followed by one `end`.

        Raises:
            Repeated: the request is said to be `new` and is not.
        """
        with self._changed:
            if new and (key in self._running or key in self._answers):
                raise Repeated
            self._changed.wait_for(lambda: key not in self._running)
            known = self._answers.get(key)
            if known is None:
                self._running.add(key)
            return known

    def end(self, key: Hashable, answer: tuple[int, bytes] | None) -> None:
        """Keep the answer to `key`; None where there was none, so that a repetition is carried out."""
        with self._changed:
            self._running.discard(key)
            if answer is not None:
                self._answers[key] = answer
                self._bytes += len(answer[1])
                self._evict()
            self._changed.notify_all()

    def _evict(self) -> None:
        while len(self._answers) > self._max_answers or (self._bytes > self._max_bytes and len(self._answers) > 1):
            _, (_, body) = self._answers.popitem(last=False)
            self._bytes -= len(body)


_TOO_LARGE: Final = 413


class Answer(msgspec.Struct, frozen=True):
    """An HTTP status and a SOAP envelope; the body is empty where HTTP alone says it all."""

    status: int
    body: bytes


class Service:
    """The WSMan service of one host. Thread-safe; `close` ends every shell."""

    def __init__(
        self,
        engine: Engine,
        about: HostDescription,
        *,
        quotas: Quotas,
        log: Callable[[str], None],
        clock: Clock,
    ) -> None:
        self._about = about
        self._log = log
        self._table = ShellTable(quotas, clock)
        self._dispatcher = Dispatcher(engine, about, self._table, quotas=quotas, log=log, clock=clock)
        self._replay = Replay(clock)
        self._elsewhere: set[UUID] = set()

    # -- requests ----------------------------------------------------------------------------------------------------

    def read(self, data: bytes) -> Envelope | Answer:
        """Return a request's envelope, or its answer if it needs no dispatch."""
        if len(data) > MAX_ENVELOPE:
            return Answer(_TOO_LARGE, b"")  # [MS-WSMV] 3.1.4.1.20
        root: Element | None = None
        try:
            root = soap.read_root(data)
            if asks_to_identify(root):
                return Answer(200, identity(self._about.methods, stranger=False))
            return soap.read_envelope(root)
        except WSManFault as error:
            return self.fault(soap.message_id_of(root) if root is not None else "", error)

    def identify(self, data: bytes) -> Answer | None:
        """Answer an Identify of a client that is not signed in; None if it is anything else."""
        if not stranger_asks_to_identify(data):
            return None
        return Answer(200, identity(self._about.methods, stranger=True))

    def fault(self, relates_to: str, error: WSManFault, operation_id: str = "") -> Answer:
        """Return a fault as an answer."""
        message = answers.fault(error, machine=self._about.machine)
        return Answer(500, answers.envelope(message, "" if error.kind.quota else relates_to, operation_id))

    def answer(self, envelope: Envelope, caller: Caller) -> Answer:
        """Carry a request out, or repeat its earlier answer.

        Raises:
            PeerGone: the client of a pending Receive disconnected.
        """
        if envelope.shell_id in self._elsewhere:
            return self.fault(envelope.message_id, shell_errors.unknown_shell())
        operation = envelope.operation
        key: tuple[object, ...] = (caller.user, envelope.action, envelope.shell_id, envelope.message_id)
        if operation is not None:
            key = (caller.user, operation.id)
            if not operation.first:
                return self.fault(envelope.message_id, errors.bad_header("The SequenceId of a request is not 1."))
        try:
            known = self._replay.begin(key, new=operation is not None and not operation.again)
        except Repeated:
            return self.fault(envelope.message_id, errors.bad_header("The OperationID is in use."))
        if known is not None:
            return Answer(*known)
        answer: Answer | None = None
        try:
            answer = self._carry_out(envelope, caller)
        finally:
            self._replay.end(key, None if answer is None else (answer.status, answer.body))
        return answer

    def answer_again(self, envelope: Envelope, caller: Caller) -> Answer:
        """Carry a request out although it may have been before, as a host does that keeps no answers."""
        return self._carry_out(envelope, caller)

    def _carry_out(self, envelope: Envelope, caller: Caller) -> Answer:
        operation_id = envelope.operation.id if envelope.operation else ""
        try:
            message = self._dispatcher.carry_out(envelope, caller)
            return Answer(200, answers.envelope(message, envelope.message_id, operation_id))
        except WSManFault as error:
            return self.fault(envelope.message_id, error, operation_id)
        except PeerGone:
            raise
        except Exception as error:  # noqa: BLE001 - an engine's bug must not take the connection's thread with it
            self._log(f"{envelope.action}: the engine failed: {error!r}")
            # The client gets the text of an engine's refusal, but not of a bug.
            text = str(error) if isinstance(error, ValueError) else "An internal error occurred."
            return self.fault(envelope.message_id, shell_errors.plugin_failed(text), operation_id)

    # -- the shells --------------------------------------------------------------------------------------------------

    def shells(self) -> list[ShellState]:
        """Return the live shells."""
        return [self._dispatcher.state(shell) for shell in self._table.owned(None)]

    def reap(self) -> None:
        """Delete the shells whose idle timeout has passed; a thread does so every second."""
        self._table.reap()

    def kill_engine(self, shell_id: UUID | None) -> None:
        """Kill the engine of one shell of any user; an unknown shell is ignored."""
        shell = self._table.any(shell_id)
        if shell is not None:
            shell.kill()

    def send_elsewhere(self, shell_id: UUID | None) -> None:
        """From now on treat a shell as unknown; its pipelines continue."""
        if shell_id is not None:
            self._elsewhere.add(shell_id)

    def receives(self, shell_id: UUID | None) -> int:
        """Return the number of Receives so far for a shell of any user; 0 for an unknown shell."""
        shell = self._table.any(shell_id)
        return shell.output.receives if shell is not None else 0

    def drop_shells(self) -> None:
        """Lose every shell, as a restart of the WinRM service does."""
        self._table.clear()

    def close(self) -> None:
        """End every shell."""
        self._table.close()
