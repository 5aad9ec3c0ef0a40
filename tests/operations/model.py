"""A user of psbridge, a stamp, and what must be true of the two whatever befalls them: the model of `test_model`.

It knows what the stamp itself holds and which command it took each trigger from, and nothing of psbridge's own reasoning.
Everything goes by a fake clock; nothing here draws: what happens is for the machine of `test_model` to say.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from errno import ENOSPC
from pathlib import Path
from random import Random
from typing import Any, Final, NoReturn
from uuid import UUID

from psbridge.emulator.stamp import ticks
from psbridge.emulator.stamp.lifecycle import StoredBackup
from psbridge.emulator.stamp.records import EventRecord
from psbridge.emulator.stamp.scenario import Scenario
from psbridge.errors import (
    AuthError,
    DeadlineExceeded,
    ExitCode,
    Interrupted,
    PrerequisiteError,
    PsbridgeError,
    ResultVoid,
    Trigger,
    Unreachable,
)
from psbridge.journal.states import NOTHING_STARTED, RunState
from psbridge.models.events import Started
from psbridge.models.report import Report, RunRecord
from psbridge.models.verdict import Judgement
from psbridge.operations.start import StartOptions
from psbridge.powershell.result import PSObject
from psbridge.proofs.record import record, save
from psbridge.proofs.verify import verify_proof
from psbridge.values import replace
from tests.operations.conftest import AFTER_TRIGGER, bench_in, is_trigger
from tests.support.fakes.journal_edge import befallen
from tests.support.fakes.stamp_session import Fault

POLICY: Final = {"timeout": 900, "poll": 60, "settle": 100, "keep_runs": 400 * 86_400.0}
# From `start` these mean that this command started nothing; 7 has one exception in words, the stamp's own skip.
STARTED_NOTHING: Final = {
    ExitCode.USAGE,
    ExitCode.AUTH,
    ExitCode.UNREACHABLE,
    ExitCode.BUSY,
    ExitCode.NOT_FOUND,
    ExitCode.CONFIG,
    ExitCode.PREREQUISITE,
}


class Killed(BaseException):
    """The process is gone: no code of psbridge may take it for an error of its own."""


TROUBLES: Final[dict[str, Callable[[bool], BaseException]]] = {
    "reset": lambda _: Unreachable("connection reset", retryable=True, delivered=True),
    "unreachable": lambda done: Unreachable("no route", retryable=True, delivered=done),
    "broken": lambda done: Unreachable("broken for good", delivered=done),
    "void": lambda _: ResultVoid("messages were lost", retryable=True, delivered=True),
    "slow": lambda _: DeadlineExceeded("no time", delivered=True),
    "refused": lambda done: AuthError("refused", delivered=done),
    "denied": lambda done: PrerequisiteError("denied", delivered=done),
    "interrupted": lambda _: Interrupted("interrupted by SIGTERM"),
    "killed": lambda _: Killed(),
}
"""What a run of the host may end with instead of its answer, by whether the host had carried it out."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What goes wrong while a command runs.

    Attributes:
        kind: a key of `TROUBLES`, or `emptied`: the answer to the trigger has no operation; or `full`: the disk is.
        at: which run of the host (from 1; 0: the trigger), or which line of the journal.
        executed: the host carries the run out first.
        point: for a line of the journal: where in its writing; None for a run of the host.
    """

    kind: str
    at: int
    executed: bool = False
    point: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended; its code is None where it was killed."""

    code: ExitCode | None
    report: Report | None = None
    started: Started | None = None
    problem: PsbridgeError | None = None


@dataclass
class World:
    """One stamp and one user with one state folder.

    Attributes:
        took: by run of the journal, the backup that the stamp started for its trigger.
        known: by run, the id that the journal once had.
        foreign: backups that another operator started.
        held: every backup as the stamp last held it.
        rivals_at: when others will start a backup.
        draw: makes the stamp's ids, the same ones each time.
        runs: what the journal has, after the last command.
    """

    folder: Path
    scenario: Scenario
    skew: float = 0.0
    took: dict[str, str] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)
    foreign: list[str] = field(default_factory=list)
    held: dict[str, StoredBackup] = field(default_factory=dict)
    rivals_at: list[datetime] = field(default_factory=list)
    runs: list[RunRecord] = field(default_factory=list)

    draw: Random = field(default_factory=lambda: Random(0))

    def __post_init__(self) -> None:
        self.bench = bench_in(self.folder, self.scenario, policy=POLICY)
        self.bench.sessions.host_skew = self.skew
        self.bench.stamp._new_id = lambda: UUID(int=self.draw.getrandbits(128), version=4)
        self.clock = self.bench.clock
        self.stamp = self.bench.stamp
        self.clock.on_sleep = self._time_passes
        self._time_passes()

    # -- the stamp's side

    def befall(self, what: str, value: str, delay: float) -> None:
        """Let something befall the stamp, in a while."""
        at = ticks.of(self.clock.now()) + ticks.seconds(delay)
        event = EventRecord(at, what, value)
        self.stamp._store.update(lambda state: (dataclasses.replace(state, events=(*state.events, event)), None))

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self._time_passes()

    def rival(self) -> None:
        """Let another operator start a backup, if the stamp lets them."""
        taken = self.bench.rival()
        self.foreign += [taken] if taken else []

    def _time_passes(self) -> None:
        while self.rivals_at and self.rivals_at[0] <= self.clock.now():
            self.rivals_at.pop(0)
            self.rival()
        self.held.update({each.id: each for each in self.stamp.backups()})

    @property
    def started_for_us(self) -> list[str]:
        """The backups that the stamp started for psbridge, the oldest first."""
        ours = [it for it in self.held.values() if not it.automatic and it.id not in self.foreign]
        return [it.id for it in sorted(ours, key=lambda it: it.started)]

    # -- the user's side

    def start(self, troubles: Sequence[Trouble], **options: Any) -> Ended:
        before, runs = self.started_for_us, {it.run for it in self.runs}
        sent = len(self.bench.sessions.triggers)
        ended = self._carry_out(lambda: self.bench.client.backups.run(StartOptions(**options)), troubles)
        fresh = [it for it in self.started_for_us if it not in before]
        new_runs = [it for it in self.runs if it.run not in runs]
        assert len(fresh) <= 1, "one start made more than one backup"
        assert len(new_runs) <= 1
        queued = options.get("if_running") == "queue"
        assert queued or len(self.bench.sessions.triggers) - sent <= 1, "a trigger was sent twice"
        if fresh:
            assert new_runs, "a backup was started that no journal knows of"
            self.took[new_runs[0].run] = fresh[0]
        self._check_start(ended, fresh)
        self._check(ended)
        return ended

    def wait(self, troubles: Sequence[Trouble], id: str | None, **options: Any) -> Ended:
        return self._read(lambda: self.bench.client.backups.wait(id, **options), troubles)

    def confirm(self, troubles: Sequence[Trouble], id: str | None, **options: Any) -> Ended:
        return self._read(lambda: self.bench.client.backups.confirm(id, **options), troubles)

    def take_up(self) -> None:
        """Wait with nothing in the way: what the stamp started for an open run, and no other may be, is found."""
        left = self.bench.journal.unfinished("nyc")
        ended = self.wait((), None)
        took = self.took.get(left.run) if left else None
        if left is None or left.backup_id or took not in self.held or not self.scenario.host.rest_method:
            return
        claimed = {it.backup_id for it in self.runs if it.run != left.run and it.action == "started"}
        fresh = {it.id for it in self.stamp.backups() if it.listed} - {*left.known_ids, *claimed}
        if fresh == {took} and self.skew <= 0:
            assert ended.code is not ExitCode.AMBIGUOUS, "a backup that can only be ours was not found"
            assert self.known[left.run] == took

    def _read(self, what: Callable[[], Report], troubles: Sequence[Trouble]) -> Ended:
        before, sent = self.started_for_us, len(self.bench.sessions.triggers)
        ended = self._carry_out(what, troubles)
        assert self.started_for_us == before
        assert len(self.bench.sessions.triggers) == sent, "what only reads has sent a trigger"
        self._check(ended)
        return ended

    def _carry_out(self, what: Callable[[], Report | Started], troubles: Sequence[Trouble]) -> Ended:
        begun = self.bench.sessions.runs
        self.bench.sessions.faults[:] = [_fault(it, begun) for it in troubles if it.point is None]
        try:
            with ExitStack() as stack:
                for it in troubles:
                    if it.point is not None:
                        stack.enter_context(befallen(it.at, it.point, _kill if it.kind == "killed" else _fill))
                ended = what()
        except Killed:
            self.bench.client = self.bench.again()
            return Ended(None)
        except PsbridgeError as problem:
            return Ended(problem.exit_code, problem=problem)
        finally:
            self.bench.sessions.faults.clear()
            self.runs = self.bench.journal.list()
            self._time_passes()
        if isinstance(ended, Started):
            return Ended(ExitCode.OK, started=ended)
        return Ended(ended.exit_code, report=ended, problem=ended.problem)

    # -- what must be true

    def _check_start(self, ended: Ended, fresh: list[str]) -> None:
        if ended.code is None:
            return
        problem = ended.problem
        skipped = problem is not None and problem.detail.get("reason") == "skipped"
        if fresh:
            assert int(ended.code) in AFTER_TRIGGER
            assert problem is None or problem.trigger is not Trigger.NOT_SENT
        if ended.code in STARTED_NOTHING and not skipped:
            assert not fresh, f"{ended.code.label} says that nothing was started"
        if problem is not None and problem.detail.get("backup") == "none":
            assert not fresh, "it says that no backup was started"
        action = ended.started.action if ended.started else ended.report.action if ended.report else None
        if action == "started":
            shown = ended.started.id if ended.started else self._shown(ended)
            assert shown in {None, *fresh, *self.foreign}, "it calls a backup its own that is not"
        if action in {"attached", "skipped"}:
            assert not fresh

    def _check(self, ended: Ended) -> None:
        assert ended.code is not ExitCode.INTERNAL, ended.problem
        if ended.report is not None:
            self._check_report(ended.report)
        for it in self.runs:
            self._check_run(it)
        lost = self.known.keys() - {it.run for it in self.runs}
        assert not lost, "a run is gone from the journal"

    def _check_report(self, report: Report) -> None:
        backup = report.verdict.backup
        if report.verdict.judgement is Judgement.CONFIRMED:
            assert backup is not None
            truth = self.held[backup.id]
            assert truth.status == "Succeeded", "a backup was confirmed that is not good"
            assert set(truth.roles.values()) == {"Succeeded"}
            assert backup.is_cloud_recovery_ready is True
            if report.verdict.upload_proof == "shown":
                assert self._uploaded(backup.id), "an upload was shown that is not done"
        assert (report.exit_code is ExitCode.OK) == (
            report.verdict.judgement is Judgement.CONFIRMED and report.problem is None
        )
        proof = self.folder / "proof.json"
        save(proof, record(self.bench.target, report, self.clock))
        checked = verify_proof(proof)
        assert checked.intact, checked.problems
        assert checked.agrees, checked.problems
        assert checked.exit_code == report.exit_code

    def _uploaded(self, id: str) -> bool:
        now = ticks.of(self.clock.now())
        kept = self.stamp._world.backup(self.stamp._store.read(), id, now)
        assert kept is not None
        return any(moment <= now for moment in (kept.uploaded_at, kept.operation_end) if moment is not None)

    def _check_run(self, it: RunRecord) -> None:
        took, state = self.took.get(it.run), RunState(it.state)
        if it.run in self.known:
            assert it.backup_id == self.known[it.run], "a known id was lost"
        if it.backup_id is not None:
            self.known[it.run] = it.backup_id
        if took is not None:
            assert state not in NOTHING_STARTED, "the journal says that nothing was started"
            assert it.trigger != "not_sent"
            assert it.backup_id in {None, took, *self.foreign}, "the journal has another backup for the run's own"
        elif it.trigger == "sent" and state not in {RunState.REFUSED, RunState.ATTACHED} and it.action == "started":
            assert it.backup_id in self.foreign, "the journal says that the stamp took a trigger that it never got"

    @staticmethod
    def _shown(ended: Ended) -> str | None:
        backup = ended.report.verdict.backup if ended.report else None
        return backup.id if backup else None


def _fault(trouble: Trouble, begun: int) -> Fault:
    """Return a trouble as the host's session has it."""

    def matches(text: str, number: int) -> bool:
        return number == begun + trouble.at if trouble.at else is_trigger(text, number)

    if trouble.kind == "emptied":
        return Fault(is_trigger, change=lambda result: replace(result, output=(PSObject(),)))
    error = TROUBLES[trouble.kind]
    return Fault(matches, lambda: error(trouble.executed), executed=trouble.executed)


def _kill() -> NoReturn:
    raise Killed


def _fill() -> NoReturn:
    raise OSError(ENOSPC, "No space left on device")
