"""The stage `name`: is the host's name resolved?"""

from __future__ import annotations

from collections.abc import Iterator

from psbridge.doctor.opening import Facts, endpoint, of_stage
from psbridge.doctor.results import ok
from psbridge.doctor.state import DoctorState
from psbridge.models.diagnosis import Finding, StageResult
from psbridge.powershell.stages import Stage


def check(state: DoctorState) -> StageResult:
    """Return what the opening of the session showed."""
    return of_stage(state, Stage.NAME, lambda facts: _findings_of(state, facts))


def _findings_of(state: DoctorState, facts: Facts) -> Iterator[Finding]:
    there = endpoint(state)
    proxied = there is not None and there.proxy is not None
    addresses = ", ".join(facts.get("addresses", ()))
    if facts.get("literal"):
        yield ok(f"{'the proxy' if proxied else 'the host'} is given by its address, {addresses}")
    elif addresses:
        yield ok(f"{facts['name']} is {addresses}")
    if proxied and there is not None:
        yield ok(f"the proxy resolves {there.host}")
