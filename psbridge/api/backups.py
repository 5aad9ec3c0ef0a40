"""`Backups` and `Run`: what the library does with a stamp's backups."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from psbridge.api.recent_ids import remember
from psbridge.errors import InternalError, UsageError
from psbridge.models.backup import backup_id
from psbridge.operations.context import OperationContext

if TYPE_CHECKING:
    from psbridge.api.verification import Verify
    from psbridge.models.backup import Backup
    from psbridge.models.events import Observer, Started
    from psbridge.models.report import DryRun, Report
    from psbridge.operations.start import StartOptions

Seconds = float | timedelta
NewOperation = Callable[..., AbstractContextManager[OperationContext]]
"""`Stamp.operation`, which knows the target and has the session."""


class Backups:
    """What can be done with a stamp's backups. Times are seconds or `timedelta`."""

    def __init__(self, operation: NewOperation, cache: Path | None) -> None:
        self._operation = operation
        self._cache = cache

    def start(
        self,
        *,
        location: str | None = None,
        if_running: str = "fail",
        if_older_than: Seconds | None = None,
        retry_after: Seconds | None = None,
        timeout: Seconds | None = None,
        settle: Seconds | None = None,
        lock_wait: Seconds = 0.0,
        note: str | None = None,
        journal: bool = True,
        observe: Observer | None = None,
    ) -> Run:
        """Start a backup and return once its id is known; exactly one is started, whatever breaks on the way.

        Args:
            location: the backup location; None for the target's.
            if_running: `fail`, `attach` (to the backup that runs) or `queue` (behind it).
            if_older_than: start nothing if the newest backup that has ended is confirmed and ended less than this ago.
            retry_after: with `if_older_than`, how soon after its end one that is not good is retried; None for the target's.
            timeout: bounds queueing and the search for a lost trigger; None for the target's.
            settle: how long after the end an upload that can't be read is assumed; None for the target's.
            lock_wait: how long to wait for another psbridge that is starting a backup of this target.
            note: what the journal and a proof say of the run, in your words; at most 500 characters.
            journal: False keeps no record, so that a killed start can't be taken up again.
            observe: is given each event as it happens.

        Raises:
            psbridge.PsbridgeError: see the table of exit codes; its `trigger` says whether a trigger was sent.
        """
        from psbridge.models.events import Started
        from psbridge.operations.start import StartOptions

        options = StartOptions(
            location=location,
            wait=False,
            timeout=_seconds(timeout),
            settle=_seconds(settle),
            if_running=if_running,
            if_older_than=_seconds(if_older_than),
            retry_after=_seconds(retry_after),
            lock_wait=_seconds(lock_wait) or 0.0,
            note=note,
        )
        ended = self.run(options, journal=journal, observe=observe)
        if isinstance(ended, Started):
            wait = None if journal else partial(self._wait_unrecorded, ended, options.location)
            return Run(self, ended.id, ended.action, run=ended.run, settle=options.settle, wait=wait)
        if ended.case is None:
            raise InternalError("a start that was skipped has no backup to show")
        return Run(self, ended.case.id, "skipped", report=ended)

    def run(
        self,
        options: StartOptions,
        *,
        journal: bool = True,
        verify: Verify | None = None,
        observe: Observer | None = None,
        critical: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> Report | Started:
        """Start a backup and, unless `options.wait` is False, wait for its verdict, and verify it in its store."""
        from psbridge.models.events import Started
        from psbridge.operations.start import start

        with self._operation(observe, journal=journal, critical=critical) as context:
            ended = start(context, options)
            return ended if isinstance(ended, Started) else self._kept(context, _verified(context, ended, verify))

    def _kept(self, context: OperationContext, report: Report) -> Report:
        """Put what a run's verdict rests on into its journal."""
        if report.run is not None and report.case is not None:
            from psbridge.documents.encoding import to_plain
            from psbridge.operations.run_log import WarningRunLog
            from psbridge.proofs.record import record

            made = record(context.target, report, context.clock)
            WarningRunLog(context.journal.resume(report.run), context.observe).write("proof", record=to_plain(made))
        return report

    def dry_run(self, options: StartOptions, *, observe: Observer | None = None) -> DryRun:
        """Return what `run` would do, and start nothing."""
        from psbridge.operations.dry_run import dry_run

        with self._operation(observe) as context:
            return dry_run(context, options)

    def wait(
        self,
        id: str | None = None,
        *,
        timeout: Seconds | None = None,
        settle: Seconds | None = None,
        verify: Verify | None = None,
        observe: Observer | None = None,
    ) -> Report:
        """Wait for a backup's verdict: that of the id; else of this target's unfinished run; else of the one that runs now.

        Args:
            id: the backup.
            timeout: None for the target's.
            settle: None for the target's.
            verify: where a confirmed backup is verified then.
            observe: is given each event as it happens.

        Raises:
            psbridge.NotFound: there is nothing to wait for.
            psbridge.UsageError: `latest`, which has ended.
        """
        from psbridge.operations.wait import wait

        if id is not None and plain_id(id) is None:
            raise UsageError("latest has ended, so there is nothing to wait for", hint="To judge it: confirm.")
        with self._operation(observe) as context:
            report = wait(context, plain_id(id), timeout=_seconds(timeout), settle=_seconds(settle))
            return self._kept(context, _verified(context, report, verify))

    def _wait_unrecorded(
        self,
        started: Started,
        location: str | None,
        timeout: float | None,
        settle: float | None,
        observe: Observer | None,
    ) -> Report:
        from psbridge.operations.wait import wait_unrecorded

        with self._operation(observe, journal=False) as context:
            return wait_unrecorded(context, started, location=location, timeout=timeout, settle=settle)

    def list(
        self, *, limit: int | None = None, status: str | None = None, observe: Observer | None = None
    ) -> list[Backup]:
        """Return the stamp's backups, newest first.

        Args:
            limit: maximum number.
            status: only those with this status, case ignored.
            observe: is given each event as it happens.
        """
        from psbridge.operations.list import list_backups

        with self._operation(observe) as context:
            backups = list_backups(context, status=status)
        if self._cache is not None:
            remember(self._cache, context.target.name, [it.id for it in backups])
        wanted = [it for it in backups if status is None or (it.status or "").casefold() == status.casefold()]
        return wanted if limit is None else wanted[:limit]

    def show(self, id: str | None = None, *, observe: Observer | None = None) -> Backup:
        """Return one backup with all that the host says of it; without an id, the newest that has ended."""
        from psbridge.operations.reads import show_backup

        with self._operation(observe) as context:
            return show_backup(context, plain_id(id))

    def confirm(
        self,
        id: str | None = None,
        *,
        max_age: Seconds | None = None,
        settle: Seconds | None = None,
        verify: Verify | None = None,
        observe: Observer | None = None,
    ) -> Report:
        """Judge a backup as it is now; without an id, the newest that has ended.

        Args:
            id: the backup.
            max_age: how old it may be; without an id, how old the newest confirmed one may be.
            settle: how long after its end an upload that can't be read is assumed.
            verify: where a confirmed backup is verified then.
            observe: is given each event as it happens.
        """
        from psbridge.operations.confirm import confirm

        with self._operation(observe) as context:
            report = confirm(context, plain_id(id), max_age=_seconds(max_age), settle=_seconds(settle))
            return _verified(context, report, verify)


class Run:
    """A backup that was started, or attached to, or skipped for one that is young enough.

    Attributes:
        id: the backup's id.
        action: `started`, `attached` or `skipped`.
        run: the run's id in the journal; None if it was skipped, or kept no record.
    """

    def __init__(
        self,
        backups: Backups,
        id: str,
        action: str,
        *,
        run: str | None = None,
        report: Report | None = None,
        settle: float | None = None,
        wait: Callable[[float | None, float | None, Observer | None], Report] | None = None,
    ) -> None:
        self._backups = backups
        self._report = report
        self._settle = settle
        self._wait = wait
        self.id = id
        self.action = action
        self.run = run

    def wait(
        self, *, timeout: Seconds | None = None, settle: Seconds | None = None, observe: Observer | None = None
    ) -> Report:
        """Wait for the verdict. `.require()` on what comes back raises what is wrong.

        Args:
            timeout: None for the target's.
            settle: None for what the start was given, else the target's.
            observe: is given each event as it happens.
        """
        if self._report is not None:
            return self._report
        settle = self._settle if settle is None else settle
        if self._wait is not None:
            return self._wait(_seconds(timeout), _seconds(settle), observe)
        return self._backups.wait(self.id, timeout=timeout, settle=settle, observe=observe)

    def __repr__(self) -> str:
        return f"Run(id={self.id!r}, action={self.action!r}, run={self.run!r})"


def _verified(context: OperationContext, report: Report, verify: Verify | None) -> Report:
    if verify is None:
        return report
    from psbridge.api.verification import verified

    return verified(report, verify, context.clock, context.observe)


def _seconds(value: Seconds | None) -> float | None:
    return value.total_seconds() if isinstance(value, timedelta) else value


def plain_id(text: str | None) -> str | None:
    """Return an id in its plain form; `latest` and None are None.

    Raises:
        psbridge.UsageError: it is neither.
    """
    if text is None or text.casefold() == "latest":
        return None
    try:
        return backup_id(text)
    except ValueError:
        raise UsageError(
            f"not a backup's id: {text[:80]!r}",
            hint="An id is a GUID such as 08b92613-837a-43cd-86b5-1212ef954384, alone or after `redmond/`; or `latest`.",
        ) from None
