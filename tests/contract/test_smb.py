"""A store on a real SMB server: read, signed and encrypted; and what is said where it can't be read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from smbprotocol.open import (
    CreateDisposition,
    CreateOptions,
    FileAttributes,
    FilePipePrinterAccessMask,
    ImpersonationLevel,
    Open,
    ShareAccess,
)

from psbridge.api.verification import verify_in_store
from psbridge.clock import Deadline, SystemClock
from psbridge.emulator.stamp.scenario import Scenario
from psbridge.emulator.stamp.service import Stamp
from psbridge.emulator.stamp.share import StoreOptions
from psbridge.emulator.store import write_store
from psbridge.errors import DeadlineExceeded, ExitCode, PsbridgeError
from psbridge.models.events import StoreRead
from psbridge.models.secret import Secret
from psbridge.models.target import StorePlace
from psbridge.models.verification import Level
from psbridge.store import smb
from psbridge.store.key import HeldKey, open_key
from psbridge.store.reader import NotInStore, StoreUnreadable
from psbridge.store.smb import SmbStore
from tests.support.hosts import samba
from tests.support.hosts.kdc import STRANGER, Realm
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


def within(seconds: float = 60) -> Deadline:
    return Deadline.after(SystemClock(), seconds)


def read(store: SmbStore, name: str) -> bytes:
    """Return what a file holds."""
    found = bytearray()
    buffer = memoryview(bytearray(4 << 20))
    with store.open(name, within()) as file:
        while count := file.read_at(len(found), buffer, within()):
            found += buffer[:count]
    return bytes(found)


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
    assert server.opened() == {("0x81", "open")}  # FILE_READ_DATA (or LIST_DIRECTORY), FILE_READ_ATTRIBUTES


def test_a_share_that_can_not_be_written_to_is_enough(server: Samba, store: tuple[Path, HeldKey]) -> None:
    report = verify_in_store(place(server.share("readonly")), level="readable", key=store[1])
    assert (report.exit_code, report.verification.reached) == (ExitCode.OK, Level.READABLE)


@pytest.mark.parametrize(
    ("share", "username", "password", "text"),
    [
        ("backups", USERNAME, "wrong", "the server refused the account or its password"),
        ("backups", "nobody-knows", PASSWORD, "the server refused the account or its password"),
        ("elsewhere", USERNAME, PASSWORD, "the server has no such share"),
        ("denied", USERNAME, PASSWORD, "the account may not read it"),
        (r"backups\nowhere", USERNAME, PASSWORD, "the folder is not there"),
        (r"backups\MASBackup\ProgressiveBackup\nothing", USERNAME, PASSWORD, "the folder is not there"),
        (r"backups\MASBackup\ProgressiveBackup\recoverypoint.json", USERNAME, PASSWORD, "the folder is not there"),
        (r"backups\..\elsewhere", USERNAME, PASSWORD, "the folder is not there"),
        (r"links\elsewhere", USERNAME, PASSWORD, "it is a DFS link, which is not followed"),
    ],
)
def test_what_can_not_be_read_has_its_own_sentence(
    server: Samba, share: str, username: str, password: str, text: str
) -> None:
    error = refused(place(server.share(share), username, password))
    assert (error.exit_code, text in error.message, bool(error.hint)) == (ExitCode.PREREQUISITE, True, True)


def test_a_server_that_is_not_there_says_so() -> None:
    error = refused(place(r"\\127.0.0.1@1\backups"))
    assert (error.exit_code, "can't connect to the server" in error.message) == (ExitCode.PREREQUISITE, True)


def test_a_server_without_smb_3_or_encryption_gets_no_login(store: tuple[Path, HeldKey], tmp_path: Path) -> None:
    for name, how, text in (
        ("old", {"encrypt": "off", "protocol": "SMB2_02", "newest": "SMB2_10"}, "speaks no SMB 3"),
        ("older", {"encrypt": "off", "protocol": "NT1", "newest": "NT1"}, "perhaps because it speaks SMB 1 alone"),
        ("plain", {"encrypt": "off"}, "the server does not encrypt, so no login was tried"),
    ):
        with samba.samba(tmp_path / name, store[0], **how) as running:
            error = refused(place(running.unc))
            assert (error.exit_code, text in error.message) == (ExitCode.PREREQUISITE, True), error.message
            assert "mount the share" in (error.hint or "")
            assert running.logins(USERNAME) == 0


@pytest.mark.parametrize("newest", ["SMB3_00", "SMB3_02"])
def test_an_older_smb_3_does(store: tuple[Path, HeldKey], tmp_path: Path, newest: str) -> None:
    with samba.samba(tmp_path / "samba", store[0], newest=newest) as running:
        assert verify_in_store(place(running.unc), level="whole", key=store[1]).exit_code is ExitCode.OK


def test_a_login_is_tried_once(server: Samba) -> None:
    reader = SmbStore(server.unc, USERNAME, Secret("wrong"))
    before = server.logins(USERNAME)
    for _ in range(3):
        with pytest.raises(PsbridgeError, match="refused the account"):
            reader.entries("", within())
    assert server.logins(USERNAME) == before + 1
    reader.close()


@pytest.mark.kerberos
def test_a_kerberos_ticket_reads_a_share_without_a_password(
    store: tuple[Path, HeldKey], tmp_path: Path, realm: Realm, monkeypatch: pytest.MonkeyPatch
) -> None:
    with samba.samba(tmp_path / "samba", store[0], keytab=realm.keytab) as running:
        where = StorePlace(running.unc.replace("127.0.0.1", "localhost"))
        error = refused(where)
        assert (error.exit_code, "by a Kerberos ticket" in error.message) == (ExitCode.PREREQUISITE, True)
        assert "kinit" in (error.hint or "")
        monkeypatch.setenv("KRB5CCNAME", f"FILE:{realm.tickets('stranger', user=STRANGER)}")
        error = refused(where)
        assert "the server refused the login" in error.message
        assert "kinit" in (error.hint or "")
        monkeypatch.setenv("KRB5CCNAME", f"FILE:{realm.tickets('reader')}")
        report = verify_in_store(where, level="whole", key=store[1])
        assert (report.exit_code, report.verification.reached) == (ExitCode.OK, Level.WHOLE)


def test_a_guest_is_not_trusted(store: tuple[Path, HeldKey], tmp_path: Path) -> None:
    with samba.samba(tmp_path / "samba", store[0], encrypt="if_required", guests="bad user") as running:
        assert "for that of a guest" in refused(place(running.unc, "nobody-knows")).message
        assert verify_in_store(place(running.unc), level="present").exit_code is ExitCode.OK


@pytest.mark.parametrize("granted", [1, 20])
def test_two_files_are_read_at_once_where_the_server_grants_little(tmp_path: Path, granted: int) -> None:
    (tmp_path / "share").mkdir()
    content = os.urandom(3 << 20)
    for name in "ab":
        (tmp_path / "share" / name).write_bytes(content)
    with samba.samba(tmp_path / "samba", tmp_path / "share", granted=granted) as running:
        reader = SmbStore(running.unc, USERNAME, Secret(PASSWORD))
        with ThreadPoolExecutor(2) as pool:
            assert all(found == content for found in pool.map(lambda name: read(reader, name), "abab"))
        reader.close()


def test_a_writer_may_write_and_delete_what_is_read(server: Samba) -> None:
    file = server.folder / "being-read.bin"
    file.write_bytes(b"first")
    reader, writer = (SmbStore(server.unc, USERNAME, Secret(PASSWORD)) for _ in range(2))
    with closing(reader), closing(writer), reader.open(file.name, within()) as opened:
        again = Open(writer._connected(within()), file.name)
        again.create(
            ImpersonationLevel.Impersonation,
            FilePipePrinterAccessMask.GENERIC_WRITE | FilePipePrinterAccessMask.DELETE,
            FileAttributes.FILE_ATTRIBUTE_NORMAL,
            ShareAccess.FILE_SHARE_READ,
            CreateDisposition.FILE_OPEN,
            CreateOptions.FILE_DELETE_ON_CLOSE,
        )
        again.write(b"other")
        buffer = bytearray(5)
        assert opened.read_at(0, memoryview(buffer), within()) == 5
        assert bytes(buffer) == b"other"
        again.close()
        with pytest.raises(NotInStore):
            read(writer, file.name)
    assert not file.exists()


def test_a_writer_that_shares_nothing_is_named(server: Samba) -> None:
    file = server.folder / "kept.bin"
    file.write_bytes(b"first")
    writer = SmbStore(server.unc, USERNAME, Secret(PASSWORD))
    with closing(writer):
        kept = Open(writer._connected(within()), file.name)
        kept.create(
            ImpersonationLevel.Impersonation,
            FilePipePrinterAccessMask.GENERIC_WRITE,
            FileAttributes.FILE_ATTRIBUTE_NORMAL,
            0,
            CreateDisposition.FILE_OPEN,
            CreateOptions.FILE_NON_DIRECTORY_FILE,
        )
        with pytest.raises(PsbridgeError, match="another program has the file open"):
            read(writer, file.name)
        kept.close()
        assert read(writer, file.name) == b"first"  # one file's error ends nothing
    file.unlink()


def test_a_file_that_is_cut_short_while_it_is_read_ends_there(server: Samba) -> None:
    file = server.folder / "short.bin"
    file.write_bytes(bytes(5))
    reader = SmbStore(server.unc, USERNAME, Secret(PASSWORD))
    with closing(reader), reader.open(file.name, within()) as opened:
        os.truncate(file, 0)
        assert opened.read_at(0, memoryview(bytearray(5)), within()) == 0
    file.unlink()


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


def test_a_connection_that_is_cut_while_files_are_read_is_not_damage(tmp_path: Path) -> None:
    stamp = Stamp(Scenario("store", "", history=1, roles=("NRP", "SRP", "WAS")))
    written = write_store(tmp_path / "share", stamp, StoreOptions(size=3_000_000))
    key = open_key(written.write_pfx(tmp_path / "key.pfx", "x"), Secret("x"))
    seen: list[StoreRead] = []
    with samba.samba(tmp_path / "samba", written.folder) as server:

        def cut(read: StoreRead) -> None:
            seen.append(read)
            server.cut()

        with pytest.raises(StoreUnreadable, match="the connection to the server was lost") as raised:
            verify_in_store(place(server.unc), level="whole", key=key, observe=cut)
    assert seen
    assert raised.value.exit_code is ExitCode.PREREQUISITE


@pytest.mark.parametrize("late", [True, False])
def test_a_server_that_hangs_holds_nothing_up(
    store: tuple[Path, HeldKey], tmp_path: Path, late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with samba.samba(tmp_path / "samba", store[0]) as server:
        reader = SmbStore(server.unc, USERNAME, Secret(PASSWORD))
        reader.entries("", within())
        server.hang()
        monkeypatch.setattr(smb, "ANSWER", 60.0 if late else 0.5)
        error: type[PsbridgeError] = DeadlineExceeded if late else StoreUnreadable
        with pytest.raises(error, match="timed out" if late else r"did not answer within 0\.5 s"):
            reader.entries("", within(1 if late else 3600))
        with pytest.raises(StoreUnreadable, match="did not answer"):  # at once: it is not asked again
            reader.entries("", within(3600))
        reader.close()
