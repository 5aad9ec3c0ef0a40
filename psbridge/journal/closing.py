"""Close a run by hand, so that no `wait` resumes it. It changes the record and nothing on the stamp."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psbridge.clock import Clock, Deadline
from psbridge.errors import Busy, ConfigError, UsageError
from psbridge.journal.lock import TargetLock
from psbridge.journal.log import checked_reason
from psbridge.journal.process import read_process
from psbridge.journal.runs import Journal
from psbridge.journal.states import LONGEST_BACKUP, UNFINISHED, RunState
from psbridge.models.time import Instant

if TYPE_CHECKING:
    from psbridge.models.report import RunRecord


def close_run(folder: Path, clock: Clock, run: str, reason: str) -> RunRecord:
    """Close a run's record, so that no `wait` resumes it, and return it. A backup on the stamp continues.

    Raises:
        psbridge.errors.NotFound: there is no such run.
        psbridge.errors.UsageError: the reason is empty or too long, or the run has ended.
        psbridge.errors.Busy: a process works on it.
        psbridge.errors.ConfigError: the state folder can't be read or written.
    """
    reason = checked_reason(reason)
    journal = Journal(folder, clock)
    record = _closable(journal.get(run))
    if busy := at_work(record, clock):
        raise _at_work(record, f"{busy} works on it")
    if record.backup_id is not None:
        return _closed(journal, record, reason)
    # Between its trigger and its id a start holds the target's lock, whatever its record says.
    lock = TargetLock(folder, record.target)
    try:
        with lock.held(Deadline.after(clock, 0.0)):
            return _closed(journal, _closable(journal.get(run)), reason)
    except Busy as held:
        raise _at_work(
            record, f"another psbridge on this machine is starting a backup of target {record.target}"
        ) from held
    except ConfigError:  # without locks no other start holds one
        return _closed(journal, record, reason)


def _closed(journal: Journal, record: RunRecord, reason: str) -> RunRecord:
    journal.resume(record.run).write("closed", reason=reason)
    return journal.get(record.run)


def _closable(record: RunRecord) -> RunRecord:
    state = RunState(record.state)
    if state not in UNFINISHED:
        why = f" ({record.closed_reason})" if record.closed_reason else ""
        raise UsageError(
            f"run {record.run} needs no closing: its state is {state}{why}",
            hint=f"See its record: psbridge run show {record.run}",
        )
    return record


def at_work(record: RunRecord, clock: Clock) -> str | None:
    """Return which process works on a run, in words; None if none does.

    A process of another machine or container counts for a day after the run's last line.
    """
    words = (_words(kept, record, clock) for kept in record.at_work)
    return next((each for each in words if each), None)


def _words(kept: Mapping[str, Any], record: RunRecord, clock: Clock) -> str | None:
    process = read_process(kept)
    if process is None:
        return None
    lives = process.lives
    if lives is None and not _long_ago(record, clock):
        return f"{process} (another machine or container; it may still run)"
    return f"process {process.pid}" if lives else None


def _long_ago(record: RunRecord, clock: Clock) -> bool:
    try:
        last = Instant.parse(record.updated_at)
    except ValueError:
        return True
    return (Instant.of(clock.now()) - last).seconds > LONGEST_BACKUP.total_seconds()


def _at_work(record: RunRecord, why: str) -> Busy:
    return Busy(
        f"run {record.run} can't be closed: {why}",
        id=record.backup_id,
        hint="Wait for it to end, or stop that process first.",
        detail={"reason": "run_in_use", "run": record.run},
    )


def next_steps(journal: Journal, record: RunRecord, clock: Clock, command: str) -> tuple[str, ...]:
    """Return the next commands for an unfinished run; none for an ended run, or while a process works on it.

    `command`: how psbridge is called for its target, such as `psbridge -t redmond`.
    """
    if RunState(record.state) not in UNFINISHED or at_work(record, clock) is not None:
        return ()
    close = f"{command} run close {record.run} --reason TEXT"
    if record.backup_id is not None:
        return (f"{command} backup wait {record.backup_id}", close)
    taken_up = journal.unfinished(record.target)
    wait = taken_up is not None and taken_up.run == record.run
    return (f"{command} backup wait", close) if wait else (close,)


def what_goes_on(record: RunRecord) -> str:
    """Return what closing a run's record means for the stamp's backup."""
    if record.backup_id is not None:
        return f"Only the record was closed. If backup {record.backup_id} is running, it continues; no wait resumes it."
    return (
        "Only the record was closed. A backup that this run may have started continues; when it has ended, "
        f"`psbridge -t {record.target} backup list` shows it."
    )
