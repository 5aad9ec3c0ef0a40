"""Where a secret comes from. A source says what it is without its text; `psbridge.config.secrets` reads it, late."""

from __future__ import annotations

import re

import msgspec

from psbridge.models.secret import Secret

MASK = "***"


class PlainText(msgspec.Struct, frozen=True):
    """The secret stands in the config itself, or in a target's own environment variable."""

    secret: Secret


class FromEnv(msgspec.Struct, frozen=True):
    """`{env: NAME}`."""

    name: str


class FromFile(msgspec.Struct, frozen=True):
    """`{file: PATH}`: its only line."""

    path: str


class FromCommand(msgspec.Struct, frozen=True):
    """`{command: [pass, show, azs], env: [NAME]}`: its first line of output; no shell is between.

    Attributes:
        env: variables that it is given beside those of any session.
    """

    argv: tuple[str, ...]
    env: tuple[str, ...] = ()


class FromCredential(msgspec.Struct, frozen=True):
    """`{credential: NAME}`: systemd's `LoadCredential=`, a file in `$CREDENTIALS_DIRECTORY`."""

    name: str


SecretSource = PlainText | FromEnv | FromFile | FromCommand | FromCredential


def sayable(word: str) -> bool:
    """Tell whether a word looks like a path or a name, and not like a secret that was pasted in its place."""
    return re.fullmatch(r"[A-Za-z0-9._/~+@-]+", word) is not None


def may_be_secret(name: str) -> bool:
    """Tell whether what stands in a file's or credential's place may be a password; a path is none."""
    return "/" not in name and (not sayable(name) or any(it.isdigit() for it in name))


def shown(source: SecretSource) -> object:
    """Return a source as `config show` gives it: where the secret is, never what; a command's arguments are masked."""
    match source:
        case PlainText():
            return MASK
        case FromEnv(name):
            return {"env": name}
        case FromFile(path):
            return {"file": path if "/" in path or sayable(path) else MASK}
        case FromCommand(argv, names):
            command = {"command": [argv[0] if sayable(argv[0]) else MASK, *([MASK] if len(argv) > 1 else [])]}
            return command | {"env": list(names)} if names else command
        case FromCredential(name):
            return {"credential": name if sayable(name) else MASK}
