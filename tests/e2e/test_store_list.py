"""`store list --unrecognized` over WSMan and PSRP, on both engines: what reaches the stamp is a dry run, or nothing."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, Literal

import pytest

from psbridge.emulator.stamp.api import HostProfile
from psbridge.emulator.stamp.scenarios import SCENARIOS
from psbridge.emulator.stamp.service import Stamp
from tests.support.process.cli import Cli

PFX = "masbackup/progressivebackup/BackupEncryptionCert.pfx"
ENGINES = pytest.mark.parametrize("engine", ["embedded", pytest.param("pwsh", marks=pytest.mark.pwsh)])


class Watched(Stamp):
    """A stamp that keeps the body of each prune that it is asked for."""

    def __init__(self, prune: Literal["operation-type", "no-operation-type", "absent"]) -> None:
        host = HostProfile(prune=prune)
        super().__init__(dataclasses.replace(SCENARIOS["succeeds"], host=host), speed=600.0)
        self.bodies: list[Any] = []

    def rest(self, method: str, path: str, body: bytes | None = None, *more: Any, **named: Any) -> Any:
        if "pruneexternalstore" in path.casefold():
            self.bodies.append(json.loads(body or b"{}"))
        return super().rest(method, path, body, *more, **named)


@ENGINES
def test_the_stamp_gets_a_dry_run_and_keeps_its_files(cli: Cli, engine: str) -> None:
    stamp = Watched("operation-type")
    with cli.facing(stamp=stamp, engine=engine):
        shown = [cli("store", "list", "--unrecognized", "-o", "id").expect(0).out for _ in range(2)]
    assert shown == [f"{PFX}\n"] * 2  # a prune would have left none
    assert stamp.bodies == [{"operationType": "DryRun"}] * 2


@ENGINES
@pytest.mark.parametrize("prune", ["no-operation-type", "absent"])
def test_a_host_whose_cmdlet_can_only_delete_is_sent_nothing(cli: Cli, engine: str, prune: Any) -> None:
    stamp = Watched(prune)
    with cli.facing(stamp=stamp, engine=engine):
        error = cli("store", "list", "--unrecognized", "-o", "json").expect(10).error
    assert "it was not sent" in error["message"]
    assert stamp.bodies == []
    assert stamp.counts()["prunes"] == 0


def test_a_file_that_the_store_no_longer_has_is_warned_of(cli: Cli) -> None:
    (cli.folder / "share" / "MASBackup" / "ProgressiveBackup").mkdir(parents=True)
    with cli.facing(stamp=Watched("operation-type")):
        told = cli("store", "list", "--unrecognized", "--store", str(cli.folder / "share"), "-o", "json").expect(0)
        unread = cli("store", "list", "--unrecognized", "--store", str(cli.folder / "none"), "-o", "json").expect(0)
    assert [file["in_store"] for file in told.document["files"]] == [False]
    assert "or the host ignored DryRun" in told.err
    assert [file["in_store"] for file in unread.document["files"]] == [None]
    assert "it is unknown whether the files are still there" in unread.err
