"""What each command of the dialect does on the embedded engine, a file per module."""

from __future__ import annotations

from collections.abc import Mapping

from psbridge.emulator.engines.dialect import Module
from psbridge.emulator.engines.dialect.az_accounts import AZ_ACCOUNTS
from psbridge.emulator.engines.dialect.azs import AZS_BACKUP, AZS_INSIGHTS, AZS_UPDATE
from psbridge.emulator.engines.dialect.azurerm import AZURERM_BACKUP, AZURERM_PROFILE
from psbridge.emulator.engines.dialect.core import CORE
from psbridge.emulator.engines.dialect.privileged import PRIVILEGED
from psbridge.emulator.engines.dialect.windows import MANAGEMENT, UTILITY
from psbridge.emulator.engines.embedded.cmdlets import (
    az_accounts,
    azs_backup,
    azs_insights,
    azs_update,
    azurerm_backup,
    core,
    privileged,
    windows,
)
from psbridge.emulator.engines.embedded.command_runtime import Run

_MODULES: tuple[tuple[Module, Mapping[str, Run]], ...] = (
    (CORE, core.RUNS),
    (UTILITY, windows.RUNS),
    (MANAGEMENT, windows.RUNS),
    (AZURERM_PROFILE, az_accounts.AZURERM_RUNS),
    (AZURERM_BACKUP, azurerm_backup.RUNS),
    (PRIVILEGED, privileged.RUNS),
    (AZ_ACCOUNTS, az_accounts.RUNS),
    (AZS_BACKUP, azs_backup.RUNS),
    (AZS_INSIGHTS, azs_insights.RUNS),
    (AZS_UPDATE, azs_update.RUNS),
)
RUNS: dict[tuple[str, str], Run] = {
    each.key: runs[each.name] for module, runs in _MODULES for each in module.commands if each.emulated
}
"""What runs a command, by its key."""
