"""How a stamp stands: everything that `status`, the monitoring plugin, the metrics and the notifications know of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

import msgspec

from psbridge.errors import ExitCode, PsbridgeError
from psbridge.models.backup import Backup
from psbridge.models.report import RunRecord
from psbridge.models.stamp import Alert, BackupSettings
from psbridge.models.text import ascii_lower
from psbridge.models.time import Instant


class RowState(StrEnum):
    """What one row of the status means for the backups."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"


class StatusRow(msgspec.Struct, frozen=True):
    """One row for people; the same in numbers is in the fields of `StampStatus`."""

    name: str
    state: RowState
    text: str


class Unread(msgspec.Struct, frozen=True):
    """A row that could not be read.

    Attributes:
        row: its name.
        code: the label of the error's exit code.
        message: why, in words.
    """

    row: str
    code: str
    message: str


class JudgedBackup(msgspec.Struct, frozen=True):
    """A backup that has ended, and the verdict on it.

    Attributes:
        verdict: a word of `psbridge.models.verdict.Judgement`.
        exit_code: what `backup confirm` of it would end with, whatever its age.
        message: what is wrong with it; None if it is confirmed.
        upload_proof: `shown`, `assumed`, or None.
    """

    backup: Backup
    verdict: str
    exit_code: ExitCode
    message: str | None = None
    upload_proof: str | None = None

    @property
    def duration_seconds(self) -> float | None:
        """How long it took; None for `PT0S`, which the stamp gives for each that ended partial (recorded in 2021)."""
        taken = self.backup.known_duration
        return None if taken is None else taken.seconds

    @property
    def failed_roles(self) -> tuple[str, ...] | None:
        """The names of the roles that did not succeed; None if the roles were not read."""
        if self.backup.roles is None:
            return None
        return tuple(it.name for it in self.backup.roles if ascii_lower(it.status) != "succeeded")

    @property
    def roles_ok(self) -> int | None:
        """The number of the roles that succeeded; None if the roles were not read."""
        failed = self.failed_roles
        return None if failed is None or self.backup.roles is None else len(self.backup.roles) - len(failed)

    @property
    def roles_failed(self) -> int | None:
        """The number of the roles that did not succeed; None if the roles were not read."""
        failed = self.failed_roles
        return None if failed is None else len(failed)


class Schedule(msgspec.Struct, frozen=True):
    """How the stamp's own scheduler is set. A value that the stamp does not report is None.

    Attributes:
        next_run_at: when the scheduler starts the next backup; None while it is off, whatever the stamp still reports.
    """

    enabled: bool | None = None
    frequency_hours: int | None = None
    retention_days: int | None = None
    next_run_at: Instant | None = None

    @classmethod
    def of(cls, settings: BackupSettings) -> Self:
        """Return what the settings say of it; a stamp reports a next run while the scheduler is off (recorded)."""
        enabled = settings.is_backup_scheduler_enabled
        return cls(
            enabled,
            settings.backup_frequency_in_hours,
            settings.backup_retention_period_in_days,
            settings.next_backup_time if enabled else None,
        )


class RunningStatus(msgspec.Struct, frozen=True):
    """A backup that is known to run.

    Attributes:
        known_from: `list` (the stamp lists it), `operation` (a run of this machine started it, and its operation still runs)
            or `journal` (a run of this machine started it and has no end, and its operation can't be read).
        run: the run of this machine that started it, None if none did.
        since: when it started, None if unknown.
        eta: when it should end by the median of earlier durations; None if unknown.
        status: the stamp's word, None if it is not listed.
    """

    id: str
    known_from: str
    run: str | None = None
    since: Instant | None = None
    eta: Instant | None = None
    status: str | None = None


class UpdateState(msgspec.Struct, frozen=True):
    """Where the stamp's updates stand.

    Attributes:
        state: the word of `Get-AzsUpdateLocation`, such as `AppliedSuccessfully`; of the update itself if only that was read.
        name, version: the update that is being installed, or that failed; None if there is none.
        installing: one is being installed, so the stamp refuses backups.
        failed: the newest attempt failed, which blocks backups too.
    """

    state: str | None = None
    name: str | None = None
    version: str | None = None
    installing: bool = False
    failed: bool = False


class StampStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How one stamp stands. None is "unknown" everywhere; `unread` says why. Of an unreachable stamp only `problem` is known.

    Attributes:
        host: the address of the host that answered.
        read_at: this machine's clock when the reading began.
        host_time: the host's clock at its answer; ages are measured at it.
        newest: the newest backup that has ended.
        last_good: the newest confirmed backup.
        age: seconds since the end of `last_good`, on the host's clock; never negative.
        max_age: seconds that are allowed.
        max_age_from: `option`, `schedule` (twice its frequency) or `default`.
        free_text, free_bytes: the share's free space as the stamp gives it, such as `1.00 TB`, and in bytes.
        alerts: the open alerts of the backup service, critical ones first, then the newest; None if they were not read.
        stamp_version: what the stamp runs now.
        stamp_version_from: `update_location`, or `backup` (the newest one that has ended: the stamp may have changed since).
        version_warning: why the newest good backup can't be relied on for a recovery of this version; None if it can.
        runs: the newest runs of this machine, the newest first.
        unread: what could not be read.
        rows: what people read.
        problem: what the command ends with; None if all is well.
        error: why nothing was read at all; None if something was.
        strict: rows that are not ok end with 3.
    """

    target: str
    read_at: Instant
    emulated: bool = False
    host: str | None = None
    location: str | None = None
    host_time: Instant | None = None
    newest: JudgedBackup | None = None
    last_good: JudgedBackup | None = None
    age: float | None = None
    max_age: float | None = None
    max_age_from: str | None = None
    schedule: Schedule | None = None
    running: RunningStatus | None = None
    free_text: str | None = None
    free_bytes: int | None = None
    certificate_thumbprint: str | None = None
    alerts: tuple[Alert, ...] | None = None
    update: UpdateState | None = None
    stamp_version: str | None = None
    stamp_version_from: str | None = None
    version_warning: str | None = None
    runs: tuple[RunRecord, ...] = ()
    unread: tuple[Unread, ...] = ()
    rows: tuple[StatusRow, ...] = ()
    problem: PsbridgeError | None = None
    error: PsbridgeError | None = None
    strict: bool = False

    @classmethod
    def unreadable(cls, target: str, error: PsbridgeError, read_at: Instant, *, emulated: bool = False) -> Self:
        """Return the status of a stamp of which nothing could be read."""
        return cls(target=target, read_at=read_at, emulated=emulated, error=error)

    @property
    def exit_code(self) -> ExitCode:
        """The code that the command line ends with."""
        found = self.error or self.problem
        return found.exit_code if found else ExitCode.OK

    def require(self) -> None:
        """Raise what the command line ends with, unless all is well.

        Raises:
            psbridge.PsbridgeError: the error, or the problem.
        """
        found = self.error or self.problem
        if found is not None:
            raise found
