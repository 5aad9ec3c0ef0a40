"""Start exactly one backup and, by default, wait for its verdict."""

from __future__ import annotations

from contextlib import nullcontext
from enum import Enum, auto

import msgspec

from psbridge.clock import Deadline
from psbridge.cmdlets.preflight import Readiness
from psbridge.errors import (
    AuthError,
    Busy,
    DeadlineExceeded,
    Interrupted,
    PsbridgeError,
    Trigger,
    Unreachable,
    UsageError,
)
from psbridge.journal.log import checked_note
from psbridge.journal.runs import NoJournal, RunLog, new_run_id
from psbridge.models.backup import Backup
from psbridge.models.events import Intent, Queued, Retrying, Started
from psbridge.models.report import Report
from psbridge.models.target import Policy
from psbridge.operations.attempt import UNLISTED, Attempt
from psbridge.operations.context import OperationContext
from psbridge.operations.freshness import Freshness, skipped
from psbridge.operations.list import location_of, prepare_sessions
from psbridge.operations.lost_trigger import new_backups_or_raise, search
from psbridge.operations.operation import operation
from psbridge.operations.poll import await_recorded
from psbridge.operations.preflight import preflight, preflight_start
from psbridge.operations.progress import normal_run_seconds
from psbridge.operations.reads import new_case
from psbridge.operations.run_log import WarningRunLog, ended_if_raised
from psbridge.operations.running import RunningBackup, listed, running_backup
from psbridge.operations.trigger import send
from psbridge.values import replace

IF_RUNNING = ("fail", "attach", "queue")
_LOOKS = 3
_SEE = "See what runs: psbridge backup list"
_NOT_TO_BE_ATTACHED_TO = (
    "The running backup can't be attached to because its id is unknown: the stamp does not list it, and no run of this machine "
    "has it. Use --if-running queue, or start again later."
)
_CLOCKS = 5.0  # seconds by which the host's clock and the stamp's may differ when a conflict is examined
_LONGEST = 100 * 366 * 86_400.0  # seconds, a century: what is added to a backup's end must be a moment of the calendar


class StartOptions(msgspec.Struct, frozen=True):
    """The options of `backup start`. Times in seconds.

    Attributes:
        wait: False ends when the id is known.
        if_running: `fail`, `attach` or `queue`.
        if_older_than: start nothing if the newest backup that has ended is confirmed and ended less than this ago.
        retry_after: with `if_older_than`, how soon after its end one that is not good is retried; None: the policy's.
        lock_wait: how long to wait for another psbridge on this machine that is starting a backup of this target.
        note: what the journal and a proof say of the run, in the user's words; at most 500 characters.
    """

    location: str | None = None
    wait: bool = True
    timeout: float | None = None
    settle: float | None = None
    if_running: str = "fail"
    if_older_than: float | None = None
    retry_after: float | None = None
    lock_wait: float = 0.0
    note: str | None = None

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "note", checked_note(self.note))
        if self.if_running not in IF_RUNNING:
            raise UsageError(f"invalid value for --if-running: {self.if_running!r} (use {', '.join(IF_RUNNING)})")
        if self.retry_after is not None and self.if_older_than is None:
            raise UsageError("--retry-after needs --if-older-than")
        for option, value in (("--if-older-than", self.if_older_than), ("--retry-after", self.retry_after)):
            if value is not None and not 0 <= value <= _LONGEST:
                raise UsageError(f"invalid value for {option}: {value} seconds (0 to 100 years)")

    def deadline(self, context: OperationContext) -> Deadline:
        """Return the command's deadline, from now on."""
        return Deadline.after(context.clock, context.policy.timeout if self.timeout is None else self.timeout)

    def settle_by(self, policy: Policy) -> float:
        """Return the settle time, in seconds."""
        return policy.settle if self.settle is None else self.settle

    def freshness(self, policy: Policy) -> Freshness | None:
        """Return what is asked about the backups that there are; None if nothing is."""
        if self.if_older_than is None:
            return None
        return Freshness(self.if_older_than, policy.retry_after if self.retry_after is None else self.retry_after)


@operation("start")
def start(context: OperationContext, options: StartOptions) -> Report | Started:
    """Start a backup.

    Returns:
        The report with the verdict; with `wait` False, the id and how it came to be.

    Raises:
        psbridge.errors.PsbridgeError: `trigger` says whether a trigger was sent, `exit_code` what the error means.
    """
    ended = _Start(context, options).run()
    return replace(ended, note=options.note) if isinstance(ended, Report) else ended


class _Next(Enum):
    """What a start does if there is no backup to attach to."""

    TRIGGER = auto()
    QUEUE = auto()


class _Start:
    def __init__(self, context: OperationContext, options: StartOptions) -> None:
        self._context = context
        self._options = options
        self._settle = options.settle_by(context.policy)
        self._deadline = options.deadline(context)
        self._run = new_run_id(context.clock)
        self._recorded = None if isinstance(context.journal, NoJournal) else self._run
        self._poll = 1.0
        # The intents of triggers that met a conflict, and the seconds until their answers.
        self._conflicts: list[tuple[Intent, float]] = []
        self._unlisted_until = self._deadline  # until when an unlisted backup that caused a conflict is waited for

    def run(self) -> Report | Started:
        prepare_sessions(self._context)
        location = location_of(self._context, self._options.location, self._call())
        while True:
            try:
                ended = self._try_once(location)
            except Busy as busy:
                # A queued start takes the lock again and again; another holder at that moment does not end it.
                if self._options.if_running != "queue" or busy.detail.get("reason") != "locked":
                    raise
                ended = None
            if ended is not None:
                return ended
            self._pause()

    def _call(self) -> Deadline:
        return self._context.call_deadline(self._deadline)

    def _try_once(self, location: str) -> Report | Started | None:
        """Return the end of the command, or None while it is queued behind another backup."""
        lock = self._context.lock
        wait = self._deadline.sooner(self._options.lock_wait)
        with lock.held(wait) if lock else nullcontext():
            ready = preflight_start(self._context, location, self._call())
            running = running_backup(self._context, location, ready, self._call())
            asked = self._options.freshness(self._context.policy)
            skip = skipped(self._context, location, ready, running, asked, settle=self._settle, deadline=self._call())
            if skip is not None:
                return skip.report
            ready = self._in_one_session(location, ready)
            running = listed(ready) or running
            found = self._started_after_refusal(ready) if running is None else self._next_to(running)
            if found is _Next.QUEUE:
                return None
            log = self._begin(location)
            intent = self._intent(location, ready)
            if isinstance(found, str):
                started = self._attached(found, log)
            else:
                with ended_if_raised(log):
                    triggered = self._trigger(intent, ready, log)
                if triggered is None:
                    return None
                started = triggered
        return self._follow(intent, ready, log, started)

    def _in_one_session(self, location: str, ready: Readiness) -> Readiness:
        """Read again if the session broke since its context was read: a new one may have another context."""
        for _ in range(_LOOKS):
            if self._context.link.checked:
                return ready
            ready = preflight_start(self._context, location, self._call())
        if not self._context.link.checked:
            raise Unreachable(
                f"{self._context.link.host}: {_LOOKS} sessions broke before the start request was sent; nothing was started",
                hint="Check WinRM on the host, then retry.",
                retryable=True,
            )
        return ready

    def _next_to(self, running: RunningBackup) -> str | _Next:
        """Return the id to attach to, or that the start is queued.

        Raises:
            psbridge.errors.Busy: neither was asked for.
        """
        if self._options.if_running == "attach":
            return running.backup.id
        if self._options.if_running == "queue":
            self._context.observe(Queued(running.backup.id))
            return _Next.QUEUE
        raise running.in_the_way()

    def _started_after_refusal(self, ready: Readiness) -> str | _Next:
        """Return the id of the backup that an earlier, refused trigger started, else that a trigger may be sent.

        The host's HTTP client may have sent that trigger twice (`Attempt.answered`). A stamp that does not list running
        backups shows this only when the backup has ended. Until the list shows the backup that the last trigger met, the
        start is queued, because another trigger could start a second backup; so it is if the list can't be read. If the list
        does not show it within the duration of a normal run, a trigger is sent: it may never be listed.
        """
        if not self._conflicts:
            return _Next.TRIGGER
        try:
            new = new_backups_or_raise(self._context, self._conflicts[0][0], ready, self._call())
        except (AuthError, Interrupted):
            raise
        except PsbridgeError as unread:
            self._context.observe(Retrying(unread.message, None))
            return _Next.QUEUE
        ours = [it.id for it in new for intent, seconds in self._conflicts if _may_be_of(it, intent, seconds)]
        if ours:
            return ours[0]
        met, seconds = self._conflicts[-1]
        if any(_may_have_met(it, met, seconds) for it in new) or self._unlisted_until.expired:
            return _Next.TRIGGER
        self._context.observe(Queued(None))
        return _Next.QUEUE

    def _begin(self, location: str) -> RunLog:
        log = self._context.journal.begin(self._run, self._context.target.name, location)
        if self._options.note is not None:
            log.write("noted", note=self._options.note)
        return log

    def _intent(self, location: str, ready: Readiness) -> Intent:
        known = tuple(it.id for it in ready.list.backups)
        return Intent(self._run, self._context.target.name, location, ready.host_time, known, self._context.link.host)

    def _attached(self, id: str, log: RunLog) -> Started:
        event = Started(self._recorded, id, "attached")
        log.observe(event)
        self._context.observe(event)
        self._context.trigger.attached(id)
        return event

    def _pause(self) -> None:
        if self._deadline.remaining() <= self._poll:
            raise DeadlineExceeded(
                "timed out: another backup was running or being started; nothing was started",
                hint=f"Allow more time with --timeout. {UNLISTED if self._conflicts else _SEE}",
                detail={"backup": "none"},
            )
        self._context.clock.sleep(self._poll)
        self._poll = min(self._poll * 2, self._context.policy.poll)

    def _trigger(self, intent: Intent, ready: Readiness, log: RunLog) -> Started | None:
        """Send the trigger, once; return the backup that is followed, None to queue behind another."""
        context = self._context
        # The trigger is sent to the host that was read, and only that host can show its outcome.
        context.link.stay_on(intent.host)
        attach = self._options.if_running == "attach"
        attempt = Attempt(context, intent, ready, log, self._deadline, attach)
        sent_at = context.clock.monotonic()
        found = send(attempt, wait=self._options.wait)
        # Only the stamp's own refusal: a lost answer may be a `Busy` as well.
        if isinstance(found, PsbridgeError) and found is context.trigger.cause:
            self._conflicts.append((intent, context.clock.monotonic() - sent_at))
            self._unlisted_until = self._deadline.sooner(normal_run_seconds(ready.list.backups) + self._settle)
            return self._conflicting(found, intent.location, log)
        if isinstance(found, PsbridgeError):
            context.trigger.lost(found)
            found = search(context, intent, ready, log, self._settle, self._deadline)
            attempt.record(found)
        event = Started(self._recorded, found, "started")
        context.observe(event)
        return event

    def _conflicting(self, refusal: PsbridgeError, location: str, log: RunLog) -> Started | None:
        """Act on another backup that runs on the stamp, and that its list did not show a moment ago."""
        context = self._context
        if self._options.if_running == "fail":
            raise refusal
        context.trigger.not_sent()  # nothing was started by that trigger
        if self._options.if_running == "queue":
            context.link.stay_on(None)
            context.observe(Queued(None))
            return None
        ready = preflight(context, location, self._call())
        running = running_backup(context, location, ready, self._call())
        if running is None:
            raise refusal.replace(
                trigger=Trigger.SENT, detail={**refusal.detail, "refused": True}, hint=_NOT_TO_BE_ATTACHED_TO
            )
        return self._attached(running.backup.id, log)

    def _follow(self, intent: Intent, ready: Readiness, log: RunLog, started: Started) -> Report | Started:
        context = self._context
        if not self._options.wait:
            WarningRunLog(log, context.observe).write("ended", exit_code=0, final=False)
            return started
        own = started.action == "started"
        made_by = intent if own else None
        case = new_case(context, ready, started.id, settle=self._settle, waiting=True, own=own, intent=made_by)
        report = await_recorded(context, log, case, intent.location, ready, self._deadline)
        return replace(report, action=started.action, run=self._recorded)


def _may_be_of(backup: Backup, intent: Intent, seconds: float) -> bool:
    """Return whether a trigger that met a conflict within some seconds may have made this backup."""
    began, since = backup.started_at, intent.host_time
    if backup.is_automatic is True or backup.id in intent.known_ids or began is None or since is None:
        return False
    return 0 <= (began - since).seconds <= seconds + _CLOCKS


def _may_have_met(backup: Backup, intent: Intent, seconds: float) -> bool:
    """Return whether a trigger that met a conflict within some seconds may have met this backup; True if no time says."""
    began, ended, since = backup.started_at, backup.completed_at, intent.host_time
    if backup.id in intent.known_ids:
        return False
    if began is None or ended is None or since is None:
        return True
    return (began - since).seconds <= seconds + _CLOCKS and (ended - since).seconds >= -_CLOCKS
