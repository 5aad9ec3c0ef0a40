"""What of a sound config can be checked on this machine without the network, and what can't."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psbridge.config import files, notify, secrets
from psbridge.config.layers import Value
from psbridge.config.load import Config
from psbridge.config.packages import lacking
from psbridge.config.problems import Problem
from psbridge.config.secrets import FromCommand, PlainText, SecretSource
from psbridge.config.sign_in import SignInConfig
from psbridge.errors import ConfigError
from psbridge.models.connection import Tls
from psbridge.models.target import is_unc, same_account

if TYPE_CHECKING:
    import ssl

UNCHECKED = (
    "the way to the host: its name, TCP, proxy, TLS",
    "the login: whether the host takes the credentials; Kerberos's realm and tickets",
    "the host: its session configuration and modules",
    "the stamp: sign-in, subscription, location and deployment",
)
"""What needs the network."""

_ORDER = (  # each should be at most the next
    ("poll", "timeout", "a running backup is not read again in time"),
    ("settle", "timeout", "an upload that can't be read is never assumed in time"),
    ("connect_timeout", "call_timeout", "the longer one never comes to pass"),
    ("call_timeout", "timeout", "the longer one never comes to pass"),
)
Found = tuple[str, str, str]
"""Key within the target, sentence, severity."""


def check_here(config: Config, targets: Iterable[str], now: datetime) -> tuple[list[Problem], list[str]]:
    """Return what is wrong with sound targets on this machine, and what was not checked of them in particular.

    It runs no command, does not prompt, and connects to nothing.
    """
    problems: dict[Problem, None] = {}
    unchecked: list[str] = []
    for name in targets:
        values = config.values(name)
        for key, message, severity in _of_target(config, name, values, now, unchecked):
            problems[_problem(config, name, key, message, severity)] = None
        for url, message, severity in notify.check_here(config.notify(name), config.env, config.path, unchecked):
            problems[Problem(message, file=str(config.path), line=url.line, key=url.key, severity=severity)] = None
    return list(problems), unchecked


def _of_target(
    config: Config, name: str, values: dict[str, Value], now: datetime, unchecked: list[str]
) -> Iterator[Found]:
    plain = {key: value.value for key, value in values.items()}
    yield from _tls(plain.get("tls"), now)
    yield from _package(plain)
    yield from _durations(plain)
    sign_in: SignInConfig | None = plain.get("sign_in")
    secrets_of: dict[str, SecretSource | None] = {
        "password": plain.get("password"),
        "store_password": plain.get("store_password"),
        "sign_in.service_principal.secret": sign_in.secret if sign_in else None,
    }
    for key, source in secrets_of.items():
        if source is not None:
            yield from _secret(config, config.place(name, key), key, source, unchecked)
    yield from _store(plain)
    if is_unc(plain.get("store") or ""):
        unchecked.append(f"targets.{name}.store: whether the share can be read; `psbridge backup verify` tries it")
    if plain.get("password") is None and plain.get("username") and plain["auth"] not in {"kerberos", "certificate"}:
        unchecked.append(f"targets.{name}.password: there is none, so it is asked for on a terminal")


def _store(plain: Mapping[str, Any]) -> Iterator[Found]:
    """Yield what is wrong with how a share is read: the account should be one of its own."""
    if not is_unc(plain.get("store") or ""):
        return
    if same_account(plain.get("store_username"), plain.get("username")):
        yield (
            "store_username",
            "it is the host's account; better one of its own that may only read the share",
            "warning",
        )
    if plain.get("store_username") is None and lacking("kerberos"):
        message = (
            "without store_username a Kerberos ticket is used, which needs psbridge[kerberos]; this machine lacks it"
        )
        yield "store", message, "warning"
    if lacking("smb"):
        message = (
            "a share needs the package psbridge[smb], which this machine does not have; or mount it and name the folder"
        )
        yield "store", message, "warning"


def _tls(tls: Tls | None, now: datetime) -> Iterator[Found]:
    if tls is None:
        return
    if not tls.verify:
        yield "tls.verify", "it is false: whoever answers as the host is trusted", "warning"
    readable = {}
    for key, path in (("ca", tls.ca), ("client_cert", tls.client_cert), ("client_key", tls.client_key)):
        if path:
            try:
                readable[key] = files.read(Path(path), f"file of tls.{key}")[0]
            except ConfigError as problem:
                yield f"tls.{key}", _said(problem), "error"
    if "ca" in readable and tls.ca:
        yield from _loads("tls.ca", tls.ca, lambda context: context.load_verify_locations(cafile=tls.ca))
        yield from _dates("tls.ca", readable["ca"], now, whole=False)
    own = {key for key in ("client_cert", "client_key") if getattr(tls, key)}
    if own and own <= readable.keys() and tls.client_cert:
        yield from _pair(tls)
        yield from _dates("tls.client_cert", readable["client_cert"], now, whole=True)


def _loads(key: str, path: str, load: Callable[[ssl.SSLContext], object]) -> Iterator[Found]:
    import ssl  # here, because most targets name no file of theirs

    try:
        load(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    except (ssl.SSLError, OSError, ValueError):
        yield key, f"{path} holds no certificate that can be read; expected PEM (-----BEGIN CERTIFICATE-----)", "error"


def _pair(tls: Tls) -> Iterator[Found]:
    import ssl

    asked: list[int] = []

    def password() -> bytes:
        asked.append(1)
        return b"-"

    context, key = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), "client_key" if tls.client_key else "client_cert"
    try:
        context.load_cert_chain(str(tls.client_cert), tls.client_key, password=password)
    except (ssl.SSLError, OSError, ValueError) as problem:
        if asked:
            message = "the key is encrypted, and psbridge has no password for it; give it a key that is not"
        elif getattr(problem, "reason", None) == "KEY_VALUES_MISMATCH":
            message = "the key is not that of client_cert"
        else:
            message = "certificate and key can't be read; expected PEM (-----BEGIN …)"
        yield f"tls.{key}", message, "error"


def _dates(key: str, text: str, now: datetime, *, whole: bool) -> Iterator[Found]:
    """Yield a warning where a certificate is not valid now: the first one, or all of a bundle.

    Args:
        key: whose file it is.
        text: the file, in PEM.
        now: when it is.
        whole: whether it is a chain, whose first certificate counts, in place of a bundle, of which one good one will do.
    """
    from cryptography import x509

    try:
        found = x509.load_pem_x509_certificates(text.encode())
    except ValueError:  # reported already, or one that OpenSSL reads and this library does not
        return
    counted = found[:1] if whole else found
    if counted and all(each.not_valid_after_utc <= now for each in counted):
        ended = max(each.not_valid_after_utc for each in counted)
        yield key, f"the certificate expired on {ended:%Y-%m-%d}", "warning"
    elif counted and all(each.not_valid_before_utc > now for each in counted):
        yield (
            key,
            f"the certificate is not valid before {min(each.not_valid_before_utc for each in counted):%Y-%m-%d}",
            "warning",
        )


def _package(values: dict[str, Any]) -> Iterator[Found]:
    auth = values["auth"]
    ticket = auth == "negotiate" and not values.get("username")
    extra = "kerberos" if ticket else auth
    missing = lacking(extra)
    if missing:
        why = "auth negotiate without a username takes a Kerberos ticket, which" if ticket else f"auth {auth}"
        verb = "needs" if ticket else "needs the package"
        yield (
            "auth",
            f"{why} {verb} psbridge[{extra}], which this machine does not have ({', '.join(missing)})",
            "error",
        )


def _durations(values: dict[str, Any]) -> Iterator[Found]:
    for shorter, longer, meaning in _ORDER:
        if values[shorter] > values[longer]:
            yield shorter, f"it is longer than {longer}: {meaning}", "warning"


def _secret(config: Config, what: str, key: str, source: SecretSource, unchecked: list[str]) -> Iterator[Found]:
    if isinstance(source, FromCommand):
        unchecked.append(f"{what}: the command was not run")
        yield from _command(config, key, source)
        return
    warnings: list[str] = []
    try:
        secret = secrets.read(source, config.env, config.path, what, warnings.append)
    except ConfigError as problem:
        yield key, _said(problem).removeprefix(f"{what}: "), "error"
        return
    for warning in warnings:
        yield key, warning.removeprefix(f"{what}: "), "warning"
    text = secret.reveal()
    if text != text.strip() and not isinstance(source, PlainText):
        yield key, "the secret begins or ends with a space, which is part of it", "warning"


def _command(config: Config, key: str, source: FromCommand) -> Iterator[Found]:
    import shutil

    environment = secrets.command_environment(source, config.env)
    program = source.argv[0]
    found = shutil.which(program, path=environment.get("PATH", os.defpath))
    if found is None:
        said = secrets.program_of(source)
        yield key, f"{said} is not there, or is not a program that this user may run", "error"
    for name in source.env:
        if name not in config.env:
            yield key, f"the command is to get the variable {name}, which is not set", "warning"


def _said(problem: ConfigError) -> str:
    """Return an error's sentence; a file's comes with its path."""
    listed = problem.detail.get("problems")
    return f"{listed[0]['file']}: {listed[0]['message']}" if listed else problem.message


def _problem(config: Config, name: str, key: str, message: str, severity: str) -> Problem:
    """Return a problem at the place that its value comes from: a line of the file, or a variable."""
    first = key.partition(".")[0]
    value = config.values(name)[first]
    origin = value.parts.get(key.partition(".")[2], value.origin)
    if origin.startswith("PSBRIDGE_"):
        return Problem(message, key=origin, severity=severity)
    dotted = config.place(name, key)
    file, _, line = origin.rpartition(":")
    if not line.isdigit():
        return Problem(message, file=str(config.path), key=dotted, severity=severity)
    return Problem(message, file=file, line=int(line), key=dotted, severity=severity)
