"""What must be known before a trigger, in one round: the host's commands, its context, and the backups."""

from __future__ import annotations

import msgspec

from psbridge.clock import Tick, no_tick
from psbridge.cmdlets.azs_backup import member
from psbridge.cmdlets.backup_list import BackupList, ListBackups, read_list
from psbridge.cmdlets.error_records import check
from psbridge.cmdlets.sign_in import CONTEXT, read_context
from psbridge.errors import PsbridgeError
from psbridge.models.context import AzContext, HostCommands, ModuleFamily
from psbridge.models.time import Instant
from psbridge.powershell.pipeline import Command, Pipeline
from psbridge.powershell.result import Result, State

_PROBED = (
    "Start-AzsBackup",
    "Get-AzsBackup",
    "Get-AzsBackupConfiguration",
    "Invoke-AzRestMethod",
    "Get-AzContext",
    "Get-AzureRmContext",
)


class Readiness(msgspec.Struct, frozen=True):
    """What a host is ready for.

    Attributes:
        context: None if the session is not signed in.
        list: the location's backups; empty if the session is not signed in.
        host_time: the host's clock at this answer.
        problem: the error of the list, if there was one. A session in a wrong subscription sees no location; then the wrong
            subscription is the error to report.
    """

    commands: HostCommands
    context: AzContext | None
    list: BackupList
    host_time: Instant | None
    problem: PsbridgeError | None = None


class Preflight(msgspec.Struct, frozen=True):
    """Commands, context and list.

    The statements' outputs come in one row; they are distinguished by shape: a command's name has a hyphen, a
    parameter's has none.

    Attributes:
        family: the modules that the host is assumed to have. PowerShell ends the pipeline at a missing command; the output
            before it shows which family the host has: see `commands`.
        also: further commands whose presence is probed.
    """

    location: str
    family: ModuleFamily = ModuleFamily.AZ
    also: tuple[str, ...] = ()

    def pipeline(self) -> Pipeline:
        """Return what is sent."""
        probe = Command.of("Get-Command", {"Name": (*_PROBED, *self.also), "ErrorAction": "SilentlyContinue"})
        start = Command.of("Get-Command", {"Name": "Start-AzsBackup", "ErrorAction": "SilentlyContinue"})
        return Pipeline.of(
            probe.piped_to(member("Name")),
            start.piped_to(member("Parameters"), member("Keys")),
            CONTEXT[self.family],
            CONTEXT[self.family].piped_to(member("Subscription")),
            *ListBackups(self.location).statements(),
        )

    def commands(self, result: Result) -> HostCommands:
        """Return which commands the host has, whatever else of the answer is missing."""
        words = [value for value in result.output if isinstance(value, str)]
        return HostCommands(
            frozenset(word for word in words if "-" in word), frozenset(word for word in words if "-" not in word)
        )

    def parse(self, result: Result, tick: Tick = no_tick) -> Readiness:
        """Return what the host is ready for; raise only why the pipeline did not complete."""
        context = read_context(result.output)
        problem = None
        try:
            check(result)
        except PsbridgeError as failed:
            if result.state is not State.COMPLETED:
                raise
            problem = failed
        return Readiness(self.commands(result), context, read_list(result.output, tick), result.host_time, problem)
