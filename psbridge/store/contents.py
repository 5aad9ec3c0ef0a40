"""Which files of a store belong to a backup: both layouts, from listings alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final

import msgspec

from psbridge.clock import Deadline
from psbridge.errors import NotFound, Unknown
from psbridge.models.verification import StoredFile
from psbridge.store import layout
from psbridge.store.reader import Entry, NotInStore, Store, StoreUnreadable

MOST_IN_STORE: Final = 500_000
"""Entries of all listings together; 60 repositories of a stamp have some 15,000."""
MOST_UNKNOWN: Final = 20
"""Names of unknown form that are reported."""
_DEPTH: Final = 4


class Pair(msgspec.Struct, kw_only=True):
    """The two files of a snapshot, as far as they are there."""

    backup_id: str
    time: str
    kind: str
    metadata: StoredFile | None = None
    data: StoredFile | None = None


class Repository(msgspec.Struct, frozen=True):
    """A repository of one stamp version, or of one backup in the legacy layout.

    Attributes:
        name: as listed.
        pairs: its snapshots, oldest first.
    """

    name: str
    pairs: tuple[Pair, ...]

    def of(self, backup_id: str) -> Pair | None:
        """Return the snapshot of a backup."""
        return next((pair for pair in self.pairs if pair.backup_id == backup_id), None)


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """What a store has of one stamp version (progressive), or of one backup (legacy).

    Attributes:
        layout: `progressive` or `legacy`.
        infos: the BackupInfo files, by what stands before their name: the backup's id or its time; `""` in the legacy layout.
        unrecognized: sentences about names that should mean something and don't.
    """

    layout: str
    repositories: tuple[Repository, ...]
    infos: dict[str, StoredFile]
    registrations: StoredFile | None = None
    unrecognized: tuple[str, ...] = ()

    def info(self, backup_id: str) -> StoredFile | None:
        """Return a backup's BackupInfo file. Whether its name begins with the id or with the time is not known."""
        times = {pair.time for repository in self.repositories if (pair := repository.of(backup_id)) is not None}
        keys = ("", backup_id, *sorted(times), *(f"{time}_{backup_id}" for time in sorted(times)))
        return next((self.infos[key] for key in keys if key in self.infos), None)

    def ids(self) -> list[str]:
        """Return the backups, newest first by the time in their files' names."""
        newest: dict[str, str] = {}
        for pair in (pair for repository in self.repositories for pair in repository.pairs):
            newest[pair.backup_id] = max(newest.get(pair.backup_id, ""), pair.time)
        return sorted(newest, key=lambda id: newest[id], reverse=True)


def find_root(store: Store, deadline: Deadline) -> str:
    """Return the folder that holds backups: `MASBackup`, or the store itself if that is what was named.

    Raises:
        StoreUnreadable: neither is there.
    """
    found = _there(store, "", deadline)
    for entry in found:
        if entry.is_folder and entry.name.lower() == layout.ROOT:
            return entry.name
    if any(
        entry.is_folder and (entry.name.lower() == layout.PROGRESSIVE or layout.is_legacy_time(entry.name))
        for entry in found
    ):
        return ""
    raise StoreUnreadable(
        f"{store.where}: there are no backups of a stamp in it",
        hint="Name the folder that the stamp backs up to: the one with MASBackup in it, or MASBackup itself.",
    )


def contents_of(store: Store, backup_id: str, deadline: Deadline) -> Contents | None:
    """Return what the store has of the stamp version, or the legacy folder, that a backup is in; None if it is in none.

    Raises:
        StoreUnreadable: the store can't be listed, or is not one.
        psbridge.DeadlineExceeded: it timed out.
    """
    found = [each for each in all_contents(store, deadline) if _has(each, backup_id)]
    return max(found, key=lambda each: sum(it.of(backup_id) is not None for it in each.repositories), default=None)


def newest_id(store: Store, deadline: Deadline) -> str:
    """Return the newest backup of a store, by the times in the names of its files.

    Raises:
        psbridge.NotFound: it has none.
        psbridge.Unknown: it has folders of an unknown form only.
        StoreUnreadable: the store can't be listed, or is not one.
        psbridge.DeadlineExceeded: it timed out.
    """
    newest = max(
        (
            (pair.time, pair.backup_id)
            for each in all_contents(store, deadline)
            for repository in each.repositories
            for pair in repository.pairs
        ),
        default=None,
    )
    if newest is None and (unknown := unknown_names(store, "", deadline)):
        raise Unknown(
            f"{store.where}: the layout is not recognized: {unknown[0]}",
            hint="Is it the store of a stamp? A newer release may know it.",
            detail={"reason": "layout"},
        )
    if newest is None:
        raise NotFound(f"{store.where} has no backup", hint="Is it the folder that the stamp backs up to?")
    return newest[1]


def keys_in(store: Store, deadline: Deadline) -> Iterator[str]:
    """Yield the paths of the .pfx files of a store, four folders deep: the stamp's prune deletes what it does not know.

    Raises:
        StoreUnreadable: the store can't be listed, or is not one.
        psbridge.DeadlineExceeded: it timed out.
    """
    listed = _Listed(store, deadline)
    folders = [find_root(store, deadline)]
    for _ in range(_DEPTH):
        inner = []
        for folder in folders:
            with suppress(NotInStore):
                for entry in listed.entries(folder):
                    if entry.is_folder:
                        inner.append(_join(folder, entry.name))
                    elif entry.name.lower().endswith((".pfx", ".p12")):
                        yield _join(folder, entry.name)
        folders = inner


def all_contents(store: Store, deadline: Deadline) -> Iterator[Contents]:
    """Yield all that a store has, the newest stamp version first, then the legacy backups, newest first."""
    listed = _Listed(store, deadline)
    root = find_root(store, deadline)
    entries = [entry for entry in _there(store, root, deadline) if entry.is_folder]
    for entry in entries:
        if entry.name.lower() == layout.PROGRESSIVE:
            yield from _progressive(listed, _join(root, entry.name))
    for entry in reversed(entries):
        if layout.is_legacy_time(entry.name):
            yield from _legacy(listed, _join(root, entry.name), entry.name)


def unknown_names(store: Store, backup_id: str, deadline: Deadline) -> tuple[str, ...]:
    """Return sentences about names that could hide a backup which was not found: its layout may be a newer one.

    Args:
        store: the store.
        backup_id: lower case; empty for any backup.
        deadline: of the whole.

    Raises:
        StoreUnreadable, psbridge.DeadlineExceeded: as `contents_of`.
    """
    found = [odd for each in all_contents(store, deadline) for odd in each.unrecognized if backup_id in odd.lower()]
    root = find_root(store, deadline)
    for entry in (entry for entry in _there(store, root, deadline) if entry.is_folder):
        path = _join(root, entry.name)
        if entry.name.lower() == layout.PROGRESSIVE:
            found += (
                f"{_join(path, each.name)}: the name is not one of a stamp version"
                for each in _there(store, path, deadline)
                if each.is_folder and not layout.is_stamp_version(each.name)
            )
        elif not layout.is_legacy_time(entry.name):
            found.append(f"{path}: the name is not one of a folder of backups")
    return tuple(found[:MOST_UNKNOWN])


def _there(store: Store, folder: str, deadline: Deadline) -> Sequence[Entry]:
    """Return what is in a folder that no retention removes, so that its absence says nothing of a backup."""
    try:
        return store.entries(folder, deadline)
    except NotInStore as gone:
        raise StoreUnreadable(
            f"{store.where}: {folder or 'it'} was removed while it was read", hint="Is the share still mounted?"
        ) from gone


class _Listed:
    """Lists folders of a store, and bounds what all of them hold together."""

    def __init__(self, store: Store, deadline: Deadline) -> None:
        self._store = store
        self._deadline = deadline
        self._count = 0

    def entries(self, folder: str) -> Sequence[Entry]:
        return self._counted(self._store.entries(folder, self._deadline))

    def there(self, folder: str) -> Sequence[Entry]:
        return self._counted(_there(self._store, folder, self._deadline))

    def _counted(self, found: Sequence[Entry]) -> Sequence[Entry]:
        self._count += 1 + len(found)
        if self._count > MOST_IN_STORE:
            raise StoreUnreadable(f"{self._store.where}: it has more than {MOST_IN_STORE} entries")
        return found


def _has(contents: Contents, backup_id: str) -> bool:
    return any(repository.of(backup_id) for repository in contents.repositories) or backup_id in contents.infos


def _progressive(store: _Listed, root: str) -> Iterator[Contents]:
    folders = [entry.name for entry in store.there(root) if entry.is_folder and layout.is_stamp_version(entry.name)]
    for name in sorted(folders, key=lambda name: [int(part) for part in name.split(".")], reverse=True):
        folder = _join(root, name)
        with suppress(NotInStore):  # the stamp's retention removed it
            yield _version(store, folder, store.entries(folder))


def _version(store: _Listed, folder: str, entries: Sequence[Entry]) -> Contents:
    repositories, unrecognized = [], []
    for entry in entries:
        if entry.is_folder and layout.is_repository(entry.name):
            with suppress(NotInStore):
                path = _join(folder, entry.name)
                pairs, odd = _pairs(path, store.entries(path))
                repositories.append(Repository(entry.name, pairs))
                unrecognized += odd
    files = {entry.name: StoredFile(_join(folder, entry.name), entry.size) for entry in entries if not entry.is_folder}
    infos = {key: file for name, file in files.items() if (key := layout.info_of(name)) is not None}
    registrations = next((file for name, file in files.items() if name.lower() == layout.REGISTRATIONS), None)
    return Contents(
        layout="progressive",
        repositories=tuple(repositories),
        infos=infos,
        registrations=registrations,
        unrecognized=tuple(unrecognized),
    )


def _pairs(folder: str, entries: Sequence[Entry]) -> tuple[tuple[Pair, ...], list[str]]:
    pairs: dict[str, Pair] = {}
    odd: list[str] = []
    for entry in entries:
        name = None if entry.is_folder else layout.snapshot_name(entry.name)
        if name is None:
            odd.append(f"{_join(folder, entry.name)}: the name is not one of a snapshot")
            continue
        pair = pairs.setdefault(name.backup_id, Pair(backup_id=name.backup_id, time=name.time, kind=name.kind))
        file = StoredFile(_join(folder, entry.name), entry.size)
        twice = pair.data if name.is_data else pair.metadata
        if twice is not None or (pair.time, pair.kind) != (name.time, name.kind):
            odd.append(f"{file.path}: there is another snapshot of this backup beside it")
        elif name.is_data:
            pair.data = file
        else:
            pair.metadata = file
    return tuple(sorted(pairs.values(), key=lambda pair: pair.time)), odd


def _legacy(store: _Listed, folder: str, time: str) -> Iterator[Contents]:
    with suppress(NotInStore):
        for entry in store.entries(folder):
            if entry.is_folder:
                path = _join(folder, entry.name)
                yield _legacy_backup(path, entry.name.lower(), time, store.entries(path))


def _legacy_backup(folder: str, backup_id: str, time: str, entries: Sequence[Entry]) -> Contents:
    pairs: dict[str, Pair] = {}
    names: dict[str, str] = {}
    infos: dict[str, StoredFile] = {}
    odd: list[str] = []
    for entry in (entry for entry in entries if not entry.is_folder):
        file = StoredFile(_join(folder, entry.name), entry.size)
        found = layout.legacy_file(entry.name)
        if entry.name.lower() == layout.LEGACY_INFO:
            infos = {backup_id: file}
        elif found is not None:
            names.setdefault(found[0].lower(), found[0])
            pair = pairs.setdefault(found[0].lower(), Pair(backup_id=backup_id, time=time, kind="Full"))
            part = "data" if found[1] else "metadata"
            if getattr(pair, part) is not None:
                odd.append(f"{file.path}: there is another file of this repository beside it")
            setattr(pair, part, file)
    repositories = tuple(Repository(names[key], (pair,)) for key, pair in sorted(pairs.items()))
    return Contents(layout="legacy", repositories=repositories, infos=infos, unrecognized=tuple(odd))


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
