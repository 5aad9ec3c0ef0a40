"""A cmdlet's `Definition`, as Get-Command shows its syntax (measured on PowerShell 7.6.9)."""

from __future__ import annotations

from functools import cache

from psbridge.emulator.engines.dialect.model import ALL_SETS, SHOULD_PROCESS, SWITCH, Cmdlet, Parameter

_SHORT = {
    "System.String": "string",
    "System.Int32": "int",
    "System.UInt32": "uint",
    "System.Uri": "uri",
    "System.Management.Automation.PSObject": "psobject",
    "System.Management.Automation.PSCredential": "pscredential",
    "System.Management.Automation.ScriptBlock": "scriptblock",
}


def _short(type_name: str) -> str:
    element = type_name.removesuffix("[]")
    return _SHORT.get(element, element.rpartition(".")[2]) + type_name[len(element) :]


def _belongs(parameter: Parameter, set_name: str) -> bool:
    return set_name in parameter.sets or ALL_SETS in parameter.sets


def _is_mandatory(parameter: Parameter, set_name: str) -> bool:
    # A parameter that names its set (Get-Module -ListAvailable) is mandatory in that one alone.
    return parameter.mandatory and parameter.sets[0] in (ALL_SETS, set_name)


def _one(parameter: Parameter, set_name: str) -> str:
    name = f"-{parameter.name}" if parameter.position is None else f"[-{parameter.name}]"
    shown = name if parameter.type == SWITCH else f"{name} <{_short(parameter.type)}>"
    return shown if _is_mandatory(parameter, set_name) else f"[{shown}]"


def set_syntax(cmdlet: Cmdlet, set_name: str) -> str:
    """Return a parameter set's syntax without the cmdlet's name."""

    def rank(parameter: Parameter) -> tuple[bool, int, bool]:
        return (
            parameter.position is None,
            parameter.position or 0,
            not _is_mandatory(parameter, set_name),
        )

    own = sorted((item for item in cmdlet.parameters if _belongs(item, set_name)), key=rank)
    extra = SHOULD_PROCESS if cmdlet.should_process else ()
    return " ".join([*(_one(item, set_name) for item in (*own, *extra)), "[<CommonParameters>]"])


@cache
def definition(cmdlet: Cmdlet) -> str:
    """Return all parameter sets' syntax, one a line."""
    return "\n" + "\n".join(f"{cmdlet.name} {set_syntax(cmdlet, name)}\n" for name in cmdlet.definition_sets)
