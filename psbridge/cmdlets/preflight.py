"""What must be known before a trigger, in one round: the host's commands, its context, and the backups."""

from __future__ import annotations

from dataclasses import dataclass

from psbridge.cmdlets.az_accounts import CONTEXT, read_context
from psbridge.cmdlets.azs_backup import BackupList, ListBackups, member, read_list
from psbridge.cmdlets.failures import check
from psbridge.errors import PrerequisiteError, PsbridgeError
from psbridge.models import AzContext, HostCommands, Instant
from psbridge.powershell import Command, Pipeline, Result, State

_PROBED = ("Start-AzsBackup", "Get-AzsBackup", "Get-AzsBackupConfiguration", "Invoke-AzRestMethod", "Get-AzContext")


@dataclass(frozen=True, slots=True)
class Readiness:
    """What a host is ready for.

    Attributes:
        context: None if the session is not signed in.
        list: the location's backups; empty if the session is not signed in.
        host_time: the host's clock at this answer.
        problem: what went wrong with the list, if anything did: a session in a wrong subscription sees no location, and
            that it is in a wrong one is the better thing to say.
    """

    commands: HostCommands
    context: AzContext | None
    list: BackupList
    host_time: Instant | None
    problem: PsbridgeError | None = None


@dataclass(frozen=True, slots=True)
class Preflight:
    """Commands, context and list.

    The statements' outputs come in one row; they are told apart by shape: a command's name has a hyphen, a parameter's
    has none.
    """

    location: str

    def pipeline(self) -> Pipeline:
        """Return what is sent."""
        probe = Command.of("Get-Command", {"Name": _PROBED, "ErrorAction": "SilentlyContinue"})
        start = Command.of("Get-Command", {"Name": "Start-AzsBackup", "ErrorAction": "SilentlyContinue"})
        return Pipeline.of(
            probe.piped_to(member("Name")),
            start.piped_to(member("Parameters"), member("Keys")),
            CONTEXT,
            CONTEXT.piped_to(member("Subscription")),
            *ListBackups(self.location).statements(),
        )

    def parse(self, result: Result) -> Readiness:
        """Return what the host is ready for.

        Raises:
            psbridge.errors.PsbridgeError: why the pipeline did not complete, or that the host's modules are AzureRM's.
        """
        words = [value for value in result.output if isinstance(value, str)]
        commands = HostCommands(
            frozenset(word for word in words if "-" in word), frozenset(word for word in words if "-" not in word)
        )
        _refuse_azurerm(commands)
        context = read_context(result.output)
        problem = None
        try:
            check(result)
        except PsbridgeError as failed:
            if result.state is not State.COMPLETED:
                raise
            problem = failed
        return Readiness(commands, context, read_list(result.output), result.host_time, problem)


def _refuse_azurerm(commands: HostCommands) -> None:
    """Refuse the AzureRM generation of modules: there is no Get-AzContext, and its trigger asks unless it gets -Force.

    PowerShell ends the pipeline where it meets the command that is not there; what came before it tells the generation.
    """
    if commands.has("Start-AzsBackup") and commands.start_takes("Force") and not commands.has("Get-AzContext"):
        raise PrerequisiteError(
            "the host has Azs.Backup.Admin 0.x of the AzureRM modules",
            hint="Install AzureStack 2.x on the host (Azs.Backup.Admin 1.0.x); the AzureRM module is not supported yet.",
        )
