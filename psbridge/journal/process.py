"""The identity of a process, so that another one, perhaps on another machine, can see whether it still runs."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec.structs import asdict

_DEAD: Final = frozenset("ZXx")
"""States of `/proc/PID/stat` (proc_pid_stat(5)) of an ended process; a zombie is one."""


class Process(msgspec.Struct, frozen=True):
    """One process on one machine.

    Attributes:
        machine: the host name and, where there is one, the machine id (machine-id(5)), as `NAME/ID`.
        boot: the kernel's id of this boot; empty if it can't be read.
        space: the process id namespace: a container has its own numbers.
        pid: its number.
        began: when it began, in clock ticks after the boot, so that a number that is used again is another process;
            empty if it can't be read.
    """

    machine: str
    boot: str
    space: str
    pid: int
    began: str

    def plain(self) -> dict[str, Any]:
        """Return it as a record keeps it."""
        return asdict(self)

    @property
    def lives(self) -> bool | None:
        """Whether it still runs; None if unknown here, for a process of another machine or container."""
        here = this_process()
        if self.machine != here.machine:
            return None
        if self.boot != here.boot:
            return False
        if self.space != here.space:
            return None
        began = _began(self.pid)
        return began is not None and (not self.began or began == self.began)

    def has_ended(self, seen: float) -> bool:
        """Return whether it has provably ended, before something is removed that a running process still needs.

        Clones share the machine's name and id, so another boot proves it only if its record has not changed since: a clone
        that still runs the process changes its records.

        Args:
            seen: when its record was changed last, in seconds since 1970.
        """
        here = this_process()
        if self.boot and self.boot == here.boot:
            return bool(self.space) and self.lives is False
        same = self.machine == here.machine and not self.machine.endswith("/")
        return same and bool(self.boot and here.boot) and seen < _booted()

    @property
    def on_this_kernel(self) -> bool:
        """Whether it is, or was, on the kernel that runs here, in whatever container: locks reach it."""
        here = this_process()
        return self.boot == here.boot if self.boot or here.boot else self.machine == here.machine

    @property
    def host(self) -> str:
        """The name of its machine, for people."""
        return self.machine.partition("/")[0]

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host or 'an unnamed machine'}"


def this_process() -> Process:
    """Return the process that asks."""
    machine, boot = _where()
    pid = os.getpid()
    return Process(machine, boot, _space(), pid, _own_start(pid))


def read_process(kept: object) -> Process | None:
    """Return the process that a record names; None if it names none."""
    if not isinstance(kept, Mapping):
        return None
    texts = [kept.get(name) for name in ("machine", "boot", "space", "began")]
    pid = kept.get("pid")
    if not all(isinstance(each, str) for each in texts) or not isinstance(pid, int) or pid <= 0:
        return None
    machine, boot, space, began = (str(each) for each in texts)
    return Process(machine, boot, space, pid, began)


@cache
def _own_start(pid: int) -> str:
    """Return when this process began; kept, because the kernel takes 0.3 ms to say it."""
    return _began(pid) or ""


os.register_at_fork(after_in_child=_own_start.cache_clear)  # numbers are used again


@cache
def _where() -> tuple[str, str]:
    id_ = _line(Path("/etc/machine-id"))
    return f"{platform.node()}/{id_}", _line(Path("/proc/sys/kernel/random/boot_id"))


def _space() -> str:
    """Return the process id namespace; empty if /proc is of another namespace, with other process ids."""
    try:
        ours = os.readlink("/proc/self") == str(os.getpid())  # noqa: PTH115 - as below
        return os.readlink("/proc/self/ns/pid") if ours else ""  # noqa: PTH115 - it leads to no file
    except OSError:
        return ""


def _line(path: Path) -> str:
    try:
        return path.read_text("ascii", errors="replace").strip()[:64]
    except OSError:
        return ""


def _began(pid: int) -> str | None:
    """Return when a process began, empty if that can't be read; None if there is no such process, or only its zombie."""
    try:
        # The name, in parentheses, may hold anything; the state is the first word after it, the start the 20th.
        words = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace").rpartition(")")[2].split()
    except FileNotFoundError:
        return None if Path("/proc/self").exists() or not _answers(pid) else ""
    except (ProcessLookupError, PermissionError):
        return None
    return None if not words or words[0] in _DEAD else words[19] if len(words) > 19 else ""


def _booted() -> float:
    """Return when this machine was started, in seconds since 1970; 0 if that can't be read."""
    try:
        lines = Path("/proc/stat").read_text("ascii", errors="replace").splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith("btime "))
    except (OSError, ValueError, StopIteration):
        return 0.0


def _answers(pid: int) -> bool:
    """Return whether a process exists, on a system without /proc."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
