"""Shells that had to stay: known to the next process, and to no other while theirs lives."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from psbridge.remoting.winrm.shells import ShellBook

HOST, OTHER = "http://oaw01:5985/wsman", "https://oaw02:5986/wsman"
RESOURCE = "http://schemas.microsoft.com/powershell/Microsoft.PowerShell"


def left(folder: Path, host: str = HOST) -> list[str]:
    found = []
    for mark in ShellBook(folder).left(host):
        found.append(mark.shell)
        mark.stays()
    return found


def test_a_shell_in_use_is_not_removed_by_others(tmp_path: Path) -> None:
    mark = ShellBook(tmp_path).opened(HOST, "S1", RESOURCE)
    assert mark is not None
    assert left(tmp_path) == []
    mark.stays()
    assert left(tmp_path) == ["S1"]
    assert left(tmp_path, OTHER) == []


def test_the_mark_of_a_missing_shell_is_deleted(tmp_path: Path) -> None:
    mark = ShellBook(tmp_path).opened(HOST, "S1", RESOURCE)
    assert mark is not None
    mark.gone()
    assert list((tmp_path / "shells").iterdir()) == []
    assert left(tmp_path) == []


def test_the_shell_of_a_killed_process_is_found(tmp_path: Path) -> None:
    code = (
        "import sys, os, signal; from pathlib import Path; from psbridge.remoting.winrm.shells import ShellBook\n"
        f"mark = ShellBook(Path(sys.argv[1])).opened({HOST!r}, 'S1', {RESOURCE!r}); print('open', flush=True)\n"
        "signal.pause()\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        assert left(tmp_path) == []
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    assert left(tmp_path) == ["S1"]


def test_a_mark_that_cannot_be_written_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "shells").write_text("in the way")
    assert ShellBook(tmp_path).opened(HOST, "S1", RESOURCE) is None
    assert left(tmp_path) == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"host": 1}', b"\xff\xfe", b"x" * 5000])
def test_a_file_that_is_not_a_mark_is_ignored(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "shells").mkdir()
    (tmp_path / "shells" / "0.json").write_bytes(content)
    mark = ShellBook(tmp_path).opened(HOST, "S1", RESOURCE)
    assert mark is not None
    mark.stays()
    assert left(tmp_path) == ["S1"]


def test_an_expired_mark_of_another_host_is_deleted(tmp_path: Path) -> None:
    for number in (1, 2):
        mark = ShellBook(tmp_path).opened(OTHER, f"S{number}", RESOURCE)
        assert mark is not None
        mark.stays()
    for path in (tmp_path / "shells").iterdir():
        if json.loads(path.read_text())["shell"] == "S1":
            os.utime(path, (1, 1))
    assert left(tmp_path) == []
    assert left(tmp_path, OTHER) == ["S2"]


def test_only_this_user_may_read_them(tmp_path: Path) -> None:
    ShellBook(tmp_path).opened(HOST, "S1", RESOURCE)
    paths = [tmp_path / "shells", *(tmp_path / "shells").iterdir()]
    assert all(path.stat().st_mode & 0o077 == 0 for path in paths)
