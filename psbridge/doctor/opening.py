"""The one opening of a session, which the stages of the connection and all after them share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from psbridge.doctor.results import found, not_reached, ok, warn
from psbridge.doctor.shells import remaining
from psbridge.doctor.state import DoctorState
from psbridge.errors import Interrupted, PsbridgeError
from psbridge.models.connection import Endpoint
from psbridge.models.diagnosis import Finding, StageResult
from psbridge.powershell.stages import Stage, StageEvent
from psbridge.values import replace

Facts = Mapping[str, Any]
Interpreter = Callable[[Facts], Iterable[Finding]]
"""Returns what the facts of a stage mean; of a failed one, what is known besides its error."""


def open_once(state: DoctorState) -> None:
    """Open the session, at the first call only, whatever came of it: a login is tried once."""
    if state.opened:
        return
    state.opened = True
    state.left_before = frozenset(it.shell for it in remaining(state))
    state.context = state.stack.enter_context(state.asked.connect(state.resolved, lambda event: _see(state, event)))
    try:
        state.context.link.open(state.deadline)
    except Interrupted:
        raise
    except PsbridgeError as problem:
        state.unopened = problem


def _see(state: DoctorState, event: StageEvent) -> None:
    if event.state == "started" and not event.again:
        state.asked.begin(event.stage.value)
    if not event.again:
        state.events.append(event)


def of_stage(
    state: DoctorState, stage: Stage, interpret: Interpreter, unused: str = "not used by this target"
) -> StageResult:
    """Return what the opening showed of a stage; it opens the session first, if no stage did before.

    A host that was tried in vain is a warning of the stage in which it failed, if another host answers, or came further.

    Args:
        state: of the run.
        stage: which.
        interpret: returns what its facts mean.
        unused: what to say if the connection has no such stage.
    """
    event = seen(state, stage)
    elsewhere = [_in_vain(state, error) for it, error in _failures(state) if it.stage is stage and it is not event]
    if event is None:
        return _unseen(state, stage, unused)
    result = found(*elsewhere, *interpret(event.facts), facts=event.facts, error=event.error)
    return replace(result, seconds=event.seconds)


def seen(state: DoctorState, stage: Stage) -> StageEvent | None:
    """Return how a stage ended on the host that answered; if none did, on the one that came furthest."""
    open_once(state)
    host = _host(state)
    ended = [it for it in state.events if it.host == host and it.stage is stage and it.state != "started"]
    return ended[-1] if ended else None


def endpoint(state: DoctorState) -> Endpoint | None:
    """Return the endpoint whose stages are reported; None for the emulated host of `demo`."""
    host = _host(state)
    return next((it for it in state.resolved.endpoints if it.url == host), None)


def _host(state: DoctorState) -> str | None:
    """Return the host that answered, else the first of those that came furthest."""
    furthest = {it.host: 0 for it in state.events}
    for event in state.events:
        furthest[event.host] += event.state == "finished"
    return max(furthest, key=lambda host: furthest[host], default=None)


def _failures(state: DoctorState) -> list[tuple[StageEvent, PsbridgeError]]:
    return [(it, it.error) for it in state.events if it.error is not None]


def _in_vain(state: DoctorState, error: PsbridgeError) -> Finding:
    """Return what another host's failure means: it is skipped, as in every command."""
    skipped = " (this host is skipped)" if state.unopened is None else ""
    return warn(f"{error.message}{skipped}", error.hint)


def _unseen(state: DoctorState, stage: Stage, unused: str) -> StageResult:
    """Return the result of a stage without an event: not used on this way, or not reached."""
    if state.unopened is None or _passed(state, stage):
        return found(ok(unused))
    failures = _failures(state)
    return not_reached(*dict.fromkeys(it.stage for it, _ in failures)) if failures else found(error=state.unopened)


def _passed(state: DoctorState, stage: Stage) -> bool:
    """Return whether the host whose stages are reported came to a later stage."""
    order, host = list(Stage), _host(state)
    return any(it.host == host and order.index(it.stage) > order.index(stage) for it in state.events)
