"""The edge of every operation: each error is completed here, once, and observers get one event for the end."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from psbridge.catalogue.hints import NOTHING_STARTED, after_trigger, take_up_again, with_target
from psbridge.errors import (
    DeadlineExceeded,
    ExitCode,
    InternalError,
    Interrupted,
    PsbridgeError,
    Trigger,
)
from psbridge.models.events import Ended
from psbridge.operations.context import OperationContext, TriggerState

_P = ParamSpec("_P")
_R = TypeVar("_R")
_Operation = Callable[Concatenate[OperationContext, _P], _R]


def operation(name: str) -> Callable[[_Operation[_P, _R]], _Operation[_P, _R]]:
    """Make a function an operation: its errors report the outcome of the trigger, and it ends with one `Ended`.

    Args:
        name: as the command line calls it.
    """

    def edge(body: _Operation[_P, _R]) -> _Operation[_P, _R]:
        @wraps(body)
        def run(context: OperationContext, /, *args: _P.args, **options: _P.kwargs) -> _R:
            try:
                result = body(context, *args, **options)
            except BaseException as raised:
                problem = raised if isinstance(raised, PsbridgeError) else _of_a_bug(raised)
                _name_the_host(problem, context.link.host)
                _annotate(problem, name, context)
                _lead_to_target(problem, context)
                context.observe(Ended(name, problem.exit_code, problem.id))
                if problem is not raised and isinstance(raised, Exception) and context.trigger.may_have_started:
                    raise problem from raised  # a bug must not hide that a backup may be running
                raise
            context.observe(_end(name, result, context))
            return result

        return run

    return edge


def _end(name: str, result: object, context: OperationContext) -> Ended:
    """Return the event for a result; the problem of a `Report` is annotated as if it were raised."""
    problem, state = getattr(result, "problem", None), context.trigger
    if isinstance(problem, PsbridgeError):
        _name_the_trigger(problem, state)
        _lead_to_target(problem, context)
    verdict = getattr(result, "verdict", None)
    backup = verdict.backup if verdict is not None else result
    return Ended(
        name,
        getattr(result, "exit_code", ExitCode.OK),
        getattr(backup, "id", None) or state.id,
        verdict.judgement if verdict is not None else None,
    )


def _of_a_bug(bug: BaseException) -> PsbridgeError:
    """Return the error for an unexpected exception. Only its type is named, because its text may hold anything."""
    if isinstance(bug, KeyboardInterrupt):
        return Interrupted("interrupted")
    return InternalError(f"a bug of psbridge: {type(bug).__name__}", hint="Please report it.")


def _annotate(problem: PsbridgeError, name: str, context: OperationContext) -> None:
    """Add to an error the outcome of the trigger, the backup's id, and what to do next."""
    state = context.trigger
    if state.nothing_started:
        if problem is state.cause:
            _refused(problem, state)
        elif name in {"start", "dry_run"}:
            _nothing_started(problem, name)
        return
    _name_the_trigger(problem, state)
    interrupted = isinstance(problem, Interrupted)
    known = state.sent is not Trigger.NOT_SENT or state.earlier
    if interrupted or (problem.hint is None and known):
        resumed = state.earlier and (problem.id is not None or not interrupted)
        command = context.target.command
        problem.hint = take_up_again(command, problem.id) if resumed else after_trigger(command, state.id)


def _name_the_trigger(problem: PsbridgeError, state: TriggerState) -> None:
    if problem.trigger is Trigger.NOT_SENT:
        problem.trigger = state.sent
    problem.id = problem.id or state.id


def _name_the_host(problem: PsbridgeError, host: str) -> None:
    """Name the host in an error that a cmdlet gave, unless its sentence names it or is complete without."""
    of_a_cmdlet = "code" in problem.detail and "host" not in problem.detail
    if of_a_cmdlet and host not in problem.message and not problem.message.endswith("."):
        problem.message = f"{host}: {problem.message}"
        problem.args = (problem.message,)


def _lead_to_target(problem: PsbridgeError, context: OperationContext) -> None:
    """Name the target's options in the commands of a hint."""
    if problem.hint is not None:
        problem.hint = with_target(problem.hint, context.target.command)


def _refused(problem: PsbridgeError, state: TriggerState) -> None:
    """Say what a stamp's refusal means for the backup; a foreseen refusal sent no trigger."""
    _say_nothing_started(problem)
    if state.sent is Trigger.SENT:
        problem.trigger = Trigger.SENT
        problem.detail["refused"] = True


def _nothing_started(problem: PsbridgeError, name: str) -> None:
    if isinstance(problem, Interrupted):
        if name == "start":
            problem.hint = problem.hint or NOTHING_STARTED
        return
    _say_nothing_started(problem)
    if name == "start" and isinstance(problem, DeadlineExceeded) and "backup" not in problem.detail:
        problem.detail["backup"] = "none"
        problem.hint = "Check the host, or allow more time with --timeout (whole command) or --call-timeout (one call)."


def _say_nothing_started(problem: PsbridgeError) -> None:
    if not problem.message.casefold().rstrip(".").endswith("nothing was started"):
        _add(problem, " Nothing was started." if problem.message.endswith(".") else "; nothing was started")


def _add(problem: PsbridgeError, words: str) -> None:
    problem.message += words
    problem.args = (problem.message,)
