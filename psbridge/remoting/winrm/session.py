"""`Session` over pypsrp: one shell on one host, one pipeline at a time, used from one thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pypsrp.complex_objects import RunspacePoolState
from pypsrp.exceptions import WSManFaultError
from pypsrp.shell import CommandState, SignalCode

from psbridge.catalogue.hints import RETRY
from psbridge.clock import Clock, Deadline, Tick
from psbridge.errors import (
    AuthError,
    ConfigError,
    DeadlineExceeded,
    PsbridgeError,
    ResultVoid,
    Unreachable,
    UsageError,
)
from psbridge.models.connection import Auth, Endpoint
from psbridge.powershell.pipeline import Pipeline
from psbridge.powershell.result import Result
from psbridge.powershell.stages import Stage, StageObserver
from psbridge.remoting.psrp.answer import Answer
from psbridge.remoting.psrp.clixml import MalformedClixml
from psbridge.remoting.psrp.integrity import BrokenStream
from psbridge.remoting.psrp.outgoing import powershell
from psbridge.remoting.winrm.delivery import Exchange, undelivered
from psbridge.remoting.winrm.errors.table import translate
from psbridge.remoting.winrm.errors.translation import ErrorContext
from psbridge.remoting.winrm.errors.wsman import OPENING, leaves_no_shell, timed_out
from psbridge.remoting.winrm.pool import Pool
from psbridge.remoting.winrm.removal import CLEAN_UP, ShellRemoval
from psbridge.remoting.winrm.shells import ShellBook, ShellMark
from psbridge.remoting.winrm.transport import DeadlineTransport
from psbridge.remoting.winrm.wire import TICK, Wire

_PLAIN_SECRETS = frozenset({Auth.BASIC, Auth.CREDSSP})  # these methods send the password to the host


class PypsrpSession:
    """A `psbridge.powershell.Session` on one endpoint; made by `open_session`."""

    def __init__(
        self,
        endpoint: Endpoint,
        connect_timeout: float,
        clock: Clock,
        shells: ShellBook | None = None,
        observe: StageObserver | None = None,
    ) -> None:
        try:
            self._transport = DeadlineTransport(endpoint, clock, connect_timeout, observe)
            self._wire = Wire(endpoint, self._transport)
        except ImportError as error:
            raise translate(error, ErrorContext(endpoint.url, auth=endpoint.auth)) from error
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"{endpoint.url}: tls or auth can't be set up: {error}", hint="Check `tls` and `auth` of the target."
            ) from error
        self._pool = Pool(self._wire, endpoint)
        self._clock = clock
        self._idle = endpoint.idle_timeout
        self._shell_may_exist = False
        self._broken = False
        self._resumed = False
        self._running: tuple[str, Answer] | None = None
        self._finished: str | None = None
        self._shells = shells
        self._removal = ShellRemoval(self._wire, shells)
        self._mark: ShellMark | None = None
        self.removed_earlier: tuple[str, ...] = ()

    def open(self, deadline: Deadline) -> None:
        """Open the shell; raises as `SessionFactory` does."""
        if self._shells is not None:
            resource, shell = self._pool.shell.resource_uri, str(self._pool.id)
            self._mark = self._shells.opened(self._transport.url, shell, resource, self._idle)
        with self._translating(OPENING, deadline):
            refused = False
            try:
                self._pool.open()
            except WSManFaultError as fault:
                refused = leaves_no_shell(fault)
                raise
            finally:
                # A fault that refuses the Create left no shell; any other outcome of a sent Create may have left one.
                nothing = refused or self._transport.leaves_nothing
                self._shell_may_exist = self._pool.shell.opened or not nothing
            if self._pool.state != RunspacePoolState.OPENED:
                raise Unreachable(
                    f"{self._transport.url}: the host did not open the session", hint=RETRY, retryable=True
                )
        if self._transport.stages.observed:
            self._transport.stages.finish(Stage.SESSION, **self._pool.facts())

    def run(self, pipeline: Pipeline, deadline: Deadline) -> Result:
        """Run a pipeline to its end; see `psbridge.powershell.Session.run`."""
        self.begin(pipeline, deadline)
        while (result := self.poll(TICK, deadline)) is None:
            pass
        return result

    def begin(self, pipeline: Pipeline, deadline: Deadline) -> None:
        """Send a pipeline; see `psbridge.powershell.Session.begin`."""
        if not any(statement.commands for statement in pipeline.statements):
            raise UsageError("a pipeline without commands can't be run")
        if self._broken:
            raise Unreachable(
                f"{self._transport.url}: this session failed earlier",
                hint="Open a new session.",
                retryable=True,
            )
        self._running, self._resumed = None, False
        with self._translating("prepare the session", deadline):
            if pipeline.has_secret:
                self._pool.exchange_keys()
            self._free_finished()
        self._running = (self._start(pipeline, deadline), Answer())

    def poll(self, patience: float, deadline: Deadline) -> Result | None:
        """Ask once for the state of the pipeline; see `psbridge.powershell.Session.poll`."""
        if self._running is None:
            raise UsageError("no pipeline was begun")
        command_id, answer = self._running
        with self._translating("read the answer", deadline, delivered=True):
            self._in_time(deadline, "while the host ran the pipeline")
            self._wire.patience = patience
            self._look(command_id, answer, lambda: self._in_time(deadline, "while the answer was read"))
            if self._mark is not None:
                self._mark.used()
            if answer.state is None:
                return None
            self._running, self._finished = None, command_id
            return self._whole(answer)

    def _in_time(self, deadline: Deadline, when: str) -> None:
        if deadline.expired:
            raise DeadlineExceeded(
                f"{self._transport.url}: timed out {when}",
                hint="Allow more time with --call-timeout.",
            )

    def resume(self) -> None:
        """Resume the pipeline that was sent last, by the CommandId that pypsrp chose; see `psbridge.powershell.Session`.

        The next Receive uses a new connection. Not verified on Windows: that a Receive returns the output of a command whose
        CommandResponse was lost. The emulated host with the real PowerShell engine does return it.
        """
        if self._running is None:
            raise Unreachable(f"{self._transport.url}: no pipeline to resume")
        self._transport.reset()
        self._broken, self._resumed = False, True

    def close(self, deadline: Deadline) -> str | None:
        """Remove the shell from the host within 3 s; raises only exceptions of signal handlers.

        Then remove remaining shells of earlier sessions, if this session did not fail and there is time.
        """
        mark, self._mark = self._mark, None
        shell, gone = str(self._pool.shell.id or self._pool.id), not self._shell_may_exist
        healthy = self._shell_may_exist and not self._broken
        try:
            if self._shell_may_exist:
                self._shell_may_exist = False
                gone = self._removal.own(self._pool.shell.resource_uri, shell, deadline)
            if healthy and gone:
                self.removed_earlier = self._removal.left_over(deadline)
        finally:
            self._broken = True
            self._transport.close()
            if mark is not None:
                (mark.gone if gone else mark.stays)()
        return None if gone else shell

    def _free_finished(self) -> None:
        """Let the host release the last pipeline; only before the next one, because closing the shell does that too."""
        command_id, self._finished = self._finished, None
        if command_id is not None:
            try:
                self._pool.shell.signal(SignalCode.TERMINATE, command_id)
            except WSManFaultError:
                return  # the host has released it already

    def _start(self, pipeline: Pipeline, deadline: Deadline) -> str:
        """Send the pipeline; it counts as delivered unless the opposite is proved."""
        shell = None
        self._transport.exchange = Exchange()
        try:
            with self._translating("start a pipeline", deadline):
                shell = powershell(self._pool, pipeline)
                shell.begin_invoke(remote_stream_options=0)
        except PsbridgeError as error:
            answered = shell is not None and shell._command_id is not None  # noqa: SLF001 - no public name; with an id, a Send failed
            error.delivered = answered or (shell is not None and undelivered(self._transport.exchange) is None)
            if error.delivered and shell is not None:
                self._running = (str(shell.id), Answer())
            raise
        self._pool.pipelines.pop(shell.id, None)
        return str(shell._command_id or shell.id)  # noqa: SLF001 - as above

    def _look(self, command_id: str, answer: Answer, tick: Tick) -> None:
        """Ask once, and read the messages that came."""
        done, data = self._receive(command_id)
        for message in self._pool.incoming.feed(data):
            if answer.state is None:
                answer.take(message, tick)
        if done and answer.state is None:
            raise BrokenStream("the pipeline ended without a state")

    def _receive(self, command_id: str) -> tuple[bool, bytes]:
        """Ask once for more; no output within the operation timeout is not an error."""
        try:
            state, _, streams = self._pool.shell.receive("stdout", command_id=command_id)
        except WSManFaultError as fault:
            if not timed_out(fault):
                raise
            state, streams = CommandState.RUNNING, {}
        finally:
            self._pool.incoming.disturbed |= self._transport.receive_failed
            self._transport.receive_failed = False
        return state == CommandState.DONE, streams.get("stdout", b"")

    def _whole(self, answer: Answer) -> Result:
        if self._pool.incoming.lost:
            raise BrokenStream("messages are missing")
        self._pool.incoming.settle()
        return answer.result(self._transport.host_time)

    @contextmanager
    def _translating(self, doing: str, deadline: Deadline, *, delivered: bool = False) -> Iterator[None]:
        """Translate errors to psbridge's own, and mark the session as failed."""
        self._transport.deadline = deadline
        try:
            yield
        except UsageError:
            raise  # nothing was sent, so the session is still usable
        except (BrokenStream, MalformedClixml) as error:
            self._broken = True
            self._running = None  # the missing messages can't be read again
            raise ResultVoid(
                f"{self._transport.url}: the host's answer is incomplete or invalid: {error}",
                hint="Retry the command. No part of this answer was used.",
                retryable=True,
                delivered=delivered,
            ) from error
        except Exception as error:
            raise self._failed(error, doing, delivered=delivered) from error
        except BaseException:
            self._broken = True
            self._transport.reset()
            raise

    def _failed(self, error: Exception, doing: str, *, delivered: bool) -> PsbridgeError:
        self._broken = True
        failure = translate(error, self._transport.error_context(doing))
        self._transport.stages.fail(failure)
        failure.delivered = delivered
        if self._resumed and isinstance(error, WSManFaultError):
            failure.retryable = False  # the host has no more output of this pipeline
        return failure


def open_session(
    endpoint: Endpoint,
    connect_timeout: float,
    clock: Clock,
    deadline: Deadline,
    shells: ShellBook | None = None,
    observe: StageObserver | None = None,
) -> PypsrpSession:
    """Open a session to one endpoint; `observe` is given its stages.

    Raises:
        psbridge.errors.ConfigError: the endpoint would send the password to an unverified host, or is invalid.
        psbridge.errors.PsbridgeError: as `psbridge.powershell.SessionFactory` says.
    """
    unproven = endpoint.tls is None or not endpoint.tls.verify
    if endpoint.auth in _PLAIN_SECRETS and unproven:
        raise ConfigError(
            f"{endpoint.url}: auth {endpoint.auth} sends the password to the host, so it needs TLS with a verified certificate",
            hint="Set `tls: true`, or `auth: negotiate`.",
        )
    session = PypsrpSession(endpoint, connect_timeout, clock, shells, observe)
    try:
        session.open(deadline)
    except BaseException as error:
        session.close(Deadline.after(clock, CLEAN_UP))
        if isinstance(error, PsbridgeError) and not isinstance(error, AuthError):
            error.delivered = False  # no pipeline was sent
        raise
    return session
