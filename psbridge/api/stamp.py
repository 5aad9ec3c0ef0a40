"""`connect`, `Stamp`, `Backups` and `Run`: psbridge as a library."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from psbridge.api.observers import Guarded
from psbridge.api.places import cache_folder, state_folder
from psbridge.api.recent import remember
from psbridge.clock import Clock, SystemClock
from psbridge.errors import InternalError, UsageError
from psbridge.journal import Journal, NoJournal, ShellBook, TargetLock
from psbridge.models import Target, backup_id
from psbridge.operations.link import Link
from psbridge.operations.work import Work

if TYPE_CHECKING:
    from psbridge.models import Backup, BackupSettings, DryRun, Report, RunRecord
    from psbridge.models.events import Observer, Started
    from psbridge.operations.start import StartOptions
    from psbridge.powershell import SessionFactory

Seconds = float | timedelta


def connect(
    target: str | Target | None = None,
    *,
    config: str | Path | None = None,
    state_dir: str | Path | None = None,
    observe: Observer | None = None,
    flags: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    clock: Clock | None = None,
    prompt: Callable[[str], str] | None = None,
    warn: Callable[[str], object] | None = None,
) -> Stamp:
    """Return a stamp to work with; nothing is sent until something is asked of it.

    Args:
        target: a name of the config, or a `Target` that is already resolved; None for the config's only one.
        config: the config file; None for the usual places.
        state_dir: where the journal is kept; None for the usual place.
        observe: is given each event of `psbridge.models.events` as it happens.
        flags: values that win over environment and config, such as `{"poll": 5.0}`; times in seconds.
        environ: the environment; None for this process's.
        clock: the clock; None for the real one.
        prompt: asks a person for a password; None where nobody can be asked.
        warn: is given sentences about secrets that others may read.

    Raises:
        psbridge.ConfigError: the config is wrong.
        psbridge.NotFound: it has no such target.
        psbridge.UsageError: no target was named and there is not exactly one.
    """
    env = os.environ if environ is None else environ
    if isinstance(target, Target):
        resolved = target
    else:
        from psbridge.config import load, resolve, select_target

        found = load(config, env)
        name = select_target(found, target, env)
        resolved = resolve(found, name, flags, prompt=prompt, warn=warn or (lambda _: None))
    return Stamp(resolved, state=state_folder(state_dir, env), cache=cache_folder(env), observe=observe, clock=clock)


class Stamp:
    """One stamp behind one target. A context manager: leaving it closes the session on the host.

    Attributes:
        target: where it works and by what rules.
        backups: what can be done with its backups.
    """

    def __init__(
        self,
        target: Target,
        *,
        state: Path,
        cache: Path | None = None,
        observe: Observer | None = None,
        clock: Clock | None = None,
        sessions: SessionFactory | None = None,
    ) -> None:
        self.target = target
        self._state = state
        self._cache = cache
        self._observe = observe
        self._clock: Clock = clock or SystemClock()
        self._stack = ExitStack()
        self._sessions = sessions
        self._link: Link | None = None
        self.backups = Backups(self)

    def settings(self) -> BackupSettings:
        """Return the stamp's backup configuration."""
        from psbridge.operations.listing import location_of, prepare_sessions, read_settings

        work = self.work()
        deadline = work.call_deadline()
        prepare_sessions(work)
        return read_settings(work, location_of(work, None, deadline), deadline)

    def runs(self) -> list[RunRecord]:
        """Return this target's runs in the journal of this machine, newest first."""
        return self._journal().list(self.target.name)

    def work(
        self,
        observe: Observer | None = None,
        *,
        journal: bool = True,
        critical: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> Work:
        """Return the tools of one operation (for psbridge's own command line)."""
        watch = Guarded(self._observe, observe)
        link = self._link
        if link is None:
            link = Link(self._opened(), self._clock, watch, call_timeout=self.target.policy.call_timeout)
            self._link = self._stack.enter_context(link)
        link.observe = watch
        return Work(
            target=self.target,
            link=link,
            clock=self._clock,
            observe=watch,
            journal=self._journal() if journal else NoJournal(),
            lock=TargetLock(self._state, self.target.name) if journal else None,
            critical=critical,
        )

    def _journal(self) -> Journal:
        return Journal(self._state, self._clock, keep=timedelta(seconds=self.target.policy.keep_runs))

    def _opened(self) -> SessionFactory:
        if self._sessions is not None:
            return self._sessions
        if self.target.emulated:
            from psbridge.api.demo import DemoSessions

            return self._stack.enter_context(DemoSessions(self._state, self.target.policy, self._clock))
        from psbridge.remoting import sessions

        return sessions(self.target.endpoints, self.target.policy, self._clock, ShellBook(self._state))

    def _remember(self, backups: tuple[Backup, ...]) -> None:
        if self._cache is not None:
            remember(self._cache, self.target.name, [it.id for it in backups])

    def close(self) -> None:
        """Close the session on the host, within 3 seconds."""
        self._link = None
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Backups:
    """What can be done with a stamp's backups. Times are seconds or `timedelta`."""

    def __init__(self, stamp: Stamp) -> None:
        self._stamp = stamp

    def start(
        self,
        *,
        location: str | None = None,
        if_running: str = "fail",
        if_older_than: Seconds | None = None,
        timeout: Seconds | None = None,
        settle: Seconds | None = None,
        lock_wait: Seconds = 0.0,
        journal: bool = True,
        observe: Observer | None = None,
    ) -> Run:
        """Start a backup and return once its id is known; exactly one is started, whatever breaks on the way.

        Args:
            location: the backup location; None for the target's.
            if_running: `fail`, `attach` (to the backup that runs) or `queue` (behind it).
            if_older_than: start nothing if the newest confirmed backup ended less than this ago.
            timeout: bounds queueing and the search for a lost trigger; None for the target's.
            settle: how long after the end an upload that can't be read is assumed; None for the target's.
            lock_wait: how long to wait for another psbridge that is starting a backup of this target.
            journal: False keeps no record, so that a killed start can't be taken up again.
            observe: is given each event as it happens.

        Raises:
            psbridge.PsbridgeError: see the table of exit codes; its `trigger` tells whether a trigger was sent.
        """
        from psbridge.models.events import Started
        from psbridge.operations.start import StartOptions

        options = StartOptions(
            location,
            False,
            _seconds(timeout),
            _seconds(settle),
            if_running,
            _seconds(if_older_than),
            _seconds(lock_wait) or 0.0,
        )
        ended = self.run(options, journal=journal, observe=observe)
        if isinstance(ended, Started):
            return Run(self._stamp, ended.id, ended.action, run=ended.run)
        if ended.verdict.backup is None:
            raise InternalError("a start that was skipped has no backup to show")
        return Run(self._stamp, ended.verdict.backup.id, "skipped", report=ended)

    def run(
        self,
        options: StartOptions,
        *,
        journal: bool = True,
        observe: Observer | None = None,
        critical: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> Report | Started:
        """Start a backup and, unless `options.wait` is False, wait for its verdict."""
        from psbridge.models.events import Started
        from psbridge.operations.start import start

        work = self._stamp.work(observe, journal=journal, critical=critical)
        ended = start(work, options)
        return ended if isinstance(ended, Started) else self._kept(work, ended)

    def _kept(self, work: Work, report: Report) -> Report:
        """Put what a run's verdict rests on into its journal."""
        if report.run is not None and report.grounds is not None:
            from psbridge.api.proofs import record
            from psbridge.documents import to_plain
            from psbridge.operations.keeping import Keeping

            made = record(work.target, report, work.clock)
            Keeping(work.journal.resume(report.run), work.observe).write("proof", record=to_plain(made))
        return report

    def dry_run(self, options: StartOptions, *, observe: Observer | None = None) -> DryRun:
        """Return what `run` would do, and start nothing."""
        from psbridge.operations.start import dry_run

        return dry_run(self._stamp.work(observe), options)

    def wait(
        self,
        id: str | None = None,
        *,
        timeout: Seconds | None = None,
        settle: Seconds | None = None,
        observe: Observer | None = None,
    ) -> Report:
        """Wait for a backup's verdict: that of the id; else of this target's unfinished run; else of the one that runs now.

        Raises:
            psbridge.NotFound: there is nothing to wait for.
        """
        from psbridge.operations.resume import wait

        work = self._stamp.work(observe)
        return self._kept(work, wait(work, plain_id(id), timeout=_seconds(timeout), settle=_seconds(settle)))

    def list(
        self, *, limit: int | None = None, status: str | None = None, observe: Observer | None = None
    ) -> list[Backup]:
        """Return the stamp's backups, newest first.

        Args:
            limit: at most so many.
            status: only those with this status, case ignored.
            observe: is given each event as it happens.
        """
        from psbridge.operations.listing import list_backups

        backups = list_backups(self._stamp.work(observe))
        self._stamp._remember(backups)  # noqa: SLF001 - one class in two, for the two levels of the library
        wanted = [it for it in backups if status is None or (it.status or "").casefold() == status.casefold()]
        return wanted if limit is None else wanted[:limit]

    def show(self, id: str | None = None, *, observe: Observer | None = None) -> Backup:
        """Return one backup with all that the host can tell of it; without an id, the newest that has ended."""
        from psbridge.operations.reads import show_backup

        return show_backup(self._stamp.work(observe), plain_id(id))

    def confirm(
        self,
        id: str | None = None,
        *,
        max_age: Seconds | None = None,
        settle: Seconds | None = None,
        observe: Observer | None = None,
    ) -> Report:
        """Judge a backup as it is now; without an id, the newest that has ended.

        Args:
            id: the backup.
            max_age: how old it may be; without an id, how old the newest confirmed one may be.
            settle: how long after its end an upload that can't be read is assumed.
            observe: is given each event as it happens.
        """
        from psbridge.operations.confirm import confirm

        work = self._stamp.work(observe)
        return confirm(work, plain_id(id), max_age=_seconds(max_age), settle=_seconds(settle))


class Run:
    """A backup that was started, or attached to, or skipped for one that is young enough.

    Attributes:
        id: the backup's id.
        action: `started`, `attached` or `skipped`.
        run: the run's id in the journal; None if it was skipped.
    """

    def __init__(
        self,
        stamp: Stamp,
        id: str,
        action: str,
        *,
        run: str | None = None,
        report: Report | None = None,
    ) -> None:
        self._stamp = stamp
        self._report = report
        self.id = id
        self.action = action
        self.run = run

    def wait(
        self, *, timeout: Seconds | None = None, settle: Seconds | None = None, observe: Observer | None = None
    ) -> Report:
        """Wait for the verdict. `.require()` on what comes back raises what is wrong."""
        if self._report is not None:
            return self._report
        return self._stamp.backups.wait(self.id, timeout=timeout, settle=settle, observe=observe)

    def __repr__(self) -> str:
        return f"Run(id={self.id!r}, action={self.action!r}, run={self.run!r})"


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


__all__ = ["Backups", "Run", "Stamp", "connect"]
