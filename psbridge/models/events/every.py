"""All events as one type."""

from __future__ import annotations

from collections.abc import Callable

from psbridge.models.events.run import Decided, Intent, Observed, Queued, Searching, Settling, Started, Status
from psbridge.models.events.way import Connecting, HostMessage, Note, Retrying

Event = (
    Connecting
    | Intent
    | Started
    | Status
    | Observed
    | Settling
    | Queued
    | Searching
    | Retrying
    | HostMessage
    | Note
    | Decided
)
Observer = Callable[[Event], None]
