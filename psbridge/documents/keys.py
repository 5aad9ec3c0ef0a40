"""The wrapped keys of a backup, to be proved where the key is, and what `key check` found."""

from __future__ import annotations

from typing import Literal

import msgspec

from psbridge.documents.document import Document
from psbridge.models.verification import StoreCase


class WrappedKeyBody(msgspec.Struct, frozen=True):
    """The key of one data file, encrypted with a certificate: it is safe to be copied, and opens nothing by itself."""

    repository: str
    backup_id: str
    thumbprint: str
    wrapped_key: str


class WrappedKeysDocument(Document, frozen=True, kw_only=True):
    """What `backup verify --wrapped-keys` writes: of every snapshot that the backup needs."""

    kind: Literal["wrapped_keys"] = "wrapped_keys"
    backup_id: str
    where: str
    keys: tuple[WrappedKeyBody, ...]

    @staticmethod
    def of(case: StoreCase) -> WrappedKeysDocument:
        """Return those of a case; empty if the metadata was not read."""
        found = (each for each in case.snapshots if each.wrapped_key)
        keys = tuple(WrappedKeyBody(it.repository, it.named_id, it.thumbprint, it.wrapped_key) for it in found)
        return WrappedKeysDocument(backup_id=case.backup_id, where=case.where, keys=keys)


class KeyProblemBody(msgspec.Struct, frozen=True):
    """A wrapped key that the certificate does not open."""

    repository: str
    backup_id: str
    thumbprint: str
    text: str


class KeyCheckDocument(Document, frozen=True, kw_only=True):
    """The result of `key check`: how many of the wrapped keys the certificate opens."""

    kind: Literal["key_check"] = "key_check"
    key: str
    thumbprint: str
    subject: str
    not_after: str
    against: str
    backup_id: str
    keys: int
    opened: int
    exit_code: int
    code: str
    problems: tuple[KeyProblemBody, ...]
