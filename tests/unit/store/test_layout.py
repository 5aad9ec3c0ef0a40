"""What the names in a store mean, whatever their case."""

import pytest

from psbridge.store import layout
from psbridge.store.layout import SnapshotName

ID = "fa396b1d-1111-2222-3333-444444444444"


@pytest.mark.parametrize(
    ("name", "found"),
    [
        (f"202301171931_{ID}_Full_C.zip", SnapshotName("202301171931", ID, "Full", is_data=True)),
        (f"202301171931_{ID}_Full.xml", SnapshotName("202301171931", ID, "Full", is_data=False)),
        (
            f"202301171931_{ID.upper()}_PROGRESSIVE_c.XML",
            SnapshotName("202301171931", ID, "Progressive", is_data=False),
        ),
        (f"202301171931_{ID}_Incremental.zip", None),
        (f"202301171931_{ID}_Full.zip.tmp", None),
        (f"202301171931_{ID}_Full.zip\n", None),
        (f"20230117_{ID}_Full.zip", None),
        (f"٢٠٢٣٠١١٧١٩٣١_{ID}_Full.zip", None),
        (f"202301171931_{ID}_Progreſſive.zip", None),  # `ſ` is an `s` to a pattern that ignores case
        ("202301171931_not-an-id_Full.zip", None),
    ],
)
def test_a_snapshots_name(name, found):
    assert layout.snapshot_name(name) == found


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("NRP;Microsoft.Network.Admin;-;Quota.xml", ("NRP;Microsoft.Network.Admin;-;Quota", False)),
        ("NRP;;;.ZIP", ("NRP;;;", True)),
        ("NRP;a;b.zip", None),
        (";a;b;c.zip", None),
        ("BackupInfo.xml", None),
    ],
)
def test_a_file_of_the_legacy_layout(name, found):
    assert layout.legacy_file(name) == found


@pytest.mark.parametrize(
    ("name", "holds"),
    [("1.2209.0.53", True), ("1.2", True), ("1", False), ("v1.2", False), ("٣.٣", False), ("9" * 5000 + ".1", False)],
)
def test_a_stamp_version(name, holds):
    assert layout.is_stamp_version(name) is holds


@pytest.mark.parametrize(
    ("name", "found"),
    [(f"{ID}_BackupInfo.xml", ID), ("202301171931_BACKUPINFO.XML", "202301171931"), ("BackupInfo.xml", None)],
)
def test_the_name_of_a_backup_info(name, found):
    assert layout.info_of(name) == found
