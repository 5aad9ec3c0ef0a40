"""From what is known of a stamp to whether it is well: pure functions over values.

The newest backup that has ended decides first (failed, partial, unknown), then the age of the newest good one; what else is
wrong is shown, and decides only if that was asked for (`strict`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from psbridge import defaults
from psbridge.catalogue.update_states import Effect, effect_of_location, effect_of_update
from psbridge.errors import BackupPartial, ExitCode, PsbridgeError, Stale
from psbridge.models.backup import Backup
from psbridge.models.stamp import StampUpdate, UpdateLocation
from psbridge.models.stamp_status import JudgedBackup, RowState, Schedule, StampStatus, UpdateState
from psbridge.models.text import approximate_duration, ascii_lower
from psbridge.models.time import Instant

_DECIDES: Final = frozenset({ExitCode.FAILED, ExitCode.PARTIAL, ExitCode.UNKNOWN})
"""The codes of a newest backup that decide, whatever the age of an older good one."""
_START_ONE: Final = "Start one: psbridge backup start"


def allowed_age(asked: float | None, schedule: Schedule | None) -> tuple[float, str]:
    """Return how old the newest good backup may be in seconds, and whose limit that is (`StampStatus.max_age_from`).

    A scheduler that is off is not a schedule.
    """
    if asked is not None:
        return asked, "option"
    hours = schedule.frequency_hours if schedule else None
    if schedule is None or schedule.enabled is False or hours is None or hours <= 0:
        return defaults.MAX_AGE, "default"
    return defaults.MAX_AGE_INTERVALS * hours * 3600.0, "schedule"


def age_at(backup: Backup | None, now: Instant) -> float | None:
    """Return the seconds since a backup's end; 0 if that is in the future of `now`, None if it is unknown."""
    if backup is None or backup.completed_at is None:
        return None
    return max(0.0, (now - backup.completed_at).seconds)


def problem_with(
    newest: PsbridgeError | None, last_good: Backup | None, age: float | None, max_age: float
) -> PsbridgeError | None:
    """Return why a stamp is not well, None if it is.

    Args:
        newest: what is wrong with the newest backup that has ended; None if it is confirmed, or none has ended.
        last_good: the newest confirmed backup.
        age: of that, in seconds; a backup of exactly the limit is young enough.
        max_age: the limit in seconds.
    """
    if newest is not None and newest.exit_code in _DECIDES:
        return newest
    if last_good is None or age is None:
        return Stale("the stamp has no good backup", hint=_START_ONE)
    if age <= max_age:
        return None
    return Stale(
        f"the newest good backup, {last_good.id}, is {approximate_duration(age)} old "
        f"(limit {approximate_duration(max_age)})",
        id=last_good.id,
        hint=_START_ONE,
        detail={"age_seconds": age, "max_age_seconds": max_age},
    )


def with_next_step(problem: PsbridgeError, status: StampStatus) -> PsbridgeError:
    """Return a problem whose hint fits what else is known: a backup that runs, or an update that blocks backups."""
    now = None
    if status.running is not None:
        id = status.running.id
        now = f"Backup {id} is running. Wait for it: psbridge backup wait {id}"
    elif status.update is not None and status.update.installing:
        now = "An update is being installed; the stamp refuses backups until it ends. Start one then: psbridge backup start"
    elif status.update is not None and status.update.failed:
        now = "An update has failed; resume it in the portal (Update), then start a backup: psbridge backup start"
    if now is None:
        return problem
    known = "" if problem.exit_code is ExitCode.STALE or not problem.hint else f"{problem.hint.rstrip()} "
    return problem.replace(hint=f"{known}{now}")


def attention(status: StampStatus) -> tuple[str, ...]:
    """Return the names of the rows that are not ok, each once."""
    return tuple(dict.fromkeys(row.name for row in status.rows if row.state is not RowState.OK))


def strict_problem(status: StampStatus) -> PsbridgeError | None:
    """Return what is wrong with a stamp whose backups are well, if any row is not ok."""
    names = attention(status)
    if not names:
        return None
    return BackupPartial(
        f"rows that are not ok: {', '.join(names)}",
        hint="The backups are well. Without --strict these rows do not change the exit code.",
        detail={"rows": list(names), "reason": "rows_not_ok"},
    )


def update_state(location: UpdateLocation | None, updates: Iterable[StampUpdate] | None) -> UpdateState | None:
    """Return where the stamp's updates stand, by its location and by the updates themselves; None if neither was read.

    If the location was read, it decides: an update that failed once may have been passed over since.
    """
    if location is None and updates is None:
        return None
    known = tuple(updates or ())
    effect = effect_of_location(ascii_lower(location.state)) if location and location.state else None
    installing, failed = _first(known, Effect.INSTALLING), _first(known, Effect.FAILED)
    is_installing = effect is Effect.INSTALLING or installing is not None
    unread = location is None or not location.state
    is_failed = not is_installing and (effect is Effect.FAILED or (unread and failed is not None))
    about = installing if is_installing else failed if is_failed else None
    state = location.state if location and location.state else about.state if about else None
    return UpdateState(
        state,
        name=about.name if about else None,
        version=about.version if about else None,
        installing=is_installing,
        failed=is_failed,
    )


def _first(updates: Iterable[StampUpdate], effect: Effect) -> StampUpdate | None:
    return next((it for it in updates if effect_of_update(ascii_lower(it.state or "")) is effect), None)


def version_now(location: UpdateLocation | None, newest: JudgedBackup | None) -> tuple[str | None, str | None]:
    """Return what the stamp runs, and from where that is known (`StampStatus.stamp_version_from`)."""
    if location is not None and location.current_version:
        return location.current_version, "update_location"
    made_on = newest.backup.stamp_version if newest else None
    return (made_on, "backup") if made_on else (None, None)


def version_warning(last_good: Backup | None, running: str | None) -> str | None:
    """Return why the newest good backup does not fit the version that the stamp runs; None if it does or that is unknown.

    A recovery deploys at most one version above that of the backup (documentation of recovery). That any other text is another
    version is inferred: what a difference in the last numbers of a build means is not documented.
    """
    made_on = last_good.stamp_version if last_good else None
    if not made_on or not running or made_on == running:
        return None
    return f"the newest good backup was made on version {made_on}, the stamp runs {running}: back up now"
