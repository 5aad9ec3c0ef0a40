"""One shell: its runspace pool and its commands ([MS-WSMV] 3.1.4.1.31). It is the `Sink` of the pool."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final
from uuid import UUID

import msgspec

from psbridge.emulator.clock import Clock
from psbridge.emulator.engine import Engine, Runspace
from psbridge.emulator.wsman import shell_errors as errors
from psbridge.emulator.wsman.answers import ShellState
from psbridge.emulator.wsman.quotas import Quotas
from psbridge.emulator.wsman.shell_connection import ShellConnection
from psbridge.emulator.wsman.shell_output import ShellOutput

_CLOSE_WAIT: Final = 5.0
"""Seconds that closing waits for a call that is still in the engine."""


class ShellOptions(msgspec.Struct, frozen=True):
    """The options of a Create; `idle_timeout` in seconds.

    Attributes:
        can_leave: whether the client chose the ShellId, which disconnecting requires ([MS-WSMV] 3.1.4.15).
    """

    shell_id: UUID
    resource_uri: str
    owner: str
    client_ip: str
    session_id: str
    name: str
    idle_timeout: float
    input_streams: str
    output_streams: str
    locale: str = "en-US"
    data_locale: str = "en-US"
    profile: bool = True
    can_leave: bool = True


class Shell:
    """One open shell. Thread-safe; its output is fetched from `output`."""

    def __init__(self, options: ShellOptions, *, quotas: Quotas, log: Callable[[str], None], clock: Clock) -> None:
        self.options = options
        self._quotas = quotas
        self._log = log
        self._connection = ShellConnection(
            options.session_id, idle_timeout=options.idle_timeout, can_leave=options.can_leave, clock=clock
        )
        self.output = ShellOutput(self._connection, quotas, clock)
        self._lock = threading.RLock()
        self._runspace: Runspace | None = None

    # -- Sink: called by the engine ----------------------------------------------------------------------------------

    def wait_for_room(self, command_id: UUID) -> None:
        """Wait until a command may say more."""
        self.output.wait_for_room(command_id)

    def data(self, command_id: UUID | None, fragments: bytes) -> None:
        """Queue fragments for the client."""
        self.output.put(command_id, fragments)

    def done(self, command_id: UUID) -> None:
        """Note that a command has ended."""
        self.output.done(command_id)

    def died(self, reason: str) -> None:
        """Note that the pool is gone: every further request gets the fault for an unknown shell."""
        self._log(f"shell {self.options.shell_id}: the engine ended: {reason}")
        self.output.end()

    # -- what the service does ---------------------------------------------------------------------------------------

    def open(self, engine: Engine, fragments: bytes) -> None:
        """Open the runspace pool; whatever the engine raises goes through."""
        with self._lock:
            configuration = self.options.resource_uri.rpartition("/")[2]
            self._runspace = engine.open(
                self.options.shell_id, fragments, self, user=self.options.owner, configuration=configuration
            )

    def command(self, command_id: UUID, fragments: bytes) -> None:
        """Start a pipeline; its queue is there before the engine hears of it."""
        with self._lock:
            runspace = self._connected_runspace()
            self.output.add(command_id)
            try:
                runspace.command(command_id, fragments)
            except BaseException:
                self.output.remove(command_id)
                raise

    def send(self, command_id: UUID | None, fragments: bytes, stream: str) -> None:
        """Hand fragments on."""
        with self._lock:
            runspace = self._connected_runspace()
            self.output.require_reader(command_id)
            runspace.send(command_id, fragments, stream=stream)

    def stop(self, command_id: UUID) -> None:
        """Stop a pipeline; one that has ended stays as it is."""
        with self._lock:
            runspace = self._connected_runspace()
            if self.output.hold_back_no_more(command_id):
                runspace.stop(command_id)

    def terminate(self, command_id: UUID) -> None:
        """Free a command."""
        with self._lock:
            runspace = self._connected_runspace()
            self.output.hold_back_no_more(command_id)
            runspace.close_command(command_id)
            self.output.remove(command_id)

    # -- leaving and coming back -------------------------------------------------------------------------------------

    def disconnect(self, idle_timeout: float | None, *, drop: bool | None) -> None:
        """Leave the pool running and its output queued; waiting Receives end ([MS-WSMV] 3.1.4.15)."""
        with self.output.changing():
            self._connection.disconnect(idle_timeout, drop=drop)

    def reconnect(self, session_id: str, *, drop: bool | None) -> None:
        """Reconnect with the same client session ([MS-WSMV] 3.1.4.16)."""
        with self.output.changing():
            self._connection.reconnect(session_id, drop=drop)

    def adopt(self, session_id: str, fragments: bytes, *, drop: bool | None) -> bytes:
        """Take over a shell that was left, return the PSRP part of the answer ([MS-WSMV] 3.1.4.17)."""
        with self._lock:
            runspace = self._open_runspace()
            self._connection.require_left()
            answer = runspace.connect(fragments)
            with self.output.changing():
                self._connection.adopt(session_id, drop=drop)
            return answer

    def lose(self) -> None:
        """Note that a robust client's connection broke in the middle of a request."""
        with self.output.changing():
            self._connection.lose()

    def leave_if_lost(self) -> None:
        """Leave for a robust client that was lost for too long."""
        with self.output.changing():
            self._connection.leave_if_lost(self._quotas.auto_disconnect)

    # -- the end -----------------------------------------------------------------------------------------------------

    def kill(self) -> None:
        """Kill the engine of this shell; it is gone at once, even if the engine reports it later."""
        with self._lock:
            if self._runspace is not None:
                self._runspace.kill()
        self.output.end()

    def close(self) -> None:
        """Close the pool, whatever its state; never raises."""
        self.output.end()
        locked = self._lock.acquire(timeout=_CLOSE_WAIT)
        try:
            runspace, self._runspace = self._runspace, None
            if runspace is not None:
                runspace.close()
        except Exception as error:  # noqa: BLE001 - a shell that can't close cleanly is gone all the same
            self._log(f"shell {self.options.shell_id}: closing failed: {error!r}")
        finally:
            if locked:
                self._lock.release()

    # -- state -------------------------------------------------------------------------------------------------------

    @property
    def gone(self) -> bool:
        """Return whether the pool has ended."""
        return self.output.gone

    def enter(self) -> None:
        """Note that a request for this shell began."""
        with self.output.changing():
            self._connection.enter()

    def leave(self) -> None:
        """Note that a request for this shell ended."""
        with self.output.changing():
            self._connection.leave()

    def expired(self) -> bool:
        """Return whether it is over, or was idle for too long ([MS-WSMV] 3.1.5.3)."""
        return self.gone or self._connection.idle_for() > self._connection.idle_timeout

    def state(self, process_id: int) -> ShellState:
        """Return the properties that Get and Enumerate show."""
        options, connection = self.options, self._connection
        return ShellState(
            shell_id=options.shell_id,
            resource_uri=options.resource_uri,
            owner=options.owner,
            client_ip=options.client_ip,
            name=options.name,
            idle_timeout=connection.idle_timeout,
            max_idle_timeout=self._quotas.max_idle_timeout,
            input_streams=options.input_streams,
            output_streams=options.output_streams,
            locale=options.locale,
            data_locale=options.data_locale,
            profile=options.profile,
            drop=connection.drop,
            connected=connection.connected,
            run_time=connection.run_time(),
            inactivity=connection.idle_for(),
            process_id=process_id,
        )

    def _open_runspace(self) -> Runspace:
        if self._runspace is None or self.gone:
            raise errors.unknown_shell()
        return self._runspace

    def _connected_runspace(self) -> Runspace:
        runspace = self._open_runspace()
        if not self._connection.connected:
            raise errors.shell_disconnected()
        return runspace
