"""What the stamp remembers outlives its process, damage to the file, and a second writer."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from psbridge.emulator.stamp import actions
from psbridge.emulator.stamp.records import State
from psbridge.emulator.stamp.store import FileStore, MemoryStore
from tests.support import tiers
from tests.support.process.until import LONG

MakeBench = Callable[..., Any]


def count(store: FileStore | MemoryStore, times: int) -> None:
    for _ in range(times):
        store.update(lambda state: (actions.counted(state, "triggers"), None))


def test_a_backup_continues_while_no_process_runs(bench: MakeBench, tmp_path: Path) -> None:
    first = bench(speed=120, store=FileStore(tmp_path / "state"))
    name = first.start()
    second = bench(speed=120, store=FileStore(tmp_path / "state"), at=first.time)
    assert second.info(name)["status"] == "Queued"
    second.pass_(seconds=5)
    assert second.info(name)["status"] == "Running"
    third = bench(speed=120, store=FileStore(tmp_path / "state"), at=second.time)
    third.pass_(seconds=10)
    assert third.info(name)["status"] == "Succeeded"
    assert third.stamp.counts()["triggers"] == 1


def test_a_backup_keeps_its_outcome_under_another_scenario(bench: MakeBench, tmp_path: Path) -> None:
    first = bench("fails", store=FileStore(tmp_path))
    name = first.start()
    second = bench("succeeds", store=FileStore(tmp_path), at=first.time)
    second.pass_(hours=1)
    assert second.info(name)["status"] == "Failed"


def test_everything_the_stamp_did_is_read_back(bench: MakeBench, tmp_path: Path) -> None:
    first = bench(store=FileStore(tmp_path))
    first.start()
    first.put(b'{"properties": {"externalStoreDefault": {"backupRetentionPeriodInDays": 9}}}')
    prune = first.post("/pruneExternalStore", b'{"operationType": "DryRun"}').headers["Azure-AsyncOperation"]
    second = bench(store=FileStore(tmp_path), at=first.time)
    for scene in (first, second):
        scene.pass_(minutes=30)
    assert second.list() == first.list()
    assert second.settings() == first.settings()
    assert second.settings()["backupRetentionPeriodInDays"] == 9
    assert second.stamp.rest("GET", prune).body == first.stamp.rest("GET", prune).body


def test_after_a_long_pause_the_history_reaches_up_to_now(bench: MakeBench, tmp_path: Path) -> None:
    first = bench(store=FileStore(tmp_path))
    second = bench(store=FileStore(tmp_path), at=first.time.replace(month=6))
    newest = max(each["createdDateTime"] for each in second.list())
    assert newest > "2026-06-03T"
    assert len(second.list()) == 14  # what seven days of one each twelve hours leave


def test_opened_with_another_scenario_and_speed_the_history_is_the_same(bench: MakeBench, tmp_path: Path) -> None:
    first = bench(store=FileStore(tmp_path))
    second = bench("slow", 120, store=FileStore(tmp_path), at=first.time)
    assert second.list() == first.list()


def test_opened_twice_the_history_is_the_same(bench: MakeBench, tmp_path: Path) -> None:
    first = bench(store=FileStore(tmp_path))
    second = bench(store=FileStore(tmp_path), at=first.time)
    second.pass_(hours=1)
    assert bench(store=FileStore(tmp_path), at=second.time).list() == first.list()


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=tiers.examples(40)
)
@given(st.binary(max_size=200) | st.integers(0, 100_000))
def test_a_damaged_file_is_moved_aside(bench: MakeBench, tmp_path_factory: Any, damage: bytes | int) -> None:
    folder = tmp_path_factory.mktemp("state")
    first = bench(store=FileStore(folder))
    first.start()
    file = folder / "stamp.json"
    whole = file.read_bytes()
    if isinstance(damage, int):  # one byte of the file flips
        at = damage % len(whole)
        damage = whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]
    file.write_bytes(damage)
    second = bench(store=FileStore(folder), at=first.time)
    assert second.stamp.counts()["triggers"] == 0
    assert second.start()
    assert [each.read_bytes() for each in folder.glob("stamp.damaged-*.json")] == [damage]


def test_a_damaged_file_does_not_fail_the_first_reader(bench: MakeBench, tmp_path: Path) -> None:
    scene = bench(store=FileStore(tmp_path))
    (tmp_path / "stamp.json").write_bytes(b"{")
    assert scene.get("/backups").status == 200
    assert scene.start()
    (tmp_path / "stamp.json").unlink()
    assert scene.get("/backups").status == 200


@pytest.mark.parametrize("text", ["[]", "null", "7", '{"schema": 2}', '{"schema": 1, "state": "{}"}', "[" * 100_000])
def test_a_file_of_another_kind_or_version_is_moved_aside(tmp_path: Path, text: str) -> None:
    (tmp_path / "stamp.json").write_text(text)
    count(FileStore(tmp_path), 1)
    assert FileStore(tmp_path).read().counts == {"triggers": 1}
    assert (tmp_path / "stamp.damaged-1.json").read_text() == text


def test_a_second_damaged_file_does_not_replace_the_first(tmp_path: Path) -> None:
    for text in ("one", "two"):
        (tmp_path / "stamp.json").write_text(text)
        count(FileStore(tmp_path), 1)
    assert [(tmp_path / f"stamp.damaged-{at}.json").read_text() for at in (1, 2)] == ["one", "two"]


def test_two_processes_and_two_threads_lose_no_write(tmp_path: Path) -> None:
    script = (
        "import sys\nfrom pathlib import Path\n"
        "from psbridge.emulator.stamp import actions\nfrom psbridge.emulator.stamp.store import FileStore\n"
        "store = FileStore(Path(sys.argv[1]))\n"
        "for _ in range(25): store.update(lambda state: (actions.counted(state, 'triggers'), None))\n"
    )
    other = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)])
    threads = [threading.Thread(target=count, args=(FileStore(tmp_path), 25)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert other.wait(LONG) == 0
    assert FileStore(tmp_path).read().counts == {"triggers": 75}
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".lock") == ["stamp.json"]


@pytest.mark.parametrize("kind", ["memory", "file"])
def test_of_concurrent_starts_exactly_one_is_accepted(bench: MakeBench, tmp_path: Path, kind: str) -> None:
    scene = bench(store=MemoryStore() if kind == "memory" else FileStore(tmp_path))
    answers: list[int] = []
    barrier = threading.Barrier(8)

    def start() -> None:
        barrier.wait()
        answers.append(scene.post("/createBackup").status)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [202] + [409] * 7
    assert scene.stamp.counts() | {"triggers": 1, "refused": 7} == scene.stamp.counts()


def test_a_change_that_raises_leaves_the_state_as_it_was(tmp_path: Path) -> None:
    def wrong(state: State) -> tuple[State, None]:
        raise RuntimeError(state)

    for store in (MemoryStore(), FileStore(tmp_path)):
        count(store, 1)
        with pytest.raises(RuntimeError):
            store.update(wrong)
        count(store, 1)
        assert store.read().counts == {"triggers": 2}


def test_an_unwritable_store_gives_a_500_without_a_traceback(bench: MakeBench, tmp_path: Path) -> None:
    scene = bench(store=FileStore(tmp_path / "state"))
    (tmp_path / "state").rename(tmp_path / "gone")
    (tmp_path / "state").write_text("a file where the folder was")
    answer = scene.post("/createBackup")
    assert (answer.status, answer.body["error"]["code"]) == (500, "InternalServerError")
    assert scene.get("/backups").status == 500


def test_the_folder_is_private_to_its_owner(tmp_path: Path) -> None:
    count(FileStore(tmp_path / "state"), 1)
    assert (tmp_path / "state").stat().st_mode & 0o077 == 0
    assert (tmp_path / "state" / "stamp.json").stat().st_mode & 0o077 == 0


def test_no_secret_is_stored(bench: MakeBench, tmp_path: Path) -> None:
    scene = bench(store=FileStore(tmp_path))
    body = {"properties": {"externalStoreDefault": {"password": "s3cr3t-of-the-share", "path": "\\\\a\\b"}}}
    assert scene.put(json.dumps(body).encode()).status == 202
    stored = (tmp_path / "stamp.json").read_text()
    assert "s3cr3t" not in stored
    assert scene.stamp.principal.secret not in stored
    assert scene.stamp.principal.secret not in repr(scene.stamp.principal)
