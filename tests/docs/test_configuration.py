"""The manual's tables of keys and variables are those of the program."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from psbridge.config.durations import duration_text
from psbridge.config.layers import _OTHERS, TARGET_ENV
from psbridge.config.load import load
from psbridge.config.resolve import resolve
from psbridge.config.schema import (
    APPRISE,
    BEHAVIOUR,
    BUILT_IN,
    CHECKS,
    DURATIONS,
    HEALTHCHECKS,
    NOTIFY,
    PRINCIPAL,
    SIGN_IN,
    TARGET,
    TLS,
)
from tests.support.manual import PAGES, between

KEYS = between("configuration", "<!-- config keys", "<!-- end of config keys -->")
ROWS = re.findall(r"^\| `(\w+)` \| ([^|]*) \|", KEYS, re.MULTILINE)


@pytest.mark.parametrize(
    "shape", [TARGET, TLS, CHECKS, SIGN_IN, NOTIFY, HEALTHCHECKS, APPRISE], ids=lambda shape: shape.name
)
def test_every_key_has_a_row(shape: object) -> None:
    assert set(shape.keys) <= {key for key, _ in ROWS}  # type: ignore[attr-defined]


def test_every_key_of_a_service_principal_is_named() -> None:
    assert {key for key in PRINCIPAL.keys if f"`{key}`" not in KEYS} == set()


def test_no_row_is_of_an_unknown_key() -> None:
    known = {*TARGET.keys, *TLS.keys, *CHECKS.keys, *SIGN_IN.keys, *NOTIFY.keys, *HEALTHCHECKS.keys, *APPRISE.keys}
    assert [key for key, _ in ROWS if key not in known] == []


def test_each_default_is_the_built_in_one() -> None:
    shown = dict(reversed(ROWS))  # the first row of a key counts; `location` is a check too
    for key, value in BUILT_IN.items():
        text = (
            duration_text(value) if key in DURATIONS else str(value).lower() if isinstance(value, bool) else str(value)
        )
        assert shown[key] == f"`{text}`", key


def test_every_variable_has_a_row() -> None:
    table = between("configuration", "<!-- environment", "<!-- end of environment -->")
    names = [*(f"PSBRIDGE_{key.upper()}" for key in BEHAVIOUR), *(f"PSBRIDGE_{name}" for name in _OTHERS), *TARGET_ENV]
    assert [name for name in names if f"`{name}`" not in table] == []
    assert set(re.findall(r"`(PSBRIDGE_[A-Z_]+)`", table)) <= set(names)


MANAGERS = re.findall(
    r"^<!-- run: (\w+), with ([A-Z_ ]+) -->\n```yaml\n(.*?)^```$", PAGES["configuration"], re.MULTILINE | re.DOTALL
)


def test_the_manual_shows_three_password_managers() -> None:
    assert [name for name, *_ in MANAGERS] == ["keyring", "pass", "vault"]


@pytest.mark.parametrize(("name", "needs", "line"), MANAGERS, ids=[name for name, *_ in MANAGERS])
def test_a_password_manager_gets_what_it_needs_and_gives_the_password(
    tmp_path: Path, name: str, needs: str, line: str
) -> None:
    """A stand-in writes the password if it has its variables and arguments, and no other secret."""
    checks = "".join(f'[ -n "${each}" ] || exit 1\n' for each in needs.split())
    program = tmp_path / name
    program.write_text(f'#!/bin/sh\n{checks}[ -z "$OTHER_SECRET" ] || exit 2\n[ $# -ge 2 ] || exit 3\necho "of $1"\n')
    program.chmod(0o700)
    config = tmp_path / "config.yaml"
    config.touch(mode=0o600)
    config.write_text(
        f"version: 1\ntargets:\n  redmond:\n    host: a\n    auth: ntlm\n    username: u\n{line}", "utf-8"
    )
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin", "OTHER_SECRET": "x", **dict.fromkeys(needs.split(), "set")}
    found = load(config, env)
    assert found.warnings == ()
    (endpoint,) = resolve(found, "redmond").endpoints
    assert endpoint.password is not None
    assert endpoint.password.reveal().startswith("of ")
