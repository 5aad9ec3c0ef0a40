"""Which of the commands that psbridge uses a host has, from which modules, in which versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from psbridge.cmdlets.azs_backup import member
from psbridge.cmdlets.error_records import check
from psbridge.models.context import HostCommands
from psbridge.models.text import shortened
from psbridge.powershell.pipeline import Command, Pipeline
from psbridge.powershell.result import Result, State

START: Final = "Start-AzsBackup"
READS: Final = ("Get-AzsBackup", "Get-AzsBackupConfiguration")
CONTEXTS: Final = ("Get-AzContext", "Get-AzureRmContext")
_LONGEST: Final = 200
"""Characters of a name or a version."""
OPTIONAL: Final = ("Invoke-AzRestMethod", "Get-AzsAlert", "Get-AzsUpdate")


class HostModules(msgspec.Struct, frozen=True):
    """What a host has.

    Attributes:
        commands: those of psbridge's that it shows, with the parameters of the trigger.
        modules: the module of each command, as far as the host says; a function of the session itself has none.
        versions: of each module, as text.
    """

    commands: HostCommands
    modules: Mapping[str, str]
    versions: Mapping[str, str]


class ReadModules(msgspec.Struct, frozen=True):
    """The names, modules and versions of the commands, three lists in the same order, and the trigger's parameters.

    A command's own object is never sent: its definition and its parameters would make it large. Get-Command loads the modules
    of commands that are named in full, so a module that can't be loaded shows itself here.
    """

    def pipeline(self) -> Pipeline:
        """Return what is sent."""
        names = (START, *READS, *CONTEXTS, *OPTIONAL, "Get-AzsUpdateLocation")
        probe = Command.of("Get-Command", {"Name": names, "ErrorAction": "SilentlyContinue"})
        start = Command.of("Get-Command", {"Name": START, "ErrorAction": "SilentlyContinue"})
        return Pipeline.of(
            probe.piped_to(member("Name")),
            start.piped_to(member("Parameters"), member("Keys")),
            probe.piped_to(member("Source")),
            probe.piped_to(member("Version")),
        )

    def parse(self, result: Result) -> HostModules:
        """Return what the host has.

        Raises:
            psbridge.errors.PrerequisiteError: it has no Get-Command, or denies it.
        """
        if result.state is not State.COMPLETED:
            check(result)
        words = [shortened(value, _LONGEST) if isinstance(value, str) else None for value in result.output]
        names = [word for word in words if word and "-" in word]
        rest = words[len(names) :]
        count = max(0, len(rest) - 2 * len(names))
        parameters, described = rest[:count], rest[count:]
        whole = len(described) == 2 * len(names)  # else the lists can't be matched
        sources, versions = (described[: len(names)], described[len(names) :]) if whole else ([], [])
        modules = {name: source or "" for name, source in zip(names, sources, strict=False)}
        known = {source: version for source, version in zip(sources, versions, strict=False) if source and version}
        return HostModules(HostCommands(frozenset(names), frozenset(it for it in parameters if it)), modules, known)
