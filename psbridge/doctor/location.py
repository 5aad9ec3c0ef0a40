"""The stage `location`: does the stamp have the backup location?"""

from __future__ import annotations

from typing import Final

from psbridge.doctor.results import found, ok
from psbridge.doctor.state import DoctorState, known
from psbridge.errors import Interrupted, NotFound, PsbridgeError
from psbridge.models.diagnosis import StageResult
from psbridge.operations.list import location_of, no_location, read_settings

_FORBIDDEN: Final = frozenset({"AuthorizationFailed", "LinkedAuthorizationFailed"})
"""Azure Resource Manager's codes for an account that may not do what it asked for."""


def probe(state: DoctorState) -> PsbridgeError | None:
    """Read the settings of the target's location, or of the stamp's only one; return why they can't be read.

    It is the first read of the stamp, so its error may be the sign-in's; the stage `sign_in` looks at it for that.
    """
    context = state.tools
    try:
        state.location = location_of(context, None, state.deadline)
        state.settings = read_settings(context, state.location, state.deadline)
    except Interrupted:
        raise
    except NotFound as said:
        return no_location(state.location, said) if state.location else said
    except PsbridgeError as problem:
        return problem
    return None


def settings_forbidden(state: DoctorState) -> bool:
    """Return whether the account is signed in and may not read the settings; a start goes on without them."""
    return state.unread is not None and state.location is not None and state.unread.explain in _FORBIDDEN


def _with_the_right_one(state: DoctorState, problem: PsbridgeError) -> PsbridgeError:
    """Name the location that the stamp has, in the remedy for one that it lacks."""
    if not isinstance(problem, NotFound) or not state.location:
        return problem
    try:
        has = read_settings(state.tools, None, state.deadline).location
    except Interrupted:
        raise
    except PsbridgeError:
        return problem
    if has and has != state.location:
        problem.hint = f"The stamp reports the location {has}: set `location: {has}` of the target."
    return problem


def check(state: DoctorState) -> StageResult:
    """Say what the first read of the stamp showed."""
    if settings_forbidden(state):
        return found(
            ok(f"{state.place}, of the target; not compared with the stamp, because its settings can't be read")
        )
    if state.unread is not None:
        raise _with_the_right_one(state, state.unread)
    named = "of the target" if state.resolved.location else "the stamp's only one; the target names none"
    facts = {"location": state.place, "resource_id": known(state.settings).resource_id}
    return found(ok(f"{state.place}, {named}"), facts=facts)
