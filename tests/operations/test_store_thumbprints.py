"""Which certificate the backups of an emulated store need."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from psbridge.clock import Deadline
from psbridge.emulator.stamp.scenario import Scenario
from psbridge.emulator.stamp.service import Stamp
from psbridge.emulator.stamp.share import StoreOptions
from psbridge.emulator.store import write_store
from psbridge.store.folder import FolderStore
from psbridge.store.thumbprints import thumbprints_in
from tests.support.fakes.fake_clock import FakeClock


@pytest.mark.parametrize("layout", ["progressive", "legacy"])
def test_each_backup_is_listed_under_its_certificate(tmp_path: Path, layout: Literal["progressive", "legacy"]) -> None:
    stamp = Stamp(Scenario("store", "", history=3, roles=("NRP", "SRP", "WAS")))
    written = write_store(tmp_path, stamp, StoreOptions(layout=layout))
    found = thumbprints_in(FolderStore(tmp_path), Deadline.after(FakeClock(), 60))
    assert found.backups == {written.thumbprint: tuple(written.backups)}
    assert found.unread == ()


def test_a_backup_whose_metadata_can_not_be_read_is_not_passed_over(tmp_path: Path) -> None:
    written = write_store(tmp_path, Stamp(Scenario("store", "", history=3, roles=("NRP", "SRP", "WAS"))))
    damaged, swapped, *rest = written.backups
    for file in tmp_path.rglob(f"*_{damaged}_*.xml"):
        file.write_bytes(b"<BackupSnapshot>")
    for file in tmp_path.rglob(f"*_{swapped}_*.xml"):  # says that it is of another backup
        file.write_text(file.read_text("utf-8").replace(swapped, damaged), "utf-8")
    found = thumbprints_in(FolderStore(tmp_path), Deadline.after(FakeClock(), 60))
    assert found.backups == {written.thumbprint: tuple(rest)}
    assert found.unread == (damaged, swapped)
