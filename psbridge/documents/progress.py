"""What is written while a command runs, a line each: the backup's id, how it is, and what is logged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from psbridge.documents.document import Document, copied
from psbridge.models.events import StageEnded, Started, Status
from psbridge.models.target import Target
from psbridge.wellformed import well_formed_all


class StartedDocument(Document, frozen=True, kw_only=True):
    """The id is known: the first JSON line of a start, and the result with `--no-wait`."""

    kind: Literal["started"] = "started"
    target: str
    emulated: bool
    run: str | None
    id: str
    action: Literal["started", "attached"]

    @classmethod
    def of(cls, target: Target, event: Started) -> Self:
        """Return the document of the event."""
        return copied(cls, event, target=target.name, emulated=target.emulated)


class StatusDocument(Document, frozen=True, kw_only=True):
    """How a backup is; `status` is null while the stamp does not show it."""

    kind: Literal["status"] = "status"
    target: str
    emulated: bool
    id: str
    status: str | None
    elapsed_seconds: float
    eta_seconds: float | None
    roles_done: int | None
    roles_total: int | None

    @classmethod
    def of(cls, target: Target, event: Status) -> Self:
        """Return the document of one read of a backup."""
        word = event.backup.status if event.backup else None
        return copied(cls, event, target=target.name, emulated=target.emulated, status=word)


class StageDocument(Document, frozen=True, kw_only=True):
    """How a stage of the connection to the host ended: a line of stderr under `-v` where the output is json or jsonl.

    Attributes:
        stage: `name`, `tcp`, `tls`, `wsman`, `login` or `session`.
        seconds: how long it took.
        facts: what is known about it; keys may be added.
        error: why it failed, null if it did not.
        again: the session was open before, and its connection was opened again.
    """

    kind: Literal["stage"] = "stage"
    stage: str
    host: str
    seconds: float
    facts: Mapping[str, Any]
    error: str | None
    again: bool

    @classmethod
    def of(cls, event: StageEnded) -> Self:
        """Return the document of the event."""
        return copied(cls, event, seconds=round(event.seconds, 6), facts=well_formed_all(event.facts))


class LogDocument(Document, frozen=True, kw_only=True):
    """One line of stderr where the output is json or jsonl, or of the log file, which adds keys to it."""

    kind: Literal["log"] = "log"
    level: Literal["debug", "info", "warning", "error"]
    source: Literal["psbridge", "host", "emulator"]
    message: str

    @classmethod
    def of(
        cls,
        level: Literal["debug", "info", "warning", "error"],
        message: str,
        *,
        source: Literal["psbridge", "host"] = "psbridge",
    ) -> Self:
        """Return a line of psbridge's own, or of the host's."""
        return cls(level=level, source=source, message=message)
