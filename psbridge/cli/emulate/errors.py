"""Errors of `psbridge emulate`: psbridge's own error for each of the emulator's, with a hint."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from psbridge.errors import ConfigError, PrerequisiteError, PsbridgeError, UsageError

if TYPE_CHECKING:
    from psbridge.emulator.emulation import Emulating
    from psbridge.emulator.errors import EmulationError, OptionName

HINTS: Final[Mapping[OptionName, str]] = {
    "scenario": "`psbridge emulate --scenario list` shows all scenarios and the codes of `error:CODE`.",
    "speed": "With `--speed 60` a minute of the stamp takes a second, with `--speed 0.5` two minutes.",
    "engine": "`--engine embedded` needs only Python, `pwsh` needs PowerShell 7; `auto` chooses one that is available.",
    "users": "Use a Windows user name: `--user NAME`, `--user 'DOMAIN\\NAME'` or `--user NAME@REALM`.",
    "auth": "`certificate` needs `--tls`, `kerberos` needs `--keytab FILE`; `ntlm` and `negotiate` need no other option.",
    "keytab": "The keytab must contain the key of host/NAME; `ktadd -k FILE host/NAME` in kadmin writes it.",
    "channel_binding": "`relaxed` is the default of Windows, `strict` (with `--tls`) refuses unbound logins, `none` is off.",
    "tls": "Name PEM files with `--tls-cert` and `--tls-key`, or use `--tls` alone to have both made.",
    "client_ca": "Name a PEM file, for `--auth certificate`, or leave it out to have a CA and a client certificate made.",
    "late_certificate": "Use it with `--tls --auth certificate`.",
    "basic_charset": "Use it with `--auth basic`. `utf-8` is named in the challenge, `utf-8-unnamed` is not.",
    "bind": "Add `--tls`, or leave out `--bind`: loopback does not need TLS.",
    "faults": "A rule is ACTION:WHICH:EFFECT, such as `receive:2:reset-after`; `--fault list` shows all.",
    "full_language": "Add `--engine pwsh`, and leave out `--bind`.",
    "store": "Name an empty folder, or one that `psbridge emulate --store` wrote.",
}
"""What to do, by the invalid option."""
_OF_A_FILE: Final = (
    "`psbridge emulate --scenario keys` shows the keys of a scenario file, `list` the scenarios and codes."
)
_LISTEN: Final = {
    errno.EADDRINUSE: "Choose another port with --port; 0 takes a free port.",
    errno.EACCES: "Ports below 1024 need root. Choose another port with --port; 0 takes a free port.",
}


@contextmanager
def explained() -> Iterator[None]:
    """Turn the emulator's errors into psbridge's.

    Raises:
        UsageError: an option is invalid.
        PrerequisiteError: packages are missing.
    """
    from psbridge.emulator.errors import EmulationError

    try:
        yield
    except EmulationError as error:
        raise _usage(error) from error
    except ImportError as missing:
        raise PrerequisiteError(
            f"{missing}, which are not installed",
            hint="Install psbridge[kerberos]; building it needs the headers of MIT Kerberos.",
        ) from missing


def _usage(error: EmulationError) -> UsageError:
    from psbridge.config.problems import Problem
    from psbridge.emulator.stamp.scenario_format.problems import ScenarioError

    if not isinstance(error, ScenarioError):
        return UsageError(str(error), hint=HINTS[error.option])
    problems = [Problem(each.message, each.file, each.line, each.key or None, each.nearest) for each in error.problems]
    count = f"{len(problems)} problems in the scenario; the first: " if len(problems) > 1 else ""
    return UsageError(
        f"{count}{problems[0]}", hint=_OF_A_FILE, detail={"problems": [problem.plain() for problem in problems]}
    )


def unstarted(problem: OSError, what: Emulating) -> PsbridgeError:
    """Return the error for a host that the system did not let start."""
    if isinstance(problem, FileNotFoundError) and not problem.filename:
        return PrerequisiteError(
            str(problem), hint="Use --engine embedded, or install PowerShell 7 so that `pwsh` is on PATH."
        )
    reason = (problem.strerror or str(problem)).partition(" (while")[0]  # without the suffix of the socket library
    if problem.filename:
        return ConfigError(
            f"{problem.filename} can't be written: {reason}",
            hint="The host keeps temporary files in TMPDIR; set it to a writable folder.",
        )
    return ConfigError(
        f"can't listen on {what.bind}:{what.port}: {reason}",
        hint=_LISTEN.get(problem.errno or 0, "Choose another address with --bind."),
    )
