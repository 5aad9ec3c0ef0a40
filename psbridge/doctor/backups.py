"""The stage `backups`: the newest good backup, and whether one runs. What it says of backups stops no start."""

from __future__ import annotations

from psbridge.doctor.results import found, ok, warn
from psbridge.doctor.state import DoctorState
from psbridge.models.backup import Backup, Phase
from psbridge.models.diagnosis import Finding, StageResult
from psbridge.models.text import approximate_duration
from psbridge.models.time import Instant
from psbridge.operations.list import read_list
from psbridge.verdict.baseline import looks_good, newest_ended


def check(state: DoctorState) -> StageResult:
    """Read the list of backups, as a start does; a list that can't be read would stop it."""
    backups = read_list(state.tools, state.place, state.deadline)
    ended = newest_ended(backups)
    good = next((it for it in ended if looks_good(it)), None)
    running = next((it for it in backups if it.phase is Phase.LIVE), None)
    findings = [_newest(ended, good, Instant.of(state.clock.now()))]
    if running is not None:
        remedy = f"Wait for it: psbridge backup wait {running.id}. A start ends with exit code 7 until then."
        findings.append(warn(f"backup {running.id} is running", remedy))
    facts = {
        "listed": len(backups),
        "newest_good": good.id if good else None,
        "newest_ended": ended[0].id if ended else None,
        "running": running.id if running else None,
    }
    return found(*findings, facts=facts)


def _newest(ended: list[Backup], good: Backup | None, now: Instant) -> Finding:
    if not ended:
        return warn("the stamp lists no backup that has ended", "Start the first one: psbridge backup start")
    if good is None or good.completed_at is None:
        remedy = "See what failed: psbridge backup show latest. Then start one: psbridge backup start"
        return warn(f"none of {len(ended)} ended backups is good", remedy)
    age = approximate_duration((now - good.completed_at).seconds)
    if good is not ended[0]:
        remedy = "See what failed: psbridge backup show latest"
        return warn(f"the newest backup is {ended[0].status}; the newest good one is {age} old", remedy)
    return ok(f"the newest backup is good and {age} old")
