"""One `pwsh -s` process and its three pipes. It never outlives its pool, nor this process.

It runs in a process group of its own, so that whatever it started is killed with it, and so that Ctrl-C at the emulator's
terminal does not reach it. If this process dies, whatever the way, its end of the engine's stdin closes, and the
engine leaves at the end of its input, even in the middle of a pipeline (measured on PowerShell 7.6.9).
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence

log = logging.getLogger(__name__)

_STDERR_LINES = 20
_STDERR_LINE = 400


class Child:
    """A running engine process.

    Args:
        on_line: called with each line of its stdout, on one thread of this class.
        on_end: called once on that thread with the reason when stdout has ended.

    Raises:
        OSError: the command can't be started.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        on_line: Callable[[bytes], None],
        on_end: Callable[[str], None],
    ) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - the command is the operator's own choice, never the client's
            list(arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(environment),
            start_new_session=True,
        )
        self._on_line = on_line
        self._on_end = on_end
        self._errors: deque[str] = deque(maxlen=_STDERR_LINES)
        self._outgoing: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._killed = False
        self.pid = self._process.pid
        for job in (self._write, self._drain, self._read):
            threading.Thread(target=job, name=f"pwsh-{self.pid}{job.__name__}", daemon=True).start()

    def send(self, line: bytes) -> None:
        """Queue a line for its stdin; returns at once."""
        self._outgoing.put(line)

    def end_input(self) -> None:
        """Close its stdin once all that was sent is written."""
        self._outgoing.put(None)

    def wait(self, seconds: float) -> bool:
        """Wait for its end; return whether it has ended."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        """Kill it and its whole process group, and reap it. Only once, because the process id can be reused."""
        if not self._killed:
            self._killed = True
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def _write(self) -> None:
        pipe = self._process.stdin
        if pipe is None:  # pragma: no cover - Popen was given PIPE
            return
        with contextlib.suppress(OSError):
            while (line := self._outgoing.get()) is not None:
                pipe.write(line)
                pipe.flush()
        with contextlib.suppress(OSError):
            pipe.close()

    def _drain(self) -> None:
        pipe = self._process.stderr
        if pipe is None:  # pragma: no cover - Popen was given PIPE
            return
        with pipe:
            while raw := pipe.readline(_STDERR_LINE):
                self._errors.append(raw.decode(errors="replace").rstrip())

    def _read(self) -> None:
        pipe = self._process.stdout
        if pipe is None:  # pragma: no cover - Popen was given PIPE
            return
        with pipe:
            for raw in pipe:
                try:
                    self._on_line(raw)
                except Exception:
                    log.exception("a line of pwsh %d could not be handled", self.pid)
                    self.kill()
        self._outgoing.put(None)
        code = self._process.wait()
        self._on_end(f"pwsh ended with code {code}: {' '.join(self._errors) or 'nothing on stderr'}")
