"""Processes of psbridge that are forked from one that has loaded it (zygote.py), with what tests use of `subprocess.Popen`."""

from __future__ import annotations

import atexit
import io
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from threading import Thread
from typing import IO, Any, Self

from tests.support.process import zygote

Stream = int | IO[Any]
"""As `subprocess.Popen` takes it: PIPE, DEVNULL, a descriptor or a file."""


@cache
def _requests() -> socket.socket:
    """Return the socket of this process's zygote, which ends when the socket is closed, so with this process."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, zygote.LARGEST)
        number = theirs.fileno()
        environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "KRB5_CONFIG": os.devnull, "HOME": "/nonexistent"}
        process = subprocess.Popen(
            [sys.executable, zygote.__file__, str(number)],
            env=environment,
            pass_fds=[number],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            cwd=Path(__file__).parents[3],
        )

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


class Forked:
    """A process of psbridge.

    Args:
        argv: its words, without the program's name.
        env: its whole environment.
        limits: names and values of limits of `resource`, such as RLIMIT_AS.
    """

    def __init__(
        self,
        argv: tuple[str, ...],
        *,
        env: Mapping[str, str],
        cwd: Path,
        stdin: Stream,
        stdout: Stream,
        stderr: Stream,
        limits: Mapping[str, int],
    ) -> None:
        self.args = argv
        self.returncode: int | None = None
        self.stdout = self.stderr = None
        request = {"argv": argv, "env": dict(env), "folder": str(cwd), "limits": dict(limits)}
        with ExitStack() as stack:
            taken, _ = _stream(stdin, stack)
            put, self.stdout = _stream(stdout, stack)
            said, self.stderr = _stream(stderr, stack)
            report, theirs = socket.socketpair()
            stack.enter_context(theirs)
            message = json.dumps(request).encode()
            socket.send_fds(_requests(), [message], [taken, put, said, theirs.fileno()])
        self._report = report.makefile("r", encoding="ascii")
        report.close()  # the file keeps it open
        self.pid = int(self._report.readline())

    def poll(self) -> int | None:
        """Return its exit code if it has ended; minus the signal's number if that killed it."""
        return self.returncode if self.returncode is not None or not self._ended(0) else self.wait()

    def wait(self, timeout: float | None = None) -> int:
        """Return its exit code once it has ended."""
        if self.returncode is None:
            if not self._ended(timeout):
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            self.returncode = int(self._report.readline())
            self._report.close()
        return self.returncode

    def _ended(self, timeout: float | None) -> bool:
        return bool(select.select([self._report], [], [], timeout)[0])

    def communicate(self, timeout: float | None = None) -> tuple[str | None, str | None]:
        """Read what is piped to its end; return that of stdout and of stderr once the process has ended."""
        found: dict[int, str] = {}

        def read(at: int, stream: IO[str]) -> None:
            with stream:
                found[at] = stream.read()

        piped = ((at, stream) for at, stream in enumerate((self.stdout, self.stderr)) if stream is not None)
        readers = [Thread(target=read, args=each, daemon=True) for each in piped]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join(timeout)
            if reader.is_alive():
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
        self.wait(timeout)
        return found.get(0), found.get(1)

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it has not ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it, if it has not ended."""
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for stream in (self.stdout, self.stderr):
            if stream is not None:
                stream.close()
        self.wait()


def _stream(wanted: Stream, stack: ExitStack) -> tuple[int, io.TextIOWrapper | None]:
    """Return the descriptor that the process gets, and what its output is read from."""
    if wanted == subprocess.DEVNULL:
        return stack.enter_context(Path(os.devnull).open("r+b", buffering=0)).fileno(), None
    if wanted == subprocess.PIPE:
        ours, theirs = os.pipe()
        stack.callback(os.close, theirs)
        return theirs, os.fdopen(ours, encoding="utf-8")
    return wanted if isinstance(wanted, int) else wanted.fileno(), None
