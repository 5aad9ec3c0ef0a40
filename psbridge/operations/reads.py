"""What only reads: one backup, and what a host is ready for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from psbridge.clock import Deadline
from psbridge.cmdlets.azs_backup import BackupList, GetBackup
from psbridge.cmdlets.azs_health import GetAlerts, GetUpdates
from psbridge.cmdlets.failures import check, unraised
from psbridge.cmdlets.observe import ObserveBackup, not_found
from psbridge.cmdlets.preflight import Preflight, Readiness
from psbridge.errors import Interrupted, NotFound, PrerequisiteError, PsbridgeError
from psbridge.models.alert import Alert, StampUpdate
from psbridge.models.backup import Backup, Phase
from psbridge.models.context import ModuleFamily
from psbridge.models.observation import Observation
from psbridge.models.settings import BackupSettings
from psbridge.operations.context import Work
from psbridge.operations.list import (
    LIST_TRIES,
    check_deployment,
    check_signed_in,
    location_of,
    no_location,
    prepare_sessions,
    read_settings,
)
from psbridge.operations.preflight import check_context
from psbridge.powershell.pipeline import Pipeline
from psbridge.verdict.baseline import looks_good, newest_ended

_READ_BY_ID = 3


def preflight(work: Work, location: str, deadline: Deadline) -> Readiness:
    """Return the host's commands, its context and the backups; read again while two lists of one answer differ.

    Raises:
        psbridge.errors.PrerequisiteError: the host has other modules than the target says; the session is not signed in,
            or in a subscription that sees no location; the stamp is another than the target expects.
    """
    asked = work.target.module
    look = Preflight(location, ModuleFamily.AZ if asked == "auto" else ModuleFamily(asked))
    answer = work.link.read(look.pipeline(), deadline)
    found = look.commands(answer).family
    if found is not None and found is not look.family:
        if asked != "auto":
            raise _other_modules(work, found)
        look = replace(look, family=found)
        answer = work.link.read(look.pipeline(), deadline)
    ready = look.parse(answer)
    for _ in range(LIST_TRIES - 1):
        if ready.list.consistent or ready.problem is not None:
            break
        ready = look.parse(work.link.read(look.pipeline(), deadline))
    work.link.mark_checked()
    check_signed_in(work, ready.context)
    if ready.problem is not None:
        if isinstance(ready.problem, NotFound):
            check_context(work, ready.context)
            raise no_location(location, ready.problem)
        raise ready.problem
    check_deployment(work, ready.list.backups)
    if not ready.list.consistent or _measure_unread(ready.list.backups):
        ready = replace(ready, list=_with_roles_by_id(work, location, ready.list, deadline))
    return ready


def _other_modules(work: Work, found: ModuleFamily) -> PrerequisiteError:
    return PrerequisiteError(
        f"the target says `module: {work.target.module}`, and {work.link.host} has the modules of `{found}`",
        hint="Set `module: auto` in the target, or leave it out; then psbridge sees for itself.",
        detail={"module": found, "expected": work.target.module},
    )


def _measure_unread(backups: Sequence[Backup]) -> bool:
    """Tell whether the list left out the roles of a backup that a later one would be compared with."""
    for backup in backups:
        if backup.phase is Phase.SUCCEEDED:
            if not backup.roles:
                return True
            if looks_good(backup):
                return False
    return False


def _with_roles_by_id(work: Work, location: str, found: BackupList, deadline: Deadline) -> BackupList:
    """Read the newest good backups one by one where no list told their roles: a later one is compared with them."""
    succeeded = [it for it in found.backups if it.phase is Phase.SUCCEEDED]
    whole: dict[str, Backup] = {}
    for backup in succeeded[:_READ_BY_ID]:
        one = GetBackup(location, backup.id)
        try:
            result = work.link.read(Pipeline.of(*one.statements()), deadline)
            check(result)
            read = one.read(result.output)
        except NotFound:
            continue
        if read is not None:
            whole[read.id] = read
        if read is not None and looks_good(read):
            break
    some = [whole[it.id] for it in succeeded if it.id in whole]
    told = any(map(looks_good, some)) or (len(some) == len(succeeded) and all(it.roles for it in some))
    return BackupList(tuple(whole.get(it.id, it) for it in found.backups), consistent=told)


def raw_subscription(ready: Readiness) -> str | None:
    """Return the subscription's id where the host can read raw JSON, else None."""
    if ready.context is None or not ready.commands.has("Invoke-AzRestMethod"):
        return None
    try:
        return str(UUID(ready.context.subscription_id or ""))
    except ValueError:
        return None


def observe_backup(work: Work, location: str, id: str, ready: Readiness, deadline: Deadline) -> Observation:
    """Look at one backup once, with every witness that the host has."""
    look = ObserveBackup(location, id, raw_subscription(ready))
    result = work.link.read(look.pipeline(), deadline)
    seen = look.parse(result)
    for text in unraised(result, but=look.expected):
        work.link.tell_once(text)
    return seen


def settings_or_none(work: Work, location: str, deadline: Deadline) -> BackupSettings | None:
    """Return the settings as evidence; that they can't be read is no reason to fail."""
    try:
        return read_settings(work, location, deadline)
    except Interrupted:
        raise
    except PsbridgeError:
        return None


def alerts_or_none(work: Work, location: str, deadline: Deadline) -> tuple[Alert, ...] | None:
    """Return the open alerts of the backup service as evidence; a host need not have the cmdlet."""
    alerts = GetAlerts(location)
    try:
        return alerts.parse(work.link.read(alerts.pipeline(), deadline))
    except Interrupted:
        raise
    except PsbridgeError:
        return None


def update_under_way(work: Work, location: str, deadline: Deadline) -> StampUpdate | None:
    """Return the update that is being installed; None if there is none, or it can't be read."""
    updates = GetUpdates(location)
    try:
        return next(iter(updates.parse(work.link.read(updates.pipeline(), deadline))), None)
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


def show_backup(work: Work, id: str | None) -> Backup:
    """Return one backup, or the newest that has ended (id None), with all that the host can tell of it.

    Raises:
        psbridge.errors.NotFound: there is none.
    """
    deadline = work.call_deadline()
    prepare_sessions(work)
    location = location_of(work, None, deadline)
    ready = preflight(work, location, deadline)
    if id is None:
        ended = newest_ended(ready.list.backups)
        if not ended:
            raise NotFound("no backup of this stamp has ended yet", hint="`psbridge backup start` makes one.")
        id = ended[0].id
    seen = observe_backup(work, location, id, ready, deadline)
    if seen.backup is None and seen.operation == 202:
        raise NotFound(
            f"backup {id} is running, and the stamp does not show it before it has ended",
            id=id,
            hint=f"Wait for it: {work.target.command} backup wait {id}",
        )
    if seen.backup is None:
        raise not_found(id)
    return seen.backup
