"""What people read of a stamp's status: one row per thing, each with a state and a text. Only what decides is `fail`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from psbridge.errors import ExitCode
from psbridge.models.report import RunRecord
from psbridge.models.stamp import Alert
from psbridge.models.stamp_status import JudgedBackup, RowState, StampStatus, StatusRow
from psbridge.models.text import approximate_duration
from psbridge.models.time import Instant

_MOST_ALERTS: Final = 5
_MOST_RUNS: Final = 3
_LONGEST_REASONS: Final = 160
"""Characters; the roles of a failed backup would fill the screen."""
_OUTCOME_UNKNOWN: Final = frozenset({"intent", "open"})
"""The states of a run whose outcome is unknown (`psbridge.journal.states`)."""

Row = tuple[RowState, str]


def rows_of(status: StampStatus) -> tuple[StatusRow, ...]:
    """Return the rows of a status that is complete but for its rows."""
    unread = {it.row: it.message for it in status.unread}
    first: dict[str, str] = {}
    found: list[StatusRow] = []
    for name, make in _ROWS.items():
        if name in unread:
            same = first.setdefault(unread[name], name)
            text = unread[name] if same == name else f"as {same}: it can't be read"
            found.append(StatusRow(name, RowState.UNKNOWN, text))
        else:
            found += [StatusRow(name, *row) for row in make(status)]
    return tuple(found)


def _now(status: StampStatus) -> Instant:
    return status.host_time or status.read_at


def _ago(status: StampStatus, moment: Instant | None) -> str:
    if moment is None:
        return "at an unknown time"
    seconds = (_now(status) - moment).seconds
    return f"{approximate_duration(seconds)} ago" if seconds >= 0 else f"in {approximate_duration(-seconds)}"


def _until(status: StampStatus, moment: Instant) -> str:
    seconds = (moment - _now(status)).seconds
    return f"in {approximate_duration(seconds)}" if seconds >= 0 else f"{approximate_duration(-seconds)} ago"


def _newest(status: StampStatus) -> Iterable[Row]:
    judged = status.newest
    if judged is None:
        yield RowState.FAIL, "no backup of this stamp has ended"
        return
    bad = judged.exit_code in {ExitCode.FAILED, ExitCode.PARTIAL, ExitCode.UNKNOWN}
    state = RowState.FAIL if bad else RowState.OK if judged.exit_code is ExitCode.OK else RowState.WARN
    yield state, _described(status, judged)


def _described(status: StampStatus, judged: JudgedBackup) -> str:
    backup = judged.backup
    parts = [backup.id, judged.verdict, f"ended {_ago(status, backup.completed_at)}"]
    if judged.duration_seconds is not None:
        parts.append(f"took {approximate_duration(judged.duration_seconds)}")
    if judged.roles_ok is not None and backup.roles:
        parts.append(f"{judged.roles_ok}/{len(backup.roles)} roles")
    text = ", ".join(parts)
    return text if judged.message is None else f"{text}: {_reasons(judged.message, backup.id)}"


def _reasons(message: str, id: str) -> str:
    """Return what a message says after the backup's id and verdict, shortened."""
    reasons = message.partition(": ")[2] or message.removeprefix(f"backup {id} ")
    if len(reasons) <= _LONGEST_REASONS:
        return reasons
    return f"{reasons[:_LONGEST_REASONS].rsplit(' ', 1)[0]} … (all of it: psbridge backup confirm)"


def _last_good(status: StampStatus) -> Iterable[Row]:
    good = status.last_good
    limit = approximate_duration(status.max_age or 0)
    whose = {"option": "--max-age", "schedule": "twice the schedule"}.get(status.max_age_from or "", "default")
    if good is None or status.age is None:
        yield RowState.FAIL, "none"
        return
    old = status.max_age is not None and status.age > status.max_age
    same = status.newest is not None and status.newest.backup.id == good.backup.id
    which = "the newest" if same else good.backup.id
    text = f"{which}, {approximate_duration(status.age)} old, limit {limit} ({whose})"
    yield RowState.FAIL if old else RowState.OK, text


def _running(status: StampStatus) -> Iterable[Row]:
    running = status.running
    if running is None:
        yield RowState.OK, "none known"
        return
    since = (
        f"since {approximate_duration((_now(status) - running.since).seconds)}" if running.since else "since unknown"
    )
    left = "unknown" if running.eta is None else _until(status, running.eta)
    yield RowState.OK, f"{running.id}, {since}, expected end: {left}"


def _schedule(status: StampStatus) -> Iterable[Row]:
    schedule = status.schedule
    if schedule is None:
        return
    every = "unknown" if schedule.frequency_hours is None else f"every {schedule.frequency_hours}h"
    kept = "" if schedule.retention_days is None else f", kept {schedule.retention_days}d"
    if schedule.enabled is False:
        yield RowState.WARN, f"off: the stamp makes no backups by itself{kept}"
    elif schedule.enabled is None:
        yield RowState.UNKNOWN, f"the stamp does not say whether it is on; {every}{kept}"
    else:
        following = "" if schedule.next_run_at is None else f", next {_until(status, schedule.next_run_at)}"
        yield RowState.OK, f"{every}{kept}{following}"


def _free(status: StampStatus) -> Iterable[Row]:
    if status.free_text is None:
        yield RowState.OK, "not reported by the stamp"
    elif status.free_bytes == 0:
        yield RowState.WARN, f"{status.free_text}: the share is full"
    else:
        yield RowState.OK, status.free_text


def _certificate(status: StampStatus) -> Iterable[Row]:
    set_now = status.certificate_thumbprint
    if not set_now:
        yield RowState.WARN, "none in the settings"
        return
    used = status.last_good.backup.encryption_cert_thumbprint if status.last_good else None
    if used and used.casefold() != set_now.casefold():
        yield RowState.WARN, f"{set_now}; the newest good backup has {used}: keep both private keys"
    else:
        yield RowState.OK, set_now


def _alerts(status: StampStatus) -> Iterable[Row]:
    alerts = status.alerts or ()
    if not alerts:
        yield RowState.OK, "none open"
    for alert in alerts[:_MOST_ALERTS]:
        yield RowState.WARN, _alert(status, alert)
    if len(alerts) > _MOST_ALERTS:
        yield RowState.WARN, f"{len(alerts) - _MOST_ALERTS} more: psbridge alert list"


def _alert(status: StampStatus, alert: Alert) -> str:
    title = (alert.title or alert.fault_type or "untitled").rstrip(".")
    since = "" if alert.created_at is None else f" ({_ago(status, alert.created_at)})"
    return f"{(alert.severity or 'unknown severity').lower()}: {title}{since}"


def _update(status: StampStatus) -> Iterable[Row]:
    update = status.update
    if update is None:
        return
    name = update.version or update.name or "an update"
    if update.installing:
        yield RowState.WARN, f"{name} is being installed; the stamp refuses backups until it ends"
    elif update.failed:
        yield RowState.WARN, f"{name} has failed; the stamp skips backups until it is resumed"
    else:
        yield RowState.OK, f"none installing ({update.state})" if update.state else "none installing"


def _version(status: StampStatus) -> Iterable[Row]:
    if status.version_warning:
        yield RowState.WARN, status.version_warning
    elif status.stamp_version is None:
        yield RowState.UNKNOWN, "neither the stamp nor a backup shows it"
    elif status.stamp_version_from == "backup":
        yield RowState.OK, f"{status.stamp_version} when the newest backup was made"
    else:
        yield RowState.OK, status.stamp_version


def _runs(status: StampStatus) -> Iterable[Row]:
    if not status.runs:
        yield RowState.OK, "none in the journal of this machine"
    for run in status.runs[:_MOST_RUNS]:
        state = RowState.WARN if run.state in _OUTCOME_UNKNOWN else RowState.OK
        yield state, f"{run.run} {run.verdict or run.state}{_updated(status, run)}"


def _updated(status: StampStatus, run: RunRecord) -> str:
    try:
        return f", {_ago(status, Instant.parse(run.updated_at))}"
    except ValueError:
        return ""


_ROWS: Final[dict[str, Callable[[StampStatus], Iterable[Row]]]] = {
    "newest": _newest,
    "last good": _last_good,
    "running": _running,
    "schedule": _schedule,
    "free space": _free,
    "certificate": _certificate,
    "alerts": _alerts,
    "update": _update,
    "version": _version,
    "runs": _runs,
}
