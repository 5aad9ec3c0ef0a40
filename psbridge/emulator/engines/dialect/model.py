"""The data types of a table of commands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

STRING = "System.String"
STRINGS = "System.String[]"
SWITCH = "System.Management.Automation.SwitchParameter"
INT32 = "System.Int32"
ACTION = "System.Management.Automation.ActionPreference"
CREDENTIAL = "System.Management.Automation.PSCredential"
OBJECT = "System.Management.Automation.PSObject"
ANY = "System.Object"
OBJECTS = "System.Object[]"
SCRIPT = "System.Management.Automation.ScriptBlock"
SCRIPTS = "System.Management.Automation.ScriptBlock[]"

ALL_SETS = "__AllParameterSets"


class Parameter(msgspec.Struct, frozen=True):
    """One parameter of a cmdlet.

    Attributes:
        type: the .NET type's full name.
        sets: the parameter sets it belongs to; `ALL_SETS` for every one.
        position: its place among unnamed arguments, None if it must be named.
        allowed: the allowed values; empty for any (ValidateSet).
        filled: whether null and empty are refused (ValidateNotNullOrEmpty).
        length: the least and the largest number of characters (ValidateLength).
        emulated: False where a real host has it and the embedded engine does not.
    """

    name: str
    type: str
    sets: tuple[str, ...] = (ALL_SETS,)
    position: int | None = None
    mandatory: bool = False
    aliases: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    filled: bool = False
    length: tuple[int, int] | None = None
    emulated: bool = True


class Cmdlet(msgspec.Struct, frozen=True, cache_hash=True):
    """One cmdlet.

    Attributes:
        implementing_type: the .NET class, a function's own name; it follows the comma in a fully qualified error id.
        kind: its CommandType; the commands of the AzureRM modules of Azure Stack are functions.
        emulated: False where a host shows it and neither engine does anything but say so.
        aliases: the command's own aliases (`%` for ForEach-Object).
        default_set: the parameter set taken when the arguments leave more than one, None if it has but one.
        definition_sets: the order in which `Definition` lists the parameter sets.
        takes_rest: whether arguments that fit nothing else go to a parameter (ValueFromRemainingArguments).
    """

    name: str
    module: str
    implementing_type: str
    parameters: tuple[Parameter, ...] = ()
    should_process: bool = False
    aliases: tuple[str, ...] = ()
    default_set: str | None = None
    definition_sets: tuple[str, ...] = (ALL_SETS,)
    output_types: tuple[str, ...] = ()
    help_uri: str = ""
    remoting: str = "PowerShell"
    takes_rest: bool = False
    kind: Literal["Cmdlet", "Function"] = "Cmdlet"
    emulated: bool = True

    @property
    def key(self) -> tuple[str, str]:
        """Distinguishes it from a command of the same name in the other generation of the module."""
        return (self.implementing_type, self.name)

    def all_parameters(self) -> Iterator[Parameter]:
        """Yield its own parameters, the common ones, then -WhatIf and -Confirm if it has them."""
        yield from self.parameters
        yield from COMMON
        if self.should_process:
            yield from SHOULD_PROCESS


COMMON = (
    Parameter("Verbose", SWITCH, aliases=("vb",)),
    Parameter("Debug", SWITCH, aliases=("db",)),
    Parameter("ErrorAction", ACTION, aliases=("ea",)),
    Parameter("WarningAction", ACTION, aliases=("wa",)),
    Parameter("InformationAction", ACTION, aliases=("infa",)),
    Parameter("ProgressAction", ACTION, aliases=("proga",)),
    Parameter("ErrorVariable", STRING, aliases=("ev",)),
    Parameter("WarningVariable", STRING, aliases=("wv",)),
    Parameter("InformationVariable", STRING, aliases=("iv",)),
    Parameter("OutVariable", STRING, aliases=("ov",)),
    Parameter("OutBuffer", INT32, aliases=("ob",)),
    Parameter("PipelineVariable", STRING, aliases=("pv",)),
)
SHOULD_PROCESS = (
    Parameter("WhatIf", SWITCH, aliases=("wi",)),
    Parameter("Confirm", SWITCH, aliases=("cf",)),
)
# Refused in NoLanguage: they name a variable (measured on PowerShell 7.6.9).
VARIABLE_PARAMETERS = frozenset(
    {"ErrorVariable", "WarningVariable", "InformationVariable", "OutVariable", "PipelineVariable"}
)


class Module(msgspec.Struct, frozen=True):
    """An installed module.

    Attributes:
        commands: the exported commands, in the order of its table.
        loads: whether it can be loaded.
    """

    name: str
    version: str
    commands: tuple[Cmdlet, ...]
    loads: bool = True

    @property
    def folder(self) -> str:
        """The folder, under the emulator's `modules`, of the script module that emulates it."""
        return f"{self.name}-{self.version}" if self.loads else f"{self.name}-broken"


def absent(name: str, kind: str, *sets: str, position: int | None = None, mandatory: bool = False) -> Parameter:
    """Return a parameter that a real host has and the embedded engine does not."""
    return Parameter(name, kind, sets or (ALL_SETS,), position=position, mandatory=mandatory, emulated=False)
