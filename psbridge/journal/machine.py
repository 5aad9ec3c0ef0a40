"""Which process on which machine a record of the state folder belongs to, and whether that process still runs.

A state folder may be shared: an NFS home, a volume of several containers. A process id alone means nothing there, and a
lock may not reach across machines. So a record names the kernel (its boot id), the pid namespace and the process with its
start, and what can't be looked up from here is unknown, never "ended".
"""

from __future__ import annotations

import os
import socket
from dataclasses import asdict, dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Any, Final, Self

_MACHINE_IDS: Final = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_PROC: Final = Path("/proc")


class Life(Enum):
    """Whether a process still runs."""

    RUNS = auto()
    ENDED = auto()
    UNKNOWN = auto()
    """It is on another machine, or in another pid namespace: nobody here can know."""


@dataclass(frozen=True, slots=True)
class Holder:
    """One process on one machine; a text that could not be read is empty.

    Attributes:
        machine: machine-id(5); images of containers often have none, and clones may share one.
        host: the host's name.
        boot: the kernel's boot id, which containers on one machine share and a reboot changes.
        namespace: the pid namespace as `/proc/self/ns/pid` names it.
        pid: its number in that namespace.
        started: its start in clock ticks after the boot, as proc(5) has it; a pid that is used again has another.
    """

    machine: str
    host: str
    boot: str
    namespace: str
    pid: int
    started: int

    @classmethod
    def here(cls) -> Self:
        """Return this process."""
        pid = os.getpid()
        machine = next(filter(None, map(_text, _MACHINE_IDS)), "")
        return cls(machine, socket.gethostname(), _text(_BOOT_ID), _namespace(pid), pid, _started(pid) or 0)

    @classmethod
    def of(cls, told: object) -> Self | None:
        """Return the holder that `plain` was made from; None if it is not one."""
        if not isinstance(told, dict):
            return None
        words = [told.get(name) for name in ("machine", "host", "boot", "namespace")]
        numbers = [told.get(name) for name in ("pid", "started")]
        if not all(isinstance(it, str) for it in words) or not all(type(it) is int for it in numbers):
            return None
        return cls(*words, *numbers)  # type: ignore[arg-type]  # checked above

    def plain(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self)

    def on_this_kernel(self) -> bool:
        """Tell whether it is on the machine that this process is on, and that has not been started anew since."""
        here = Holder.here()
        return self.boot == here.boot if self.boot or here.boot else self.host == here.host

    def life(self, seen: float) -> Life:
        """Tell whether it runs.

        Args:
            seen: when its record was changed last, in seconds since 1970. A machine that was started anew after that has
                ended it; the other machine that has the same id and name (a clone) and still runs it changes its records.
        """
        here = Holder.here()
        if self.boot and self.boot == here.boot:
            if not self.namespace or self.namespace != here.namespace:
                return Life.UNKNOWN
            return Life.RUNS if _started(self.pid) == self.started else Life.ENDED
        same = bool(self.machine and self.boot and here.boot) and (self.machine, self.host) == (here.machine, here.host)
        return Life.ENDED if same and seen < _booted() else Life.UNKNOWN

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host or 'a machine without a name'}"


def _text(path: Path) -> str:
    try:
        return path.read_text("ascii", "replace").strip()[:64]
    except OSError:
        return ""


def _namespace(pid: int) -> str:
    """Return this process's pid namespace; empty where /proc is that of another one, whose numbers are not ours."""
    try:
        return str((_PROC / "self/ns/pid").readlink()) if str((_PROC / "self").readlink()) == str(pid) else ""
    except OSError:
        return ""


def _started(pid: int) -> int | None:
    """Return when a process began, in clock ticks after the boot (proc(5), field 22 of stat); None if there is none."""
    try:
        told = (_PROC / str(pid) / "stat").read_bytes()
        return int(told.rpartition(b")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return None


def _booted() -> float:
    """Return when this machine was started, in seconds since 1970; 0 where that can't be read."""
    try:
        for line in (_PROC / "stat").read_text("ascii", "replace").splitlines():
            if line.startswith("btime "):
                return float(line.split()[1])
    except (OSError, ValueError, IndexError):
        pass
    return 0.0
