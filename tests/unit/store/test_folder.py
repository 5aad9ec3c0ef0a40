"""A store in a folder: only folders and regular files below it are read, without end by none."""

import os
import socket

import pytest

from psbridge.clock import Deadline
from psbridge.errors import DeadlineExceeded
from psbridge.store import folder
from psbridge.store.folder import FolderStore
from psbridge.store.reader import Entry, NotInStore, StoreUnreadable
from tests.support.fakes.fake_clock import FakeClock


@pytest.fixture
def deadline():
    return Deadline.after(FakeClock(), 60)


@pytest.fixture
def share(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    share = tmp_path / "share"
    share.mkdir()
    (share / "inside").mkdir()
    (share / "file").write_bytes(b"0123456789")
    (share / "link").symlink_to(outside / "secret")
    (share / "linked").symlink_to(outside)
    (share / "loop").symlink_to(share)
    (share / "broken").symlink_to("nowhere")
    os.mkfifo(share / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(share / "socket"))
        yield share


def test_links_pipes_and_sockets_are_not_listed(share, deadline):
    assert FolderStore(share).entries("", deadline) == [
        Entry("file", is_folder=False, size=10),
        Entry("inside", is_folder=True),
    ]


@pytest.mark.parametrize("name", ["pipe", "inside", "none", "file/x"])
def test_what_is_no_regular_file_is_not_in_the_store(share, deadline, name):
    with pytest.raises(NotInStore), FolderStore(share).open(name, deadline):
        pass


@pytest.mark.parametrize("name", ["link", "broken", "socket"])
def test_what_became_a_link_is_not_followed(share, deadline, name):
    with pytest.raises((NotInStore, StoreUnreadable)), FolderStore(share).open(name, deadline):
        pass


@pytest.mark.parametrize("name", ["linked", "loop"])
def test_a_folder_that_became_a_link_is_not_listed(share, deadline, name):
    with pytest.raises((NotInStore, StoreUnreadable)):
        FolderStore(share).entries(name, deadline)


def test_the_store_itself_may_be_a_link(share, deadline):
    assert len(FolderStore(share / "loop").entries("", deadline)) == 2


def test_a_file_is_read_at_any_offset(share, deadline):
    buffer = bytearray(4)
    with FolderStore(share).open("file", deadline) as file:
        assert file.size == 10
        assert (file.read_at(8, memoryview(buffer), deadline), buffer[:2]) == (2, b"89")
        assert file.read_at(10, memoryview(buffer), deadline) == 0


def test_a_store_that_is_not_there_says_nothing_of_a_backup(tmp_path, deadline):
    with pytest.raises(StoreUnreadable):
        FolderStore(tmp_path / "none").entries("", deadline)


def test_a_folder_of_too_many_names_is_refused(share, deadline, monkeypatch):
    monkeypatch.setattr(folder, "MOST_ENTRIES", 1)
    with pytest.raises(StoreUnreadable, match="more than 1 entries"):
        FolderStore(share).entries("", deadline)


def test_nothing_is_read_after_the_deadline(share):
    clock = FakeClock()
    passed = Deadline.after(clock, 1)
    clock.advance(2)
    with pytest.raises(DeadlineExceeded):
        FolderStore(share).entries("", passed)
