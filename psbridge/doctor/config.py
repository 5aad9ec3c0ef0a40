"""The stage `config`: the config, the secrets and the packages of the target. No value of a secret is shown."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from psbridge.config import layers
from psbridge.config.layers import DEMO
from psbridge.config.load import Config, load
from psbridge.config.problems import Problem, refuse
from psbridge.config.resolve import resolve, select_target
from psbridge.config.secrets import FromCommand, FromCredential, FromEnv, FromFile, PlainText
from psbridge.config.sign_in import secret
from psbridge.config.validate import check_here
from psbridge.doctor.results import failed, found, ok, warn
from psbridge.doctor.state import DoctorState
from psbridge.errors import ConfigError
from psbridge.models.diagnosis import Finding, StageResult, StageState

_PLACES: Final[dict[type, str]] = {
    PlainText: "the config itself",
    FromEnv: "a variable",
    FromFile: "a file",
    FromCommand: "a command",
    FromCredential: "a credential of systemd",
}
_EXPLAINED: Final = "Each key is explained by `psbridge help configuration`."


def check(state: DoctorState) -> StageResult:
    """Load the config, choose the target and read its secrets, as every command does; a password is asked for at most once."""
    asked = state.asked
    try:
        config = state.config = load(asked.config, asked.env)
        name = state.name = select_target(config, asked.target, asked.env)
        problems = [] if name == DEMO else check_here(config, [name], state.clock.now())[0]
        target = resolve(config, name, asked.flags, prompt=asked.prompt, warn=lambda _: None)  # `problems` has them
        wrong = [it for it in problems if it.severity == "error"]
        if wrong:
            raise refuse(wrong)
    except ConfigError as problem:
        return _invalid(problem)
    state.target = asked.lead(target)
    state.begin_group()  # a person may have taken a while for the password
    own = [it for it in config.warnings if not (it.key or "").startswith("targets.") or f".{name}." in (it.key or "")]
    warned = [warn(*_with_remedy(said)) for said in dict.fromkeys(map(str, (*problems, *own)))]
    return found(ok(_summary(config, name)), *warned, facts=_facts(config, name))


def _with_remedy(said: str) -> tuple[str, str]:
    """Return a warning and what to do; one about permissions ends with its command."""
    what, ends, command = said.partition("; chmod ")
    return (what, f"Run: chmod {command}") if ends else (said, _EXPLAINED)


def _invalid(problem: ConfigError) -> StageResult:
    """Return the failure, with all the problems that the error names."""
    listed: Iterable[dict[str, Any]] = problem.detail.get("problems") or ()
    findings = tuple(Finding(str(Problem(**it)), _state(it["severity"]), problem.hint) for it in listed)
    return StageResult(StageState.FAIL, findings, error=problem) if findings else failed(problem)


def _state(severity: str) -> StageState:
    return StageState.FAIL if severity == "error" else StageState.WARN


def _summary(config: Config, name: str) -> str:
    if name == DEMO:
        return "the built-in target demo, which needs no config"
    values = {key: value.value for key, value in config.values(name).items()}
    kept = [f"{key} from {where}" for key, where in _kept(values)]
    return ", ".join([str(config.path), f"target {name}", f"auth {values['auth']}", *kept])


def _kept(values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each secret that is configured, and in which kind of place it is kept."""
    places = {key: values.get(key) for key in ("password", "store_password")} | {
        "sign_in": secret(values.get("sign_in"))
    }
    for key, source in places.items():
        if source is not None:
            yield key, _PLACES[type(source)]


def _facts(config: Config, name: str) -> dict[str, Any]:
    names = sorted(it for it in config.env if it.startswith("PSBRIDGE_"))
    values = {} if name == DEMO else {key: value.value for key, value in config.values(name).items()}
    return {
        "file": str(config.path) if config.path else None,
        "mode": _mode(config.path),
        "target": name,
        "auth": values.get("auth"),
        "secrets": dict(_kept(values)),
        "variables": [it for it in names if not it.endswith("_PASSWORD") or config.env[it]],
        "settable": layers.variable(name, "KEY"),
    }


def _mode(path: Path | None) -> str | None:
    try:
        return None if path is None else f"{stat.S_IMODE(path.stat().st_mode):04o}"
    except OSError:
        return None
