"""What the host's session is signed in to, and what the host can do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AzContext:
    """The session's Azure context, `Get-AzContext`: where a trigger would go, and as whom."""

    environment: str | None = None
    subscription_id: str | None = None
    subscription_name: str | None = None
    tenant: str | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True)
class HostCommands:
    """Which commands the host shows, and the parameters of its trigger."""

    names: frozenset[str]
    start_parameters: frozenset[str]

    def has(self, name: str) -> bool:
        """Tell whether the host shows a command; PowerShell's names ignore case."""
        return name.casefold() in {known.casefold() for known in self.names}

    def start_takes(self, parameter: str) -> bool:
        """Tell whether `Start-AzsBackup` has a parameter."""
        return parameter.casefold() in {known.casefold() for known in self.start_parameters}
