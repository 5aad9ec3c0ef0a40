"""Read one backup and what else is evidence of it."""

from __future__ import annotations

from uuid import UUID

from psbridge.clock import Deadline
from psbridge.cmdlets.azs_health import GetAlerts, GetUpdates
from psbridge.cmdlets.failures import unraised
from psbridge.cmdlets.observe import ObserveBackup, not_found
from psbridge.cmdlets.preflight import Readiness
from psbridge.errors import Interrupted, NotFound, PsbridgeError
from psbridge.models.alert import Alert, StampUpdate
from psbridge.models.backup import Backup
from psbridge.models.observation import Observation
from psbridge.models.settings import BackupSettings
from psbridge.operations.context import Context
from psbridge.operations.list import (
    location_of,
    prepare_sessions,
    read_settings,
)
from psbridge.operations.preflight import preflight
from psbridge.verdict.baseline import newest_ended


def raw_subscription(ready: Readiness) -> str | None:
    """Return the subscription's id where the host can read raw JSON, else None."""
    if ready.context is None or not ready.commands.has("Invoke-AzRestMethod"):
        return None
    try:
        return str(UUID(ready.context.subscription_id or ""))
    except ValueError:
        return None


def observe_backup(context: Context, location: str, id: str, ready: Readiness, deadline: Deadline) -> Observation:
    """Look at one backup once, with every witness that the host has."""
    look = ObserveBackup(location, id, raw_subscription(ready))
    result = context.link.read(look.pipeline(), deadline)
    seen = look.parse(result)
    for text in unraised(result, but=look.expected):
        context.link.tell_once(text)
    return seen


def settings_or_none(context: Context, location: str, deadline: Deadline) -> BackupSettings | None:
    """Return the settings as evidence; that they can't be read is no reason to fail."""
    try:
        return read_settings(context, location, deadline)
    except Interrupted:
        raise
    except PsbridgeError:
        return None


def alerts_or_none(context: Context, location: str, deadline: Deadline) -> tuple[Alert, ...] | None:
    """Return the open alerts of the backup service as evidence; a host need not have the cmdlet."""
    alerts = GetAlerts(location)
    try:
        return alerts.parse(context.link.read(alerts.pipeline(), deadline))
    except Interrupted:
        raise
    except PsbridgeError:
        return None


def update_under_way(context: Context, location: str, deadline: Deadline) -> StampUpdate | None:
    """Return the update that is being installed; None if there is none, or it can't be read."""
    updates = GetUpdates(location)
    try:
        return next(iter(updates.parse(context.link.read(updates.pipeline(), deadline))), None)
    except Interrupted:
        raise
    except PsbridgeError:
        return None


def name_update(refused: PsbridgeError, update: StampUpdate) -> None:
    """Say in a refusal which update holds backups back: then there is no more to ask."""
    name = update.name or update.version or "of the stamp"
    state = (update.state or "under way").lower()
    refused.message = f"Update {name} is {state}; the stamp refuses backups until it ends."
    refused.args = (refused.message,)
    refused.hint = "Start the backup again when the update has ended; Get-AzsUpdate and the portal show how far it is."
    refused.detail["update"] = {"name": update.name, "version": update.version, "state": update.state}


def show_backup(context: Context, id: str | None) -> Backup:
    """Return one backup, or the newest that has ended (id None), with all that the host can tell of it.

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
            raise NotFound("no backup of this stamp has ended yet", hint="`psbridge backup start` makes one.")
        id = ended[0].id
    seen = observe_backup(context, location, id, ready, deadline)
    if seen.backup is None and seen.operation == 202:
        raise NotFound(
            f"backup {id} is running, and the stamp does not show it before it has ended",
            id=id,
            hint=f"Wait for it: {context.target.command} backup wait {id}",
        )
    if seen.backup is None:
        raise not_found(id)
    return seen.backup
