"""Arguments to parameters, in the order and with the errors of PowerShell's own binder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec

from psbridge.emulator.engines.dialect.model import (
    ACTION,
    ALL_SETS,
    COMMON,
    CREDENTIAL,
    SWITCH,
    VARIABLE_PARAMETERS,
    Cmdlet,
    Parameter,
)
from psbridge.emulator.engines.embedded.binding_errors import binding
from psbridge.emulator.engines.embedded.coercion import ACTIONS, coerce, type_of
from psbridge.emulator.engines.embedded.error_record import Category, ErrorRecord, Terminate
from psbridge.emulator.engines.embedded.errors import no_variables, not_emulated
from psbridge.emulator.engines.embedded.values import Net, Value, array, enum, switch

Given = Sequence[tuple[str | None, object]]


class Arguments(msgspec.Struct, frozen=True):
    """What was bound.

    Attributes:
        values: by the parameter's own name; str, list[str], bool, int or PSCredential.
        shown: the same as `BoundParameters` shows it.
    """

    values: dict[str, Any] = msgspec.field(default_factory=dict)
    shown: dict[str, Value] = msgspec.field(default_factory=dict)

    def text(self, name: str) -> str | None:
        """Return a string parameter's value, None where it was not given or is empty."""
        return self.values.get(name) or None

    def flag(self, name: str) -> bool:
        """Return whether a switch is on."""
        return bool(self.values.get(name, False))


def bind(cmdlet: Cmdlet, given: Given) -> Arguments:
    """Bind the arguments of one command.

    Raises:
        Terminate: as PowerShell refuses them, or `PsbridgeNotEmulated`.
    """
    bound: dict[str, Any] = {}
    unknown = []
    for name, value in given:
        if name is None:
            continue
        parameter = _match(cmdlet, name.removeprefix("-").removesuffix(":"))
        if parameter is None:
            unknown.append((name, value))
        elif parameter.name in bound:
            raise Terminate(_twice(cmdlet, name))
        else:
            bound[parameter.name] = _take(cmdlet, parameter, value)
    rest = _bind_positional(cmdlet, bound, [value for name, value in given if name is None])
    _refuse_rest(cmdlet, bound, unknown, rest)
    _check_sets(cmdlet, bound)
    by_name = _by_name(cmdlet)
    return Arguments(bound, {name: _show(by_name[name], value) for name, value in bound.items()})


def _match(cmdlet: Cmdlet, name: str) -> Parameter | None:
    folded = name.casefold()
    known = _by_word(cmdlet)
    starting = (each for word, each in known.items() if word.startswith(folded)) if folded not in known else ()
    found = known.get(folded) or list({id(parameter): parameter for each in starting for parameter in each}.values())
    if len(found) > 1:
        own = [parameter for parameter in found if parameter not in COMMON]
        if len(own) == 1:
            return own[0]
        raise Terminate(_ambiguous(cmdlet, name, found))
    return found[0] if found else None


@cache
def _by_name(cmdlet: Cmdlet) -> Mapping[str, Parameter]:
    return {parameter.name: parameter for parameter in cmdlet.all_parameters()}


@cache
def _by_word(cmdlet: Cmdlet) -> Mapping[str, list[Parameter]]:
    """Return the parameters by each of their names and aliases, case aside."""
    found: dict[str, list[Parameter]] = {}
    for parameter in cmdlet.all_parameters():
        for word in dict.fromkeys(known.casefold() for known in (parameter.name, *parameter.aliases)):
            found.setdefault(word, []).append(parameter)
    return found


def _take(cmdlet: Cmdlet, parameter: Parameter, value: object) -> Any:
    if not parameter.emulated:
        raise Terminate(not_emulated(f"{cmdlet.name} -{parameter.name}", cmdlet))
    if parameter.name in VARIABLE_PARAMETERS:
        raise Terminate(no_variables())
    return coerce(cmdlet, parameter, value)


def _bind_positional(cmdlet: Cmdlet, bound: dict[str, Any], values: list[object]) -> list[object]:
    """Bind unnamed values to the parameters that have a place, return those left over."""
    rest = list(values)
    places = sorted({item.position for item in cmdlet.parameters if item.position is not None})
    for place in places:
        here = [item for item in cmdlet.parameters if item.position == place]
        if not rest or any(item.name in bound for item in here):
            continue
        # a string is not a ScriptBlock, so `ForEach-Object Name` is -MemberName (measured)
        parameter = next((item for item in here if item.emulated), here[0])
        bound[parameter.name] = _take(cmdlet, parameter, rest.pop(0))
    return rest


def _refuse_rest(cmdlet: Cmdlet, bound: dict[str, Any], unknown: Given, rest: list[object]) -> None:
    if not unknown and not rest:
        return
    if cmdlet.takes_rest:
        chosen = any(parameter.name in bound for parameter in cmdlet.parameters)
        if chosen or not any(parameter.mandatory for parameter in cmdlet.parameters):
            raise Terminate(not_emulated(f"{cmdlet.name} with further arguments", cmdlet))
        raise Terminate(_no_set(cmdlet, "ArgumentList", "System.Object[]"))
    if unknown:
        name, value = unknown[0]
        message = f"A parameter cannot be found that matches parameter name '{name}'."
        error_id = "NamedParameterNotFound"
    else:
        name, value = str(rest[0]), rest[0]
        message = f"A positional parameter cannot be found that accepts argument '{name}'."
        error_id = "PositionalParameterNotFound"
    raise Terminate(binding(cmdlet, error_id, message, site="named", name=name, given=type_of(value)))


def _check_sets(cmdlet: Cmdlet, bound: Iterable[str]) -> None:
    names = set(bound)
    possible = [
        name
        for name in cmdlet.definition_sets
        if all(name in item.sets or ALL_SETS in item.sets for item in cmdlet.parameters if item.name in names)
    ]
    if not possible:
        raise Terminate(_no_set(cmdlet, None, None, site="sets", category=Category.InvalidArgument))
    missing = {name: _missing(cmdlet, name, names) for name in possible}
    if all(missing.values()):
        chosen = cmdlet.default_set if cmdlet.default_set in missing else possible[0]
        raise Terminate(_incomplete(cmdlet, missing[chosen]))


def _missing(cmdlet: Cmdlet, set_name: str, names: set[str]) -> list[str]:
    return [
        item.name
        for item in cmdlet.parameters
        if item.mandatory and item.sets[0] in (set_name, ALL_SETS) and item.name not in names
    ]


def _ambiguous(cmdlet: Cmdlet, name: str, found: list[Parameter]) -> ErrorRecord:
    matches = " ".join(f"-{parameter.name}" for parameter in found)
    message = (
        f"Parameter cannot be processed because the parameter name '{name}' is ambiguous. "
        f"Possible matches include: {matches}."
    )
    return binding(cmdlet, "AmbiguousParameter", message, site="match", name=name)


def _twice(cmdlet: Cmdlet, name: str) -> ErrorRecord:
    message = (
        f"Cannot bind parameter because parameter '{name}' is specified more than once. To provide multiple values to "
        'parameters that can accept multiple values, use the array syntax. For example, "-parameter '
        'value1,value2,value3".'
    )
    return binding(cmdlet, "ParameterAlreadyBound", message, site="twice", name=name)


def _no_set(
    cmdlet: Cmdlet,
    name: str | None,
    wanted: str | None,
    *,
    site: str = "remaining",
    category: Category = Category.MetadataError,
) -> ErrorRecord:
    message = (
        "Parameter set cannot be resolved using the specified named parameters. One or more parameters issued cannot "
        "be used together or an insufficient number of parameters were provided."
    )
    return binding(
        cmdlet,
        "AmbiguousParameterSet",
        message,
        site=site,
        name=name,
        wanted=wanted,
        category=category,
    )


def _incomplete(cmdlet: Cmdlet, names: list[str]) -> ErrorRecord:
    listed = "".join(f" {name}" for name in names)
    message = f"Cannot process command because of one or more missing mandatory parameters:{listed}."
    return binding(cmdlet, "MissingMandatoryParameter", message, site="missing", name=listed)


def _show(parameter: Parameter, value: Any) -> Value:
    if parameter.type == SWITCH:
        return switch(value)
    if parameter.type == ACTION:
        return enum(ACTION, value, ACTIONS.index(value))
    if parameter.type == CREDENTIAL:
        return Net((CREDENTIAL, "System.Object"), CREDENTIAL)
    if isinstance(value, list):
        return array("System.String", list(value))
    shown: Value = value
    return shown
