"""Which files of a store belong to a backup, and that no listing is read without end."""

import pytest

from psbridge.clock import Deadline
from psbridge.models.verification import Level
from psbridge.store import contents
from psbridge.store.contents import contents_of, newest_id, unknown_names
from psbridge.store.reader import StoreUnreadable
from psbridge.store.verify import Wanted, verify_store
from psbridge.verdict.store import judge_store, problem_of
from tests.support.fakes.fake_clock import FakeClock
from tests.support.fakes.memory_store import MemoryStore

ID = "fa396b1d-1111-2222-3333-444444444444"
OLDER = "0a396b1d-1111-2222-3333-444444444444"
ROOT = "MASBackup/ProgressiveBackup/1.2209.0.53"
DATA = f"{ROOT}/A;B;-;C/202301171931_{ID}_Full.zip"


@pytest.fixture
def deadline():
    return Deadline.after(FakeClock(), 60)


def names(found):
    return [
        (it.name, [(pair.backup_id, pair.metadata is not None, pair.data is not None) for pair in it.pairs])
        for it in found.repositories
    ]


@pytest.mark.parametrize("change", [str, str.lower, str.upper], ids=["as-is", "lower", "upper"])
def test_names_are_compared_without_case(deadline, change):
    files = {
        change(path): b""
        for path in (DATA, DATA[:-3] + "xml", f"{ROOT}/registrations.json", f"{ROOT}/{ID}_BackupInfo.xml")
    }
    found = contents_of(MemoryStore(files), ID, deadline)
    assert names(found) == [(change("A;B;-;C"), [(ID, True, True)])]
    assert found.registrations is not None
    assert found.info(ID) is not None


def test_masbackup_itself_may_be_named(deadline):
    assert contents_of(MemoryStore({DATA.partition("/")[2]: b""}), ID, deadline) is not None


def test_the_legacy_layout(deadline):
    files = {
        f"MASBackup/202301171931/{ID}/{name}": b""
        for name in ("BackupInfo.xml", "A;B;-;C.xml", "A;B;-;C.zip", "A;B;-;D.zip")
    }
    found = contents_of(MemoryStore(files), ID, deadline)
    assert names(found) == [("A;B;-;C", [(ID, True, True)]), ("A;B;-;D", [(ID, False, True)])]


def test_the_stamp_version_with_most_of_a_backup_is_taken(deadline):
    files = {DATA: b"", f"{ROOT}.9/{ID}_BackupInfo.xml": b""}
    assert names(contents_of(MemoryStore(files), ID, deadline)) == [("A;B;-;C", [(ID, False, True)])]


def test_the_newest_backup_is_that_of_the_latest_name(deadline):
    files = {DATA: b"", DATA.replace(ID, OLDER).replace("2023", "2022"): b""}
    assert newest_id(MemoryStore(files), deadline) == ID


@pytest.mark.parametrize(
    "path",
    [
        DATA.replace("_Full", "_Full_Copy"),
        f"{ROOT}/A;B;-;C/202301171931_{ID}_Synthetic.zip",
        DATA.replace("1.2209.0.53", "v2"),
        DATA.replace("ProgressiveBackup", "NextBackup"),
    ],
)
def test_a_backup_in_an_unknown_layout_is_not_missing(deadline, path):
    files = {path: b"", DATA.replace(ID, OLDER): b""}
    case = verify_store(MemoryStore(files), Wanted(id=ID), Level.PRESENT, deadline=deadline)
    found = judge_store(case)
    assert found.problems == ()
    assert problem_of(case, found).exit_code == 14
    assert problem_of(case, found).detail == {"reason": "layout"}


def test_a_backup_that_is_nowhere_is_missing(deadline):
    store = MemoryStore({DATA: b"", f"{ROOT}/A;B;-;C/Thumbs.db": b""})
    assert unknown_names(store, OLDER, deadline) == ()
    case = verify_store(store, Wanted(id=OLDER), Level.PRESENT, deadline=deadline)
    assert problem_of(case, judge_store(case)).exit_code == 15


def test_a_folder_that_is_not_a_store_says_nothing_of_a_backup(deadline):
    with pytest.raises(StoreUnreadable, match="no backups of a stamp"):
        contents_of(MemoryStore({"Documents/a.txt": b""}), ID, deadline)


def test_all_listings_together_are_bounded(deadline, monkeypatch):
    monkeypatch.setattr(contents, "MOST_IN_STORE", 20)
    store = MemoryStore({f"{ROOT}/A;B;-;{n}/x": b"" for n in range(1000)})
    with pytest.raises(StoreUnreadable, match="more than 20 entries"):
        contents_of(store, ID, deadline)
    assert store.listed < 10


def test_two_snapshots_of_one_backup_are_not_recognized(deadline):
    files = {DATA: b"", DATA.replace("Full", "Progressive"): b""}
    assert ID in contents_of(MemoryStore(files), ID, deadline).unrecognized[0]
