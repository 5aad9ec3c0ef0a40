"""`monitor test`: what became of a test by each way to notify."""

from __future__ import annotations

from typing import Literal

import msgspec

from psbridge.documents.document import Document


class NotifyWayBody(msgspec.Struct, frozen=True):
    """One way. `why` is null if the test arrived; else `code` is the name of the exit code that the failure leads to."""

    way: str
    arrived: bool
    why: str | None
    code: str


class NotifyTestDocument(Document, frozen=True, kw_only=True):
    """`monitor test`. `event` is null if no event was asked for; `exit_code` is that of the first way that failed."""

    kind: Literal["notify_test"] = "notify_test"
    target: str
    event: Literal["failed", "partial", "stale", "ambiguous", "recovered"] | None
    exit_code: int
    code: str
    ways: tuple[NotifyWayBody, ...]
