"""The stage `session`: does the host open a session, and which PowerShell is it?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from psbridge.doctor.opening import Facts, of_stage
from psbridge.doctor.results import ok, warn
from psbridge.doctor.state import DoctorState
from psbridge.models.diagnosis import Finding, StageResult
from psbridge.powershell.stages import Stage

_LEAST = (5, 1)  # PowerShellVersion of Azs.Backup.Admin 0.x and 1.x in the PowerShell Gallery
_UPGRADE = (
    "Install Windows Management Framework 5.1 on the host: the Azure Stack Hub modules need PowerShell 5.1 or later."
)


def check(state: DoctorState) -> StageResult:
    """Return what the opening of the session showed."""
    return of_stage(state, Stage.SESSION, _told)


def _told(facts: Facts) -> Iterator[Finding]:
    if "protocol_version" not in facts:
        return
    table = facts.get("version_table") or {}
    version, edition = table.get("PSVersion"), table.get("PSEdition")
    where = f"session configuration {facts['configuration']}"
    if not version:
        yield ok(f"{where}; the host does not show its PowerShell version")
        return
    yield ok(f"PowerShell {version}{f' {edition}' if edition else ''}, {where}")
    found = re.match(r"(\d{1,6})\.(\d{1,6})", version)
    if found and (int(found[1]), int(found[2])) < _LEAST:
        yield warn(f"PowerShell {version} is older than the Azure Stack Hub modules allow", _UPGRADE)
