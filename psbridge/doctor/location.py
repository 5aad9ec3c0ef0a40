"""The stage `location`: does the stamp have the backup location, and may its settings be read?"""

from __future__ import annotations

from psbridge.doctor.results import found, ok
from psbridge.doctor.state import DoctorState
from psbridge.errors import NotFound
from psbridge.models.diagnosis import StageResult
from psbridge.operations.list import location_of, no_location, read_settings


def check(state: DoctorState) -> StageResult:
    """Read the settings of the target's location, or of the stamp's only one."""
    context = state.tools
    location = state.location = location_of(context, None, state.deadline)
    try:
        settings = state.settings = read_settings(context, location, state.deadline)
    except NotFound as said:
        raise no_location(location, said) from said
    named = "of the target" if context.target.location else "the stamp's only one; the target names none"
    return found(ok(f"{location}, {named}"), facts={"location": location, "resource_id": settings.resource_id})
