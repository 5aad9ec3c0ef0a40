"""What is read of a stamp in addition to its backups: settings, alerts, updates; in one round trip where that is possible."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

from psbridge.cmdlets.azs_backup import GetBackupConfiguration
from psbridge.cmdlets.azs_health import GetAlerts, GetUpdateLocation, GetUpdates
from psbridge.errors import PsbridgeError
from psbridge.models.text import ascii_lower
from psbridge.powershell.pipeline import Command, Pipeline
from psbridge.powershell.result import ErrorRecord, Result, State
from psbridge.values import replace


class Part(Protocol):
    """A cmdlet that reads one part."""

    @property
    def CMDLET(self) -> str:  # noqa: N802 - a constant of the class
        """The cmdlet's name."""
        ...

    def command(self) -> Command:
        """Return the cmdlet with its parameters."""
        ...

    def parse(self, result: Result) -> Any:
        """Return what was read.

        Raises:
            psbridge.errors.PsbridgeError: it can't be read.
        """
        ...


MODULES: Final[Mapping[str, str]] = {
    GetBackupConfiguration.CMDLET: "Azs.Backup.Admin",
    GetAlerts.CMDLET: "Azs.InfrastructureInsights.Admin",
    GetUpdateLocation.CMDLET: "Azs.Update.Admin",
    GetUpdates.CMDLET: "Azs.Update.Admin",
}
"""Each cmdlet, with the module that has it."""


def parts_of(location: str) -> dict[str, Part]:
    """Return the parts by name, the most important first."""
    return {
        "settings": GetBackupConfiguration(location),
        "alerts": GetAlerts(location),
        "update_location": GetUpdateLocation(location),
        "updates": GetUpdates(location, every=True),
    }


def together(parts: Mapping[str, Part]) -> Pipeline:
    """Return the pipeline that reads all parts."""
    return Pipeline.of(*(part.command() for part in parts.values()))


def told_apart(parts: Mapping[str, Part], result: Result) -> dict[str, Any] | None:
    """Return what each part of one answer is: its value, or the error why it can't be read.

    None if the answer does not show which part failed: the pipeline ended early, or an error names none of the cmdlets. Then
    each part must be read alone.
    """
    if result.state is not State.COMPLETED:
        return None
    errors: dict[str, list[ErrorRecord]] = {name: [] for name in parts}
    for record in result.errors:
        of = next((name for name, part in parts.items() if _is_of(record, part.CMDLET)), None)
        if of is None:
            return None
        errors[of].append(record)
    found: dict[str, Any] = {}
    for name, part in parts.items():
        try:
            found[name] = part.parse(replace(result, errors=tuple(errors[name])))
        except PsbridgeError as problem:
            found[name] = problem
    return found


def _is_of(record: ErrorRecord, cmdlet: str) -> bool:
    """Return whether an error is a cmdlet's; the modules' wrappers call private ones such as `Get-AzsAlert_List`."""
    return ascii_lower(record.activity).partition("_")[0] == ascii_lower(cmdlet)
