"""`connect` and `Stamp`: the way to a stamp, with all that an operation on it works with."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from psbridge.api.backups import Backups
from psbridge.api.folders import cache_folder, state_folder
from psbridge.clock import Clock, SystemClock
from psbridge.errors import Interrupted, UsageError
from psbridge.journal.lock import TargetLock
from psbridge.journal.refused_logins import RefusedLogins
from psbridge.journal.runs import Journal, NoJournal
from psbridge.models.events import Note, StageEnded
from psbridge.models.target import Target
from psbridge.operations.context import OperationContext
from psbridge.operations.link import Link
from psbridge.remoting.winrm.shells import ShellBook

if TYPE_CHECKING:
    from psbridge.models.events import Event, Observer
    from psbridge.models.report import RunRecord
    from psbridge.models.stamp import Alert, BackupSettings
    from psbridge.models.stamp_status import StampStatus
    from psbridge.powershell.session import SessionFactory
    from psbridge.powershell.stages import StageEvent, StageObserver


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
    retry_refused: bool = True,
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
        prompt: asks a person for a password; None without a terminal.
        warn: is given sentences about secrets that others may read.
        retry_refused: False for a check that runs unattended: a login that was refused within the last hour is not sent.

    Raises:
        psbridge.ConfigError: the config is wrong.
        psbridge.NotFound: it has no such target.
        psbridge.UsageError: no target was named and there is not exactly one.
    """
    env = os.environ if environ is None else environ
    if isinstance(target, Target):
        resolved = target
    else:
        from psbridge.config.load import load
        from psbridge.config.resolve import resolve, select_target

        found = load(config, env)
        name = select_target(found, target, env)
        resolved = resolve(found, name, flags, prompt=prompt, warn=warn or (lambda _: None))
    state, cache = state_folder(state_dir, env), cache_folder(env)
    return Stamp(resolved, state=state, cache=cache, observe=observe, clock=clock, retry_refused=retry_refused)


class Guarded:
    """Passes events on; an observer that fails is not asked again, and never stops what it observes.

    An interrupt that is raised while it works is not its failure, and passes.
    """

    def __init__(self, *observers: Observer | None) -> None:
        self._observers = [observer for observer in observers if observer is not None]

    def __call__(self, event: Event) -> None:
        """Pass an event to each observer."""
        for observer in list(self._observers):
            try:
                observer(event)
            except Interrupted:
                raise
            except Exception:  # noqa: BLE001 - a broken pipe or a user's callback must not cost a backup its proof
                self._observers.remove(observer)


class Stamp:
    """One stamp behind one target. A context manager: leaving it closes the session on the host.

    It does one thing at a time; threads take one each (`connect`).

    Args:
        stages: is given the stages of each connection as they happen.
        once: open one session only, so that a login is tried once; see `Link`.

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
        retry_refused: bool = True,
        stages: StageObserver | None = None,
        once: bool = False,
    ) -> None:
        self.target = target
        self._stages = stages
        self._once = once
        self._state = state
        self._observe = observe
        self._clock: Clock = clock or SystemClock()
        self._stack = ExitStack()
        self._sessions = sessions
        self._retry_refused = retry_refused
        self._link: Link | None = None
        self._turn = Lock()
        self._closed = False
        self.backups = Backups(self.operation, cache)

    def observe(self, event: Event) -> None:
        """Pass an event on, as those of an operation."""
        if self._observe is not None:
            self._observe(event)

    def settings(self) -> BackupSettings:
        """Return the stamp's backup configuration."""
        from psbridge.operations.list import show_settings

        with self.operation() as context:
            return show_settings(context)

    def status(
        self, *, max_age: float | timedelta | None = None, strict: bool = False, observe: Observer | None = None
    ) -> StampStatus:
        """Return how the stamp stands: backups, schedule, alerts, updates. `.require()` on it raises what is wrong.

        Args:
            max_age: how old the newest good backup may be, in seconds or as `timedelta`; None: twice the schedule, or 26
                hours without one.
            strict: anything that is not ok counts as wrong.
            observe: is given each event as it happens.

        Raises:
            psbridge.PsbridgeError: the stamp's backups can't be read.
        """
        from psbridge.operations.status import stamp_status

        limit = max_age.total_seconds() if isinstance(max_age, timedelta) else max_age
        with self.operation(observe) as context:
            return stamp_status(context, max_age=limit, strict=strict)

    def alerts(self, *, every: bool = False, observe: Observer | None = None) -> tuple[Alert, ...]:
        """Return the open alerts of the backup service, critical ones first; with `every` those of the whole stamp.

        Raises:
            psbridge.PrerequisiteError: the host does not have the cmdlet.
        """
        from psbridge.operations.alerts import list_alerts

        with self.operation(observe) as context:
            return list_alerts(context, every=every)

    def unrecognized_files(self, *, observe: Observer | None = None) -> tuple[str, ...]:
        """Return the files of the store that the stamp's prune would delete, relative to the share. A dry run: none is.

        Raises:
            psbridge.PrerequisiteError: the host's cmdlet is absent or can't make a dry run; it was not sent.
        """
        from psbridge.operations.unrecognized import list_unrecognized

        with self.operation(observe) as context:
            return list_unrecognized(context)

    def runs(self) -> list[RunRecord]:
        """Return this target's runs in the journal of this machine, newest first."""
        return self._journal().list(self.target.name)

    def close_run(self, run: str, reason: str) -> RunRecord:
        """Close an unfinished run's record, so that no wait takes it up; the stamp's backup, if there is one, goes on.

        Raises:
            psbridge.NotFound: there is no such run.
            psbridge.UsageError: the reason is empty or too long, or the run needs nothing more.
            psbridge.Busy: a process is at it.
        """
        from psbridge.journal.closing import close_run

        return close_run(self._state, self._clock, run, reason)

    @contextmanager
    def operation(
        self,
        observe: Observer | None = None,
        *,
        journal: bool = True,
        critical: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> Iterator[OperationContext]:
        """Yield the tools of one operation (for psbridge's own command line).

        Raises:
            psbridge.UsageError: it is closed, or at another operation.
        """
        if self._closed:
            raise UsageError("this Stamp is closed", hint="Work with it inside its `with`, or connect again.")
        if not self._turn.acquire(blocking=False):
            raise UsageError(
                "this Stamp is at another operation", hint="It does one at a time: give each thread its own (connect)."
            )
        try:
            yield self._tools(observe, journal=journal, critical=critical)
        finally:
            self._turn.release()

    def _tools(
        self, observe: Observer | None, *, journal: bool, critical: Callable[[], AbstractContextManager[None]]
    ) -> OperationContext:
        watch = Guarded(self._observe, observe)
        link = self._link
        if link is None:
            patience = self.target.policy.call_timeout
            hold = not self._retry_refused
            logins = RefusedLogins(self._state, self.target, self._clock, warn=self._warn, hold=hold)
            link = Link(self._opened(), self._clock, watch, call_timeout=patience, once=self._once, logins=logins)
            self._link = self._stack.enter_context(link)
        link.begin_operation(watch)
        return OperationContext(
            target=self.target,
            link=link,
            clock=self._clock,
            observe=watch,
            journal=self._journal() if journal else NoJournal(),
            lock=TargetLock(self._state, self.target.name, self._warn) if journal else None,
            critical=critical,
        )

    def _journal(self) -> Journal:
        keep = timedelta(seconds=self.target.policy.keep_runs)
        return Journal(self._state, self._clock, keep=keep, warn=self._warn)

    def _opened(self) -> SessionFactory:
        if self._sessions is not None:
            return self._sessions
        if self.target.emulated:
            from psbridge.api.demo import DemoSessions

            demo = DemoSessions(self._state, self.target.policy, self._clock, self._report)
            return self._stack.enter_context(closing(demo))
        from psbridge.remoting import sessions

        shells = ShellBook(self._state, self._warn)
        return sessions(self.target.endpoints, self.target.policy, self._clock, shells, self._report)

    def _report(self, event: StageEvent) -> None:
        """Pass on how a stage of the connection ended."""
        if self._stages is not None:
            self._stages(event)
        if self._link is None or event.seconds is None:
            return
        error = event.error.message if event.error else None
        self._link.observe(StageEnded(event.stage.value, event.host, event.seconds, event.facts, error, event.again))

    def _warn(self, text: str) -> None:
        if self._link is not None:
            self._link.observe(Note(text, "warning"))

    def close(self) -> None:
        """Close the session on the host, within 3 seconds."""
        self._closed = True
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
