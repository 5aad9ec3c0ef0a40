"""The one opening of a session, which the stages of the connection and all after them share."""

from __future__ import annotations

from psbridge.doctor.results import failed, found, not_reached, ok
from psbridge.doctor.state import DoctorState
from psbridge.errors import Interrupted, PsbridgeError
from psbridge.models.diagnosis import StageResult
from psbridge.powershell.stages import Stage, StageEvent
from psbridge.values import replace


def open_once(state: DoctorState) -> None:
    """Open the session, at the first call only, whatever came of it: a login is tried once."""
    if state.opened:
        return
    state.opened = True
    state.context = state.stack.enter_context(state.asked.connect(state.aim, lambda event: _see(state, event)))
    try:
        state.context.link.open(state.deadline)
    except Interrupted:
        raise
    except PsbridgeError as problem:
        state.unopened = problem


def _see(state: DoctorState, event: StageEvent) -> None:
    if not event.again:
        state.events[event.stage] = event


def of_stage(state: DoctorState, stage: Stage) -> StageResult:
    """Return what the opening showed of a stage; it opens the session first, if no stage did before."""
    open_once(state)
    event = state.events.get(stage)
    if event is None:
        return _unseen(state)
    result = failed(event.error, event.facts) if event.error is not None else found(ok("done"), facts=event.facts)
    return replace(result, seconds=event.seconds)


def _unseen(state: DoctorState) -> StageResult:
    """Return the result of a stage without an event: not used on this way, or not reached."""
    if state.unopened is None:
        return found(ok("not used by this target"))
    if any(event.error is not None for event in state.events.values()):
        return not_reached(*(event.stage for event in state.events.values() if event.error is not None))
    return failed(state.unopened)
