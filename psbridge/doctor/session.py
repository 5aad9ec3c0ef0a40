"""The stage `session`: does the host open a session, and which PowerShell is it?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from psbridge.cmdlets.host_session import CULTURE, ITEM, ReadCulture, ReadLanguageMode, ReadQuotas
from psbridge.doctor.opening import Facts, of_stage
from psbridge.doctor.results import found, ok, warn
from psbridge.doctor.state import DoctorState
from psbridge.errors import Interrupted, PsbridgeError
from psbridge.models.diagnosis import Finding, StageResult
from psbridge.powershell.stages import Stage
from psbridge.values import replace

_LEAST = (5, 1)  # PowerShellVersion of Azs.Backup.Admin 0.x and 1.x in the PowerShell Gallery
_SHELLS = 4  # one to read, one for a start request, one that remains after a crash, one in reserve
_MEMORY = 512  # MB; the default of Windows Server 2012 was 1024, of 2008 150; that 512 suffices is inferred
_ENGLISH = (
    "psbridge goes by codes, but an error without a code may not be recognised. If errors are reported as unknown, set the "
    "account's regional format on the host to English."
)
_MORE = "Raise it on the host: `Set-Item WSMan:\\localhost\\Shell\\NAME VALUE`, then restart WinRM."
_UPGRADE = (
    "Install Windows Management Framework 5.1 on the host: the Azure Stack Hub modules need PowerShell 5.1 or later."
)


def check(state: DoctorState) -> StageResult:
    """Return what the opening of the session showed, and what the session shows of itself."""
    result = of_stage(state, Stage.SESSION, _findings_of)
    if result.error is not None or state.unopened is not None:
        return result
    before = state.clock.monotonic()
    more, facts = _asked(state)
    seconds = (result.seconds or 0.0) + state.clock.monotonic() - before
    return replace(found(*result.findings, *more, facts={**result.facts, **facts}), seconds=seconds)


def _asked(state: DoctorState) -> tuple[list[Finding], Facts]:
    """Return what the session's cmdlets show; none of it is needed, so an error only ends the questions."""
    findings: list[Finding] = []
    facts: dict[str, Any] = {"language_mode": None, "culture": None, "quotas": {}}
    link, deadline = state.tools.link, state.deadline
    try:
        shown = ReadLanguageMode().parse(link.read(ReadLanguageMode().pipeline(), deadline))
        facts["language_mode"] = shown.language_mode
        if CULTURE in shown.commands:
            facts["culture"] = ReadCulture().parse(link.read(ReadCulture().pipeline(), deadline))
        if ITEM in shown.commands:
            facts["quotas"] = ReadQuotas().parse(link.read(ReadQuotas().pipeline(), deadline))
    except Interrupted:
        raise
    except PsbridgeError as problem:
        findings.append(ok(f"not shown further: {problem.message}"))
    return [*findings, *_shown(facts)], facts


def _shown(facts: Facts) -> Iterator[Finding]:
    yield ok(f"language mode {facts['language_mode'] or 'not shown'}")
    culture = facts["culture"]
    if culture is not None:
        yield ok(f"culture {culture or 'invariant'}")
        if culture and not culture.casefold().startswith("en"):
            yield warn(f"the session's culture is {culture}, not English", _ENGLISH)
    yield from _quotas(facts["quotas"])


def _quotas(quotas: Mapping[str, int]) -> Iterator[Finding]:
    shells, memory = quotas.get("MaxShellsPerUser"), quotas.get("MaxMemoryPerShellMB")
    if shells is not None and shells < _SHELLS:
        yield warn(
            f"the host allows {shells} shells per user (MaxShellsPerUser); a start may use 2, and one may remain", _MORE
        )
    if memory is not None and 0 < memory < _MEMORY:
        yield warn(f"the host allows {memory} MB per shell (MaxMemoryPerShellMB); the modules may need more", _MORE)


def _findings_of(facts: Facts) -> Iterator[Finding]:
    if "protocol_version" not in facts:
        return
    table = facts.get("version_table") or {}
    version, edition = table.get("PSVersion"), table.get("PSEdition")
    where = f"session configuration {facts['configuration']}"
    if not version:
        yield ok(f"{where}; the host does not show its PowerShell version")
        return
    yield ok(f"PowerShell {version}{f' {edition}' if edition else ''}, {where}")
    known = re.match(r"(\d{1,6})\.(\d{1,6})", version)
    if known and (int(known[1]), int(known[2])) < _LEAST:
        yield warn(f"PowerShell {version} is older than the Azure Stack Hub modules allow", _UPGRADE)
