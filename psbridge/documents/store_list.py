"""`store list --unrecognized`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, Self

import msgspec

from psbridge.documents.document import Document
from psbridge.models.target import Target

_KEYS = (".pfx", ".p12", ".key", ".pem")


class UnrecognizedFileBody(msgspec.Struct, frozen=True):
    """A file that the stamp's prune would delete.

    Attributes:
        path: relative to the share.
        may_be_key: its name ends as that of a file with a private key.
        in_store: whether the store had it after the dry run; null if the store was not read.
    """

    path: str
    may_be_key: bool
    in_store: bool | None


class StoreListDocument(Document, frozen=True, kw_only=True):
    """`store list --unrecognized`: what was asked with `operation_type`, and the files."""

    kind: Literal["store_list"] = "store_list"
    target: str
    emulated: bool
    operation_type: Literal["DryRun"] = "DryRun"
    store: str | None
    files: tuple[UnrecognizedFileBody, ...]

    @classmethod
    def of(
        cls, target: Target, paths: Iterable[str], *, store: str | None = None, there: Mapping[str, bool] | None = None
    ) -> Self:
        """Return the document of paths, with what the store has of them, if it was read."""
        known = there or {}
        files = (UnrecognizedFileBody(it, it.lower().endswith(_KEYS), known.get(it)) for it in paths)
        return cls(target=target.name, emulated=target.emulated, store=store, files=tuple(files))

    @property
    def gone(self) -> tuple[str, ...]:
        """The files that the store no longer had after the dry run."""
        return tuple(it.path for it in self.files if it.in_store is False)
