"""The runs of this machine: one file per run in the state folder (`log.py`), read by its lines (`fold.py`, `states.py`)."""

from __future__ import annotations

import contextlib
import re
import secrets
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from psbridge import defaults
from psbridge.clock import Clock
from psbridge.errors import ConfigError, NotFound, Warn
from psbridge.files import private_folder
from psbridge.journal.fold import fold_lines
from psbridge.journal.log import FileLog, config_errors, passed_over, read_lines, sync_folder
from psbridge.journal.states import NOTHING_STARTED, UNFINISHED, RunState
from psbridge.models.text import nearest
from psbridge.models.time import Instant

if TYPE_CHECKING:
    from psbridge.models.events import Event
    from psbridge.models.report import RunRecord

_RUN = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}", re.ASCII)
_TAKEN_UP_WITHIN = timedelta(days=1)
_LIST = "See all runs: psbridge run list"


def new_run_id(clock: Clock) -> str:
    """Return a run's id: the time in UTC, then 32 random bits."""
    return f"{clock.now():%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


class RunLog(Protocol):
    """What an operation needs of the journal of its run."""

    def write(self, event: str, **facts: Any) -> None:
        """Record a fact; it is on disk when this returns."""
        ...

    def observe(self, event: Event) -> None:
        """Record what matters of an event."""
        ...


class NoJournal:
    """The journal of `--no-journal`: nothing is kept, so a killed start can't be resumed."""

    def begin(self, _run: str, _target: str, _location: str) -> RunLog:
        """Return a log that keeps nothing."""
        return self

    def resume(self, _run: str) -> RunLog:
        """Return a log that keeps nothing."""
        return self

    def write(self, event: str, **facts: Any) -> None:
        """Keep nothing."""

    def observe(self, event: Event) -> None:
        """Keep nothing."""

    def unfinished(self, _target: str, _backup_id: str | None = None) -> RunRecord | None:
        """Return None: nothing was kept."""
        return None

    def list(self, _target: str | None = None) -> list[RunRecord]:
        """Return no runs: nothing was kept."""
        return []

    def started_ids(self, _target: str, *, but: str) -> frozenset[str]:  # noqa: ARG002 - the name is the caller's
        """Return nothing: nothing was kept."""
        return frozenset()

    def run_that_started(self, _target: str, _backup_id: str) -> RunRecord | None:
        """Return None: nothing was kept."""
        return None


class Journal:
    """The runs of this machine.

    Args:
        folder: the state folder; made for the first run.
        keep: how long runs that need nothing more are kept; they are removed when a new one begins.
        warn: is given a sentence about files that are not runs.
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        *,
        keep: timedelta = timedelta(seconds=defaults.KEEP_RUNS),
        warn: Warn | None = None,
    ) -> None:
        self._folder = folder / "runs"
        self._warn = warn
        self._clock = clock
        self._keep = keep

    def begin(self, _run: str, _target: str, _location: str, /) -> RunLog:
        """Open the record of a new run, and write its first line: id, target and location.

        Raises:
            psbridge.errors.ConfigError: the record can't be written.
        """
        with config_errors(self._folder):
            if not self._folder.is_dir():
                private_folder(self._folder)
                sync_folder(self._folder.parent)
        log = FileLog(self._path(_run), self._clock)
        log.write("begun", run=_run, target=_target, location=_location)
        self.prune()
        return log

    def resume(self, _run: str, /) -> RunLog:
        """Open the record of an earlier run, to add to it."""
        return FileLog(self._path(_run), self._clock)

    def prune(self) -> None:
        """Remove runs that ended, or started nothing, longer ago than `keep`. A failure to remove one is ignored.

        An unfinished run is kept, however old: it is the only record of a backup that may have been started.
        """
        before = self._clock.now() - self._keep
        oldest, since = f"{before:%Y%m%dT%H%M%SZ}", str(Instant.of(before))
        with contextlib.suppress(ConfigError):
            for path in self._files():
                # The name has the beginning: most files need not be read.
                if path.stem < oldest:
                    with contextlib.suppress(OSError):  # continue with the others
                        _remove_if_over(path, since)

    def list(self, target: str | None = None) -> list[RunRecord]:
        """Return all runs, newest first; files that can't be read are ignored.

        Raises:
            psbridge.errors.ConfigError: the folder can't be read.
        """
        records = [record for record in self._records() if target in {None, record.target}]
        # Without its Z a time sorts as text before the same second with decimals.
        return sorted(records, key=lambda it: (it.created_at.rstrip("Z"), it.run), reverse=True)

    def get(self, run: str) -> RunRecord:
        """Return one run.

        Raises:
            psbridge.errors.NotFound: there is no such run.
            psbridge.errors.ConfigError: the folder, or the run's file, can't be read.
        """
        path = self._path(run)
        there = path in self._files()
        record = fold_lines(run, read_lines(path)) if there else None
        if record is None and there and not _empty(path):
            raise ConfigError(
                f"the record of run {run} is damaged: {path}",
                hint="Whether the run started a backup is unknown. Check the stamp: psbridge backup list",
                detail={"path": str(path)},
            )
        if record is None:
            raise NotFound(f"no run {run} in the journal", hint=self._nearest(run))
        return record

    def _nearest(self, run: str) -> str:
        """Return the hint for an unknown run: the most similar one."""
        like = nearest(run, sorted((path.stem for path in self._files()), reverse=True))
        return f"Did you mean {like}? {_LIST}" if like else _LIST

    def unfinished(self, target: str, backup_id: str | None = None) -> RunRecord | None:
        """Return the target's newest run without an end, None if there is none.

        Runs that started nothing are ignored. So are those older than a day that ended runs have followed: no command waits
        for their backups any more, and retention may have deleted them.

        Args:
            target: the target's name.
            backup_id: only a run of this backup, whatever has followed it.

        Raises:
            psbridge.errors.ConfigError: the folder can't be read.
        """
        started = [it for it in self.list(target) if it.state not in NOTHING_STARTED]
        if backup_id:  # the run that started it before those that attached to it
            started.sort(key=lambda it: it.action != "started")
        since = str(Instant.of(self._clock.now() - _TAKEN_UP_WITHIN))
        for at, record in enumerate(started):
            asked = record.backup_id == backup_id if backup_id else at == 0 or record.created_at >= since
            if RunState(record.state) in UNFINISHED and asked:
                return record
        return None

    def started_ids(self, target: str, *, but: str) -> frozenset[str]:
        """Return the ids of the backups that the target's runs started, without those of one run.

        The set is empty if the folder can't be read, because this is used when a backup may have been started, and that
        matters more.
        """
        with contextlib.suppress(ConfigError):
            runs = (it for it in self.list(target) if it.run != but and it.action == "started")
            return frozenset(it.backup_id for it in runs if it.backup_id)
        return frozenset()

    def run_that_started(self, target: str, backup_id: str) -> RunRecord | None:
        """Return the target's run that started a backup, None if none is known or the folder can't be read."""
        with contextlib.suppress(ConfigError):
            runs = (it for it in self.list(target) if it.action == "started" and it.backup_id == backup_id)
            return next(runs, None)
        return None

    def _path(self, run: str) -> Path:
        if not _RUN.fullmatch(run):
            raise NotFound(f"invalid run id: {run[:60]!r}", hint=self._nearest(run))
        return self._folder / f"{run}.jsonl"

    def _records(self) -> Iterator[RunRecord]:
        odd: list[Path] = []
        for path in self._files():
            record = fold_lines(path.stem, read_lines(path))
            if record is not None:
                yield record
            elif not _empty(path):
                odd.append(path)
        if odd and self._warn is not None:
            warn, self._warn = self._warn, None  # once is enough
            warn(passed_over("a run", sorted(map(str, odd))))

    def _files(self) -> set[Path]:
        """Return the runs' files; none if there is no folder yet."""
        try:
            return {path for path in self._folder.iterdir() if path.suffix == ".jsonl" and _RUN.fullmatch(path.stem)}
        except FileNotFoundError:
            return set()
        except OSError as problem:
            raise ConfigError(
                f"the state folder {self._folder} can't be read: {problem.strerror}",
                hint="Give this user access to the folder, or choose another with --state-dir or PSBRIDGE_STATE_DIR.",
                detail={"path": str(self._folder)},
            ) from problem


def _remove_if_over(path: Path, since: str) -> None:
    """Remove a run that ended before a time, or that was killed before its first line."""
    record = fold_lines(path.stem, read_lines(path))
    over = record is not None and RunState(record.state) not in UNFINISHED and record.updated_at < since
    if over or _empty(path):
        path.unlink()


def _empty(path: Path) -> bool:
    """Return whether it is a file without content."""
    try:
        return path.is_file() and path.stat().st_size == 0
    except OSError:
        return False
