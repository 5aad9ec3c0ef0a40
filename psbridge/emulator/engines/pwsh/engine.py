"""The engine that is PowerShell itself: one `pwsh -s` per runspace pool, with the emulated modules in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path
from typing import Literal
from uuid import UUID

from psbridge.emulator.engine import Sink
from psbridge.emulator.engines.dialect import DEFAULT_CONFIGURATION, HostTable, table_of
from psbridge.emulator.engines.pwsh.child import Child
from psbridge.emulator.engines.pwsh.opening import script
from psbridge.emulator.engines.pwsh.runspace import PwshRunspace
from psbridge.emulator.errors import EmulationError
from psbridge.emulator.stamp.api import HostProfile

# The variables that the process inherits; others may be secrets of the operator's shell.
_INHERITED = (
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "XDG_CACHE_HOME",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
)
_QUIET = {
    "POWERSHELL_TELEMETRY_OPTOUT": "1",
    "POWERSHELL_UPDATECHECK": "Off",
    "DOTNET_CLI_TELEMETRY_OPTOUT": "1",
    "TERM": "dumb",
}

Language = Literal["NoLanguage", "FullLanguage"]


class PwshEngine:
    """Implements `Engine` over `pwsh -s`.

    Args:
        command: the PowerShell to run, a name on PATH or a path.
        rest_url: the stamp's REST API, `http://127.0.0.1:PORT`.
        rest_token: its bearer token; given to the process in its environment, never on a command line or in a log.
        language: `FullLanguage` allows any signed-in user to run any script in the runspaces.

    Raises:
        EmulationError: the profile has a module version that is not emulated.
        FileNotFoundError: there is no such command.
    """

    name = "pwsh"

    def __init__(
        self,
        *,
        rest_url: str,
        rest_token: str,
        profile: HostProfile,
        command: str = "pwsh",
        language: Language = "NoLanguage",
    ) -> None:
        found = shutil.which(command)
        if found is None:
            raise FileNotFoundError(f"{command!r} is not on PATH; the pwsh engine needs PowerShell 7.2 or newer")
        _check_stand_ins(table_of(profile))
        self._arguments = (found, "-NoLogo", "-NoProfile", "-s")
        self._environment = _environment(os.environ, rest_url, rest_token)
        self._profile = profile
        self._language = language

    def open(
        self,
        shell_id: UUID,  # noqa: ARG002 - the shell's id does not change what it does
        fragments: bytes,
        sink: Sink,
        *,
        user: str,  # noqa: ARG002 - the engine runs as the emulator's own user
        configuration: str = DEFAULT_CONFIGURATION,
    ) -> PwshRunspace:
        """Start a process and open the client's pool in it.

        Raises:
            OSError: the process can't be started.
            ValueError: `fragments` are not PSRP messages.
        """
        table = table_of(self._profile, configuration)
        text = script(modules_folder(), table, self._language, self._profile.preferences)
        return PwshRunspace(self._spawn, fragments, text, sink)

    def _spawn(self, on_line: Callable[[bytes], None], on_end: Callable[[str], None]) -> Child:
        return Child(self._arguments, self._environment, on_line, on_end)


def modules_folder() -> Path:
    """Return the folder with the emulated modules, package data of psbridge."""
    return Path(str(resources.files("psbridge.emulator.engines.pwsh") / "modules"))


def _check_stand_ins(table: HostTable) -> None:
    for module in table.modules:
        if not (modules_folder() / module.folder).is_dir():
            raise EmulationError(
                "engine", f"the pwsh engine does not emulate {module.name} {module.version}; use the embedded engine"
            )


def _environment(own: Mapping[str, str], url: str, token: str) -> dict[str, str]:
    inherited = {name: own[name] for name in _INHERITED if name in own}
    return {
        **inherited,
        **_QUIET,
        "PSBRIDGE_STAMP_URL": url.rstrip("/"),
        "PSBRIDGE_STAMP_TOKEN": token,
    }
