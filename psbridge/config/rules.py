"""What a value of the config may be: how each is read, and the same as JSON Schema.

A message names what was expected without the value, which may be a secret. Patterns match whole values: in Python's `re`, `$`
would let a last line's end pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec

from psbridge.config.durations import EXPECTED, duration
from psbridge.config.secrets import FromCommand, FromCredential, FromEnv, FromFile, PlainText, SecretSource
from psbridge.errors import UsageError
from psbridge.models.secret import Secret

Json = dict[str, Any]
_FORMS: Final = "text, or one of {env: NAME} {file: PATH} {command: [...], env: [NAME, ...]} {credential: NAME}"
_VARIABLE: Final = "[A-Za-z_][A-Za-z0-9_]{0,127}"
_ONE_WORD: Final[Mapping[str, Callable[[str], SecretSource]]] = {
    "env": FromEnv,
    "file": FromFile,
    "credential": FromCredential,
}
MISSING: Final = "this key is missing, and psbridge needs it"
_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_FALSE: Final = frozenset({"0", "false", "no", "off"})


class Wrong(Exception):
    """A value is not what was expected.

    Attributes:
        message: what was, without the value.
        word: what was given, where it may be a slip of one of `known`.
    """

    def __init__(self, message: str, word: str | None = None, known: Iterable[str] = ()) -> None:
        self.message = message
        self.word = word
        self.known = known
        super().__init__(message)


class Rule(msgspec.Struct, eq=False):
    """What one value may be.

    Attributes:
        read: takes a value of YAML's core schema and returns what it means, or raises `Wrong`.
        schema: the same as JSON Schema.
    """

    read: Callable[[Any], Any]
    schema: Json


class Shape(msgspec.Struct, eq=False):
    """A mapping with keys.

    Attributes:
        name: for `config schema`.
        meaning: for people.
        instead: reads what may stand there instead of a mapping; returns what the keys say then, or None for nothing at all.
    """

    name: str
    meaning: str
    keys: Mapping[str, Key]
    instead: Rule | None = None

    def read(self, value: object) -> Json | None:
        """Read what is not a mapping."""
        if self.instead is None:
            raise Wrong("expected a mapping of keys")
        found: Json | None = self.instead.read(value)
        return found


class Several(msgspec.Struct, eq=False):
    """One value, or a list of at least one and at most `most`."""

    rule: Rule
    most: int
    expected: str

    def read(self, value: object) -> None:
        """Refuse what is not a list of as many values."""
        if not isinstance(value, list) or not 1 <= len(value) <= self.most:
            raise Wrong(self.expected)


class Named(msgspec.Struct, eq=False):
    """A mapping of names to one shape."""

    name: Rule
    shape: Shape
    expected: str

    def read(self, _: object) -> None:
        """Refuse what is not a mapping."""
        raise Wrong(self.expected)


class Listed(msgspec.Struct, eq=False):
    """A list of at most `most` mappings of one shape."""

    shape: Shape
    most: int
    expected: str

    def read(self, value: object) -> None:
        """Refuse what is not a list of as many values."""
        if not isinstance(value, list) or len(value) > self.most:
            raise Wrong(self.expected)


AnyRule = Rule | Shape | Several | Named | Listed


class Key(msgspec.Struct, eq=False):
    """A key of a mapping.

    Attributes:
        default: what holds without it; None where nothing does.
        required: whether it must be there.
        null: whether `config schema` allows null for it, as editors write it; psbridge itself takes no key without a value.
    """

    rule: AnyRule
    default: Any = None
    required: bool = False
    null: bool = False


def truth(value: object) -> bool | None:
    """Return what a word for true or false means, those of YAML 1.1 included; None for anything else."""
    if isinstance(value, str):
        word = value.strip().casefold()
        return True if word in _TRUE else False if word in _FALSE else None
    return value if isinstance(value, bool) else None


def _read_truth(value: object) -> bool:
    found = truth(value)
    if found is None:
        raise Wrong("expected true or false")
    return found


def _duration(*, zero: bool) -> Rule:
    def read(value: object) -> float:
        try:
            return duration(value if isinstance(value, str) else "", zero=zero)
        except UsageError:
            raise Wrong(f"expected {EXPECTED}") from None

    return Rule(read, {"description": EXPECTED, "type": "string"})


def text(pattern: str, expected: str | None = None, *, least: int = 0, most: int | None = None) -> Rule:
    """Return the rule of a text; without `expected`, what is wrong is said in more detail."""
    whole: re.Pattern[str] | None = None

    def read(value: object) -> str:
        nonlocal whole
        if not isinstance(value, str):
            raise Wrong("expected text; put it in quotes")
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            raise Wrong(expected or "expected a valid string, unable to parse raw data as a unicode string")
        if len(value) < least:
            raise Wrong("expected text that is not empty")
        if most is not None and len(value) > most:
            raise Wrong(expected or f"String should have at most {most} characters")
        whole = whole or re.compile(pattern)
        if not whole.fullmatch(value):
            raise Wrong(expected or "expected text without control characters")
        return value

    bounds = ({"minLength": least} if least else {}) | ({"maxLength": most} if most else {})
    return Rule(read, {"pattern": f"^{pattern}$", "type": "string", **bounds})


def words(*known: str) -> Rule:
    """Return the rule of a word that is one of some."""
    quoted = [f"'{word}'" for word in known]
    expected = " or ".join(filter(None, [", ".join(quoted[:-1]), quoted[-1]]))

    def read(value: object) -> str:
        if isinstance(value, str) and value in known:
            return value
        raise Wrong(f"expected {expected}", value if isinstance(value, str) else None, known)

    return Rule(
        read, {"enum": list(known), "type": "string"} if len(known) > 1 else {"const": known[0], "type": "string"}
    )


def _port(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 65535:
        return value
    raise Wrong("expected a port, 1 to 65535")


def _version(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value == 1:
        return value
    raise Wrong("expected 1", value if isinstance(value, str) else None, ("1",))


def _secret(value: object) -> SecretSource:
    if isinstance(value, str) and value:
        return PlainText(Secret(value))
    if isinstance(value, dict) and "command" in value and not value.keys() - {"command", "env"}:
        return _command(value["command"], value.get("env", []))
    if isinstance(value, dict) and len(value) == 1:
        (form, given), *_ = value.items()
        if form in _ONE_WORD and isinstance(given, str) and given:
            if form == "env" and not re.fullmatch(_VARIABLE, given, re.ASCII):
                raise Wrong("expected the name of an environment variable under env")
            return _ONE_WORD[form](given)
    raise Wrong(f"expected {_FORMS}")


def secret_url(schemes: str, expected: str) -> Rule:
    """Return the rule of a secret that is a URL.

    Args:
        schemes: pattern of the schemes that it may have.
        expected: what is expected of one that stands in the config itself; any other is checked when it is read.
    """

    def read(value: object) -> SecretSource:
        source = _secret(value)
        if isinstance(source, PlainText) and not is_url(source.secret.reveal(), schemes):
            raise Wrong(expected)
        return source

    return Rule(read, SECRET.schema)


def is_url(url: str, schemes: str) -> bool:
    """Return whether a text looks like a URL of one of the schemes (a pattern), without spaces and control characters."""
    return re.fullmatch(rf"(?:{schemes})://[^\s\x00-\x1f\x7f]+", url, re.ASCII | re.IGNORECASE) is not None


def _command(argv: object, env: object) -> SecretSource:
    if not isinstance(argv, list) or not argv:
        raise Wrong("expected a command as a list of words: [PROGRAM, ARGUMENT, ...]")
    if not all(isinstance(word, str) for word in argv):
        raise Wrong("expected a command's words as text; put numbers, true and false in quotes")
    if not argv[0] or "\0" in "".join(argv):
        raise Wrong("expected a command's words without NUL, the first of them a program")
    if not isinstance(env, list) or not all(
        isinstance(name, str) and re.fullmatch(_VARIABLE, name, re.ASCII) for name in env
    ):
        raise Wrong("expected the names of environment variables under env: [NAME, ...]")
    return FromCommand(tuple(argv), tuple(env))


def _no_sign_in(value: object) -> None:
    """Take false: the session is signed in already, whatever `defaults` say."""
    if truth(value) is not False:
        raise Wrong("expected false, or {environment, arm_endpoint, tenant, service_principal}")


def _tls(value: object) -> Json | None:
    """Return what `tls` says without a mapping: nothing more than that there is to be TLS, or None."""
    found = truth(value)
    if found is None:
        raise Wrong("expected true, false, or {ca, verify, client_cert, client_key, server_name}")
    return {} if found else None


def _proxy(value: object) -> str:
    """A user and password in it would be a secret that psbridge can't use."""
    given = value if isinstance(value, str) else ""
    if "@" in given:
        raise Wrong("a proxy's user and password can't be given; expected http://HOST:PORT")
    found = re.fullmatch(_PROXY, given, re.ASCII | re.IGNORECASE)
    if found is None or not 0 < int(found[1] or 80) <= 65535:
        raise Wrong("expected http://HOST:PORT of a proxy that makes tunnels (CONNECT)")
    return given.removesuffix("/")


def _object(properties: Json, required: str) -> Json:
    return {"additionalProperties": False, "properties": properties, "required": [required], "type": "object"}


def _array(items: Json, **more: Any) -> Json:
    return {"items": items, **more, "type": "array"}


_STRING: Final = {"type": "string"}
_COMMAND: Final = {
    "command": _array(_STRING, minItems=1),
    "env": _array({"pattern": f"^{_VARIABLE}$", "type": "string"}),
}
_PROXY: Final = r"http://(?:[A-Za-z0-9][A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?/?"
# ASCII's letters and digits and all beyond it (IDNA), with . - _ in between; IPv6 with or without brackets and scope id.
_ALNUM: Final = r"[^\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\xa0]"
_SCOPED: Final = r"[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(?:%[A-Za-z0-9._~-]+)?"
_NAMED: Final = rf"{_ALNUM}(?:(?:{_ALNUM}|[._-])*(?:{_ALNUM}|\.))?"

BARE_HOST: Final = "expected a host name or address, without scheme and port"

POSITIVE: Final = _duration(zero=False)
FROM_ZERO: Final = _duration(zero=True)
TRUTH: Final = Rule(_read_truth, {"type": "boolean"})
TEXT: Final = text(r"[^\x00-\x1f\x7f]+", least=1, most=1024)
HOST: Final = text(rf"(?:{_NAMED}|{_NAMED}:\d+|{_SCOPED}|\[{_SCOPED}\])", BARE_HOST, most=253)
SERVER_NAME: Final = text(rf"(?:{_NAMED}|{_SCOPED}|\[{_SCOPED}\])", BARE_HOST, most=253)
GUID: Final = text("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", "expected an id (a GUID)")
SECRET: Final = Rule(
    _secret,
    {
        "description": _FORMS,
        "oneOf": [
            {"minLength": 1, "type": "string"},
            *(_object({form: _STRING}, form) for form in _ONE_WORD),
            _object(_COMMAND, "command"),
        ],
    },
)
PORT: Final = Rule(_port, {"maximum": 65535, "minimum": 1, "type": "integer"})
PROXY: Final = Rule(_proxy, {"description": "http://HOST:PORT", "pattern": f"^{_PROXY}$", "type": "string"})
TLS_OR_NOT: Final = Rule(_tls, {"type": "boolean"})
NO_SIGN_IN: Final = Rule(_no_sign_in, {"const": False, "type": "boolean"})
VERSION: Final = Rule(_version, {"const": 1, "type": "integer"})
