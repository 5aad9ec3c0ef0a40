"""A config with one target, as `config init` writes it: from answers to text. Nothing is read or written here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from psbridge.config.packages import lacking
from psbridge.config.rules import Wrong
from psbridge.config.schema import TARGET, TARGET_NAME
from psbridge.models.connection import Auth

SCHEMA_FILE: Final = "psbridge.schema.json"
"""The schema for editors lies next to the config: yaml-language-server takes a relative path, and needs no network."""
HEAD: Final = f"""\
# yaml-language-server: $schema={SCHEMA_FILE}
# The config of psbridge. Each key is explained by `psbridge help configuration` and by `psbridge config init --sample`.
# Let nobody else read or write this file (mode 0600). Check it: `psbridge config validate`, then `psbridge doctor`.
version: 1
targets:
"""
_PLAIN: Final = re.compile(r"[A-Za-z/][A-Za-z0-9 _./@\\+-]*(?<! )", re.ASCII)
_WORDS: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})

_SCHEMES: Final[Mapping[Auth, frozenset[str]]] = {
    Auth.NTLM: frozenset({"ntlm", "negotiate"}),
    Auth.NEGOTIATE: frozenset({"negotiate"}),
    Auth.KERBEROS: frozenset({"kerberos", "negotiate"}),
    Auth.CREDSSP: frozenset({"credssp"}),
    Auth.BASIC: frozenset({"basic"}),
}
"""The schemes of a 401 with which each login can be made. A client certificate is not offered there, but in TLS."""
_ABOUT: Final[Mapping[Auth, str]] = {
    Auth.NTLM: "a Windows account and its password; works everywhere",
    Auth.KERBEROS: "a domain account, with a ticket of kinit or a password",
    Auth.NEGOTIATE: "Kerberos if it works, else NTLM",
    Auth.CERTIFICATE: "a client certificate in place of a password",
    Auth.CREDSSP: "the host gets the password, for a second hop",
    Auth.BASIC: "a local account; the host gets the password",
}


class Login(msgspec.Struct, frozen=True):
    """An authentication method and whether it can be used.

    Attributes:
        lacks: why it can't, and what to do; None if it can.
    """

    auth: Auth
    about: str
    lacks: str | None = None


class Draft(msgspec.Struct):
    """What is known of the target so far; None is not known, or not needed.

    Attributes:
        password: the form of the secret, such as `{"file": "redmond.password"}`; None asks each time, or needs none.
        tls: False for plain http.
    """

    host: str | None = None
    port: int | None = None
    tls: bool = True
    ca: str | None = None
    server_name: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    auth: Auth | None = None
    username: str | None = None
    password: dict[str, Any] | None = None
    location: str | None = None
    name: str | None = None
    sign_in: dict[str, Any] | None = None

    @property
    def target(self) -> str:
        """The name for `--target`: the one that was given, the location, or the first label of the host."""
        return self.name or named(self.location or self.host or "")

    def text(self) -> str:
        """Return the config as YAML."""
        return HEAD + f"  {_scalar(self.target)}:\n" + "".join(f"    {line}\n" for line in self._lines())

    def _lines(self) -> Iterable[str]:
        values: dict[str, Any] = {
            "host": self.host,
            "port": self.port,
            "tls": self._tls(),
            "auth": self.auth and self.auth.value,
            "username": self.username,
            "password": self.password,
            "location": self.location,
            "sign_in": self.sign_in,
        }
        return (f"{key}: {_value(value)}" for key, value in values.items() if value is not None)

    def _tls(self) -> Any:
        keys = {key: getattr(self, key) for key in ("ca", "client_cert", "client_key", "server_name")}
        given = {key: value for key, value in keys.items() if value is not None}
        return False if not self.tls else given or None


def named(text: str) -> str:
    """Return a target's name made of a host or location: the first label; an address as it is, its colons as dashes."""
    label = text if re.fullmatch(r"[\d.]+", text) else text.partition(".")[0]
    made = re.sub(r"[^A-Za-z0-9._-]+", "-", label).strip("-._")[:64].strip("-._").lower()
    return "stamp" if made in {"", "demo"} else made


def checked(key: str, text: str) -> str:
    """Return what was typed for a key of a target; `name` is the target's name itself.

    Raises:
        psbridge.config.rules.Wrong: it is not valid; the message says what was expected.
    """
    rule = TARGET_NAME if key == "name" else TARGET.keys[key].rule
    if key == "host":
        rule = rule.rule  # type: ignore[union-attr]  # a host is one of several
    if key == "name" and text.casefold() == "demo":
        raise Wrong("`demo` is psbridge's own emulated target; take another name")
    rule.read(text)
    return text


def logins(offered: Iterable[str], *, tls: bool, verified: bool) -> list[Login]:
    """Return the authentication methods, those that can be used here first.

    Args:
        offered: the schemes of the host's 401; none if they are unknown, which excludes nothing.
        tls: whether the host is reached by https.
        verified: whether its certificate is trusted.
    """
    known = frozenset(scheme.casefold() for scheme in offered)
    listed = [Login(auth, about, _lacks(auth, known, tls=tls, verified=verified)) for auth, about in _ABOUT.items()]
    return sorted(listed, key=lambda login: login.lacks is not None)


def _lacks(auth: Auth, offered: frozenset[str], *, tls: bool, verified: bool) -> str | None:
    if offered and auth in _SCHEMES and not offered & _SCHEMES[auth]:
        return "the host does not offer it"
    if auth in {Auth.BASIC, Auth.CREDSSP} and not (tls and verified):
        return "it gives the password to the host, so it needs a trusted certificate"
    if auth is Auth.CERTIFICATE and not tls:
        return "it needs https"
    if lacking(auth):
        return f"it needs psbridge[{auth}]; see `psbridge help getting-started`"
    return None


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_value(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return str(value) if isinstance(value, int) else _scalar(value)


def _scalar(text: str) -> str:
    """Return a text as YAML on one line: as it is where that is safe, else as JSON, which is YAML.

    What does not show itself is escaped: U+2028, for example, ends a line in YAML 1.1.
    """
    if _PLAIN.fullmatch(text) is not None and text.casefold() not in _WORDS:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(each if each.isprintable() else f"\\U{ord(each):08x}" for each in quoted)
