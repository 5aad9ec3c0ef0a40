"""The stage `modules`: has the host the cmdlets that psbridge needs, and in which versions?"""

from __future__ import annotations

from psbridge.cmdlets.host_modules import ReadModules
from psbridge.doctor.results import found, ok
from psbridge.doctor.state import DoctorState
from psbridge.models.diagnosis import StageResult


def check(state: DoctorState) -> StageResult:
    """Read the host's commands."""
    read = ReadModules()
    seen = read.parse(state.tools.link.read(read.pipeline(), state.deadline))
    return found(ok(", ".join(f"{name} {version}" for name, version in seen.versions.items())))
