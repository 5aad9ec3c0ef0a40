"""What every operation is given."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import msgspec

from psbridge.clock import Clock, Deadline
from psbridge.journal.lock import TargetLock
from psbridge.journal.runs import Journal, NoJournal
from psbridge.models.target import Policy, Target
from psbridge.operations.link import Link

if TYPE_CHECKING:
    from psbridge.models.events import Observer


class Context(msgspec.Struct, frozen=True):
    """The tools of one command on one target.

    Attributes:
        lock: None for a start that keeps no record (`--no-journal`).
        critical: wraps what an interrupt must not cut: from the intent on disk to the id on disk.
    """

    target: Target
    link: Link
    clock: Clock
    observe: Observer
    journal: Journal | NoJournal
    lock: TargetLock | None = None
    critical: Callable[[], AbstractContextManager[None]] = nullcontext

    @property
    def policy(self) -> Policy:
        """By what rules."""
        return self.target.policy

    def call_deadline(self) -> Deadline:
        """Return the deadline of a command that is one call: `--call-timeout` from now."""
        return Deadline.after(self.clock, self.policy.call_timeout)
