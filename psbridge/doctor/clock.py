"""The stage `clock`: how far the clocks of this machine, the host and the stamp are apart."""

from __future__ import annotations

from typing import Final

from psbridge.cmdlets.raw import INVOKE
from psbridge.cmdlets.sign_in import CONTEXT
from psbridge.cmdlets.stamp_clock import ReadStampClock
from psbridge.doctor.results import Found, found, ok, warn
from psbridge.doctor.state import DoctorState
from psbridge.errors import Interrupted, PsbridgeError
from psbridge.models.diagnosis import StageResult
from psbridge.models.text import approximate_duration
from psbridge.models.time import Instant
from psbridge.powershell.pipeline import Pipeline
from psbridge.verdict.age import CLOCKS_AGREE

_SET: Final = (
    "Set the clocks of this machine, the host and the stamp by NTP: the age of a backup, certificates and Kerberos depend on "
    "them."
)


def check(state: DoctorState) -> StageResult:
    """Compare the times of the host's and the stamp's answers with this machine's."""
    result = state.tools.link.read(Pipeline.of(CONTEXT[state.family]), state.deadline)
    findings = [_compared("host", result.host_time, Instant.of(state.clock.now()))]
    if state.settings is not None and state.shows(INVOKE):
        findings.append(_of_stamp(state, state.place))
    return found(*findings)


def _of_stamp(state: DoctorState, location: str) -> Found:
    read = ReadStampClock(location)
    try:
        seen = read.parse(state.tools.link.read(read.pipeline(), state.deadline))
    except Interrupted:
        raise
    except PsbridgeError as problem:
        return Found(warn(f"the stamp's clock can't be read: {problem.message}", problem.hint))
    return _compared("stamp", seen, Instant.of(state.clock.now()))


def _compared(whose: str, there: Instant | None, here: Instant) -> Found:
    if there is None:
        return Found(ok(f"the {whose}'s clock is not shown"), {f"{whose}_seconds_ahead": None})
    ahead = (there - here).seconds
    facts = {f"{whose}_seconds_ahead": round(ahead)}
    if abs(ahead) <= CLOCKS_AGREE:
        return Found(ok(f"the {whose}'s clock agrees within {max(1, round(abs(ahead)))}s"), facts)
    said = f"the {whose}'s clock is {approximate_duration(abs(ahead))} {'ahead of' if ahead > 0 else 'behind'} this machine's"
    return Found(warn(said, _SET), facts)
