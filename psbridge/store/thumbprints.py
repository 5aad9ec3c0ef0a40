"""Which certificate each backup of a store is encrypted with, as its metadata says."""

from __future__ import annotations

from itertools import islice
from typing import Final

import msgspec

from psbridge.clock import Deadline
from psbridge.models.verification import StoredFile
from psbridge.store.contents import Contents, all_contents
from psbridge.store.metadata import LARGEST_METADATA, NotRecognized, Unreadable, snapshot_metadata
from psbridge.store.reader import NotInStore, Store

_MOST_BACKUPS: Final = 1000
_TRIES: Final = 3
"""Metadata files of one backup that are read until one names a certificate: a stamp has one certificate at a time."""


class StoreKeys(msgspec.Struct, frozen=True):
    """What a store says.

    Attributes:
        backups: ids by thumbprint in upper case, newest first.
        unread: ids of the backups whose certificate is not known, newest first.
    """

    backups: dict[str, tuple[str, ...]]
    unread: tuple[str, ...]


def thumbprints_in(store: Store, deadline: Deadline) -> StoreKeys:
    """Return which certificates the backups of a store need, at most 1000 of each stamp version.

    Raises:
        psbridge.store.reader.StoreUnreadable: the store can't be listed or read, or is not one.
        psbridge.DeadlineExceeded: it timed out.
    """
    found: dict[str, dict[str, None]] = {}
    unread: dict[str, None] = {}
    for contents in all_contents(store, deadline):
        for id_ in islice(contents.ids(), _MOST_BACKUPS):
            thumbprint = _thumbprint(store, contents, id_, deadline)
            if thumbprint:
                found.setdefault(thumbprint.upper(), {})[id_] = None
            else:
                unread[id_] = None
    return StoreKeys({each: tuple(ids) for each, ids in found.items()}, tuple(unread))


def _thumbprint(store: Store, contents: Contents, id_: str, deadline: Deadline) -> str:
    pairs = (pair for repository in contents.repositories if (pair := repository.of(id_)) is not None)
    files = (pair.metadata for pair in pairs if pair.metadata is not None)
    for file in islice(files, _TRIES):
        try:
            metadata = snapshot_metadata(_read(store, file, deadline))
        except (NotInStore, Unreadable, NotRecognized):
            continue
        if metadata.backup_id == id_ and metadata.thumbprint:
            return metadata.thumbprint
    return ""


def _read(store: Store, file: StoredFile, deadline: Deadline) -> bytes:
    with store.open(file.path, deadline) as opened:
        if opened.size > LARGEST_METADATA:
            raise Unreadable("it is too large")
        buffer = bytearray(opened.size)
        at = 0
        while at < len(buffer) and (count := opened.read_at(at, memoryview(buffer)[at:], deadline)):
            at += count
        return bytes(buffer[:at])
