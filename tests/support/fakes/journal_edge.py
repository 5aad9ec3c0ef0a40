"""What may befall the writing of a journal's line, at the edge of the system: below psbridge's own code."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

POINTS: Final = ("before", "torn", "after")
"""Where in the writing of a line: nothing of it is on disk; half of it; all of it, synced."""


@contextmanager
def befallen(line: int | str, point: str, what: Callable[[], object]) -> Iterator[None]:
    """Do something, which raises or never returns, in the writing of a line that this process writes.

    Args:
        line: which line: the nth (from 1) of all journals together, or the first of an event.
        point: one of `POINTS`.
        what: a kill, or an error of the system.
    """
    really_write, really_sync = os.write, os.fsync
    lines, come = 0, False

    def write(descriptor: int, data: bytes) -> int:
        nonlocal lines, come
        if not _is_journal(descriptor):
            return really_write(descriptor, data)
        lines += 1
        come = lines == line if isinstance(line, int) else f'"event": "{line}"'.encode() in data
        if come and point != "after":
            really_write(descriptor, data[: len(data) // 2 if point == "torn" else 0])
            what()
        return really_write(descriptor, data)

    def sync(descriptor: int) -> None:
        really_sync(descriptor)
        if point == "after" and come and _is_journal(descriptor):
            what()

    os.write, os.fsync = write, sync
    try:
        yield
    finally:
        os.write, os.fsync = really_write, really_sync


def _is_journal(descriptor: int) -> bool:
    return Path(f"/proc/self/fd/{descriptor}").readlink().suffix == ".jsonl"
