"""Handles requests: one method per action ([MS-WSMV] 3.1.4)."""

from __future__ import annotations

import os
from collections.abc import Callable
from uuid import UUID, uuid4

import msgspec

from psbridge.emulator.clock import Clock
from psbridge.emulator.engine import Engine
from psbridge.emulator.wsman import answers, bodies, errors, shell_errors
from psbridge.emulator.wsman.answers import Message, ShellState
from psbridge.emulator.wsman.envelope import Envelope, comply, comply_with_plugin
from psbridge.emulator.wsman.host_description import HostDescription, configuration
from psbridge.emulator.wsman.names import CONFIG, POWERSHELL, SHELL, SIGNAL_TERMINATE, SIGNALS_STOP
from psbridge.emulator.wsman.quotas import Quotas
from psbridge.emulator.wsman.shell_output import PeerGone
from psbridge.emulator.wsman.shells import Shell, ShellOptions
from psbridge.emulator.wsman.table import ShellTable


class Caller(msgspec.Struct, frozen=True):
    """The sender of a request, and how it was sent.

    Attributes:
        chunked: whether the request was chunked, which shells refuse ([MS-WSMV] 3.1.4.1.31.8).
    """

    user: str
    client_ip: str
    alive: Callable[[], bool]
    chunked: bool = False


class Dispatcher:
    """Carries requests out on the shells of one host. Thread-safe."""

    def __init__(
        self,
        engine: Engine,
        about: HostDescription,
        table: ShellTable,
        *,
        quotas: Quotas,
        log: Callable[[str], None],
        clock: Clock,
    ) -> None:
        self._engine = engine
        self._about = about
        self._resources = {f"{POWERSHELL}/{name}".casefold() for name in about.configuration_names}
        self._table = table
        self._quotas = quotas
        self._log = log
        self._clock = clock

    def carry_out(self, envelope: Envelope, caller: Caller) -> Message:
        """Carry out a request.

        Raises:
            WSManFault: it is refused; other errors of the engine are passed through.
            PeerGone: the client of a pending Receive disconnected.
        """
        resource = envelope.resource_uri.casefold()
        if caller.chunked and resource != CONFIG.casefold():
            raise errors.not_supported()
        if envelope.action != "create":
            comply(envelope.options)
        request = bodies.read_request(envelope)
        match request:
            case bodies.Create():
                return self._create(envelope, request, caller)
            case bodies.Enumerate():
                return self._enumerate(envelope, request, caller)
            case bodies.Get() if resource == CONFIG.casefold():
                return configuration(self._quotas, self._about)
            case bodies.Get() if resource != SHELL.casefold():
                raise errors.unknown_resource(envelope.resource_uri)
            case _:
                shell = self._shell(envelope.shell_id, caller.user, of_get=isinstance(request, bodies.Get))
                self._require_address(envelope, shell)
                shell.enter()
                try:
                    return self._in_shell(envelope, request, shell, caller)
                finally:
                    shell.leave()

    def _require_address(self, envelope: Envelope, shell: Shell) -> None:
        """Refuse a request whose ResourceURI is not the shell's ([MS-PSRP] 3.1.5.3.2 wants the address of the Create answer).

        All shells together are a resource that can be read, and deleted from. Which fault another URI gets is inferred: one
        that is in the catalog has no such shell to be selected.
        """
        resource = envelope.resource_uri.casefold()
        if resource == shell.options.resource_uri.casefold():
            return
        if resource == SHELL.casefold() and envelope.action in {"get", "delete"}:
            return
        if resource in self._resources:
            raise shell_errors.unknown_shell()
        raise errors.unknown_resource(envelope.resource_uri)

    def _in_shell(self, envelope: Envelope, request: bodies.Request, shell: Shell, caller: Caller) -> Message:
        match request:
            case bodies.Receive(command_id):
                return self._receive(envelope, command_id, shell, caller)
            case bodies.Command(command_id, data):
                if self._table.operations(caller.user) >= self._quotas.operations_per_user:
                    raise shell_errors.too_many_operations(self._quotas.operations_per_user)
                command_id = command_id or uuid4()
                shell.command(command_id, data)
                return answers.command(command_id)
            case bodies.Connect(None, data, drop):
                fragments = shell.adopt(envelope.session_id, data, drop=drop)
                return answers.connected(self.state(shell), fragments)
            case bodies.Get():
                return answers.shell(self.state(shell))
            case _:
                self._act(envelope, request, shell)
                return answers.plain(envelope.action)

    def _receive(self, envelope: Envelope, command_id: UUID | None, shell: Shell, caller: Caller) -> Message:
        try:
            taken = shell.output.receive(
                command_id,
                timeout=envelope.operation_timeout,
                envelope_size=envelope.max_envelope_size,
                alive=caller.alive,
            )
        except PeerGone:
            if envelope.operation is not None:
                shell.lose()
            raise
        return answers.received(command_id, taken.fragments, done=taken.done, pending=taken.pending)

    def _act(self, envelope: Envelope, request: bodies.Request, shell: Shell) -> None:
        match request:
            case bodies.Send(streams):
                for stream, command_id, data in streams:
                    shell.send(command_id, data, stream)
            case bodies.Signal(command_id, code):
                _signal(shell, command_id, code)
            case bodies.Connect(command_id) if command_id is not None:
                shell.output.require(command_id)
            case bodies.Disconnect(idle_timeout, drop):
                shell.disconnect(self._idle_timeout(idle_timeout), drop=drop)
            case bodies.Reconnect(drop):
                shell.reconnect(envelope.session_id, drop=drop)
            case bodies.Delete():
                self._table.remove(shell)
            case _:
                raise shell_errors.bad_parameter("The action does not apply to a shell.")

    def _create(self, envelope: Envelope, request: bodies.Create, caller: Caller) -> Message:
        if envelope.resource_uri.casefold() not in self._resources:
            raise errors.unknown_resource(envelope.resource_uri)
        comply_with_plugin(envelope.options)
        if not request.fragments:  # only now, because a shell of another resource (cmd) has none
            raise shell_errors.plugin_failed("Element 'creationXml' was not found. Line 1, position 2.\r\n")
        options = ShellOptions(
            shell_id=request.shell_id or uuid4(),
            resource_uri=envelope.resource_uri,
            owner=caller.user,
            client_ip=caller.client_ip,
            session_id=envelope.session_id,
            name=request.name,
            idle_timeout=self._idle_timeout(request.idle_timeout) or self._quotas.idle_timeout,
            input_streams=request.input_streams,
            output_streams=request.output_streams,
            locale=envelope.locale,
            data_locale=envelope.data_locale,
            profile=request.profile,
            can_leave=request.shell_id is not None,
        )
        shell = Shell(options, quotas=self._quotas, log=self._log, clock=self._clock)
        self._table.add(shell)
        try:
            shell.open(self._engine, request.fragments)
        except BaseException:
            self._table.remove(shell)
            raise
        return answers.created(self.state(shell), address=self._about.address)

    def _idle_timeout(self, asked: float | None) -> float | None:
        """Return an IdleTimeOut within the host's bounds: too long is cut, too short is refused ([MS-WSMV] 2.2.4.23)."""
        if asked is None:
            return None
        if asked < self._quotas.min_idle_timeout:
            raise shell_errors.idle_timeout_out_of_bounds()
        if asked > self._quotas.max_idle_timeout and self._quotas.refuse_idle:
            raise shell_errors.idle_timeout_too_long()
        return min(asked, self._quotas.max_idle_timeout)

    def _enumerate(self, envelope: Envelope, request: bodies.Enumerate, caller: Caller) -> Message:
        wanted = request.shell_id or envelope.shell_id
        if request.commands:
            return answers.commands(self._shell(wanted, caller.user).output.commands())
        owned = self._table.owned(caller.user)
        return answers.shells(self.state(shell) for shell in owned if wanted in {None, shell.options.shell_id})

    def state(self, shell: Shell) -> ShellState:
        """Return the properties of a shell."""
        return shell.state(os.getpid())

    def _shell(self, shell_id: UUID | None, user: str, *, of_get: bool = False) -> Shell:
        shell = self._table.find(shell_id, user)
        if shell is None:
            raise shell_errors.unknown_shell_of_get() if of_get else shell_errors.unknown_shell()
        return shell


def _signal(shell: Shell, command_id: UUID, code: str) -> None:
    if code.casefold() == SIGNAL_TERMINATE.casefold():
        shell.terminate(command_id)
    elif code.casefold() in SIGNALS_STOP:
        shell.stop(command_id)
    else:
        raise shell_errors.bad_parameter("The signal is not known.")
