"""Why a host can't be emulated as it was asked for: psbridge's own errors for the emulator's, each with its hint."""

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
    "scenario": "`psbridge emulate --scenario list` names every scenario and every error code of `error:CODE`.",
    "speed": "`--speed 60` makes a minute of the stamp last a second; `--speed 0.5` makes it last two minutes.",
    "engine": "`--engine embedded` needs nothing but Python, `pwsh` PowerShell 7; `auto` takes what there is.",
    "users": "Name one who could sign in to Windows: `--user NAME`, `--user 'DOMAIN\\NAME'` or `--user NAME@REALM`.",
    "auth": "`ntlm` and `negotiate` need nothing more, `certificate` needs `--tls`, `kerberos` needs `--keytab FILE`.",
    "keytab": "It holds the key of host/NAME: kadmin's `ktadd -k FILE host/NAME` writes it.",
    "channel_binding": "`relaxed` is as Windows comes; `strict` (with `--tls`) refuses what is not bound, `none` asks nothing.",
    "tls": "`--tls-cert` and `--tls-key` name PEM files; `--tls` alone makes both for this start.",
    "client_ca": "`--client-ca` names a PEM file, for `--auth certificate`; without it, one is made with a client certificate.",
    "late_certificate": "It goes with `--tls --auth certificate`.",
    "basic_charset": "`utf-8` is named in the challenge, `utf-8-unnamed` is not; each goes with `--auth basic`.",
    "bind": "Add `--tls`, or leave `--bind` out: the loopback does not need it.",
    "faults": "A rule is ACTION:WHICH:EFFECT, such as `receive:2:reset-after`; `--fault list` explains all.",
    "full_language": "Add `--engine pwsh`, and leave `--bind` out.",
}
"""What to do, by what can't be."""
_OF_A_FILE: Final = (
    "`psbridge emulate --scenario keys` explains what a file may say, `list` names the scenarios and codes."
)
_LISTEN: Final = {
    errno.EADDRINUSE: "Name another port with --port; 0 takes a free one.",
    errno.EACCES: "Ports below 1024 are for root; name another with --port, 0 takes a free one.",
}


@contextmanager
def explained() -> Iterator[None]:
    """Turn what the emulator can't be asked for into psbridge's errors.

    Raises:
        UsageError: it can't be.
        PrerequisiteError: packages for it are missing.
    """
    from psbridge.emulator.errors import EmulationError

    try:
        yield
    except EmulationError as error:
        raise _usage(error) from error
    except ImportError as missing:
        raise PrerequisiteError(
            f"{missing}, which are not installed", hint="Install psbridge[kerberos]; it needs MIT Kerberos' headers."
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
    """Return psbridge's error for what the system refused to a host that was to start."""
    if isinstance(problem, FileNotFoundError) and not problem.filename:
        return PrerequisiteError(str(problem), hint="Use --engine embedded, or put `pwsh` on PATH.")
    reason = (problem.strerror or str(problem)).partition(" (while")[0]  # without what the socket library adds
    if problem.filename:
        return ConfigError(
            f"{problem.filename} can't be written: {reason}", hint="The host keeps files of its own where TMPDIR says."
        )
    return ConfigError(
        f"can't listen on {what.bind}:{what.port}: {reason}",
        hint=_LISTEN.get(problem.errno or 0, "Name another address with --bind."),
    )
