"""Which files of a store belong to a backup, and that no listing is read without end."""

import pytest

from psbridge.api.verification import verify_in_store
from psbridge.clock import Deadline
from psbridge.errors import NotFound, Unknown
from psbridge.models.verification import Level, Reason
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


def test_the_newest_backup_in_an_unknown_layout_is_not_missing(deadline):
    with pytest.raises(Unknown) as raised:
        newest_id(MemoryStore({DATA.replace("1.2209.0.53", "v2"): b""}), deadline)
    assert raised.value.detail == {"reason": "layout"}
    with pytest.raises(NotFound):
        newest_id(MemoryStore({f"{ROOT}/registrations.json": b"[]"}), deadline)


def test_an_unknown_layout_is_not_a_missing_backup_without_a_stamp(deadline):
    files = MemoryStore({DATA.replace("1.2209.0.53", "v2"): b""})
    assert verify_in_store(files, ID, clock=FakeClock()).exit_code == 14
    with pytest.raises(NotFound):
        verify_in_store(MemoryStore({DATA: b""}), OLDER, clock=FakeClock())


def test_ids_of_the_stamp_are_compared_without_case(deadline):
    xml = f"""<BackupSnapshot><BackupDataVersion>1.1.0</BackupDataVersion><BackupId>{ID}</BackupId>
        <DeploymentID>{OLDER}</DeploymentID></BackupSnapshot>"""
    store = MemoryStore({DATA: bytes(106), DATA[:-3] + "xml": xml.encode()})
    wanted = Wanted(id=ID.upper(), deployment_id=OLDER.upper(), status="Succeeded")
    found = judge_store(verify_store(store, wanted, Level.DESCRIBED, deadline=deadline))
    assert {it.reason for it in found.problems} & {Reason.OTHER_STAMP} == set()
    assert Level.PRESENT not in {it.level for it in found.problems}


def snapshot(id, kind, previous="", of=""):
    links = f"<BackupType>{kind}</BackupType><PreviousSnapshotId>{previous}</PreviousSnapshotId>"
    ids = f"<BackupId>{id}</BackupId><SnapshotId>{of}</SnapshotId><SnapshotProperties>{links}</SnapshotProperties>"
    return f"<BackupSnapshot><BackupDataVersion>1.1.0</BackupDataVersion>{ids}</BackupSnapshot>".encode()


@pytest.mark.parametrize("named", ["backup", "snapshot", "none"])
def test_a_chain_is_followed_by_either_id_and_not_without_end(deadline, named):
    ids = {n: f"00000000-0000-4000-8000-{n:012}" for n in range(1000)}
    files = {}
    for n, id in ids.items():
        path = f"{ROOT}/A;B;-;C/{202301010000 + n}_{id}_Full."
        files |= {path + "xml": snapshot(id, "Full", of=OLDER if n == 900 else ""), path + "zip": b""}
    previous = {"backup": ids[900], "snapshot": OLDER, "none": "12345678-0000-4000-8000-000000000000"}[named]
    own = DATA.replace("_Full", "_Progressive")
    store = MemoryStore({**files, own: b"", own[:-3] + "xml": snapshot(ID, "2", previous)})
    case = verify_store(store, Wanted(id=ID), Level.DESCRIBED, deadline=deadline)
    assert [it.named_id for it in case.snapshots] == ([ID] if named == "none" else [ids[900], ID])
    assert store.calls < 450
