"""What the host's session is signed in to, and what the host can do."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class ModuleFamily(StrEnum):
    """The generation of PowerShell modules that a host manages its stamp with."""

    AZ = "az"
    """AzureStack 2.x: Azs.Backup.Admin 1.0.x and Az.Accounts."""
    AZURERM = "azurerm"
    """AzureStack 1.x: Azs.Backup.Admin 0.x and AzureRM.Profile, on Windows PowerShell 5.1 alone."""


class AzContext(msgspec.Struct, frozen=True):
    """The session's Azure context, `Get-AzContext`: where a trigger would go, and as whom."""

    environment: str | None = None
    subscription_id: str | None = None
    subscription_name: str | None = None
    tenant: str | None = None
    account: str | None = None


class HostCommands(msgspec.Struct, frozen=True):
    """Which commands the host shows, and the parameters of its trigger."""

    names: frozenset[str]
    start_parameters: frozenset[str]

    def has(self, name: str) -> bool:
        """Return whether the host shows a command; PowerShell's names ignore case."""
        return name.casefold() in {known.casefold() for known in self.names}

    def start_takes(self, parameter: str) -> bool:
        """Return whether `Start-AzsBackup` has a parameter."""
        return parameter.casefold() in {known.casefold() for known in self.start_parameters}

    @property
    def family(self) -> ModuleFamily | None:
        """The family of the host's modules; None if unknown.

        Start-AzsBackup takes -NoWait and no -Force in Azs.Backup.Admin 1.0.x, the other way round in 0.x (their source).
        """
        if self.start_takes("NoWait") or self.has("Get-AzContext"):
            return ModuleFamily.AZ
        if self.start_takes("Force") or self.has("Get-AzureRmContext"):
            return ModuleFamily.AZURERM
        return None
