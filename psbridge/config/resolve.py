"""Which target a command works on, and that target as a `models.Target`: with its secrets to connect, without them to show."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from psbridge.config import files, secrets
from psbridge.config.layers import DEMO
from psbridge.config.load import Config
from psbridge.config.problems import refuse
from psbridge.config.sign_in import SignInConfig
from psbridge.errors import ConfigError, NotFound, UsageError, Warn
from psbridge.models.connection import Auth, CertificateOnHost, Endpoint, SignIn, Tls
from psbridge.models.secret import Credential, Secret
from psbridge.models.target import Policy, StorePlace, Target, is_unc
from psbridge.models.text import nearest
from psbridge.values import replace

Prompt = Callable[[str], str]
_LOCATION = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
_POLICY_KEYS = frozenset(Policy.__struct_fields__)
_SOURCES = "add a password to the target: {file: PATH}, {env: NAME}, {command: [...]} or {credential: NAME}"
_NEED_PASSWORD = {Auth.NTLM, Auth.CREDSSP, Auth.BASIC}


def default_target(config: Config, env: Mapping[str, str]) -> str | None:
    """Return the target that is taken without `--target`: `$PSBRIDGE_TARGET`, else the only one; None if unclear."""
    named = env.get("PSBRIDGE_TARGET")
    only = len(config.targets) + len(config.invalid) == 1 and config.names
    return named or (config.names[0] if only else None)


def select_target(config: Config, name: str | None, env: Mapping[str, str]) -> str:
    """Return the name of the target to work on.

    Raises:
        UsageError: none was named, and the config has several or none.
        ConfigError: the target is invalid, or every target is; or no config was found and the user has no home folder.
        NotFound: the config has no such target.
    """
    if name is not None and not name.strip():
        raise UsageError("--target is empty", hint="Is the variable that holds its name set?")
    chosen = name or default_target(config, env)
    if chosen != DEMO and config.path is None and files.user_config(env) is None:
        raise ConfigError(
            f"this machine has no config: the user has no home folder, and there is no {files.SYSTEM}",
            hint="Name one with --config or PSBRIDGE_CONFIG, or try the emulated stamp with `--target demo`.",
        )
    if chosen is None and config.invalid and not config.targets:
        raise refuse(config.problems)
    if chosen is None and config.names:
        names = ", ".join(config.names)
        raise UsageError(
            f"which target? the config has {names}",
            hint="Name one with --target or PSBRIDGE_TARGET.",
            detail={"targets": list(config.names)},
        )
    if chosen is None:
        raise UsageError(
            "the config has no target" if config.path else "no config was found, so there is no target",
            hint="Make one with `psbridge config init`, or try the emulated stamp with `--target demo`.",
            detail={"targets": []},
        )
    check_known(config, chosen)
    if chosen in config.invalid and chosen != DEMO:
        raise refuse(config.invalid[chosen])
    return chosen


def check_known(config: Config, name: str) -> None:
    """Let a name pass that is `demo`'s or a target's, sound or not.

    Raises:
        NotFound: it is neither; the hint is the nearest that is.
    """
    if name == DEMO or name in config.targets or name in config.invalid:
        return
    known = [*config.names, DEMO]
    near = nearest(name, known)
    hint = f"did you mean {near}?" if near else f"the targets are {', '.join(known)}"
    raise NotFound(f"no target is named {name}", hint=hint, detail={"targets": known})


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
    password = _password(config.place(name, "password"), values, prompt, read)
    sign_in = _sign_in(config.place(name, "sign_in.service_principal.secret"), values.get("sign_in"), read)
    return _target(config, name, flags, password=password, sign_in=sign_in)


def store_place(
    config: Config,
    name: str,
    *,
    where: str | None = None,
    prompt: Prompt | None = None,
    warn: Warn = lambda _: None,
) -> StorePlace | None:
    """Return where a target's backups are, with the password of the account that reads a share; None if it does not say.

    Args:
        config: the config.
        name: the target's name; `demo` has no store of its own.
        where: another place, which the target's account reads if it is a share.
        prompt: asks for the password of a share; None where nobody can be asked.
        warn: takes a sentence about a secret that others may read.

    Raises:
        NotFound: no such target.
        ConfigError: the target is not sound, or the password can't be read.
    """
    values = {} if name == DEMO else _values(config, name, None)
    where = where or values.get("store")
    if where is None:
        return None
    if not is_unc(where):
        return StorePlace(str(files.beside(config.path, where)))
    username, source = values.get("store_username"), values.get("store_password")
    what = config.place(name, "store_password")
    password = None
    if source is not None:
        read = partial(secrets.read, env=config.env, config=config.path, warn=warn, command_seconds=_patience(values))
        password = read(source, what=what)
    elif username is not None and prompt is not None:
        password = secrets.made(prompt(f"password of {username} on {where}"), what, "no password was given")
    elif username is not None:
        raise ConfigError(
            f"{what}: {where} needs a password, and there is no terminal to ask for it",
            hint="Add store_password: {file: PATH}, {env: NAME}, {command: [...]} or {credential: NAME}.",
        )
    return StorePlace(where, username, password)


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
    """Return the time limit, in seconds, of a command that writes a secret: that of a call to the host."""
    return min(secrets.COMMAND_SECONDS, float(values["call_timeout"]), float(values["timeout"]))


def _password(
    what: str, values: Mapping[str, Any], prompt: Prompt | None, read: Callable[..., Secret]
) -> Secret | None:
    source, username, auth = values.get("password"), values.get("username"), Auth(values["auth"])
    if source is not None:
        return read(source, what=what)
    if username is None or auth in {Auth.KERBEROS, Auth.CERTIFICATE}:
        return None  # Kerberos takes the ticket of `kinit`
    if prompt is not None:
        given = prompt(f"password of {username} on {values['host'][0]}")
        return secrets.made(given, what, f"no password was given, so nothing was sent; {_SOURCES}")
    if auth in _NEED_PASSWORD:
        raise ConfigError(
            f"{what}: auth {auth} needs a password, and there is no terminal to ask for it",
            hint=_SOURCES,
            detail={"key": what},
        )
    return None


def _sign_in(what: str, named: SignInConfig | None, read: Callable[..., Secret]) -> SignIn | None:
    if named is None:
        return None
    who: Credential | CertificateOnHost
    if named.certificate_thumbprint is not None:
        who = CertificateOnHost(named.application_id, named.certificate_thumbprint)
    else:
        who = Credential(named.application_id, read(named.secret, what=what))
    return SignIn(named.environment, named.tenant, who, named.arm_endpoint)
