"""A target of the config as a `models.Target`: with its secrets to connect with, without them to speak of."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from psbridge.config import files, secrets
from psbridge.config.layers import DEMO
from psbridge.config.load import Config, SignInConfig
from psbridge.config.select import check_known
from psbridge.errors import ConfigError, UsageError, Warn
from psbridge.models.connection import Auth, Endpoint, SignIn, Tls
from psbridge.models.secret import Credential, Secret
from psbridge.models.target import Policy, Target
from psbridge.values import replace

Prompt = Callable[[str], str]
_LOCATION = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
_POLICY_KEYS = frozenset(Policy.__struct_fields__)
_SOURCES = "add a password to the target: {file: PATH}, {env: NAME}, {command: [...]} or {credential: NAME}"
_NEED_PASSWORD = {Auth.NTLM, Auth.CREDSSP, Auth.BASIC}


def outline(config: Config, name: str, flags: Mapping[str, Any] | None = None) -> Target:
    """Return a target without its secrets: nothing is read, run or asked.

    Raises:
        NotFound: no such target.
        ConfigError: the target is not sound.
        UsageError: a flag's location is none.
    """
    return _target(config, name, flags, password=None, sign_in=None)


def resolve(
    config: Config,
    name: str,
    flags: Mapping[str, Any] | None = None,
    *,
    prompt: Prompt | None = None,
    warn: Warn = lambda _: None,
) -> Target:
    """Return a target with its secrets, ready to connect to.

    Args:
        config: the config.
        name: the target's name; `demo` always exists.
        flags: values of the command line, parsed (durations in seconds); a None is not given.
        prompt: asks for what it is given on the terminal, and adds the colon; an empty answer is none. None where nobody
            can be asked.
        warn: takes a sentence about what makes the connection less safe: a secret that others may read, TLS that trusts
            anybody.

    Raises:
        NotFound: no such target.
        UsageError: a flag's location is none.
        ConfigError: the target is not sound, or a secret can't be read.
    """
    if name == DEMO:
        return outline(config, name, flags)
    values = _values(config, name, flags)
    tls = values["tls"]
    if tls is not None and not tls.verify:
        warn(
            f"targets.{name}.tls.verify is false: whoever answers as {', '.join(values['host'])} is trusted, and can change "
            "what is shown and what is asked for; name the authority with tls.ca instead"
        )
    if tls is not None:
        named = {"tls.ca": tls.ca, "tls.client_cert": tls.client_cert, "tls.client_key": tls.client_key}
        for key, path in named.items():
            if path:
                files.read(Path(path), f"file of {key}")
    read = partial(secrets.read, env=config.env, config=config.path, warn=warn, command_seconds=_patience(values))
    password = _password(name, values, prompt, read)
    sign_in = _sign_in(name, values.get("sign_in"), read)
    return _target(config, name, flags, password=password, sign_in=sign_in)


def _values(config: Config, name: str, flags: Mapping[str, Any] | None) -> dict[str, Any]:
    check_known(config, name)
    values = {key: each.value for key, each in config.values(name, flags).items()}
    location = values.get("location")
    if location is not None and not _LOCATION.fullmatch(location):
        raise UsageError("--location: expected 1 to 64 letters, digits and -")
    return values


def _target(
    config: Config, name: str, flags: Mapping[str, Any] | None, *, password: Secret | None, sign_in: SignIn | None
) -> Target:
    values = _values(config, name, flags)
    policy = Policy(**{key: values[key] for key in _POLICY_KEYS})
    policy = replace(policy, inferred_checks=tuple(sorted(policy.inferred_checks)))
    if name == DEMO:
        return Target(DEMO, location=values.get("location"), policy=policy, emulated=True)
    named: SignInConfig | None = values.get("sign_in")
    return Target(
        name=name,
        endpoints=tuple(_endpoint(host, values, password) for host in values["host"]),
        location=values.get("location"),
        subscription=values.get("subscription"),
        environment=named.environment if named else None,
        expect_deployment_id=values.get("expect_deployment_id"),
        sign_in=sign_in,
        policy=policy,
        module=values["module"],
    )


def _endpoint(host: str, values: Mapping[str, Any], password: Secret | None) -> Endpoint:
    tls: Tls | None = values["tls"]
    return Endpoint(
        host=host,
        port=values.get("port") or (5986 if tls else 5985),
        tls=tls,
        auth=Auth(values["auth"]),
        username=values.get("username"),
        password=password,
        configuration_name=values["configuration_name"],
        service=values["service"],
        service_host=values.get("service_host"),
        channel_binding=values["channel_binding"],
        proxy=values.get("proxy"),
        idle_timeout=values["idle_timeout"],
    )


def _patience(values: Mapping[str, Any]) -> float:
    """Return the seconds that a command which tells a secret is given: it is bounded as a call to the host is."""
    return min(secrets.COMMAND_SECONDS, float(values["call_timeout"]), float(values["timeout"]))


def _password(
    name: str, values: Mapping[str, Any], prompt: Prompt | None, read: Callable[..., Secret]
) -> Secret | None:
    source, username, auth = values.get("password"), values.get("username"), Auth(values["auth"])
    what = f"targets.{name}.password"
    if source is not None:
        return read(source, what=what)
    if username is None or auth in {Auth.KERBEROS, Auth.CERTIFICATE}:
        return None  # Kerberos takes the ticket of `kinit`
    if prompt is not None:
        given = prompt(f"password of {username} on {values['host'][0]}")
        return secrets.made(given, what, f"no password was given, so nothing was sent; {_SOURCES}")
    if auth in _NEED_PASSWORD:
        raise ConfigError(
            f"{what}: auth {auth} needs a password, and nobody can be asked for it",
            hint=_SOURCES,
            detail={"key": what},
        )
    return None


def _sign_in(name: str, named: SignInConfig | None, read: Callable[..., Secret]) -> SignIn | None:
    if named is None:
        return None
    what = f"targets.{name}.sign_in.service_principal.secret"
    secret = read(named.secret, what=what)
    return SignIn(named.environment, named.tenant, Credential(named.application_id, secret), named.arm_endpoint)
