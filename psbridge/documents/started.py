"""The id of a backup, as soon as it is known."""

from __future__ import annotations

from typing import Literal, Self, cast

from psbridge.documents.document import Document
from psbridge.models.events import Started
from psbridge.models.target import Target


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
        action = cast("Literal['started', 'attached']", event.action)
        return cls(target=target.name, emulated=target.emulated, run=event.run, id=event.id, action=action)
