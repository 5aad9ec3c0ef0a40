"""The stage `clock`: how far the clocks of this machine and the host are apart."""

from __future__ import annotations

from psbridge.cmdlets.sign_in import CONTEXT
from psbridge.doctor.results import found, ok, warn
from psbridge.doctor.state import DoctorState
from psbridge.models.diagnosis import StageResult
from psbridge.models.text import approximate_duration
from psbridge.models.time import Instant
from psbridge.powershell.pipeline import Pipeline
from psbridge.verdict.age import CLOCKS_AGREE


def check(state: DoctorState) -> StageResult:
    """Compare the time of the host's answer with this machine's."""
    result = state.tools.link.read(Pipeline.of(CONTEXT[state.family]), state.deadline)
    if result.host_time is None:
        return found(warn("the host's answers have no time"))
    skew = (result.host_time - Instant.of(state.clock.now())).seconds
    facts = {"host_seconds_ahead": round(skew, 1)}
    if abs(skew) > CLOCKS_AGREE:
        said = f"the host's clock is {approximate_duration(abs(skew))} {'ahead' if skew > 0 else 'behind'}"
        return found(warn(said, "Set the clocks of this machine, the host and the realm (NTP)."), facts=facts)
    return found(ok(f"the host's clock agrees within {max(1, round(abs(skew)))}s"), facts=facts)
