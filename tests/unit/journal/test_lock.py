"""One lock a target, across processes, free again once its holder is gone."""

from __future__ import annotations

import errno
import fcntl
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from psbridge.clock import Deadline
from psbridge.errors import Busy, ConfigError, Interrupted
from psbridge.journal.lock import TargetLock
from tests.support.fakes.fake_clock import FakeClock

HOLD = """
import sys
from pathlib import Path
from psbridge.clock import Deadline, SystemClock
from psbridge.journal.lock import TargetLock
with TargetLock(Path(sys.argv[1]), sys.argv[2]).held(Deadline.after(SystemClock(), 0)):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(folder: Path, target: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", HOLD, str(folder), target]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        yield child
    finally:
        child.kill()
        child.communicate()


def try_to_hold(folder: Path, target: str, clock: FakeClock, wait: float = 0.0) -> None:
    with TargetLock(folder, target).held(Deadline.after(clock, wait)):
        pass


def test_a_lock_of_another_process_makes_busy(tmp_path):
    clock = FakeClock()
    with holder(tmp_path, "nyc") as child:
        with pytest.raises(Busy) as caught:
            try_to_hold(tmp_path, "nyc", clock)
        assert caught.value.detail["reason"] == "locked"
        assert clock.slept == []
        with pytest.raises(Busy):
            try_to_hold(tmp_path, "nyc", clock, wait=5.0)
        assert sum(clock.slept) == pytest.approx(5.0)
        try_to_hold(tmp_path, "sea", clock)  # another target's is free
        child.send_signal(signal.SIGKILL)
        child.wait()
        try_to_hold(tmp_path, "nyc", clock)


def test_the_lock_can_be_awaited(tmp_path):
    clock = FakeClock()
    with holder(tmp_path, "nyc") as child:

        def let_go() -> None:
            if len(clock.slept) == 3:
                child.kill()
                child.wait()

        clock.on_sleep = let_go
        try_to_hold(tmp_path, "nyc", clock, wait=60.0)
    assert len(clock.slept) < 10


def test_the_lock_is_released_after_an_error(tmp_path):
    clock = FakeClock()
    lock = TargetLock(tmp_path, "nyc")
    with pytest.raises(Interrupted), lock.held(Deadline.after(clock, 0)):
        raise Interrupted("x")
    try_to_hold(tmp_path, "nyc", clock)


def test_the_lock_excludes_threads_of_one_process(tmp_path):
    clock = FakeClock()
    with TargetLock(tmp_path, "nyc").held(Deadline.after(clock, 0)), pytest.raises(Busy):
        try_to_hold(tmp_path, "nyc", clock)


def test_a_targets_name_cannot_leave_the_state_folder(tmp_path):
    try_to_hold(tmp_path / "state", "../../x/y", FakeClock())
    assert [path.parent.name for path in tmp_path.rglob("*.lock")] == ["locks"]


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigError) as caught:
        try_to_hold(tmp_path / "file", "nyc", FakeClock())
    assert "--state-dir" in caught.value.hint
    assert "--no-journal" in caught.value.hint


def test_a_file_system_without_locks_is_an_error(tmp_path, monkeypatch, recwarn):
    def missing(_descriptor: int, _operation: int) -> None:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", missing)
    with pytest.raises(ConfigError, match="its file system does not support locks"):
        try_to_hold(tmp_path, "nyc", FakeClock())
    assert not recwarn.list
