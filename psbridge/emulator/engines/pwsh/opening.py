"""The pipeline that the relay runs before the client's first: it sets the runspace up as an operator host's.

Why a pipeline of the relay's own: a `pwsh -s` has no other way in before the client (measured on PowerShell 7.6.9: no
profile with -NoProfile, no session configuration file in every build, and a module that sets the mode when it is first
loaded comes after a client's script). Its messages are kept from the client and their object ids taken out of the count.

The pool's initial session state is the same object for each of its runspaces (RunspacePoolInternal.CreateRunspace does
not clone it), so what is set on it holds for runspaces that the pool makes later as well as for a reset one. A pool opens
with one runspace, whatever its smallest size (measured on PowerShell 7.6.9); the relay's pipeline is the first in it.

NoLanguage is not a sandbox: `ForEach-Object -MemberName` may call methods, there as here. A signed-in user may act as the
user that the emulator runs as, which is why the emulator listens on the loopback unless told otherwise.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

import psrpcore
from psrpcore.types import RunspacePoolState

from psbridge.emulator.engines.dialect import HostTable

# The words in capitals are written in by `script`; all of them are the emulator's own.
_SCRIPT = """
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$modules = MODULES
$visible = VISIBLE
$functions = FUNCTIONS
$mode = 'MODE'
$state = $ExecutionContext.SessionState
$initial = [runspace]::DefaultRunspace.InitialSessionState
$path = 'FOLDERS'
if ($mode -eq 'FullLanguage') { $path += [IO.Path]::PathSeparator + [Environment]::GetEnvironmentVariable('PSModulePath') }
[Environment]::SetEnvironmentVariable('PSModulePath', $path)
Import-Module -Name $modules -Scope Global
$initial.ImportPSModule([string[]]$modules)
if ($mode -ne 'FullLanguage') {
    foreach ($command in @($initial.Commands; $state.InvokeCommand.GetCommands('*', 'Cmdlet, Function, Alias', $true))) {
        if ($command.Name -notin $visible -or ($command.CommandType -ne 'Function' -and $command.Name -in $functions)) {
            $command.Visibility = 'Private'
        }
    }
    $state.Applications.Clear()
    $state.Scripts.Clear()
    $initial.LanguageMode = $mode
    $state.PSVariable.Set('PSModuleAutoLoadingPreference', 'AUTOLOADING')
}
$ErrorActionPreference = 'Continue'
$ProgressPreference = 'Continue'
foreach ($pair in PREFERENCES) {
    $name, $value = $pair.Split('=')
    $value = $name -eq 'WhatIfPreference' ? ($value -eq 'true') : $value
    $state.PSVariable.Set($name, $value)
    $initial.Variables.Add([Management.Automation.Runspaces.SessionStateVariableEntry]::new($name, $value, ''))
}
foreach ($name in 'pair', 'value', 'path', 'modules', 'visible', 'functions', 'command', 'initial') {
    $state.PSVariable.Remove($name)
}
$state.PSVariable.Remove('name')
if ($mode -ne 'FullLanguage') { $state.LanguageMode = $mode }
"""


def script(folder: Path, table: HostTable, language: str, preferences: Iterable[str] = ()) -> str:
    """Return the script that loads a host's modules and sets the language mode.

    Args:
        folder: where the stand-ins of all modules are. `Get-Module -ListAvailable` sees those of this host; in
            FullLanguage the engine's own as well.
        table: the host's commands; only these stay visible unless `language` is FullLanguage.
        language: `NoLanguage` or `FullLanguage`.
        preferences: variables that the session configuration sets, each `NAME=VALUE`.
    """
    roots = {module: folder / module.folder for module in table.modules}
    loaded = (root / module.name / f"{module.name}.psd1" for module, root in roots.items() if module.loads)
    visible = [name for command in table.commands() for name in (command.name, *command.aliases)]
    # A module that does not load shows it when a command of it is called, and the engine loads modules by itself only for
    # who may load them by hand (measured on PowerShell 7.6.9).
    broken = any(not module.loads for module in table.modules)
    if broken:
        visible.append("Import-Module")
    values = {
        "MODULES": _list(str(path) for path in loaded),
        "VISIBLE": _list(visible),
        # a restricted endpoint's proxy hides the cmdlet of its name
        "FUNCTIONS": _list(command.name for command in table.commands() if command.kind == "Function"),
        "MODE": language,
        "AUTOLOADING": "All" if broken else "None",
        "PREFERENCES": _list(preferences),
        "FOLDERS": os.pathsep.join(str(root) for root in roots.values()).replace("'", "''"),
    }
    return re.sub(
        "MODULES|VISIBLE|FUNCTIONS|MODE(?=')|AUTOLOADING|PREFERENCES|FOLDERS", lambda found: values[found[0]], _SCRIPT
    )


def create_pipeline(pool: UUID, text: str) -> tuple[UUID, bytes]:
    """Return the id and the fragments of a CREATE_PIPELINE that runs `text` ([MS-PSRP] 2.2.2.10)."""
    client = psrpcore.ClientRunspacePool(runspace_pool_id=pool)
    client.state = RunspacePoolState.Opened
    pipeline = psrpcore.ClientPowerShell(client, add_to_history=False)
    pipeline.add_script(text)
    pipeline.start()
    fragments = b""
    while (payload := client.data_to_send()) is not None:
        fragments += payload.data
    return pipeline.pipeline_id, fragments


def _list(words: Iterable[str]) -> str:
    return "@(" + ", ".join("'" + word.replace("'", "''") + "'" for word in words) + ")"
