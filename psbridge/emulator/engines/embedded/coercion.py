"""An argument to a parameter's type, with the engine's own words where that fails (measured on PowerShell 7.6.9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from psrpcore.types import PSCredential

from psbridge.emulator.engines.dialect import Cmdlet, Parameter
from psbridge.emulator.engines.dialect import model as dialect
from psbridge.emulator.engines.embedded.binding_errors import binding
from psbridge.emulator.engines.embedded.error_record import Category, Terminate
from psbridge.emulator.engines.embedded.exceptions import (
    NetException,
    invalid_value,
    no_integer,
    no_such_number,
    no_such_word,
    not_settable,
    not_supported,
    not_transformed,
)

ACTIONS = ("SilentlyContinue", "Stop", "Continue", "Inquire", "Ignore", "Suspend", "Break")
_EMPTY = "The argument is null or empty. Provide an argument that is not null or empty, and then try the command again."
_EMPTY_ITEMS = (
    "The argument is null, empty, or an element of the argument collection contains a null value. Supply a collection "
    "that does not contain any null values and then try the command again."
)


def type_of(value: object) -> str | None:
    """Return the .NET type that a deserialised argument has, as the binder names it."""
    for kind, name in (
        (bool, "System.Boolean"),
        (str, "System.String"),
        (int, "System.Int32"),
        (float, "System.Single"),
    ):
        if isinstance(value, kind):
            return name
    return None if value is None else "System.Management.Automation.PSObject"


def coerce(cmdlet: Cmdlet, parameter: Parameter, value: object) -> Any:
    """Return the argument as the parameter's type.

    Raises:
        Terminate: it can't be converted, or the parameter refuses it.
    """
    converted = _CONVERTERS[parameter.type](cmdlet, parameter, value)
    _validate(cmdlet, parameter, value, converted)
    return converted


def _cannot(
    cmdlet: Cmdlet, parameter: Parameter, value: object, message: str, error_id: str, cause: NetException | None = None
) -> Terminate:
    return _refused(cmdlet, parameter, type_of(value), error_id, message, site="coerce", cause=cause)


def _refused(
    cmdlet: Cmdlet,
    parameter: Parameter,
    given: str | None,
    error_id: str,
    message: str,
    *,
    site: str,
    category: Category = Category.InvalidArgument,
    kind: str = "ParameterBindingException",
    cause: NetException | None = None,
) -> Terminate:
    """Return the end of a statement whose parameter does not take its argument, of the type `given`."""
    name, wanted = parameter.name, parameter.type
    return Terminate(
        binding(
            cmdlet,
            error_id,
            message,
            site=site,
            name=name,
            wanted=wanted,
            given=given,
            category=category,
            kind=kind,
            cause=cause,
        )
    )


def _shown(value: object) -> str:
    if isinstance(value, list):
        return " ".join(_shown(item) for item in value)
    return "" if value is None else str(value)


def _to_string(cmdlet: Cmdlet, parameter: Parameter, value: object) -> str:
    if isinstance(value, bool | int | float) or value is None:
        return _shown(value)
    if isinstance(value, str):
        return str(value)
    inner = not_supported()
    message = (
        f"Cannot convert '{_shown(value)}' to the type 'System.String' required by parameter '{parameter.name}'. "
        f"{inner.message}"
    )
    raise _cannot(cmdlet, parameter, value, message, "CannotConvertArgument", inner)


def _to_strings(cmdlet: Cmdlet, parameter: Parameter, value: object) -> list[str]:
    if value is None:
        return []
    if isinstance(value, list):
        return [_to_string(cmdlet, parameter, item) for item in value]
    return [_to_string(cmdlet, parameter, value)]


def _to_switch(cmdlet: Cmdlet, parameter: Parameter, value: object) -> bool:
    if value is None:
        return True  # a switch sent without a value is present (measured)
    if isinstance(value, bool | int | float):
        return bool(value)
    given = "System.Collections.ArrayList" if isinstance(value, list) else type_of(value)
    message = f"Cannot convert '{given}' to the type '{parameter.type}' required by parameter '{parameter.name}'. "
    raise _cannot(cmdlet, parameter, value, message, "CannotConvertArgument")


def _to_int(cmdlet: Cmdlet, parameter: Parameter, value: object) -> int:
    text = _shown(value)
    try:
        return int(text or 0)
    except ValueError:
        cause = no_integer(text)
        if cmdlet.kind == "Function" and parameter in cmdlet.parameters:
            cause = not_transformed(cause)
            raise _not_transformed(cmdlet, parameter, type_of(value), cause.message, cause) from None
        raise _not_bound(cmdlet, parameter, value, cause) from None


def _to_action(cmdlet: Cmdlet, parameter: Parameter, value: object) -> str:
    text = _shown(value)
    matches = [word for word in ACTIONS if word.casefold().startswith(text.casefold())] if text else []
    if text.isdecimal() and int(text) < len(ACTIONS):
        matches = [ACTIONS[int(text)]]
    if matches == ["Suspend"]:
        raise _suspended(cmdlet, parameter)
    if len(matches) == 1:
        return matches[0]
    no_word = no_such_number if text.isdecimal() or not text else no_such_word
    raise _not_bound(cmdlet, parameter, value, no_word(text, parameter.type, ACTIONS))


def _not_bound(cmdlet: Cmdlet, parameter: Parameter, value: object, cause: NetException) -> Terminate:
    message = f"Cannot bind parameter '{parameter.name}'. {cause.message}"
    return _cannot(cmdlet, parameter, value, message, "CannotConvertArgumentNoMessage", cause)


def _not_transformed(
    cmdlet: Cmdlet, parameter: Parameter, given: str | None, why: str, cause: NetException | None = None
) -> Terminate:
    return _refused(
        cmdlet,
        parameter,
        given,
        "ParameterArgumentTransformationError",
        f"Cannot process argument transformation on parameter '{parameter.name}'. {why}",
        site="bind",
        category=Category.InvalidData,
        kind="ParameterBindingArgumentTransformationException",
        cause=cause,
    )


def _suspended(cmdlet: Cmdlet, parameter: Parameter) -> Terminate:
    cause = not_settable(
        parameter.name,
        "The Suspend ActionPreference value is reserved for future use and is not supported at this time. For more "
        'information about preference variables, see the Help topic, "about_Preference_Variables."',
    )
    message = f"Cannot bind parameter '{parameter.name}' to the target. {cause.message}"
    return _refused(
        cmdlet,
        parameter,
        parameter.type,
        "ParameterBindingFailed",
        message,
        site="bind",
        category=Category.WriteError,
        cause=cause,
    )


def _to_credential(cmdlet: Cmdlet, parameter: Parameter, value: object) -> PSCredential:
    if isinstance(value, PSCredential):
        return value
    why = (
        "A command that prompts the user failed because the host program or the command type does not support user "
        "interaction. The host was attempting to request confirmation with the following message: Enter your "
        "credentials."
        if isinstance(value, str)
        else "userName"
    )
    raise _not_transformed(cmdlet, parameter, type_of(value), why)


_CONVERTERS: dict[str, Callable[[Cmdlet, Parameter, object], Any]] = {
    dialect.STRING: _to_string,
    dialect.STRINGS: _to_strings,
    dialect.SWITCH: _to_switch,
    dialect.INT32: _to_int,
    dialect.ACTION: _to_action,
    dialect.CREDENTIAL: _to_credential,
    dialect.ANY: lambda _cmdlet, _parameter, value: value,
}


def _validate(cmdlet: Cmdlet, parameter: Parameter, value: object, converted: Any) -> None:
    problem, attribute = None, "ValidateNotNullOrAttributeBase"
    if parameter.filled and value is None:
        problem = _EMPTY
    elif parameter.filled and (not converted or (isinstance(converted, list) and "" in converted)):
        problem = _EMPTY_ITEMS if isinstance(converted, list) else _EMPTY
    elif parameter.allowed and converted.upper() not in map(str.upper, parameter.allowed):
        problem = (
            f'The argument "{converted}" does not belong to the set "{",".join(parameter.allowed)}" specified by the '
            "ValidateSet attribute. Supply an argument that is in the set and then try the command again."
        )
    elif parameter.length is not None and (problem := _length_problem(converted, *parameter.length)):
        attribute = "ValidateLengthAttribute"
    if parameter.allowed and value is not None:
        attribute = "ValidateSetAttribute"
    if problem is not None:
        raise _invalid(
            cmdlet,
            parameter,
            value if value is None else converted,
            "ParameterArgumentValidationError",
            f"Cannot validate argument on parameter '{parameter.name}'. {problem}",
            invalid_value(problem, attribute=attribute),
        )
    if parameter.mandatory and converted == "":
        empty = "null" if value is None else "an empty string"
        suffix = "Null" if value is None else "EmptyString"
        raise _invalid(
            cmdlet,
            parameter,
            value,
            f"ParameterArgumentValidationError{suffix}NotAllowed",
            f"Cannot bind argument to parameter '{parameter.name}' because it is {empty}.",
            None,
        )


def _length_problem(text: str, least: int, most: int) -> str | None:
    """Return why ValidateLength refuses a text."""
    size = len(text.encode("utf-16-le", "surrogatepass")) // 2
    if size < least:
        return (
            f"The character length ({size}) of the argument is too short. Specify an argument with a length that is "
            f'greater than or equal to "{least}", and then try the command again.'
        )
    if size > most:
        return (
            f"The character length of the {size} argument is too long. Shorten the character length of the argument so "
            f'it is fewer than or equal to "{most}" characters, and then try the command again.'
        )
    return None


def _invalid(
    cmdlet: Cmdlet, parameter: Parameter, value: object, error_id: str, message: str, cause: NetException | None
) -> Terminate:
    return _refused(
        cmdlet,
        parameter,
        parameter.type if isinstance(value, list) else type_of(value),
        error_id,
        message,
        site="bind" if cause else "validate",
        category=Category.InvalidData,
        kind="ParameterBindingValidationException",
        cause=cause,
    )
