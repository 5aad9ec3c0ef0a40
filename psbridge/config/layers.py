"""Where a value comes from: the flag, the environment, the target, `defaults`, the built-in value; the first has it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import msgspec

from psbridge import defaults
from psbridge.config.durations import EXPECTED, duration
from psbridge.config.problems import Problem
from psbridge.errors import UsageError
from psbridge.models.output import OutputFormat
from psbridge.models.text import nearest

BEHAVIOUR: dict[str, Any] = {
    "timeout": defaults.TIMEOUT,
    "call_timeout": defaults.CALL_TIMEOUT,
    "connect_timeout": defaults.CONNECT_TIMEOUT,
    "poll": defaults.POLL,
    "settle": defaults.SETTLE,
    "keep_runs": defaults.KEEP_RUNS,
    "retry_after": defaults.RETRY_AFTER,
    "output": defaults.OUTPUT,
    "require_recovery_ready": defaults.REQUIRE_RECOVERY_READY,
    "require_upload_proof": defaults.REQUIRE_UPLOAD_PROOF,
}
"""What `PSBRIDGE_<KEY>` may set, and the built-in values."""

BUILT_IN: dict[str, Any] = BEHAVIOUR | {
    "auth": defaults.AUTH,
    "configuration_name": defaults.CONFIGURATION_NAME,
    "service": defaults.SERVICE,
    "channel_binding": defaults.CHANNEL_BINDING,
    "idle_timeout": defaults.IDLE_TIMEOUT,
    "module": defaults.MODULE,
    "inferred_checks": {},
}
DURATIONS = ("timeout", "call_timeout", "connect_timeout", "poll", "settle", "keep_runs", "retry_after", "idle_timeout")
DEMO = "demo"
DEMO_VALUES: dict[str, Any] = {"poll": 1.0, "settle": 2.0}
"""The emulated stamp's backups take seconds, so its pauses are short."""

TARGET_ENV = (
    "host", "port", "tls", "auth", "username", "password", "configuration_name", "location", "subscription",
    "expect_deployment_id", "module", "proxy", "service", "service_host", "channel_binding", "idle_timeout",
)  # fmt: skip
"""What `PSBRIDGE_TARGET_<NAME>_<KEY>` may set; what is nested stands in the file only."""

_OTHERS = ("CONFIG", "TARGET", "STATE_DIR", "EMULATE_PASSWORD")
_TRUE, _FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


class Value(msgspec.Struct, frozen=True):
    """A value and where it comes from.

    Attributes:
        origin: such as `/etc/psbridge/config.yaml:7`, `PSBRIDGE_TIMEOUT`, `--timeout` or `built-in`.
    """

    value: Any
    origin: str


def truth(text: str) -> bool | None:
    """Return what a word for true or false means; None for any other."""
    word = text.strip().casefold()
    return True if word in _TRUE else False if word in _FALSE else None


def behaviour(env: Mapping[str, str]) -> tuple[dict[str, Value], list[Problem]]:
    """Return what `PSBRIDGE_<KEY>` sets; an empty variable is not set."""
    values: dict[str, Value] = {}
    problems = []
    for key, built_in in BEHAVIOUR.items():
        name = f"PSBRIDGE_{key.upper()}"
        text = env.get(name)
        if not text:
            continue
        try:
            values[key] = Value(_read(key, text, built_in), name)
        except UsageError as error:
            problems.append(Problem(error.message, key=name))
    return values, problems


def _read(key: str, text: str, built_in: object) -> object:
    if isinstance(built_in, bool):
        found = truth(text)
        if found is None:
            raise UsageError("expected true or false")
        return found
    if isinstance(built_in, float):
        return _duration(text, zero=key in {"settle", "retry_after"})
    if text not in set(OutputFormat):
        raise UsageError(f"expected one of {', '.join(OutputFormat)}")
    return text


def _duration(text: str, *, zero: bool) -> float:
    try:
        return duration(text, zero=zero)
    except UsageError:
        raise UsageError(f"expected {EXPECTED}") from None  # what stands there may be a secret


def variable(target: str, key: str) -> str:
    """Return the variable that sets one key of one target: `PSBRIDGE_TARGET_NYC_DR_HOST` for `nyc-dr`."""
    return f"PSBRIDGE_TARGET_{re.sub('[^A-Z0-9]', '_', target.upper())}_{key.upper()}"


def target_values(target: str, env: Mapping[str, str]) -> Iterator[tuple[str, str, Any]]:
    """Yield key, variable and value of what the environment sets of a target, as the file would hold it."""
    for key in TARGET_ENV:
        name = variable(target, key)
        text = env.get(name)
        if text:
            yield key, name, _as_in_file(key, text)


def _as_in_file(key: str, text: str) -> Any:
    if key == "host":
        return [each.strip() for each in text.split(",")]
    if key == "port" and text.isascii() and text.isdigit():
        return int(text)
    if key in {"tls", "channel_binding"}:
        found = truth(text)
        return text if found is None else found
    return text


def strays(env: Mapping[str, str], targets: Collection[str]) -> list[Problem]:
    """Return a warning for each `PSBRIDGE_` variable that sets nothing; a connection's never works without its target."""
    known = {f"PSBRIDGE_{key.upper()}" for key in BEHAVIOUR} | {f"PSBRIDGE_{other}" for other in _OTHERS}
    known |= {variable(target, key) for target in targets for key in TARGET_ENV}
    secrets = {variable(target, "password") for target in targets}
    found = []
    for name in sorted(env):
        if name in secrets and not env[name]:
            found.append(Problem("is empty, and so sets nothing", key=name, severity="warning"))
        if not name.startswith("PSBRIDGE_") or name in known:
            continue
        own = name.removeprefix("PSBRIDGE_").casefold()
        if own in TARGET_ENV:
            message = f"sets nothing; a target's is PSBRIDGE_TARGET_<NAME>_{own.upper()}"
            found.append(Problem(message, key=name, severity="warning"))
        else:
            found.append(Problem("sets nothing", key=name, nearest=nearest(name, known), severity="warning"))
    return found
