"""How a running backup is."""

from __future__ import annotations

from typing import Literal, Self

from psbridge.documents.document import Document
from psbridge.models.events import Status
from psbridge.models.target import Target


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
        """Return the document of one look at a backup."""
        return cls(
            target=target.name,
            emulated=target.emulated,
            id=event.id,
            status=event.backup.status if event.backup else None,
            elapsed_seconds=event.elapsed_seconds,
            eta_seconds=event.eta_seconds,
            roles_done=event.roles_done,
            roles_total=event.roles_total,
        )
