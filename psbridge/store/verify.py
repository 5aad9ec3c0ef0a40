"""Reads a backup in a store, as far as a level asks for, into a case. What it means is judged in `psbridge.verdict.store`."""

from __future__ import annotations

import hashlib
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Final

import msgspec

from psbridge.clock import Clock, Deadline
from psbridge.models.events import StoreRead
from psbridge.models.verification import FileTest, Level, Reason, Snapshot, StoreCase, StoredFile, TestResult
from psbridge.store.contents import MOST_UNKNOWN, Contents, Pair, Repository, all_contents, contents_of, unknown_names
from psbridge.store.key import DataKey, HeldKey, WrongKey
from psbridge.store.metadata import (
    LARGEST_METADATA,
    LARGEST_REGISTRATIONS,
    BackupInformation,
    NotRecognized,
    Unreadable,
    backup_information,
    registrations,
    snapshot_metadata,
)
from psbridge.store.reader import NotInStore, Store
from psbridge.values import replace
from psbridge.verdict.store_chain import LONGEST_CHAIN, before

CORES: Final = 2
"""Files that are read at the same time."""
_LOOKED_AT: Final = 20
"""Backups that are looked at for the last good one."""


Observe = Callable[[StoreRead], object]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """The backup to verify, and what the stamp says of it: None where it was not asked or does not say."""

    id: str
    status: str | None = None
    uploaded: bool | None = None
    deployment_id: str | None = None
    stamp_version: str | None = None
    thumbprint: str | None = None


def verify_store(
    store: Store,
    wanted: Wanted,
    level: Level,
    key: HeldKey | None = None,
    *,
    deadline: Deadline,
    observe: Observe = lambda _: None,
) -> StoreCase:
    """Read a backup in a store.

    Args:
        store: is only read.
        wanted: the backup.
        level: how much to read. Without a key, what `openable` and higher levels need of it is not tested.
        key: the opened certificate.
        deadline: of the whole.
        observe: is told how far the reading of data files is, from any thread, never from two at once.

    Raises:
        StoreUnreadable: the store can't be read; it says nothing of the backup.
        psbridge.DeadlineExceeded: it timed out.
    """
    reader = _Reader(store, deadline)
    wanted = replace(wanted, id=wanted.id.lower(), deployment_id=wanted.deployment_id and wanted.deployment_id.lower())
    case = StoreCase(
        where=store.where,
        level=level,
        backup_id=wanted.id,
        stamp_status=wanted.status,
        stamp_uploaded=wanted.uploaded,
        stamp_deployment_id=wanted.deployment_id,
        stamp_version=wanted.stamp_version,
        stamp_thumbprint=wanted.thumbprint,
        key_thumbprint=None if key is None else key.thumbprint,
    )
    contents = contents_of(store, wanted.id, deadline)
    if contents is None:
        return replace(case, unrecognized=unknown_names(store, wanted.id, deadline))
    case = _with_essential(reader, list(_siblings(store, contents, deadline)), _with_info(reader, contents, case))
    snapshots = list(_own(contents, wanted.id))
    if level.includes(Level.DESCRIBED):
        snapshots = [each for repository in contents.repositories for each in _chain(reader, repository, wanted.id)]
    case = replace(case, layout=contents.layout, unrecognized=case.unrecognized + _odd(contents, wanted.id))
    if key is not None and level.includes(Level.OPENABLE):
        snapshots = list(_tested(store, snapshots, level, key, deadline, observe))
    return replace(case, snapshots=tuple(snapshots))


class _Reader:
    """Reads small files whole."""

    def __init__(self, store: Store, deadline: Deadline) -> None:
        self._store = store
        self._deadline = deadline

    def read(self, file: StoredFile, most: int) -> tuple[bytes, StoredFile]:
        """Return a file's content, and the file with its size and SHA-256.

        Raises:
            NotInStore: it went away.
            Unreadable: it is too large.
        """
        with self._store.open(file.path, self._deadline) as opened:
            if opened.size > most:
                raise Unreadable(f"it has {opened.size} bytes, more than a file of its kind")
            buffer = bytearray(opened.size)
            at = 0
            while at < len(buffer) and (count := opened.read_at(at, memoryview(buffer)[at:], self._deadline)):
                at += count
        data = bytes(buffer[:at])
        return data, StoredFile(file.path, at, hashlib.sha256(data).hexdigest())


# -- what the backup and the stamp version say ---------------------------------------------------------------------------


def _with_info(reader: _Reader, contents: Contents, case: StoreCase) -> StoreCase:
    file = contents.info(case.backup_id)
    if file is None:
        return case
    try:
        data, file = reader.read(file, LARGEST_METADATA)
        found = backup_information(data)
    except NotInStore:
        return case
    except Unreadable as wrong:
        return replace(case, info=file, info_unread=str(wrong))
    except NotRecognized as other:
        return replace(case, info=file, unrecognized=(*case.unrecognized, f"{file.path}: {other}"))
    return replace(
        case,
        info=file,
        info_backup_id=found.backup_id,
        info_status=found.status,
        info_uploaded=found.uploaded,
        info_deployment_id=found.deployment_id,
        info_stamp_version=found.stamp_version,
        info_thumbprint=found.thumbprint,
    )


def _siblings(store: Store, contents: Contents, deadline: Deadline) -> Iterator[Contents]:
    """Yield where other backups of the same kind are: the same stamp version, or every legacy backup, newest first."""
    yield contents
    if contents.layout == "legacy":
        yield from (each for each in all_contents(store, deadline) if each.layout == "legacy")


def _with_essential(reader: _Reader, siblings: Sequence[Contents], case: StoreCase) -> StoreCase:
    file = siblings[0].registrations
    if file is not None:
        try:
            found = registrations(reader.read(file, LARGEST_REGISTRATIONS)[0])
        except (NotRecognized, Unreadable) as other:
            return replace(case, unrecognized=(*case.unrecognized, f"{file.path}: {other}"))
        except NotInStore:
            return case
        return replace(
            case, essential=found.essential, essential_from="registrations", double_encrypted=found.double_encrypted
        )
    for names in (good for each in siblings for good in _good(reader, each, case.backup_id)):
        return replace(case, essential=names, essential_from="last_good")
    return case


def _good(reader: _Reader, contents: Contents, backup_id: str) -> Iterator[tuple[str, ...]]:
    """Yield the repositories of each other backup that says of itself that it succeeded and that is there, newest first."""
    for id in contents.ids()[:_LOOKED_AT]:
        pairs = {
            repository.name: pair for repository in contents.repositories if (pair := repository.of(id)) is not None
        }
        complete = all(pair.data and pair.metadata for pair in pairs.values())
        if (
            id != backup_id
            and complete
            and (found := _information(reader, contents, id))
            and found.status == "Succeeded"
        ):
            yield tuple(pairs)


def _information(reader: _Reader, contents: Contents, backup_id: str) -> BackupInformation | None:
    file = contents.info(backup_id)
    if file is None:
        return None
    try:
        return backup_information(reader.read(file, LARGEST_METADATA)[0])
    except (NotInStore, Unreadable, NotRecognized):
        return None


def _odd(contents: Contents, backup_id: str) -> tuple[str, ...]:
    """Return the first sentences about names that hold the backup's id but have no known form."""
    return tuple(each for each in contents.unrecognized if backup_id in each.lower())[:MOST_UNKNOWN]


# -- snapshots and their chains ------------------------------------------------------------------------------------------


def _own(contents: Contents, backup_id: str) -> Iterator[Snapshot]:
    for repository in contents.repositories:
        if (pair := repository.of(backup_id)) is not None:
            yield _snapshot(repository, pair)


def _snapshot(repository: Repository, pair: Pair) -> Snapshot:
    return Snapshot(
        repository=repository.name,
        named_id=pair.backup_id,
        named_kind=pair.kind,
        metadata=pair.metadata,
        data=pair.data,
    )


def _chain(reader: _Reader, repository: Repository, backup_id: str) -> list[Snapshot]:
    """Return the snapshot of a backup in a repository and all it needs, the oldest first; empty if it has none."""
    pair = repository.of(backup_id)
    if pair is None:
        return []
    chain = [_described(reader, repository, pair)]
    others = [each for each in repository.pairs if each is not pair]
    while chain[0].previous and len(chain) < LONGEST_CHAIN:
        found = _before(reader, repository, chain[0], others)
        if found is None:
            break
        chain.insert(0, found)
    return chain


def _before(reader: _Reader, repository: Repository, snapshot: Snapshot, others: list[Pair]) -> Snapshot | None:
    """Return what a snapshot names as the one before it, and take it from `others`.

    Whether a snapshot has an id of its own, or its backup's, is not known. So the file that is named with the id is looked
    at first, then the latest that are not newer.
    """
    time = next((pair.time for pair in repository.pairs if pair.backup_id == snapshot.named_id), "")
    named = [pair for pair in others if pair.backup_id == snapshot.previous]
    earlier = [pair for pair in others if pair.time <= time and pair not in named]
    for pair in named + sorted(earlier, key=lambda pair: pair.time, reverse=True)[:LONGEST_CHAIN]:
        found = _described(reader, repository, pair)
        if before(snapshot, [found]) is not None:
            others.remove(pair)
            return found
    return None


def _described(reader: _Reader, repository: Repository, pair: Pair) -> Snapshot:
    snapshot = _snapshot(repository, pair)
    if pair.metadata is None:
        return snapshot
    try:
        data, file = reader.read(pair.metadata, LARGEST_METADATA)
        snapshot = replace(snapshot, metadata=file)
        found = snapshot_metadata(data)
    except NotInStore:
        return replace(snapshot, metadata=None)
    except Unreadable as wrong:
        return replace(snapshot, unread=str(wrong))
    except NotRecognized as other:
        return replace(snapshot, unrecognized=str(other))
    said = {name: getattr(found, name) for name in found.__struct_fields__ if name != "repository"}
    return replace(snapshot, described_as=found.repository, **said)


# -- keys and data -------------------------------------------------------------------------------------------------------


def _tested(
    store: Store, snapshots: Sequence[Snapshot], level: Level, key: HeldKey, deadline: Deadline, observe: Observe
) -> Iterator[Snapshot]:
    """Yield the snapshots with what the key and the level find, in order; data files are read by two threads."""
    counted = _Counted(level, snapshots, observe, deadline.clock)
    endable = _Endable(deadline.clock)
    deadline = Deadline(endable, deadline.at)

    def tested(snapshot: Snapshot) -> Snapshot:
        opened, data_key = _opened(snapshot, key)
        snapshot = replace(snapshot, opened=opened)
        if data_key is not None and level.includes(Level.WHOLE):
            snapshot = _data_tested(store, snapshot, level, data_key, deadline, counted)
        counted.file(0 if snapshot.data is None else snapshot.data.size)
        return snapshot

    if not level.includes(Level.WHOLE):
        yield from map(tested, snapshots)
        return
    pool = ThreadPoolExecutor(CORES, thread_name_prefix="psbridge-verify")
    try:
        yield from pool.map(tested, snapshots)
    finally:  # after a failure or Ctrl-C, what the other thread waits for times out at once
        endable.ended = True
        pool.shutdown(cancel_futures=True)


def _opened(snapshot: Snapshot, key: HeldKey) -> tuple[FileTest, DataKey | None]:
    if not snapshot.data_version:  # its metadata was not read, which has its own problem
        return FileTest(), None
    if snapshot.thumbprint and snapshot.thumbprint != key.thumbprint:
        detail = f"it needs the certificate {snapshot.thumbprint}; this is {key.thumbprint}"
        return FileTest(TestResult.FAIL, detail, Reason.WRONG_KEY), None
    try:
        return FileTest(TestResult.PASS), key.unwrap(snapshot.wrapped_key)
    except WrongKey as wrong:
        reason = Reason.DAMAGED if snapshot.thumbprint else Reason.WRONG_KEY
        return FileTest(TestResult.FAIL, str(wrong), reason), None


def _data_tested(
    store: Store, snapshot: Snapshot, level: Level, key: DataKey, deadline: Deadline, counted: _Counted
) -> Snapshot:
    from psbridge.store.archive import check_readable
    from psbridge.store.data_file import check_whole, header

    if snapshot.data is None:
        return snapshot
    try:
        with store.open(snapshot.data.path, deadline) as file:
            snapshot = replace(snapshot, data=StoredFile(snapshot.data.path, file.size))
            snapshot = replace(snapshot, whole=check_whole(file, key, deadline, counted.read))
            if snapshot.whole.result is TestResult.PASS and level.includes(Level.READABLE):
                full = snapshot.kind == "Full"
                found = header(file, deadline)
                tested = check_readable(
                    file, found, key, snapshot.repository, is_full=full, deadline=deadline, read=counted.read
                )
                snapshot = replace(snapshot, readable=tested)
    except NotInStore:
        return replace(snapshot, data=None)
    return snapshot


class _Endable:
    """A clock on which every deadline passes when the work is to end."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.ended = False

    def now(self) -> datetime:
        return self._clock.now()

    def monotonic(self) -> float:
        return math.inf if self.ended else self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)


class _Counted:
    """Counts what two threads read, and says so."""

    def __init__(self, level: Level, snapshots: Sequence[Snapshot], observe: Observe, clock: Clock) -> None:
        self._passes = 2 if level is Level.READABLE else 1
        self._level = level
        self._observe = observe
        self._clock = clock
        self._begun = clock.monotonic()
        self._of_files = len(snapshots)
        self._of_bytes = self._passes * sum(each.data.size for each in snapshots if each.data is not None)
        self._files = self._bytes = 0
        self._own = threading.local()
        self._lock = threading.Lock()

    def read(self, count: int) -> None:
        """Count bytes."""
        self._own.read = getattr(self._own, "read", 0) + count
        with self._lock:
            self._bytes = min(self._bytes + count, self._of_bytes)
            self._say()

    def file(self, size: int) -> None:
        """Count a file of the thread that read it; what it did not read of it needs no more time."""
        rest = max(0, self._passes * size - getattr(self._own, "read", 0))
        self._own.read = 0
        with self._lock:
            self._files += 1
            self._bytes = min(self._bytes + rest, self._of_bytes)
            self._say()

    def _say(self) -> None:
        if self._level.includes(Level.WHOLE):
            elapsed = self._clock.monotonic() - self._begun
            self._observe(StoreRead(self._level, self._files, self._of_files, self._bytes, self._of_bytes, elapsed))
