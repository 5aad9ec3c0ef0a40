"""A config's plain values against the models: what holds, and every problem with its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psbridge.config import keys
from psbridge.config.problems import MOST, Path, Problem
from psbridge.config.schema import Root
from psbridge.config.yamlio import Parsed
from psbridge.models.text import nearest

_NO_VALUE = "this key has no value; give it one, or leave the key out"
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
    """Return the values as the models hold them, but for targets that are wrong, and what is wrong.

    Args:
        parsed: a file's values, with those of the environment in their places.
        file: for the problems.
        variables: which of the values came from which variable.

    Returns:
        None in place of the values where what is wrong concerns more than a target.
    """
    root, refused = _validated(parsed.value)
    found = _once([*refused, *_empty(parsed)], parsed)
    problems = [_problem(item, parsed, file, variables, near=at < MOST) for at, item in enumerate(found)]
    targets = parsed.value.get("targets")
    names = targets if isinstance(targets, dict) else {}
    wrong = {keys.concerned(problem.path, names) for problem in (*parsed.problems, *problems)}
    if None in wrong:
        return None, problems
    if wrong:
        sound = {name: target for name, target in names.items() if name not in wrong}
        root, _ = _validated(parsed.value | {"targets": sound})
    return root, problems


def _validated(value: object) -> tuple[Root | None, list[dict[str, Any]]]:
    from pydantic import ValidationError

    try:
        return Root.model_validate(value), []
    except ValidationError as error:
        return None, [dict(item) for item in error.errors(include_url=False, include_context=True)]


def _empty(parsed: Parsed) -> list[dict[str, Any]]:
    return [{"type": "empty", "loc": path, "msg": _NO_VALUE, "input": None} for path in parsed.empty]


def _once(found: list[dict[str, Any]], parsed: Parsed) -> list[dict[str, Any]]:
    """Return what is worth telling: of one place one thing, and of what is below an unknown key nothing."""
    unknown = {item["loc"] for item in found if item["type"] == "extra_forbidden"}
    told = {problem.path for problem in parsed.problems}
    empty = set(parsed.empty)

    def worth(item: dict[str, Any]) -> bool:
        path = item["loc"]
        if path in unknown and item["type"] == "extra_forbidden":
            return True
        above = {path[:length] for length in range(1, len(path) + 1)}
        return not above & (unknown | told) if item["type"] == "empty" else not above & (told | empty)

    return [item for item in found if worth(item)]


def _problem(item: dict[str, Any], parsed: Parsed, file: str, variables: Mapping[Path, str], *, near: bool) -> Problem:
    path: Path = item["loc"]
    variable = next((name for place, name in variables.items() if path[: len(place)] == place), None)
    if variable:
        return Problem(_message(item, path), key=variable, nearest=_nearest(item) if near else None, path=path)
    if item["type"] == "extra_forbidden" and near:  # to look for what is like it costs most
        message, like = keys.unknown(path)
    else:
        message, like = _message(item, path), _nearest(item) if near else None
    shown, path = _shown(item, path, near=near)
    return Problem(message, file=file, line=parsed.line(path), key=keys.shown(shown), nearest=like, path=path)


def _shown(item: dict[str, Any], path: Path, *, near: bool) -> tuple[Path, Path]:
    """Return the path to show and the whole one: a word in a name's place that is not a target's may be a secret."""
    if path and path[-1] == "[key]":
        return ("targets",), path[:-1]
    if len(path) == 2 and path[0] == "targets":
        return ("targets",), path
    if item["type"] == "extra_forbidden" and not (near and keys.repeatable(str(path[-1]))):
        return path[:-1], path
    return path, path


def _message(item: dict[str, Any], path: Path) -> str:
    kind = item["type"]
    if kind == "empty":
        return _NO_VALUE
    if kind in _TYPES and (kind != "string_type" or item["input"] is not None):
        return _TYPES[kind]
    named = [part for part in path if isinstance(part, str)]
    if kind not in {"duration", "secret", "tls", "proxy"} and named and named[-1] in _EXPECTED:
        return _EXPECTED[named[-1]]
    if kind == "string_pattern_mismatch":
        return "expected text without control characters"
    said = str(item["msg"]).replace("Input should be", "expected")
    return said.replace("a valid dictionary", "a mapping").replace("a valid list", "a list")


def _nearest(item: dict[str, Any]) -> str | None:
    if item["type"] == "literal_error" and isinstance(item["input"], str):
        return nearest(item["input"], str(item["ctx"]["expected"]).replace("'", "").replace(" or ", ", ").split(", "))
    return None
