"""What is told of the journal."""

from __future__ import annotations

from typing import Literal

import msgspec


class RunBody(msgspec.Struct, frozen=True):
    """One run of the journal. `cause` is what kept the answer to its trigger away, `status` the stamp's word when last seen.

    `note` is what `start --note` said; `closed_reason` is null for every run that nobody closed.
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


class RunListDocument(msgspec.Struct, frozen=True, kw_only=True):
    """`run list`."""

    schema_version: Literal[1] = 1
    kind: Literal["run_list"] = "run_list"
    runs: tuple[RunBody, ...]


class RunDocument(msgspec.Struct, frozen=True, kw_only=True):
    """`run show`. `at_work` is the process that is at it, in words; `next_steps` the commands that lead it on."""

    schema_version: Literal[1] = 1
    kind: Literal["run"] = "run"
    run: RunBody
    at_work: str | None
    next_steps: tuple[str, ...]


class RunClosedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """`run close`. `message` says what that means for the stamp's backup."""

    schema_version: Literal[1] = 1
    kind: Literal["run_closed"] = "run_closed"
    run: RunBody
    message: str
