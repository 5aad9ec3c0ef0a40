"""What a session shows of itself beyond its opening: language mode, culture, and quotas of the host.

Only cmdlets are sent. A restricted session lacks most of these, and a host without the WSMan: drive or without administrator
rights shows no quotas. What is not shown is None; none of it is needed for a backup.
"""

from __future__ import annotations

from typing import Final

import msgspec

from psbridge.cmdlets.azs_backup import member
from psbridge.powershell.pipeline import Command, Pipeline
from psbridge.powershell.result import PSObject, Result

CULTURE: Final = "Get-Culture"
ITEM: Final = "Get-Item"
_QUOTAS: Final = ("MaxShellsPerUser", "MaxMemoryPerShellMB")
_MODES: Final = frozenset({"FullLanguage", "ConstrainedLanguage", "RestrictedLanguage", "NoLanguage"})
_QUIET: Final = {"ErrorAction": "SilentlyContinue"}


class Shown(msgspec.Struct, frozen=True):
    """What the first question shows.

    Attributes:
        language_mode: such as `FullLanguage`.
        commands: those of `CULTURE` and `ITEM` that the session has.
    """

    language_mode: str | None
    commands: frozenset[str]


class ReadLanguageMode(msgspec.Struct, frozen=True):
    """The language mode, and which cmdlets can show more.

    A script module's session state has the language mode of the session (measured on PowerShell 7.6.9 with NoLanguage); that
    of a compiled one is null. `$ExecutionContext` itself can't be asked without Get-Variable.
    """

    def pipeline(self) -> Pipeline:
        """Return what is sent."""
        more = Command.of("Get-Command", {"Name": (CULTURE, ITEM), **_QUIET})
        ours = Command.of("Get-Command", {"Name": "Get-AzsBackup", **_QUIET})
        return Pipeline.of(
            more.piped_to(member("Name")),
            ours.piped_to(member("Module"), member("SessionState"), member("LanguageMode")),
        )

    def parse(self, result: Result) -> Shown:
        """Return what it shows, whatever else of the answer is missing."""
        texts = [value.text for value in result.output if isinstance(value, PSObject)]
        mode = next((text for text in texts if text in _MODES), None)
        names = frozenset(value for value in result.output if isinstance(value, str) and value in {CULTURE, ITEM})
        return Shown(mode, names)


class ReadCulture(msgspec.Struct, frozen=True):
    """The culture of the session, such as `en-US`."""

    def pipeline(self) -> Pipeline:
        """Return what is sent."""
        return Pipeline.of(Command.of(CULTURE, {}).piped_to(member("Name")))

    def parse(self, result: Result) -> str | None:
        """Return it, None if it is not shown; the invariant culture's name is empty."""
        return next((value[:40] for value in result.output if isinstance(value, str)), None)


class ReadQuotas(msgspec.Struct, frozen=True):
    """Quotas of the shells in the WSMan: drive; needs administrator rights there (documentation of the WSMan provider)."""

    def pipeline(self) -> Pipeline:
        """Return what is sent."""
        asked = [Command.of(ITEM, {"Path": f"WSMan:\\localhost\\Shell\\{name}", **_QUIET}) for name in _QUOTAS]
        return Pipeline.of(*(one.piped_to(member(part)) for one in asked for part in ("Name", "Value")))

    def parse(self, result: Result) -> dict[str, int]:
        """Return those that are shown, by name."""
        texts = [value for value in result.output if isinstance(value, str)]
        pairs = zip(texts[::2], texts[1::2], strict=False)
        return {name: int(text) for name, text in pairs if name in _QUOTAS and text.isascii() and text.isdigit()}
