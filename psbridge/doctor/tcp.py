"""The stage `tcp`: does the host's port answer, directly or through the proxy?"""

from __future__ import annotations

from collections.abc import Iterator

from psbridge.doctor.opening import Facts, of_stage
from psbridge.doctor.results import ok, warn
from psbridge.doctor.state import DoctorState
from psbridge.models.diagnosis import Finding, StageResult
from psbridge.powershell.stages import Stage

_FIRST_FAILS = (
    "Each connection tries the addresses in this order, so it waits for those that fail first. Correct the DNS entry, or set "
    "`host` to a name that has only the right address."
)


def check(state: DoctorState) -> StageResult:
    """Return what the opening of the session showed."""
    return of_stage(state, Stage.TCP, _findings_of)


def _findings_of(facts: Facts) -> Iterator[Finding]:
    failed = "; ".join(facts.get("failed", ()))
    if "address" not in facts:
        if len(facts.get("failed", ())) > 1:
            yield ok(f"tried: {failed}")
        return
    if failed:
        yield warn(f"not every address of the host answers: {failed}", _FIRST_FAILS)
    through = f" through the proxy {facts['proxy']}" if facts.get("proxy") else ""
    yield ok(f"connected to {facts['address']}{through}")
