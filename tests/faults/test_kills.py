"""A start that is killed with SIGKILL, anywhere: what comes after it ends with exactly one backup on the stamp, and its id.

It is killed at every write of its journal and at every WSMan request, before the host has carried it out and after it has.
The fast tier takes some of these kills; `--all` each line, the requests up to the backup's id and some later ones; `--whole`
every request.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL
from typing import Any, Final

import pytest

from psbridge.clock import SystemClock
from psbridge.emulator.emulation import Emulation
from psbridge.errors import ExitCode
from psbridge.journal.runs import Journal
from psbridge.journal.states import UNFINISHED, RunState
from psbridge.models.report import RunRecord
from tests.support.fakes.journal_edge import POINTS
from tests.support.process.cli import Cli
from tests.support.process.killed import Kill, Process
from tests.support.process.until import LONG

FAST: Final = 4000.0
"""A backup takes 0.3 seconds."""
SLOW: Final = 40.0
"""A backup outlasts every test."""
# What the lines of a start's journal say, and those of the search for a lost trigger.
LINES: Final = ("begun", "intent", "started", "observed", "judged", "ended", "proof")
LOST_LINES: Final = ("open", "started")
LOST_ANSWER: Final = "command:2:other-host"
TO_ID: Final = range(1, 10)
"""The requests of a start until it knows the id and has left; those of a wait follow."""
LATER: Final = range(10, 36)
"""More requests than a start makes while a fast backup runs; where it has ended before, nothing is killed."""
NOT_DONE, DONE = "never-before", "never"


@dataclass
class Bench:
    """A user, and the host on which they start backups."""

    cli: Cli
    host: Emulation
    log: list[str]
    logged: threading.Condition
    number: int = field(default=0)

    def begin(self, *words: str, kill: Kill | None = None) -> Process:
        self.number += 1
        argv = ("backup", *words, "-t", "nyc", "-o", "json")
        return Process(argv, self.cli.environment(), self.cli.folder, name=f"{self.number}", kill=kill)

    def run(self, *words: str) -> tuple[int, dict[str, Any], str]:
        """Return the result of a command: exit code, document and output."""
        process = self.begin(*words)
        return process.wait(), process.document, process.told

    def killed_at_line(self, line: str, point: str) -> None:
        assert self.begin("start", kill=Kill(line, point)).wait() == -SIGKILL

    def killed_at_request(self, number: int, effect: str, *words: str) -> bool:
        """Kill a start while the host holds the nth request's answer back; return whether it came so far."""
        self.host.host.faults.add(f"*:{number}:{effect}")
        process = self.begin("start", *words)
        while self.host.host.requests.get("*", 0) < number and not process.ended:
            time.sleep(0.005)  # between two looks, until the process ends at the latest
        process.kill()
        if process.wait() != -SIGKILL:
            return False
        # Now what the request asks for has been done, or never will be.
        with self.logged:
            assert self.logged.wait_for(lambda: any(line.endswith(f" {effect}") for line in self.log), LONG)
        return True

    @property
    def triggers(self) -> int:
        return self.host.stamp.counts()["triggers"]

    @property
    def ours(self) -> list[str]:
        """The requested backups, by the stamp's own record."""
        return [each.id for each in self.host.stamp.backups() if not each.automatic]

    @property
    def last_run(self) -> RunRecord | None:
        return next(iter(Journal(self.cli.state, SystemClock()).list("nyc")), None)


@contextmanager
def bench(folder: Path, speed: float, *faults: str) -> Iterator[Bench]:
    log: list[str] = []
    logged = threading.Condition()

    def take(line: str) -> None:
        with logged:
            log.append(line)
            logged.notify_all()

    cli = Cli(folder)
    with cli.facing(speed=speed, faults=faults, log=take) as host:
        yield Bench(cli, host, log, logged)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "request_killed" in metafunc.fixturenames:
        everything = [(number, effect) for number in (*TO_ID, *LATER) for effect in (NOT_DONE, DONE)]
        some = [pair for pair in everything if pair[0] in TO_ID] + [(11, DONE), (16, NOT_DONE), (22, DONE)]
        whole = metafunc.config.getoption("--whole")
        metafunc.parametrize("request_killed", everything if whole else some, ids=lambda pair: f"{pair[0]}-{pair[1]}")


def taken_up(it: Bench) -> None:
    """Do what is left to do after a kill, and hold what comes of it against the stamp's own record."""
    killed = it.last_run
    state = killed and RunState(killed.state)
    if killed is not None and killed.backup_id is not None:
        assert [killed.backup_id] == it.ours  # a known id is never another's
    if state in UNFINISHED:
        code, document, told = it.run("wait")
        if code == ExitCode.AMBIGUOUS:
            # The one honest exception: the trigger never went out, and nothing but the stamp's own count can prove that.
            assert (state, it.triggers) == (RunState.INTENT, 0), told
            code, document, told = it.run("start", "--if-running", "attach")
    elif state is RunState.DECIDED:
        assert killed is not None
        code, document, told = it.run("confirm", killed.backup_id or "")
    else:
        assert it.triggers == 0
        code, document, told = it.run("start", "--if-running", "attach")
    assert code == ExitCode.OK, told
    assert (it.triggers, it.ours) == (1, [document["backup"]["id"]])
    assert document["verdict"] == "confirmed"
    last = it.last_run
    assert last is not None
    assert (last.state, last.backup_id) == (RunState.DECIDED, document["backup"]["id"])


@pytest.mark.sampled(5)
@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("line", LINES)
def test_a_kill_at_each_line_of_the_journal(tmp_path: Path, line: str, point: str) -> None:
    with bench(tmp_path, FAST) as it:
        it.killed_at_line(line, point)
        taken_up(it)


@pytest.mark.sampled(5)
@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("line", LOST_LINES)
def test_a_kill_at_each_line_of_the_search_for_a_lost_trigger(tmp_path: Path, line: str, point: str) -> None:
    with bench(tmp_path, FAST, LOST_ANSWER) as it:
        it.killed_at_line(line, point)
        assert it.triggers == 1
        taken_up(it)


@pytest.mark.sampled(7)
def test_a_kill_at_each_request(tmp_path: Path, request_killed: tuple[int, str]) -> None:
    with bench(tmp_path, FAST) as it:
        came_so_far = it.killed_at_request(*request_killed)
        assert came_so_far or request_killed[0] in LATER
        taken_up(it)


@pytest.mark.sampled(5)
@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("line", LINES[:3])
def test_a_second_start_attaches_after_a_kill_at_each_line(tmp_path: Path, line: str, point: str) -> None:
    with bench(tmp_path, SLOW) as it:
        it.killed_at_line(line, point)
        attaches_or_starts(it)


@pytest.mark.sampled(5)
@pytest.mark.parametrize("effect", [NOT_DONE, DONE])
@pytest.mark.parametrize("number", range(4, 8))
def test_a_second_start_attaches_after_a_kill_at_each_request(tmp_path: Path, number: int, effect: str) -> None:
    with bench(tmp_path, SLOW) as it:
        assert it.killed_at_request(number, effect, "--no-wait")
        attaches_or_starts(it)


def attaches_or_starts(it: Bench) -> None:
    # The host may still be busy with the killed start's request, so that a count of 0 says nothing yet.
    actions = {"attached"} if it.triggers else {"attached", "started"}
    code, document, told = it.run("start", "--if-running", "attach", "--no-wait")
    assert code == ExitCode.OK, told
    assert document.get("action") in actions, told
    assert (it.triggers, it.ours) == (1, [document["id"]])
