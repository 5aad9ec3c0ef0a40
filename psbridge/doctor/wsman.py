"""The stage `wsman`: is it a WinRM listener, and does it offer the target's login?"""

from __future__ import annotations

from collections.abc import Iterator

from psbridge.doctor.opening import Facts, of_stage, seen
from psbridge.doctor.results import found, ok
from psbridge.doctor.state import DoctorState
from psbridge.errors import PrerequisiteError
from psbridge.models.diagnosis import Finding, StageResult
from psbridge.powershell.stages import Stage
from psbridge.values import replace


def check(state: DoctorState) -> StageResult:
    """Return what the opening of the session showed. A login that the host does not offer fails here: none was tried."""
    result = of_stage(state, Stage.WSMAN, _findings_of)
    login = seen(state, Stage.LOGIN)
    if login is None or not isinstance(login.error, PrerequisiteError):
        return result
    return replace(found(*result.findings, facts=result.facts, error=login.error), seconds=result.seconds)


def _findings_of(facts: Facts) -> Iterator[Finding]:
    if "status" not in facts:
        return
    if facts["status"] is None:
        yield ok("the host did not answer, because it refused the client certificate")
        return
    server = f", {facts['server']}" if facts.get("server") else ""
    answer = f"HTTP {facts['status']}{server}"
    if facts.get("offered"):
        yield ok(f"the host offers {', '.join(facts['offered'])} ({answer})")
    elif facts["status"] in {200, 500}:
        yield ok(f"the host answers in WSMan ({answer}); the first request had the login, so the host named none")
    else:
        yield ok(f"the answer is {answer}")
