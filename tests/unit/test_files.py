"""Files of this machine: what is not a regular file is refused, and nothing is waited for."""

from __future__ import annotations

import errno
import os
import socket
import stat
from pathlib import Path

import pytest
from pytest_mock import MockerFixture

from psbridge.files import check_regular, open_regular, read_regular, regular_descriptor, write_whole


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


def test_a_pipe_is_refused_for_reading_and_writing(pipe: Path) -> None:
    for flags in (os.O_RDONLY, os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_APPEND | os.O_CREAT):
        with pytest.raises(OSError, match="a named pipe, not a regular file"):
            regular_descriptor(pipe, flags)


def test_a_link_to_a_pipe_is_refused(pipe: Path) -> None:
    link = pipe.with_name("link")
    link.symlink_to(pipe)
    with pytest.raises(OSError, match="a named pipe"):
        read_regular(link, 10)


@pytest.mark.parametrize("path", ["/dev/null", "/dev/zero", "/dev/tty"])
def test_a_device_is_refused_and_not_opened(path: str, mocker) -> None:
    opened = mocker.patch("psbridge.files.os.open")
    with pytest.raises(OSError, match="a device, not a regular file"):
        open_regular(Path(path))
    opened.assert_not_called()


def test_a_pipe_that_takes_the_place_of_a_file_is_refused_once_it_is_open(pipe: Path, mocker) -> None:
    plain = pipe.with_name("plain")
    plain.touch()
    found = plain.stat()
    mocker.patch.object(Path, "stat", return_value=found)
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(OSError, match="a named pipe"):
        open_regular(pipe)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_folders_and_sockets_are_named(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="a folder"):
        open_regular(tmp_path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        with pytest.raises(OSError, match="a socket"):
            check_regular(tmp_path / "s")


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * 2048)
    assert len(read_regular(file, 2048)) == 2048
    with pytest.raises(OSError, match="larger than 1 KiB") as caught:
        read_regular(file, 2047)
    assert caught.value.errno == errno.EFBIG


def test_a_file_without_data_yet_is_not_empty(tmp_path: Path, mocker) -> None:
    stream = mocker.MagicMock()
    stream.__enter__.return_value = stream
    stream.read.return_value = None  # as /proc/kmsg answers
    mocker.patch("psbridge.files.open_regular", return_value=stream)
    with pytest.raises(OSError, match="no content to read"):
        read_regular(tmp_path / "any", 10)


def test_a_file_is_created_private_to_its_owner(tmp_path: Path) -> None:
    os.close(regular_descriptor(tmp_path / "new", os.O_WRONLY | os.O_CREAT))
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileNotFoundError):
        open_regular(tmp_path / "absent")


def test_a_file_is_written_whole_with_the_mode_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "stamp.prom"
    before = os.umask(0o077)
    try:
        for data in (b"one", b"two"):
            write_whole(path, data, 0o644)
            assert path.read_bytes() == data
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("step", ["os.fsync", "os.fchmod", "pathlib.Path.replace"])
def test_a_file_that_cannot_be_written_stays_as_it_was(tmp_path: Path, mocker: MockerFixture, step: str) -> None:
    path = tmp_path / "stamp.prom"
    path.write_bytes(b"before")
    seen: list[list[str]] = []

    def full(*_: object) -> None:
        seen.append(sorted(it.name for it in tmp_path.glob("*.prom")))
        raise OSError(errno.ENOSPC, "No space left on device")

    mocker.patch(step, full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, b"after", 0o644)
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]
    assert seen == [["stamp.prom"]]  # meanwhile a collector of *.prom finds the old file alone


@pytest.mark.parametrize("kind", ["folder", "pipe", "link to a device", "link to a file", "link to nothing"])
def test_what_is_not_a_regular_file_is_never_replaced(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "stamp.prom"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(
            {"a device": "/dev/null", "a file": __file__, "nothing": "missing"}[kind.removeprefix("link to ")]
        )
    with pytest.raises(OSError, match=f"it is a (named )?{kind.split(maxsplit=1)[0]}, not a regular file"):
        write_whole(path, b"data")
    assert list(tmp_path.iterdir()) == [path]
    assert path.is_symlink() == kind.startswith("link")
