"""Where a value comes from: the flag, the environment, the target, `defaults`, the built-in value; the first has it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

import msgspec

from psbridge.config.problems import Problem
from psbridge.config.rules import Wrong, truth
from psbridge.config.schema import BEHAVIOUR
from psbridge.models.output import OutputFormat
from psbridge.models.text import nearest
from psbridge.yamlfile import Node, Scalar, Sequence

DEMO = "demo"
DEMO_VALUES: dict[str, Any] = {"poll": 1.0, "settle": 2.0}
"""The emulated stamp's backups take seconds, so its pauses are short."""

TARGET_ENV = (
    "host", "port", "tls", "auth", "username", "password", "configuration_name", "location", "subscription",
    "expect_deployment_id", "module", "proxy", "service", "service_host", "channel_binding", "idle_timeout",
    "store", "store_username", "store_password",
)  # fmt: skip
"""What `PSBRIDGE_TARGET_<NAME>_<KEY>` may set; what is nested stands in the file only."""

_PREFIX = "PSBRIDGE_TARGET_"
_OTHERS = (
    "CONFIG",
    "TARGET",
    "STATE_DIR",
    "EMULATE_PASSWORD",
    "EMULATE_SECRET",
    "EMULATE_KEY_PASSWORD",
    "EMULATE_TLS_KEY_PASSWORD",
)


class Value(msgspec.Struct, frozen=True):
    """A value and where it comes from.

    Attributes:
        origin: such as `/etc/psbridge/config.yaml:7`, `PSBRIDGE_TIMEOUT`, `--timeout` or `built-in`.
        parts: the origins of what a nested value of a target takes from `defaults`, by their keys in it.
    """

    value: Any
    origin: str
    parts: Mapping[str, str] = {}


def behaviour(env: Mapping[str, str]) -> tuple[dict[str, Value], list[Problem]]:
    """Return what `PSBRIDGE_<KEY>` sets; an empty variable is not set."""
    values: dict[str, Value] = {}
    problems = []
    for key, declared in BEHAVIOUR.items():
        name = f"PSBRIDGE_{key.upper()}"
        text = env.get(name)
        if not text:
            continue
        try:
            values[key] = Value(declared.rule.read(text), name)
        except Wrong as wrong:
            message = f"expected one of {', '.join(OutputFormat)}" if key == "output" else wrong.message
            problems.append(Problem(message, key=name))
    return values, problems


def variable(target: str, key: str) -> str:
    """Return the variable that sets one key of one target: `PSBRIDGE_TARGET_NYC_DR_HOST` for `nyc-dr`."""
    return f"{_PREFIX}{re.sub('[^A-Z0-9]', '_', target.upper())}_{key.upper()}"


def of_targets(env: Mapping[str, str]) -> Callable[[str], dict[str, tuple[str, Node]]]:
    """Return what gives a target's keys that the environment sets: each one's variable, and its value as in a file."""
    if not any(name.startswith(_PREFIX) for name in env):
        return lambda _: {}

    def given(target: str) -> dict[str, tuple[str, Node]]:
        names = {key: variable(target, key) for key in TARGET_ENV}
        return {key: (name, _as_in_file(key, env[name])) for key, name in names.items() if env.get(name)}

    return given


def _as_in_file(key: str, text: str) -> Node:
    if key == "host":
        hosts = Sequence(0)
        hosts.items += [Scalar(each.strip(), 0) for each in text.split(",")]
        return hosts
    if key in {"tls", "channel_binding"}:
        found = truth(text)
        return Scalar(text if found is None else str(found), 0, plain=found is not None)
    return Scalar(text, 0, plain=key == "port" and text.isascii() and text.isdigit())


def strays(env: Mapping[str, str], targets: Collection[str]) -> list[Problem]:
    """Return a warning for each `PSBRIDGE_` variable that sets nothing; a connection's never works without its target."""
    known = {f"PSBRIDGE_{key.upper()}" for key in BEHAVIOUR} | {f"PSBRIDGE_{other}" for other in _OTHERS}
    given = [name for name in sorted(env) if name.startswith("PSBRIDGE_")]
    if known.issuperset(given):
        return []
    known |= {variable(target, key) for target in targets for key in TARGET_ENV}
    secrets = {variable(target, key) for target in targets for key in ("password", "store_password")}
    found = []
    for name in given:
        if name in secrets and not env[name]:
            found.append(Problem("is empty, and so sets nothing", key=name, severity="warning"))
        if name in known:
            continue
        own = name.removeprefix("PSBRIDGE_").casefold()
        if own in TARGET_ENV:
            message = f"sets nothing; a target's is PSBRIDGE_TARGET_<NAME>_{own.upper()}"
            found.append(Problem(message, key=name, severity="warning"))
        else:
            found.append(Problem("sets nothing", key=name, nearest=nearest(name, known), severity="warning"))
    return found
