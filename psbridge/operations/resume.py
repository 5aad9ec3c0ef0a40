"""Resume an unfinished run of this machine's journal."""

from __future__ import annotations

from psbridge.clock import Deadline
from psbridge.cmdlets.preflight import Readiness
from psbridge.errors import (
    Ambiguous,
    Busy,
    ConfigError,
    DeadlineExceeded,
    PsbridgeError,
    Trigger,
    Unreachable,
)
from psbridge.journal.lock import TargetLock
from psbridge.journal.runs import RunLog
from psbridge.models.events import Note, Retrying, Started
from psbridge.models.report import Report, RunRecord
from psbridge.models.time import Instant
from psbridge.operations.context import OperationContext
from psbridge.operations.lost_trigger import search
from psbridge.operations.poll import await_recorded
from psbridge.operations.preflight import preflight
from psbridge.operations.reads import new_case
from psbridge.operations.run_log import WarningRunLog, ended_if_raised, intent_of
from psbridge.values import replace

_UNLISTED = 86_400.0
"""Seconds; no backup takes a day."""


def resume(context: OperationContext, record: RunRecord, settle: float, deadline: Deadline) -> Report:
    """Resume a run: search the backup that it started, if its id is unknown, and wait for the verdict.

    Raises:
        psbridge.errors.Ambiguous: the answer to its trigger was lost, and whether it started a backup stays unknown.
    """
    if record.backup_id is not None:
        context.trigger.took_up(Trigger(record.trigger), record.backup_id)
    else:
        cause = Unreachable(record.cause or "psbridge was ended before the answer arrived")
        context.trigger.took_up(Trigger.UNKNOWN, None, cause)
        _stay(context, record)
    ready = preflight_again(context, record.location, record.backup_id, deadline)
    log = context.journal.resume(record.run)
    WarningRunLog(log, context.observe).write("taken_up")
    id = record.backup_id or _found(context, record, ready, log, settle, deadline)
    started, lately = record.action in {None, "started"}, not _long_ago(context, record)
    case = new_case(
        context,
        ready,
        id,
        settle=settle,
        waiting=True,
        own=started and lately,
        seen_before=lately and record.status is not None,
        intent=intent_of(record) if started else None,
    )
    report = await_recorded(context, log, case, record.location, ready, deadline)
    return replace(report, action=record.action or "started", run=record.run, note=record.note)


def _found(
    context: OperationContext, record: RunRecord, ready: Readiness, log: RunLog, settle: float, deadline: Deadline
) -> str:
    """Return the id of the backup that an open run has started, which is recorded."""
    with ended_if_raised(log):
        found = search(context, intent_of(record), ready, log, settle, deadline)
    context.trigger.started(found)
    event = Started(record.run, found, "started")
    WarningRunLog(log, context.observe).observe(event)
    context.observe(event)
    return found


def unfinished(context: OperationContext, id: str | None, deadline: Deadline) -> RunRecord | None:
    """Return the run to resume. Another process may still work on a run without an id.

    Raises:
        psbridge.errors.DeadlineExceeded: that process still works on it.
    """
    record = context.journal.unfinished(context.target.name, id)
    if record is None or record.backup_id is not None or context.lock is None:
        return record
    context.trigger.took_up(Trigger.UNKNOWN, None)
    record = _when_free(context, context.lock, record, id, deadline)
    context.trigger.not_sent()  # the other process may have ended it
    return record


def _when_free(
    context: OperationContext, lock: TargetLock, record: RunRecord, id: str | None, deadline: Deadline
) -> RunRecord | None:
    """Return the run to resume once no other process works on it."""
    try:
        with lock.held(deadline.sooner(0)):
            return context.journal.unfinished(context.target.name, id)
    except Busy:
        context.observe(Note(f"another psbridge on this machine works on run {record.run}; waiting for it"))
    except ConfigError:
        return record  # without locks no other start holds one
    try:
        with lock.held(deadline):
            return context.journal.unfinished(context.target.name, id)
    except Busy as held:
        raise DeadlineExceeded(
            f"timed out: another psbridge on this machine still works on run {record.run}",
            hint="A backup may have started. Wait for the other psbridge, then: psbridge backup wait",
            detail={"backup": "unknown", "run": record.run},
        ) from held


def preflight_again(context: OperationContext, location: str, id: str | None, deadline: Deadline) -> Readiness:
    """Return what the host is ready for; a lost connection, as during a reboot, is retried until the deadline."""
    pause = 1.0
    while True:
        try:
            return preflight(context, location, context.call_deadline(deadline))
        except PsbridgeError as problem:
            if not problem.retryable and not isinstance(problem, DeadlineExceeded):
                raise
            if deadline.remaining() <= pause:
                what = f"backup {id} was read" if id else "the list of backups was read"
                raise DeadlineExceeded(
                    f"timed out before {what}: {problem.message}",
                    detail={
                        "backup": "running" if id else "unknown",
                        "cause": {"code": problem.code, "message": problem.message},
                    },
                ) from problem
            context.observe(Retrying(problem.message, pause))
        context.clock.sleep(pause)  # between two tries; each pause is longer
        pause = min(pause * 2, context.policy.poll)


def _stay(context: OperationContext, record: RunRecord) -> None:
    """Search the backup of an open run only on the host that its trigger was sent to."""
    if record.host is not None and not context.link.stay_on(record.host):
        raise Ambiguous(
            f"the start request of run {record.run} was sent to {record.host}, which is not a host of target {record.target} "
            "any more; a backup may have started",
            trigger=Trigger.UNKNOWN,
            hint="Add the host to `host` of the target again, then: psbridge backup wait",
            detail={"candidates": [], "run": record.run, "cause": record.cause},
        )


def _long_ago(context: OperationContext, record: RunRecord) -> bool:
    """Return whether a run began so long ago that its backup, if the stamp does not show it, can't be running unlisted."""
    began = _time(record.created_at)
    return began is not None and (Instant.of(context.clock.now()) - began).seconds > _UNLISTED


def _time(text: str | None) -> Instant | None:
    """Return a time of the journal, None if it can't be read."""
    try:
        return Instant.parse(text) if text else None
    except ValueError:
        return None
