"""What a host is ready for, and what must be true before a trigger may be sent."""

from __future__ import annotations

from collections.abc import Sequence

from psbridge.clock import Deadline
from psbridge.cmdlets.azs_backup import GetBackup
from psbridge.cmdlets.backup_list import BackupList
from psbridge.cmdlets.error_records import check
from psbridge.cmdlets.preflight import Preflight, Readiness
from psbridge.errors import NotFound, PrerequisiteError
from psbridge.models.backup import Backup, Phase
from psbridge.models.context import AzContext, HostCommands, ModuleFamily
from psbridge.models.target import DEFAULT_SUBSCRIPTION
from psbridge.operations.context import OperationContext
from psbridge.operations.list import (
    LIST_TRIES,
    check_deployment,
    check_signed_in,
    deadline_check,
    no_location,
)
from psbridge.powershell.pipeline import Pipeline
from psbridge.values import replace
from psbridge.verdict.baseline import looks_good

_READ_BY_ID = 3


def preflight(context: OperationContext, location: str, deadline: Deadline, *, also: tuple[str, ...] = ()) -> Readiness:
    """Return the host's commands, its context and the backups; read again while two lists of one answer differ.

    `also`: further commands whose presence is probed.

    Raises:
        psbridge.errors.PrerequisiteError: the host has other modules than the target says; the session is not signed in,
            or in a subscription that sees no location; the stamp is another than the target expects.
    """
    tick = deadline_check(deadline)
    asked = context.target.module
    look = Preflight(location, ModuleFamily.AZ if asked == "auto" else ModuleFamily(asked), also)
    answer = context.link.read(look.pipeline(), deadline)
    found = look.commands(answer).family
    if found is not None and found is not look.family:
        if asked != "auto":
            raise other_modules(context, found)
        look = replace(look, family=found)
        answer = context.link.read(look.pipeline(), deadline)
    ready = look.parse(answer, tick)
    for _ in range(LIST_TRIES - 1):
        if ready.list.consistent or ready.problem is not None:
            break
        ready = look.parse(context.link.read(look.pipeline(), deadline), tick)
    context.link.mark_checked()
    check_signed_in(context, ready.context)
    if ready.problem is not None:
        if isinstance(ready.problem, NotFound):
            check_context(context, ready.context)
            raise no_location(location, ready.problem)
        raise ready.problem
    check_deployment(context, ready.list.backups)
    if not ready.list.consistent or _measure_unread(ready.list.backups):
        ready = replace(ready, list=_with_roles_by_id(context, location, ready.list, deadline))
    return ready


def other_modules(context: OperationContext, found: ModuleFamily) -> PrerequisiteError:
    """Return the error for a host with another family of modules than the target says."""
    return PrerequisiteError(
        f"{context.link.host} has the modules of `{found}`, but the target says `module: {context.target.module}`",
        hint="Remove `module` from the target, or set it to `auto`.",
        detail={"module": found, "expected": context.target.module},
    )


def _measure_unread(backups: Sequence[Backup]) -> bool:
    """Return whether the list left out the roles of a backup that a later one would be compared with."""
    for backup in backups:
        if backup.phase is Phase.SUCCEEDED:
            if not backup.roles:
                return True
            if looks_good(backup):
                return False
    return False


def _with_roles_by_id(context: OperationContext, location: str, found: BackupList, deadline: Deadline) -> BackupList:
    """Read the newest good backups one by one if no list showed their roles: a later backup is compared with them."""
    succeeded = [it for it in found.backups if it.phase is Phase.SUCCEEDED]
    whole: dict[str, Backup] = {}
    for backup in succeeded[:_READ_BY_ID]:
        one = GetBackup(location, backup.id)
        try:
            result = context.link.read(Pipeline.of(*one.statements()), deadline)
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


def preflight_start(context: OperationContext, location: str, deadline: Deadline) -> Readiness:
    """Return what `preflight` does, of a host to which a trigger may go.

    Raises:
        psbridge.errors.PrerequisiteError: the session is in another subscription or environment than the target says, or the
            host has no such cmdlet.
    """
    ready = preflight(context, location, deadline)
    check_context(context, ready.context)
    check_commands(context, ready.commands)
    return ready


def check_commands(context: OperationContext, commands: HostCommands) -> None:
    """Make sure that the host has a supported version of the trigger.

    Raises:
        psbridge.errors.PrerequisiteError: it has not.
    """
    if not commands.has("Start-AzsBackup"):
        raise PrerequisiteError(
            f"{context.link.host} has no cmdlet Start-AzsBackup",
            hint="Install the AzureStack PowerShell module on the host, or make the cmdlet visible in the session "
            "configuration.",
        )
    if not (commands.start_takes("NoWait") or commands.start_takes("Force")):
        raise PrerequisiteError(
            f"unsupported version of Azs.Backup.Admin on {context.link.host}: its Start-AzsBackup has neither -NoWait nor "
            "-Force",
            hint="Install AzureStack 2.x (Azs.Backup.Admin 1.0.x) or 1.x (0.x) on the host.",
        )


def check_context(context: OperationContext, found: AzContext | None) -> None:
    """Make sure that a trigger would be sent to the right stamp and subscription.

    Raises:
        psbridge.errors.PrerequisiteError: the session's subscription or environment is another than the target's.
    """
    target = context.target
    wanted = target.subscription or DEFAULT_SUBSCRIPTION
    found = found or AzContext()
    names = {name.casefold() for name in (found.subscription_name, found.subscription_id) if name}
    if wanted.casefold() not in names:
        raise PrerequisiteError(
            f"the session on {context.link.host} is in subscription "
            f"{found.subscription_name or found.subscription_id}, expected {wanted}",
            hint="Select the subscription on the host (Set-AzContext), or correct `subscription` of the target.",
            detail={
                "subscription": found.subscription_name,
                "subscription_id": found.subscription_id,
                "expected": wanted,
            },
        )
    if target.environment and target.environment.casefold() != (found.environment or "").casefold():
        raise PrerequisiteError(
            f"the session on {context.link.host} is in environment {found.environment}, expected {target.environment}",
            hint="Sign the session in to the expected environment, or correct `environment` of the target.",
            detail={"environment": found.environment, "expected": target.environment},
        )
