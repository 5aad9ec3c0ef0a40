"""A store on a real SMB server: read, signed and encrypted; and what is said where it can't be read."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from psbridge.api.verification import verify_in_store
from psbridge.clock import Deadline, SystemClock
from psbridge.emulator.stamp.scenario import Scenario
from psbridge.emulator.stamp.service import Stamp
from psbridge.emulator.store import write_store
from psbridge.errors import DeadlineExceeded, ExitCode, PsbridgeError
from psbridge.models.secret import Secret
from psbridge.models.target import StorePlace
from psbridge.models.verification import Level
from psbridge.store.key import HeldKey, open_key
from psbridge.store.smb import SmbStore
from tests.support.hosts import samba
from tests.support.hosts.samba import PASSWORD, USERNAME, Samba

pytestmark = pytest.mark.samba


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, HeldKey]:
    """The folder of a store, and the key of its backups."""
    folder = tmp_path_factory.mktemp("store")
    written = write_store(folder / "share", Stamp(Scenario("store", "", history=3, roles=("NRP", "SRP", "WAS"))))
    return written.folder, open_key(written.write_pfx(folder / "key.pfx", "x"), Secret("x"))


@pytest.fixture(scope="module")
def server(store: tuple[Path, HeldKey], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Samba]:
    with samba.samba(tmp_path_factory.mktemp("samba"), store[0]) as running:
        yield running


def place(where: str, username: str = USERNAME, password: str = PASSWORD) -> StorePlace:
    return StorePlace(where, username, Secret(password))


def refused(where: StorePlace) -> PsbridgeError:
    with pytest.raises(PsbridgeError) as raised:
        verify_in_store(where, level="present")
    assert PASSWORD not in f"{raised.value.message} {raised.value.hint} {raised.value.detail}"
    return raised.value


@pytest.mark.parametrize("level", Level)
def test_a_backup_passes_every_level_and_nothing_is_written(
    server: Samba, store: tuple[Path, HeldKey], level: Level
) -> None:
    report = verify_in_store(place(server.unc), level=level, key=store[1])
    assert (report.exit_code, report.verification.reached) == (ExitCode.OK, level)
    changing = {"pwrite", "pwrite_send", "write", "unlinkat", "mkdirat", "renameat", "ftruncate", "fchmod", "fntimes"}
    assert "pread_send" in server.done() or level is Level.PRESENT
    assert server.done().isdisjoint(changing)


@pytest.mark.parametrize(
    ("share", "username", "password", "text"),
    [
        ("backups", USERNAME, "wrong", "the server refused the account or its password"),
        ("backups", "nobody-knows", PASSWORD, "the server refused the account or its password"),
        ("elsewhere", USERNAME, PASSWORD, "the server has no such share"),
        ("denied", USERNAME, PASSWORD, "the account may not read it"),
        (r"backups\nowhere", USERNAME, PASSWORD, "the folder is not there"),
        (r"backups\MASBackup\ProgressiveBackup\nothing", USERNAME, PASSWORD, "the folder is not there"),
    ],
)
def test_what_can_not_be_read_has_its_own_sentence(
    server: Samba, share: str, username: str, password: str, text: str
) -> None:
    error = refused(place(rf"\\127.0.0.1@{server.port}\{share}", username, password))
    assert (error.exit_code, text in error.message, bool(error.hint)) == (ExitCode.PREREQUISITE, True, True)


def test_a_server_that_is_not_there_says_so() -> None:
    error = refused(place(r"\\127.0.0.1@1\backups"))
    assert (error.exit_code, "can't connect to the server" in error.message) == (ExitCode.PREREQUISITE, True)


def test_a_server_without_smb_3_or_encryption_is_refused(store: tuple[Path, HeldKey], tmp_path: Path) -> None:
    with samba.samba(tmp_path / "old", store[0], encrypt="off", protocol="SMB2_02", newest="SMB2_10") as old:
        assert "speaks no SMB 3" in refused(place(old.unc)).message
    with samba.samba(tmp_path / "plain", store[0], encrypt="off") as plain:
        assert "the server does not encrypt" in refused(place(plain.unc)).message


def test_a_writer_may_write_and_delete_what_is_read(server: Samba) -> None:
    file = server.folder / "being-read.bin"
    file.write_bytes(b"first")
    reader, writer = (SmbStore(server.unc, USERNAME, Secret(PASSWORD)) for _ in range(2))
    deadline = Deadline.after(SystemClock(), 60)
    try:
        with reader.open("being-read.bin", deadline) as opened, writer.open("being-read.bin", deadline) as again:
            file.write_bytes(b"other")
            buffer = bytearray(5)
            assert opened.read_at(0, memoryview(buffer), deadline) == again.size == 5
            assert bytes(buffer) == b"other"
            file.unlink()
    finally:
        reader.close()
        writer.close()


def test_a_connection_that_is_cut_is_no_fault_of_the_backup(store: tuple[Path, HeldKey], tmp_path: Path) -> None:
    with samba.samba(tmp_path / "samba", store[0]) as server:
        reader = SmbStore(server.unc, USERNAME, Secret(PASSWORD))
        deadline = Deadline.after(SystemClock(), 60)
        reader.entries("", deadline)
        server.cut()
        with pytest.raises(PsbridgeError) as raised:
            reader.entries("", deadline)
        assert raised.value.exit_code is ExitCode.PREREQUISITE
        assert "the connection to the server was lost" in raised.value.message
        reader.close()


def test_a_server_that_hangs_ends_at_the_deadline(store: tuple[Path, HeldKey], tmp_path: Path) -> None:
    with samba.samba(tmp_path / "samba", store[0]) as server:
        reader = SmbStore(server.unc, USERNAME, Secret(PASSWORD))
        reader.entries("", Deadline.after(SystemClock(), 60))
        server.hang()
        with pytest.raises(DeadlineExceeded):
            reader.entries("", Deadline.after(SystemClock(), 1))
        assert threading.active_count() < 50
        reader.close()
