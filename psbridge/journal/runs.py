"""One file a run, one JSON object a line, synced to disk before psbridge goes on. A torn last line is passed over."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from psbridge.clock import Clock
from psbridge.errors import ConfigError, NotFound
from psbridge.models import Instant, backup_id, events

if TYPE_CHECKING:
    from psbridge.models import RunRecord
    from psbridge.models.events import Event

SCHEMA_VERSION = 1
_RUN = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}", re.ASCII)
_LARGEST = 4 << 20
# States in which a later `wait` without an id takes a run up again.
UNFINISHED = ("intent", "open", "started", "attached")
_NOTHING_STARTED = ("refused", "not_sent")
_TAKEN_UP_WITHIN = timedelta(days=1)


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
    """What `--no-journal` leaves: nothing is kept, so a killed start can't be taken up again."""

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

    def unfinished(self, _target: str) -> RunRecord | None:
        """Return None: nothing was kept."""
        return None


class Journal:
    """The runs of this machine.

    Args:
        folder: the state folder; made if it is not there.

    Raises:
        psbridge.errors.ConfigError: it can't be made or written.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder / "runs"
        self._clock = clock

    def prepare(self) -> None:
        """Make sure that a record could be written, before anything is triggered."""
        probe = self._folder / f".probe-{os.getpid()}-{secrets.token_hex(4)}"
        with _explained(self._folder):
            if not self._folder.is_dir():
                self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                _sync_folder(self._folder.parent)
            probe.write_bytes(b"psbridge\n")
            probe.unlink()

    def begin(self, _run: str, _target: str, _location: str, /) -> RunLog:
        """Open the record of a new run, of a target and a location."""
        self.prepare()
        log = _FileLog(self._path(_run), self._clock)
        log.write("begun", run=_run, target=_target, location=_location)
        return log

    def resume(self, _run: str, /) -> RunLog:
        """Open the record of an earlier run, to add to it."""
        return _FileLog(self._path(_run), self._clock)

    def list(self, target: str | None = None) -> list[RunRecord]:
        """Return all runs, newest first; files that can't be read are passed over."""
        records = [record for record in self._records() if target in {None, record.target}]
        # Without its Z a time sorts as text before the same second with decimals.
        return sorted(records, key=lambda it: (it.created_at.rstrip("Z"), it.run), reverse=True)

    def get(self, run: str) -> RunRecord:
        """Return one run.

        Raises:
            psbridge.errors.NotFound: there is none of that id.
        """
        record = _folded(run, _lines(self._path(run)))
        if record is None:
            raise NotFound(f"no run {run} in the journal", hint="`psbridge run list` shows what there is.")
        return record

    def unfinished(self, target: str) -> RunRecord | None:
        """Return the target's newest run without an end, None if there is none.

        Runs that started nothing are passed over, and so are those that ended runs have followed and that are older than a
        day: nobody waits for their backups any more, and retention may have removed them.
        """
        started = [it for it in self.list(target) if it.state not in _NOTHING_STARTED]
        since = str(Instant.of(self._clock.now() - _TAKEN_UP_WITHIN))
        for at, record in enumerate(started):
            if record.state in UNFINISHED and (at == 0 or record.created_at >= since):
                return record
        return None

    def _path(self, run: str) -> Path:
        if not _RUN.fullmatch(run):
            raise NotFound(f"not a run's id: {run[:60]!r}", hint="`psbridge run list` shows what there is.")
        return self._folder / f"{run}.jsonl"

    def _records(self) -> Iterator[RunRecord]:
        try:
            paths = sorted(self._folder.glob("*.jsonl"))
        except OSError:
            return
        for path in paths:
            record = _folded(path.stem, _lines(path)) if _RUN.fullmatch(path.stem) else None
            if record is not None:
                yield record


class _FileLog:
    """Appends to one run's file; each line is synced."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock

    def write(self, event: str, **facts: Any) -> None:
        """Append a line and sync it, and the folder's entry where the file is new."""
        at = str(Instant.of(self._clock.now()))
        line = json.dumps({"schema_version": SCHEMA_VERSION, "at": at, "event": event, **facts}, allow_nan=False)
        with _explained(self._path.parent):
            new = not self._path.exists()
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                # A torn last line of a killed process must not swallow this one.
                lead = b"" if new or _ends_whole(self._path) else b"\n"
                _write_all(descriptor, lead + line.encode() + b"\n")
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            if new:
                _sync_folder(self._path.parent)

    def observe(self, event: Event) -> None:
        """Record an event."""
        match event:
            case events.Intent():
                time = str(event.host_time) if event.host_time else None
                self.write("intent", host_time=time, known_ids=list(event.known_ids))
            case events.Started():
                self.write(event.action, backup_id=event.id)
            case events.Decided():
                self.write("judged", verdict=str(event.verdict.judgement))
            case _:
                pass


def _write_all(descriptor: int, data: bytes) -> None:
    """Write all of it; a disk that fills up takes a part and says so only when it is asked again."""
    while data:
        data = data[os.write(descriptor, data) :]


def _ends_whole(path: Path) -> bool:
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _lines(path: Path) -> list[Mapping[str, Any]]:
    try:
        if path.stat().st_size > _LARGEST:
            return []
        text = path.read_text("utf-8", errors="replace")
    except OSError:
        return []
    found: list[Mapping[str, Any]] = []
    for line in text.splitlines():
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            continue  # torn by a kill or a full disk
        if isinstance(value, dict) and isinstance(value.get("event"), str):
            found.append(value)
    return found


def _folded(run: str, lines: list[Mapping[str, Any]]) -> RunRecord | None:
    """Return the run that a file's lines tell of."""
    if not lines or lines[0]["event"] != "begun":
        return None
    first = lines[0]
    at = str(first.get("at"))
    from psbridge.models import RunRecord

    record = RunRecord(
        run=run,
        target=str(first.get("target")),
        location=str(first.get("location")),
        state="refused",
        trigger="not_sent",
        created_at=at,
        updated_at=at,
        backup_id=None,
        verdict=None,
        exit_code=None,
    )
    for line in lines[1:]:
        record = replace(_after(record, line), updated_at=str(line.get("at")))
    return record


def _after(record: RunRecord, line: Mapping[str, Any]) -> RunRecord:
    event = line["event"]
    if event == "intent":
        known, time = _texts(line.get("known_ids")), _text(line.get("host_time"))
        return replace(record, state="intent", trigger="unknown", known_ids=known, host_time=time)
    if event in {"not_sent", "refused"}:
        return replace(record, state=event, trigger="not_sent" if event == "not_sent" else record.trigger)
    if event == "open":
        return replace(record, state="open", trigger="unknown", candidates=_texts(line.get("candidates")))
    if event in {"started", "attached"}:
        trigger = "sent" if event == "started" else record.trigger
        return replace(record, state=event, trigger=trigger, backup_id=_id(line.get("backup_id")))
    if event == "judged":
        return replace(record, verdict=_text(line.get("verdict")))
    if event == "ended":
        done, code = line.get("final") is True, line.get("exit_code")
        return replace(
            record, state="decided" if done else record.state, exit_code=code if isinstance(code, int) else None
        )
    return record


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _id(value: object) -> str | None:
    try:
        return backup_id(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(it for it in value if isinstance(it, str)) if isinstance(value, list) else ()


class _explained:  # noqa: N801 - reads as a statement
    """Turns an OSError of the state folder into what the user can do about it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, problem: BaseException | None, trace: object) -> None:
        if isinstance(problem, OSError):
            raise ConfigError(
                f"the state folder {self._folder} can't be written: {problem.strerror}",
                hint="Name another with --state-dir or PSBRIDGE_STATE_DIR, or start with --no-journal.",
                detail={"path": str(self._folder)},
            ) from problem
