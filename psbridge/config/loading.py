"""The config read: the file, the environment over it, and where each value comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec

from psbridge.config import files, layers
from psbridge.config.layers import BUILT_IN, DEMO, DEMO_VALUES, Value
from psbridge.config.problems import Problem, most, refuse
from psbridge.config.sources import PlainText, SecretSource
from psbridge.errors import ConfigError
from psbridge.files import expanded
from psbridge.models.connection import Tls
from psbridge.models.secret import Masked
from psbridge.values import replace

if TYPE_CHECKING:
    from psbridge.config.schema import SignInModel, TargetModel, TlsModel
    from psbridge.config.yamlio import Parsed

_EMPTY: Mapping[str, Any] = MappingProxyType({})


class SignInConfig(msgspec.Struct, frozen=True):
    """How a target's session is signed in; the secret is not read yet."""

    environment: str
    arm_endpoint: str
    tenant: str
    application_id: str
    secret: SecretSource


class Config(msgspec.Struct, frozen=True):
    """The config. Secrets are named by their source; only a plain one is held, as a `Secret`.

    Attributes:
        path: the file, None if there is none.
        defaults: what the file's `defaults` say.
        environment: what `PSBRIDGE_<KEY>` says of behaviour.
        targets: what the file says of each target that is sound, `PSBRIDGE_TARGET_<NAME>_<KEY>` over it.
        invalid: what is wrong with each other target; only commands on that one end with it.
        warnings: what is worth a look and stops nothing.
        env: the environment, for secrets that are read late; masked, however the config is made.
    """

    path: Path | None = None
    defaults: Mapping[str, Value] = _EMPTY
    environment: Mapping[str, Value] = _EMPTY
    targets: Mapping[str, Mapping[str, Value]] = _EMPTY
    invalid: Mapping[str, tuple[Problem, ...]] = _EMPTY
    warnings: tuple[Problem, ...] = ()
    env: Mapping[str, str] = _EMPTY

    def __post_init__(self) -> None:
        """Keep the environment's values out of what is shown of the config."""
        msgspec.structs.force_setattr(self, "env", Masked(self.env))

    @property
    def names(self) -> tuple[str, ...]:
        """The targets of the config; `demo`, which always exists, is not among them."""
        return (*self.targets, *(name for name, wrong in self.invalid.items() if _named(name, wrong)))

    @property
    def problems(self) -> list[Problem]:
        """What is wrong with the targets."""
        return [problem for wrong in self.invalid.values() for problem in wrong]

    def values(self, target: str | None, flags: Mapping[str, Any] | None = None) -> dict[str, Value]:
        """Return what holds for a target, or without one for psbridge itself.

        Args:
            target: a name of the config, `demo`, or None.
            flags: values of the command line, parsed (durations in seconds); a None is not given.

        Raises:
            ConfigError: the target is not sound.
        """
        if target and target != DEMO and target in self.invalid:
            raise refuse(self.invalid[target])
        own = self.targets.get(target, _EMPTY) if target else _EMPTY
        if target == DEMO:
            own = {key: Value(value, DEMO) for key, value in DEMO_VALUES.items()}
        given = {key: Value(v, f"--{key.replace('_', '-')}") for key, v in (flags or {}).items() if v is not None}
        built_in = {key: Value(value, "built-in") for key, value in BUILT_IN.items()}
        if target and target != DEMO:
            built_in["tls"] = Value(Tls(), "built-in")
        return {**built_in, **self.defaults, **own, **self.environment, **given}


def _named(name: str, wrong: Sequence[Problem]) -> bool:
    """Tell whether a name is one: not the demo's, and no word in a target's place that may be a secret."""
    places = {problem.key for problem in wrong}
    return name.casefold() != DEMO and "targets" not in places


def load(path: str | Path | None, env: Mapping[str, str], *, system: Path = files.SYSTEM) -> Config:
    """Return the config that is found, or an empty one where there is no file.

    Args:
        path: the value of `--config`, or None.
        env: the environment.
        system: the machine's own file.

    Raises:
        ConfigError: the file is wrong beyond a target of it; `detail.problems` lists all that is wrong, with file, line, key
            and nearest right key. What is wrong with a target alone is in `Config.invalid`.
    """
    found = files.find(path, env, system)
    environment, problems = layers.behaviour(env)
    if found is None:
        if problems:
            raise refuse(problems)
        return Config(environment=environment, warnings=tuple(layers.strays(env, ())), env=dict(env))
    text, open_to_read = files.read(found, "config")
    config, more = _parse(text, found, environment, env)
    if config is None or problems:
        raise refuse([*problems, *more])
    strays = layers.strays(env, (*config.targets, *config.invalid))
    warnings = (*_plain_secrets(config, open_to_read=open_to_read), *strays)
    return replace(config, warnings=warnings, env=dict(env))


def _parse(
    text: str, path: Path, environment: Mapping[str, Value], env: Mapping[str, str]
) -> tuple[Config | None, list[Problem]]:
    """Return the config, or None where it is wrong beyond a target, and all that is wrong."""
    from psbridge.config import yamlio

    parsed = yamlio.parse(text, str(path))
    if parsed.value is None:
        return None, parsed.problems
    from psbridge.config.check import check

    variables = _overlay(parsed.value, env)
    root, found = check(parsed, str(path), variables)
    problems = parsed.problems + found + list(_names(parsed, str(path)))
    if root is None:
        return None, problems
    where = _Where(parsed, path, variables)
    defaults = {key: Value(v, where.origin("defaults", key)) for key, v in _set(root.defaults).items()}
    invalid: dict[str, list[Problem]] = {}
    for problem in problems:
        invalid.setdefault(str(problem.path[1]), []).append(problem)
    targets = {}
    for name, model in root.targets.items():
        try:
            targets[name] = _target(name, model, where)
        except ConfigError as nowhere:  # a path that begins with the home of nobody
            invalid.setdefault(name, []).append(where.problem(nowhere.message, "targets", name))
    sound = Config(path, defaults, environment, targets)
    for problem in (*_pairs(sound, where), *_sign_ins(root.targets, where)):
        invalid.setdefault(str(problem.path[1]), []).append(problem)
    kept = {name: values for name, values in targets.items() if name not in invalid}
    wrong = {name: tuple(most(invalid[name])) for name in parsed.value.get("targets", ()) if name in invalid}
    return replace(sound, targets=kept, invalid=wrong), list(chain(*wrong.values()))


def _overlay(value: dict[str, Any], env: Mapping[str, str]) -> dict[tuple[str | int, ...], str]:
    """Put the targets' variables in their places, and return which they are."""
    variables: dict[tuple[str | int, ...], str] = {}
    targets = value.get("targets")
    for name, target in targets.items() if isinstance(targets, dict) else ():
        if isinstance(target, dict):
            for key, variable, given in layers.target_values(name, env):
                target[key] = given
                variables["targets", name, key] = variable
    return variables


class _Where(msgspec.Struct, frozen=True):
    """Which place a value came from."""

    parsed: Parsed
    path: Path
    variables: Mapping[tuple[str | int, ...], str]

    def origin(self, *place: str) -> str:
        """Return it as `config show --origin` names it."""
        return self.variables.get(place) or f"{self.path}:{self.parsed.line(place)}"

    def problem(self, message: str, *place: str) -> Problem:
        """Return a problem at a place."""
        variable = self.variables.get(place[:3])
        if variable:
            return Problem(message, key=variable, path=place)
        line = self.parsed.line(place)
        return Problem(message, file=str(self.path), line=line, key=".".join(place), path=place)


def _set(model: Any) -> dict[str, Any]:
    given = {key: getattr(model, key) for key in type(model).model_fields if key in model.model_fields_set}
    if "inferred_checks" in given:
        given["inferred_checks"] = {key: word for key, word in _set(model.inferred_checks).items() if word is not None}
    return given


def _target(name: str, model: TargetModel, where: _Where) -> dict[str, Value]:
    values = _set(model)
    if "tls" in values:
        values["tls"] = _tls(model.tls, where.path)
    if model.sign_in is not None:
        values["sign_in"] = _sign_in(model.sign_in)
    return {
        key: Value(v, where.origin("targets", name, key)) for key, v in values.items() if v is not None or key == "tls"
    }


def _tls(tls: TlsModel | None, config: Path) -> Tls | None:
    if tls is None:
        return None
    ca, cert, key = (beside(config, each) for each in (tls.ca, tls.client_cert, tls.client_key))
    return Tls(ca=ca, verify=tls.verify, client_cert=cert, client_key=key, server_name=tls.server_name)


def beside(config: Path | None, path: str | None) -> str | None:
    """Return a path of the config: `~` is the user's home, a relative one is beside the config.

    Raises:
        ConfigError: it begins with a home folder that is not known.
    """
    if path is None:
        return None
    try:
        found = expanded(path)
    except OSError as error:
        raise refuse([Problem(f"can't be found: {error.strerror}", file=path)]) from None
    return str(found if found.is_absolute() or config is None else config.parent.absolute() / found)


def _sign_in(model: SignInModel) -> SignInConfig | None:
    who = model.service_principal
    if who.secret is None:
        return None
    return SignInConfig(model.environment, model.arm_endpoint, model.tenant, who.application_id, who.secret)


def _sign_ins(targets: Mapping[str, TargetModel], where: _Where) -> Iterator[Problem]:
    for name, target in targets.items():
        who = target.sign_in.service_principal if target.sign_in else None
        place = ("targets", name, "sign_in", "service_principal")
        if who and who.secret is not None and who.certificate_thumbprint:
            yield where.problem("expected secret or certificate_thumbprint, not both", *place)
        elif who and who.certificate_thumbprint:
            yield where.problem("signing in with a certificate is not in this release; use secret", *place)
        elif who and who.secret is None:
            yield where.problem("expected a secret", *place)


def _names(parsed: Parsed, file: str) -> Iterator[Problem]:
    targets = parsed.value.get("targets")
    alike: dict[str, list[str]] = {}
    for name in targets if isinstance(targets, dict) else ():
        alike.setdefault(layers.variable(name, ""), []).append(name)
        if name.casefold() == DEMO:
            message = "`demo` is psbridge's own emulated target; take another name"
            path = ("targets", name)
            yield Problem(message, file=file, line=parsed.line(path), key=f"targets.{name}", path=path)
    for names in alike.values():
        for name in names if len(names) > 1 else ():
            path = ("targets", name)
            other = next(each for each in names if each != name)
            message = f"shares its variables' name with target {other}"
            yield Problem(message, file=file, line=parsed.line(path), key=f"targets.{name}", path=path)


def _pairs(config: Config, where: _Where) -> Iterator[Problem]:
    from psbridge.config.pairs import impossible

    for name in config.names:
        values = {key: each.value for key, each in config.values(name).items()}
        for key, message in impossible(values):
            yield where.problem(message, "targets", name, *key.split("."))


def _plain_secrets(config: Config, *, open_to_read: bool) -> Iterator[Problem]:
    file = str(config.path)
    for name, values in config.targets.items():
        sources = {"password": values.get("password"), "sign_in.service_principal.secret": values.get("sign_in")}
        for key, value in sources.items():
            source = value.value.secret if value and isinstance(value.value, SignInConfig) else value and value.value
            if value is None or not isinstance(source, PlainText) or value.origin.startswith("PSBRIDGE_"):
                continue
            more = ", and others may read this file" if open_to_read else ""
            message = f"the secret stands in the config as plain text{more}; better {{file: PATH}} or {{env: NAME}}"
            line = value.origin.rpartition(":")[2]
            yield Problem(message, file=file, line=int(line), key=f"targets.{name}.{key}", severity="warning")
