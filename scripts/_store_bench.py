"""Measures level `whole` against `openssl dgst` on the same data file, as ratios in one run; prints a table.

The file is written to the folder for temporary files, and read once before, so that both sides find it in the cache as far as
memory goes.
"""

from __future__ import annotations

import hmac
import os
import resource
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from psbridge.clock import Deadline, SystemClock
from psbridge.models.verification import TestResult
from psbridge.store.data_file import check_whole
from psbridge.store.folder import FolderStore
from psbridge.store.key import DataKey

_KEY = bytes(range(64))
_RUNS = 3


def _write(path: Path, megabytes: int) -> None:
    """Write a data file that its key fits."""
    tag, piece = hmac.new(_KEY[32:], digestmod="sha512"), os.urandom(1 << 20)
    with path.open("wb") as file:
        file.write(bytes(90))
        for _ in range(megabytes):
            file.write(piece)
            tag.update(piece)
        file.seek(0)
        file.write(struct.pack("<5h", 1, 0, 0, 16, 64) + bytes(16) + tag.digest())


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _whole(path: Path) -> None:
    deadline = Deadline.after(SystemClock(), 7200)
    with FolderStore(path.parent).open(path.name, deadline) as file:
        if check_whole(file, DataKey(_KEY), deadline).result is not TestResult.PASS:
            raise SystemExit("the bench's own file is damaged")


def _openssl(path: Path) -> None:
    subprocess.run(["openssl", "dgst", "-sha512", "-hmac", "key", str(path)], stdout=subprocess.DEVNULL, check=True)


def _two(path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(_whole, [path, path]))


def main() -> None:
    """Write the file, measure, print."""
    megabytes = int(float(sys.argv[1]) * 1024) if len(sys.argv) > 1 else 1024
    cores = os.sched_getaffinity(0)
    with tempfile.TemporaryDirectory(prefix="psbridge-bench-") as folder:
        path = Path(folder) / "data.zip"
        _write(path, megabytes)
        os.sched_setaffinity(0, {min(cores)})
        _whole(path)
        pairs = [(_seconds(lambda: _openssl(path)), _seconds(lambda: _whole(path))) for _ in range(_RUNS)]
        openssl, ours = min(one for one, _ in pairs), min(other for _, other in pairs)
        os.sched_setaffinity(0, cores)
        both = min(_seconds(lambda: _two(path)) for _ in range(_RUNS))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    rows = (
        ("openssl dgst -sha512 -hmac, one core", openssl, 1.0),
        ("level whole, one core", ours, openssl / ours),
        (f"level whole, two files on {min(2, len(cores))} cores", both, 2 * openssl / both),
    )
    print(f"{megabytes} MB, best of {_RUNS}; psbridge's memory {peak} MB at most")
    for name, seconds, speed in rows:
        print(f"  {name:<42} {seconds:8.2f} s   speed {speed:.2f}")


main()
