"""Pipelines as values, and the common parameters that go with each command.

A session configuration may set preference variables (StartupScript, VariableDefinitions), and each changes what a cmdlet does:
a warning ends it (`$WarningPreference = 'Stop'`), its errors are hidden so that a list comes out empty
(`$ErrorActionPreference = 'SilentlyContinue'`), a trigger starts nothing (`$WhatIfPreference`), a read asks a question that
can't be answered (`$ConfirmPreference = 'Low'`, of ForEach-Object too), `$PSDefaultParameterValues` adds any of these. An
explicit parameter overrides them all (measured on PowerShell 7.6.9; its `-ProgressAction` is not in 5.1).
Restricted endpoints take them whatever parameters they allow: the proxies that they make keep the common ones, and -WhatIf
and -Confirm where the cmdlet has them (measured, with `ProxyCommand`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from psbridge.models.secret import Credential, Secret

# A Secret travels as SecureString, a Credential as PSCredential, both encrypted with the session's key.
Argument = bool | int | str | tuple[str, ...] | Secret | Credential | None

_COMMON: Final[tuple[tuple[str, Argument], ...]] = (
    ("ErrorAction", "Continue"),
    ("WarningAction", "Continue"),
    ("InformationAction", "SilentlyContinue"),
    ("Verbose", False),
    ("Debug", False),
)
_UNASKED: Final[tuple[tuple[str, Argument], ...]] = (("WhatIf", False), ("Confirm", False))
# Those of the cmdlets that psbridge sends which support ShouldProcess (their source).
_ASKING: Final = frozenset(
    {
        *("foreach-object", "start-azsbackup", "invoke-azrestmethod"),
        *("connect-azaccount", "add-azenvironment", "disable-azcontextautosave", "set-azcontext"),
        *("connect-azurermaccount", "add-azurermenvironment", "disable-azurermcontextautosave", "set-azurermcontext"),
    }
)


class Command(msgspec.Struct, frozen=True):
    """A cmdlet with named parameters. There is no way to say "script" here.

    Attributes:
        parameters: those that say what it is to do.
        asks: whether it takes -WhatIf and -Confirm; None: as the cmdlet of that name does.
    """

    name: str
    parameters: tuple[tuple[str, Argument], ...] = ()
    asks: bool | None = None

    @classmethod
    def of(cls, name: str, parameters: Mapping[str, Argument] | None = None, *, asks: bool | None = None) -> Command:
        """Build one from a mapping; parameters whose value is None are left out."""
        return cls(name, tuple((key, value) for key, value in (parameters or {}).items() if value is not None), asks)

    @property
    def sent(self) -> tuple[tuple[str, Argument], ...]:
        """All parameters that the host gets: its own, and the common ones that these do not say."""
        asks = self.name.casefold() in _ASKING if self.asks is None else self.asks
        given = {name.casefold() for name, _ in self.parameters}
        common = (*_COMMON, *(_UNASKED if asks else ()))
        return (*self.parameters, *(each for each in common if each[0].casefold() not in given))

    def piped_to(self, *more: Command) -> Statement:
        """Return the statement `self | more[0] | more[1] …`."""
        return Statement((self, *more))


class Statement(msgspec.Struct, frozen=True):
    """Commands whose output flows from one to the next: `a | b | c`."""

    commands: tuple[Command, ...]


class Pipeline(msgspec.Struct, frozen=True):
    """Statements that run one after another in one round: `a | b; c`."""

    statements: tuple[Statement, ...]

    @classmethod
    def of(cls, *parts: Command | Statement) -> Pipeline:
        """Build one from commands and statements."""
        return cls(tuple(Statement((part,)) if isinstance(part, Command) else part for part in parts))

    @property
    def has_secret(self) -> bool:
        """Return whether a parameter is secret, so that keys must be exchanged first."""
        return any(
            isinstance(value, Secret | Credential)
            for statement in self.statements
            for command in statement.commands
            for _, value in command.parameters
        )

    def __str__(self) -> str:
        """Return what an operator would read in the host's log, without the common parameters; secrets show as `***`."""
        return "; ".join(" | ".join(_shown(command) for command in item.commands) for item in self.statements)


def _shown(command: Command) -> str:
    return " ".join([command.name, *(f"-{name} {_shown_value(value)}" for name, value in command.parameters)])


def _shown_value(value: Argument) -> str:
    if isinstance(value, Secret | Credential):
        return "***"
    if isinstance(value, bool):
        return f"${value}".lower()
    if isinstance(value, tuple):
        return ",".join(repr(item) for item in value)
    return repr(value) if isinstance(value, str) else str(value)
