"""The stage `updates`: an update that is being installed, because of which the stamp refuses backups, or that failed."""

from __future__ import annotations

from typing import Any

from psbridge.cmdlets.azs_health import GetUpdateLocation, GetUpdates
from psbridge.cmdlets.error_records import foreseen
from psbridge.doctor.results import absent, failed, found, ok, unread, warn
from psbridge.doctor.state import DoctorState
from psbridge.errors import Interrupted, PsbridgeError
from psbridge.models.diagnosis import StageResult
from psbridge.models.stamp import StampUpdate
from psbridge.models.stamp_status import UpdateState
from psbridge.operations.reads import with_update
from psbridge.verdict.stamp import update_state

_RESUME = "Resume it in the operator's portal under Updates: until then the stamp may skip or refuse backups."


def check(state: DoctorState) -> StageResult:
    """Read the updates; the stage `modules` warns where the host has no cmdlet for it."""
    if not state.shows(GetUpdates.CMDLET):
        return absent(GetUpdates.CMDLET)
    try:
        seen = _read(state)
    except Interrupted:
        raise
    except PsbridgeError as problem:
        return unread("the updates", problem)
    facts = {"state": seen.state, "update": seen.name, "version": seen.version}
    if seen.installing:
        update = StampUpdate(seen.name, seen.version)
        return failed(with_update(foreseen("PreconditionFailed"), update), facts)
    if seen.failed:
        return found(
            warn(f"update {seen.version or seen.name or 'of the stamp'} failed ({seen.state})", _RESUME), facts=facts
        )
    return found(ok(f"no update is being installed{f' ({seen.state})' if seen.state else ''}"), facts=facts)


def _read(state: DoctorState) -> UpdateState:
    updates = _of(state, GetUpdates(state.place, every=True))
    place = _of(state, GetUpdateLocation(state.place)) if state.shows(GetUpdateLocation.CMDLET) else None
    return update_state(place, updates) or UpdateState()


def _of(state: DoctorState, part: GetUpdates | GetUpdateLocation) -> Any:
    return part.parse(state.tools.link.read(part.pipeline(), state.deadline))
