"""A config's plain values against the models: what holds, and every problem with its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psbridge.config.problems import MOST, Problem, nearest
from psbridge.config.schema import (
    Defaults,
    InferredChecks,
    Model,
    Root,
    ServicePrincipal,
    SignInModel,
    TargetModel,
    TlsModel,
)
from psbridge.config.yamlio import Parsed, Path, dotted

_MODELS: dict[str, type[Model]] = {
    "defaults": Defaults,
    "tls": TlsModel,
    "sign_in": SignInModel,
    "service_principal": ServicePrincipal,
    "inferred_checks": InferredChecks,
}
_NEVER = {
    "status": "the status decides the verdict",
    "roles": "the roles decide the verdict",
    "id": "an answer about another backup is no answer",
    "upload": "a backup that is not uploaded is none",
}
"""What stands among the comparisons of a look and is no inference; why it is never turned down."""
_EXPECTED = {
    "location": "expected a location: 1 to 64 letters, digits and -",
    "host": "expected a host name or address, without scheme and port",
    "port": "expected a port, 1 to 65535",
    "server_name": "expected a host name or address, without scheme and port",
    "service_host": "expected a host name or address, without scheme and port",
    "service": "expected 1 to 64 letters, digits, _ and -",
    "expect_deployment_id": "expected an id (a GUID)",
    "application_id": "expected an id (a GUID)",
    "certificate_thumbprint": "expected 40 hexadecimal digits",
    "arm_endpoint": "expected an https:// address without a path",
    "version": "expected 1",
    "targets": "expected a mapping of target names",
    "[key]": "expected a target name of 1 to 64 letters, digits, . _ -, with a letter or digit at both ends",
}
_TYPES = {
    "string_type": "expected text; put it in quotes",
    "string_too_short": "expected text that is not empty",
    "bool_type": "expected true or false",
    "model_type": "expected a mapping of keys",
    "missing": "this key is missing, and psbridge needs it",
    "extra_forbidden": "unknown key",
}


def check(parsed: Parsed, file: str, variables: Mapping[Path, str]) -> tuple[Root | None, list[Problem]]:
    """Return the values as the models hold them, and what is wrong.

    Args:
        parsed: a file's values, with those of the environment in their places.
        file: for the problems.
        variables: which of the values came from which variable.
    """
    from pydantic import ValidationError

    try:
        return Root.model_validate(parsed.value), []
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=True)
    return None, [_problem(dict(item), parsed, file, variables, near=at < MOST) for at, item in enumerate(found)]


def _problem(item: dict[str, Any], parsed: Parsed, file: str, variables: Mapping[Path, str], *, near: bool) -> Problem:
    path: Path = item["loc"]
    message = _message(item, path)
    like = _nearest(item, path) if near else None  # it costs most
    shown = path[:-1] if path and path[-1] == "[key]" else path
    variable = next((name for place, name in variables.items() if shown[: len(place)] == place), None)
    if variable:
        return Problem(message, key=variable, nearest=like)
    return Problem(message, file=file, line=parsed.line(shown), key=dotted(shown), nearest=like)


def _message(item: dict[str, Any], path: Path) -> str:
    kind = item["type"]
    if kind == "extra_forbidden" and len(path) > 1 and path[-2] == "inferred_checks":
        return _not_turned_down(str(path[-1]))
    if kind in _TYPES and (kind != "string_type" or item["input"] is not None):
        return _TYPES[kind]
    named = [part for part in path if isinstance(part, str)]
    if kind not in {"duration", "secret", "tls", "proxy"} and named and named[-1] in _EXPECTED:
        return _EXPECTED[named[-1]]
    if kind == "string_pattern_mismatch":
        return "expected text without control characters"
    said = str(item["msg"]).replace("Input should be", "expected")
    return said.replace("a valid dictionary", "a mapping").replace("a valid list", "a list")


def _not_turned_down(name: str) -> str:
    """Return why a comparison can't be turned into a warning."""
    why = _NEVER.get(name) or _NEVER.get(nearest(name, _NEVER) or "")
    return (
        f"can't be turned down: {why}"
        if why
        else f"unknown check; expected one of {', '.join(InferredChecks.model_fields)}"
    )


def _nearest(item: dict[str, Any], path: Path) -> str | None:
    if item["type"] == "extra_forbidden":
        return nearest(str(path[-1]), _model(path[:-1]).model_fields)
    if item["type"] == "literal_error" and isinstance(item["input"], str):
        return nearest(item["input"], str(item["ctx"]["expected"]).replace("'", "").replace(" or ", ", ").split(", "))
    return None


def _model(path: Path) -> type[Model]:
    """Return the model that stands at a path."""
    if not path:
        return Root
    if path[0] == "targets" and len(path) == 2:
        return TargetModel
    return _MODELS.get(str(path[-1]), Root)
