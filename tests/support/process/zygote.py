"""Run as a program: has psbridge loaded, and forks a process of it for each request, which then is like any other.

A new interpreter takes half a second of CPU until it has loaded psbridge; a forked one a hundredth of that. What a process
takes from its caller it has here too: arguments, environment, folder, streams, signals, limits, and its own end by way of the
interpreter's. What an interpreter or a library reads while it starts it does not have: `Cli.start` knows when that matters.

    zygote.py FD    FD: a socket of whole messages; each a JSON request with three streams and a socket for what comes of it
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import io
import json
import os
import pkgutil
import resource
import signal
import socket
import sys
import threading
from typing import Any, NoReturn

UNLOADED = ("psbridge.testing", "psbridge.__main__", "psbridge.remoting.winrm.kerberos")
LARGEST = 1 << 20
"""Bytes of a request."""
STREAMS = (0, 1, 2)


def preload() -> None:
    """Load all of psbridge that loads everywhere, and let the forked processes share it."""
    import psbridge

    for module in pkgutil.walk_packages(psbridge.__path__, "psbridge."):
        if not module.name.startswith(UNLOADED):
            importlib.import_module(module.name)
    os.fsync = os.fstat  # as in tests/conftest.py
    gc.collect()
    gc.freeze()


def serve(requests: socket.socket) -> dict[str, Any]:
    """Fork for each request; return the request in the forked process, and never in this one."""
    running: dict[int, socket.socket] = {}

    def reap(_signal: int = 0, _frame: object = None) -> None:
        # Where one ends while another is being reaped, the inner call finds none, or the outer one none that is left.
        with contextlib.suppress(ChildProcessError):
            while running:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    return
                with running.pop(pid) as report:
                    report.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))

    signal.signal(signal.SIGCHLD, reap)
    while True:
        message, descriptors, _, _ = socket.recv_fds(requests, LARGEST, len(STREAMS) + 1)
        if not message:
            os._exit(0)  # nobody is left who could ask
        *streams, answer = descriptors
        report = socket.socket(fileno=answer)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})  # until the process is in the table
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
            for number, stream in zip(STREAMS, streams, strict=True):
                os.dup2(stream, number)
            for other in (requests, report, *running.values()):
                other.close()
            os.closerange(3, max(descriptors) + 1)
            return json.loads(message)  # type: ignore[no-any-return]
        for stream in streams:
            os.close(stream)
        running[pid] = report
        report.sendall(b"%d\n" % pid)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})


def become(request: dict[str, Any]) -> None:
    """Take on what the caller of a process gives it."""
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["folder"])
    for name, value in request["limits"].items():
        resource.setrlimit(getattr(resource, name), (value, value))
    sys.argv = ["psbridge", *request["argv"]]
    # Anew, as an interpreter makes them when it starts: what they are depends on what is behind the descriptors.
    sys.stdin = sys.__stdin__ = _stream(0, sys.__stdin__)
    sys.stdout = sys.__stdout__ = _stream(1, sys.__stdout__, line_buffering=os.isatty(1))
    sys.stderr = sys.__stderr__ = _stream(2, sys.__stderr__, line_buffering=True)


def _stream(number: int, old: Any, **how: bool) -> io.TextIOWrapper:
    file = open(number, old.mode + "b", closefd=False)  # noqa: SIM115 - a descriptor, open as long as the process
    return io.TextIOWrapper(file, old.encoding, old.errors, **how)


def main() -> None:
    """Serve, and in a forked process run psbridge."""
    preload()
    become(serve(socket.socket(fileno=int(sys.argv[1]))))
    from psbridge.cli.main import run

    leave(run())


def leave(code: int) -> NoReturn:
    """End as an interpreter does, but leave the memory as it is: to take it apart costs more than all the rest."""
    threading._shutdown()
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        code = 120
    os._exit(code)


if __name__ == "__main__":
    main()
