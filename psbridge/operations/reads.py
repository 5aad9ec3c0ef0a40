"""Read one backup, and what else is evidence for a judgement of it."""

from __future__ import annotations

from uuid import UUID

from psbridge.clock import Deadline
from psbridge.cmdlets.azs_health import GetAlerts, GetUpdates
from psbridge.cmdlets.error_records import unraised
from psbridge.cmdlets.observe import ObserveBackup, not_found
from psbridge.cmdlets.preflight import Readiness
from psbridge.errors import Interrupted, NotFound, PsbridgeError
from psbridge.models.backup import Backup
from psbridge.models.case import Case
from psbridge.models.events import Intent
from psbridge.models.observation import Observation
from psbridge.models.stamp import Alert, BackupSettings, StampUpdate
from psbridge.models.time import Instant
from psbridge.operations.context import OperationContext
from psbridge.operations.list import (
    location_of,
    prepare_sessions,
    read_settings,
)
from psbridge.operations.operation import operation
from psbridge.operations.preflight import preflight
from psbridge.verdict.baseline import newest_ended


def raw_subscription(ready: Readiness) -> str | None:
    """Return the subscription's id if the host can read raw JSON, else None."""
    if ready.context is None or not ready.commands.has("Invoke-AzRestMethod"):
        return None
    try:
        return str(UUID(ready.context.subscription_id or ""))
    except ValueError:
        return None


def observe_backup(
    context: OperationContext, location: str, id: str, ready: Readiness, deadline: Deadline
) -> Observation:
    """Read one backup once, with every source that the host has."""
    look = ObserveBackup(location, id, raw_subscription(ready))
    result = context.link.read(look.pipeline(), deadline)
    seen = look.parse(result)
    for text in unraised(result, but=look.expected):
        context.link.report_once(text)
    return seen


def settings_or_none(context: OperationContext, location: str, deadline: Deadline) -> BackupSettings | None:
    """Return the settings as evidence; that they can't be read is not a reason to fail."""
    try:
        return read_settings(context, location, deadline)
    except Interrupted:
        raise
    except PsbridgeError:
        return None


def alerts_or_none(context: OperationContext, location: str, deadline: Deadline) -> tuple[Alert, ...] | None:
    """Return the open alerts of the backup service as evidence; a host need not have the cmdlet."""
    alerts = GetAlerts(location)
    try:
        return alerts.parse(context.link.read(alerts.pipeline(), deadline))
    except Interrupted:
        raise
    except PsbridgeError:
        return None


def running_update(context: OperationContext, location: str, deadline: Deadline) -> StampUpdate | None:
    """Return the update that is being installed; None if there is none, or it can't be read."""
    updates = GetUpdates(location)
    try:
        return next(iter(updates.parse(context.link.read(updates.pipeline(), deadline))), None)
    except Interrupted:
        raise
    except PsbridgeError:
        return None


def with_update(refusal: PsbridgeError, update: StampUpdate) -> PsbridgeError:
    """Return a refusal that names the update because of which the stamp refuses backups."""
    name = update.name or update.version or "of the stamp"
    state = (update.state or "under way").lower()
    return refusal.replace(
        message=f"Update {name} is {state}; the stamp refuses backups until it ends.",
        hint="Start the backup again when the update has ended. Get-AzsUpdate on the host and the portal show its progress.",
        detail={
            **refusal.detail,
            "update": {"name": update.name, "version": update.version, "state": update.state},
        },
    )


def new_case(
    context: OperationContext,
    ready: Readiness,
    id: str,
    *,
    settle: float,
    waiting: bool,
    own: bool = False,
    seen_before: bool = False,
    intent: Intent | None = None,
) -> Case:
    """Return the case of a backup before its first read.

    Args:
        context: whose target and policy count.
        ready: what the host was ready for, with the backups that are listed.
        id: the backup; empty if none has ended.
        settle: seconds after the end from which an upload that can't be read is assumed.
        waiting: judged inside a wait, not by confirm.
        own: the id comes from our own trigger, so that it is never "not found" before the deadline.
        seen_before: an earlier wait of the same run saw it.
        intent: of the trigger that made it; None if that was not ours, or is not known.
    """
    policy = context.policy
    return Case(
        id=id,
        own=own,
        waiting=waiting,
        settle=settle,
        require_recovery_ready=policy.require_recovery_ready,
        require_upload_proof=policy.require_upload_proof,
        listed=tuple(ready.list.backups),
        list_consistent=ready.list.consistent,
        decided_at=Instant.of(context.clock.now()),
        expect_deployment_id=context.target.expect_deployment_id,
        seen_before=seen_before,
        intent_host_time=intent.host_time if intent else None,
        known_ids=intent.known_ids if intent else (),
        inferred_checks=policy.inferred_checks,
    )


def no_ended_backup() -> NotFound:
    """Return the error for a stamp that lists no backup that has ended."""
    return NotFound("the stamp lists no backup that has ended", hint="Start one: psbridge backup start")


@operation("show")
def show_backup(context: OperationContext, id: str | None) -> Backup:
    """Return one backup, or the newest that has ended (id None), with all that the host shows of it.

    Raises:
        psbridge.errors.NotFound: there is none.
    """
    deadline = context.call_deadline()
    prepare_sessions(context)
    location = location_of(context, None, deadline)
    ready = preflight(context, location, deadline)
    if id is None:
        ended = newest_ended(ready.list.backups)
        if not ended:
            raise no_ended_backup()
        id = ended[0].id
    seen = observe_backup(context, location, id, ready, deadline)
    if seen.backup is None and seen.operation == 202:
        raise NotFound(
            f"backup {id} is running; the stamp shows it when it has ended",
            id=id,
            hint=f"Wait for it: psbridge backup wait {id}",
        )
    if seen.backup is None:
        raise not_found(id)
    return seen.backup
