"""Writes a support bundle: a tar.gz for this user only, complete or not at all; an existing file is not touched."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path

from psbridge.clock import Clock
from psbridge.errors import ConfigError, UsageError
from psbridge.files import whole, write_new

_OTHER = "Name another file with --bundle."


def check_free(path: str) -> Path:
    """Return the file of a bundle, before anything is done.

    Raises:
        psbridge.errors.UsageError: there is one already, or its folder is missing.
    """
    try:
        found = whole(path)
    except OSError as problem:
        raise UsageError(f"--bundle {path}: {problem.strerror}", hint=_OTHER) from problem
    if os.path.lexists(found):
        raise UsageError(f"--bundle: {path} exists, and a bundle overwrites nothing", hint=_OTHER)
    if not found.parent.is_dir():
        raise UsageError(f"--bundle: there is no folder {found.parent}", hint=_OTHER)
    return found


def write(path: Path, content: Mapping[str, bytes], clock: Clock) -> None:
    """Write the files into a new tar.gz of mode 0600.

    Raises:
        psbridge.errors.ConfigError: it can't be written.
    """
    packed = io.BytesIO()
    moment = int(clock.now().timestamp())
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, data in content.items():
            entry = tarfile.TarInfo(f"psbridge-bundle/{name}")
            entry.size, entry.mode, entry.mtime = len(data), 0o600, moment
            archive.addfile(entry, io.BytesIO(data))
    try:
        write_new(path, packed.getvalue())
    except OSError as problem:
        raise ConfigError(f"--bundle: {path} can't be written: {problem.strerror}", hint=_OTHER) from problem
