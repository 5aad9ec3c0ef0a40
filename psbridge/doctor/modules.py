"""The stage `modules`: has the host the cmdlets that psbridge needs, from which modules, in which versions?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from psbridge.cmdlets.azs_backup import GetBackupConfiguration
from psbridge.cmdlets.host_modules import CONTEXTS, OPTIONAL, READS, HostModules, ReadModules
from psbridge.cmdlets.stamp_parts import MODULES
from psbridge.doctor.results import Found, found, ok, warn
from psbridge.doctor.state import DoctorState
from psbridge.errors import NotFound, PrerequisiteError, PsbridgeError
from psbridge.models.context import ModuleFamily
from psbridge.models.diagnosis import Finding, StageResult
from psbridge.operations.preflight import check_commands, other_modules

BACKUP, ACCOUNTS = "Azs.Backup.Admin", "Az.Accounts"
_SUPPORTED: Final = re.compile(r"1\.0\.\d+(\.\d+)?|0\.\d+\.\d+(\.\d+)?")
_PINNED: Final = "2.2.8"
"""The only Az.Accounts that Azs.* 1.0.x is made for: AzureStack's manifest requires exactly it (AzureStack.psd1)."""
_WITHOUT: Final = {
    "Invoke-AzRestMethod": "so a backup's upload and its operation can't be read: the upload is assumed after `settle`",
    "Get-AzsAlert": "so alerts can't be read",
    "Get-AzsUpdate": "so only the refusal of a start shows that an update is being installed",
}
_MODULE_OF: Final = {"Invoke-AzRestMethod": ACCOUNTS, **MODULES}
_SHOW: Final = "make the cmdlet visible in the session configuration."
_INSTALL: Final = f"Install the AzureStack PowerShell module on the host, or {_SHOW}"


def check(state: DoctorState) -> StageResult:
    """Read the host's commands, and compare them with what psbridge and the modules need."""
    read = ReadModules()
    seen = read.parse(state.tools.link.read(read.pipeline(), state.deadline))
    state.commands = seen.commands
    state.family = seen.commands.family or ModuleFamily.AZ
    facts = {
        "family": seen.commands.family,
        "modules": dict(sorted(seen.versions.items())),
        "commands": sorted(seen.commands.names),
        "missing": [it for it in (*READS, *OPTIONAL) if not seen.commands.has(it)],
    }
    error = _lacking(state, seen)
    if error is not None:
        return found(facts=facts, error=error)
    summary = ", ".join(f"{name} {version}" for name, version in sorted(seen.versions.items()))
    return found(Found(ok(summary or f"the cmdlets of {seen.commands.family}")), *_warnings(seen), facts=facts)


def _lacking(state: DoctorState, seen: HostModules) -> PsbridgeError | None:
    """Return the error with which a start would end."""
    context = state.tools
    try:
        check_commands(context, seen.commands)
    except PrerequisiteError as problem:
        return _unloadable(state) or problem
    expected = context.target.module
    if seen.commands.family is not None and expected not in {"auto", seen.commands.family}:
        return other_modules(context, seen.commands.family)
    missing = [it for it in READS if not seen.commands.has(it)]
    missing += [CONTEXTS[0]] if not any(map(seen.commands.has, CONTEXTS)) else []
    if missing:
        said = f"{context.link.host} does not show {', '.join(missing)}"
        return PrerequisiteError(said, hint=_INSTALL, detail={"missing": missing})
    return None


def _warnings(seen: HostModules) -> Iterator[Finding]:
    version = seen.versions.get(BACKUP)
    if version is not None and not _SUPPORTED.fullmatch(version):
        remedy = "psbridge was made for Azs.Backup.Admin 1.0.x (AzureStack 2.x) and 0.x (AzureStack 1.x)."
        yield warn(f"{BACKUP} {version} is unknown to psbridge", remedy)
    accounts = seen.versions.get(ACCOUNTS)
    if version is not None and version.startswith("1.") and accounts not in {None, _PINNED}:
        remedy = (
            f"Install AzureStack 2.x, which brings {ACCOUNTS} {_PINNED}, and let the session load it first: "
            f"Import-Module {ACCOUNTS} -RequiredVersion {_PINNED}. Uninstall other versions."
        )
        yield warn(f"{ACCOUNTS} is {accounts}, but {BACKUP} {version} is made for exactly {_PINNED}", remedy)
    if all(map(seen.commands.has, CONTEXTS)):
        yield warn(
            "the host shows the cmdlets of Az and of AzureRM, which can't share a session", "Uninstall one of them."
        )
    for name in OPTIONAL:
        if not seen.commands.has(name) and not (seen.commands.family is ModuleFamily.AZURERM and name == OPTIONAL[0]):
            remedy = f"Install the module {_MODULE_OF[name]} on the host, or {_SHOW}"
            yield warn(f"the host has no {name}, {_WITHOUT[name]}", remedy)


def _unloadable(state: DoctorState) -> PsbridgeError | None:
    """Return the better error for a missing cmdlet: its module is there and can't be loaded, as a call of it shows."""
    get = GetBackupConfiguration(state.resolved.location or "any")
    try:
        get.parse(state.tools.link.read(get.pipeline(), state.deadline))
    except PrerequisiteError as problem:
        return problem if "load" in str(problem.detail.get("code", "")).casefold() else None
    except NotFound:
        return None
    return None
