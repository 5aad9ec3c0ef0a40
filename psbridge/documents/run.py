"""`run show`, `run list` and `run close`, and a run of the journal as every document has it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Self

import msgspec

from psbridge.documents.document import Document, copied
from psbridge.models.report import RunRecord


class RunBody(msgspec.Struct, frozen=True):
    """One run of the journal. `cause` is what kept the answer to its trigger away, `status` the stamp's word when last seen.

    `note` is what `start --note` said; `closed_reason` is null for every run that was not closed.
    """

    run: str
    target: str
    location: str
    state: str
    trigger: str
    created_at: str
    updated_at: str
    backup_id: str | None
    verdict: str | None
    exit_code: int | None
    known_ids: tuple[str, ...]
    candidates: tuple[str, ...]
    host_time: str | None
    cause: str | None
    status: str | None
    host: str | None
    note: str | None
    closed_reason: str | None


class RunDocument(Document, frozen=True, kw_only=True):
    """`run show`. `at_work` is the process that is at it, in words; `next_steps` the commands that lead it on."""

    kind: Literal["run"] = "run"
    run: RunBody
    at_work: str | None
    next_steps: tuple[str, ...]

    @classmethod
    def of(cls, record: RunRecord, at_work: str | None = None, next_steps: Iterable[str] = ()) -> Self:
        """Return the document of a run, the process that is at it, and the commands that lead it on."""
        return cls(run=run_body(record), at_work=at_work, next_steps=tuple(next_steps))


def run_body(record: RunRecord) -> RunBody:
    """Return a run as documents have it."""
    return copied(RunBody, record)


class RunListDocument(Document, frozen=True, kw_only=True):
    """`run list`."""

    kind: Literal["run_list"] = "run_list"
    runs: tuple[RunBody, ...]

    @classmethod
    def of(cls, records: Iterable[RunRecord]) -> Self:
        """Return the document of runs, in the order given."""
        return cls(runs=tuple(map(run_body, records)))


class RunClosedDocument(Document, frozen=True, kw_only=True):
    """`run close`. `message` says what that means for the stamp's backup."""

    kind: Literal["run_closed"] = "run_closed"
    run: RunBody
    message: str

    @classmethod
    def of(cls, record: RunRecord, message: str) -> Self:
        """Return the document of a run that was closed."""
        return cls(run=run_body(record), message=message)
