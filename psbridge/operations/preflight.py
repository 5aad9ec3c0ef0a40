"""What must be true before a trigger may go out."""

from __future__ import annotations

from psbridge.cmdlets.preflight import Readiness
from psbridge.errors import PrerequisiteError
from psbridge.models.context import AzContext
from psbridge.operations.context import Work

# A trigger goes only where the operator's own subscription is, unless the target names another: a wrong context would
# silently hit the wrong one (Azs.Backup.Admin's defaults are taken from the context).
DEFAULT_SUBSCRIPTION = "Default Provider Subscription"


def check_commands(work: Work, ready: Readiness) -> None:
    """Make sure that the host has a trigger that psbridge knows.

    Raises:
        psbridge.errors.PrerequisiteError: it has none.
    """
    if not ready.commands.has("Start-AzsBackup"):
        raise PrerequisiteError(
            f"{work.link.host} has no Start-AzsBackup",
            hint="Install the AzureStack PowerShell module there, or let the session configuration show the cmdlet.",
        )
    if not (ready.commands.start_takes("NoWait") or ready.commands.start_takes("Force")):
        raise PrerequisiteError(
            "the host's Start-AzsBackup has neither -NoWait nor -Force: it is of no Azs.Backup.Admin that psbridge knows",
            hint="Install AzureStack 2.x (Azs.Backup.Admin 1.0.x) or 1.x (0.x) on the host.",
        )


def check_context(work: Work, context: AzContext | None) -> None:
    """Make sure that a trigger would go where it should.

    Raises:
        psbridge.errors.PrerequisiteError: the session's subscription or environment is another than the target's.
    """
    target = work.target
    wanted = target.subscription or DEFAULT_SUBSCRIPTION
    found = context or AzContext()
    names = {name.casefold() for name in (found.subscription_name, found.subscription_id) if name}
    if wanted.casefold() not in names:
        raise PrerequisiteError(
            f"the session on {work.link.host} is in subscription "
            f"{found.subscription_name or found.subscription_id}, not {wanted}",
            hint="Select it on the host (Set-AzContext), or set `subscription` in the target to the one that is meant.",
            detail={
                "subscription": found.subscription_name,
                "subscription_id": found.subscription_id,
                "expected": wanted,
            },
        )
    if target.environment and target.environment.casefold() != (found.environment or "").casefold():
        raise PrerequisiteError(
            f"the session on {work.link.host} is in environment {found.environment}, not {target.environment}",
            hint="Sign the session in to the target's environment.",
            detail={"environment": found.environment, "expected": target.environment},
        )
