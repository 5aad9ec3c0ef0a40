"""A pipeline of statements, from the lookup of its commands to its final state."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from threading import Event

import msgspec

from psbridge.emulator.engines.dialect import Cmdlet, HostTable
from psbridge.emulator.engines.dialect.core import NAME as CORE_MODULE
from psbridge.emulator.engines.dialect.hosts import POWERSHELLS
from psbridge.emulator.engines.embedded import errors, records
from psbridge.emulator.engines.embedded.binding import Arguments, bind
from psbridge.emulator.engines.embedded.cmdlets import RUNS
from psbridge.emulator.engines.embedded.command_runtime import CommandRuntime, HostSession, Stopped, Streams
from psbridge.emulator.engines.embedded.error_record import ActionStop, ErrorRecord, Terminate
from psbridge.emulator.engines.embedded.records import Invocation
from psbridge.emulator.engines.embedded.values import Net, Value

STOPPED, COMPLETED, FAILED = 3, 4, 5


class SentCommand(msgspec.Struct, frozen=True):
    """A command as the client sent it.

    Attributes:
        merges: whether it redirects a stream.
    """

    name: str
    parameters: Sequence[tuple[str | None, object]] = ()
    is_script: bool = False
    merges: bool = False


class Host(msgspec.Struct, frozen=True):
    """The environment of a pipeline."""

    session: HostSession
    streams: Streams
    stop: Event


def execute(statements: Sequence[Sequence[SentCommand]], host: Host, write: Callable[[Value], None]) -> Net:
    """Run a pipeline, writing its output, and return its final PIPELINE_STATE.

    If the first of several statements fails, that is a record of the error stream, the second is run, and the others are
    not. If a later one fails, so does the pipeline, there and then. -ErrorAction Stop fails it wherever it is. All of it
    is measured on PowerShell 7.6.9.
    """
    pending = list(statements)
    may_fail = len(pending) > 1
    try:
        while pending:
            try:
                _check(host.stop)
                for value in _run(pending.pop(0), host):
                    _check(host.stop)
                    write(value)
            except ActionStop as ended:
                return _state(FAILED, ended.record)
            except Terminate as ended:
                if not may_fail:
                    return _state(FAILED, ended.record)
                host.streams.record("error", records.error(ended.record.contain(), None, extended=False))
                del pending[1:]
            may_fail = False
    except Stopped:
        return _state(STOPPED, errors.stopped())
    return records.state(COMPLETED)


def _check(stop: Event) -> None:
    if stop.is_set():
        raise Stopped


def _state(number: int, record: ErrorRecord) -> Net:
    return records.state(number, records.error(record, None, extended=False))


def _run(statement: Sequence[SentCommand], host: Host) -> Iterator[Value]:
    """Yield a statement's output. All its commands are found, then all are bound, before the first one works."""
    found = [_find(command, host.session) for command in statement]
    bound = [bind(cmdlet, command.parameters) for cmdlet, command in zip(found, statement, strict=True)]
    source: Iterator[Value] = iter(())
    for place, (cmdlet, arguments) in enumerate(zip(found, bound, strict=True), start=1):
        source = _start(cmdlet, statement[place - 1].name, arguments, source, (place, len(statement)), host)
    return source


def _start(
    cmdlet: Cmdlet, name: str, arguments: Arguments, source: Iterator[Value], place: tuple[int, int], host: Host
) -> Iterator[Value]:
    if cmdlet.module != CORE_MODULE and cmdlet.module not in host.session.loaded:
        host.session.loaded.append(cmdlet.module)
    position, length = place
    invocation = Invocation(cmdlet, arguments.shown, length, position, name)
    runtime = CommandRuntime(invocation, arguments, host.session, host.streams, host.stop)
    if not cmdlet.emulated:
        raise Terminate(errors.emulated_nowhere(cmdlet))
    if position > 1 and cmdlet.name != "ForEach-Object":
        source = _no_input(cmdlet, source)
    return RUNS[cmdlet.key](runtime, source)


def _no_input(cmdlet: Cmdlet, source: Iterator[Value]) -> Iterator[Value]:
    for _ in source:
        raise Terminate(errors.not_emulated(f"pipeline input to {cmdlet.name}", cmdlet))
    return iter(())


def _find(command: SentCommand, session: HostSession) -> Cmdlet:
    name = command.name
    if command.is_script:
        raise Terminate(errors.no_scripts(name))
    table = session.table
    cmdlet = table.find(name)
    if cmdlet is None:
        raise Terminate(_not_found(name, table))
    if command.merges:
        raise Terminate(errors.not_emulated("the redirection of a stream", cmdlet, real=errors.ENGINE))
    return cmdlet


def _not_found(name: str, table: HostTable) -> ErrorRecord:
    """Return the error for an unknown command: PowerShell's, or that a real host would have it."""
    module, _, bare = name.rpartition("\\")
    if table.exists_elsewhere(bare):
        real = errors.WHOLE_ENGINE if bare.casefold() in POWERSHELLS else ""
        return errors.not_emulated(f"the command {name}", real=real)
    if table.hides(bare):
        return errors.unknown_command(name, hidden=True)
    if table.visible is not None:
        return errors.unknown_command(name)
    if not module and (broken := table.broken(bare)) is not None:
        return errors.module_broken(name, broken.name)
    usable = {CORE_MODULE, *(each.name for each in table.modules if each.loads)}
    if module and module not in usable:
        return errors.unknown_module(name, module)
    return errors.unknown_command(name)
