"""A `Session` on an emulated stamp, in this process and on a fake clock: the embedded engine without WSMan and PSRP.

The engine's commands, binder and serialiser are the emulator's, what reads their CLIXML is the client's: as over the wire.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Semaphore, Thread
from typing import Any

from psrpcore.types import PSCredential, PSSecureString
from pypsrp.messages import MessageType

from psbridge.clock import Deadline
from psbridge.emulator.engines.dialect import table_of
from psbridge.emulator.engines.embedded import clixml, records
from psbridge.emulator.engines.embedded.command_runtime import HostSession
from psbridge.emulator.engines.embedded.pipeline import Host, SentCommand, execute
from psbridge.emulator.engines.embedded.values import Net, Value
from psbridge.emulator.stamp.service import Stamp
from psbridge.errors import DeadlineExceeded, PsbridgeError, Unreachable
from psbridge.models.secret import Credential
from psbridge.models.time import Instant
from psbridge.powershell.pipeline import Pipeline
from psbridge.powershell.result import Result
from psbridge.remoting.psrp.answer import Answer
from psbridge.remoting.psrp.integrity import Message
from tests.support.fakes.fake_clock import FakeClock

_KINDS = {
    "error": MessageType.ERROR_RECORD,
    "warning": MessageType.WARNING_RECORD,
    "verbose": MessageType.VERBOSE_RECORD,
    "debug": MessageType.DEBUG_RECORD,
    "progress": MessageType.PROGRESS_RECORD,
}


@dataclass
class Fault:
    """What goes wrong at one run.

    Attributes:
        matches: tells by the pipeline's text and the number of the run (from 1) whether it is this one's.
        error: what is raised; None leaves the result to `change`.
        executed: whether the host runs the pipeline before that.
        times: how often.
        change: makes another result of the one that there is.
        held: seconds that the host takes before it runs what was begun.
    """

    matches: Callable[[str, int], bool]
    error: Callable[[], BaseException] | None = None
    executed: bool = False
    times: int = 1
    change: Callable[[Result], Result] | None = None
    held: float = 0.0


@dataclass
class StampSessions:
    """A `SessionFactory` whose sessions see one stamp.

    Attributes:
        ran: the text of each pipeline that the host was given, in order.
        opened, closed: how many sessions were.
        answers_again: what was lost can be asked for again; else only a search can tell.
        latency: seconds that each run takes.
    """

    stamp: Stamp
    clock: FakeClock
    faults: list[Fault] = field(default_factory=list)
    refuse_to_open: list[PsbridgeError] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)
    runs: int = 0
    opened: int = 0
    closed: int = 0
    latency: float = 0.1
    host_skew: float = 0.0
    description: str = "oaw01"
    answers_again: bool = False

    def __call__(self, deadline: Deadline) -> StampSession:
        if self.refuse_to_open:
            raise self.refuse_to_open.pop(0)
        self.opened += 1
        return StampSession(self)

    def stay_on(self, host: str | None) -> bool:
        return host in {None, self.description}

    @property
    def triggers(self) -> list[str]:
        return [text for text in self.ran if text.startswith("Start-AzsBackup") and "-WhatIf" not in text]


class StampSession:
    """One runspace on the emulated host."""

    removed_earlier: tuple[str, ...] = ()

    def __init__(self, sessions: StampSessions) -> None:
        self._sessions = sessions
        self._state = HostSession.fresh(sessions.stamp, table_of(sessions.stamp.profile))
        self._broken = False
        self._begun: _Begun | None = None
        self._lost: Result | None = None

    def run(self, pipeline: Pipeline, deadline: Deadline) -> Result:
        fault = self._asked(pipeline, deadline)
        result = self._execute(pipeline, _Stop(lambda _: None))
        self._sessions.clock.advance(self._sessions.latency)
        return self._answered(fault, result)

    def begin(self, pipeline: Pipeline, deadline: Deadline) -> None:
        fault = self._asked(pipeline, deadline)
        self._begun = _Begun(lambda stop: self._execute(pipeline, stop), self._sessions.clock, fault)
        self._sessions.clock.advance(self._sessions.latency)

    def poll(self, patience: float, deadline: Deadline) -> Result | None:
        if self._broken:
            raise Unreachable("this session failed earlier", retryable=True, delivered=True)
        if self._lost is not None:
            result, self._lost = self._lost, None
            return result
        assert self._begun is not None
        result = self._begun.look()
        fault = self._begun.fault
        if result is None and (fault is None or fault.error is None):
            self._sessions.clock.advance(patience)
            return None
        return self._answered(fault, result)

    def _asked(self, pipeline: Pipeline, deadline: Deadline) -> Fault | None:
        """Note a pipeline that is to run, and return what goes wrong with it; raises where the host never gets it."""
        sessions = self._sessions
        if self._broken:
            raise Unreachable("this session failed earlier", retryable=True)
        if deadline.expired:
            self._broken = True
            raise DeadlineExceeded("timed out before the host answered")
        text = str(pipeline)
        sessions.runs += 1
        fault = next((it for it in sessions.faults if it.times > 0 and it.matches(text, sessions.runs)), None)
        if fault is not None:
            fault.times -= 1
        if fault is not None and fault.error is not None and not fault.executed:
            self._broken = True
            raise fault.error()
        sessions.ran.append(text)
        return fault

    def _answered(self, fault: Fault | None, result: Result | None) -> Result:
        if fault is not None and fault.error is not None:
            self._broken = True
            self._lost = result
            raise fault.error()
        assert result is not None
        return fault.change(result) if fault is not None and fault.change is not None else result

    def resume(self) -> None:
        if not self._sessions.answers_again or (self._lost is None and self._begun is None):
            raise Unreachable("there is no pipeline whose answer could be asked for again")
        self._broken = False
        if self._begun is not None:
            self._begun.fault = None

    def close(self, deadline: Deadline) -> None:
        self._sessions.closed += 1
        self._broken = True
        if self._begun is not None:
            self._begun.end()

    def _execute(self, pipeline: Pipeline, stop: Event) -> Result:
        answer = Answer()

        def take(kind: int, value: Value, depth: int) -> None:
            answer.take(Message(kind, clixml.message(value, depth)))

        class Streams:
            def record(self, stream: str, value: Net) -> None:
                take(_KINDS[stream], value, records.DEPTH)

            def extended(self, stream: str) -> bool:
                return False

        statements = [[_sent(it) for it in statement.commands] for statement in pipeline.statements]
        host = Host(self._state, Streams(), stop)
        final = execute(statements, host, lambda value: take(MessageType.PIPELINE_OUTPUT, value, 1))
        take(MessageType.PIPELINE_STATE, final, records.DEPTH + 1)
        assert answer.state is not None
        # HTTP's Date has whole seconds
        now = int(self._sessions.clock.now().timestamp() + self._sessions.host_skew)
        return Result(
            output=tuple(answer.output),
            errors=tuple(answer.errors),
            records=tuple(answer.records),
            state=answer.state,
            failure=answer.failure,
            host_time=Instant(now * 10_000_000),
        )


class _Begun:
    """A pipeline in a thread of its own, which moves only while it is looked at: what it waits for is the fake clock."""

    def __init__(self, execute: Callable[[Event], Result], clock: FakeClock, fault: Fault | None) -> None:
        self.fault = fault
        self._clock = clock
        self._stop = _Stop(self._wait)
        self._go, self._parked = Semaphore(0), Semaphore(0)
        self._result: Result | None = None
        self._over = False
        self._thread = Thread(target=self._work, args=(execute,), daemon=True)
        self._thread.start()
        self.look()

    def look(self) -> Result | None:
        """Let it go on until it waits or ends; return what came of it, None while it waits."""
        if not self._over:  # a thread may be alive for a moment after its work
            self._go.release()
            assert self._parked.acquire(timeout=30)
        return self._result

    def end(self) -> None:
        """Stop it where it waits."""
        self._stop.set()
        self.look()
        self._thread.join(30)

    def _work(self, execute: Callable[[Event], Result]) -> None:
        self._go.acquire()
        try:
            if self.fault is not None and self.fault.held:
                self._stop.wait(self.fault.held)
            self._result = execute(self._stop)
        finally:
            self._over = True
            self._parked.release()

    def _wait(self, seconds: float) -> None:
        until = self._clock.monotonic() + seconds
        while self._clock.monotonic() < until and not self._stop.is_set():
            self._parked.release()
            self._go.acquire()


class _Stop(Event):
    """Set when the pipeline is to stop; `pause` waits for that, or lets so many seconds pass."""

    def __init__(self, pause: Callable[[float], None]) -> None:
        super().__init__()
        self._pause = pause

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self._pause(timeout)
        return self.is_set()


def _sent(command: Any) -> SentCommand:
    return SentCommand(command.name, [(name, _value(value)) for name, value in command.sent])


def _value(value: Any) -> Any:
    if isinstance(value, Credential):
        return PSCredential(value.username, PSSecureString(value.password.reveal()))
    return list(value) if isinstance(value, tuple) else value
