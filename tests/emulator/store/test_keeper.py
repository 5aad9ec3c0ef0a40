"""The share while the emulation runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from psbridge.emulator.errors import EmulationError
from psbridge.emulator.stamp.resources import Identity
from psbridge.emulator.stamp.scenario import HOST, THUMBPRINT, Event, Scenario
from psbridge.emulator.stamp.service import Stamp
from psbridge.emulator.stamp.timeline import NEW_THUMBPRINT
from psbridge.emulator.store.certificates import held
from psbridge.emulator.store.keeper import Keeper
from tests.support.opened import opened

LOCATION = Identity(HOST.subscription_id).location_id
STORE = "MASBackup/ProgressiveBackup/1.2301.2.58"


class Share:
    """A stamp with its share, on a clock that stands still until it is moved."""

    def __init__(self, folder: Path, **scenario) -> None:
        self.time = datetime(2026, 11, 30, 12, tzinfo=UTC)
        self.folder = folder
        self.stamp = Stamp(Scenario("test", "", **{"history": 1, **scenario}), now=lambda: self.time)
        self.lines: list[str] = []
        self.keeper = Keeper(folder, self.stamp, "pass word", self.lines.append, afresh=True)
        self.stamp.attach(self.keeper)

    def ask(self, method="GET", path="", body=None):
        content = json.dumps(body).encode() if body is not None else None
        return self.stamp.rest(method, f"{LOCATION}{path}?api-version=2018-09-01", content)

    def later(self, seconds) -> None:
        self.time += timedelta(seconds=seconds)
        self.ask()

    def start(self) -> str:
        answer = self.ask("POST", "/createBackup", {})
        return answer.headers["Location"].partition("?")[0].rpartition("/")[2]

    def of(self, backup: str, ending: str) -> list[Path]:
        return sorted(self.folder.rglob(f"*{backup}*{ending}"))


@pytest.fixture
def share(tmp_path):
    return Share(tmp_path / "share")


def test_the_info_file_is_there_before_the_data_and_the_data_comes_one_by_one(share):
    backup = share.start()
    ends = next(each for each in share.stamp.backups() if each.id == backup)
    share.later((ends.ends - share.time).total_seconds() - 1)
    assert share.of(backup, "") == []
    share.later(1.5)
    assert share.of(backup, "_BackupInfo.xml")
    assert "<CompletelyUploaded>false<" in share.of(backup, "_BackupInfo.xml")[0].read_text()
    assert share.of(backup, "_C.xml") == []
    share.later(42)
    metadata, data = share.of(backup, "_C.xml"), share.of(backup, "_C.zip")
    assert 0 < len(metadata) < 32
    assert len(data) == len(metadata) + 1  # one is being copied
    share.later(60)
    assert len(share.of(backup, "_C.xml")) == len(share.of(backup, "_C.zip")) == 32
    assert "<CompletelyUploaded>true<" in share.of(backup, "_BackupInfo.xml")[0].read_text()
    for each in share.of(backup, "_C.zip"):
        assert opened(each, held(THUMBPRINT).key).testzip() is None


def test_a_backup_that_never_uploads_stays_half(tmp_path):
    share = Share(tmp_path / "share", uploaded=False)
    backup = share.start()
    share.later(100_000)
    assert 0 < len(share.of(backup, "_C.xml")) < 32


def test_a_backup_beyond_retention_goes_and_the_members_of_chains_stay(tmp_path):
    share = Share(
        tmp_path / "share", history=3, settings={"backupRetentionPeriodInDays": 2, "isBackupSchedulerEnabled": False}
    )
    oldest, middle, newest = [each.id for each in share.stamp.backups()]
    share.later(86_400 * 2 - 12 * 3600)
    assert share.of(oldest, "_BackupInfo.xml") == []
    assert share.of(newest, "_BackupInfo.xml")
    assert {each.parent.name.split(";")[0] for each in share.of(oldest, ".zip")} == {
        "WAS",
        "ACS",
        "KeyVaultNamingService",
    }
    share.later(86_400)
    assert share.of(oldest, "") == share.of(middle, "") == share.of(newest, "") == []


def test_a_prune_lists_and_deletes_what_the_stamp_did_not_write(share):
    stray = share.folder / STORE / "Notes.TXT"
    stray.write_text("mine")
    answer = share.ask("POST", "/pruneExternalStore", {"operationType": "DryRun"})
    share.time += timedelta(seconds=60)
    path = "/" + answer.headers["Location"].split("/", 3)[3]
    result = share.stamp.rest("GET", path)
    assert result.body["properties"]["pathsToDelete"] == [f"{STORE}/Notes.TXT".lower()]
    assert stray.exists()
    share.ask("POST", "/pruneExternalStore", {})
    assert not stray.exists()
    assert share.of(share.stamp.backups()[0].id, ".zip")


def test_another_key_than_the_emulators_is_not_overwritten(tmp_path):
    (tmp_path / "share.pfx").write_text("precious")
    with pytest.raises(EmulationError, match="already exists"):
        Share(tmp_path / "share")
    assert (tmp_path / "share.pfx").read_text() == "precious"


def test_a_problem_of_the_folder_does_not_touch_the_stamps_answers(share):
    share.start()
    share.folder.joinpath(".psbridge-emulated-store.json").write_text("{")
    share.later(3000)
    assert share.ask().status == 200
    assert any("can't be written" in each for each in share.lines)


def test_after_a_new_certificate_backups_need_its_key(tmp_path):
    share = Share(tmp_path / "share", events=(Event("certificate", "changed", after=60.0),))
    share.later(61)
    backup = share.start()
    share.later(3000)
    assert f"<EncryptionCertThumbprint>{NEW_THUMBPRINT}<" in share.of(backup, "_C.xml")[0].read_text()
    assert {each.name for each in tmp_path.glob("*.pfx")} == {"share.pfx", f"share-{NEW_THUMBPRINT[:8]}.pfx"}
