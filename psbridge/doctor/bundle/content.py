"""What a support bundle has in it: one JSON file per subject, made from what the doctor found and what is on this machine."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import re
import ssl
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from psbridge.bounded_json import loads
from psbridge.config import show
from psbridge.config.secrets import FromEnv
from psbridge.doctor.bundle.pseudonyms import MASK, Pseudonyms
from psbridge.doctor.state import DoctorState
from psbridge.documents import encoding
from psbridge.documents.doctor import DoctorDocument
from psbridge.documents.run import RunListDocument
from psbridge.errors import PsbridgeError
from psbridge.files import home, open_regular
from psbridge.journal.runs import Journal
from psbridge.models.diagnosis import Diagnosis
from psbridge.models.secret import secrets_in
from psbridge.models.target import DEFAULT_SUBSCRIPTION
from psbridge.version import __version__

RUNS: Final = 20
"""The newest runs of the journal that are shown."""
LOG_BYTES: Final = 256 * 1024
"""How much of the end of a log file is read."""
_PACKAGES: Final = (
    *("pypsrp", "psrpcore", "pyspnego", "requests", "urllib3", "cryptography", "typer", "rich", "msgspec", "PyYAML"),
    *(
        "filelock",
        "requests-credssp",
        "gssapi",
        "krb5",
        "prometheus-client",
        "apprise",
        "smbprotocol",
        "idna",
        "certifi",
    ),
)
_READ: Final = re.compile(
    r"PSBRIDGE_\w+|KRB5\w*|GSS_MECH_CONFIG|SSL_CERT_(?:FILE|DIR)|OPENSSL_CONF|SSLKEYLOGFILE|HOME|XDG_\w+_(?:HOME|DIRS)"
    r"|(?:STATE|CONFIGURATION|CREDENTIALS|CACHE)_DIRECTORY|LANG|LC_\w+|TZ|TERM|NO_COLOR|FORCE_COLOR|COLUMNS|PAGER"
    r"|PYTHON(?:PATH|HOME|UTF8|IOENCODING|WARNINGS)|INVOCATION_ID|[a-zA-Z]+_(?:proxy|PROXY)"
)
"""Environment variables that psbridge or its libraries read, or that explain what they do."""
_PRIVATE: Final = re.compile(r"PASS|SECRET|TOKEN|(?<!_)KEY|CREDENTIAL(?!S_DIRECTORY)|_URL|_proxy", re.IGNORECASE)
_LEAST: Final = 6
"""Characters of a variable's value that counts as a secret by the variable's name alone: `1` may be a switch."""
_HOSTS: Final = frozenset({"host", "hosts", "names", "server_name", "service_host", "name", "computer"})
_USERS: Final = frozenset({"username", "store_username", "user_name", "account", "principal"})
_DOMAINS: Final = frozenset({"realm", "domain"})


class Sources(msgspec.Struct, frozen=True):
    """What a bundle is made from.

    Attributes:
        state: of the run that has ended.
        found: its outcome.
        log: the log file, None without one.
    """

    state: DoctorState
    found: Diagnosis
    log: Path | None = None


def content(sources: Sources, *, names: bool) -> dict[str, bytes]:
    """Return the files of a bundle by name, without secrets, and without names unless they are asked for."""
    parts = {
        "doctor.json": encoding.to_plain(DoctorDocument.of(sources.found)),
        "config.json": _config(sources.state),
        "versions.json": _versions(),
        "environment.json": _environment(sources.state),
        "runs.json": _runs(sources.state),
    }
    if sources.log is not None:
        parts["log.json"] = _log(sources.log)
    words = Pseudonyms(_secrets(sources.state), names=names)
    _learn(words, sources.state, parts)
    made = {
        name: json.dumps(words.plain(part), indent=1, ensure_ascii=False).encode("utf-8", "replace")
        for name, part in parts.items()
    }
    return {"README.txt": _readme(names).encode(), **made}


def _readme(names: bool) -> str:
    hidden = (
        "Names of hosts and users, addresses and ids are in it (--with-names).\n"
        if names
        else "Names of hosts, domains and users, addresses and ids are replaced: the same word stands for the same name in\n"
        "all files. Names that psbridge does not know, such as those in a note, may remain.\n"
    )
    return (
        f"Support bundle of psbridge {__version__}, made by `psbridge doctor --bundle`.\n\n"
        "doctor.json       what each stage found\n"
        "config.json       what holds for the target, and where each value comes from\n"
        "versions.json     psbridge, Python, packages, this machine\n"
        "environment.json  variables that psbridge and its libraries read\n"
        f"runs.json         the newest {RUNS} runs of the journal\n"
        "log.json          the end of the log file, if one was written (--log-file)\n\n"
        f"Passwords and other secrets are not in it. {hidden}"
        "Read it before you pass it on.\n"
    )


def _config(state: DoctorState) -> object:
    if state.config is None or state.name is None:
        return {"unread": "see the stage `config` in doctor.json"}
    try:
        return encoding.to_plain(show.show(state.config, origin=True, target=state.name, flags=state.asked.flags))
    except PsbridgeError as problem:
        return {"unread": problem.message}


def _versions() -> dict[str, Any]:
    packages: dict[str, str | None] = {}
    for name in _PACKAGES:
        try:
            packages[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            packages[name] = None
    system = {"system": platform.system(), "release": platform.release(), "machine": platform.machine()}
    try:
        distribution: str | None = platform.freedesktop_os_release().get("PRETTY_NAME")
    except OSError:
        distribution = None
    return {
        "psbridge": __version__,
        "python": sys.version,
        "openssl": ssl.OPENSSL_VERSION,
        "packages": packages,
        "platform": system | {"distribution": distribution},
    }


def _environment(state: DoctorState) -> dict[str, str]:
    """Return the variables that psbridge reads; the values of those that may be secret are masked."""
    named = _named_secrets(state) | _unknown(state)
    found = {name: value for name, value in sorted(state.asked.env.items()) if _READ.fullmatch(name) or name in named}
    return {name: MASK if value and _private(name, named) else value for name, value in found.items()}


def _unknown(state: DoctorState) -> frozenset[str]:
    """Return the variables of psbridge's prefix that it does not know: a misspelled one may hold a password."""
    if state.config is None:
        return frozenset()
    strays = {it.key for it in state.config.warnings if it.key is not None and "sets nothing" in it.message}
    known = re.compile(r"PSBRIDGE_TARGET_\w+_(?:HOST|PORT|LOCATION|USERNAME|SUBSCRIPTION)")
    return frozenset(name for name in strays if name.startswith("PSBRIDGE_") and not known.fullmatch(name))


def _private(name: str, named: frozenset[str]) -> bool:
    return name in named or _PRIVATE.search(name) is not None


def _sources(value: object) -> Iterator[object]:
    """Yield a value and all that is in it: structs, mappings and lists."""
    yield value
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _sources(getattr(value, name))
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _sources(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _sources(each)


def _values(state: DoctorState) -> list[object]:
    """Return the values of the config, of every target, so that no secret of another one is overlooked."""
    if state.config is None:
        return []
    every = [state.config.defaults, *state.config.targets.values()]
    return [each.value for values in every for each in values.values()]


def _named_secrets(state: DoctorState) -> frozenset[str]:
    """Return the variables that the config names as sources of secrets."""
    return frozenset(it.name for it in _sources(_values(state)) if isinstance(it, FromEnv))


def _secrets(state: DoctorState) -> set[str]:
    """Return each secret that this process knows, to mask it wherever it stands."""
    named = _named_secrets(state)
    env = state.asked.env.items()
    known = {value for name, value in env if name in named or (_private(name, named) and len(value) >= _LEAST)}
    known |= {it.reveal() for it in secrets_in([_values(state), state.target])}
    return {secret for secret in known if secret.strip()}


def _runs(state: DoctorState) -> object:
    if not isinstance(state.asked.state, Path):
        return {"unread": state.asked.state.message}
    try:
        records = Journal(state.asked.state, state.clock).list(state.name)
    except PsbridgeError as problem:
        return {"unread": problem.message}
    return encoding.to_plain(RunListDocument.of(records[:RUNS]))


def _log(path: Path) -> object:
    """Return the last lines of a log as the objects that they are."""
    try:
        with open_regular(path) as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, size - LOG_BYTES))
            lines = (stream.read(LOG_BYTES) or b"").splitlines()
    except OSError as problem:
        return {"unread": problem.strerror}
    return [_line(line) for line in (lines[1:] if size > LOG_BYTES else lines)]


def _line(line: bytes) -> object:
    try:
        return loads(line)
    except ValueError:
        return {"unread": "not a line of a log of psbridge"}


def _learn(words: Pseudonyms, state: DoctorState, parts: Mapping[str, object]) -> None:
    """Learn the names of this machine and user, and those that stand in known places of the parts."""
    words.learn_host(platform.node())
    own = home(state.asked.env)
    if own is not None and own != Path("/"):
        words.learn_home(str(own))
        words.learn_user(own.name)
    words.learn_user(state.asked.env.get("USER") or state.asked.env.get("LOGNAME"))
    for name, value in state.asked.env.items():
        if name.startswith("PSBRIDGE_TARGET_"):  # of any target: its values are in the environment's part
            _learn_variable(words, name, value)
    for part in parts.values():
        for key, value in _texts(part):
            words.learn_text(value)
            _learn_one(words, key, value)


def _learn_variable(words: Pseudonyms, name: str, value: str) -> None:
    if name.endswith("_HOST"):
        for host in value.split(","):
            words.learn_host(host)
    elif name.endswith("_STORE"):
        _learn_one(words, "store", value)
    elif name.endswith("_USERNAME"):
        words.learn_user(value)
    elif name.endswith("_SUBSCRIPTION"):
        words.learn("subscription", value)


def _texts(value: object, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from _texts(each, str(name))
    elif isinstance(value, Sequence):
        for each in value:
            yield from _texts(each, key)


def _learn_one(words: Pseudonyms, key: str, value: str) -> None:
    if key in {"subject", "issuer"}:
        words.learn("certificate", value)
        for part in re.findall(r"(?:^|[,+])(?:CN|O|OU)=((?:[^,+\\]|\\.)+)", value):
            (words.learn_host if "." in part and " " not in part else lambda it: words.learn("certificate-name", it))(
                part
            )
    elif key in _USERS:
        words.learn_user(value)
    elif key in _DOMAINS:
        words.learn_domain(value)
    elif key in _HOSTS and re.fullmatch(r"[A-Za-z0-9*._-]+", value) and ("." in value or key != "name"):
        words.learn_host(value)
    elif key == "store" and (share := re.match(r"[\\/]{2}([^\\/@]+)", value)):
        words.learn_host(share[1])
    elif key == "tenant":
        words.learn("tenant", value)
    elif key == "subscription" and value != DEFAULT_SUBSCRIPTION:
        words.learn("subscription", value)
