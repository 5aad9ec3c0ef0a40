"""Take up a wait: by id, from the journal, or for whatever runs now."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

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
from psbridge.operations.context import Work
from psbridge.operations.follow import follow
from psbridge.operations.list import location_of, prepare_sessions
from psbridge.operations.lost_trigger import Lost, search
from psbridge.operations.reads import preflight
from psbridge.operations.run_log import Keeping, leaving
from psbridge.operations.running import under_way
from psbridge.operations.wait import Awaited, await_verdict

_UNLISTED = 86_400.0
"""Seconds; no backup takes a day."""


def wait(work: Work, id: str | None, *, timeout: float | None = None, settle: float | None = None) -> Report:
    """Wait for a backup: the one of that id; else this target's unfinished run; else the one that runs now.

    Raises:
        psbridge.errors.NotFound: there is nothing to wait for.
        psbridge.errors.Ambiguous: the unfinished run's trigger was lost, and what it started can't be told.
    """
    policy = work.policy
    deadline = Deadline.after(work.clock, policy.timeout if timeout is None else timeout)
    settle = policy.settle if settle is None else settle
    prepare_sessions(work)
    mine = _unfinished(work, id, deadline)
    if mine is not None:
        with _told(work, mine.backup_id, mine.trigger):
            if mine.backup_id is None:
                _stay(work, mine)
            return _taken_up(work, mine, _ready_again(work, mine.location, mine.backup_id, deadline), settle, deadline)
    call = deadline.sooner(policy.call_timeout)
    location = location_of(work, None, call)
    ready = preflight(work, location, call)
    chosen = id or _running(work, location, ready, call)
    awaited = Awaited(chosen, location, ready, own=False, action=None, run=None, settle=settle)
    made = work.journal.maker(work.target.name, chosen)
    if made is not None:
        awaited = replace(awaited, intent_host_time=made.host_moment, known_ids=made.known_ids)
    return await_verdict(work, awaited, deadline)


def wait_unrecorded(
    work: Work, started: Started, *, location: str | None, timeout: float | None, settle: float | None
) -> Report:
    """Wait for the backup of a start that kept no record: all that is known of it is what the start gave back."""
    policy = work.policy
    deadline = Deadline.after(work.clock, policy.timeout if timeout is None else timeout)
    settle = policy.settle if settle is None else settle
    prepare_sessions(work)
    own = started.action == "started"
    with _told(work, started.id, Trigger.SENT if own else Trigger.NOT_SENT):
        location = location_of(work, location, deadline.sooner(policy.call_timeout))
        ready = _ready_again(work, location, started.id, deadline)
        return await_verdict(work, Awaited(started.id, location, ready, own, started.action, None, settle), deadline)


def _unfinished(work: Work, id: str | None, deadline: Deadline) -> RunRecord | None:
    """Return the run to take up. One without an id may be another process's, still between its trigger and its id.

    Raises:
        psbridge.errors.DeadlineExceeded: that process goes on.
    """
    record = work.journal.unfinished(work.target.name, id)
    if record is None or record.backup_id is not None or work.lock is None:
        return record
    with _told(work, None, record.trigger):
        try:
            with work.lock.held(deadline.sooner(0)):
                return work.journal.unfinished(work.target.name, id)
        except Busy:
            work.observe(Note(f"another psbridge on this machine is at run {record.run}: waiting for it"))
        except ConfigError:
            return record  # where no lock can be had no other start has one
        try:
            with work.lock.held(deadline):
                return work.journal.unfinished(work.target.name, id)
        except Busy as held:
            raise DeadlineExceeded(
                f"the deadline passed while another psbridge on this machine was still at run {record.run}",
                hint="Wait for that one to end, or ask again.",
                detail={"backup": "unknown", "run": record.run},
            ) from held


def _taken_up(work: Work, record: RunRecord, ready: Readiness, settle: float, deadline: Deadline) -> Report:
    log = work.journal.resume(record.run)
    Keeping(log, work.observe).write("taken_up")
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
            found = search(work, lost, ready, log, settle, deadline)
        event = Started(record.run, found, "started")
        Keeping(log, work.observe).observe(event)
        work.observe(event)
    lately = not _long_ago(work, record)
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
    return replace(follow(work, awaited, log, deadline), note=record.note)


def _ready_again(work: Work, location: str, id: str | None, deadline: Deadline) -> Readiness:
    """Return what the host is ready for; a link that is lost, as after a reboot, is tried until the deadline."""
    pause = 1.0
    while True:
        try:
            return preflight(work, location, deadline.sooner(work.policy.call_timeout))
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
            work.observe(Retrying(problem.message, pause))
        work.clock.sleep(pause)  # between two tries, each further from the last, until the deadline
        pause = min(pause * 2, work.policy.poll)


@contextmanager
def _told(work: Work, id: str | None, trigger: str) -> Iterator[None]:
    """Say in each error that leaves what is known of the run: it is not this command that may be repeated for it."""
    try:
        yield
    except PsbridgeError as problem:
        if problem.trigger is Trigger.NOT_SENT:
            problem.trigger = Trigger(trigger)
        problem.id = problem.id or id
        if problem.hint is None or (isinstance(problem, Interrupted) and problem.id):
            problem.hint = f"Take it up again: {work.target.command} backup wait {problem.id or ''}".rstrip()
        raise


def _stay(work: Work, record: RunRecord) -> None:
    """Look for what an open run has started only behind the host that its trigger went to."""
    if record.host is not None and not work.link.stay_on(record.host):
        raise Ambiguous(
            f"the trigger of run {record.run} went to {record.host}, which target {record.target} does not name any more",
            trigger=Trigger.UNKNOWN,
            hint="Name it in `host` of the target again, or look at the list of its stamp.",
            detail={"candidates": [], "run": record.run, "cause": record.cause},
        )


def _long_ago(work: Work, record: RunRecord) -> bool:
    """Tell whether a run began so long ago that its backup, if the stamp does not show it, can't be running unlisted."""
    began = _time(record.created_at)
    return began is not None and (Instant.of(work.clock.now()) - began).seconds > _UNLISTED


def _time(text: str | None) -> Instant | None:
    """Return a time of the journal; one that can't be read is as good as none."""
    try:
        return Instant.parse(text) if text else None
    except ValueError:
        return None


def _running(work: Work, location: str, ready: Readiness, deadline: Deadline) -> str:
    running = under_way(work, location, ready, deadline)
    if running is None:
        raise NotFound(
            f"no run of this target is unfinished; of running backups {NONE_LISTED}",
            hint=f"Name a backup: {work.target.command} backup wait ID. `psbridge backup list` shows those that ended.",
        )
    return running.backup.id
