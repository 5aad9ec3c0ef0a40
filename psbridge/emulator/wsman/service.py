"""What the emulated host does with an envelope: one method a request, every failure a fault ([MS-WSMV] 3.1.4)."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4
from xml.etree.ElementTree import Element

from psbridge.emulator.engine import Engine
from psbridge.emulator.wsman import answers, errors
from psbridge.emulator.wsman import envelope as soap
from psbridge.emulator.wsman.answers import ShellState
from psbridge.emulator.wsman.envelope import MAX_ENVELOPE, MAX_TIMEOUT, Envelope
from psbridge.emulator.wsman.errors import WSManFault
from psbridge.emulator.wsman.names import CONFIG, POWERSHELL, SHELL, SIGNAL_TERMINATE, SIGNALS_STOP
from psbridge.emulator.wsman.replay import Replay
from psbridge.emulator.wsman.shells import PeerGone, Shell, ShellOptions

IDLE_TIMEOUT: Final = 7200.0
"""Seconds: `IdleTimeOut` of a shell that asked for none (capture)."""
MAX_SHELLS: Final = 25
"""Shells a user: MaxShellsPerUser of an operator host."""
_CLOSERS: Final = 32


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request; `alive` tells whether the connection still stands."""

    user: str
    client_ip: str
    alive: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP status and a SOAP envelope."""

    status: int
    body: bytes


class Service:
    """The WSMan service of one host. Thread-safe; `close` ends every shell.

    Args:
        engine: makes the runspace pools.
        address: the URL that Create answers name.
        machine: the host's name in faults.
        configuration_names: the session configurations that exist.
        idle_timeout: seconds after which a shell without its own IdleTimeOut is reaped.
        log: gets one line where something went wrong in the engine.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        address: str,
        machine: str,
        configuration_names: tuple[str, ...],
        max_shells: int = MAX_SHELLS,
        idle_timeout: float = IDLE_TIMEOUT,
        log: Callable[[str], None],
    ) -> None:
        self._engine = engine
        self._address = address
        self._machine = machine
        self._resources = {f"{POWERSHELL}/{name}".casefold() for name in configuration_names}
        self._max_shells = max_shells
        self._idle_timeout = idle_timeout
        self._log = log
        self._lock = threading.Lock()
        self._shells: dict[UUID, Shell] = {}
        self._replay = Replay()
        self._closing = threading.Event()
        self._reaper: threading.Thread | None = None

    # -- requests ----------------------------------------------------------------------------------------------------

    def read(self, data: bytes) -> Envelope | Answer:
        """Return a request's envelope, or the fault that it gets."""
        root: Element | None = None
        try:
            root = soap.read_root(data)
            return soap.read_envelope(root)
        except WSManFault as error:
            return self.fault(soap.message_id_of(root) if root is not None else "", error)

    def fault(self, relates_to: str, error: WSManFault) -> Answer:
        """Return a fault as an answer."""
        return Answer(500, answers.fault(relates_to, error, machine=self._machine))

    def answer(self, envelope: Envelope, caller: Caller) -> Answer:
        """Carry a request out, or repeat the answer that it got before.

        Raises:
            PeerGone: the client of a waiting Receive hung up.
        """
        key = (caller.user, envelope.action, envelope.shell_id, envelope.message_id)
        known = self._replay.begin(key)
        if known is not None:
            return Answer(*known)
        answer: Answer | None = None
        try:
            answer = self._carry_out(envelope, caller)
        finally:
            self._replay.end(key, None if answer is None else (answer.status, answer.body))
        return answer

    def _carry_out(self, envelope: Envelope, caller: Caller) -> Answer:
        try:
            return Answer(200, self._dispatch(envelope, caller))
        except WSManFault as error:
            return self.fault(envelope.message_id, error)
        except PeerGone:
            raise
        except Exception as error:  # noqa: BLE001 - an engine's bug must not take the connection's thread with it
            self._log(f"{envelope.action}: the engine failed: {error!r}")
            return self.fault(envelope.message_id, errors.internal_error())

    def _dispatch(self, envelope: Envelope, caller: Caller) -> bytes:
        request = soap.read_request(envelope)
        match request:
            case soap.Create():
                return self._create(envelope, request, caller)
            case soap.Enumerate():
                return self._enumerate(envelope, request, caller)
            case soap.Get() if envelope.resource_uri.casefold() == CONFIG.casefold():
                return self._config(envelope)
            case soap.Get() if envelope.resource_uri.casefold() != SHELL.casefold():
                raise errors.unknown_resource(envelope.resource_uri)
            case _:
                shell = self._shell(envelope.shell_id, caller.user)
                shell.enter()
                try:
                    return self._in_shell(envelope, request, shell, caller)
                finally:
                    shell.leave()

    def _in_shell(self, envelope: Envelope, request: soap.Request, shell: Shell, caller: Caller) -> bytes:
        relates_to = envelope.message_id
        match request:
            case soap.Receive(command_id):
                fragments, done = shell.receive(
                    command_id,
                    timeout=envelope.operation_timeout,
                    envelope_size=envelope.max_envelope_size,
                    alive=caller.alive,
                )
                return answers.received(relates_to, command_id, fragments, done=done)
            case soap.Command(command_id, data):
                command_id = command_id or uuid4()
                shell.command(command_id, data)
                return answers.command(relates_to, command_id)
            case soap.Connect(None, data):
                return answers.connected(relates_to, self._state(shell), shell.adopt(envelope.session_id, data))
            case soap.Get():
                return answers.shell(relates_to, self._state(shell))
            case _:
                self._act(envelope, request, shell)
                return answers.plain(envelope.action, relates_to)

    def _act(self, envelope: Envelope, request: soap.Request, shell: Shell) -> None:
        match request:
            case soap.Send(streams):
                for stream, command_id, data in streams:
                    shell.send(command_id, data, stream)
            case soap.Signal(command_id, code):
                _signal(shell, command_id, code)
            case soap.Connect(command_id) if command_id is not None:
                shell.require_command(command_id)
            case soap.Disconnect(idle_timeout):
                shell.disconnect(idle_timeout)
            case soap.Reconnect():
                shell.reconnect(envelope.session_id)
            case soap.Delete():
                self._forget(shell)
                shell.close()
            case _:
                raise errors.bad_parameter("The action does not apply to a shell.")

    def _create(self, envelope: Envelope, request: soap.Create, caller: Caller) -> bytes:
        if envelope.resource_uri.casefold() not in self._resources:
            raise errors.unknown_resource(envelope.resource_uri)
        if not request.fragments:  # only now, for the shell of another resource (cmd) has none
            raise errors.bad_parameter("The shell has no creationXml.")
        options = ShellOptions(
            shell_id=request.shell_id or uuid4(),
            resource_uri=envelope.resource_uri,
            owner=caller.user,
            client_ip=caller.client_ip,
            session_id=envelope.session_id,
            name=request.name,
            idle_timeout=request.idle_timeout or self._idle_timeout,
            input_streams=request.input_streams,
            output_streams=request.output_streams,
        )
        shell = Shell(options, log=self._log)
        self._register(shell)
        try:
            shell.open(self._engine, request.fragments)
        except BaseException:
            self._forget(shell)
            shell.close()
            raise
        return answers.created(envelope.message_id, self._state(shell), address=self._address)

    def _enumerate(self, envelope: Envelope, request: soap.Enumerate, caller: Caller) -> bytes:
        if request.commands:
            shell = self._shell(request.shell_id or envelope.shell_id, caller.user)
            return answers.commands(envelope.message_id, shell.commands())
        return answers.shells(envelope.message_id, [self._state(shell) for shell in self._owned(caller.user)])

    def _config(self, envelope: Envelope) -> bytes:
        return answers.config(
            envelope.message_id,
            max_envelope_kb=MAX_ENVELOPE // 1024,
            max_timeout_ms=int(MAX_TIMEOUT * 1000),
            max_shells=self._max_shells,
        )

    # -- the table ---------------------------------------------------------------------------------------------------

    def shells(self) -> list[ShellState]:
        """Return the live shells."""
        return [self._state(shell) for shell in self._owned(None)]

    def drop_shells(self) -> None:
        """Lose every shell, as a restart of the WinRM service does."""
        with self._lock:
            shells = list(self._shells.values())
            self._shells.clear()
        if shells:
            with ThreadPoolExecutor(min(len(shells), _CLOSERS)) as threads:  # each may take seconds
                list(threads.map(Shell.close, shells))

    def kill_engine(self, shell_id: UUID | None) -> None:
        """Kill what runs one shell, whoever owns it; no such shell is no matter."""
        with self._lock:
            shell = self._shells.get(shell_id) if shell_id is not None else None
        if shell is not None:
            shell.kill()

    def close(self) -> None:
        """End every shell and the reaper."""
        self._closing.set()
        self.drop_shells()
        if self._reaper is not None:
            self._reaper.join(timeout=5)

    def _state(self, shell: Shell) -> ShellState:
        return shell.state(os.getpid())

    def _owned(self, user: str | None) -> list[Shell]:
        with self._lock:
            return [shell for shell in self._shells.values() if not shell.gone and user in {None, shell.options.owner}]

    def _shell(self, shell_id: UUID | None, user: str) -> Shell:
        with self._lock:
            shell = self._shells.get(shell_id) if shell_id is not None else None
        if shell is None or shell.gone or shell.options.owner != user:
            raise errors.unknown_shell()
        return shell

    def _register(self, shell: Shell) -> None:
        owner = shell.options.owner
        with self._lock:
            if self._closing.is_set():
                raise errors.internal_error("The service is shutting down. ")
            live = [other for other in self._shells.values() if not other.gone]
            if sum(other.options.owner == owner for other in live) >= self._max_shells:
                raise errors.too_many_shells(self._max_shells)
            taken = self._shells.get(shell.options.shell_id)
            if taken is not None and not taken.gone:
                raise errors.shell_exists()
            self._shells[shell.options.shell_id] = shell
            if self._reaper is None:
                self._reaper = threading.Thread(target=self._reap, name="wsman-reaper", daemon=True)
                self._reaper.start()

    def _forget(self, shell: Shell) -> None:
        with self._lock:
            if self._shells.get(shell.options.shell_id) is shell:
                del self._shells[shell.options.shell_id]

    def _reap(self) -> None:
        while not self._closing.wait(min(1.0, self._idle_timeout / 4)):
            with self._lock:
                idle = [item for item in self._shells.values() if item.gone or item.idle_for() > item.idle_timeout]
            for shell in idle:
                self._forget(shell)
                shell.close()


def _signal(shell: Shell, command_id: UUID, code: str) -> None:
    if code.casefold() == SIGNAL_TERMINATE.casefold():
        shell.terminate(command_id)
    elif code.casefold() in SIGNALS_STOP:
        shell.stop(command_id)
    else:
        raise errors.bad_parameter("The signal is not known.")
