"""What happens in an operation, as it happens; progress, heartbeat, JSON lines and journal observe these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psbridge.lazy import lazily

if TYPE_CHECKING:
    from psbridge.models.events.every import Event, Observer
    from psbridge.models.events.run import Decided, Intent, Observed, Queued, Searching, Settling, Started, Status
    from psbridge.models.events.way import Connecting, HostMessage, Note, Retrying

__all__ = [
    "Connecting",
    "Decided",
    "Event",
    "HostMessage",
    "Intent",
    "Note",
    "Observed",
    "Observer",
    "Queued",
    "Retrying",
    "Searching",
    "Settling",
    "Started",
    "Status",
]

__getattr__ = lazily(
    __name__,
    every=("Event", "Observer"),
    run=(
        "Intent",
        "Started",
        "Status",
        "Observed",
        "Settling",
        "Queued",
        "Searching",
        "Decided",
    ),
    way=(
        "Connecting",
        "Retrying",
        "HostMessage",
        "Note",
    ),
)
