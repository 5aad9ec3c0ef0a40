"""The stage `session`: does the host open a session, and which PowerShell is it?"""

from __future__ import annotations

from psbridge.doctor.opening import of_stage
from psbridge.doctor.state import DoctorState
from psbridge.models.diagnosis import StageResult
from psbridge.powershell.stages import Stage


def check(state: DoctorState) -> StageResult:
    """Return what the opening of the session showed."""
    return of_stage(state, Stage.SESSION)
