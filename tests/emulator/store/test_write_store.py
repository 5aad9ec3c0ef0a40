"""What the emulated stamp writes to its share, opened by code that is neither the emulator's nor psbridge's."""

from __future__ import annotations

import json
from dataclasses import asdict
from xml.etree import ElementTree as ET

import pytest

from psbridge.emulator.errors import EmulationError
from psbridge.emulator.stamp.records import BackupRecord
from psbridge.emulator.stamp.scenario import THUMBPRINT, Scenario
from psbridge.emulator.stamp.service import Stamp
from psbridge.emulator.stamp.timeline import NEW_THUMBPRINT
from psbridge.emulator.store import write_store
from psbridge.emulator.store.certificates import held
from tests.support.opened import opened

SUBSCRIPTIONS = "WAS;WasService;-;Microsoft.AzureStack.Subscriptions"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return write_store(tmp_path_factory.mktemp("share"))


def metadata(written, ending="xml", repository=SUBSCRIPTIONS):
    found = [each for each in written.files if f"/{repository}/" in each and each.endswith(ending)]
    return [ET.parse(written.folder / each).getroot() for each in sorted(found)]


@pytest.mark.parametrize("thumbprint", [THUMBPRINT, NEW_THUMBPRINT])
def test_the_settings_show_the_certificate_of_a_key_that_can_be_had(thumbprint):
    assert held(thumbprint).thumbprint == thumbprint


def test_every_data_file_opens_with_the_key_of_the_settings(written):
    data = [written.folder / each for each in written.files if each.endswith(".zip")]
    assert len(data) == 96  # 32 repositories of 13 roles, three backups
    for each in data:
        with opened(each, written.certificate.key) as archive:
            assert archive.testzip() is None
            assert archive.namelist()


@pytest.mark.parametrize(
    ("repository", "files"),
    [
        ("CRP;Microsoft.Compute.Admin;-;Quota", {"CRP-Microsoft.Compute.Admin.json"}),
        ("NRP;Microsoft.Network.Admin;-;Quota", {"NRP-Microsoft.Network.Admin.json"}),
        (SUBSCRIPTIONS, {"Microsoft.AzureStack.Subscriptions.bak", "Microsoft.AzureStack.Subscriptions.log"}),
    ],
)
def test_what_microsofts_validator_reads_is_in_the_archive(written, repository, files):
    (newest,) = [
        each
        for each in written.files
        if f"/{repository}/" in each and f"{written.backups[0]}_" in each and "zip" in each
    ]
    with opened(written.folder / newest, written.certificate.key) as archive:
        assert set(archive.namelist()) == files


def test_three_backups_make_a_chain(written):
    chain = metadata(written)
    oldest, middle, _ = written.backups[::-1]
    zero = "00000000-0000-0000-0000-000000000000"
    said = [
        tuple(
            each.findtext(f"SnapshotProperties/{name}")
            for name in ("BackupType", "PreviousSnapshotId", "DependentFullSnapshotId")
        )
        for each in chain
    ]
    assert said == [("Full", zero, zero), ("Progressive", oldest, oldest), ("Progressive", middle, oldest)]


def test_registrations_name_what_a_recovery_needs(written):
    rows = json.loads((written.folder / "MASBackup/ProgressiveBackup/1.2301.2.58/registrations.json").read_text())
    assert 13 < len(rows) == 32
    essential = [each for each in rows if each["EssentialForCloudRecovery"]]
    assert 20 < len(essential) < 32
    assert any(each["DoubleEncryptionRequired"] for each in rows)


def test_a_build_before_2102_writes_the_legacy_layout(tmp_path):
    written = write_store(tmp_path, Stamp(Scenario("old", "", history=1, stamp_version="1.2008.0.59")))
    (backup,) = written.backups
    folders = {each.rpartition("/")[0] for each in written.files}
    assert len(folders) == 1
    (folder,) = folders
    assert folder.split("/")[0] == "MASBackup"
    assert folder.split("/")[2] == backup
    assert f"{folder}/BackupInfo.xml" in written.files
    assert ET.parse(tmp_path / folder / f"{SUBSCRIPTIONS}.xml").findtext("BackupDataVersion") == "1.0.1"
    with opened(tmp_path / folder / f"{SUBSCRIPTIONS}.zip", written.certificate.key) as archive:
        assert archive.testzip() is None


def test_a_folder_with_backups_of_another_hand_is_not_touched(tmp_path):
    (tmp_path / "masbackup").mkdir()
    with pytest.raises(EmulationError, match="no emulated stamp wrote"):
        write_store(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["masbackup"]


def test_what_is_written_twice_is_the_same(tmp_path):
    stamp = Stamp(Scenario("one", "", history=1))
    first = write_store(tmp_path, stamp)
    times = {each: (tmp_path / each).stat().st_mtime_ns for each in first.files}
    assert write_store(tmp_path, stamp).files == first.files
    assert {each: (tmp_path / each).stat().st_mtime_ns for each in first.files} == times


def test_backups_of_an_older_demo_are_of_the_certificate_that_can_be_had():
    stamp = Stamp(Scenario("one", "", history=1))
    (record,) = stamp.inside()[1].backups
    old = {**asdict(record), "thumbprint": "9B6E4A1F0C2D53E87764F1A0B3C95D28E41F7A06"}
    assert BackupRecord.from_plain(old).thumbprint == THUMBPRINT
