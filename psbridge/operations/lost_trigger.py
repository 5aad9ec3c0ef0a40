"""After the trigger's answer was lost: search the backup that it may have started, and never send it again.

What is known about that trigger is its intent, which was on disk before it was sent, and `context.trigger.cause`.
"""

from __future__ import annotations

from collections.abc import Sequence

from psbridge.clock import Deadline
from psbridge.cmdlets.backup_list import ListBackups
from psbridge.cmdlets.preflight import Readiness
from psbridge.cmdlets.raw import ListRawBackups
from psbridge.errors import Ambiguous, AuthError, Interrupted, PsbridgeError, Trigger
from psbridge.journal.runs import NoJournal, RunLog
from psbridge.models.backup import Backup, Phase
from psbridge.models.events import Intent, Retrying, Searching
from psbridge.operations.context import OperationContext
from psbridge.operations.list import deadline_check
from psbridge.operations.progress import normal_run_seconds
from psbridge.operations.reads import raw_subscription
from psbridge.operations.run_log import WarningRunLog

_FIRST_POLL = 1.0
# Seconds beyond one call within which a host that got our trigger has passed it on; how long one takes is inferred.
_PASSED_ON = 60.0


def search(
    context: OperationContext, intent: Intent, ready: Readiness, log: RunLog, settle: float, deadline: Deadline
) -> str:
    """Return the id of the one backup that only this trigger can have started.

    An empty list does not prove that none started: that the stamp lists a running backup is inferred, not known. So the
    search lasts for the duration of a normal run. A new backup that is still running is polled until the deadline, because
    only its end shows when it started.

    Raises:
        psbridge.errors.Ambiguous: none, more than one, or one that is not proved to be ours; with the candidates.
    """
    kept = WarningRunLog(log, context.observe)
    why = context.trigger.why
    kept.write("open", cause=why, candidates=[])
    context.observe(Searching(intent.run, why))
    span = normal_run_seconds(ready.list.backups) + settle
    try:
        return _search(context, intent, ready, deadline.sooner(span), deadline)
    except Ambiguous as unsure:
        kept.write("open", cause=why, candidates=unsure.detail["candidates"])
        raise


def _search(context: OperationContext, intent: Intent, ready: Readiness, showing: Deadline, deadline: Deadline) -> str:
    """Poll until the deadline, or until that of `showing` while no new backup is listed. The last read decides."""
    poll, fresh = _FIRST_POLL, list[Backup]()
    while True:
        if not deadline.expired:
            fresh = new_backups(context, intent, ready, deadline) or fresh
        if len(fresh) > 1:
            raise ambiguous(context, intent, fresh, f"{len(fresh)} backups are new")
        if fresh:
            refused = _why_not_ours(fresh[0], intent, context.policy.call_timeout + _PASSED_ON)
            if refused is None:
                return fresh[0].id
            if (
                fresh[0].phase is not Phase.LIVE or raw_subscription(ready) is None
            ):  # without raw answers a further read shows nothing new
                raise ambiguous(context, intent, fresh, refused)
        left = (deadline if fresh else showing).remaining()
        if left <= 0:
            reason = (
                f"backup {fresh[0].id} is new and still running, so its start time is unknown"
                if fresh
                else "no new backup is listed"
            )
            raise ambiguous(context, intent, fresh, reason, later=True)
        context.clock.sleep(min(poll, left))  # between two reads; each pause is longer
        poll = min(poll * 2, context.policy.poll)


def new_backups(context: OperationContext, intent: Intent, ready: Readiness, deadline: Deadline) -> list[Backup]:
    """Return the backups that were not listed before; from the raw list if possible, because it shows who started them.

    Backups of other runs of this machine are left out. The list is empty if it can't be read.

    Raises:
        psbridge.errors.Ambiguous: the credentials are refused, which is final.
    """
    try:
        return new_backups_or_raise(context, intent, ready, deadline)
    except AuthError as refused:
        why = f"the host now refuses the credentials ({refused.message})"
        raise ambiguous(context, intent, [], why, later=True) from refused
    except Interrupted:
        raise
    except PsbridgeError as problem:
        context.observe(Retrying(problem.message, None))
        return []


def new_backups_or_raise(
    context: OperationContext, intent: Intent, ready: Readiness, deadline: Deadline
) -> list[Backup]:
    """Return what `new_backups` does.

    Raises:
        psbridge.errors.PsbridgeError: the list can't be read.
    """
    listed = _listed(context, intent, ready, deadline)
    known = {*intent.known_ids} | context.journal.started_ids(context.target.name, but=intent.run)
    return [it for it in listed if it.id not in known]


def _listed(context: OperationContext, intent: Intent, ready: Readiness, deadline: Deadline) -> Sequence[Backup]:
    subscription = raw_subscription(ready)
    if subscription is not None:
        listing = ListRawBackups(subscription, intent.location)
        raw = listing.parse(context.link.read(listing.pipeline(), deadline), deadline_check(deadline))
        if raw is not None:
            return raw
    plain = ListBackups(intent.location)
    return plain.parse(context.link.read(plain.pipeline(), deadline), deadline_check(deadline)).backups


def _why_not_ours(backup: Backup, intent: Intent, within: float) -> str | None:
    """Return why a new backup is not proved to be ours, None if it is.

    Ours is a new backup that the scheduler provably did not start, and that began after the intent by the host's clock, at
    most `within` seconds later, because another operator may start one at any time. A backup that another operator starts
    within that time can't be distinguished from ours.
    """
    if backup.is_automatic is None:
        return f"backup {backup.id} is new, but the stamp does not show whether the scheduler started it"
    if backup.is_automatic:
        return f"backup {backup.id} is new, but the scheduler started it"
    if intent.host_time is None:
        return f"backup {backup.id} is new, but the host's time of the start request is unknown"
    if backup.started_at is None:
        return f"backup {backup.id} is new, but its start time is unknown"
    if backup.started_at < intent.host_time:
        return f"backup {backup.id} is new, but it started before the start request"
    if (backup.started_at - intent.host_time).seconds > within:
        return f"backup {backup.id} is new, but it started too long after the start request"
    return None


def ambiguous(
    context: OperationContext, intent: Intent, candidates: Sequence[Backup], why: str, *, later: bool = False
) -> Ambiguous:
    """Return the error for a start request whose outcome is unknown (11).

    `later`: a later search may find the backup.
    """
    ids, cause = [it.id for it in candidates], context.trigger.why
    hint = "The request was not repeated. Check `psbridge backup list` and the portal before you start another backup."
    if len(ids) == 1:
        hint += f" `psbridge backup wait {ids[0]}` judges that one, no matter who started it."
    if not isinstance(context.journal, NoJournal):
        hint = (
            "The request was not repeated. Search again later: psbridge backup wait"
            if later
            else f"{hint} Then close this run: psbridge run close {intent.run} --reason TEXT"
        )
    return Ambiguous(
        f"the outcome of the start request is unknown ({cause}); a backup may have started: {why}",
        id=ids[0] if len(ids) == 1 else None,
        trigger=Trigger.UNKNOWN,
        hint=hint,
        detail={"candidates": ids, "run": intent.run, "cause": cause},
    )
