"""Take up a wait: by id, from the journal, or for whatever runs now."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from psbridge.clock import Deadline
from psbridge.cmdlets.preflight import Readiness
from psbridge.errors import (
    Ambiguous,
    Busy,
    ConfigError,
    DeadlineExceeded,
    Interrupted,
    NotFound,
    PsbridgeError,
    Trigger,
)
from psbridge.models.backup import NONE_LISTED
from psbridge.models.events import Note, Retrying, Started
from psbridge.models.report import Report, RunRecord
from psbridge.models.time import Instant
from psbridge.operations.context import Context
from psbridge.operations.follow import follow
from psbridge.operations.list import location_of, prepare_sessions
from psbridge.operations.lost_trigger import Lost, search
from psbridge.operations.preflight import preflight
from psbridge.operations.run_log import WarningRunLog, leaving
from psbridge.operations.running import under_way
from psbridge.operations.wait import Awaited, await_verdict
from psbridge.values import replace

_UNLISTED = 86_400.0
"""Seconds; no backup takes a day."""


def wait(context: Context, id: str | None, *, timeout: float | None = None, settle: float | None = None) -> Report:
    """Wait for a backup: the one of that id; else this target's unfinished run; else the one that runs now.

    Raises:
        psbridge.errors.NotFound: there is nothing to wait for.
        psbridge.errors.Ambiguous: the unfinished run's trigger was lost, and what it started can't be told.
    """
    policy = context.policy
    deadline = Deadline.after(context.clock, policy.timeout if timeout is None else timeout)
    settle = policy.settle if settle is None else settle
    prepare_sessions(context)
    mine = _unfinished(context, id, deadline)
    if mine is not None:
        with _told(context, mine.backup_id, mine.trigger):
            if mine.backup_id is None:
                _stay(context, mine)
            return _taken_up(
                context, mine, _ready_again(context, mine.location, mine.backup_id, deadline), settle, deadline
            )
    call = deadline.sooner(policy.call_timeout)
    location = location_of(context, None, call)
    ready = preflight(context, location, call)
    chosen = id or _running(context, location, ready, call)
    awaited = Awaited(chosen, location, ready, own=False, action=None, run=None, settle=settle)
    made = context.journal.maker(context.target.name, chosen)
    if made is not None:
        awaited = replace(awaited, intent_host_time=made.host_moment, known_ids=made.known_ids)
    return await_verdict(context, awaited, deadline)


def wait_unrecorded(
    context: Context, started: Started, *, location: str | None, timeout: float | None, settle: float | None
) -> Report:
    """Wait for the backup of a start that kept no record: all that is known of it is what the start gave back."""
    policy = context.policy
    deadline = Deadline.after(context.clock, policy.timeout if timeout is None else timeout)
    settle = policy.settle if settle is None else settle
    prepare_sessions(context)
    own = started.action == "started"
    with _told(context, started.id, Trigger.SENT if own else Trigger.NOT_SENT):
        location = location_of(context, location, deadline.sooner(policy.call_timeout))
        ready = _ready_again(context, location, started.id, deadline)
        return await_verdict(context, Awaited(started.id, location, ready, own, started.action, None, settle), deadline)


def _unfinished(context: Context, id: str | None, deadline: Deadline) -> RunRecord | None:
    """Return the run to take up. One without an id may be another process's, still between its trigger and its id.

    Raises:
        psbridge.errors.DeadlineExceeded: that process goes on.
    """
    record = context.journal.unfinished(context.target.name, id)
    if record is None or record.backup_id is not None or context.lock is None:
        return record
    with _told(context, None, record.trigger):
        try:
            with context.lock.held(deadline.sooner(0)):
                return context.journal.unfinished(context.target.name, id)
        except Busy:
            context.observe(Note(f"another psbridge on this machine is at run {record.run}: waiting for it"))
        except ConfigError:
            return record  # where no lock can be had no other start has one
        try:
            with context.lock.held(deadline):
                return context.journal.unfinished(context.target.name, id)
        except Busy as held:
            raise DeadlineExceeded(
                f"the deadline passed while another psbridge on this machine was still at run {record.run}",
                hint="Wait for that one to end, or ask again.",
                detail={"backup": "unknown", "run": record.run},
            ) from held


def _taken_up(context: Context, record: RunRecord, ready: Readiness, settle: float, deadline: Deadline) -> Report:
    log = context.journal.resume(record.run)
    WarningRunLog(log, context.observe).write("taken_up")
    found = record.backup_id
    action = record.action or "started"
    if found is None:
        lost = Lost(
            record.run,
            record.location,
            frozenset(record.known_ids),
            record.host_moment,
            record.cause or "psbridge ended before the answer came",
        )
        with leaving(log):
            found = search(context, lost, ready, log, settle, deadline)
        event = Started(record.run, found, "started")
        WarningRunLog(log, context.observe).observe(event)
        context.observe(event)
    lately = not _long_ago(context, record)
    awaited = Awaited(
        found,
        record.location,
        ready,
        own=action == "started" and lately,
        action=action,
        run=record.run,
        settle=settle,
        seen_before=lately and record.status is not None,
        intent_host_time=record.host_moment if action == "started" else None,
        known_ids=record.known_ids if action == "started" else (),
    )
    return replace(follow(context, awaited, log, deadline), note=record.note)


def _ready_again(context: Context, location: str, id: str | None, deadline: Deadline) -> Readiness:
    """Return what the host is ready for; a link that is lost, as after a reboot, is tried until the deadline."""
    pause = 1.0
    while True:
        try:
            return preflight(context, location, deadline.sooner(context.policy.call_timeout))
        except PsbridgeError as problem:
            if not problem.retryable and not isinstance(problem, DeadlineExceeded):
                raise
            if deadline.remaining() <= pause:
                what = f"backup {id}" if id else "what has started"
                raise DeadlineExceeded(
                    f"the deadline passed before the stamp could be asked for {what}: {problem.message}",
                    detail={
                        "backup": "running" if id else "unknown",
                        "cause": {"code": problem.code, "message": problem.message},
                    },
                ) from problem
            context.observe(Retrying(problem.message, pause))
        context.clock.sleep(pause)  # between two tries, each further from the last, until the deadline
        pause = min(pause * 2, context.policy.poll)


@contextmanager
def _told(context: Context, id: str | None, trigger: str) -> Iterator[None]:
    """Say in each error that leaves what is known of the run: it is not this command that may be repeated for it."""
    try:
        yield
    except PsbridgeError as problem:
        if problem.trigger is Trigger.NOT_SENT:
            problem.trigger = Trigger(trigger)
        problem.id = problem.id or id
        if problem.hint is None or (isinstance(problem, Interrupted) and problem.id):
            problem.hint = f"Take it up again: {context.target.command} backup wait {problem.id or ''}".rstrip()
        raise


def _stay(context: Context, record: RunRecord) -> None:
    """Look for what an open run has started only behind the host that its trigger went to."""
    if record.host is not None and not context.link.stay_on(record.host):
        raise Ambiguous(
            f"the trigger of run {record.run} went to {record.host}, which target {record.target} does not name any more",
            trigger=Trigger.UNKNOWN,
            hint="Name it in `host` of the target again, or look at the list of its stamp.",
            detail={"candidates": [], "run": record.run, "cause": record.cause},
        )


def _long_ago(context: Context, record: RunRecord) -> bool:
    """Tell whether a run began so long ago that its backup, if the stamp does not show it, can't be running unlisted."""
    began = _time(record.created_at)
    return began is not None and (Instant.of(context.clock.now()) - began).seconds > _UNLISTED


def _time(text: str | None) -> Instant | None:
    """Return a time of the journal; one that can't be read is as good as none."""
    try:
        return Instant.parse(text) if text else None
    except ValueError:
        return None


def _running(context: Context, location: str, ready: Readiness, deadline: Deadline) -> str:
    running = under_way(context, location, ready, deadline)
    if running is None:
        raise NotFound(
            f"no run of this target is unfinished; of running backups {NONE_LISTED}",
            hint=f"Name a backup: {context.target.command} backup wait ID. `psbridge backup list` shows those that ended.",
        )
    return running.backup.id
