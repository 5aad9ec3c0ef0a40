"""`store list --unrecognized`: a dry run of the stamp's prune, and never more than that."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from psbridge.clock import Deadline
from psbridge.documents.store_list import StoreListDocument
from psbridge.errors import PrerequisiteError
from psbridge.store.folder import FolderStore
from psbridge.store.listed import are_there
from psbridge.values import replace
from tests.operations.conftest import Bench
from tests.support.fakes.fake_clock import FakeClock

Benches = Callable[..., Bench]
PFX = "masbackup/progressivebackup/BackupEncryptionCert.pfx"


def prunes_of(it: Bench, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return a list that gets the body of each prune that the stamp is asked for."""
    bodies: list[Any] = []
    ask = it.stamp.rest

    def rest(method: str, path: str, body: bytes | None = None, **more: Any) -> Any:
        answer = ask(method, path, body, **more)
        if "pruneexternalstore" in path.casefold():
            bodies.append(json.loads(body or b"{}"))
            it.clock.advance(60)  # the cmdlet's own waits are not those of this clock
        return answer

    monkeypatch.setattr(it.stamp, "rest", rest)
    return bodies


def test_the_stamp_is_asked_for_a_dry_run_and_deletes_nothing(bench: Benches, monkeypatch: pytest.MonkeyPatch) -> None:
    it = bench("succeeds")
    bodies = prunes_of(it, monkeypatch)
    assert it.client.unrecognized_files() == (PFX,)
    assert it.client.unrecognized_files() == (PFX,)  # a prune would have left none
    assert bodies == [{"operationType": "DryRun"}] * 2
    (file,) = StoreListDocument.of(it.target, [PFX]).files
    assert (file.may_be_key, file.in_store) == (True, None)


@pytest.mark.parametrize("prune", ["no-operation-type", "absent"])
def test_nothing_is_sent_to_a_host_that_can_not_make_a_dry_run(
    bench: Benches, prune: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    it = bench("succeeds")
    bodies = prunes_of(it, monkeypatch)
    it.stamp.profile = dataclasses.replace(it.stamp.profile, prune=prune)
    with pytest.raises(PrerequisiteError, match="it was not sent"):
        it.client.unrecognized_files()
    assert bodies == []
    assert not any(text.startswith("Invoke-AzsPrune") for text in it.sessions.ran)


def test_another_stamp_than_expected_is_not_asked(bench: Benches, monkeypatch: pytest.MonkeyPatch) -> None:
    it = bench("succeeds")
    bodies = prunes_of(it, monkeypatch)
    it.client.target = replace(it.target, expect_deployment_id="00000000-0000-0000-0000-000000000001")
    with pytest.raises(PrerequisiteError):
        it.client.unrecognized_files()
    assert bodies == []


@pytest.mark.parametrize("below", ["", "MASBackup"])
def test_a_file_that_is_gone_is_noticed_whatever_its_case(tmp_path: Path, below: str) -> None:
    folder = tmp_path / "MASBackup" / "ProgressiveBackup"
    folder.mkdir(parents=True)
    (folder / "BACKUPencryptionCert.pfx").touch()
    store = FolderStore(tmp_path / below)
    gone = "masbackup/progressivebackup/1.2108.0.32/x.pfx"
    found = are_there(store, [PFX, gone, "masbackup/../../etc/passwd"], Deadline.after(FakeClock(), 60))
    assert found == {PFX: True, gone: False, "masbackup/../../etc/passwd": False}
