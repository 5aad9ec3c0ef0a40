"""The stage `backups`: how old the newest good backup is, and whether one runs. What it says of backups stops no start."""

from __future__ import annotations

from collections.abc import Sequence

from psbridge.cmdlets.backup_list import BackupList
from psbridge.cmdlets.preflight import Readiness
from psbridge.doctor.results import found, ok, warn
from psbridge.doctor.state import DoctorState, known
from psbridge.models.backup import Backup
from psbridge.models.diagnosis import Finding, StageResult
from psbridge.models.stamp import BackupSettings
from psbridge.models.stamp_status import Schedule
from psbridge.models.text import approximate_duration
from psbridge.models.time import Instant
from psbridge.operations.list import read_list
from psbridge.operations.running import RunningBackup, running_backup
from psbridge.verdict.baseline import looks_good, newest_ended
from psbridge.verdict.stamp import age_at, allowed_age

_SHOW = "See what failed: psbridge backup show latest"


def check(state: DoctorState) -> StageResult:
    """Read the list of backups, as a start does; a list that can't be read would stop it, and so would another stamp."""
    backups = read_list(state.tools, state.place, state.deadline)
    running = _running(state, backups)
    ended = newest_ended(backups)
    good = next((it for it in ended if looks_good(it)), None)
    age = age_at(good, Instant.of(state.clock.now()))
    findings = [_newest(ended, good, age, _limit(state.settings))]
    if running is not None:
        remedy = f"Wait for it: psbridge backup wait {running.backup.id}. Until it ends, a start ends with exit code 7."
        findings.append(warn(f"backup {running.backup.id} {running.known_from}", remedy))
    facts = {
        "listed": len(backups),
        "newest_good": good.id if good else None,
        "age_seconds": None if age is None else round(age),
        "newest_ended": ended[0].id if ended else None,
        "running": running.backup.id if running else None,
    }
    return found(*findings, facts=facts)


def _running(state: DoctorState, backups: tuple[Backup, ...]) -> RunningBackup | None:
    """Return the backup that runs, by the list, or by the operations of this machine's runs."""
    ready = Readiness(known(state.commands), state.signed_in, BackupList(backups, consistent=True), None)
    return running_backup(state.tools, state.place, ready, state.deadline)


def _limit(settings: BackupSettings | None) -> float:
    """Return how old the newest good backup may be in seconds, as `status` has it."""
    return allowed_age(None, Schedule.of(settings) if settings else None)[0]


def _newest(ended: Sequence[Backup], good: Backup | None, age: float | None, limit: float) -> Finding:
    if not ended:
        return warn("the stamp lists no backup that has ended", "Start the first one: psbridge backup start")
    if good is None or age is None:
        return warn(f"none of {len(ended)} ended backups is good", f"{_SHOW}. Then start one: psbridge backup start")
    old = f"{approximate_duration(age)} old"
    if good is not ended[0]:
        return warn(f"the newest backup is {ended[0].status}; the newest good one is {old}", _SHOW)
    if age > limit:
        said = f"the newest good backup is {old} (limit {approximate_duration(limit)})"
        return warn(said, "Start one: psbridge backup start")
    return ok(f"the newest backup is good and {old}")
