"""What the stage `machine` finds about the state folder: may it be written, is it local, is there room, who holds the lock?"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from psbridge.doctor.results import Found, ok, warn
from psbridge.doctor.state import DoctorState
from psbridge.errors import ConfigError
from psbridge.files import first_existing, unwritable
from psbridge.journal.lock import TargetLock
from psbridge.journal.log import ELSEWHERE

_MOUNTS: Final = Path("/proc/self/mountinfo")
_NETWORK: Final = ("nfs", "cifs", "smb", "9p", "ceph", "fuse.sshfs", "fuse.glusterfs", "lustre", "gpfs", "afs", "ocfs2")
_LITTLE: Final = 16 << 20
"""Bytes; a run's record takes some hundred kilobytes."""


def findings(state: DoctorState) -> Iterator[Found]:
    """Yield what is found."""
    folder = state.asked.state
    if not isinstance(folder, Path):
        yield Found.failure(folder)
        return
    there = first_existing(folder)
    problem = _unwritable(folder, there)
    if problem is not None:
        yield Found.failure(problem)
        return
    kind, free = file_system(there), _free(there)
    facts = {"state": str(folder), "file_system": kind, "free_bytes": free}
    if kind is not None and kind.startswith(_NETWORK):
        said = (
            f"the state folder {folder} is on a network file system ({kind}), whose locks and writes are less certain"
        )
        yield Found(warn(said, "Name a local folder with --state-dir or PSBRIDGE_STATE_DIR."), facts)
    elif free is not None and free < _LITTLE:
        said = f"the file system of the state folder {folder} has {free // 1024} KiB left"
        yield Found(warn(said, "Free space there, or name another folder with --state-dir."), facts)
    else:
        yield Found(ok(f"state in {folder}"), facts)
    yield from _locked(state, folder)


def _unwritable(folder: Path, there: Path) -> ConfigError | None:
    """Return why the state folder can't be written; an existing one is tried, a missing one is not made."""
    why = unwritable(folder)
    if why is not None:
        return _refused(folder, why)
    if there == folder:
        try:
            with tempfile.TemporaryFile(dir=folder, prefix=".doctor-") as file:
                file.write(bytes(4096))
                file.flush()
        except OSError as problem:
            return _refused(folder, problem.strerror or errno.errorcode.get(problem.errno or 0, "unknown error"))
    return None


def _refused(folder: Path, why: str) -> ConfigError:
    return ConfigError(f"the state folder {folder} can't be written: {why}", hint=ELSEWHERE)


def _free(there: Path) -> int | None:
    try:
        found = os.statvfs(there)
    except OSError:
        return None
    return found.f_bavail * found.f_frsize


def file_system(there: Path) -> str | None:
    """Return the type of the file system that a folder is on, such as `ext4`; None if it can't be known."""
    try:
        lines = _MOUNTS.read_text("utf-8", "surrogateescape").splitlines()
        place = there.resolve()
    except OSError:
        return None
    found: tuple[int, str] | None = None
    for line in lines:  # proc_pid_mountinfo(5): the mount point is the fifth field, the type the first after the hyphen
        before, _, after = line.partition(" - ")
        mount = Path(before.split(" ")[4].replace("\\040", " "))
        if place.is_relative_to(mount) and (found is None or len(mount.parts) >= found[0]):
            found = len(mount.parts), after.split(" ")[0]
    return found[1] if found else None


def _locked(state: DoctorState, folder: Path) -> Iterator[Found]:
    if state.name is None:
        return
    holder = TargetLock(folder, state.name).holder
    if holder is not None:
        said = f"another psbridge is starting a backup of target {state.name} ({holder})"
        yield Found(warn(said, "A start waits for it with --lock-wait 5m. See its run: psbridge run list"))
