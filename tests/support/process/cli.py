"""The command line in a process of its own, with a home, a config and a state folder of its own."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from psbridge.cli.context import Context
from psbridge.cli.main import run
from psbridge.clock import Clock
from psbridge.emulator.emulation import USERNAME, Emulating, Emulation, emulation
from tests.support.fakes.autojump import AutojumpClock
from tests.support.fakes.loopback import Loopback
from tests.support.process.forked import Forked

PASSWORD = "Tr0ub4dor&3-horse-staple"
PSBRIDGE = (sys.executable, "-m", "psbridge")
SPEED = 1500.0  # a backup takes 0.8 seconds, so it has ended at the second look
LONG_ENOUGH = 200.0  # seconds; no process of these tests needs so many, on any machine
Process = subprocess.Popen[str] | Forked
_FORKABLE = re.compile(
    r"PATH|HOME|TERM|NO_COLOR|(_?PSBRIDGE|COMP|KRB5)_\w+|KRB5CCNAME|GSS_MECH_CONFIG|SSL_CERT_(FILE|DIR)|\w+_(PASSWORD|SECRET)"
)
"""What of its environment psbridge and its libraries read after they were loaded."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a process."""

    argv: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on stdout."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The JSON Lines on stdout."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def error(self) -> dict[str, Any]:
        """The JSON object that is stderr's last line."""
        found: dict[str, Any] = json.loads(self.err.splitlines()[-1])["error"]
        return found

    def expect(self, code: int) -> Ended:
        """Return this, once its exit code is known to be the expected one."""
        assert self.code == code, (
            f"{' '.join(self.argv)} ended {self.code}, not {code}\n{self.out[:600]}\n--\n{self.err}"
        )
        return self


class Running:
    """A process that runs; its first lines can be read while it does."""

    def __init__(self, argv: tuple[str, ...], process: Process) -> None:
        self.argv = argv
        self.process = process

    def line(self) -> dict[str, Any]:
        """Wait for the next line of stdout, a JSON object."""
        assert self.process.stdout is not None
        text = self.process.stdout.readline()
        assert text, f"{self.argv} ended early: {self.ended().err}"
        found: dict[str, Any] = json.loads(text)
        return found

    def line_of(self, kind: str) -> dict[str, Any]:
        """Wait for a line of stdout of this kind."""
        while (found := self.line())["kind"] != kind:
            pass
        return found

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def ended(self) -> Ended:
        """Wait for its end."""
        out, err = self.process.communicate(timeout=LONG_ENOUGH)
        return Ended(self.argv, self.process.returncode, out or "", err or "")


@dataclass(slots=True)
class Cli:
    """A user with a home folder.

    Attributes:
        folder: holds all that is theirs.
        env: the environment of their processes, on top of a bare one.
        clock: the time of commands that are run in this process; None: each has a process, and real time.
        started: their processes, so that `leave` can end those that a failed test left behind.
    """

    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    started: list[Process] = field(default_factory=list)
    clock: Clock | None = None

    def leave(self) -> None:
        """End every process that still runs."""
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.wait()

    @property
    def config(self) -> Path:
        """Their config file."""
        return self.folder / "config.yaml"

    @property
    def state(self) -> Path:
        """Where their journal is."""
        return self.folder / "state"

    def command(self, target: str = "nyc") -> str:
        """Return how a hint calls psbridge: with the config and the state folder that variables name for these tests."""
        config = self.env.get("PSBRIDGE_CONFIG", str(self.config))
        given = {"--config": config, "--state-dir": str(self.state), "-t": target}
        return "psbridge " + " ".join(f"{option} {value}" for option, value in given.items() if value)

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the complete environment of a process."""
        bare = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(self.folder),
            "KRB5_CONFIG": os.devnull,
            "PSBRIDGE_CONFIG": str(self.config),
            "PSBRIDGE_STATE_DIR": str(self.state),
            "NYC_PASSWORD": PASSWORD,
        }
        return {**bare, **self.env, **(more or {})}

    def configure(self, text: str) -> None:
        """Write their config."""
        self.config.write_text(text, "utf-8")
        self.config.chmod(0o600)

    def point_at(self, port: int, *more: str, username: str = USERNAME, **keys: str) -> None:
        """Write a config whose only target, `nyc`, is on this port of the loopback.

        Args:
            more: further lines of the target.
            username: who signs in.
            keys: what differs from the keys below.
        """
        plain = {
            "host": "127.0.0.1",
            "port": str(port),
            "tls": "false",
            "auth": "ntlm",
            "username": username,
            "password": "{env: NYC_PASSWORD}",
            "location": "redmond",
        }
        lines = [f"    {key}: {value}" for key, value in {**plain, **keys}.items() if value]
        defaults = "defaults: {poll: 0.2s, settle: 1s, call_timeout: 20s}"
        self.configure(
            "\n".join(["version: 1", defaults, "targets:", "  nyc:", *lines, *(f"    {m}" for m in more), ""])
        )

    def argv(self, *words: str) -> tuple[str, ...]:
        """Return the complete command of a process, for a shell."""
        return (*PSBRIDGE, *words)

    def start(
        self,
        *argv: str,
        env: Mapping[str, str] | None = None,
        limits: Mapping[str, int] | None = None,
        fresh: bool = False,
        **how: Any,
    ) -> Running:
        """Start a process.

        It is forked from one that has loaded psbridge, unless it needs an interpreter of its own: where a variable is read
        before psbridge, or for what only `subprocess.Popen` does.

        Args:
            env: variables on top of those of `environment`.
            limits: names and values of limits of `resource`, such as RLIMIT_AS.
            fresh: whether how it starts is what is tested.
            how: streams, and what else `subprocess.Popen` takes.
        """
        streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        whole = self.environment(env)
        own = fresh or not how.keys() <= streams.keys() or not all(map(_forkable, whole.items()))
        how = {**streams, **how}
        process: Process
        if own:
            assert not limits
            process = subprocess.Popen([*PSBRIDGE, *argv], env=whole, cwd=self.folder, text=True, **how)
        else:
            process = Forked(argv, env=whole, cwd=self.folder, limits=limits or {}, **how)
        self.started.append(process)
        return Running(argv, process)

    def __call__(self, *argv: str, env: Mapping[str, str] | None = None, **how: Any) -> Ended:
        """Run a command to its end."""
        if self.clock is not None:
            return self._run_here(argv, self.environment(env))
        return self.start(*argv, env=env, **how).ended()

    def _run_here(self, argv: tuple[str, ...], env: Mapping[str, str]) -> Ended:
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, contextlib.chdir(self.folder):
            for name in os.environ.keys() - env.keys():
                patch.delenv(name)
            for name, value in env.items():
                patch.setenv(name, value)
            patch.setattr(Context, "clock", self.clock)
            patch.setattr("psbridge.api.stamp.SystemClock", lambda: self.clock)
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = run(argv)
        return Ended(argv, code, out.getvalue(), err.getvalue())

    def together(self, *lines: tuple[str, ...]) -> list[Ended]:
        """Run several commands, at the same time if each has a process."""
        if self.clock is not None:
            return [self(*line) for line in lines]
        return [each.ended() for each in [self.start(*line) for line in lines]]

    @contextmanager
    def facing(self, scenario: str = "succeeds", *more: str, **how: Any) -> Iterator[Emulation]:
        """Emulate an operator host in this process and point the config at it.

        Args:
            scenario: a name or a file.
            more: further lines of the target.
            how: as for `Emulating`, where it is not `SPEED` times as fast as life, on the embedded engine.
        """
        what = Emulating(scenario=scenario, **{"users": {USERNAME: PASSWORD}, "speed": SPEED, **how})
        with emulation(what) as running:
            self.point_at(running.host.port, *more)
            yield running

    @contextmanager
    def facing_timeless(self, scenario: str = "succeeds", *more: str, **how: Any) -> Iterator[Emulation]:
        """Do as `facing` does, but in time that moves when both ends wait: a deadline is exact, and costs none.

        Commands run in this process meanwhile.
        """
        network = Loopback(AutojumpClock())
        known = {"scenario": scenario, "users": {USERNAME: PASSWORD}, "speed": SPEED}
        with network.emulated(**{**known, **how}) as running:
            self.point_at(running.host.port, *more)
            self.clock = network.clock
            try:
                yield running
            finally:
                self.clock = None


def _forkable(variable: tuple[str, str]) -> bool:
    return bool(_FORKABLE.fullmatch(variable[0])) or variable == ("LANG", "C.UTF-8")


def on_terminal(
    cli: Cli,
    *argv: str,
    env: Mapping[str, str] | None = None,
    typed: tuple[str, bytes] = ("", b""),
    answers: Sequence[tuple[str, str]] = (),
    reply: Callable[[str], str | None] = lambda _: None,
    columns: int = 100,
) -> tuple[int, str]:
    """Run a process whose streams are a terminal of `columns`; return its exit code and all that was shown.

    Args:
        typed: what is typed once a text has been shown, and that text.
        answers: the same for several texts, each shown after the one before was answered; a line's end is added. All of
            them must be asked for.
        reply: is given the line that is not ended yet, and returns what is typed there, if anything.
    """
    awaited = [(text.encode(), f"{answer}\n".encode()) for text, answer in answers]
    awaited += [(typed[0].encode(), typed[1])] if typed[1] else []
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (40, columns))
    streams = {"stdin": slave, "stdout": slave, "stderr": slave}
    process = cli.start(*argv, env={"TERM": "xterm-256color", **(env or {})}, **streams).process
    os.close(slave)
    shown, seen = bytearray(), 0
    with contextlib.suppress(OSError):  # Linux says EIO when the last process has left the terminal
        while chunk := os.read(master, 65536):
            shown += chunk
            while awaited and (at := shown.find(awaited[0][0], seen)) >= 0:
                seen = at + len(awaited[0][0])
                os.write(master, awaited.pop(0)[1])
            typing = reply(shown.rpartition(b"\n")[2].decode(errors="replace"))
            if typing is not None:
                os.write(master, f"{typing}\n".encode())
    os.close(master)
    assert not answers or not awaited, f"never asked: {awaited[0][0].decode()}\n{shown.decode()}"
    return process.wait(LONG_ENOUGH), shown.decode()
