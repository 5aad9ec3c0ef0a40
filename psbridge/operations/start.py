"""Start exactly one backup and, by default, wait for its verdict (design 4)."""

from __future__ import annotations

from contextlib import nullcontext

import msgspec

from psbridge.clock import Deadline
from psbridge.cmdlets.preflight import Readiness
from psbridge.errors import AuthError, Busy, DeadlineExceeded, Interrupted, PsbridgeError, Unreachable, UsageError
from psbridge.journal.runs import NoJournal, RunLog, new_run_id
from psbridge.journal.words import checked_note
from psbridge.models.backup import Backup
from psbridge.models.events import Intent, Note, Queued, Retrying, Started
from psbridge.models.report import DryRun, Report
from psbridge.operations.context import Context
from psbridge.operations.dry_run import check_stamp
from psbridge.operations.fate import Fate
from psbridge.operations.follow import follow
from psbridge.operations.freshness import Freshness, Skipped, skipped
from psbridge.operations.list import location_of, prepare_sessions
from psbridge.operations.lost_trigger import Lost, new_backups_or_raise, search
from psbridge.operations.order import Order, nothing_started
from psbridge.operations.preflight import check_commands, check_context, preflight
from psbridge.operations.run_log import WarningRunLog, leaving
from psbridge.operations.running import UnderWay, listed, under_way
from psbridge.operations.trigger import send, start_cmdlet
from psbridge.operations.wait import Awaited
from psbridge.values import replace
from psbridge.verdict.baseline import looks_good, newest_ended

IF_RUNNING = ("fail", "attach", "queue")
_LOOKS = 3
_CLOCKS = 5.0  # seconds by which the host's clock and the stamp's may differ where a conflict is looked into
_LONGEST = 100 * 366 * 86_400.0  # seconds, a century: what is added to a backup's end must be a moment of the calendar


class StartOptions(msgspec.Struct, frozen=True):
    """What `backup start` can be told. Times in seconds.

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
            raise UsageError(f"--if-running takes {', '.join(IF_RUNNING)}, not {self.if_running!r}")
        if self.retry_after is not None and self.if_older_than is None:
            raise UsageError("--retry-after goes with --if-older-than")
        for option, value in (("--if-older-than", self.if_older_than), ("--retry-after", self.retry_after)):
            if value is not None and not 0 <= value <= _LONGEST:
                raise UsageError(f"{option} can't be {value} seconds")


def start(context: Context, options: StartOptions) -> Report | Started:
    """Start a backup.

    Returns:
        The report with the verdict; with `wait` False, the id and how it came to be.

    Raises:
        psbridge.errors.PsbridgeError: see the contract's table; `trigger` tells whether a trigger was sent.
    """
    return _Start(context, options).run()


def dry_run(context: Context, options: StartOptions) -> DryRun:
    """Say what a start would do, and start nothing.

    Raises:
        psbridge.errors.PsbridgeError: what a start would end with before its trigger.
    """
    return _Start(context, options).rehearse()


class _Start:
    def __init__(self, context: Context, options: StartOptions) -> None:
        self._context = context
        self._options = options
        policy = context.policy
        self._settle = policy.settle if options.settle is None else options.settle
        self._deadline = Deadline.after(context.clock, policy.timeout if options.timeout is None else options.timeout)
        self._run = new_run_id(context.clock)
        self._told = None if isinstance(context.journal, NoJournal) else self._run
        self._poll = 1.0
        self._fate = Fate(context.target.command)
        self._conflicts: list[tuple[Lost, float]] = []  # triggers that met one, and the seconds until their answers

    def run(self) -> Report | Started:
        with self._fate.told():
            ended = self._until_ended()
        return replace(ended, note=self._options.note) if isinstance(ended, Report) else ended

    def _until_ended(self) -> Report | Started:
        prepare_sessions(self._context)
        location = location_of(self._context, self._options.location, self._call())
        while True:
            try:
                ended = self._try_once(location)
            except Busy as busy:
                # Who queues has the lock again and again; that another who does had it just then is no reason to end.
                if self._options.if_running != "queue" or busy.detail.get("reason") != "locked":
                    raise
                ended = None
            if ended is not None:
                return ended
            self._pause()

    def _call(self) -> Deadline:
        return self._deadline.sooner(self._context.policy.call_timeout)

    def _try_once(self, location: str) -> Report | Started | None:
        """Return the end of the command, or None while it is queued behind another backup."""
        lock = self._context.lock
        wait = self._deadline.sooner(self._options.lock_wait)
        with lock.held(wait) if lock else nullcontext():
            ready = self._ready(location)
            running = under_way(self._context, location, ready, self._call())
            skip = self._skip(location, ready, running)
            if skip is not None:
                return skip.report
            ready = self._in_one_session(location, ready)
            running = listed(ready) or running
            found = self._made_after_all(ready) if running is None else self._beside(running)
            if isinstance(found, str):
                action, id_ = "attached", found
                log = self._attached(location, id_)
            elif found is False:
                return None
            else:
                log = self._begin(location)
                with leaving(log):
                    triggered = self._trigger(location, ready, log)
                if triggered is None:
                    return None
                action, id_ = triggered
        return self._follow(location, ready, log, action, id_)

    def _ready(self, location: str) -> Readiness:
        ready = preflight(self._context, location, self._call())
        check_context(self._context, ready.context)
        check_commands(self._context, ready)
        return ready

    def _in_one_session(self, location: str, ready: Readiness) -> Readiness:
        """Look again where the session that was looked at broke since: another may lead elsewhere."""
        for _ in range(_LOOKS):
            if self._context.link.checked:
                return ready
            ready = self._ready(location)
        if not self._context.link.checked:
            raise Unreachable(
                f"{self._context.link.host}: each session broke while it was looked at; nothing was started",
                hint="Look at the host, then try again.",
                retryable=True,
            )
        return ready

    def _skip(self, location: str, ready: Readiness, running: UnderWay | None) -> Skipped | None:
        """Return why nothing is to be started. Beside a backup that runs, one that is not good holds nothing back."""
        age, again = self._options.if_older_than, self._options.retry_after
        if age is None:
            return None
        asked = Freshness(age, self._context.policy.retry_after if again is None else again)
        found = skipped(self._context, location, ready, asked, settle=self._settle, deadline=self._call())
        return found if found is None or found.good or running is None else None

    def _beside(self, running: UnderWay) -> str | bool:
        """Return the id to attach to, or False to queue."""
        id = running.backup.id
        if self._options.if_running == "attach":
            return id
        if self._options.if_running == "queue":
            self._context.observe(Queued(id))
            return False
        raise Busy(
            f"backup {id} {running.known_from}; nothing was started",
            id=id,
            hint="Wait for it (psbridge backup wait), or use --if-running attach or queue.",
            detail={"reason": "backup_running"},
        )

    def _made_after_all(self, ready: Readiness) -> str | bool:
        """Return True if a trigger may go out; the id of what an earlier one made although the stamp refused it.

        It can be so where the host's HTTP client sent that trigger twice (`Order.answered`), and shows itself only now where
        the stamp lists no running backup. Where the list can't be read, False: nothing is sent before it can.
        """
        if not self._conflicts:
            return True
        try:
            new = new_backups_or_raise(self._context, self._conflicts[0][0], ready, self._call())
        except (AuthError, Interrupted):
            raise
        except PsbridgeError as unread:
            self._context.observe(Retrying(unread.message, None))
            return False
        ours = [it.id for it in new for lost, seconds in self._conflicts if _may_be_of(it, lost, seconds)]
        return ours[0] if ours else True

    def _begin(self, location: str) -> RunLog:
        log = self._context.journal.begin(self._run, self._context.target.name, location)
        if self._options.note is not None:
            log.write("noted", note=self._options.note)
        return log

    def _attached(self, location: str, id: str) -> RunLog:
        log = self._begin(location)
        event = Started(self._told, id, "attached")
        log.observe(event)
        self._context.observe(event)
        return log

    def _pause(self) -> None:
        if self._deadline.remaining() <= self._poll:
            raise DeadlineExceeded(
                "the deadline passed while another backup was running or being started; none was started",
                hint="Give it more with --timeout.",
                detail={"backup": "none"},
            )
        self._context.clock.sleep(self._poll)
        self._poll = min(self._poll * 2, self._context.policy.poll)

    def _trigger(self, location: str, ready: Readiness, log: RunLog) -> tuple[str, str] | None:
        """Send the trigger, once; return what it did and the backup's id, None to queue behind another backup."""
        known = tuple(it.id for it in ready.list.backups)
        host = self._context.link.host
        self._context.link.stay_on(
            host
        )  # the trigger goes where was looked, and what became of it only that host can tell
        intent = Intent(self._run, self._context.target.name, location, ready.host_time, known, host)
        attach = self._options.if_running == "attach"
        order = Order(self._context, ready, log, self._fate, intent, self._deadline, self._options.wait, attach)
        sent_at = self._context.clock.monotonic()
        found = send(order)
        if isinstance(found, Busy):
            self._conflicts.append((order.lost(found.message), self._context.clock.monotonic() - sent_at))
            return self._conflicting(found, location, log)
        if isinstance(found, PsbridgeError):
            found = search(self._context, order.lost(found.message), ready, log, self._settle, self._deadline)
            order.record(found)
        self._context.observe(Started(self._told, found, "started"))
        return "started", found

    def _conflicting(self, refused: Busy, location: str, log: RunLog) -> tuple[str, str] | None:
        """The stamp has another backup running that its list did not show a moment ago."""
        if self._options.if_running == "fail":
            raise nothing_started(refused)
        if self._options.if_running == "queue":
            self._context.link.stay_on(None)  # nothing was started
            self._context.observe(Queued(None))
            return None
        ready = preflight(self._context, location, self._call())
        running = under_way(self._context, location, ready, self._call())
        if running is None:
            refused.hint = (
                "The stamp does not list the backup that runs, and no run of this machine has its id, so it can't be "
                "attached to. Use --if-running queue, or ask again later."
            )
            raise refused
        event = Started(self._told, running.backup.id, "attached")
        log.observe(event)
        self._context.observe(event)
        return "attached", running.backup.id

    def _follow(self, location: str, ready: Readiness, log: RunLog, action: str, id: str) -> Report | Started:
        if not self._options.wait:
            WarningRunLog(log, self._context.observe).write("ended", exit_code=0, final=False)
            return Started(self._told, id, action)
        awaited = Awaited(id, location, ready, action == "started", action, self._told, self._settle)
        if awaited.own:
            known = tuple(it.id for it in ready.list.backups)
            awaited = replace(awaited, intent_host_time=ready.host_time, known_ids=known)
        return follow(self._context, awaited, log, self._deadline)

    def rehearse(self) -> DryRun:
        """Do all but the trigger."""
        prepare_sessions(self._context)
        location = location_of(self._context, self._options.location, self._call())
        ready = self._ready(location)
        running = under_way(self._context, location, ready, self._call())
        skip = self._skip(location, ready, running)
        would, reason = ("skip", skip.report.reason) if skip else ("start", None)
        if skip is None and running is not None:
            would = self._options.if_running
            if would == "fail":
                self._beside(running)
            reason = f"backup {running.backup.id} {running.known_from}"
        warnings = check_stamp(self._context, location, ready, self._call()) if would == "start" else ()
        for each in warnings:
            self._context.observe(Note(each, "warning"))
        what_if = None
        if would == "start" and ready.commands.start_takes("WhatIf"):
            cmdlet = start_cmdlet(ready, location, what_if=True)
            cmdlet.parse(self._context.link.once(cmdlet.pipeline(), self._call()))
            what_if = True
        good = [it for it in newest_ended(ready.list.backups) if looks_good(it)]
        return DryRun(
            target=self._context.target.name,
            host=self._context.link.host,
            location=location,
            would=would,
            reason=reason,
            what_if=what_if,
            context=ready.context,
            running=running.backup if running else None,
            last_good=skip.report.verdict.backup if skip and skip.good else next(iter(good), None),
            would_exit=skip.report.exit_code if skip else None,
            warnings=warnings,
        )


def _may_be_of(backup: Backup, conflict: Lost, seconds: float) -> bool:
    """Tell whether a trigger that met a conflict within some seconds may have made this backup."""
    began, since = backup.started_at, conflict.host_time
    if backup.is_automatic is True or backup.id in conflict.known_ids or began is None or since is None:
        return False
    return 0 <= (began - since).seconds <= seconds + _CLOCKS
