"""The journal: on disk before psbridge continues, and readable after any damage."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from psbridge.errors import ConfigError, NotFound, PsbridgeError
from psbridge.journal.runs import Journal, NoJournal, new_run_id
from psbridge.models.events import Intent, Note, Started
from psbridge.models.time import Instant
from tests.support import tiers
from tests.support.fakes.fake_clock import FakeClock
from tests.support.fakes.journal_edge import POINTS, befallen

ID = "08b92613-837a-43cd-86b5-1212ef954384"
OTHER = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def journal(tmp_path, clock):
    return Journal(tmp_path / "state", clock)


def begun(journal: Journal, clock: FakeClock, *, target: str = "nyc"):
    run = new_run_id(clock)
    return run, journal.begin(run, target, "redmond")


def intent(run: str) -> Intent:
    return Intent(run, "nyc", "redmond", Instant.parse("2026-03-04T12:00:00Z"), (OTHER,), "oaw01")


def test_a_run_is_read_from_its_lines(journal, clock):
    run, log = begun(journal, clock)
    assert journal.get(run).state == "begun"
    log.observe(intent(run))
    record = journal.get(run)
    assert (record.state, record.trigger, record.known_ids) == ("intent", "unknown", (OTHER,))
    assert record.host == "oaw01"
    assert record.host_time == "2026-03-04T12:00:00Z"
    log.observe(Note("not kept"))
    clock.advance(2)
    log.observe(Started(run, ID, "started"))
    record = journal.get(run)
    assert (record.state, record.trigger, record.backup_id) == ("started", "sent", ID)
    assert record.updated_at > record.created_at
    log.write("ended", exit_code=6, final=False)
    assert (journal.get(run).state, journal.get(run).exit_code) == ("started", 6)
    log.write("ended", exit_code=0, final=True)
    assert (journal.get(run).state, journal.get(run).exit_code) == ("decided", 0)


@pytest.mark.parametrize(
    ("lines", "state", "trigger"),
    [
        (["attached"], "attached", "not_sent"),
        (["intent", "not_sent"], "not_sent", "not_sent"),
        (["intent", "refused"], "refused", "sent"),
        (["intent", "open"], "open", "unknown"),
        (["intent", "open", "started"], "started", "sent"),
        (["intent", "refused", "begun", "intent", "started"], "started", "sent"),
        (["intent", "what nobody knows"], "intent", "unknown"),
    ],
)
def test_each_line_leads_to_its_state(journal, clock, lines, state, trigger):
    run, log = begun(journal, clock)
    for line in lines:
        log.write(line, backup_id=ID)
    assert (journal.get(run).state, journal.get(run).trigger) == (state, trigger)


def test_each_line_is_synced_before_the_call_returns(journal, clock, mocker):
    run, log = begun(journal, clock)
    synced = []
    real = os.fsync

    def spy(descriptor):
        synced.append(Path(f"/proc/self/fd/{descriptor}").resolve())
        real(descriptor)

    mocker.patch("os.fsync", side_effect=spy)
    log.observe(intent(run))
    assert [path.name for path in synced] == [f"{run}.jsonl"]
    synced.clear()
    journal.begin(new_run_id(clock), "nyc", "redmond")
    assert synced[-1].name == "runs"  # a new file's entry in its folder


def test_a_line_is_on_disk_before_it_is_synced(journal, clock, mocker):
    run, log = begun(journal, clock)
    seen = []
    path = next((journal._folder).glob("*.jsonl"))
    mocker.patch("os.fsync", side_effect=lambda _: seen.append(path.read_text().splitlines()[-1]))
    log.observe(intent(run))
    assert json.loads(seen[0])["event"] == "intent"


def test_a_failed_sync_is_an_error(journal, clock, mocker):
    _, log = begun(journal, clock)
    mocker.patch("os.fsync", side_effect=OSError(5, "Input/output error"))
    with pytest.raises(ConfigError):
        log.write("open")


def test_partial_writes_are_continued_until_they_fail(journal, clock, mocker):
    run, log = begun(journal, clock)
    real, left = os.write, [10]

    def full(descriptor, data):
        if left[0] <= 0:
            raise OSError(28, "No space left on device")
        taken = real(descriptor, data[: left[0]])
        left[0] -= taken
        return taken

    mocker.patch("os.write", side_effect=full)
    with pytest.raises(ConfigError) as caught:
        log.observe(intent(run))
    assert "No space left" in caught.value.message
    mocker.stopall()
    assert journal.get(run).state == "begun"
    log.observe(Started(run, ID, "started"))  # the torn line does not swallow the next
    assert journal.get(run).backup_id == ID


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_torn_last_line_is_ignored(journal, clock, cut):
    run, log = begun(journal, clock)
    log.observe(intent(run))
    log.observe(Started(run, ID, "started"))
    path = next(journal._folder.glob("*.jsonl"))
    path.write_bytes(path.read_bytes()[:-cut])
    # a newline that is missing tears nothing
    assert journal.get(run).state == ("started" if cut == 1 else "intent")
    log.write("open", candidates=[ID])
    assert journal.get(run).candidates == (ID,)
    assert journal.get(run).state == ("started" if cut == 1 else "open"), "a known id is never lost"


GARBAGE = [
    b"",
    b"\x00" * 4096,
    b"\xff\xfe garbage",
    b"[" * 100_000,
    b'{"event": 7}\n',
    b"null\n[]\n3\n",
    b'{"event": "started", "backup_id": "x"}\n',
    b'{"event": "begun"}\n{"event": "intent", "known_ids": 5, "host_time": []}\n{"event": "open", "candidates": {}}\n',
    b'{"event": "begun"}\n{"event": "ended", "exit_code": "x", "final": true}\n',
    b'{"event": "begun"}\n' + b"[" * 5000 + b"\n",
]


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_is_ignored_and_hides_no_run(journal, clock, garbage):
    run, log = begun(journal, clock)
    log.observe(Started(run, ID, "started"))
    clock.advance(10)
    bad = new_run_id(clock)
    (journal._folder / f"{bad}.jsonl").write_bytes(garbage)
    (journal._folder / "not-a-run.jsonl").write_bytes(garbage)
    (journal._folder / f"{new_run_id(clock)}.jsonl").mkdir()
    assert run in [it.run for it in journal.list()]
    assert journal.unfinished("nyc").run == run


@settings(
    max_examples=tiers.examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(
                ["event", "at", "run", "backup_id", "known_ids", "candidates", "exit_code", "final", "target"]
            ),
            st.recursive(
                st.one_of(
                    st.none(),
                    st.integers(),
                    st.text(max_size=5),
                    st.sampled_from(["intent", "open", "ended", "judged"]),
                ),
                st.lists,
                max_leaves=3,
            ),
        ),
        max_size=4,
    )
)
def test_arbitrary_lines_give_a_run_or_none(journal, clock, lines):
    journal._folder.mkdir(parents=True, exist_ok=True)
    run = new_run_id(clock)
    text = "\n".join(json.dumps(line) for line in [{"event": "begun"}, *lines])
    (journal._folder / f"{run}.jsonl").write_text(text)
    assert journal.get(run).run == run


def test_an_invalid_id_in_the_journal_is_not_used(journal, clock):
    run, log = begun(journal, clock)
    log.write("started", backup_id="../../x")
    assert journal.get(run).backup_id is None


def test_a_run_keeps_its_id_after_many_waits(journal, clock):
    run, log = begun(journal, clock)
    log.observe(Started(run, ID, "started"))
    for _ in range(60):
        log.write("proof", record={"padding": "x" * 100_000})
    log.write("junk", text="x" * (5 << 20))  # longer than any line of ours
    log.write("ended", final=False, exit_code=6)
    record = journal.unfinished("nyc")
    assert (record.run, record.backup_id, record.exit_code) == (run, ID, 6)


def test_a_pipe_instead_of_a_run_is_ignored(journal, clock):
    run, _ = begun(journal, clock)
    os.mkfifo(journal._folder / f"{new_run_id(clock)}.jsonl")
    assert [it.run for it in journal.list()] == [run]


@pytest.mark.parametrize("run", ["", "../x", "x", "20260304T120000Z-zzzzzzzz", "/etc/passwd"])
def test_an_invalid_run_id_reaches_no_file(journal, run):
    for call in (journal.get, journal.resume):
        with pytest.raises(NotFound):
            call(run)
    with pytest.raises(NotFound):
        journal.get("20260304T120000Z-00000000")


def test_runs_are_newest_first_even_within_a_second(tmp_path):
    clock = FakeClock(datetime.fromisoformat("2026-03-04T12:00:00+00:00"))
    journal = Journal(tmp_path, clock)
    runs = []
    for _ in range(4):
        runs.append(begun(journal, clock)[0])
        clock.advance(0.3)
    assert [it.run for it in journal.list()] == runs[::-1]


def test_runs_are_separated_by_target(journal, clock):
    begun(journal, clock)
    clock.advance(1)
    run, _ = begun(journal, clock, target="sea")
    assert [it.run for it in journal.list("sea")] == [run]
    assert len(journal.list()) == 2


def unfinished(journal, clock, *states: str) -> str | None:
    """Write a run a state, oldest first, and return the state of the one that is unfinished."""
    for state in states:
        clock.advance(60)
        _, log = begun(journal, clock)
        if state in ("intent", "open", "started", "attached", "not_sent", "refused"):
            log.write(state, backup_id=ID)
        if state == "decided":
            log.write("started", backup_id=ID)
            log.write("ended", final=True, exit_code=0)
    found = journal.unfinished("nyc")
    return found.state if found else None


@pytest.mark.parametrize(
    ("states", "found"),
    [
        ((), None),
        (("decided",), None),
        (("refused",), None),
        (("not_sent",), None),
        (("intent",), "intent"),
        (("open",), "open"),
        (("started",), "started"),
        (("attached",), "attached"),
        (("started", "decided"), "started"),
        (("started", "decided", "decided"), "started"),
        (("decided", "started"), "started"),
        (("started", "refused", "not_sent"), "started"),
        (("started", "begun"), "started"),
        (("decided", "refused"), None),
        (("open", "attached"), "attached"),
    ],
)
def test_the_unfinished_run_is_the_newest_that_may_have_started_something(journal, clock, states, found):
    assert unfinished(journal, clock, *states) == found


def test_an_old_unfinished_run_with_later_runs_is_not_resumed(journal, clock):
    assert unfinished(journal, clock, "started") == "started"
    clock.advance(25 * 3600)
    assert journal.unfinished("nyc").state == "started", "nothing has followed it"
    assert unfinished(journal, clock, "decided") is None


def test_decided_runs_are_removed_by_age(journal, clock):
    runs = {}
    for state in ("decided", "refused", "not_sent", "begun", "intent", "open", "started", "attached"):
        runs[state], log = begun(journal, clock)
        if state == "decided":
            log.write("started", backup_id=ID)
            log.write("ended", final=True, exit_code=0)
        elif state != "begun":
            log.write(state, backup_id=ID)
        clock.advance(1)
    (journal._folder / "20200101T000000Z-00000000.jsonl").write_text("what is no run is left alone\n")
    clock.advance(29 * 86_400)
    begun(journal, clock)
    assert {it.run for it in journal.list()} >= set(runs.values()), "not before their time"
    clock.advance(2 * 86_400)
    begun(journal, clock)
    left = {it.run for it in journal.list()}
    assert {state for state, run in runs.items() if run in left} == {"intent", "open", "started", "attached"}
    assert (journal._folder / "20200101T000000Z-00000000.jsonl").exists()


def test_the_age_of_a_run_counts_from_its_last_line(journal, clock):
    run, log = begun(journal, clock)
    log.write("started", backup_id=ID)
    clock.advance(31 * 86_400)
    log.write("ended", final=True, exit_code=0)
    begun(journal, clock)
    assert run in [it.run for it in journal.list()]


def test_a_run_that_cannot_be_removed_is_skipped(journal, clock, mocker):
    begun(journal, clock)
    clock.advance(31 * 86_400)
    mocker.patch.object(Path, "unlink", side_effect=PermissionError(13, "Permission denied"))
    run, _ = begun(journal, clock)
    assert journal.get(run).state == "begun"


@pytest.mark.parametrize("point", POINTS)
def test_a_start_killed_at_its_beginning_leaves_nothing_permanent(journal, clock, point):
    class KilledError(BaseException):
        pass

    def kill():
        raise KilledError

    with pytest.raises(KilledError), befallen(1, point, kill):
        begun(journal, clock)
    (left,) = journal._folder.iterdir()
    assert left.suffix == ".jsonl"
    clock.advance(31 * 86_400)
    run, _ = begun(journal, clock)
    assert [it.run for it in journal.list()] == [run]
    assert not left.exists() or point == "torn"  # half a line might be anything


def test_a_run_of_release_0_1_0_is_read(journal, clock):
    journal._folder.mkdir(parents=True)
    run = "20260304T121543Z-5d0c1f7a"
    old = Path(__file__).parents[2] / "data" / "journal" / f"v1-{run}.jsonl"
    (journal._folder / f"{run}.jsonl").write_bytes(old.read_bytes())
    record = journal.unfinished("nyc")
    assert (record.run, record.state, record.trigger, record.backup_id) == (run, "started", "sent", ID)
    assert (record.verdict, record.exit_code, record.known_ids) == ("running", 6, (OTHER,))


def test_a_folder_that_cannot_be_made_is_an_error_with_a_hint(tmp_path, clock):
    (tmp_path / "file").write_text("x")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(ConfigError) as caught:
            begun(Journal(folder, clock), clock)
        assert "--state-dir" in caught.value.hint


def test_an_unreadable_folder_is_not_read_as_empty(tmp_path, clock, mocker):
    assert Journal(tmp_path / "none yet", clock).list() == []
    (tmp_path / "file").write_text("x")
    closed = Journal(tmp_path / "closed", clock)
    run, log = begun(closed, clock)
    log.write("started", backup_id=ID)
    for journal in (Journal(tmp_path / "file", clock), closed):
        if journal is closed:
            mocker.patch.object(Path, "iterdir", side_effect=PermissionError(13, "Permission denied"))
        for look in (journal.list, lambda it=journal: it.get(run), lambda it=journal: it.unfinished("nyc")):
            with pytest.raises(ConfigError, match=f"{journal._folder} can't be read") as caught:
                look()
            assert "--state-dir" in caught.value.hint
        assert journal.started_ids("nyc", but="") == frozenset(), (
            "asked after a trigger, which no folder of ours may spoil"
        )


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path, clock, mocker):
    journal = Journal(tmp_path, clock)
    mocker.patch("os.open", side_effect=PermissionError(13, "Permission denied"))
    with pytest.raises(ConfigError) as caught:
        begun(journal, clock)
    assert "Permission denied" in caught.value.message


def test_only_this_user_may_read_it(journal, clock):
    begun(journal, clock)
    path = next(journal._folder.glob("*.jsonl"))
    assert path.stat().st_mode & 0o077 == 0
    assert journal._folder.stat().st_mode & 0o077 == 0


def test_two_processes_write_complete_lines(journal, clock):
    run, _ = begun(journal, clock)
    code = (
        "import sys; from pathlib import Path\n"
        "from psbridge.clock import SystemClock; from psbridge.journal.runs import Journal\n"
        "log = Journal(Path(sys.argv[1]), SystemClock()).resume(sys.argv[2])\n"
        "for at in range(100): log.write('note', number=at, padding='x' * 300)\n"
    )
    command = [sys.executable, "-c", code, str(journal._folder.parent), run]
    for child in [subprocess.Popen(command) for _ in range(2)]:
        assert child.wait(200) == 0
    lines = next(journal._folder.glob("*.jsonl")).read_text().split("\n")
    numbers = [json.loads(line).get("number") for line in lines if line]
    assert sorted(numbers[1:]) == sorted([*range(100), *range(100)])


def test_no_journal_keeps_nothing():
    nothing = NoJournal()
    log = nothing.begin("x", "y", "z")
    log.write("intent")
    log.observe(Note("x"))
    assert nothing.resume("x") is log
    assert nothing.unfinished("y") is None


def test_ids_of_runs_differ(clock):
    assert len({new_run_id(clock) for _ in range(200)}) == 200
    assert PsbridgeError("x").trigger == "not_sent"
