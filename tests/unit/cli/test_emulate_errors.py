"""What is said where a host can't be emulated."""

from __future__ import annotations

import errno
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest

from psbridge.cli.emulate.errors import HINTS, explained, unstarted
from psbridge.emulator.emulation import Emulating, emulation
from psbridge.emulator.errors import OptionName
from psbridge.errors import ExitCode, UsageError


def test_every_option_error_has_its_own_hint() -> None:
    assert set(HINTS) == set(get_args(OptionName)) <= {field.name for field in fields(Emulating)}
    assert len(set(HINTS.values())) == len(HINTS)


NO_NAMES = ["", "a:b", "a@b@c", "a\\b@c", "a\\b\\c", "@b", "a@", "\\b", "a\nb"]


@pytest.mark.parametrize(
    ("asked", "message", "about"),
    [
        ({"scenario": "error:share"}, "did you mean 'SmbShareException', ", "scenario"),
        ({"speed": -1}, "speed: expected a number above 0", "speed"),
        ({"engine": "bash"}, "unknown engine: bash", "engine"),
        *(({"users": {name: "c"}}, f"invalid user name: {name!r}", "users") for name in NO_NAMES),
        ({"auth": ["none"]}, "expected one or more of negotiate, ", "auth"),
        ({"channel_binding": "x"}, "expected one of none, relaxed, strict, not x", "channel_binding"),
        ({"tls": True, "auth": ["certificate"], "client_ca": Path("none")}, "none can't be read", "client_ca"),
        ({"bind": "::"}, "is reachable from other machines", "bind"),
        ({"faults": ["receive:1:explode"]}, "unknown effect 'explode'", "faults"),
        ({"full_language": True}, "the embedded engine runs no scripts", "full_language"),
    ],
)
def test_an_invalid_option_is_reported_with_its_hint(asked: dict[str, Any], message: str, about: OptionName) -> None:
    with pytest.raises(UsageError) as told, explained(), emulation(Emulating(**asked)):
        pass
    assert message in told.value.message
    assert told.value.hint == HINTS[about]


@pytest.mark.parametrize(
    ("problem", "code", "message", "hint"),
    [
        (FileNotFoundError("there is no 'pwsh'"), ExitCode.PREREQUISITE, "there is no 'pwsh'", "--engine embedded"),
        (
            FileNotFoundError(errno.ENOENT, "No such file or directory", "/tmp/x"),
            *(ExitCode.CONFIG, "/tmp/x can't be written: No such file or directory", "TMPDIR"),
        ),
        (
            OSError(errno.EADDRINUSE, "Address already in use (while attempting to bind)"),
            *(ExitCode.CONFIG, "can't listen on ::1:80: Address already in use", "--port"),
        ),
        (OSError("timed out"), ExitCode.CONFIG, "can't listen on ::1:80: timed out", "--bind"),
    ],
)
def test_system_errors_are_reported_by_kind(problem: OSError, code: ExitCode, message: str, hint: str) -> None:
    told = unstarted(problem, Emulating(bind="::1", port=80))
    assert (told.exit_code, told.message) == (code, message)
    assert hint in (told.hint or "")
