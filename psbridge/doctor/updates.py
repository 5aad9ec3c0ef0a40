"""The stage `updates`: an update that is being installed, because of which the stamp refuses backups."""

from __future__ import annotations

from psbridge.cmdlets.azs_health import GetUpdates
from psbridge.cmdlets.error_records import foreseen
from psbridge.doctor.results import absent, failed, found, ok, unread
from psbridge.doctor.state import DoctorState
from psbridge.errors import Interrupted, PsbridgeError
from psbridge.models.diagnosis import StageResult
from psbridge.operations.reads import with_update


def check(state: DoctorState) -> StageResult:
    """Read the updates; the stage `modules` warns where the host has no cmdlet for it."""
    if not state.shows("Get-AzsUpdate"):
        return absent("Get-AzsUpdate")
    updates = GetUpdates(state.place)
    try:
        under_way = updates.parse(state.tools.link.read(updates.pipeline(), state.deadline))
    except Interrupted:
        raise
    except PsbridgeError as problem:
        return unread("the updates", problem)
    if under_way:
        return failed(with_update(foreseen("PreconditionFailed"), under_way[0]), {"update": under_way[0].name})
    return found(ok("no update is being installed"), facts={"update": None})
