"""`status`: how a stamp stands. Plugin, metrics and notifications read this document and nothing else."""

from __future__ import annotations

from typing import Literal, Self

import msgspec

from psbridge.catalogue.alerts import alert_type
from psbridge.documents.document import Document, copied, text_of
from psbridge.documents.error import ErrorBody, error_body
from psbridge.documents.run import RunBody, run_body
from psbridge.models.stamp import Alert
from psbridge.models.stamp_status import JudgedBackup, RunningStatus, Schedule, StampStatus, StatusRow

State = Literal["ok", "warn", "fail", "unknown"]
Word = Literal["confirmed", "partial", "failed", "running", "unproven", "unknown"]


class StatusBackupBody(msgspec.Struct, frozen=True):
    """A backup that has ended, with its verdict.

    `exit_code` and `code` are what `backup confirm` would end with, whatever its age; `message` says what is wrong.
    `duration_seconds` is null where the stamp gives a duration of 0, as it does for partial backups. `failed_roles` names the
    roles that did not succeed.
    """

    id: str
    status: str | None
    completed_at: str | None
    duration_seconds: float | None
    stamp_version: str | None
    recovery_ready: bool | None
    uploaded: bool | None
    upload_proof: Literal["shown", "assumed"] | None
    automatic: bool | None
    roles_ok: int | None
    roles_failed: int | None
    failed_roles: tuple[str, ...] | None
    verdict: Word
    exit_code: int
    code: str
    message: str | None


class ScheduleBody(msgspec.Struct, frozen=True):
    """The stamp's own scheduler. `next_run_at` is null while it is off."""

    enabled: bool | None
    frequency_hours: int | None
    retention_days: int | None
    next_run_at: str | None


class RunningBody(msgspec.Struct, frozen=True):
    """A backup that runs. `since` and `eta` are times; null is unknown."""

    id: str
    status: str | None
    since: str | None
    eta: str | None
    known_from: Literal["list", "operation", "journal"]
    run: str | None


class FreeBody(msgspec.Struct, frozen=True):
    """The share's free space: as the stamp gives it, and in bytes."""

    text: str | None
    bytes: int | None


class StatusAlertBody(msgspec.Struct, frozen=True):
    """An open alert of the backup service. `known`: this release knows its `fault_type`."""

    id: str | None
    fault_type: str | None
    severity: str | None
    title: str | None
    created_at: str | None
    known: bool


class UpdateBody(msgspec.Struct, frozen=True):
    """Where the stamp's updates stand. `name` and `version` are of the update that is being installed or that failed."""

    state: str | None
    name: str | None
    version: str | None
    installing: bool
    failed: bool


class UnreadBody(msgspec.Struct, frozen=True):
    """A row that could not be read, and why."""

    row: str
    code: str
    message: str


class RowBody(msgspec.Struct, frozen=True):
    """One row as people read it."""

    name: str
    state: State
    text: str


class StampStatusDocument(Document, frozen=True, kw_only=True):
    """`status`. Null is "unknown"; `unread` says why.

    Of a stamp that can't be reached only `target`, the code and `error` are known. Times are RFC 3339 in UTC, ages are in
    seconds on the host's clock. `message` says what is wrong and `hint` what to do about it; both are null if all is well.
    `last_good` may be the same backup as `newest`.
    """

    kind: Literal["stamp_status"] = "stamp_status"
    target: str
    emulated: bool
    host: str | None
    location: str | None
    read_at: str
    host_time: str | None
    exit_code: int
    code: str
    message: str | None
    hint: str | None
    strict: bool
    newest: StatusBackupBody | None
    last_good: StatusBackupBody | None
    age_seconds: float | None
    max_age_seconds: float | None
    max_age_from: Literal["option", "schedule", "default"] | None
    schedule: ScheduleBody | None
    running: RunningBody | None
    free: FreeBody | None
    certificate_thumbprint: str | None
    alerts: tuple[StatusAlertBody, ...] | None
    update: UpdateBody | None
    stamp_version: str | None
    stamp_version_from: Literal["update_location", "backup"] | None
    version_warning: str | None
    runs: tuple[RunBody, ...]
    unread: tuple[UnreadBody, ...]
    rows: tuple[RowBody, ...]
    error: ErrorBody | None

    @classmethod
    def of(cls, status: StampStatus) -> Self:
        """Return the document of a stamp's status."""
        found = status.error or status.problem
        free = FreeBody(status.free_text, status.free_bytes)
        return copied(
            cls,
            status,
            read_at=str(status.read_at),
            host_time=text_of(status.host_time),
            exit_code=int(status.exit_code),
            code=status.exit_code.label,
            message=found.message if found else None,
            hint=found.hint if found else None,
            newest=_backup(status.newest),
            last_good=_backup(status.last_good),
            age_seconds=status.age,
            max_age_seconds=status.max_age,
            schedule=_schedule(status.schedule),
            running=_running(status.running),
            free=None if status.schedule is None else free,
            alerts=None if status.alerts is None else tuple(map(_alert, status.alerts)),
            update=None if status.update is None else copied(UpdateBody, status.update),
            runs=tuple(map(run_body, status.runs)),
            unread=tuple(copied(UnreadBody, it) for it in status.unread),
            rows=tuple(map(_row, status.rows)),
            error=None if status.error is None else error_body(status.error),
        )

    def without_ok(self) -> Self:
        """Return it with only those rows that are not ok."""
        return msgspec.structs.replace(self, rows=tuple(row for row in self.rows if row.state != "ok"))


def _backup(judged: JudgedBackup | None) -> StatusBackupBody | None:
    if judged is None:
        return None
    backup = judged.backup
    return copied(
        StatusBackupBody,
        judged,
        id=backup.id,
        status=backup.status,
        completed_at=text_of(backup.completed_at),
        stamp_version=backup.stamp_version,
        recovery_ready=backup.is_cloud_recovery_ready,
        uploaded=backup.completely_uploaded,
        automatic=backup.is_automatic,
        exit_code=int(judged.exit_code),
        code=judged.exit_code.label,
    )


def _schedule(schedule: Schedule | None) -> ScheduleBody | None:
    return None if schedule is None else copied(ScheduleBody, schedule, next_run_at=text_of(schedule.next_run_at))


def _running(running: RunningStatus | None) -> RunningBody | None:
    times = {"since": text_of(running.since), "eta": text_of(running.eta)} if running else {}
    return None if running is None else copied(RunningBody, running, **times)


def _alert(alert: Alert) -> StatusAlertBody:
    known = alert_type(alert.fault_type) is not None
    return copied(StatusAlertBody, alert, created_at=text_of(alert.created_at), known=known)


def _row(row: StatusRow) -> RowBody:
    return copied(RowBody, row, state=row.state.value)
