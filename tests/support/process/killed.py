"""psbridge in a process of its own that is killed with SIGKILL at a point of its own choosing, or from outside.

The processes are forked from a server that has loaded psbridge already (multiprocessing's fork server), so that a sweep over
some hundred of them pays for the imports once.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from pkgutil import walk_packages
from typing import Any, Final, NoReturn

import psbridge
from tests.support.fakes.journal_edge import befallen

_LONG_ENOUGH: Final = 200.0
_PAUSE: Final = 0.05
_NOT_OF_IT: Final = ("psbridge.emulator", "psbridge.testing", "psbridge.__main__", "psbridge.remoting.winrm.kerberos")
_FORKED = get_context("forkserver")
_CLIENT = walk_packages(psbridge.__path__, "psbridge.")
_FORKED.set_forkserver_preload([it.name for it in _CLIENT if not it.name.startswith(_NOT_OF_IT)] + [__name__])


@dataclass(frozen=True, slots=True)
class Kill:
    """Where a process kills itself: in the writing of its journal's first line of an event."""

    line: str
    point: str


class Process:
    """A psbridge that runs, its pauses cut short; its deadlines are real.

    Args:
        argv: the words of its command line.
        env: its whole environment.
        folder: where its streams are kept, as files named by `name`.
    """

    def __init__(
        self, argv: Sequence[str], env: Mapping[str, str], folder: Path, *, name: str, kill: Kill | None = None
    ) -> None:
        self._streams = folder / f"{name}.out", folder / f"{name}.err"
        self._process = _FORKED.Process(target=_run, args=(list(argv), dict(env), self._streams, kill))
        self._process.start()

    @property
    def ended(self) -> bool:
        return self._process.exitcode is not None

    def kill(self) -> None:
        self._process.kill()

    def wait(self) -> int:
        """Return its exit code once it has ended; minus the signal's number if that killed it."""
        self._process.join(_LONG_ENOUGH)
        code = self._process.exitcode
        if code is None:
            self._process.kill()
            raise AssertionError(f"it never ended\n{self.told}")
        return code

    @property
    def document(self) -> dict[str, Any]:
        """The JSON document on its stdout; empty if it wrote none."""
        text = self._streams[0].read_text() if self._streams[0].exists() else ""
        found: dict[str, Any] = json.loads(text) if text else {}
        return found

    @property
    def told(self) -> str:
        """What it wrote to its streams."""
        return "\n--\n".join(path.read_text() if path.exists() else "" for path in self._streams)


def _run(argv: list[str], env: dict[str, str], streams: tuple[Path, Path], kill: Kill | None) -> NoReturn:
    os.environ.clear()
    os.environ.update(env)
    for number, path in enumerate(streams, start=1):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, number)
        os.close(file)
    sys.argv = ["psbridge", *argv]
    really_sleep = time.sleep
    time.sleep = lambda seconds: really_sleep(min(seconds, _PAUSE))
    from psbridge.cli.main import run

    with befallen(kill.line, kill.point, _die) if kill else contextlib.nullcontext():
        code = run()
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    os._exit(code)


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable: a process does not outlive SIGKILL")
