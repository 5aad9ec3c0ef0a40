"""How a stamp stands: its newest backups, what runs, what is scheduled, and what stands in the way of the next backup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from psbridge.clock import Deadline
from psbridge.cmdlets.preflight import Readiness
from psbridge.errors import ConfigError, DeadlineExceeded, ExitCode, NotFound, PsbridgeError, Unknown, UsageError
from psbridge.journal.states import LONGEST_BACKUP
from psbridge.models.backup import Backup
from psbridge.models.capacity import capacity_bytes
from psbridge.models.case import Case
from psbridge.models.report import RunRecord
from psbridge.models.stamp import BackupSettings, worst_first
from psbridge.models.stamp_status import JudgedBackup, RunningStatus, Schedule, StampStatus, Unread
from psbridge.models.time import Instant, Span
from psbridge.models.verdict import Judgement
from psbridge.operations.confirm import CaseReader, newest_confirmed
from psbridge.operations.context import OperationContext
from psbridge.operations.list import location_of, prepare_sessions
from psbridge.operations.operation import operation
from psbridge.operations.preflight import preflight
from psbridge.operations.progress import usual_seconds
from psbridge.operations.reads import raw_subscription
from psbridge.operations.running import running_backup
from psbridge.operations.stamp_parts import CMDLETS, StampParts, read_parts
from psbridge.values import replace
from psbridge.verdict.baseline import newest_ended
from psbridge.verdict.exit_code import problem_of
from psbridge.verdict.judge import judge
from psbridge.verdict.stamp import (
    age_at,
    allowed_age,
    problem_with,
    strict_problem,
    update_state,
    version_now,
    version_warning,
    with_next_step,
)
from psbridge.verdict.stamp_rows import rows_of

_RUNS: Final = 5
_ROWS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "settings": ("schedule", "free space", "certificate"),
    "alerts": ("alerts",),
}
"""The rows that are unknown if a part was not read. Of the updates one source is enough: `_unread`."""


@operation("status")
def stamp_status(context: OperationContext, *, max_age: float | None = None, strict: bool = False) -> StampStatus:
    """Return how the target's stamp stands.

    What can't be read is in `unread` and ends nothing, except the backups: without them there is no status.

    Args:
        context: the tools.
        max_age: how many seconds old the newest good backup may be; None: twice the schedule, or 26 hours without one.
        strict: each row that is not ok makes the problem exit code 3.

    Raises:
        psbridge.errors.PsbridgeError: the backups can't be read.
    """
    if max_age is not None and max_age <= 0:
        raise UsageError("--max-age must be more than 0")
    read_at = Instant.of(context.clock.now())
    deadline = context.call_deadline()
    prepare_sessions(context)
    location = location_of(context, None, deadline)
    ready = preflight(context, location, deadline, also=CMDLETS)
    found = _Backups(context, location, ready, deadline)
    parts = read_parts(context, location, ready, deadline)
    newest, problem = found.newest(parts)
    last_good = found.last_good(newest)
    now = ready.host_time or read_at
    status = StampStatus(
        target=context.target.name,
        emulated=context.target.emulated,
        host=context.link.host,
        location=location,
        read_at=read_at,
        host_time=ready.host_time,
        newest=newest,
        last_good=last_good,
        age=age_at(last_good.backup if last_good else None, now),
        running=found.running,
        alerts=None if parts.alerts is None else worst_first(parts.alerts),
        strict=strict,
    )
    status = _with_settings(status, parts.settings, max_age)
    status = _with_updates(status, parts)
    runs, unread = _runs(context)
    unread = (*_unread(parts), *found.unread, *unread)
    return _decided(replace(status, runs=runs, unread=unread), problem)


class _Backups:
    """The stamp's backups: the newest that has ended, the newest good one, and the one that runs."""

    def __init__(self, context: OperationContext, location: str, ready: Readiness, deadline: Deadline) -> None:
        self._listed = ready.list.backups
        self._cases = CaseReader(context, location, ready, context.policy.settle, deadline, evidence=False)
        self._newest = _newest_case(self._cases, self._listed)
        self._good: Case | None = None
        self.unread: tuple[Unread, ...] = ()
        if self._newest is not None:
            self._find_good(*self._newest)
        self.running = _running(context, location, ready, deadline)

    def _find_good(self, listed: Backup, newest: Case | PsbridgeError) -> None:
        if isinstance(newest, Case) and judge(newest).judgement is Judgement.CONFIRMED:
            self._good = newest
            return
        try:
            self._good = newest_confirmed(self._cases, self._listed, but=listed)
        except DeadlineExceeded as late:  # the newest backup is known, and may decide
            self.unread = (_unread_row("last good", late),)

    def newest(self, parts: StampParts) -> tuple[JudgedBackup | None, PsbridgeError | None]:
        """Return the newest backup that has ended, and what is wrong with it; both None if none has ended."""
        if self._newest is None:
            return None, None
        listed, case = self._newest
        if isinstance(case, PsbridgeError):
            return JudgedBackup(listed, Judgement.UNKNOWN.value, case.exit_code, case.message), case
        good = self._good if self._good is not case else None
        return _judged(listed, replace(case, settings=parts.settings, alerts=parts.alerts, last_good=good))

    def last_good(self, newest: JudgedBackup | None) -> JudgedBackup | None:
        """Return the newest confirmed backup."""
        if self._good is None:
            return None
        if newest is not None and newest.exit_code is ExitCode.OK:
            return newest
        good = judge(self._good).backup
        return None if good is None else _judged(good, self._good)[0]


def _newest_case(cases: CaseReader, listed: Sequence[Backup]) -> tuple[Backup, Case | PsbridgeError] | None:
    """Return the newest backup that has ended with its case, or why that can't be read."""
    for backup in newest_ended(listed):
        try:
            return backup, cases.read(backup.id)
        except NotFound:
            continue  # it is gone since it was listed
        except PsbridgeError as unread:
            if unread.conclusive and not isinstance(unread, Unknown):
                raise  # of the way to the stamp, and not of the backup
            return backup, Unknown(
                f"the newest backup, {backup.id}, can't be read: {unread.message}",
                id=backup.id,
                hint=unread.hint,
                detail={**unread.detail, "cause": unread.code},
            )
    return None


def _judged(listed: Backup, case: Case) -> tuple[JudgedBackup, PsbridgeError | None]:
    verdict = judge(case)
    problem = problem_of(case, verdict)
    code = problem.exit_code if problem else ExitCode.OK
    message = problem.message if problem else None
    backup = verdict.backup or listed
    return JudgedBackup(backup, verdict.judgement.value, code, message, verdict.upload_proof), problem


def _running(context: OperationContext, location: str, ready: Readiness, deadline: Deadline) -> RunningStatus | None:
    """Return the backup that is known to run, by the list, by an operation, or by an unfinished run of this machine."""
    found = running_backup(context, location, ready, deadline)
    if found is not None:
        run = context.journal.run_that_started(context.target.name, found.backup.id)
        known_from = "list" if found.run is None else "operation"
        return _timed(found.backup.id, known_from, run, ready, found.backup.status)
    if raw_subscription(ready) is not None:
        return None
    run = _unfinished(context, location, {it.id for it in ready.list.backups})
    return None if run is None or run.backup_id is None else _timed(run.backup_id, "journal", run, ready)


def _unfinished(context: OperationContext, location: str, listed: set[str]) -> RunRecord | None:
    """Return the unfinished run of today whose backup is not listed. Where no operation can be read, it may run."""
    since = str(Instant.of(context.clock.now() - LONGEST_BACKUP))
    with suppress(ConfigError):
        run = context.journal.unfinished(context.target.name)
        if run and run.backup_id and run.backup_id not in listed and run.location == location:
            return run if run.created_at >= since else None
    return None


def _timed(
    id: str, known_from: str, run: RunRecord | None, ready: Readiness, status: str | None = None
) -> RunningStatus:
    """Return a running backup with its start, if the journal has it, and its end by the median of earlier durations."""
    since = None if run is None else run.host_moment or _moment(run.created_at)
    usual = usual_seconds(ready.list.backups)
    eta = None if since is None or usual is None else _later(since, usual)
    return RunningStatus(id, known_from, run.run if run else None, since, eta, status)


def _later(moment: Instant, seconds: float) -> Instant | None:
    """Return a moment later; None if that is beyond the calendar, because a stamp may give any duration."""
    with suppress(ValueError):
        return moment.minus(Span.of_seconds(-seconds))
    return None


def _moment(text: str) -> Instant | None:
    try:
        return Instant.parse(text)
    except ValueError:
        return None


def _with_settings(status: StampStatus, settings: BackupSettings | None, max_age: float | None) -> StampStatus:
    schedule = None
    if settings is not None:
        schedule = Schedule.of(settings)
        status = replace(
            status,
            schedule=schedule,
            free_text=settings.available_capacity,
            free_bytes=capacity_bytes(settings.available_capacity),
            certificate_thumbprint=settings.encryption_cert_thumbprint,
        )
    limit, whose = allowed_age(max_age, schedule)
    return replace(status, max_age=limit, max_age_from=whose)


def _with_updates(status: StampStatus, parts: StampParts) -> StampStatus:
    running, known_from = version_now(parts.update_location, status.newest)
    return replace(
        status,
        update=update_state(parts.update_location, parts.updates),
        stamp_version=running,
        stamp_version_from=known_from,
        version_warning=version_warning(status.last_good.backup if status.last_good else None, running),
    )


def _unread(parts: StampParts) -> tuple[Unread, ...]:
    """Return the rows that can't be known. Of location and updates one is enough for the update's row."""
    rows = [_unread_row(row, parts.unread[name]) for name in parts.unread for row in _ROWS_OF.get(name, ())]
    if parts.update_location is None and parts.updates is None:
        rows.append(_unread_row("update", parts.unread["update_location"]))
    return tuple(rows)


def _unread_row(row: str, problem: PsbridgeError) -> Unread:
    return Unread(row, problem.code, problem.message)


def _runs(context: OperationContext) -> tuple[tuple[RunRecord, ...], tuple[Unread, ...]]:
    try:
        return tuple(context.journal.list(context.target.name)[:_RUNS]), ()
    except ConfigError as problem:
        return (), (_unread_row("runs", problem),)


def _decided(status: StampStatus, newest: PsbridgeError | None) -> StampStatus:
    """Return a status with its rows and with what it ends with."""
    good = status.last_good.backup if status.last_good else None
    problem = problem_with(newest, good, status.age, status.max_age or 0.0)
    problem = problem if problem is None else with_next_step(problem, status)
    status = replace(status, rows=rows_of(status))
    if problem is None and status.strict:
        problem = strict_problem(status)
    return replace(status, problem=problem)
