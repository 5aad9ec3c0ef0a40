"""The config read: the file, the environment over it, and where each value comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import msgspec

from psbridge import yamlfile
from psbridge.config import files, layers, notify, sign_in
from psbridge.config.keys import concerned
from psbridge.config.layers import DEMO, DEMO_VALUES, Value
from psbridge.config.merge import NESTED, from_defaults, with_defaults
from psbridge.config.notify import NotifyConfig
from psbridge.config.problems import Problem, most, refuse
from psbridge.config.schema import BUILT_IN
from psbridge.config.secrets import PlainText
from psbridge.errors import ConfigError
from psbridge.models.connection import Tls, address
from psbridge.models.secret import Masked
from psbridge.values import replace

if TYPE_CHECKING:
    from psbridge.config.convert import Place, Values

_NEED_TLS: Final = frozenset({"basic", "credssp"})
_NEED_NAME: Final = frozenset({"basic", "credssp", "ntlm"})
_SIGNED_IN: Final = " (from `defaults`; for a session that is signed in otherwise: `sign_in: false`)"
_EMPTY: Mapping[str, Any] = MappingProxyType({})
_BUILT_IN = {key: Value(value, "built-in") for key, value in (BUILT_IN | {"notify": NotifyConfig()}).items()}
_BUILT_IN_OF_TARGET = _BUILT_IN | {"tls": Value(Tls(), "built-in")}


class Config(msgspec.Struct, frozen=True):
    """The config. Secrets are named by their source; only a plain one is held, as a `Secret`.

    Attributes:
        path: the file, None if there is none.
        defaults: what the file's `defaults` say.
        environment: what `PSBRIDGE_<KEY>` says of behaviour.
        targets: what the file says of each target that is sound, `PSBRIDGE_TARGET_<NAME>_<KEY>` over it.
        invalid: what is wrong with each other target; only commands on that one end with it.
        warnings: problems that stop nothing.
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
        built_in = _BUILT_IN_OF_TARGET if target and target != DEMO else _BUILT_IN
        shared = self.defaults
        if target == DEMO:  # it has no host, so nothing that leads to one
            shared = {key: value for key, value in shared.items() if key in _BUILT_IN}
        return {**built_in, **shared, **own, **self.environment, **given}

    def notify(self, target: str) -> NotifyConfig:
        """Return what the config says of a sound target's notifications; the emulated `demo` has none."""
        found: NotifyConfig = NotifyConfig() if target == DEMO else self.values(target)["notify"].value
        return found

    def place(self, target: str, key: str) -> str:
        """Return the dotted key that sets a target's value: its own, or that of `defaults`."""
        first = key.partition(".")[0]
        own = self.targets.get(target, _EMPTY).get(first)
        shared = key.partition(".")[2] in own.parts if own else first in self.defaults
        return f"defaults.{key}" if shared else f"targets.{target}.{key}"


def _named(name: str, wrong: Sequence[Problem]) -> bool:
    """Return whether a name is one: not the demo's, and not a word in a target's place that may be a secret."""
    places = {problem.key for problem in wrong}
    return name.casefold() != DEMO and "targets" not in places


def load(path: str | Path | None, env: Mapping[str, str], *, system: Path = files.SYSTEM) -> Config:
    """Return the config that is found, or an empty one where there is no file.

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
    text, open_to_read = files.read(found, files.CONFIG)
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
    from psbridge.config.convert import Conversion

    tree = _tree(text, str(path))
    if isinstance(tree, Problem):
        return None, [tree]
    converted = Conversion(tree, layers.of_targets(env))
    found = converted.problems(str(path))
    of_names = list(_names(converted.names, str(path)))
    wrong = {concerned(problem.path, converted.names) for problem in found}
    if None in wrong:
        return None, found + of_names
    shared: Values = converted.values["defaults"][0] if "defaults" in converted.values else {}
    defaults = _values(shared, path)
    named: Values = converted.values["targets"][0] if "targets" in converted.values else {}
    named = {
        name: (own if name in wrong else with_defaults(own, shared), place) for name, (own, place) in named.items()
    }
    targets: dict[str, dict[str, Value]] = {}
    invalid: dict[str, list[Problem]] = {}
    for problem in found + of_names:
        invalid.setdefault(str(problem.path[1]), []).append(problem)
    for name in named:
        if name in wrong:
            continue
        try:
            targets[name] = _values(named[name][0], path)
        except ConfigError as nowhere:  # a path that begins with the home folder of an unknown user
            invalid.setdefault(name, []).append(_problem(nowhere.message, named, path, name))
    sound = Config(path, defaults, environment, targets)
    for problem in (*_pairs(sound, named, path), *_sign_ins(named, shared, targets, path)):
        invalid.setdefault(str(problem.path[1]), []).append(problem)
    kept = {name: values for name, values in targets.items() if name not in invalid}
    listed = {name: tuple(most(invalid[name])) for name in converted.names if name in invalid}
    return replace(sound, targets=kept, invalid=listed), list(chain(*listed.values()))


def _tree(text: str, file: str) -> yamlfile.Mapping | Problem:
    """Return the YAML of a config, or what is wrong with it as YAML."""
    try:
        node = files.tree(text)
    except yamlfile.NotYaml as error:
        return Problem(f"not YAML: {error.problem}", file=file, line=error.line)
    except yamlfile.TooMuch as error:
        return Problem(error.problem, file=file, line=error.line)
    if node is None:
        return Problem("the file is empty; expected `version: 1` and `targets`", file=file, line=1)
    if not isinstance(node, yamlfile.Mapping):
        return Problem("expected a mapping of keys such as `version` and `targets`", file=file, line=1)
    return node


def _problem(message: str, named: Values, file: Path, name: str, *keys: str) -> Problem:
    """Return a problem of a target, at the nearest place to its keys that the file has."""
    inside, place = named[name]
    for key in keys:
        if not isinstance(inside, dict) or key not in inside:
            break
        inside, place = inside[key]
    path = ("targets", name, *keys)
    if place.origin:
        return Problem(message, key=place.origin, path=path)
    return Problem(message, file=str(file), line=place.line, key=".".join(path), path=path)


def _values(values: Values, file: Path) -> dict[str, Value]:
    """Return what a target or `defaults` say, each with where it comes from."""
    read: dict[str, Callable[[Any], Any]] = {
        "tls": partial(_tls, file=file),
        "sign_in": sign_in.read,
        "inferred_checks": _bare,
        "notify": notify.read,
    }
    made = {}
    for key, (given, place) in values.items():
        value = read[key](given) if key in read else given
        if value is not None or key in NESTED:
            own = place.path[:1] == ("targets",)
            parts = {name: f"{file}:{its.line}" for name, its in from_defaults(given)} if own else {}
            made[key] = Value(value, place.origin or f"{file}:{place.line}", parts)
    return made


def _bare(values: Values) -> dict[str, Any]:
    return {key: value for key, (value, _) in values.items()}


def _tls(values: Values | None, file: Path) -> Tls | None:
    if values is None:
        return None
    given = _bare(values)
    for key in given.keys() & {"ca", "client_cert", "client_key"}:
        given[key] = files.beside(file, given[key])
    return Tls(**given)


def _sign_ins(named: Values, shared: Values, targets: Iterable[str], file: Path) -> Iterator[Problem]:
    """Yield what is wrong with each target's `sign_in`, its part of `defaults` included."""
    for name in targets:
        own = {key: each for key, each in {**shared, **named[name][0]}.items() if key == "sign_in"}
        found = sign_in.incomplete(own["sign_in"][0]) if own and own["sign_in"][0] is not None else ()
        more = "" if "sign_in" in named[name][0] else _SIGNED_IN
        for keys, message in found:
            yield _problem(f"{message}{more}", {name: (own, named[name][1])}, file, name, "sign_in", *keys)


def _names(names: Mapping[str, Place], file: str) -> Iterator[Problem]:
    alike: dict[str, list[str]] = {}
    for name, place in names.items():
        alike.setdefault(layers.variable(name, ""), []).append(name)
        if name.casefold() == DEMO:
            message = "`demo` is psbridge's own emulated target; take another name"
            yield Problem(message, file=file, line=place.line, key=f"targets.{name}", path=place.path)
    for same in alike.values():
        for name in same if len(same) > 1 else ():
            place = names[name]
            message = f"shares its variables' name with target {next(each for each in same if each != name)}"
            yield Problem(message, file=file, line=place.line, key=f"targets.{name}", path=place.path)


def _pairs(config: Config, named: Values, file: Path) -> Iterator[Problem]:
    for name in config.targets:
        values = {key: each.value for key, each in config.values(name).items()}
        for key, message in impossible(values):
            yield _problem(message, named, file, name, *key.split("."))


def impossible(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the key and the sentence of each pair of a target's values, layers applied, that can't be meant."""
    yield from _tls_pairs(values["auth"], values.get("tls"))
    yield from _who(values["auth"], values)
    yield from _hosts(values.get("host", []))
    yield from _host_names(values)
    yield from _store(values)
    named = values.get("sign_in")
    if isinstance(named, sign_in.SignInConfig) and named.arm_endpoint.casefold().startswith("https://management."):
        yield "sign_in", "arm_endpoint is the endpoint of tenants; an operator's begins with https://adminmanagement."


def _tls_pairs(auth: str, tls: Tls | None) -> Iterator[tuple[str, str]]:
    if auth in _NEED_TLS and tls is None:
        yield "tls", f"auth {auth} sends the password to the host: it needs tls"
    if auth in _NEED_TLS and tls is not None and not tls.verify:
        yield "tls.verify", f"auth {auth} sends the password to the host: it needs tls that is verified"
    if tls is not None and tls.ca and not tls.verify:
        yield "tls.verify", "a ca is given, but verify is false"
    if tls is not None and tls.client_key and not tls.client_cert:
        yield "tls.client_key", "client_key without client_cert"
    certificate = tls is not None and tls.client_cert is not None
    if auth == "certificate" and not certificate:
        yield "auth", "auth certificate needs tls with client_cert (and client_key)"
    if auth != "certificate" and certificate:
        yield "tls.client_cert", "client_cert is used by auth certificate only"


def _who(auth: str, values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if values.get("password") is not None and auth == "certificate":
        yield "password", "auth certificate takes no password"
    elif values.get("password") is not None and not values.get("username"):
        yield "password", "password without username"
    if auth in _NEED_NAME and not values.get("username"):
        yield "auth", f"auth {auth} needs a username"


def _store(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if values.get("store_password") is not None and not values.get("store_username"):
        yield "store_password", "store_password without store_username"


def _host_names(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    tls: Tls | None = values.get("tls")
    named = [("host", host) for host in values.get("host", []) if host.count(":") != 1]
    named += [("tls.server_name", tls.server_name)] if tls is not None and tls.server_name else []
    named += [("service_host", values["service_host"])] if values.get("service_host") else []
    for key, name in named:
        try:
            address(name)
        except ValueError as error:
            yield key, f"{name}: {error}"


def _hosts(hosts: list[str]) -> Iterator[tuple[str, str]]:
    if any(host.count(":") == 1 for host in hosts):
        yield "host", "a host without its port; put the port in `port`"
    if len({host.casefold() for host in hosts}) < len(hosts):
        yield "host", "the same host twice"


def _plain_secrets(config: Config, *, open_to_read: bool) -> Iterator[Problem]:
    file = str(config.path)
    places = {"defaults": config.defaults, **{f"targets.{name}": values for name, values in config.targets.items()}}
    for place, values in places.items():
        secrets = (
            ("password", lambda it: it),
            ("store_password", lambda it: it),
            ("sign_in.service_principal.secret", sign_in.secret),
        )
        for key, source in secrets:
            first, _, inner = key.partition(".")
            value = values.get(first)
            if value is None or value.origin.startswith("PSBRIDGE_") or inner in value.parts:
                continue
            if isinstance(source(value.value), PlainText):
                more = ", and others may read this file" if open_to_read else ""
                message = f"the secret stands in the config as plain text{more}; better {{file: PATH}} or {{env: NAME}}"
                line = value.origin.rpartition(":")[2]
                yield Problem(message, file=file, line=int(line), key=f"{place}.{key}", severity="warning")
    found = [values["notify"].value for values in (config.defaults, *config.targets.values()) if "notify" in values]
    yield from dict.fromkeys(
        chain.from_iterable(notify.plain_urls(it, file, open_to_read=open_to_read) for it in found)
    )
