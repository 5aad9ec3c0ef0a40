"""The tools of an operation, and what it knows about a trigger."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import msgspec

from psbridge.clock import Clock, Deadline
from psbridge.errors import PsbridgeError, Trigger
from psbridge.journal.lock import TargetLock
from psbridge.journal.runs import Journal, NoJournal
from psbridge.models.target import Policy, Target
from psbridge.operations.link import Link

if TYPE_CHECKING:
    from psbridge.models.events import Observer


class TriggerState(msgspec.Struct):
    """What is known about the trigger of an operation.

    An interrupt may come between any two steps, so each is kept here as soon as it is known, and the errors of the operation
    report it. The four cases:

    - nothing was sent: `sent` is NOT_SENT
    - it may have been sent: UNKNOWN, and `cause` is why its answer was lost
    - the stamp refused it: SENT without an id, and `cause` is the refusal
    - it started a backup: SENT and the id

    Attributes:
        sent: whether the trigger was sent.
        id: the backup's id, once it is known; also of a backup that this operation did not start and judges.
        cause: the error that came instead of an id.
        earlier: the trigger is of an earlier command; this one resumes its run.
    """

    sent: Trigger = Trigger.NOT_SENT
    id: str | None = None
    cause: PsbridgeError | None = None
    earlier: bool = False

    @property
    def nothing_started(self) -> bool:
        """Whether the trigger started no backup and there is no backup to name."""
        return self.id is None and self.sent is not Trigger.UNKNOWN

    @property
    def may_have_started(self) -> bool:
        """Whether the trigger started a backup, or may have."""
        return self.sent is Trigger.UNKNOWN or (self.sent is Trigger.SENT and self.id is not None)

    @property
    def why(self) -> str:
        """Why there is no id yet, in words."""
        return self.cause.message if self.cause else "no answer yet"

    def sending(self) -> None:
        """Record that the trigger is about to be sent: from now on it may have been."""
        self.sent, self.cause = Trigger.UNKNOWN, None

    def not_sent(self) -> None:
        """Record that it was provably not sent, or that its refusal was dealt with."""
        self.sent, self.id, self.cause, self.earlier = Trigger.NOT_SENT, None, None, False

    def lost(self, cause: PsbridgeError) -> None:
        """Its answer was lost."""
        self.sent, self.cause = Trigger.UNKNOWN, cause

    def refused(self, refusal: PsbridgeError) -> None:
        """The stamp refused it: nothing was started."""
        self.sent, self.id, self.cause = Trigger.SENT, None, refusal

    def started(self, id: str) -> None:
        """It started a backup."""
        self.sent, self.id, self.cause = Trigger.SENT, id, None

    def attached(self, id: str) -> None:
        """Record that nothing was sent and that a backup is judged which this command did not start."""
        self.sent, self.id, self.cause = Trigger.NOT_SENT, id, None

    def took_up(self, sent: Trigger, id: str | None, cause: PsbridgeError | None = None) -> None:
        """The trigger was that of an earlier command."""
        self.sent, self.id, self.cause, self.earlier = sent, id, cause, True


class OperationContext(msgspec.Struct, frozen=True):
    """The tools of one operation on one target.

    Attributes:
        lock: None for a start that keeps no record (`--no-journal`).
        critical: wraps what an interrupt must not cut: from the intent on disk to the id on disk.
        trigger: what is known of the trigger of the backup that the operation is about.
    """

    target: Target
    link: Link
    clock: Clock
    observe: Observer
    journal: Journal | NoJournal
    lock: TargetLock | None = None
    critical: Callable[[], AbstractContextManager[None]] = nullcontext
    trigger: TriggerState = msgspec.field(default_factory=TriggerState)

    @property
    def policy(self) -> Policy:
        """By what rules."""
        return self.target.policy

    def call_deadline(self, within: Deadline | None = None) -> Deadline:
        """Return the deadline of one call: `--call-timeout` from now, but not after that of the command, where it has one."""
        timeout = self.policy.call_timeout
        return Deadline.after(self.clock, timeout) if within is None else within.sooner(timeout)
