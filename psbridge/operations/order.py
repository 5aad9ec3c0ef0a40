"""A trigger that is to be sent once: what is kept of it before, and what its answers mean (design 4, steps 2 and 3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from psbridge.clock import Deadline
from psbridge.cmdlets.failures import is_conflict, unraised
from psbridge.cmdlets.preflight import Readiness
from psbridge.errors import (
    AuthError,
    Busy,
    Interrupted,
    NotFound,
    PrerequisiteError,
    PsbridgeError,
    Trigger,
    Unreachable,
    UsageError,
)
from psbridge.journal.runs import RunLog
from psbridge.models.backup import Backup
from psbridge.models.events import HostMessage, Intent, Note, Started
from psbridge.operations.context import Context
from psbridge.operations.fate import Fate
from psbridge.operations.lost_trigger import Lost, new_backups_or_raise
from psbridge.operations.reads import name_update, update_under_way
from psbridge.operations.run_log import WarningRunLog
from psbridge.powershell.result import Result

_T = TypeVar("_T")
# The stamp's answer was a plain no: nothing was started.
REFUSALS = (Busy, PrerequisiteError, NotFound, AuthError, UsageError)
_UNLISTED = (
    "The stamp lists no new one. If its host sent this trigger twice, as HTTP clients do after a gateway's error, what runs is "
    "its own: look at the list when that has ended."
)


class Order(msgspec.Struct, frozen=True):
    """A trigger that is to be sent: what for, and who is told of it.

    Attributes:
        intent: what the journal says before it leaves.
        deadline: the command's.
        wait: False if the id alone is wanted.
        any_will_do: a backup that runs is judged, whoever started it.
    """

    context: Context
    ready: Readiness
    log: RunLog
    fate: Fate
    intent: Intent
    deadline: Deadline
    wait: bool
    any_will_do: bool = False

    @property
    def location(self) -> str:
        """Where the backup is to be made."""
        return self.intent.location

    @property
    def kept(self) -> WarningRunLog:
        """The journal, which no longer stops anything."""
        return WarningRunLog(self.log, self.context.observe)

    def call(self) -> Deadline:
        """Return the deadline of one call from now on."""
        return self.deadline.sooner(self.context.policy.call_timeout)

    def intend(self) -> None:
        """Put the intent on disk; only then may the trigger leave.

        Raises:
            psbridge.errors.ConfigError: it can't be kept; nothing was sent.
        """
        self.log.observe(self.intent)
        self.context.observe(self.intent)
        self.fate.trigger = Trigger.UNKNOWN

    def sent(self, send: Callable[[], _T]) -> _T | PsbridgeError:
        """Return what comes of sending it, or the error after which it may have arrived.

        Raises:
            psbridge.errors.PsbridgeError: it did not leave.
        """
        try:
            return send()
        except Interrupted as stop:
            self.open(stop.message)
            raise
        except PsbridgeError as problem:
            if problem.delivered:
                return problem
            self.fate.trigger = Trigger.NOT_SENT
            self.kept.write("not_sent", cause=problem.message)
            raise

    def asked_again(self, ask: Callable[[], _T], lost: PsbridgeError) -> _T | PsbridgeError:
        """Return what comes of asking for the answer to a trigger that may have been delivered, else why it was lost.

        Nothing is sent again. That no answer can be had disproves nothing.
        """
        self.context.observe(Note(f"the trigger may have been delivered ({lost.message}): asking for its answer"))
        try:
            return ask()
        except Interrupted as stop:
            self.open(stop.message)
            raise
        except PsbridgeError as problem:
            self.context.observe(Note(f"its answer can't be had: {problem.message}"))
            return lost

    def answered(self, parse: Callable[[Result], str | None], result: Result) -> str | PsbridgeError:
        """Return the id in an answer, the `Busy` of a stamp on which another backup runs, or why the fate is open.

        Raises:
            psbridge.errors.PsbridgeError: the stamp's no.
        """
        try:
            return self._new(parse(result))
        except Interrupted:
            raise
        except REFUSALS as refused:
            if not refused.conclusive:
                return refused
            return self._conflict_with_ours(refused) or self._refused(refused)
        except PsbridgeError as problem:
            return problem

    def _new(self, id: str | None) -> str | Unreachable:
        """Return the id that an answer names; one that was there before the trigger is not what the trigger started."""
        if id is None:
            return Unreachable("Start-AzsBackup answered without an operation")
        if id in self.intent.known_ids or id in self.context.journal.started(
            self.context.target.name, but=self.intent.run
        ):
            return Unreachable(
                f"Start-AzsBackup answered with backup {id}, which was there before the trigger was sent"
            )
        return id

    def _conflict_with_ours(self, refused: PsbridgeError) -> Unreachable | None:
        """Return why a conflict may be one with the backup of this very trigger; None if another's is in the way.

        The host's HTTP client may have sent the trigger twice, and then this answers the second: Microsoft.Rest's
        (Azs.Backup.Admin 0.x) repeats a POST after a 408 and after any 5xx, such as a gateway's 504
        (its RetryDelegatingHandler). A backup that runs and that was not there before is then more likely ours than not. The
        scheduler's is not. A stamp that lists no running backup does not show it.
        """
        if self.any_will_do or not is_conflict(refused):
            return None
        try:
            new = self._new_ones(refused)
        except Interrupted:
            raise
        except PsbridgeError as unread:
            return Unreachable(f"{refused.message}, and whether that is ours can't be read: {unread.message}")
        if not new and refused.detail.get("reason") == "backup_running":
            refused.hint = f"{refused.hint} {_UNLISTED}"
        ours = [it.id for it in new if it.is_automatic is not True]
        return Unreachable(f"{refused.message}, and that may be ours: {ours[0]} is new") if ours else None

    def _new_ones(self, refused: PsbridgeError) -> list[Backup]:
        return new_backups_or_raise(self.context, self.lost(refused.message), self.ready, self.call())

    def _refused(self, refused: PsbridgeError) -> Busy:
        self.fate.trigger = Trigger.NOT_SENT  # nothing of it is left to tell: the stamp's no is the answer
        self.kept.write("refused", cause=refused.message, code=refused.code)
        self._name_the_update(refused)
        refused.trigger = Trigger.SENT
        refused.detail["refused"] = True
        if isinstance(refused, Busy) and refused.detail.get("reason") == "backup_running":
            return refused
        raise nothing_started(refused)

    def _name_the_update(self, refused: PsbridgeError) -> None:
        """Name the update that holds backups back, where the host can tell of it."""
        if not isinstance(refused, Busy) or refused.detail.get("reason") != "update_running":
            return
        update = update_under_way(self.context, self.location, self.call())
        if update is not None:
            name_update(refused, update)

    def open(self, cause: str) -> None:
        """Record that it can't be told what became of it."""
        self.kept.write("open", cause=cause, candidates=[])

    def record(self, id: str) -> None:
        """Record the id, as soon as it is known."""
        self.fate.trigger, self.fate.id = Trigger.SENT, id
        self.kept.observe(Started(self.intent.run, id, "started"))

    def tell_beside(self, result: Result) -> None:
        """Tell the errors that the host wrote beside a good answer to the trigger."""
        for text in unraised(result):
            self.context.observe(HostMessage("error", text))

    def lost(self, cause: str) -> Lost:
        """Return what is known, for the search."""
        known = frozenset(self.intent.known_ids)
        return Lost(self.intent.run, self.location, known, self.ready.host_time, cause)


def nothing_started(refused: PsbridgeError) -> PsbridgeError:
    """Return the stamp's no with what it means for the backup."""
    refused.message += " Nothing was started." if refused.message.endswith(".") else "; nothing was started"
    refused.args = (refused.message,)
    return refused
