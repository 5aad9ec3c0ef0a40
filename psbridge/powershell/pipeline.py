"""Pipelines as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from psbridge.models import Credential, Secret

# A Secret travels as SecureString, a Credential as PSCredential, both encrypted with the session's key.
Argument = bool | int | str | tuple[str, ...] | Secret | Credential | None


@dataclass(frozen=True, slots=True)
class Command:
    """A cmdlet with named parameters. There is no way to say "script" here."""

    name: str
    parameters: tuple[tuple[str, Argument], ...] = ()

    @classmethod
    def of(cls, name: str, parameters: Mapping[str, Argument] | None = None) -> Command:
        """Build one from a mapping; parameters whose value is None are left out."""
        return cls(name, tuple((key, value) for key, value in (parameters or {}).items() if value is not None))

    def piped_to(self, *more: Command) -> Statement:
        """Return the statement `self | more[0] | more[1] …`."""
        return Statement((self, *more))


@dataclass(frozen=True, slots=True)
class Statement:
    """Commands whose output flows from one to the next: `a | b | c`."""

    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Statements that run one after another in one round: `a | b; c`."""

    statements: tuple[Statement, ...]

    @classmethod
    def of(cls, *parts: Command | Statement) -> Pipeline:
        """Build one from commands and statements."""
        return cls(tuple(Statement((part,)) if isinstance(part, Command) else part for part in parts))

    @property
    def has_secret(self) -> bool:
        """Tell whether a parameter is secret, so that keys must be exchanged first."""
        return any(
            isinstance(value, Secret | Credential)
            for statement in self.statements
            for command in statement.commands
            for _, value in command.parameters
        )

    def __str__(self) -> str:
        """Return what an operator would read in the host's log; secrets show as `***`."""
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
